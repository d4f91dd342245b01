-- +goose Up

-- Views that keep the words of a search: they are the name of a person more often
-- than not, and are not kept any more.
DELETE FROM saved_view WHERE query LIKE 'q=%' OR query LIKE '%&q=%';
