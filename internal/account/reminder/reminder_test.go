package reminder_test

import (
	"context"
	"strings"
	"testing"
	"time"

	"einklang/internal/account/reminder"
	"einklang/internal/account/user"
	"einklang/internal/engine/mail"
	"einklang/internal/engine/store"
	"einklang/internal/rule/i18n"
	"einklang/internal/rule/id"
	"einklang/internal/test/storetest"
)

type staff map[user.Role][]user.Account

func (s staff) WithRole(_ context.Context, _ store.Reader, _ id.Org, role user.Role) ([]user.Account, error) {
	return s[role], nil
}

type mails []mail.Letter

func (m *mails) Add(_ context.Context, _ store.Tx, l mail.Letter) error {
	*m = append(*m, l)
	return nil
}

func (*mails) Configured() bool { return true }

// TestEachStageIsToldOnce: one mail to each reader, with all that is new for
// her, in her language; nothing twice; again on the next occasion.
func TestEachStageIsToldOnce(t *testing.T) {
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		ids := id.System()
		org, request, phone := id.Org(ids.New()), ids.New(), ids.New()
		kim := user.Account{ID: id.Account(ids.New()), Name: "Kim Beispiel", Email: "kim@example.com", Locale: "de"}
		robin := user.Account{ID: id.Account(ids.New()), Name: "Robin Beispiel", Email: "robin@example.com", Locale: "en"}
		de, en, err := i18n.Load()
		if err != nil {
			t.Fatal(err)
		}
		var sent mails
		desk := reminder.New(staff{user.DPO: {kim}, user.Lead: {robin}}, &sent, map[string]*i18n.Catalogue{"de": de, "en": en}, "https://einklang.example/", time.Now)
		tell := func(due ...reminder.Due) []mail.Letter {
			t.Helper()
			sent = nil
			err := db.Write(t.Context(), func(ctx context.Context, tx store.Tx) error {
				n, err := desk.Tell(ctx, tx, org, "Beispiel GmbH", due)
				if err == nil && n != len(sent) {
					t.Errorf("%d mails were reported, %d are there", n, len(sent))
				}
				return err
			})
			if err != nil {
				t.Fatal(err)
			}
			return sent
		}
		week := reminder.Due{Topic: reminder.Case, Subject: request, Stage: "week", To: []user.Role{user.DPO}, Path: "/desk/cases/1"}
		held := reminder.Due{Topic: reminder.Device, Subject: phone, Stage: "holds_removed", Round: "warning 2026-11-01", To: []user.Role{user.Lead, user.DPO}, Path: "/devices/1", Count: 3}

		first := tell(week, held)
		if len(first) != 2 || first[0].Message.To != "kim@example.com" || first[1].Message.To != "robin@example.com" {
			t.Fatalf("told %+v", first)
		}
		for _, want := range []string{"https://einklang.example/desk/cases/1", "https://einklang.example/devices/1", "(3)", "Kim Beispiel"} {
			if !strings.Contains(first[0].Message.Text, want) {
				t.Errorf("the mail lacks %q:\n%s", want, first[0].Message.Text)
			}
		}
		if text := first[1].Message.Text; strings.Contains(text, "cases") || !strings.Contains(text, "A device still holds") {
			t.Errorf("the mail in English, about the device only, is:\n%s", text)
		}
		if again := tell(week, held); len(again) != 0 {
			t.Errorf("told twice: %+v", again)
		}
		days := week
		days.Stage = "days"
		if next := tell(week, days, held); len(next) != 1 || !strings.Contains(next[0].Message.Text, "drei Tagen") {
			t.Errorf("the next stage: %+v", next)
		}
		held.Round = "warning 2026-12-01"
		if next := tell(held); len(next) != 2 {
			t.Errorf("the next occasion: %+v", next)
		}
		if err := db.Write(t.Context(), func(ctx context.Context, tx store.Tx) error {
			return reminder.Expire(ctx, tx, org, time.Now().AddDate(1, 0, 1))
		}); err != nil {
			t.Fatal(err)
		}
		if after := tell(held); len(after) != 2 {
			t.Errorf("after deleting: %+v", after)
		}
	})
}
