-- +goose Up

-- Address books of company phones: who is in them, and every change with a
-- number of its own. No names, no numbers: those are read, sealed, at each
-- delivery.

CREATE TABLE book_state (
    org_id     BYTEA  NOT NULL PRIMARY KEY,
    series     TEXT   NOT NULL, -- random: tells one numbering from another
    seq        BIGINT NOT NULL, -- the last number given
    pruned     BIGINT NOT NULL, -- departures up to here are forgotten
    checked_at BIGINT NOT NULL  -- when everybody was last judged anew
);

CREATE TABLE book_touch ( -- somebody about whom something changed
    org_id     BYTEA NOT NULL,
    id         BYTEA NOT NULL,
    contact_id BYTEA NOT NULL,
    PRIMARY KEY (org_id, id)
);

CREATE TABLE book_entry ( -- who is, or was, in a book
    org_id     BYTEA   NOT NULL,
    kind       TEXT    NOT NULL, -- consenting | everyone
    contact_id BYTEA   NOT NULL,
    seq        BIGINT  NOT NULL, -- of the last change
    present    BOOLEAN NOT NULL,
    since      BIGINT  NOT NULL, -- number with which the person came in
    labels     TEXT    NOT NULL, -- JSON: ids of the labels the person had
    changed_at BIGINT  NOT NULL, -- of the contact, as it was read
    recheck_at BIGINT  NOT NULL, -- judge again then, such as when a consent ends; 0 = never
    left_at    BIGINT  NOT NULL, -- 0 = never left
    PRIMARY KEY (org_id, kind, contact_id)
);
CREATE UNIQUE INDEX book_entry_seq ON book_entry (org_id, kind, seq);
CREATE INDEX book_entry_recheck ON book_entry (org_id, recheck_at) WHERE recheck_at > 0;

CREATE TABLE candidate ( -- people added on a phone: they wait, sealed, for consent
    org_id        BYTEA   NOT NULL,
    device_id     BYTEA   NOT NULL,
    id            BYTEA   NOT NULL,
    seq           BIGINT  NOT NULL,
    resource_hash BYTEA   NOT NULL,
    resource      BYTEA   NOT NULL, -- sealed: the name that the phone gave the card, so that it can be told to drop it
    open          BOOLEAN NOT NULL, -- nobody has decided yet
    card          BYTEA   NOT NULL, -- sealed under a key of its own
    at            BIGINT  NOT NULL,
    PRIMARY KEY (org_id, device_id, id)
);
CREATE UNIQUE INDEX candidate_resource ON candidate (org_id, device_id, resource_hash);
