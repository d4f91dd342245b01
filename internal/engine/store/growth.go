package store

// growth says when the tables have grown so much that the database should count
// them anew: both engines choose the wrong index for a table of a hundred
// thousand rows that they take for a small one.
type growth struct {
	written int64 // rows, by this process
	next    int64
}

const (
	firstCount = 1_000
	lastCount  = 1_000_000 // by then the plans are right
)

// by notes rows and reports whether to count: after the first thousand, and then
// whenever a quarter more rows have been written.
func (g *growth) by(rows int64) bool {
	g.written += rows
	if g.next == 0 {
		g.next = firstCount
	}
	if g.written < g.next || g.next > lastCount {
		return false
	}
	g.next = g.written + max(firstCount, g.written/4)
	return true
}
