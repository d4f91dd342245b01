package audit

import (
	"context"

	"einklang/internal/engine/store"
	"einklang/internal/rule/id"
)

// each notes the objects of an entry that has several, and whom each concerns.
func (l *Log) each(ctx context.Context, tx store.Tx, org id.Org, entry id.Entry, kind Object, objects []id.ID) error {
	rows := make([][]any, len(objects))
	for i, o := range objects {
		person, err := l.concerns(ctx, tx, org, kind, o)
		if err != nil {
			return err
		}
		rows[i] = []any{org, entry, o, person}
	}
	return tx.InsertMany(ctx, store.Insert{Into: "audit_object (org_id, entry_id, object_id, contact_id)"}, rows)
}

// several reads the objects of the entries that have several.
func (l *Log) several(ctx context.Context, r store.Reader, org id.Org, all []Entry) error {
	var of []id.Entry
	place := map[id.Entry]int{}
	for i, e := range all {
		if e.Object.IsZero() {
			of, place[e.ID] = append(of, e.ID), i
		}
	}
	type object struct {
		entry id.Entry
		About
	}
	found, err := store.CollectIn(ctx, r, func(row store.Row) (o object, err error) {
		return o, row.Scan(&o.entry, &o.Object, &o.Contact)
	}, "SELECT entry_id, object_id, contact_id FROM audit_object WHERE org_id = ? AND entry_id IN (?) ORDER BY entry_id, object_id", of, org)
	if err != nil {
		return err
	}
	for _, o := range found {
		e := &all[place[o.entry]]
		e.Several = append(e.Several, o.About)
	}
	return nil
}

// objects are the several objects as a leaf names them.
func (e Entry) objects() (all []string) {
	for _, a := range e.Several {
		all = append(all, a.Object.String())
	}
	return all
}
