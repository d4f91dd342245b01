-- +goose Up

CREATE TABLE processor ( -- who processes for the organisation (GDPR Art. 28)
    org_id      BYTEA  NOT NULL,
    id          BYTEA  NOT NULL,
    detail      BYTEA  NOT NULL, -- sealed: name, contact, country, mechanism, note
    valid_from  BIGINT NOT NULL,
    valid_until BIGINT NOT NULL,
    review_at   BIGINT NOT NULL,
    ended_at    BIGINT NOT NULL, -- 0 = in use
    document    BYTEA  NOT NULL, -- sealed: the agreement itself; empty = not filed
    created_at  BIGINT NOT NULL,
    changed_at  BIGINT NOT NULL,
    PRIMARY KEY (org_id, id)
);

CREATE TABLE processor_channel (
    org_id       BYTEA NOT NULL,
    processor_id BYTEA NOT NULL,
    channel_id   BYTEA NOT NULL,
    PRIMARY KEY (org_id, processor_id, channel_id)
);

CREATE TABLE transfer_stop ( -- no data goes to this recipient while the row is here
    org_id    BYTEA  NOT NULL,
    recipient TEXT   NOT NULL,
    by_id     BYTEA  NOT NULL,
    at        BIGINT NOT NULL,
    PRIMARY KEY (org_id, recipient)
);

-- When the intake could be reached. Installation-wide.

CREATE TABLE intake_beat (
    name TEXT   NOT NULL PRIMARY KEY,
    at   BIGINT NOT NULL
);

CREATE TABLE intake_gap (
    began_at BIGINT NOT NULL PRIMARY KEY,
    ended_at BIGINT NOT NULL
);
CREATE INDEX intake_gap_end ON intake_gap (ended_at);
