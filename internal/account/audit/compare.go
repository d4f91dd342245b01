package audit

import (
	"context"
	"encoding/json"
	"slices"

	"einklang/internal/engine/evidence"
	"einklang/internal/engine/store"
	"einklang/internal/rule/id"
)

// compare marks the entries that differ from their leaves.
func (l *Log) compare(ctx context.Context, r store.Reader, org id.Org, all []Entry) error {
	if len(all) == 0 {
		return nil
	}
	var indexes []int64
	for _, e := range all {
		indexes = append(indexes, e.leaf)
		if e.end != nil {
			indexes = append(indexes, *e.end)
		}
	}
	lines, err := l.Ledger.At(ctx, r, org, indexes)
	if err != nil {
		return err
	}
	leaves := make(map[int64]evidence.Line, len(lines))
	for _, line := range lines {
		leaves[line.Index] = line
	}
	for i := range all {
		all[i].Altered = !all[i].is(leaves[all[i].leaf]) || !all[i].endedAs(leaves)
	}
	return nil
}

// is reports whether a leaf says the same.
func (e Entry) is(leaf evidence.Line) bool {
	var r record
	if leaf.Record == nil || json.Unmarshal(leaf.Record, &r) != nil {
		return false
	}
	object, _ := e.Object.MarshalText()
	if r.Who == "" && e.By.Who == Person { // an entry of old
		r.Who = string(Person)
	}
	if r.Who == "" {
		r.Who = string(Staff)
	}
	return leaf.ID == e.ID && leaf.Kind == "audit."+e.Act && leaf.At.Equal(e.At) && r.Who == string(e.By.Who) && r.By == e.By.stored().String() &&
		r.Object == string(object) && slices.Equal(r.Objects, e.objects()) && e.found(r.Hits) && r.Long == e.Long
}

// found reports whether a leaf names as many hits.
func (e Entry) found(hits *int) bool {
	if hits == nil || e.Hits == nil {
		return hits == nil && e.Hits == nil
	}
	return int64(*hits) == *e.Hits
}

// endedAs reports whether the leaf of its end, if there is one, says the same.
func (e Entry) endedAs(leaves map[int64]evidence.Line) bool {
	if e.end == nil || e.Ended == nil {
		return e.end == nil && e.Ended == nil
	}
	var r ending
	leaf := leaves[*e.end]
	return leaf.Record != nil && json.Unmarshal(leaf.Record, &r) == nil && leaf.Kind == endKind && r.Entry == e.ID.String() && r.Done == *e.Ended
}
