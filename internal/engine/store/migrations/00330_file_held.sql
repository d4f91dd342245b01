-- +goose Up

-- When a file came that was on its way, and when the last package of a case was
-- begun: what came in between is owed to the person still.
ALTER TABLE media ADD COLUMN held_at BIGINT NOT NULL DEFAULT 0; -- 0: it was here at once, or came before this was noted
ALTER TABLE privacy_case ADD COLUMN packed_at BIGINT NOT NULL DEFAULT 0; -- 0: no package yet
