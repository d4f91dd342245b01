package contact

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"einklang/internal/engine/store"
	"einklang/internal/person/chat"
	"einklang/internal/rule/id"
	"einklang/internal/rule/identity"
)

// What an event tells about somebody who is known: the number is hers.
func TestWhatASightingTeaches(t *testing.T) {
	before := Sighting{Phone: "491760406901", BSUID: "DE.1", Name: "Ada", Given: "Frau Ada", Email: "ada@example.com", Locale: "de"}
	known := chat.Profile{Identity: identity.Identity{Phone: "491760406901", BSUID: "DE.1"}, Name: "Ada", Given: "Frau Ada", Email: "ada@example.com"}
	with := func(change func(*chat.Profile)) chat.Profile {
		p := known
		change(&p)
		return p
	}
	each(t, func(t *testing.T, o *office) {
		for _, c := range []struct {
			name string
			seen Sighting
			want chat.Profile
		}{
			{"nothing new", Sighting{BSUID: "DE.1"}, known},
			{"another name in WhatsApp", Sighting{BSUID: "DE.1", Name: "Ada B."}, with(func(p *chat.Profile) { p.Name = "Ada B." })},
			{"another name by our staff", Sighting{BSUID: "DE.1", Given: "Frau B."}, with(func(p *chat.Profile) { p.Given = "Frau B." })},
			{"a name from elsewhere does not replace that of our staff", Sighting{BSUID: "DE.1", Offered: "Frau Liste"}, known},
			{"nor an address of hers", Sighting{BSUID: "DE.1", Email: "liste@example.com"}, known},
			{"a user name", Sighting{BSUID: "DE.1", Username: "ada"}, with(func(p *chat.Profile) { p.Username = "ada" })},
			{"another number", Sighting{BSUID: "DE.1", Phone: "491760406902"}, with(func(p *chat.Profile) { p.Phone, p.FormerPhones = "491760406902", []string{"491760406901"} })},
			{"a user id of the company's parent", Sighting{BSUID: "DE.1", ParentBSUID: "DE.P.1"}, with(func(p *chat.Profile) { p.ParentBSUID = "DE.P.1" })},
		} {
			o := open(t, o.db, o.vault)
			person := o.see(t, before)[0]
			if !person.New || person.Locale != "de" {
				t.Errorf("%s: she was made as %+v", c.name, person)
			}
			o.told = nil
			got := o.see(t, c.seen)[0]
			if !same(got.Profile, c.want) || got.ID != person.ID || got.New {
				t.Errorf("%s: %+v, want %+v", c.name, got.Profile, c.want)
			}
			if again := o.get(t, person.ID).Profile; !same(again, c.want) {
				t.Errorf("%s: stored is %+v, want %+v", c.name, again, c.want)
			}
			if told := len(o.told) > 0; told == same(c.want, known) {
				t.Errorf("%s: others were told: %v", c.name, told)
			}
		}
	})
}

func TestFlagsHoldAlone(t *testing.T) {
	each(t, func(t *testing.T, o *office) {
		for flag, want := range map[Flag]chat.Flags{
			Blocked: {Blocked: true}, OptedOut: {OptedOut: true}, Restricted: {Restricted: true},
			Objected: {Objected: true}, Minor: {Minor: true}, Contract: {Contract: true},
		} {
			person := o.see(t, Sighting{BSUID: "DE." + string(flag)})[0].ID
			o.flag(t, person, flag)
			if got := o.get(t, person).Flags; got != want || !slices.Contains(o.told, person) {
				t.Errorf("%s: %+v, want %+v", flag, got, want)
			}
		}
		err := o.db.Write(t.Context(), func(ctx context.Context, tx store.Tx) error {
			return o.SetFlag(ctx, tx, o.org, id.Person(o.org), "famous", true)
		})
		if err == nil {
			t.Error("a flag that does not exist was set")
		}
	})
}

// Two halves of one person, each with something the other has not.
func TestWhatAMergeKeeps(t *testing.T) {
	each(t, func(t *testing.T, o *office) {
		byNumber := o.see(t, Sighting{Phone: "491760406901", Offered: "Ada Beispiel", Email: "ada@example.com"})[0]
		byUser := o.see(t, Sighting{BSUID: "DE.1", Name: "Ada"})[0]
		o.kept[byNumber.ID], o.kept[byUser.ID] = []int{1}, []int{2}
		o.flag(t, byNumber.ID, Restricted)
		o.flag(t, byUser.ID, OptedOut)

		one := o.see(t, Sighting{Phone: "491760406901", BSUID: "DE.1"})[0]
		if one.ID != byNumber.ID || one.Flags != (chat.Flags{Restricted: true, OptedOut: true}) {
			t.Errorf("the older one stays with both flags; got %s (%v) with %+v", one.ID, one.ID == byNumber.ID, one.Flags)
		}
		stored := o.get(t, byUser.ID) // the younger id goes on leading to her
		if stored.ID != one.ID || stored.Flags != one.Flags || stored.Profile.Name != "Ada" || stored.Profile.Given != "Ada Beispiel" || stored.Profile.Email == "" {
			t.Errorf("stored is %+v", stored.Person)
		}
		if got := slices.Sorted(slices.Values(o.kept[one.ID])); !slices.Equal(got, []int{1, 2}) {
			t.Errorf("what is kept about her is %v", got)
		}
		if n, err := o.CountActive(t.Context(), o.db, o.org); err != nil || n != 1 {
			t.Errorf("%d people, %v", n, err)
		}
		for name, c := range map[string]struct {
			from, into id.Person
			want       error
		}{"with herself": {byUser.ID, byNumber.ID, ErrSame}, "with nobody": {one.ID, id.Person(o.org), ErrNotFound}} {
			err := o.db.Write(t.Context(), func(ctx context.Context, tx store.Tx) error { return o.Merge(ctx, tx, o.org, c.from, c.into) })
			if !errors.Is(err, c.want) {
				t.Errorf("merged %s: %v, want %v", name, err, c.want)
			}
		}
	})
}

func TestSearchFindsPeople(t *testing.T) {
	each(t, func(t *testing.T, o *office) {
		o.see(t, Sighting{Phone: "491760406901", Name: "Jörg Müller"}, Sighting{Phone: "491760406902", Given: "Jörg Maier", Username: "joma"}, Sighting{Phone: "491760406903", Name: "Erika"},
			Sighting{Phone: "33612345678", Name: "Odile"})
		for _, c := range []struct{ typed, want string }{
			{"jorg", ""}, {"joerg", "02 01"}, {"jörg mü", "01"}, {"müller jörg", "01"}, {"joma", "02"}, {"ERIKA", "03"},
			{"+49 176 0406903", "03"}, {"0406903", ""}, {"33612345678", "78"}, {"", ""}, {"—", ""},
		} {
			found, err := o.Search(t.Context(), o.db, o.org, c.typed, 10)
			if err != nil {
				t.Fatal(err)
			}
			var got []string
			for _, k := range found {
				got = append(got, k.Profile.Phone[len(k.Profile.Phone)-2:])
			}
			if strings.Join(got, " ") != c.want {
				t.Errorf("%q finds %v, want %q", c.typed, got, c.want)
			}
		}
		if found, err := o.Search(t.Context(), o.db, o.org, "joerg", 1); err != nil || len(found) != 1 {
			t.Errorf("at most one: %d, %v", len(found), err)
		}
		o.see(t, Sighting{Phone: "491760406903", Name: "Erna"})
		if found, err := o.Search(t.Context(), o.db, o.org, "erika", 10); err != nil || len(found) != 0 {
			t.Errorf("a name that she has no more finds %d, %v", len(found), err)
		}
	})
}

// The index is left out of backups; it is made anew in bites.
func TestTheIndexOfNamesIsMadeAnew(t *testing.T) {
	each(t, func(t *testing.T, o *office) {
		for i := range 5 {
			o.see(t, Sighting{BSUID: fmt.Sprint(i), Name: fmt.Sprintf("Erika %d", i)})
		}
		o.write(t, func(ctx context.Context, tx store.Tx) error {
			_, err := tx.Exec(ctx, "DELETE FROM name_word WHERE org_id = ?", o.org)
			return err
		})
		bites := 0
		for after := (id.Cursor{}); bites == 0 || !after.IsZero(); bites++ {
			o.write(t, func(ctx context.Context, tx store.Tx) (err error) {
				after, err = o.Reindex(ctx, tx, o.org, after, 2)
				return err
			})
		}
		if found, err := o.Search(t.Context(), o.db, o.org, "erika", 10); err != nil || len(found) != 5 || bites != 3 {
			t.Errorf("%d people are found after %d bites, %v", len(found), bites, err)
		}
	})
}

// From the beginning of her erasure on she is nobody: what comes under her
// identities makes a new person, and nothing leads back.
func TestErasureEndsAPerson(t *testing.T) {
	each(t, func(t *testing.T, o *office) {
		half := o.see(t, Sighting{BSUID: "DE.1", Name: "Ada"})[0].ID
		ada := o.see(t, Sighting{Phone: "491760406901"})[0].ID
		o.see(t, Sighting{Phone: "491760406901", BSUID: "DE.1"})
		ada = o.get(t, ada).ID
		o.flag(t, ada, OptedOut)
		freeze := func() error {
			return o.db.Write(t.Context(), func(ctx context.Context, tx store.Tx) error { return o.Freeze(ctx, tx, o.org, ada) })
		}
		if err := freeze(); err != nil || !o.get(t, half).Erased {
			t.Fatal(err)
		}
		if err := freeze(); !errors.Is(err, ErrNotFound) {
			t.Errorf("an erasure begins twice: %v", err)
		}
		anew := o.see(t, Sighting{Phone: "491760406901"})[0]
		if !anew.New || anew.ID == ada || anew.Flags.OptedOut {
			t.Errorf("who writes again is %+v", anew.Person)
		}
		var handles []Handle
		o.write(t, func(ctx context.Context, tx store.Tx) (err error) {
			handles, err = o.EraseRecord(ctx, tx, o.org, ada)
			return err
		})
		user, err := o.Spelled(t.Context(), o.db, o.org, "bsuid", "DE.1")
		if err != nil || !slices.Equal(handles, user) {
			t.Errorf("she was found by %v (%v), want her user id: the number is the new person's", handles, err)
		}
		for _, p := range []id.Person{ada, half} {
			var profile []byte
			var state string
			if err := o.db.QueryRow(t.Context(), "SELECT state, profile FROM contact WHERE org_id = ? AND id = ?", o.org, p).Scan(&state, &profile); err != nil || state != "erased" || len(profile) != 0 {
				t.Errorf("%s is %s with %d bytes, %v", p, state, len(profile), err)
			}
		}
		if k := o.byUser(t, "DE.1"); k != nil {
			t.Errorf("her user id leads to %+v", k)
		}
		if k := o.byPhone(t, "491760406901"); k == nil || k.ID != anew.ID {
			t.Errorf("the new person is %+v", k)
		}
	})
}

// A change that only names the number of somebody under erasure may be about
// another; one that names her is followed, so that all of it is erased.
func TestAChangeFollowsWhoIsUnderErasure(t *testing.T) {
	each(t, func(t *testing.T, o *office) {
		for _, c := range []struct {
			name   string
			known  Sighting
			before Sighting
			hers   bool
		}{
			{"by her user id", Sighting{Phone: "4911", BSUID: "DE.1"}, Sighting{BSUID: "DE.1"}, true},
			{"by her number, no user id is told", Sighting{Phone: "4911", BSUID: "DE.1"}, Sighting{Phone: "4911"}, true},
			{"by her number, which another has now", Sighting{Phone: "4911", BSUID: "DE.1"}, Sighting{Phone: "4911", BSUID: "DE.9"}, false},
			{"by her number, her user id was never seen", Sighting{Phone: "4911"}, Sighting{Phone: "4911", BSUID: "DE.1"}, true},
			{"another's change", Sighting{Phone: "4911"}, Sighting{Phone: "4912"}, false},
		} {
			o := open(t, o.db, o.vault)
			ada := o.see(t, c.known)[0].ID
			var handles []Handle
			o.write(t, func(ctx context.Context, tx store.Tx) (err error) {
				if err := o.Freeze(ctx, tx, o.org, ada); err != nil {
					return err
				}
				k, err := o.Change(ctx, tx, o.org, Change{Before: []Sighting{c.before}, After: Sighting{Phone: "4999"}, At: o.now})
				if err != nil || k != nil {
					return fmt.Errorf("somebody moved: %v, %w", k, err)
				}
				handles, err = o.EraseRecord(ctx, tx, o.org, ada)
				return err
			})
			after, err := o.Spelled(t.Context(), o.db, o.org, "phone", "4999")
			if got := slices.Contains(handles, after[0]); got != c.hers || err != nil {
				t.Errorf("%s: her new number is erased with her: %v (%v), want %v", c.name, got, err, c.hers)
			}
		}
	})
}

// What was written from a number before she left it is hers, also when it comes
// late; what is written from it later is another's.
func TestAFormerNumberIsHersUntilSheLeftIt(t *testing.T) {
	each(t, func(t *testing.T, o *office) {
		ada := o.see(t, Sighting{Phone: "4911", At: o.now})[0].ID
		moved := o.now.Add(time.Hour)
		o.write(t, func(ctx context.Context, tx store.Tx) error {
			_, err := o.Change(ctx, tx, o.org, Change{Before: []Sighting{{Phone: "4911"}}, After: Sighting{Phone: "4912"}, At: moved})
			return err
		})
		for _, c := range []struct {
			name string
			at   time.Time
			hers bool
		}{{"before", moved.Add(-time.Minute), true}, {"at the moment", moved, true}, {"after", moved.Add(time.Minute), false}} {
			if got := o.see(t, Sighting{Phone: "4911", At: c.at})[0]; (got.ID == ada) != c.hers {
				t.Errorf("%s she moved: it is hers %v, want %v", c.name, got.ID == ada, c.hers)
			}
		}
		if p := o.get(t, ada).Profile; p.Phone != "4912" || !slices.Contains(p.FormerPhones, "4911") {
			t.Errorf("she has %+v", p)
		}
	})
}

func TestAnOrganisationNeverSeesAnother(t *testing.T) {
	each(t, func(t *testing.T, o *office) {
		s := Sighting{Phone: "491760406901", BSUID: "DE.1", Name: "Ada"}
		ada := o.see(t, s)[0].ID
		stranger := open(t, o.db, o.vault)
		ctx, db, org := t.Context(), o.db, stranger.org
		if k := stranger.byPhone(t, s.Phone); k != nil {
			t.Errorf("found by number: %+v", k)
		}
		if k := stranger.byUser(t, s.BSUID); k != nil {
			t.Errorf("found by user id: %+v", k)
		}
		_, err := stranger.Get(ctx, db, org, ada)
		found, err1 := stranger.Search(ctx, db, org, "ada", 9)
		list, err2 := stranger.List(ctx, db, org, id.Cursor{}, 9)
		active, err3 := stranger.Active(ctx, db, org, []id.Person{ada})
		keyed, err4 := stranger.Keyed(ctx, db, org)
		there, err5 := stranger.Exists(ctx, db, org, ada)
		if !errors.Is(err, ErrNotFound) || errors.Join(err1, err2, err3, err4, err5) != nil || len(found)+len(list)+len(active)+len(keyed) != 0 || there {
			t.Errorf("another organisation sees %v %v %v %v %v: %v", found, list, active, keyed, there, errors.Join(err, err1, err2, err3, err4, err5))
		}
		for name, write := range map[string]func(context.Context, store.Tx) error{
			"SetFlag": func(ctx context.Context, tx store.Tx) error {
				return stranger.SetFlag(ctx, tx, org, ada, OptedOut, true)
			},
			"SetLocale": func(ctx context.Context, tx store.Tx) error { return stranger.SetLocale(ctx, tx, org, ada, "en") },
			"Freeze":    func(ctx context.Context, tx store.Tx) error { return stranger.Freeze(ctx, tx, org, ada) },
			"Merge":     func(ctx context.Context, tx store.Tx) error { return stranger.Merge(ctx, tx, org, ada, id.Person(org)) },
		} {
			if err := db.Write(ctx, write); !errors.Is(err, ErrNotFound) {
				t.Errorf("%s on another organisation's person: %v", name, err)
			}
		}
		if other := stranger.see(t, s)[0]; other.ID == ada || !other.New {
			t.Errorf("the same number is the same person in two organisations")
		}
	})
}
