-- +goose Up

CREATE TABLE reminder ( -- what staff were reminded of by e-mail, each once
    org_id     BYTEA  NOT NULL,
    topic      TEXT   NOT NULL,
    subject_id BYTEA  NOT NULL,
    stage      TEXT   NOT NULL,
    at         BIGINT NOT NULL,
    PRIMARY KEY (org_id, topic, subject_id, stage)
);
