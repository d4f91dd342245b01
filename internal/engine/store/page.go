package store

import (
	"context"
	"slices"
)

// PageBytes bounds what one page of a list reads of texts that come from
// outside, in bytes as they are stored. A webhook may bring 3 MB, a mail 1 MB.
const PageBytes = 1 << 20

// Fit says how many of the rows of a list make up a page: at most so many, and
// not more than PageBytes; a row that is larger than that is a page of its own.
// The caller asks how large the rows are before it reads them.
func Fit[T any](rows []T, most int, size func(T) int64) int {
	var bytes int64
	for i, r := range rows {
		if bytes += size(r); i == most || i > 0 && bytes > PageBytes {
			return i
		}
	}
	return len(rows)
}

// Pick picks one page of a list: the query selects, in the list's order, the key
// of each row and how many bytes it takes, and the page begins behind a key, or,
// with the zero key, at the beginning. More says that others follow.
func Pick[K comparable](ctx context.Context, r Reader, most int, after K, query string, args ...any) (page []K, more bool, err error) {
	type sized struct {
		key  K
		size int64
	}
	all, err := Collect(ctx, r, func(row Row) (s sized, err error) { return s, row.Scan(&s.key, &s.size) }, query, args...)
	if err != nil {
		return nil, false, err
	}
	var first K
	if after != first {
		all = all[slices.IndexFunc(all, func(s sized) bool { return s.key == after })+1:]
	}
	n := Fit(all, most, func(s sized) int64 { return s.size })
	page = make([]K, n)
	for i, s := range all[:n] {
		page[i] = s.key
	}
	return page, n < len(all), nil
}
