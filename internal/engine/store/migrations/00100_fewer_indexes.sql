-- +goose Up

-- On PostgreSQL each new message of a conversation writes into every index that
-- holds its row, so an index holds only the rows that its view asks for.
DROP INDEX conversation_mine;
DROP INDEX conversation_team;
CREATE INDEX conversation_mine ON conversation (org_id, assignee_id, last_at, id) WHERE state = 'open' AND assignee_id IS NOT NULL;
CREATE INDEX conversation_team ON conversation (org_id, team_id, last_at, id) WHERE state = 'open' AND team_id IS NOT NULL;
