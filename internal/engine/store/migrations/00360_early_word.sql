-- +goose Up

-- What somebody chose at Meta about advertising while nobody here was known by
-- what Meta names her by: it counts as soon as somebody is. Only keyed hashes, for
-- ninety days at most; a row for each identity that was named.
CREATE TABLE early_word (
    org_id      BYTEA  NOT NULL,
    kind        TEXT   NOT NULL, -- of the identity, as in table identity
    hash        BYTEA  NOT NULL,
    word        TEXT   NOT NULL, -- stop | resume
    at          BIGINT NOT NULL, -- when she chose it
    received_at BIGINT NOT NULL,
    failed      BOOLEAN NOT NULL, -- Meta said so by refusing a message
    PRIMARY KEY (org_id, kind, hash, word, at)
);
