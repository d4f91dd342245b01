-- +goose Up

CREATE TABLE privacy_parcel ( -- a package that lies ready for a person, sealed as a file of its own
    org_id     BYTEA  NOT NULL,
    id         BYTEA  NOT NULL, -- of the file
    case_id    BYTEA  NOT NULL,
    contact_id BYTEA  NOT NULL,
    made_at    BIGINT NOT NULL,
    expires_at BIGINT NOT NULL,
    PRIMARY KEY (org_id, id)
);
CREATE INDEX privacy_parcel_contact ON privacy_parcel (org_id, contact_id);

CREATE TABLE privacy_mail ( -- mails that became cases, so that none becomes two
    org_id       BYTEA  NOT NULL,
    message_hash BYTEA  NOT NULL,
    at           BIGINT NOT NULL,
    PRIMARY KEY (org_id, message_hash)
);
