package evidence

import "github.com/transparency-dev/merkle/compact"

// rangeOf is a growing tree from the first leaf on.
type rangeOf struct{ r *compact.Range }

func newRange() *rangeOf { return &rangeOf{ranges.NewEmptyRange(0)} }

func (r *rangeOf) add(hash []byte) error { return r.r.Append(hash, nil) }

func (r *rangeOf) root() ([]byte, error) { return rootOf(r.r.GetRootHash(nil)) }
