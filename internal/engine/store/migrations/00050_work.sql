-- +goose Up

ALTER TABLE conversation ADD COLUMN assignee_id BYTEA; -- the member of staff who has it
ALTER TABLE conversation ADD COLUMN team_id BYTEA;
ALTER TABLE conversation ADD COLUMN snoozed_until BIGINT NOT NULL DEFAULT 0; -- 0 = not put off

CREATE INDEX conversation_mine ON conversation (org_id, assignee_id, last_at, id) WHERE state = 'open';
CREATE INDEX conversation_unassigned ON conversation (org_id, last_at, id) WHERE state = 'open' AND assignee_id IS NULL;
CREATE INDEX conversation_snoozed ON conversation (org_id, snoozed_until) WHERE snoozed_until > 0;
CREATE INDEX conversation_team ON conversation (org_id, team_id, last_at, id) WHERE state = 'open';

CREATE TABLE team (
    org_id     BYTEA  NOT NULL,
    id         BYTEA  NOT NULL,
    name       TEXT   NOT NULL,
    target     BIGINT NOT NULL, -- seconds within which a first answer is due; 0 = none
    assignment TEXT   NOT NULL, -- by_hand | round_robin | least_load
    last_given BYTEA,           -- account that got the last conversation (round robin)
    PRIMARY KEY (org_id, id)
);

CREATE TABLE team_member (
    org_id     BYTEA NOT NULL,
    team_id    BYTEA NOT NULL,
    account_id BYTEA NOT NULL,
    PRIMARY KEY (org_id, team_id, account_id)
);

CREATE TABLE label ( -- of people (S16)
    org_id BYTEA NOT NULL,
    id     BYTEA NOT NULL,
    name   TEXT  NOT NULL,
    colour TEXT  NOT NULL,
    PRIMARY KEY (org_id, id)
);

CREATE TABLE contact_label (
    org_id     BYTEA NOT NULL,
    contact_id BYTEA NOT NULL,
    label_id   BYTEA NOT NULL,
    PRIMARY KEY (org_id, contact_id, label_id)
);
CREATE INDEX contact_label_label ON contact_label (org_id, label_id, contact_id);

CREATE TABLE work_item ( -- what happened to a conversation among colleagues: notes and events
    org_id          BYTEA  NOT NULL,
    id              BYTEA  NOT NULL,
    conversation_id BYTEA  NOT NULL,
    contact_id      BYTEA  NOT NULL,
    kind            TEXT   NOT NULL, -- note | assigned | unassigned | closed | reopened | snoozed
    author_id       BYTEA,           -- who did it; NULL = by itself
    subject_id      BYTEA,           -- to whom or what
    body            BYTEA  NOT NULL, -- sealed under the person's key: the words of a note
    at              BIGINT NOT NULL,
    PRIMARY KEY (org_id, id)
);
CREATE INDEX work_item_thread ON work_item (org_id, conversation_id, id);
CREATE INDEX work_item_contact ON work_item (org_id, contact_id);

CREATE TABLE mention (
    org_id          BYTEA NOT NULL,
    account_id      BYTEA NOT NULL,
    item_id         BYTEA NOT NULL,
    conversation_id BYTEA NOT NULL,
    seen            BOOLEAN NOT NULL,
    PRIMARY KEY (org_id, account_id, item_id)
);
CREATE INDEX mention_thread ON mention (org_id, account_id, conversation_id);

CREATE TABLE quick_reply (
    org_id   BYTEA NOT NULL,
    id       BYTEA NOT NULL,
    shortcut TEXT  NOT NULL, -- typed after "/"
    body     TEXT  NOT NULL, -- with {name}, {agent}, {company}
    PRIMARY KEY (org_id, id)
);
CREATE UNIQUE INDEX quick_reply_shortcut ON quick_reply (org_id, shortcut);

CREATE TABLE saved_view (
    org_id     BYTEA NOT NULL,
    id         BYTEA NOT NULL,
    account_id BYTEA NOT NULL,
    name       TEXT  NOT NULL,
    query      TEXT  NOT NULL, -- of the address of the queue
    PRIMARY KEY (org_id, account_id, id)
);
