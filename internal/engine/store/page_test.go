package store

import "testing"

func TestAPageEndsAfterSoManyRowsOrBytes(t *testing.T) {
	const half = PageBytes / 2
	for _, c := range []struct {
		name string
		rows []int64
		most int
		want int
	}{
		{"none", nil, 2, 0},
		{"fewer rows than a page", []int64{1, 1}, 3, 2},
		{"more rows than a page", []int64{1, 1, 1}, 2, 2},
		{"just as many bytes", []int64{half, half}, 3, 2},
		{"more bytes than a page", []int64{half, half, 1}, 3, 2},
		{"a giant first", []int64{3 * PageBytes, 1}, 3, 1},
		{"a giant later", []int64{1, 3 * PageBytes, 1}, 3, 1},
	} {
		if got := Fit(c.rows, c.most, func(n int64) int64 { return n }); got != c.want {
			t.Errorf("%s: %d rows, want %d", c.name, got, c.want)
		}
	}
}
