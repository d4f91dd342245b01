package contact

import (
	"context"
	"fmt"

	"einklang/internal/engine/store"
	"einklang/internal/engine/vault"
	"einklang/internal/person/chat"
	"einklang/internal/rule/id"
)

// CountActive counts the people who are neither erased nor merged.
func (*Book) CountActive(ctx context.Context, r store.Reader, org id.Org) (n int64, err error) {
	return n, store.Count(ctx, r, store.Number{Into: &n, SQL: "SELECT COUNT(*) FROM contact WHERE org_id = ? AND state = 'active'", Args: []any{org}})
}

// Active are those of some people who are neither erased nor merged.
func (*Book) Active(ctx context.Context, r store.Reader, org id.Org, people []id.Person) ([]id.Person, error) {
	active, err := store.CollectIn(ctx, r, store.One[id.Person], "SELECT id FROM contact WHERE org_id = ? AND state = 'active' AND id IN (?)", people, org)
	if err != nil {
		return nil, fmt.Errorf("look who is active: %w", err)
	}
	return active, nil
}

const selectOutline = `SELECT c.id, c.state, c.blocked, c.opted_out, c.restricted, c.objected, c.minor, c.contract, c.held, c.halted, c.changed_at, c.linked,
	EXISTS (SELECT 1 FROM identity i WHERE i.org_id = c.org_id AND i.contact_id = c.id AND i.kind = 'phone'), ` + vault.HasKey + ` FROM contact c WHERE c.org_id = ?`

// outline is an outline, and the mark of the records to which it is linked.
type outline struct {
	chat.Outline
	linked id.Link
}

func scanOutline(row store.Row) (s outline, err error) {
	var state string
	var changed int64
	err = row.Scan(&s.ID, &state, &s.Blocked, &s.OptedOut, &s.Restricted, &s.Objected, &s.Minor, &s.Contract, &s.Held, &s.Halted, &changed, &s.linked, &s.HasNumber, &s.Readable)
	s.Active, s.Changed = state == "active", store.Time(changed)
	return s, err
}

// inForce are the outlines with what restricts in the records that are linked.
func (b *Book) inForce(ctx context.Context, r store.Reader, org id.Org, found []outline, err error) ([]chat.Outline, error) {
	if err != nil {
		return nil, fmt.Errorf("read how people stand: %w", err)
	}
	marks := make([]id.Link, len(found))
	for i, s := range found {
		marks[i] = s.linked
	}
	linked, err := b.linked(ctx, r, org, marks)
	all := make([]chat.Outline, len(found))
	for i, s := range found {
		s.Flags = s.Stricter(linked[s.linked])
		all[i] = s.Outline
	}
	return all, err
}

// Outlines outlines everybody. The flags are those in force: what restricts in
// a record holds for those linked to it.
func (b *Book) Outlines(ctx context.Context, r store.Reader, org id.Org) ([]chat.Outline, error) {
	all, err := store.Collect(ctx, r, scanOutline, selectOutline, org)
	return b.inForce(ctx, r, org, all, err)
}

// OutlinesOf outlines some people, as Outlines does. Who does not exist is left
// out.
func (b *Book) OutlinesOf(ctx context.Context, r store.Reader, org id.Org, people []id.Person) ([]chat.Outline, error) {
	all, err := store.CollectIn(ctx, r, scanOutline, selectOutline+" AND c.id IN (?)", people, org)
	return b.inForce(ctx, r, org, all, err)
}
