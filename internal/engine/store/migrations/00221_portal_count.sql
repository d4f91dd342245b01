-- +goose Up

CREATE TABLE portal_count ( -- codes and wrong tries in a day, of a person however she is named, or of a place on the internet
    org_id  BYTEA  NOT NULL,
    hash    BYTEA  NOT NULL, -- keyed: a person, what was entered where nobody is known, or a shortened address
    since   BIGINT NOT NULL, -- when the day began
    made    BIGINT NOT NULL, -- codes
    wrong   BIGINT NOT NULL, -- tries, over all codes
    next_at BIGINT NOT NULL, -- no try counts before
    PRIMARY KEY (org_id, hash)
);
