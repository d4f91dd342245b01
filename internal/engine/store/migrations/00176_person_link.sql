-- +goose Up

-- Two records of people of whom staff know that they are one: linked for a
-- while, undone by a click, then merged for good.
CREATE TABLE person_link (
    org_id     BYTEA  NOT NULL,
    id         BYTEA  NOT NULL,
    contact_id BYTEA  NOT NULL, -- the record that stays
    other_id   BYTEA  NOT NULL, -- the one that becomes part of it
    by_id      BYTEA  NOT NULL, -- who of the staff linked them
    second_id  BYTEA,           -- the second person, where one was needed
    reason     BYTEA  NOT NULL, -- sealed under the link's own key
    state      TEXT   NOT NULL, -- asked | linked | undone | merged
    created_at BIGINT NOT NULL,
    due_at     BIGINT NOT NULL, -- when they become one; 0: not linked yet
    ended_at   BIGINT NOT NULL, -- 0: it holds
    PRIMARY KEY (org_id, id)
);
CREATE INDEX person_link_contact ON person_link (org_id, contact_id);
CREATE INDEX person_link_other ON person_link (org_id, other_id);
CREATE INDEX person_link_due ON person_link (org_id, due_at) WHERE state = 'linked';

-- Links of an organisation are changed one after another.
CREATE TABLE person_link_turn (
    org_id BYTEA  NOT NULL,
    n      BIGINT NOT NULL,
    PRIMARY KEY (org_id)
);

-- All records that hang together by links have the same mark.
ALTER TABLE contact ADD COLUMN linked BYTEA;
CREATE INDEX contact_linked ON contact (org_id, linked) WHERE linked IS NOT NULL;
