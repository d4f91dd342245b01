package addressbook

import (
	"context"

	"einklang/internal/engine/store"
	"einklang/internal/rule/gate"
	"einklang/internal/rule/id"
)

// What the rule looks at is kept by the capabilities for people and for
// consents. It is read here in one query, because the books of ten thousand
// people are judged at once; it is never written here.
const (
	selectFacts = `SELECT c.id, c.state, c.blocked, c.opted_out, c.restricted, c.objected, c.minor, c.contract, c.changed_at,
	EXISTS (SELECT 1 FROM identity i WHERE i.org_id = c.org_id AND i.contact_id = c.id AND i.kind = 'phone'),
	EXISTS (SELECT 1 FROM data_key k WHERE k.org_id = c.org_id AND k.owner_id = c.id),
	s.purpose, s.state, s.event_id, s.granted_at, s.expires_at, COALESCE(p.material_at, 0), COALESCE(p.advertising, FALSE)
	FROM contact c LEFT JOIN consent s ON s.org_id = c.org_id AND s.contact_id = c.id AND s.medium = 'whatsapp'
	LEFT JOIN purpose p ON p.org_id = s.org_id AND p.key = s.purpose
	WHERE c.org_id = ?`
	marketingPurpose = "marketing" // advertising also where its row in purpose is missing
)

// fact is a person as the books remember her.
type fact struct {
	Person
	changed int64 // when her profile or flags changed
	labels  []id.ID
}

// facts collects rows of selectFacts, one for each consent.
type facts map[id.ID]*fact

func (f facts) add(row store.Row) error {
	var p fact
	var state string
	var purpose, consent *string
	var event id.ID
	var granted, expires *int64
	var material int64
	var advertising bool
	err := row.Scan(&p.ID, &state, &p.Blocked, &p.OptedOut, &p.Restricted, &p.Objected, &p.Minor, &p.Contract, &p.changed,
		&p.HasNumber, &p.Readable, &purpose, &consent, &event, &granted, &expires, &material, &advertising)
	if err != nil {
		return err
	}
	p.Active = state == "active"
	known := f[p.ID]
	if known == nil {
		known = &p
		f[p.ID] = known
	}
	if purpose != nil && consent != nil && granted != nil && expires != nil {
		if *consent == string(gate.ConsentGranted) && *granted < material { // its text has changed in substance since
			*consent = string(gate.ConsentSuperseded)
		}
		known.Consents = append(known.Consents, Consent{Marketing: advertising || *purpose == marketingPurpose,
			Consent: gate.Consent{State: gate.ConsentState(*consent), ID: event, GrantedAt: store.Time(*granted), ExpiresAt: store.Time(*expires)}})
	}
	return nil
}

// factsAbout reads the facts about some people. Who does not exist is left out.
func (b *Books) factsAbout(ctx context.Context, tx store.Tx, org id.ID, people []id.ID) (facts, error) {
	found := make(facts, len(people))
	args := make([][]any, len(people))
	for i, p := range people {
		args[i] = []any{org, p}
	}
	err := tx.QueryMany(ctx, selectFacts+" AND c.id = ?", args, func(_ int, row store.Row) error { return found.add(row) })
	if err != nil {
		return nil, err
	}
	return found, b.label(ctx, tx, org, found)
}

// allFacts reads the facts about everybody.
func (b *Books) allFacts(ctx context.Context, tx store.Tx, org id.ID) (facts, error) {
	found := facts{}
	rows, err := tx.Query(ctx, selectFacts, org)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	for rows.Next() {
		if err := found.add(rows); err != nil {
			return nil, err
		}
	}
	if err := rows.Err(); err != nil {
		return nil, err
	}
	return found, b.label(ctx, tx, org, found)
}

func (b *Books) label(ctx context.Context, tx store.Tx, org id.ID, found facts) error {
	if b.labels == nil || len(found) == 0 {
		return nil
	}
	people := make([]id.ID, 0, len(found))
	for p := range found {
		people = append(people, p)
	}
	labels, err := b.labels.Of(ctx, tx, org, people)
	for p, of := range labels {
		if f := found[p]; f != nil {
			f.labels = of
		}
	}
	return err
}
