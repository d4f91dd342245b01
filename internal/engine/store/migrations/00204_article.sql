-- +goose Up

-- What the articles of an organisation's catalogue at Meta are called: typed once
-- by whoever offers them. Nothing here is about a person.
CREATE TABLE article (
    org_id  BYTEA  NOT NULL,
    number  TEXT   NOT NULL, -- product_retailer_id
    title   TEXT   NOT NULL,
    used_at BIGINT NOT NULL,
    PRIMARY KEY (org_id, number)
);
