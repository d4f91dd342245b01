-- +goose Up

CREATE TABLE purpose ( -- what for people are asked; a standard purpose without a row stands as it is built in
    org_id      BYTEA   NOT NULL,
    key         TEXT    NOT NULL,
    name_de     TEXT    NOT NULL,
    name_en     TEXT    NOT NULL,
    advertising BOOLEAN NOT NULL,
    months      BIGINT  NOT NULL, -- a consent lasts so long without use; 0 = until withdrawn
    offered     BOOLEAN NOT NULL, -- on the public form
    keyword     TEXT    NOT NULL, -- who writes it agrees; empty: none
    retired     BOOLEAN NOT NULL,
    material_at BIGINT  NOT NULL, -- consents given before do not carry any more
    changed_at  BIGINT  NOT NULL,
    PRIMARY KEY (org_id, key)
);

CREATE TABLE consent_text ( -- what people agree to, version by version; never changed
    org_id       BYTEA   NOT NULL,
    id           BYTEA   NOT NULL,
    purpose      TEXT    NOT NULL,
    version      BIGINT  NOT NULL, -- 1, 2, 3 …
    material     BOOLEAN NOT NULL,
    text_de      TEXT    NOT NULL,
    text_en      TEXT    NOT NULL,
    published_at BIGINT  NOT NULL,
    PRIMARY KEY (org_id, id)
);
CREATE UNIQUE INDEX consent_text_version ON consent_text (org_id, purpose, version);

ALTER TABLE consent ADD COLUMN text_id BYTEA;
ALTER TABLE consent_event ADD COLUMN text_id BYTEA;
CREATE INDEX consent_purpose ON consent (org_id, purpose, state, expires_at);
CREATE INDEX consent_event_time ON consent_event (org_id, at);

CREATE TABLE opt_in_request ( -- a double opt-in under way
    org_id       BYTEA  NOT NULL,
    id           BYTEA  NOT NULL, -- owns its keys until a person is known
    contact_id   BYTEA,           -- who was invited, or confirmed
    way          TEXT   NOT NULL, -- e_mail | whatsapp
    source       TEXT   NOT NULL, -- web_form | invitation
    state        TEXT   NOT NULL, -- pending | confirmed | returned
    token_hash   BYTEA  NOT NULL, -- of the link in the e-mail
    code_hash    BYTEA  NOT NULL, -- of the code sent by WhatsApp
    email_hash   BYTEA,
    purposes     TEXT   NOT NULL, -- JSON: purpose → id of the text
    locale       TEXT   NOT NULL,
    detail       BYTEA  NOT NULL, -- sealed: e-mail address, phone number, shortened internet address
    created_at   BIGINT NOT NULL,
    expires_at   BIGINT NOT NULL,
    confirmed_at BIGINT NOT NULL,
    PRIMARY KEY (org_id, id)
);
CREATE UNIQUE INDEX opt_in_token ON opt_in_request (token_hash);
CREATE INDEX opt_in_code ON opt_in_request (org_id, code_hash);
CREATE INDEX opt_in_email ON opt_in_request (org_id, email_hash);
CREATE INDEX opt_in_age ON opt_in_request (org_id, created_at);

CREATE TABLE consent_claim ( -- a consent on paper or by word that waits for a second pair of eyes
    org_id      BYTEA  NOT NULL,
    id          BYTEA  NOT NULL,
    contact_id  BYTEA  NOT NULL,
    purpose     TEXT   NOT NULL,
    state       TEXT   NOT NULL, -- waiting | confirmed | rejected
    recorded_by BYTEA  NOT NULL,
    decided_by  BYTEA,
    detail      BYTEA  NOT NULL, -- sealed: the event
    created_at  BIGINT NOT NULL,
    decided_at  BIGINT NOT NULL,
    PRIMARY KEY (org_id, id)
);
CREATE INDEX consent_claim_waiting ON consent_claim (org_id, state, id);
CREATE INDEX consent_claim_contact ON consent_claim (org_id, contact_id);

CREATE TABLE consent_file ( -- a photo or scan that proves a consent
    org_id     BYTEA  NOT NULL,
    id         BYTEA  NOT NULL,
    contact_id BYTEA  NOT NULL,
    mime_type  TEXT   NOT NULL,
    size       BIGINT NOT NULL,
    name       BYTEA  NOT NULL, -- sealed
    created_at BIGINT NOT NULL,
    PRIMARY KEY (org_id, id)
);
CREATE INDEX consent_file_contact ON consent_file (org_id, contact_id);

CREATE TABLE consent_file_chunk (
    org_id  BYTEA  NOT NULL,
    file_id BYTEA  NOT NULL,
    n       BIGINT NOT NULL,
    sealed  BYTEA  NOT NULL,
    PRIMARY KEY (org_id, file_id, n)
);

CREATE TABLE entry_point ( -- a place from which people write first: a link, a poster, a button
    org_id     BYTEA   NOT NULL,
    id         BYTEA   NOT NULL,
    channel_id BYTEA   NOT NULL,
    code       TEXT    NOT NULL,
    name       TEXT    NOT NULL,
    words      TEXT    NOT NULL, -- the message that stands ready on the phone
    short_link TEXT    NOT NULL, -- Meta's, if one was made
    retired    BOOLEAN NOT NULL,
    created_at BIGINT  NOT NULL,
    PRIMARY KEY (org_id, id)
);
CREATE UNIQUE INDEX entry_point_code ON entry_point (org_id, code);

CREATE TABLE entry_use ( -- a message that came from an entry point
    org_id     BYTEA  NOT NULL,
    message_id BYTEA  NOT NULL,
    entry_id   BYTEA  NOT NULL,
    contact_id BYTEA  NOT NULL,
    at         BIGINT NOT NULL,
    PRIMARY KEY (org_id, message_id)
);
CREATE INDEX entry_use_entry ON entry_use (org_id, entry_id, at);
CREATE INDEX entry_use_contact ON entry_use (org_id, contact_id);

CREATE TABLE consent_asked ( -- whom we asked for a consent on WhatsApp, and when
    org_id     BYTEA  NOT NULL,
    contact_id BYTEA  NOT NULL,
    purpose    TEXT   NOT NULL,
    text_id    BYTEA  NOT NULL,
    message_id BYTEA  NOT NULL,
    at         BIGINT NOT NULL,
    PRIMARY KEY (org_id, contact_id, purpose)
);

CREATE TABLE optin_settings (
    org_id   BYTEA NOT NULL PRIMARY KEY,
    settings TEXT  NOT NULL -- JSON, nothing personal
);
