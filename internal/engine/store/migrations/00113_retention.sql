-- +goose Up

ALTER TABLE conversation ADD COLUMN keep_as TEXT NOT NULL DEFAULT ''; -- letter | voucher: kept as law asks
CREATE TABLE conversation_end ( -- each time that a conversation was closed
    org_id          BYTEA  NOT NULL,
    conversation_id BYTEA  NOT NULL,
    at              BIGINT NOT NULL,
    PRIMARY KEY (org_id, conversation_id, at)
);
INSERT INTO conversation_end (org_id, conversation_id, at)
SELECT DISTINCT org_id, conversation_id, at FROM work_item WHERE kind = 'closed';

CREATE INDEX media_kept ON media (org_id, id) WHERE state <> 'gone';

CREATE TABLE retention_rule ( -- periods that differ from the default
    org_id BYTEA  NOT NULL,
    class  TEXT   NOT NULL,
    amount BIGINT NOT NULL, -- in the unit of the class
    reason TEXT   NOT NULL,
    by_id  BYTEA,
    at     BIGINT NOT NULL,
    PRIMARY KEY (org_id, class)
);
CREATE TABLE retention_run ( -- what was deleted, or would have been
    org_id     BYTEA   NOT NULL,
    id         BYTEA   NOT NULL,
    dry        BOOLEAN NOT NULL,
    started_at BIGINT  NOT NULL,
    ended_at   BIGINT  NOT NULL, -- 0 = under way
    counts     TEXT    NOT NULL, -- JSON: how many, by class
    problem    TEXT    NOT NULL,
    PRIMARY KEY (org_id, id)
);
