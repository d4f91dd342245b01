package conversation

import (
	"context"
	"slices"
	"testing"

	"pgregory.net/rapid"

	"einklang/internal/engine/store"
	"einklang/internal/rule/id"
	"einklang/internal/rule/sight"
	"einklang/internal/test/storetest"
	"einklang/internal/test/vaulttest"
)

// draw is one of some identifiers; the zero one is none.
func draw[T id.Like](t *rapid.T, label string, most byte) T {
	return T{rapid.ByteRange(0, most).Draw(t, label)}
}

func several[T id.Like](t *rapid.T, label string, most byte) []T {
	return rapid.SliceOfN(rapid.Custom(func(t *rapid.T) T { return T{rapid.ByteRange(1, most).Draw(t, label)} }), 0, 4).Draw(t, label+"s")
}

// The list asks the database what the law asks of each conversation: both show the
// same, in every view.
func TestTheListAndTheLawSeeTheSame(t *testing.T) {
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		v := vaulttest.Open(t, db)
		rapid.Check(t, func(rt *rapid.T) {
			o := open(rt, db, v)
			n := rapid.IntRange(1, 12).Draw(rt, "conversations")
			var people []id.Person
			for range n {
				w := o.person(rt)
				at := o.from(w, "Guten Tag")
				at.Channel = id.Channel{rapid.ByteRange(1, 4).Draw(rt, "number")}
				added := o.hear(rt, at)
				people = append(people, w.Contact)
				o.write(rt, func(ctx context.Context, tx store.Tx) error {
					return o.Assign(ctx, tx, o.org, added[0].Conversation, draw[id.Account](rt, "assignee", 3), draw[id.Team](rt, "team", 3))
				})
			}
			scope := sight.Scope{}
			switch rapid.IntRange(0, 5).Draw(rt, "scope") {
			case 0:
			case 1:
				scope = sight.Everything()
			default:
				scope = sight.Of(id.Account{1}, several[id.Team](rt, "mine", 3), several[id.Channel](rt, "our", 4))
				if rapid.Bool().Draw(rt, "nobodys") {
					scope = scope.AndNobodys(several[id.Channel](rt, "served", 4))
				}
			}
			agree(rt, o, scope, people)
		})
	})
}

// agree compares what a list shows, what is found one by one, and what the law says.
func agree(t *rapid.T, o *office, scope sight.Scope, people []id.Person) {
	t.Helper()
	ctx, seen := context.Background(), o.By(scope)
	for _, view := range []View{ViewAll, ViewOpen, ViewUnread, ViewMine, ViewUnassigned, ViewTeam} {
		f := Filter{View: view, Account: id.Account{1}, Team: id.Team{2}}
		all, err := o.List(ctx, o.db, o.org, f, Place{}, 100)
		if err != nil {
			t.Fatal(err)
		}
		hers, err := seen.List(ctx, o.db, o.org, f, Place{}, 100)
		if err != nil {
			t.Fatal(err)
		}
		var want, got []id.Conversation
		met := map[id.Person]bool{}
		for _, c := range all {
			_, err := seen.Summary(ctx, o.db, o.org, c.ID)
			if sees := scope.Sees(c.Facts()); sees != (err == nil) {
				t.Fatalf("%s: sees %v, and reading it: %v", view, sees, err)
			} else if sees {
				want, met[c.Contact] = append(want, c.ID), true
			}
		}
		for _, c := range hers {
			got = append(got, c.ID)
		}
		if !slices.Equal(got, want) {
			t.Fatalf("%s: the list shows %d, the law %d", view, len(got), len(want))
		}
		among, err := seen.Among(ctx, o.db, o.org, idsOfSummaries(all)...)
		if err != nil {
			t.Fatal(err)
		}
		for _, c := range all {
			if among[c.ID] != slices.Contains(want, c.ID) {
				t.Fatalf("%s: among all, %v", view, among[c.ID])
			}
		}
		if view != ViewAll {
			continue
		}
		known, err := seen.People(ctx, o.db, o.org, people...)
		if err != nil {
			t.Fatal(err)
		}
		for _, who := range people {
			if known[who] != met[who] {
				t.Fatalf("a person is seen: %v, and a conversation with her: %v", known[who], met[who])
			}
		}
	}
}

func idsOfSummaries(all []Summary) (ids []id.Conversation) {
	for _, c := range all {
		ids = append(ids, c.ID)
	}
	return ids
}

// A person of whom one conversation is seen is seen, whatever else there is with her;
// of the others nothing is shown.
func TestAPersonIsSeenThroughHerConversations(t *testing.T) {
	each(t, func(t *testing.T, o *office) {
		w, alone := o.person(t), o.person(t)
		here, there := o.from(w, "hier"), o.from(w, "dort")
		there.Channel = id.Channel(o.ids.New())
		added := o.hear(t, here, there)
		seen := o.By(sight.Of(id.Account{1}, nil, []id.Channel{here.Channel}))
		people, err := seen.People(t.Context(), o.db, o.org, w.Contact, alone.Contact)
		if err != nil || !people[w.Contact] || people[alone.Contact] {
			t.Errorf("seen: %v, %v", people, err)
		}
		hers, err := seen.OfContact(t.Context(), o.db, o.org, w.Contact)
		if err != nil || len(hers) != 1 || hers[0].Channel != here.Channel {
			t.Errorf("%d conversations are shown, %v", len(hers), err)
		}
		for i, want := range []bool{true, false} {
			if _, err := seen.Get(t.Context(), o.db, o.org, added[i].Message); (err == nil) != want {
				t.Errorf("message %d: %v", i, err)
			}
		}
		if people, err = o.By(sight.Of(id.Account{1}, nil, nil).AndNobodys([]id.Channel{here.Channel, there.Channel})).People(t.Context(), o.db, o.org, w.Contact, alone.Contact); err != nil || people[w.Contact] || !people[alone.Contact] {
			t.Errorf("who has no conversation is nobody's: %v, %v", people, err)
		}
	})
}
