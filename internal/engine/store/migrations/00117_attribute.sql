-- +goose Up

CREATE TABLE attribute ( -- what an organisation keeps about people besides what WhatsApp brings
    org_id  BYTEA   NOT NULL,
    id      BYTEA   NOT NULL,
    name    TEXT    NOT NULL,
    kind    TEXT    NOT NULL, -- text | number | date | choice | yes_no
    choices TEXT    NOT NULL, -- JSON: of a choice
    purpose TEXT    NOT NULL, -- what it is for (GDPR Art. 5(1)(b))
    place   BIGINT  NOT NULL,
    retired BOOLEAN NOT NULL,
    PRIMARY KEY (org_id, id)
);

CREATE TABLE attribute_value ( -- of one person, all of them
    org_id     BYTEA  NOT NULL,
    contact_id BYTEA  NOT NULL,
    sealed     BYTEA  NOT NULL, -- JSON, under the person's key
    at         BIGINT NOT NULL,
    PRIMARY KEY (org_id, contact_id)
);
