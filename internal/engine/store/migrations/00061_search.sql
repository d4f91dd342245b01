-- +goose Up

-- The search index over messages: keyed hashes, nothing readable. These three
-- tables (search_*) are left out of backups and can be made anew from the
-- messages: einklang search rebuild.

CREATE TABLE search_fresh ( -- one row for each message that came lately
    org_id     BYTEA NOT NULL,
    id         BYTEA NOT NULL,
    message_id BYTEA NOT NULL,
    tokens     BYTEA NOT NULL, -- hashes of 6 bytes, one after the other
    PRIMARY KEY (org_id, id)
);
CREATE INDEX search_fresh_message ON search_fresh (org_id, message_id);

CREATE TABLE search_ids ( -- the messages of a segment, 256 in a row
    org_id     BYTEA  NOT NULL,
    segment_id BYTEA  NOT NULL,
    part       BIGINT NOT NULL,
    first_id   BYTEA  NOT NULL,
    last_id    BYTEA  NOT NULL,
    ids        BYTEA  NOT NULL, -- 16 bytes each; zeros: forgotten
    PRIMARY KEY (org_id, segment_id, part)
);
CREATE INDEX search_ids_last ON search_ids (org_id, last_id);

CREATE TABLE search_posting ( -- which messages of a segment hold a hash
    org_id     BYTEA  NOT NULL,
    shard      BIGINT NOT NULL, -- the first byte of the hashes
    segment_id BYTEA  NOT NULL,
    postings   BYTEA  NOT NULL, -- 5 bytes of the hash, 2 of the message's place
    PRIMARY KEY (org_id, shard, segment_id)
);
