package contact

import (
	"context"
	"testing"

	"einklang/internal/engine/evidence"
	"einklang/internal/engine/store"
	"einklang/internal/person/chat"
	"einklang/internal/rule/id"
)

// proofs is a log that counts what is proven.
type proofs map[string]int

func (p proofs) Append(_ context.Context, _ store.Tx, _ id.Org, entries ...evidence.Entry) error {
	for _, e := range entries {
		p[e.Kind]++
	}
	return nil
}

// older makes a person as an earlier program kept her: by her number as it came.
func (o *office) older(t *testing.T, number, bsuid string) id.Person {
	t.Helper()
	k := o.see(t, Sighting{Phone: "49151000000" + number[len(number)-4:], BSUID: bsuid, At: o.now})[0]
	o.write(t, func(ctx context.Context, tx store.Tx) error {
		keys, err := o.vault.Org(ctx, tx, o.org)
		if err != nil {
			return err
		}
		k.Profile.Phone, k.Profile.WaID = number, ""
		sealed, err := sealProfile(k)
		if err != nil {
			return err
		}
		if _, err := tx.Exec(ctx, "UPDATE contact SET profile = ? WHERE org_id = ? AND id = ?", sealed, o.org, k.ID); err != nil {
			return err
		}
		_, err = tx.Exec(ctx, "UPDATE identity SET hash = ? WHERE org_id = ? AND contact_id = ? AND kind = 'phone'", keys.Lookup("phone", number), o.org, k.ID)
		return err
	})
	return k.ID
}

// Identities of an earlier program come into one form, in bites that go on where
// they ended. Two records of one number become one, or, with a user id each, stay
// two of whom the later has the number; what restricts holds for both.
func TestIdentitiesAreKeyedAnew(t *testing.T) {
	each(t, func(t *testing.T, o *office) {
		alone := o.older(t, "5215512345679", "")
		typed := o.older(t, "49017604069001", "") // over REST, from "+49 (0)176…"
		half := o.see(t, Sighting{Phone: "5511987654322", At: o.now})[0].ID
		other := o.older(t, "551187654322", "")
		one := o.see(t, Sighting{Phone: "5491123456781", BSUID: "DE.2", At: o.now})[0].ID
		two := o.older(t, "541123456781", "DE.1")
		o.flag(t, other, OptedOut)
		o.flag(t, one, OptedOut)
		o.flag(t, two, Objected)
		for i := range rekeyBite { // more than a bite
			o.see(t, Sighting{BSUID: "DE.9" + string(rune('a'+i%26)) + string(rune('a'+i/26)), At: o.now})
		}
		said := proofs{}
		orgs := func(context.Context, store.Reader) ([]id.Org, error) { return []id.Org{o.org}, nil }
		for range 2 {
			if err := o.Rekey(t.Context(), o.db, said, orgs); err != nil {
				t.Fatal(err)
			}
		}
		for number, want := range map[string]id.Person{"525512345679": alone, "5215512345679": alone, "4917604069001": typed, "5511987654322": half, "551187654322": half, "5491123456781": two} {
			if k := o.byPhone(t, number); k == nil || k.ID != want {
				t.Errorf("%s leads to %+v, want %s", number, k, want)
			}
		}
		if k := o.get(t, other); k.ID != half || !k.Flags.OptedOut {
			t.Errorf("the STOP of one of two records: %+v", k)
		}
		if k := o.get(t, alone); k.Profile.Phone != "525512345679" || k.Profile.Address() != "5215512345679" {
			t.Errorf("Mexico: %+v", k.Profile)
		}
		if k := o.get(t, typed); k.Profile.Phone != "4917604069001" || k.Profile.Address() != "4917604069001" {
			t.Errorf("a typed number: %+v", k.Profile)
		}
		for _, p := range []id.Person{one, two} {
			if f := o.get(t, p).Flags; f != (chat.Flags{OptedOut: true, Objected: true}) {
				t.Errorf("two user ids with one number: %+v", f)
			}
		}
		if k := o.get(t, one); k.Profile.Phone != "" {
			t.Errorf("the earlier one keeps the number: %+v", k.Profile)
		}
		c, err := o.Rekeying(t.Context(), o.db, o.org)
		if err != nil || c.Looked < rekeyBite+4 || c.Joined != 1 || c.Parted != 1 || c.Done.IsZero() || len(c.Pairs) != 2 || said["identity.joined"] != 1 || said["identity.parted"] != 1 {
			t.Errorf("%+v, %v, %v", c, said, err)
		}
		var rows int64
		if err := o.db.QueryRow(t.Context(), "SELECT COUNT(*) FROM identity WHERE org_id = ? AND kind = 'phone'", o.org).Scan(&rows); err != nil || rows != 4 {
			t.Errorf("%d numbers are kept, %v", rows, err)
		}
	})
}

// What Meta's answers and statuses tell is learned of whom it is about.
func TestWhatMetaTeaches(t *testing.T) {
	each(t, func(t *testing.T, o *office) {
		const number = "22997123456"
		p := o.see(t, Sighting{Phone: number})[0].ID
		o.flag(t, p, OptedOut)
		learn := func(person id.Person, s Sighting) {
			t.Helper()
			s.FromMeta, s.At = true, o.now
			o.write(t, func(ctx context.Context, tx store.Tx) error { return o.Learn(ctx, tx, o.org, person, s) })
		}
		knows := func(s Sighting) bool {
			t.Helper()
			var known []bool
			o.write(t, func(ctx context.Context, tx store.Tx) (err error) {
				known, err = o.Knows(ctx, tx, o.org, []id.Person{p}, []Sighting{s})
				return err
			})
			return known[0]
		}
		if knows(Sighting{Phone: number, BSUID: "BJ.1"}) || !knows(Sighting{Phone: number}) {
			t.Error("what is known is not known")
		}
		// Meta answers with another form, of which no rule of ours knows.
		wrote := o.see(t, Sighting{Phone: "2290197123456", FromMeta: true, At: o.now})[0].ID
		learn(p, Sighting{Phone: "2290197123456", BSUID: "BJ.1"})
		k := o.byPhone(t, number)
		if k == nil || !k.Flags.OptedOut || k.Profile.Phone != "2290197123456" || k.Profile.BSUID != "BJ.1" || o.get(t, wrote).ID != k.ID || o.byPhone(t, "2290197123456").ID != k.ID {
			t.Errorf("%+v", k)
		}
		if !knows(Sighting{Phone: "2290197123456", BSUID: "BJ.1"}) {
			t.Error("what was learned is not known")
		}
		// The number is another user's by now: it is left, and nobody is made.
		learn(k.ID, Sighting{Phone: "2290197123456", BSUID: "BJ.2"})
		if now := o.get(t, k.ID); now.Profile.Phone != "" || o.byPhone(t, "2290197123456") != nil || o.byUser(t, "BJ.2") != nil {
			t.Errorf("%+v", now.Profile)
		}
	})
}
