package optin_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"einklang/internal/consent/optin"
	"einklang/internal/engine/evidence"
	"einklang/internal/engine/store"
	"einklang/internal/person/chat"
	"einklang/internal/person/contact"
	"einklang/internal/rule/gate"
	"einklang/internal/rule/id"
	"einklang/internal/test/storetest"
	"einklang/internal/test/vaulttest"
)

// desk is a consent desk over a database, with a clock that can be set.
type desk struct {
	*optin.Consents
	db     *store.DB
	people *contact.Book
	org    id.Org
	now    time.Time
	n      int
}

func newDesk(t *testing.T, db *store.DB) *desk {
	t.Helper()
	v := vaulttest.Open(t, db)
	d := &desk{db: db, org: id.Org(id.System().New()), now: time.Date(2026, 11, 24, 10, 0, 0, 0, time.UTC)}
	now := func() time.Time { return d.now }
	log := evidence.New(v, now)
	d.people = contact.New(v, id.System(), now)
	d.Consents = optin.New(id.System(), now, v, d.people, log)
	if err := d.write(func(ctx context.Context, tx store.Tx) error { return v.CreateOrg(ctx, tx, d.org) }); err != nil {
		t.Fatal(err)
	}
	return d
}

func (d *desk) write(do func(context.Context, store.Tx) error) error {
	return d.db.Write(context.Background(), do)
}

// somebody is a new person.
func (d *desk) somebody() (p *chat.Known, err error) {
	d.n++
	err = d.write(func(ctx context.Context, tx store.Tx) error {
		found, err := d.people.Resolve(ctx, tx, d.org, []contact.Sighting{{Phone: fmt.Sprintf("4917604%06d", d.n)}})
		if err == nil {
			p = found[0]
		}
		return err
	})
	return p, err
}

// said is what the model remembers of one purpose: the last thing that was
// said, by the time at which it was said.
type said struct {
	at      time.Time
	granted bool
	expires time.Time
}

// Whatever is recorded in whatever order: what was said last holds, time goes
// by, and nothing else changes a consent.
func TestWhatWasSaidLastHolds(t *testing.T) {
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		d := newDesk(t, db)
		rapid.Check(t, func(t *rapid.T) {
			d.now = time.Date(2026, 11, 24, 10, 0, 0, 0, time.UTC)
			p, err := d.somebody()
			if err != nil {
				t.Fatal(err)
			}
			model := map[string]said{}
			objected := false
			for range rapid.IntRange(1, 8).Draw(t, "steps") {
				d.now = d.now.Add(time.Duration(rapid.IntRange(1, 200).Draw(t, "days")) * 24 * time.Hour)
				purpose := rapid.SampledFrom([]string{optin.Service, optin.Utility, optin.Marketing}).Draw(t, "purpose")
				at := d.now.Add(-time.Duration(rapid.IntRange(0, 400).Draw(t, "days ago")) * 24 * time.Hour)
				e := optin.Event{Purpose: purpose, Source: optin.FromPaper, At: at, Detail: optin.Detail{Note: "Beispiel", Wording: "Ja.", File: id.File(id.System().New())}}
				what := rapid.SampledFrom([]string{"grant", "grant", "withdraw", "object", "personal"}).Draw(t, "what")
				err := d.write(func(ctx context.Context, tx store.Tx) error {
					switch what {
					case "withdraw":
						_, err := d.Withdraw(ctx, tx, d.org, p, e)
						return err
					case "object":
						e.At = d.now
						return d.Object(ctx, tx, d.org, p, e)
					default:
						if what == "personal" {
							e.Source, e.Detail.Message = optin.FromKeyword, id.Message(id.System().New())
						}
						_, err := d.Grant(ctx, tx, d.org, p, e)
						return err
					}
				})
				refused := purpose == optin.Marketing && objected && what == "grant"
				if refused != errors.Is(err, optin.ErrObjected) || !refused && err != nil {
					t.Fatalf("%s for %s: %v", what, purpose, err)
				}
				switch {
				case refused:
				case what == "object":
					objected = true
					if s := model[optin.Marketing]; s.granted && (s.expires.IsZero() || d.now.Before(s.expires)) {
						model[optin.Marketing] = said{at: d.now}
					}
				default:
					if what == "personal" && purpose == optin.Marketing {
						objected = false
					}
					if before, there := model[purpose]; !there || !at.Before(before.at) {
						one := said{at: at, granted: what != "withdraw"}
						if one.granted && purpose == optin.Marketing {
							one.expires = at.AddDate(0, 24, 0)
						}
						model[purpose] = one
					}
				}
				d.compare(t, p, model, objected)
			}
		})
	})
}

func (d *desk) compare(t *rapid.T, p *chat.Known, model map[string]said, objected bool) {
	states, err := d.States(context.Background(), d.db, d.org, p.ID)
	if err != nil {
		t.Fatal(err)
	}
	if len(states) != len(model) || p.Flags.Objected != objected {
		t.Fatalf("states %v, model %v, objected %t and %t", states, model, p.Flags.Objected, objected)
	}
	for _, s := range states {
		m, want := model[s.Purpose], gate.ConsentWithdrawn
		switch {
		case m.granted && !m.expires.IsZero() && !d.now.Before(m.expires):
			want = gate.ConsentExpired
		case m.granted:
			want = gate.ConsentGranted
		}
		if s.State != want {
			t.Fatalf("%s is %s, want %s", s.Purpose, s.State, want)
		}
	}
}

func TestPurposesRefuse(t *testing.T) {
	d := newDesk(t, storetest.Open(t, storetest.SQLite(t)))
	good := optin.Purpose{Key: "tipps", DE: "Tipps", EN: "Tips", Keyword: "TIPPS"}
	for name, c := range map[string]struct {
		change func(*optin.Purpose)
		want   error
	}{
		"a good one":                {func(*optin.Purpose) {}, nil},
		"a key with blanks":         {func(p *optin.Purpose) { p.Key = "a b" }, optin.ErrBadPurpose},
		"no English name":           {func(p *optin.Purpose) { p.EN = " " }, optin.ErrNames},
		"advertising for ever":      {func(p *optin.Purpose) { p.Advertising = true }, optin.ErrMonths},
		"too long":                  {func(p *optin.Purpose) { p.Months = 61 }, optin.ErrMonths},
		"a keyword that means STOP": {func(p *optin.Purpose) { p.Keyword = "Stopp!" }, optin.ErrKeyword},
	} {
		p := good
		c.change(&p)
		if err := d.write(func(ctx context.Context, tx store.Tx) error { return d.SavePurpose(ctx, tx, d.org, p) }); !errors.Is(err, c.want) || c.want == nil && err != nil {
			t.Errorf("%s: %v, want %v", name, err, c.want)
		}
	}
	other := optin.Purpose{Key: "news", DE: "Neues", EN: "News", Keyword: "tipps"}
	if err := d.write(func(ctx context.Context, tx store.Tx) error { return d.SavePurpose(ctx, tx, d.org, other) }); !errors.Is(err, optin.ErrKeyword) {
		t.Errorf("a keyword of another purpose: %v", err)
	}
	p, err := d.somebody()
	if err != nil {
		t.Fatal(err)
	}
	err = d.write(func(ctx context.Context, tx store.Tx) error {
		_, err := d.Grant(ctx, tx, d.org, p, optin.Event{Purpose: "unbekannt", Source: "paper", Detail: optin.Detail{Note: "x"}})
		return err
	})
	if !errors.Is(err, optin.ErrUnknownPurpose) {
		t.Errorf("a consent to a purpose that nobody defined: %v", err)
	}
	for text, want := range map[string]error{"": optin.ErrEmptyText, strings.Repeat("ä", optin.MostText+1): optin.ErrTextTooLong, "Ja.": nil} {
		err := d.write(func(ctx context.Context, tx store.Tx) error {
			_, _, err := d.PublishText(ctx, tx, d.org, optin.Service, text, "Yes.", false)
			return err
		})
		if !errors.Is(err, want) || want == nil && err != nil {
			t.Errorf("a text of %d letters: %v", len(text), err)
		}
	}
}

// Two organisations never meet: a link, a text or a file of one is nothing to
// the other.
func TestOrganisationsNeverMeet(t *testing.T) {
	db := storetest.Open(t, storetest.SQLite(t))
	d := newDesk(t, db)
	p, err := d.somebody()
	if err != nil {
		t.Fatal(err)
	}
	var file optin.File
	var text optin.Text
	if err := d.write(func(ctx context.Context, tx store.Tx) error {
		var err error
		if file, err = d.SaveFile(ctx, tx, d.org, p, "beleg.pdf", []byte("%PDF-1.7\n…")); err != nil {
			return err
		}
		text, _, err = d.PublishText(ctx, tx, d.org, optin.Service, "Ja.", "Yes.", false)
		return err
	}); err != nil {
		t.Fatal(err)
	}
	foreign := id.Org(id.System().New())
	if _, err := d.OpenFile(t.Context(), db, foreign, p, file.ID); !errors.Is(err, optin.ErrNoFile) {
		t.Errorf("a foreign file: %v", err)
	}
	if _, err := d.Text(t.Context(), db, foreign, text.ID); !errors.Is(err, optin.ErrNoText) {
		t.Errorf("a foreign text: %v", err)
	}
	if got, err := d.OpenFile(t.Context(), db, d.org, p, file.ID); err != nil || got.Name != "beleg.pdf" || got.Hash != file.Hash {
		t.Errorf("her own file: %+v %v", got, err)
	}
	link, err := d.StopLink(t.Context(), db, d.org, p.ID)
	if err != nil {
		t.Fatal(err)
	}
	for i := range link { // no letter of the link can be changed
		other := byte('A')
		if link[i] == 'A' {
			other = 'B'
		}
		if _, _, err := d.ByStopLink(t.Context(), db, d.people, link[:i]+string(other)+link[i+1:]); !errors.Is(err, optin.ErrNoLink) {
			t.Fatalf("a link changed at %d: %v", i, err)
		}
	}
	if org, who, err := d.ByStopLink(t.Context(), db, d.people, link); err != nil || org != d.org || who.ID != p.ID {
		t.Errorf("the link: %v %v", who, err)
	}
}
