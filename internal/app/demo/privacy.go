package demo

import (
	"context"
	"time"

	"einklang/internal/account/approval"
	"einklang/internal/account/user"
	"einklang/internal/engine/store"
	"einklang/internal/person/attribute"
	"einklang/internal/rights/breach"
	"einklang/internal/rights/cases"
	"einklang/internal/rule/id"
)

// breach records an example of a data breach whose clock runs.
func (d *Demo) breach(ctx context.Context, org id.Org) error {
	now := d.now()
	return d.App.DB.Write(ctx, func(ctx context.Context, tx store.Tx) error {
		r, err := d.App.Breaches.Open(ctx, tx, org, now.Add(-20*time.Hour), "Beispiel: Ein Diensttelefon ist im Zug liegen geblieben.", id.Account{})
		if err != nil {
			return err
		}
		_, err = d.App.Breaches.Save(ctx, tx, org, r.ID, breach.Detail{What: r.What, Risk: breach.SomeRisk, Measures: "Das Gerät ist gesperrt, sein Adressbuch geleert.",
			Scope: breach.Scope{From: now.Add(-48 * time.Hour), Until: now.Add(-20 * time.Hour)}})
		return err
	})
}

// question lets the example data protection officer ask for something that
// needs a second person.
func (d *Demo) question(ctx context.Context, org id.Org) error {
	return d.App.DB.Write(ctx, func(ctx context.Context, tx store.Tx) error {
		officers, err := d.App.Users.WithRole(ctx, tx, org, user.DPO)
		if err != nil || len(officers) == 0 {
			return err
		}
		_, err = d.App.Approvals.Ask(ctx, tx, org, approval.Letters, "", "Beispiel: Die Betriebsprüfung will die Angebote des Vorjahres sehen.", officers[0].ID)
		return err
	})
}

// attributes defines what the example company keeps about people besides, and
// notes it about one.
func (d *Demo) attributes(ctx context.Context, org id.Org) error {
	return d.App.DB.Write(ctx, func(ctx context.Context, tx store.Tx) error {
		said := map[id.Attribute]string{}
		for _, a := range []struct {
			attribute.Definition
			value string
		}{
			{attribute.Definition{Name: "Kundennummer", Kind: attribute.Text, Purpose: "Zuordnung zu Aufträgen"}, "K-4711"},
			{attribute.Definition{Name: "Wartungsvertrag bis", Kind: attribute.Date, Purpose: "Erinnerung an die Verlängerung"}, "2027-03-31"},
			{attribute.Definition{Name: "Rechnung", Kind: attribute.Choice, Choices: []string{"per Post", "per E-Mail"}, Purpose: "Versand der Rechnung"}, "per E-Mail"},
			{attribute.Definition{Name: "Hat einen Abholschein", Kind: attribute.YesNo, Purpose: "Ausgabe in der Werkstatt"}, ""},
		} {
			saved, err := d.App.Attributes.Save(ctx, tx, org, a.Definition)
			if err != nil {
				return err
			}
			said[saved.ID] = a.value
		}
		p, err := d.App.People.ByPhone(ctx, tx, org, "4917604069004")
		if err != nil || p == nil {
			return err
		}
		return d.App.Attributes.Set(ctx, tx, org, p.ID, said)
	})
}

// requests lets two people of the example company ask for their rights: one
// request is nearly due, the other is fresh.
func (d *Demo) requests(ctx context.Context, org id.Org) error {
	now := d.now()
	return d.App.DB.Write(ctx, func(ctx context.Context, tx store.Tx) error {
		for _, r := range []struct {
			phone string
			cases.Request
		}{
			{"4917604069004", cases.Request{Kind: cases.Access, Source: "e_mail", Received: now.AddDate(0, 0, -26), Text: "Guten Tag, bitte teilen Sie mir mit, was Sie über mich gespeichert haben. Otto Normalverbraucher"}},
			{"4917604069007", cases.Request{Kind: cases.Erase, Source: "keyword", Received: now.AddDate(0, 0, -1), Identity: cases.ByChat, Text: "LÖSCHEN"}},
		} {
			p, err := d.App.People.ByPhone(ctx, tx, org, r.phone)
			if err != nil {
				return err
			}
			if p != nil {
				r.Contact = p.ID
			}
			if _, err := d.App.Cases.Open(ctx, tx, org, r.Request); err != nil {
				return err
			}
		}
		return nil
	})
}
