package facts_test

import (
	"context"
	"testing"
	"time"

	"einklang/internal/consent/optin"
	"einklang/internal/engine/store"
	"einklang/internal/govern/document"
	"einklang/internal/govern/facts"
	"einklang/internal/messaging/outbox"
	"einklang/internal/rule/cockpit"
	"einklang/internal/rule/id"
	"einklang/internal/test/storetest"
)

var now = time.Date(2026, 11, 25, 12, 0, 0, 0, time.UTC)

func write(t *testing.T, db *store.DB, do func(context.Context, store.Tx) error) {
	t.Helper()
	if err := db.Write(context.Background(), do); err != nil {
		t.Fatal(err)
	}
}

func TestVerdictsWithoutBasisAndConsentsWithoutProofAreFound(t *testing.T) {
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		org, other := id.Org(id.System().New()), id.Org(id.System().New())
		write(t, db, func(ctx context.Context, tx store.Tx) error {
			verdict := func(of id.Org, outcome, phase, basis string, at time.Time) []any {
				return []any{of, id.System().New(), id.System().New(), id.System().New(), phase, outcome, "ok", int64(9), basis, nil, nil, "account", store.Micros(at)}
			}
			if err := tx.InsertMany(ctx, store.Insert{Into: "verdict (org_id, id, message_id, contact_id, phase, outcome, reason, row_no, basis, basis_id, notice_id, asked_by, at)"}, [][]any{
				verdict(org, "allow", "call", "consent", now.Add(-time.Hour)), verdict(org, "allow", "call", "", now.Add(-time.Hour)),
				verdict(org, "deny", "queue", "", now.Add(-time.Hour)), verdict(org, "allow", "call", "", now.AddDate(0, -2, 0)), verdict(other, "allow", "call", "", now),
			}); err != nil {
				return err
			}
			proven, event := id.System().New(), id.System().New()
			if _, err := tx.Exec(ctx, "INSERT INTO consent_event (org_id, id, contact_id, medium, purpose, kind, source, at, detail) VALUES (?, ?, ?, 'whatsapp', 'service', 'granted', 'agent', 1, ?)", org, event, proven, []byte{1}); err != nil {
				return err
			}
			err := tx.InsertMany(ctx, store.Insert{Into: "consent (org_id, contact_id, medium, purpose, state, event_id, granted_at, expires_at, said_at)", Values: "?, ?, 'whatsapp', 'service', ?, ?, 1, 0, 1"}, [][]any{
				{org, proven, "granted", event}, {org, id.System().New(), "granted", id.System().New()}, {org, id.System().New(), "withdrawn", event}})
			return err
		})
		var f cockpit.Facts
		if err := facts.Count(t.Context(), db, org, now, &f, (*optin.Consents)(nil).Facts, (*outbox.Outbox)(nil).Facts); err != nil {
			t.Fatal(err)
		}
		if f.Gate.Allowed != 2 || f.Gate.Denied != 1 || f.Gate.Baseless != 1 || f.Consent.Granted != 2 || f.Consent.Withdrawn != 1 || f.Consent.Unproven != 1 {
			t.Errorf("gate %+v, consent %+v", f.Gate, f.Consent)
		}
	})
}

func TestTheHistoryHoldsTheLastStateOfEachDay(t *testing.T) {
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		org := id.Org(id.System().New())
		for _, n := range []struct {
			at    time.Time
			state cockpit.State
		}{{now.AddDate(0, 0, -1), cockpit.Red}, {now, cockpit.Amber}, {now.Add(time.Hour), cockpit.Green}} {
			write(t, db, func(ctx context.Context, tx store.Tx) error {
				return facts.Note(ctx, tx, org, n.at, []cockpit.Measure{{ID: "S1", State: n.state}})
			})
		}
		days, err := facts.History(t.Context(), db, org, now.AddDate(0, 0, -7))
		if err != nil || len(days) != 2 || days[0].States["S1"] != cockpit.Green || days[1].States["S1"] != cockpit.Red {
			t.Fatalf("%v, %v", days, err)
		}
	})
}

func TestADocumentGetsAVersionWhenItSaysSomethingElse(t *testing.T) {
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		org := id.Org(id.System().New())
		version := func(at time.Time, title string) (v facts.Version) {
			write(t, db, func(ctx context.Context, tx store.Tx) (err error) {
				all, err := facts.Versions(ctx, tx, org, at, document.Document{Key: "record", Locale: "de", Title: title, Date: at})
				v = all[0]
				return err
			})
			return v
		}
		for i, c := range []struct {
			at    time.Time
			title string
			want  int
			day   string
		}{
			{now, "a", 1, "2026-11-25"},
			{now.AddDate(0, 0, 1), "a", 1, "2026-11-25"}, // another day, the same words
			{now.AddDate(0, 0, 2), "b", 2, "2026-11-27"},
			{now.AddDate(0, 0, 2).Add(time.Hour), "c", 2, "2026-11-27"}, // the same day
			{now.AddDate(0, 0, 3), "c", 2, "2026-11-27"},
			{now.AddDate(0, 0, 4), "a", 3, "2026-11-29"},
		} {
			if got := version(c.at, c.title); got.Number != c.want || got.Day != c.day {
				t.Errorf("step %d: %+v, want %d since %s", i, got, c.want, c.day)
			}
		}
	})
}
