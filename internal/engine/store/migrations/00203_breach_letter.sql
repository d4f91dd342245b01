-- +goose Up

-- Who was told of a breach (GDPR Art. 34), by which way. The row of an erased
-- person stays without her: how many were told is proof (Art. 5(2)).
CREATE TABLE breach_letter (
    org_id     BYTEA  NOT NULL,
    id         BYTEA  NOT NULL,
    breach_id  BYTEA  NOT NULL,
    contact_id BYTEA,           -- NULL: erased
    way        TEXT   NOT NULL, -- whatsapp | mail | none: no way is open
    message_id BYTEA,           -- of a letter by WhatsApp, until it is known to have arrived or to have failed
    at         BIGINT NOT NULL,
    PRIMARY KEY (org_id, id)
);
CREATE INDEX breach_letter_breach ON breach_letter (org_id, breach_id, contact_id);
CREATE INDEX breach_letter_contact ON breach_letter (org_id, contact_id);

-- Whether letters about a breach are going out: '' | sending | sent.
ALTER TABLE breach ADD COLUMN letter TEXT NOT NULL DEFAULT '';
