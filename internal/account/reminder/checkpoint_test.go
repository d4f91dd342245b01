package reminder_test

import (
	"context"
	"strings"
	"testing"
	"time"

	"einklang/internal/account/reminder"
	"einklang/internal/account/user"
	"einklang/internal/engine/store"
	"einklang/internal/rule/i18n"
	"einklang/internal/rule/id"
	"einklang/internal/test/storetest"
)

type evidence string

func (e evidence) Checkpoint(context.Context, store.Tx, id.Org) (string, error) {
	return string(e), nil
}

// Each officer gets the checkpoint once a day, in her language; nobody else
// does.
func TestACheckpointIsMailedOnceADay(t *testing.T) {
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		de, en, err := i18n.Load()
		if err != nil {
			t.Fatal(err)
		}
		org, now := id.Org(id.System().New()), time.Date(2026, 11, 24, 23, 30, 0, 0, time.UTC)
		officers := staff{user.Lead: {{Email: "robin@example.com", Locale: "de"}}}
		var sent mails
		all := reminder.New(officers, &sent, map[string]*i18n.Catalogue{"de": de, "en": en}, "", func() time.Time { return now })
		mailed := func() mails {
			t.Helper()
			sent = nil
			if err := db.Write(t.Context(), func(ctx context.Context, tx store.Tx) error {
				return all.Checkpoint(ctx, tx, org, "Beispiel GmbH", evidence("the signed note"))
			}); err != nil {
				t.Fatal(err)
			}
			return sent
		}
		if got := mailed(); len(got) != 0 {
			t.Fatalf("nobody is an officer, and these went out: %+v", got)
		}
		officers[user.DPO] = []user.Account{{Email: "kim@example.com", Locale: "en"}, {Email: "toni@example.com", Locale: "fr"}}
		got := mailed()
		if len(got) != 2 || got[0].Message.To != "kim@example.com" || got[1].Message.To != "toni@example.com" {
			t.Fatalf("on the first day these went out: %+v", got)
		}
		for i, c := range []*i18n.Catalogue{en, de} {
			m := got[i].Message
			if m.Subject != c.T("checkpoint.subject", "Beispiel GmbH", "2026-11-24") || !strings.Contains(m.Text, "the signed note") {
				t.Errorf("mail %d is %q\n%s", i, m.Subject, m.Text)
			}
		}
		if again := mailed(); len(again) != 0 {
			t.Errorf("twice on one day: %+v", again)
		}
		if now = now.Add(time.Hour); len(mailed()) != 2 {
			t.Error("nothing on the next day")
		}
		for _, c := range []struct{ days, left int64 }{{0, 2}, {7, 1}, {1, 0}} { // the 24th and the 25th
			now = now.AddDate(0, 0, int(c.days))
			var left int64
			if err := db.Write(t.Context(), func(ctx context.Context, tx store.Tx) error {
				if err := reminder.Expire(ctx, tx, org, now); err != nil {
					return err
				}
				return tx.QueryRow(ctx, "SELECT COUNT(*) FROM evidence_mailed WHERE org_id = ?", org).Scan(&left)
			}); err != nil || left != c.left {
				t.Errorf("on %s %d days are remembered, want %d (%v)", now.Format(time.DateOnly), left, c.left, err)
			}
		}
	})
}
