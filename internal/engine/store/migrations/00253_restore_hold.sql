-- +goose Up

-- What waits after a restore without the whole journal of what was decided since
-- the backup: books are not given out and nothing is sent until somebody of the
-- organisation has looked.
CREATE TABLE restore_hold (
    org_id      BYTEA  NOT NULL PRIMARY KEY,
    data        TEXT   NOT NULL, -- name of the backup
    made_at     BIGINT NOT NULL, -- 0 = not known
    known_until BIGINT NOT NULL, -- what the journal says of itself; 0 = nothing
    strangers   BIGINT NOT NULL, -- subjects of the journal that the backup does not hold
    held_at     BIGINT NOT NULL,
    released_at BIGINT NOT NULL  -- 0 = waits
);
