package approval_test

import (
	"context"
	"errors"
	"testing"
	"time"

	"einklang/internal/account/approval"
	"einklang/internal/engine/evidence"
	"einklang/internal/engine/store"
	"einklang/internal/rule/id"
	"einklang/internal/test/storetest"
	"einklang/internal/test/vaulttest"
)

func TestWhereAQuestionStands(t *testing.T) {
	asked := time.Date(2026, 5, 4, 9, 0, 0, 0, time.UTC)
	decided := asked.Add(time.Hour)
	for _, c := range []struct {
		name string
		r    approval.Request
		at   time.Time
		want string
	}{
		{"asked", approval.Request{}, asked, "open"},
		{"nobody decided", approval.Request{}, asked.Add(approval.Within), "expired"},
		{"refused", approval.Request{Decided: decided}, decided, "refused"},
		{"granted", approval.Request{Decided: decided, Granted: true}, decided, "granted"},
		{"not used in time", approval.Request{Decided: decided, Granted: true}, decided.Add(approval.Within), "expired"},
		{"used", approval.Request{Decided: decided, Granted: true, Used: decided}, decided, "used"},
		{"names hold for a day", approval.Request{Kind: approval.Names, Decided: decided, Granted: true, Used: decided}, decided.Add(23 * time.Hour), "granted"},
		{"and no longer", approval.Request{Kind: approval.Names, Decided: decided, Granted: true}, decided.Add(24 * time.Hour), "expired"},
	} {
		c.r.Asked = asked
		if got := c.r.State(c.at); got != c.want {
			t.Errorf("%s: %s, want %s", c.name, got, c.want)
		}
	}
}

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
		org, one, two := id.Org(ids.New()), id.Account(ids.New()), id.Account(ids.New())
		var log proofs
		others := 1
		desk := approval.New(v, ids, time.Now, &log, func(context.Context, store.Reader, id.Org, id.Account) (int, error) { return others, nil })
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
		others = 0
		if q, err = ask("niemand sonst da"); err != nil || !q.Alone() {
			t.Errorf("alone: %+v, %v", q, err)
		}
		if err := use("", one); err != nil {
			t.Errorf("alone: %v", err)
		}
		if all, err := desk.List(t.Context(), db, org, 10); err != nil || len(all) != 3 || all[2].Reason != "Betriebsprüfung" {
			t.Errorf("%+v, %v", all, err)
		}
	})
}
