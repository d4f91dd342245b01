-- +goose Up

-- What is forgotten of an address book, for each book and for each device: a
-- number for the whole organisation sent phones away that had missed nothing.
-- book_state.pruned stays, so that older backups can be restored; nothing reads
-- it any more.
CREATE TABLE book_pruned (
    org_id BYTEA  NOT NULL,
    scope  TEXT   NOT NULL, -- consenting | everyone; or a device, of the cards that it made
    seq    BIGINT NOT NULL, -- changes up to here are forgotten
    PRIMARY KEY (org_id, scope)
);
INSERT INTO book_pruned (org_id, scope, seq) SELECT org_id, 'consenting', pruned FROM book_state WHERE pruned > 0;
INSERT INTO book_pruned (org_id, scope, seq) SELECT org_id, 'everyone', pruned FROM book_state WHERE pruned > 0;
