-- +goose Up

CREATE TABLE moving_step ( -- what people say they have done on the way from the app to the API
    org_id   BYTEA  NOT NULL,
    step     TEXT   NOT NULL,
    staff_id BYTEA  NOT NULL,
    done_at  BIGINT NOT NULL,
    PRIMARY KEY (org_id, step)
);
