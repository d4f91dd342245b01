package draft_test

import (
	"context"
	"testing"
	"time"

	"einklang/internal/engine/store"
	"einklang/internal/engine/vault"
	"einklang/internal/messaging/draft"
	"einklang/internal/person/chat"
	"einklang/internal/rule/id"
	"einklang/internal/test/storetest"
	"einklang/internal/test/vaulttest"
)

// desk is a box with an organisation and two people, at a clock that the test
// sets.
type desk struct {
	*draft.Box
	db     *store.DB
	vault  *vault.Vault
	now    time.Time
	org    id.Org
	a, b   *chat.Known
	number id.Channel
}

func open(t *testing.T, db *store.DB) *desk {
	t.Helper()
	v, ids := vaulttest.Open(t, db), id.System()
	d := &desk{db: db, vault: v, now: time.Date(2026, 11, 25, 9, 0, 0, 0, time.UTC), org: id.Org(ids.New()), number: id.Channel(ids.New())}
	d.Box = draft.New(v, func() time.Time { return d.now })
	d.write(t, func(ctx context.Context, tx store.Tx) error {
		if err := v.CreateOrg(ctx, tx, d.org); err != nil {
			return err
		}
		keys, err := v.Org(ctx, tx, d.org)
		if err != nil {
			return err
		}
		rings, err := keys.NewKeyrings(ctx, tx, ids.New(), ids.New())
		if err != nil {
			return err
		}
		known := func(r *vault.Keyring) *chat.Known {
			return &chat.Known{Person: chat.Person{Org: d.org, ID: r.Owner()}, Keys: r}
		}
		d.a, d.b = known(rings[0]), known(rings[1])
		return nil
	})
	return d
}

func (d *desk) write(t *testing.T, fn func(context.Context, store.Tx) error) {
	t.Helper()
	if err := d.db.Write(t.Context(), fn); err != nil {
		t.Fatal(err)
	}
}

func (d *desk) save(t *testing.T, p *chat.Known, account id.Account, text string) {
	t.Helper()
	d.write(t, func(ctx context.Context, tx store.Tx) error {
		return d.Save(ctx, tx, p, d.at(p, account), draft.Draft{Text: text})
	})
}

// merge makes one person of two, as the book does it: first the keys.
func (d *desk) merge(t *testing.T) {
	t.Helper()
	d.write(t, func(ctx context.Context, tx store.Tx) error {
		keys, err := d.vault.Org(ctx, tx, d.org)
		if err != nil {
			return err
		}
		if err := keys.Adopt(ctx, tx, d.a.ID, d.b.ID); err != nil {
			return err
		}
		if d.b.Keys, err = keys.Keyring(ctx, tx, d.b.ID); err != nil {
			return err
		}
		return d.Merge(ctx, tx, d.org, d.a.ID, d.b.ID)
	})
}

func (d *desk) at(p *chat.Known, account id.Account) draft.Place {
	return draft.Place{Org: d.org, Contact: p.ID, Channel: d.number, Account: account}
}

func (d *desk) text(t *testing.T, p *chat.Known, account id.Account) string {
	t.Helper()
	found, err := d.Get(t.Context(), d.db, p, d.at(p, account))
	if err != nil {
		t.Fatal(err)
	}
	return found.Text
}

func TestADraftIsKeptUntilItIsSentOrEmptied(t *testing.T) {
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		d := open(t, db)
		me := id.Account(id.System().New())
		d.save(t, d.a, me, "Guten Tag")
		d.save(t, d.a, me, "Guten Tag, Frau Muster")
		if got := d.text(t, d.a, me); got != "Guten Tag, Frau Muster" {
			t.Errorf("the draft is %q", got)
		}
		if got := d.text(t, d.b, me); got != "" {
			t.Errorf("another person's draft is %q", got)
		}
		d.save(t, d.a, me, "")
		if got := d.text(t, d.a, me); got != "" {
			t.Errorf("an emptied draft is %q", got)
		}
	})
}

func TestColleaguesSeeWhoIsTyping(t *testing.T) {
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		d := open(t, db)
		me, other := id.Account(id.System().New()), id.Account(id.System().New())
		d.save(t, d.a, other, "Ich kümmere mich")
		for _, c := range []struct {
			name   string
			later  time.Duration
			typing bool
		}{{"a moment ago", time.Second, true}, {"a while ago", draft.Typing, false}} {
			d.now = d.now.Add(c.later)
			others, err := d.Others(t.Context(), db, d.at(d.a, me))
			if err != nil {
				t.Fatal(err)
			}
			if len(others) != 1 || others[0].Account != other || others[0].Typing != c.typing {
				t.Errorf("%s: %+v", c.name, others)
			}
		}
		if others, _ := d.Others(t.Context(), db, d.at(d.a, other)); len(others) != 0 {
			t.Errorf("one's own draft counts as another's: %+v", others)
		}
	})
}

func TestDraftsFollowAMergeAndGoWithThePerson(t *testing.T) {
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		d := open(t, db)
		one, two := id.Account(id.System().New()), id.Account(id.System().New())
		d.save(t, d.a, one, "an die erste")
		d.save(t, d.b, one, "an die zweite")
		d.save(t, d.a, two, "nur an die erste")
		if others, err := d.Others(t.Context(), db, d.at(d.b, one)); err != nil || len(others) != 0 {
			t.Errorf("a draft for a stranger is told: %+v %v", others, err)
		}
		if others, err := d.Others(t.Context(), db, d.at(d.b, one), d.a.ID); err != nil || len(others) != 1 || others[0].Account != two || others[0].Contact != d.a.ID {
			t.Errorf("drafts for a linked record: %+v %v", others, err)
		}
		d.merge(t)
		if got := d.text(t, d.b, one); got != "an die zweite\n\nan die erste" {
			t.Errorf("whoever had two drafts keeps %q", got)
		}
		others, err := d.Others(t.Context(), db, d.at(d.b, one))
		if err != nil || len(others) != 1 || others[0].Account != two {
			t.Errorf("drafts after the merge: %+v %v", others, err)
		}
		d.write(t, func(ctx context.Context, tx store.Tx) error {
			_, _, err := d.Erase(ctx, tx, d.org, d.b.ID)
			return err
		})
		if others, _ := d.Others(t.Context(), db, d.at(d.b, id.Account(id.System().New()))); len(others) != 0 {
			t.Errorf("drafts after the erasure: %+v", others)
		}
	})
}

func TestOldDraftsGo(t *testing.T) {
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		d := open(t, db)
		me := id.Account(id.System().New())
		d.save(t, d.a, me, "liegen geblieben")
		d.now = d.now.Add(draft.Life + time.Second)
		d.write(t, func(ctx context.Context, tx store.Tx) error { return d.Expire(ctx, tx, d.org, d.now) })
		if got := d.text(t, d.a, me); got != "" {
			t.Errorf("after %v the draft is still there: %q", draft.Life, got)
		}
	})
}
