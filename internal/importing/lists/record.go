package lists

import (
	"context"
	"errors"
	"fmt"

	"einklang/internal/consent/optin"
	"einklang/internal/engine/store"
	"einklang/internal/person/chat"
	"einklang/internal/person/contact"
	"einklang/internal/rule/gate"
	"einklang/internal/rule/id"
)

// Outcome is what became of a row.
type Outcome string

// The outcomes.
const (
	Created Outcome = "created" // a new person
	Known   Outcome = "known"   // the person was known already
	Refused Outcome = "refused"
)

// Result is what became of a row.
type Result struct {
	Row      int64
	Outcome  Outcome
	Code     Code // why refused, or what was left out
	Consents int
	Contact  id.Person
}

// record imports a batch of rows.
func (d *Imports) record(ctx context.Context, tx store.Tx, i Import, entries []Entry, counts map[string]int64) error {
	results := make([]Result, len(entries))
	var seen []contact.Sighting
	var at []int // of seen, in entries
	for n, e := range entries {
		results[n] = Result{Row: e.Row, Outcome: Refused, Code: e.Code}
		if e.Refused {
			continue
		}
		erased, err := d.Tombstones.Erased(ctx, tx, i.Org, "phone", e.Phone)
		if err != nil {
			return fmt.Errorf("look for an erased person: %w", err)
		}
		if erased {
			results[n].Code = CodeErased
			continue
		}
		seen = append(seen, contact.Sighting{Phone: e.Phone, Offered: e.Name, Email: e.EMail, Locale: e.Language})
		at = append(at, n)
	}
	people, err := d.People.Resolve(ctx, tx, i.Org, seen)
	if err != nil {
		return fmt.Errorf("import people: %w", err)
	}
	if err := d.outcomes(ctx, tx, i, at, people, results); err != nil {
		return err
	}
	for n, k := range people {
		if err := d.grant(ctx, tx, i, k, entries[at[n]].Consents, &results[at[n]]); err != nil {
			return err
		}
	}
	if err := d.sort(ctx, tx, i, people, at, entries, results, counts); err != nil {
		return err
	}
	for _, r := range results {
		counts[CountRows]++
		counts[string(r.Outcome)]++
		counts[CountConsents] += int64(r.Consents)
		if r.Code != "" {
			counts[CountCode+string(r.Code)]++
		}
	}
	return d.store(ctx, tx, i, results)
}

// outcomes tells new people from those known before and from those who stand
// in the same file twice.
func (d *Imports) outcomes(ctx context.Context, tx store.Tx, i Import, at []int, people []*chat.Known, results []Result) error {
	earlier := map[id.Person]bool{}
	args := make([][]any, len(people))
	for n, k := range people {
		args[n] = []any{i.Org, k.ID, i.ID}
	}
	err := tx.QueryMany(ctx, "SELECT contact_id FROM import_row WHERE org_id = ? AND contact_id = ? AND import_id = ? LIMIT 1", args, func(_ int, row store.Row) error {
		var person id.Person
		err := row.Scan(&person)
		earlier[person] = true
		return err
	})
	if err != nil {
		return fmt.Errorf("look for rows of the same person: %w", err)
	}
	for n, k := range people {
		r := &results[at[n]]
		r.Outcome, r.Contact = Known, k.ID
		switch {
		case earlier[k.ID]:
			r.Code = CodeRepeated
		case k.New:
			r.Outcome = Created
		}
		earlier[k.ID] = true
	}
	return nil
}

// grant records the consents of a row.
func (d *Imports) grant(ctx context.Context, tx store.Tx, i Import, k *chat.Known, consents []Consent, r *Result) error {
	for _, c := range consents {
		code, err := d.grantOne(ctx, tx, i, k, c)
		if err != nil {
			return err
		}
		if code == "" {
			r.Consents++
		} else if r.Code == "" || r.Code == CodeRepeated {
			r.Code = code
		}
	}
	return nil
}

// grantOne records one consent, or says why not. An import never touches a
// consent that holds: undoing it could not give that one back.
func (d *Imports) grantOne(ctx context.Context, tx store.Tx, i Import, k *chat.Known, c Consent) (Code, error) {
	if k.InForce().OptedOut {
		return CodeOptedOut, nil
	}
	before, err := d.state(ctx, tx, i.Org, k.ID, c.Purpose)
	if err != nil {
		return "", err
	}
	if before.State == gate.ConsentGranted {
		return CodeHeld, nil
	}
	if two, err := d.Consents.NeedsSecond(ctx, tx, i.Org, optin.FromImport); err != nil || two && i.Second.IsZero() {
		return CodeSecond, err
	}
	taken, err := d.Consents.Grant(ctx, tx, i.Org, k, optin.Event{Purpose: c.Purpose, Source: optin.FromImport, At: c.At,
		Detail: optin.Detail{Wording: c.Wording, Note: c.Source, Artefact: c.Proof, Staff: i.Staff, Second: i.Second}})
	switch {
	case errors.Is(err, optin.ErrMinor):
		return CodeMinor, nil
	case errors.Is(err, optin.ErrObjected):
		return CodeObjected, nil
	case errors.Is(err, optin.ErrBadPurpose):
		return CodeBadPurpose, nil
	case errors.Is(err, optin.ErrErased):
		return CodeErased, nil
	case err != nil:
		return "", fmt.Errorf("record an imported consent: %w", err)
	}
	if _, err := tx.Exec(ctx, "INSERT INTO import_consent (org_id, import_id, event_id, contact_id, purpose) VALUES (?, ?, ?, ?, ?)",
		i.Org, i.ID, taken.Event, k.ID, c.Purpose); err != nil {
		return "", err
	}
	after, err := d.state(ctx, tx, i.Org, k.ID, c.Purpose)
	switch {
	case err == nil && after.Event != taken.Event:
		return CodeWithdrawn, nil // what she said later holds
	case taken.State == gate.ConsentPending:
		return CodeUnproven, err
	}
	return "", err
}

func (d *Imports) state(ctx context.Context, r store.Reader, org id.Org, person id.Person, purpose string) (optin.State, error) {
	all, err := d.Consents.States(ctx, r, org, person)
	for _, s := range all {
		if s.Purpose == purpose {
			return s, err
		}
	}
	return optin.State{}, err
}

// store writes down what became of the rows, and whom we must inform.
func (d *Imports) store(ctx context.Context, tx store.Tx, i Import, results []Result) error {
	rows := make([][]any, len(results))
	var duties [][]any
	due := store.Micros(d.Now().AddDate(0, 1, 0))
	for n, r := range results {
		rows[n] = []any{i.Org, i.ID, r.Row, string(r.Outcome), string(r.Code), int64(r.Consents), r.Contact}
		if r.Outcome == Created {
			duties = append(duties, []any{i.Org, r.Contact, i.ID, due})
		}
	}
	if err := tx.InsertMany(ctx, store.Insert{Into: "import_row (org_id, import_id, row_no, outcome, code, consents, contact_id)"}, rows); err != nil {
		return fmt.Errorf("store the results of rows: %w", err)
	}
	if err := tx.InsertMany(ctx, store.Insert{Into: "information_duty (org_id, contact_id, import_id, due_at, done_at, how, staff_id)", Values: "?, ?, ?, ?, 0, '', NULL", Skip: true}, duties); err != nil {
		return fmt.Errorf("note whom to inform: %w", err)
	}
	return nil
}

// Results reads what became of the rows after a row, in the order of the file.
func (d *Imports) Results(ctx context.Context, r store.Reader, org id.Org, at id.Import, after int64, limit int) ([]Result, error) {
	return store.Collect(ctx, r, func(row store.Row) (Result, error) {
		var one Result
		var consents int64
		err := row.Scan(&one.Row, &one.Outcome, &one.Code, &consents, &one.Contact)
		one.Consents = int(consents)
		return one, err
	}, "SELECT row_no, outcome, code, consents, contact_id FROM import_row WHERE org_id = ? AND import_id = ? AND row_no > ? ORDER BY row_no LIMIT ?",
		org, at, after, int64(limit))
}

// Brought lists the people who became known by a list.
func (d *Imports) Brought(ctx context.Context, r store.Reader, org id.Org) ([]id.Person, error) {
	all, err := store.Collect(ctx, r, store.One[id.Person],
		"SELECT DISTINCT contact_id FROM import_row WHERE org_id = ? AND outcome = 'created' AND contact_id IS NOT NULL", org)
	if err != nil {
		return nil, fmt.Errorf("list whom imports brought: %w", err)
	}
	return all, nil
}
