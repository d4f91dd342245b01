-- +goose Up

-- What a consent is about, in words: the goods and services that are advertised,
-- the kinds of messages (BGH VI ZR 721/15: which products of which company).
ALTER TABLE purpose ADD COLUMN about_de TEXT NOT NULL DEFAULT '';
ALTER TABLE purpose ADD COLUMN about_en TEXT NOT NULL DEFAULT '';
