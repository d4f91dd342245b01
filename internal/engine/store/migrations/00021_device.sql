-- +goose Up

-- Company phones and computers, and what each has received.

CREATE TABLE device (
    org_id      BYTEA   NOT NULL,
    id          BYTEA   NOT NULL,
    login       TEXT    NOT NULL,
    password    BYTEA   NOT NULL, -- SHA-256 of 160 random bits
    state       TEXT    NOT NULL, -- active | revoked
    product     TEXT    NOT NULL, -- whatsapp | business | none
    platform    TEXT    NOT NULL, -- ios | android | computer
    management  TEXT    NOT NULL, -- none | work_profile | supervised
    detail      BYTEA   NOT NULL, -- sealed: name, owner, number
    labels      TEXT    NOT NULL, -- JSON: ids
    names       BOOLEAN NOT NULL, -- cards hold names, not only numbers
    candidates  BOOLEAN NOT NULL, -- people added on the phone are taken as candidates
    attested_at BIGINT  NOT NULL, -- last check list that passed
    failed      TEXT    NOT NULL, -- JSON: items of the last check list that did not
    failed_at   BIGINT  NOT NULL,
    standing    TEXT    NOT NULL, -- open | frozen | empty
    standing_at BIGINT  NOT NULL,
    frozen_seq  BIGINT  NOT NULL,
    view_seq    BIGINT  NOT NULL, -- number with which its view last changed
    synced_at   BIGINT  NOT NULL,
    held_seq    BIGINT  NOT NULL, -- number up to which it knows its book
    held_view   TEXT    NOT NULL, -- JSON: the view through which it does
    created_at  BIGINT  NOT NULL,
    PRIMARY KEY (org_id, id)
);

CREATE TABLE device_login ( -- installation-wide: whose login it is
    login     TEXT  NOT NULL PRIMARY KEY,
    org_id    BYTEA NOT NULL,
    device_id BYTEA NOT NULL
);

CREATE TABLE device_link ( -- installation-wide: the link to the check list
    token_hash BYTEA  NOT NULL PRIMARY KEY,
    org_id     BYTEA  NOT NULL,
    device_id  BYTEA  NOT NULL,
    expires_at BIGINT NOT NULL
);
CREATE INDEX device_link_device ON device_link (org_id, device_id);

CREATE TABLE device_delivery ( -- what a device received: counts, not copies
    org_id    BYTEA  NOT NULL,
    device_id BYTEA  NOT NULL,
    id        BYTEA  NOT NULL,
    cards     BIGINT NOT NULL, -- handed out
    removed   BIGINT NOT NULL, -- told to drop
    seq       BIGINT NOT NULL,
    at        BIGINT NOT NULL,
    PRIMARY KEY (org_id, device_id, id)
);

CREATE TABLE device_check ( -- check lists as the owner filled them in
    org_id    BYTEA   NOT NULL,
    device_id BYTEA   NOT NULL,
    id        BYTEA   NOT NULL,
    passed    BOOLEAN NOT NULL,
    answers   TEXT    NOT NULL, -- JSON: item to answer; nothing personal
    at        BIGINT  NOT NULL,
    PRIMARY KEY (org_id, device_id, id)
);

CREATE TABLE device_shot ( -- screenshots that show it, for a short time
    org_id    BYTEA  NOT NULL,
    device_id BYTEA  NOT NULL,
    check_id  BYTEA  NOT NULL,
    id        BYTEA  NOT NULL,
    item      TEXT   NOT NULL,
    type      TEXT   NOT NULL,
    image     BYTEA  NOT NULL, -- sealed under a key of the check list's own
    at        BIGINT NOT NULL,
    PRIMARY KEY (org_id, device_id, id)
);
CREATE INDEX device_shot_age ON device_shot (org_id, at);
