package store

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
