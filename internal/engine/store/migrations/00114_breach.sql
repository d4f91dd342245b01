-- +goose Up

CREATE TABLE breach ( -- personal data breaches (GDPR Art. 33(5))
    org_id      BYTEA  NOT NULL,
    id          BYTEA  NOT NULL,
    aware_at    BIGINT NOT NULL, -- when the clock of 72 hours began
    reported_at BIGINT NOT NULL, -- to the authority; 0 = not
    told_at     BIGINT NOT NULL, -- the people; 0 = not
    closed_at   BIGINT NOT NULL, -- 0 = open
    detail      BYTEA  NOT NULL, -- sealed under a key of its own
    PRIMARY KEY (org_id, id)
);
