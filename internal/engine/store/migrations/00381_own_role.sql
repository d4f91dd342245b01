-- +goose Up

-- Roles of an organisation's own. An account that has one has the role "own".
CREATE TABLE own_role (
    org_id      BYTEA   NOT NULL,
    id          BYTEA   NOT NULL,
    name        TEXT    NOT NULL,
    permissions TEXT    NOT NULL, -- words of account/user.Permissions, apart by spaces
    limited     BOOLEAN NOT NULL, -- sees only what its teams and numbers have
    demanded    BOOLEAN NOT NULL, -- needs a second factor
    created_at  BIGINT  NOT NULL,
    PRIMARY KEY (org_id, id)
);
ALTER TABLE account ADD COLUMN own_role_id BYTEA;
