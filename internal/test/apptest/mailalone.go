package apptest

import (
	"encoding/json"
	"testing"

	"einklang/internal/consent/optin"
	"einklang/internal/engine/store"
	"einklang/internal/person/chat"
	"einklang/internal/rule/id"
)

// OnMailAlone has a person hold consents as earlier programs wrote them after a
// click in a mail, and lets them be looked at, as after a start.
func (o *Office) OnMailAlone(tb testing.TB, p *chat.Known, email string, purposes ...string) {
	tb.Helper()
	ctx := tb.Context()
	o.Write(tb, func(tx store.Tx) error {
		for _, purpose := range purposes {
			e := optin.Event{Purpose: purpose, Source: optin.FromForm, Detail: optin.Detail{Wording: "Ja, gern.", Message: id.Message(o.IDs.New())}}
			taken, err := o.Consents.Grant(ctx, tx, o.Org.ID, p, e)
			if err != nil {
				return err
			}
			plain, err := json.Marshal(optin.Detail{Wording: "Ja, gern.", Note: "double opt-in", Act: optin.ActLink, Email: email, Recorded: store.Micros(o.Clock.Now())})
			if err != nil {
				return err
			}
			if _, err := tx.Exec(ctx, "UPDATE consent_event SET act = '', detail = ? WHERE org_id = ? AND id = ?", p.Keys.Seal("consent.detail", taken.Event, plain), o.Org.ID, taken.Event); err != nil {
				return err
			}
		}
		return nil
	})
	if err := o.Consents.ReviewAll(ctx, o.DB, o.People, o.Orgs.IDs); err != nil {
		tb.Fatal(err)
	}
}
