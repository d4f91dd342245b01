-- +goose Up

CREATE TABLE journal ( -- about whom or what something was decided since it was last copied beside the backups
    org_id     BYTEA  NOT NULL,
    kind       TEXT   NOT NULL, -- person | device | account
    subject_id BYTEA  NOT NULL,
    version    BIGINT NOT NULL, -- grows with each decision, so that one made while copying is copied again
    at         BIGINT NOT NULL, -- of the first that is not copied
    PRIMARY KEY (org_id, kind, subject_id)
);
CREATE INDEX journal_age ON journal (at);

-- +goose Down
