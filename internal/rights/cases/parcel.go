package cases

import (
	"context"
	"fmt"
	"time"

	"einklang/internal/engine/store"
	"einklang/internal/rule/id"
)

// ParcelLife is how long a package lies ready. Whoever comes later gets a new
// one.
const ParcelLife = 7 * 24 * time.Hour

// Parcel is a package (GDPR Art. 15, 20) that lies ready. Its content is a
// sealed file of the same id.
type Parcel struct {
	ID          id.Parcel
	Case        id.Case
	Contact     id.Person
	Made, Until time.Time
}

// Ready notes that a package lies ready that was begun at a time, and writes it
// into the file of its case.
func (d *Cases) Ready(ctx context.Context, tx store.Tx, c Case, file id.Parcel, begun time.Time, by id.Account) (Parcel, error) {
	p := Parcel{ID: file, Case: c.ID, Contact: c.Contact, Made: d.now(), Until: d.now().Add(ParcelLife)}
	if _, err := tx.Exec(ctx, "INSERT INTO privacy_parcel (org_id, id, case_id, contact_id, made_at, expires_at) VALUES (?, ?, ?, ?, ?, ?)",
		c.Org, p.ID, p.Case, p.Contact, store.Micros(p.Made), store.Micros(p.Until)); err != nil {
		return p, fmt.Errorf("lay a package ready: %w", err)
	}
	if _, err := tx.Exec(ctx, "UPDATE privacy_case SET packed_at = ? WHERE org_id = ? AND id = ?", store.Micros(begun), c.Org, c.ID); err != nil {
		return p, fmt.Errorf("note when a package was begun: %w", err)
	}
	if err := d.write(ctx, tx, c, LinePackage, by, ""); err != nil {
		return p, err
	}
	return p, d.prove(ctx, tx, c, "privacy_case.package", map[string]any{"by": by.String(), "until": store.Micros(p.Until)})
}

// ParcelsOf lists the packages that lie ready for a person, the newest first.
func (d *Cases) ParcelsOf(ctx context.Context, r store.Reader, org id.Org, person id.Person) ([]Parcel, error) {
	return parcels(ctx, r, "org_id = ? AND contact_id = ? AND expires_at > ? ORDER BY id DESC", org, person, store.Micros(d.now()))
}

// Parcels keep which packages lie ready. Their content is with who makes them.
type Parcels struct{}

// Claims are the columns of this room that name a person.
func (*Parcels) Claims() []store.Claim {
	return []store.Claim{
		{Table: "privacy_parcel", Column: "contact_id", Export: "it is the record itself"},
		{Table: "blob_chunk", Column: "blob_id", Of: "privacy_parcel"},
	}
}

// Merge lets packages follow a person to the person she turned out to be.
func (*Parcels) Merge(ctx context.Context, tx store.Tx, org id.Org, from, into id.Person) error {
	if _, err := tx.Exec(ctx, "UPDATE privacy_parcel SET contact_id = ? WHERE org_id = ? AND contact_id = ?", into, org, from); err != nil {
		return fmt.Errorf("merge packages: %w", err)
	}
	return nil
}

// Of lists all packages of a person.
func (*Parcels) Of(ctx context.Context, r store.Reader, org id.Org, person id.Person) ([]Parcel, error) {
	return parcels(ctx, r, "org_id = ? AND contact_id = ?", org, person)
}

// Over lists packages that are no longer ready.
func (*Parcels) Over(ctx context.Context, r store.Reader, org id.Org, now time.Time) ([]Parcel, error) {
	return parcels(ctx, r, "org_id = ? AND expires_at <= ? LIMIT 100", org, store.Micros(now))
}

// Delete deletes packages; the caller deletes their files.
func (*Parcels) Delete(ctx context.Context, tx store.Tx, org id.Org, all []Parcel) error {
	rows := make([][]any, len(all))
	for i, p := range all {
		rows[i] = []any{org, p.ID}
	}
	if err := tx.DeleteMany(ctx, store.Delete{From: "privacy_parcel", Where: "org_id = ? AND id = ?"}, rows); err != nil {
		return fmt.Errorf("delete packages: %w", err)
	}
	return nil
}

func parcels(ctx context.Context, r store.Reader, where string, args ...any) ([]Parcel, error) {
	all, err := store.Collect(ctx, r, func(row store.Row) (p Parcel, err error) {
		var made, until int64
		err = row.Scan(&p.ID, &p.Case, &p.Contact, &made, &until)
		p.Made, p.Until = store.Time(made), store.Time(until)
		return p, err
	}, "SELECT id, case_id, contact_id, made_at, expires_at FROM privacy_parcel WHERE "+where, args...)
	if err != nil {
		return nil, fmt.Errorf("look for packages: %w", err)
	}
	return all, nil
}
