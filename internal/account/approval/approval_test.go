package approval_test

import (
	"context"
	"errors"
	"testing"
	"time"

	"einklang/internal/account/approval"
	"einklang/internal/engine/evidence"
	"einklang/internal/engine/store"
	"einklang/internal/rule/foureyes"
	"einklang/internal/rule/id"
	"einklang/internal/test/storetest"
	"einklang/internal/test/vaulttest"
)

type proofs []string

func (p *proofs) Append(_ context.Context, _ store.Tx, _ id.Org, entries ...evidence.Entry) error {
	for _, e := range entries {
		*p = append(*p, e.Kind)
	}
	return nil
}

func TestASecondPersonDecides(t *testing.T) {
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		v, ids := vaulttest.Open(t, db), id.System()
		org, one, two, young := id.Org(ids.New()), id.Account(ids.New()), id.Account(ids.New()), id.Account(ids.New())
		var log proofs
		now := time.Date(2026, 11, 30, 9, 0, 0, 0, time.UTC)
		old := now.AddDate(-1, 0, 0)
		circle := []foureyes.Decider{{ID: one, May: true, Since: old}, {ID: two, May: true, Since: old}, {ID: young, May: true, Since: now}}
		desk := approval.New(v, ids, func() time.Time { return now }, &log, func(context.Context, store.Reader, id.Org) ([]foureyes.Decider, error) { return circle, nil })
		told := 0
		desk.Telling(func(context.Context, store.Tx, id.Org, approval.Request) error { told++; return nil })
		write := func(do func(ctx context.Context, tx store.Tx) error) error { return db.Write(t.Context(), do) }
		if err := write(func(ctx context.Context, tx store.Tx) error { return v.CreateOrg(ctx, tx, org) }); err != nil {
			t.Fatal(err)
		}
		ask := func(reason string) (r approval.Request, err error) {
			err = write(func(ctx context.Context, tx store.Tx) (err error) {
				r, err = desk.Ask(ctx, tx, org, approval.Letters, "", reason, one)
				return err
			})
			return r, err
		}
		decide := func(r approval.Request, grant bool, by id.Account) error {
			return write(func(ctx context.Context, tx store.Tx) error { return desk.Decide(ctx, tx, org, r.ID, grant, by) })
		}
		use := func(subject string, by id.Account) error {
			return write(func(ctx context.Context, tx store.Tx) error {
				return desk.Use(ctx, tx, org, approval.Letters, subject, by)
			})
		}
		needed := func(err error) bool { var n *approval.Needed; return errors.As(err, &n) }

		if err := use("", one); !needed(err) {
			t.Errorf("without a question: %v", err)
		}
		if _, err := ask("  "); !errors.Is(err, approval.ErrReason) {
			t.Errorf("without a reason: %v", err)
		}
		q, err := ask("Betriebsprüfung")
		if err != nil {
			t.Fatal(err)
		}
		if err := decide(q, true, one); !errors.Is(err, approval.ErrSelf) {
			t.Errorf("who asks decides: %v", err)
		}
		if err := use("", one); !needed(err) {
			t.Errorf("before anybody decided: %v", err)
		}
		for name, who := range map[string]id.Account{"who is new": young, "who does not decide": id.Account(ids.New())} {
			if err := decide(q, true, who); !errors.Is(err, approval.ErrNew) {
				t.Errorf("%s grants: %v", name, err)
			}
		}
		if err := decide(q, true, two); err != nil {
			t.Fatal(err)
		}
		if err := decide(q, false, two); !errors.Is(err, approval.ErrDecided) {
			t.Errorf("decided twice: %v", err)
		}
		if err := use("", two); !needed(err) {
			t.Errorf("somebody else uses it: %v", err)
		}
		if err := use("other", one); !needed(err) {
			t.Errorf("it is used for something else: %v", err)
		}
		if err := use("", one); err != nil {
			t.Errorf("the grant: %v", err)
		}
		if err := use("", one); !needed(err) {
			t.Errorf("the grant is used twice: %v", err)
		}
		if q, err = ask("noch einmal"); err != nil {
			t.Fatal(err)
		}
		if err := errors.Join(decide(q, false, two), func() error {
			if err := use("", one); !needed(err) {
				return errors.New("refused, and used all the same")
			}
			return nil
		}()); err != nil {
			t.Error(err)
		}
		if told != 0 {
			t.Errorf("%d were told that nobody else could decide", told)
		}
		circle = circle[:1]
		ripen := func() {
			t.Helper()
			if err := desk.Ripen(t.Context(), db, db, org); err != nil {
				t.Fatal(err)
			}
		}
		for _, refused := range []bool{false, true} {
			circle, told = circle[:1], 0
			if q, err = ask("niemand sonst da"); err != nil || !q.Alone || told != 1 {
				t.Fatalf("alone: %+v, %v, told %d", q, err, told)
			}
			now = now.Add(foureyes.Wait - time.Minute)
			ripen()
			if err := use("", one); !needed(err) {
				t.Errorf("alone, before 72 hours: %v", err)
			}
			circle = append(circle, foureyes.Decider{ID: young, May: true, Since: now})
			if err := decide(q, true, young); !errors.Is(err, approval.ErrNew) {
				t.Errorf("who came since grants: %v", err)
			}
			if refused {
				if err := decide(q, false, young); err != nil {
					t.Errorf("who came since refuses: %v", err)
				}
			}
			now = now.Add(time.Minute)
			ripen()
			if err := use("", one); needed(err) != refused {
				t.Errorf("alone, after 72 hours, refused %v: %v", refused, err)
			}
			if q, err = desk.Get(t.Context(), db, org, q.ID); err != nil || !q.Alone {
				t.Errorf("the mark is gone: %+v, %v", q, err)
			}
			ripen()
		}
		if all, err := desk.List(t.Context(), db, org, 10); err != nil || len(all) != 4 || all[3].Reason != "Betriebsprüfung" {
			t.Errorf("%+v, %v", all, err)
		}
	})
}
