-- +goose Up

CREATE TABLE factor ( -- with what a member of staff proves who she is, beside a password
    org_id     BYTEA  NOT NULL,
    account_id BYTEA  NOT NULL,
    id         BYTEA  NOT NULL,
    kind       TEXT   NOT NULL, -- totp, passkey
    sealed     BYTEA  NOT NULL, -- its name, and its secret or public key
    step       BIGINT NOT NULL, -- the step of time of the last code that counted; 0: none did
    made_at    BIGINT NOT NULL,
    used_at    BIGINT NOT NULL, -- 0: never
    PRIMARY KEY (org_id, account_id, id)
);

CREATE TABLE recovery_code (
    org_id     BYTEA NOT NULL,
    account_id BYTEA NOT NULL,
    hash       BYTEA NOT NULL, -- keyed; the row goes when the code was used
    PRIMARY KEY (org_id, account_id, hash)
);

CREATE TABLE factor_trial ( -- what was shown to somebody and waits for her answer
    org_id     BYTEA  NOT NULL,
    account_id BYTEA  NOT NULL,
    purpose    TEXT   NOT NULL, -- totp, passkey: a new one; ask: one that there is
    sealed     BYTEA  NOT NULL, -- the new key, or the challenge
    until      BIGINT NOT NULL,
    PRIMARY KEY (org_id, account_id, purpose)
);

CREATE TABLE sign_in_step ( -- the password was right, and a factor is asked for
    token_hash BYTEA   NOT NULL PRIMARY KEY,
    org_id     BYTEA   NOT NULL,
    account_id BYTEA   NOT NULL,
    known      BOOLEAN NOT NULL, -- the browser is
    tries      BIGINT  NOT NULL, -- wrong ones
    expires_at BIGINT  NOT NULL
);

ALTER TABLE account ADD COLUMN factored BOOLEAN NOT NULL DEFAULT FALSE; -- it has a factor
ALTER TABLE session ADD COLUMN proven_at BIGINT NOT NULL DEFAULT 0; -- when its owner last proved who she is
ALTER TABLE session ADD COLUMN enrol BOOLEAN NOT NULL DEFAULT FALSE; -- begun with a recovery code: a new factor is asked for first
