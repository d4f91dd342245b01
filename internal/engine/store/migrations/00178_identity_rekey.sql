-- +goose Up

-- How far the identities of an organisation are brought into the form that the
-- rules of today give them, and what came of it.
CREATE TABLE identity_rekey (
    org_id   BYTEA  NOT NULL,
    rules    BIGINT NOT NULL, -- which rules; others begin anew
    place    BYTEA  NOT NULL, -- the person after whom it goes on
    looked   BIGINT NOT NULL, -- people looked at
    rewrote  BIGINT NOT NULL, -- people whose identities were written in another form
    joined   BIGINT NOT NULL, -- people who had two records
    parted   BIGINT NOT NULL, -- two user ids with one number: they stay two people
    done_at  BIGINT NOT NULL, -- 0: under way
    PRIMARY KEY (org_id)
);

-- The records that were found to be of one number.
CREATE TABLE identity_joined (
    org_id     BYTEA  NOT NULL,
    contact_id BYTEA  NOT NULL, -- the record that stays, or has the number now
    other_id   BYTEA  NOT NULL, -- the record that became part of it, or has lost the number
    how        TEXT   NOT NULL, -- joined | parted
    at         BIGINT NOT NULL,
    PRIMARY KEY (org_id, contact_id, other_id)
);
CREATE INDEX identity_joined_other ON identity_joined (org_id, other_id);
