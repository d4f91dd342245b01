package shell

import "einklang/internal/rule/id"

// Paged leads from one page of a list to the others; the template "paged" shows
// it.
type Paged struct {
	First string // where the list begins; empty: here
	More  string // the next page; empty: there is none
}

// PageOf makes the links of a page that begins behind a row and shows some.
func PageOf[Row any, ID id.Like](path string, after id.Cursor, shown []Row, more bool, idOf func(Row) ID) (p Paged) {
	if !after.IsZero() {
		p.First = path
	}
	if more && len(shown) > 0 {
		last := idOf(shown[len(shown)-1])
		p.More = path + "?after=" + id.Cursor(last).String()
	}
	return p
}
