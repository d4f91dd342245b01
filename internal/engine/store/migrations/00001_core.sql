-- +goose Up

-- Organisations (controllers) and the WhatsApp numbers they own.

CREATE TABLE org (
    id         BYTEA  NOT NULL PRIMARY KEY,
    slug       TEXT   NOT NULL UNIQUE,
    name       TEXT   NOT NULL,
    settings   TEXT   NOT NULL, -- JSON, nothing personal
    created_at BIGINT NOT NULL
);

CREATE TABLE channel (
    org_id          BYTEA   NOT NULL,
    id              BYTEA   NOT NULL,
    app             TEXT    NOT NULL, -- the Meta app whose secret signs its webhooks
    phone_number_id TEXT    NOT NULL,
    waba_id         TEXT    NOT NULL,
    display_number  TEXT    NOT NULL,
    name            TEXT    NOT NULL,
    product         TEXT    NOT NULL, -- cloud_api
    token           BYTEA   NOT NULL, -- sealed
    state           TEXT    NOT NULL, -- active | stopped
    stop_reason     TEXT    NOT NULL,
    campaigns_until BIGINT  NOT NULL, -- campaigns pause until
    per_second      BIGINT  NOT NULL,
    quality         TEXT    NOT NULL,
    storage_mode    TEXT    NOT NULL,
    storage_region  TEXT    NOT NULL,
    agreement_until BIGINT  NOT NULL, -- data-processing agreement valid until; 0 = none
    lane_node       TEXT    NOT NULL, -- which node sends
    lane_until      BIGINT  NOT NULL, -- and until when
    created_at      BIGINT  NOT NULL,
    PRIMARY KEY (org_id, id)
);

-- Where an incoming webhook belongs. Installation-wide: the organisation is
-- what is looked up.
CREATE TABLE route (
    kind       TEXT  NOT NULL, -- number | waba
    key        TEXT  NOT NULL,
    app        TEXT  NOT NULL,
    org_id     BYTEA NOT NULL,
    channel_id BYTEA NOT NULL,
    PRIMARY KEY (kind, key)
);

-- Staff.

CREATE TABLE account (
    org_id     BYTEA  NOT NULL,
    id         BYTEA  NOT NULL,
    role       TEXT   NOT NULL,
    profile    BYTEA  NOT NULL, -- sealed: name, e-mail
    password   TEXT   NOT NULL, -- argon2id
    locale     TEXT   NOT NULL,
    state      TEXT   NOT NULL,
    created_at BIGINT NOT NULL,
    PRIMARY KEY (org_id, id)
);

CREATE TABLE sign_in ( -- installation-wide: who an e-mail address is
    email_hash BYTEA NOT NULL PRIMARY KEY,
    org_id     BYTEA NOT NULL,
    account_id BYTEA NOT NULL
);

CREATE TABLE session (
    token_hash BYTEA  NOT NULL PRIMARY KEY,
    org_id     BYTEA  NOT NULL,
    account_id BYTEA  NOT NULL,
    created_at BIGINT NOT NULL,
    seen_at    BIGINT NOT NULL,
    expires_at BIGINT NOT NULL
);

CREATE TABLE api_token (
    token_hash BYTEA  NOT NULL PRIMARY KEY,
    org_id     BYTEA  NOT NULL,
    id         BYTEA  NOT NULL,
    name       TEXT   NOT NULL,
    created_at BIGINT NOT NULL,
    revoked_at BIGINT NOT NULL
);

-- People.

CREATE TABLE contact (
    org_id      BYTEA   NOT NULL,
    id          BYTEA   NOT NULL,
    state       TEXT    NOT NULL, -- active | merged | erased
    merged_into BYTEA,
    blocked     BOOLEAN NOT NULL,
    opted_out   BOOLEAN NOT NULL,
    restricted  BOOLEAN NOT NULL,
    objected    BOOLEAN NOT NULL,
    minor       BOOLEAN NOT NULL,
    contract    BOOLEAN NOT NULL, -- contract performance with this channel chosen
    locale      TEXT    NOT NULL,
    profile     BYTEA   NOT NULL, -- sealed: name, identities
    created_at  BIGINT  NOT NULL,
    changed_at  BIGINT  NOT NULL,
    PRIMARY KEY (org_id, id)
);

CREATE TABLE identity (
    org_id     BYTEA NOT NULL,
    kind       TEXT  NOT NULL, -- phone | bsuid | parent_bsuid
    hash       BYTEA NOT NULL,
    contact_id BYTEA NOT NULL,
    PRIMARY KEY (org_id, kind, hash)
);
CREATE INDEX identity_contact ON identity (org_id, contact_id);

CREATE TABLE name_word ( -- blind index: keyed hashes of the beginnings of names
    org_id     BYTEA NOT NULL,
    hash       BYTEA NOT NULL,
    contact_id BYTEA NOT NULL,
    PRIMARY KEY (org_id, hash, contact_id)
);
CREATE INDEX name_word_contact ON name_word (org_id, contact_id);

CREATE TABLE consent ( -- the state that follows from consent_event
    org_id     BYTEA  NOT NULL,
    contact_id BYTEA  NOT NULL,
    medium     TEXT   NOT NULL, -- whatsapp
    purpose    TEXT   NOT NULL,
    state      TEXT   NOT NULL,
    event_id   BYTEA  NOT NULL,
    granted_at BIGINT NOT NULL,
    expires_at BIGINT NOT NULL,
    said_at    BIGINT NOT NULL, -- what was said last holds
    PRIMARY KEY (org_id, contact_id, medium, purpose)
);

CREATE TABLE consent_event ( -- append-only
    org_id     BYTEA  NOT NULL,
    id         BYTEA  NOT NULL,
    contact_id BYTEA  NOT NULL,
    medium     TEXT   NOT NULL,
    purpose    TEXT   NOT NULL,
    kind       TEXT   NOT NULL,
    source     TEXT   NOT NULL,
    at         BIGINT NOT NULL,
    detail     BYTEA  NOT NULL, -- sealed: wording, note, who recorded it
    PRIMARY KEY (org_id, id)
);
CREATE INDEX consent_event_contact ON consent_event (org_id, contact_id, id);

CREATE TABLE opt_out ( -- STOP: one row while it holds
    org_id     BYTEA   NOT NULL,
    contact_id BYTEA   NOT NULL,
    at         BIGINT  NOT NULL,
    confirmed  BOOLEAN NOT NULL, -- the one confirmation is out or on its way
    PRIMARY KEY (org_id, contact_id)
);

-- Conversations and messages.

CREATE TABLE conversation (
    org_id       BYTEA   NOT NULL,
    id           BYTEA   NOT NULL,
    contact_id   BYTEA   NOT NULL,
    channel_id   BYTEA   NOT NULL,
    state        TEXT    NOT NULL, -- open | closed
    unread       BIGINT  NOT NULL,
    window_ends  BIGINT  NOT NULL, -- free-form messages until; 0 = never opened
    matter_id    BYTEA,            -- the open contact-initiated matter
    matter_at    BIGINT  NOT NULL,
    last_at      BIGINT  NOT NULL, -- of the newest message
    last_in_at   BIGINT  NOT NULL, -- of the newest message from the person
    last_message BYTEA,
    last_out     BOOLEAN NOT NULL,
    last_state   TEXT    NOT NULL,
    preview      BYTEA   NOT NULL, -- sealed
    created_at   BIGINT  NOT NULL,
    changed_at   BIGINT  NOT NULL,
    PRIMARY KEY (org_id, id)
);
CREATE UNIQUE INDEX conversation_who ON conversation (org_id, contact_id, channel_id);
CREATE INDEX conversation_queue ON conversation (org_id, last_at, id);
CREATE INDEX conversation_open ON conversation (org_id, last_at, id) WHERE state = 'open';
CREATE INDEX conversation_unread ON conversation (org_id, last_at, id) WHERE unread > 0;
CREATE INDEX conversation_closed ON conversation (org_id, last_at, id) WHERE state = 'closed';

CREATE TABLE message (
    org_id          BYTEA   NOT NULL,
    id              BYTEA   NOT NULL,
    conversation_id BYTEA   NOT NULL,
    contact_id      BYTEA   NOT NULL,
    channel_id      BYTEA   NOT NULL,
    outgoing        BOOLEAN NOT NULL,
    type            TEXT    NOT NULL,
    state           TEXT    NOT NULL,
    origin          TEXT    NOT NULL, -- customer | agent | api | automation | duty | campaign | echo
    author_id       BYTEA,            -- the member of staff
    reply_to        BYTEA,
    wamid           BYTEA   NOT NULL, -- sealed: it holds the number
    wamid_hash      BYTEA,
    body            BYTEA   NOT NULL, -- sealed: content, what it quotes
    at              BIGINT  NOT NULL, -- WhatsApp's time, or ours for outgoing
    sent_at         BIGINT  NOT NULL,
    delivered_at    BIGINT  NOT NULL,
    read_at         BIGINT  NOT NULL,
    edited_at       BIGINT  NOT NULL,
    revoked_at      BIGINT  NOT NULL,
    error_code      BIGINT  NOT NULL,
    reason          TEXT    NOT NULL, -- of the gate, when it refused right before the call
    cost            BIGINT  NOT NULL, -- reserved from the budget
    created_at      BIGINT  NOT NULL,
    PRIMARY KEY (org_id, id)
);
CREATE UNIQUE INDEX message_wamid ON message (org_id, wamid_hash);
CREATE INDEX message_thread ON message (org_id, conversation_id, at, id);

CREATE TABLE reaction (
    org_id     BYTEA   NOT NULL,
    message_id BYTEA   NOT NULL,
    outgoing   BOOLEAN NOT NULL,
    contact_id BYTEA   NOT NULL,
    emoji      BYTEA   NOT NULL, -- sealed
    at         BIGINT  NOT NULL,
    PRIMARY KEY (org_id, message_id, outgoing)
);

CREATE TABLE early ( -- what arrived before the message it speaks of
    org_id     BYTEA  NOT NULL,
    wamid_hash BYTEA  NOT NULL,
    id         BYTEA  NOT NULL,
    contact_id BYTEA  NOT NULL,
    kind       TEXT   NOT NULL, -- status | reaction | edit | revoke
    detail     BYTEA  NOT NULL, -- sealed
    at         BIGINT NOT NULL,
    PRIMARY KEY (org_id, wamid_hash, id)
);
CREATE INDEX early_age ON early (org_id, at);

CREATE TABLE media (
    org_id     BYTEA   NOT NULL,
    id         BYTEA   NOT NULL,
    message_id BYTEA   NOT NULL,
    contact_id BYTEA   NOT NULL,
    channel_id BYTEA   NOT NULL,
    state      TEXT    NOT NULL, -- wanted | held | gone
    reason     TEXT    NOT NULL,
    mime_type  TEXT    NOT NULL,
    size       BIGINT  NOT NULL,
    chunks     BIGINT  NOT NULL,
    detail     BYTEA   NOT NULL, -- sealed: Meta's id, file name, hash
    attempts   BIGINT  NOT NULL,
    not_before BIGINT  NOT NULL,
    created_at BIGINT  NOT NULL,
    PRIMARY KEY (org_id, id)
);
CREATE INDEX media_message ON media (org_id, message_id);
CREATE INDEX media_wanted ON media (not_before) WHERE state = 'wanted';

CREATE TABLE media_chunk (
    org_id   BYTEA  NOT NULL,
    media_id BYTEA  NOT NULL,
    n        BIGINT NOT NULL,
    sealed   BYTEA  NOT NULL,
    PRIMARY KEY (org_id, media_id, n)
);

-- Intake and outbox.

CREATE TABLE payload ( -- what the webhook brought, for seven days
    org_id      BYTEA  NOT NULL,
    id          BYTEA  NOT NULL,
    body_hash   BYTEA  NOT NULL,
    owner_id    BYTEA  NOT NULL, -- whose key sealed it
    state       TEXT   NOT NULL, -- applied | poison
    problem     TEXT   NOT NULL,
    attempts    BIGINT NOT NULL,
    sealed      BYTEA  NOT NULL,
    received_at BIGINT NOT NULL,
    PRIMARY KEY (org_id, id)
);
CREATE UNIQUE INDEX payload_once ON payload (org_id, body_hash);
CREATE INDEX payload_poison ON payload (org_id, id) WHERE state = 'poison';

CREATE TABLE outbox ( -- one row while a message is on its way out
    org_id     BYTEA  NOT NULL,
    channel_id BYTEA  NOT NULL,
    id         BYTEA  NOT NULL, -- of the message
    contact_id BYTEA  NOT NULL,
    priority   BIGINT NOT NULL, -- 0 replies and duties, 1 automation, 2 campaigns
    state      TEXT   NOT NULL, -- queued | deferred | sending | uncertain
    node       TEXT   NOT NULL,
    request    TEXT   NOT NULL, -- JSON: what the gate was asked; nothing personal
    attempts   BIGINT NOT NULL,
    not_before BIGINT NOT NULL,
    changed_at BIGINT NOT NULL,
    PRIMARY KEY (org_id, channel_id, id)
);
CREATE INDEX outbox_due ON outbox (org_id, channel_id, state, priority, id);
CREATE INDEX outbox_deferred ON outbox (org_id, channel_id, state, not_before);
CREATE INDEX outbox_person ON outbox (org_id, contact_id);

CREATE TABLE verdict ( -- what the gate said, each time it was asked
    org_id         BYTEA  NOT NULL,
    id             BYTEA  NOT NULL,
    message_id     BYTEA  NOT NULL,
    contact_id     BYTEA  NOT NULL,
    phase          TEXT   NOT NULL, -- queue | call
    outcome        TEXT   NOT NULL,
    reason         TEXT   NOT NULL,
    row_no         BIGINT NOT NULL,
    basis          TEXT   NOT NULL,
    basis_id       BYTEA,
    notice_id      BYTEA,
    asked_by       TEXT   NOT NULL,
    at             BIGINT NOT NULL,
    PRIMARY KEY (org_id, message_id, id)
);

CREATE TABLE idempotency (
    org_id     BYTEA  NOT NULL,
    key_hash   BYTEA  NOT NULL,
    body_hash  BYTEA  NOT NULL,
    status     BIGINT NOT NULL,
    message_id BYTEA  NOT NULL,
    at         BIGINT NOT NULL,
    PRIMARY KEY (org_id, key_hash)
);

-- Templates, notices, money, transfers.

CREATE TABLE template (
    org_id     BYTEA  NOT NULL,
    id         BYTEA  NOT NULL,
    waba_id    TEXT   NOT NULL,
    name       TEXT   NOT NULL,
    language   TEXT   NOT NULL,
    category   TEXT   NOT NULL,
    state      TEXT   NOT NULL,
    format     TEXT   NOT NULL, -- positional | named
    components TEXT   NOT NULL, -- JSON
    meta_id    TEXT   NOT NULL,
    changed_at BIGINT NOT NULL,
    PRIMARY KEY (org_id, id)
);
CREATE UNIQUE INDEX template_name ON template (org_id, waba_id, name, language);

CREATE TABLE notice (
    org_id       BYTEA   NOT NULL,
    id           BYTEA   NOT NULL,
    version      BIGINT  NOT NULL, -- 1, 2, 3 …
    material     BOOLEAN NOT NULL,
    text_de      TEXT    NOT NULL,
    text_en      TEXT    NOT NULL,
    published_at BIGINT  NOT NULL,
    PRIMARY KEY (org_id, id)
);
CREATE UNIQUE INDEX notice_version ON notice (org_id, version);

CREATE TABLE notice_delivery (
    org_id     BYTEA  NOT NULL,
    contact_id BYTEA  NOT NULL,
    notice_id  BYTEA  NOT NULL,
    message_id BYTEA  NOT NULL,
    state      TEXT   NOT NULL, -- queued | sent
    at         BIGINT NOT NULL,
    PRIMARY KEY (org_id, contact_id, notice_id)
);

CREATE TABLE spending (
    org_id BYTEA  NOT NULL,
    month  TEXT   NOT NULL, -- 2026-11
    micros BIGINT NOT NULL, -- millionths of the currency's unit
    PRIMARY KEY (org_id, month)
);

CREATE TABLE transfer ( -- calls that left the installation, by day
    day       TEXT   NOT NULL,
    recipient TEXT   NOT NULL,
    calls     BIGINT NOT NULL,
    bytes_out BIGINT NOT NULL,
    bytes_in  BIGINT NOT NULL,
    PRIMARY KEY (day, recipient)
);
