package addressbook_test

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"maps"
	"slices"
	"testing"
	"time"

	"pgregory.net/rapid"

	"einklang/internal/consent/optin"
	"einklang/internal/engine/evidence"
	"einklang/internal/engine/store"
	"einklang/internal/engine/vault"
	"einklang/internal/person/chat"
	"einklang/internal/person/contact"
	"einklang/internal/phones/addressbook"
	"einklang/internal/rule/id"
	"einklang/internal/test/storetest"
	"einklang/internal/test/vaulttest"
)

// company is an organisation with real people, real consents and phones.
type company struct {
	t      testing.TB
	db     *store.DB
	vault  *vault.Vault
	ids    *id.Source
	at     time.Time
	org    id.Org
	people *contact.Book
	desk   *optin.Consents
	books  *addressbook.Books
	labels labels
	all    []id.Person
	made   int
}

// labels are kept in memory: the books only ask.
type labels map[id.Person][]id.Label

func (l labels) Names(context.Context, store.Reader, id.Org) (map[id.Label]string, error) {
	return nil, nil
}

func (l labels) Of(context.Context, store.Reader, id.Org, []id.Person) (map[id.Person][]id.Label, error) {
	return maps.Clone(l), nil
}

func found(t testing.TB, db *store.DB, v *vault.Vault) *company {
	c := &company{t: t, db: db, vault: v, ids: id.System(), at: time.Date(2026, 11, 24, 12, 0, 0, 0, time.UTC), labels: labels{}}
	now := func() time.Time { return c.at }
	c.org = id.Org(c.ids.New())
	c.people = contact.New(v, c.ids, now, func(ctx context.Context, tx store.Tx, org id.Org, from, into id.Person) error {
		return errors.Join(c.desk.Merge(ctx, tx, org, from, into), c.books.Merge(ctx, tx, org, from, into))
	})
	c.people.Watch(func(ctx context.Context, tx store.Tx, org id.Org, people ...id.Person) error {
		return c.books.Touch(ctx, tx, org, people...)
	})
	c.books = addressbook.New(db, v, c.ids, now, c.people, c.labels, nil)
	c.desk = optin.New(c.ids, now, v, c.people, addressbook.Witness{Books: c.books, Ledger: evidence.New(v, now)})
	c.books.Ask(c.desk)
	c.write(func(ctx context.Context, tx store.Tx) error { return v.CreateOrg(ctx, tx, c.org) })
	return c
}

func (c *company) write(fn func(context.Context, store.Tx) error) {
	c.t.Helper()
	if err := c.db.Write(context.Background(), fn); err != nil {
		c.t.Fatal(err)
	}
}

func (c *company) meet(seen contact.Sighting) id.Person {
	c.t.Helper()
	var person id.Person
	c.write(func(ctx context.Context, tx store.Tx) error {
		known, err := c.people.Resolve(ctx, tx, c.org, []contact.Sighting{seen})
		if err == nil {
			person = known[0].ID
		}
		return err
	})
	if !slices.Contains(c.all, person) {
		c.all = append(c.all, person)
	}
	return person
}

// stranger is somebody new who has agreed to nothing.
func (c *company) stranger() id.Person {
	c.made++
	return c.meet(contact.Sighting{Phone: fmt.Sprintf("4915100%06d", c.made), Name: fmt.Sprintf("Beispiel %d", c.made)})
}

func (c *company) with(person id.Person, do func(ctx context.Context, tx store.Tx, p *chat.Known) error) {
	c.t.Helper()
	c.write(func(ctx context.Context, tx store.Tx) error {
		p, err := c.people.Get(ctx, tx, c.org, person)
		if err != nil {
			return err
		}
		return do(ctx, tx, p)
	})
}

func (c *company) grant(person id.Person, purpose string, expires time.Time) {
	c.t.Helper()
	c.with(person, func(ctx context.Context, tx store.Tx, p *chat.Known) error {
		_, err := c.desk.Grant(ctx, tx, c.org, p, optin.Event{Purpose: purpose, Source: "paper", At: c.at, Expires: expires,
			Detail: optin.Detail{Note: "Beispiel", Wording: "Ja.", File: id.File(id.System().New())}})
		return err
	})
}

func (c *company) withdraw(person id.Person, purpose string) {
	c.t.Helper()
	c.with(person, func(ctx context.Context, tx store.Tx, p *chat.Known) error {
		_, err := c.desk.Withdraw(ctx, tx, c.org, p, optin.Event{Purpose: purpose, Source: "agent", At: c.at})
		return err
	})
}

func (c *company) flag(person id.Person, f contact.Flag, on bool) {
	c.t.Helper()
	c.with(person, func(ctx context.Context, tx store.Tx, p *chat.Known) error {
		return c.people.SetFlag(ctx, tx, c.org, p.ID, f, on)
	})
}

func (c *company) erase(person id.Person) {
	c.t.Helper()
	c.write(func(ctx context.Context, tx store.Tx) error {
		keys, err := c.vault.Org(ctx, tx, c.org)
		if err != nil {
			return err
		}
		if _, err := keys.Destroy(ctx, tx, person); err != nil {
			return err
		}
		_, _, err = c.books.Erase(ctx, tx, c.org, person)
		return err
	})
}

// phone keeps what a phone would: it knows only what it was told.
type phone struct {
	company *company
	view    addressbook.View
	seq     int64
	whole   int64             // how far the book had come when it began to read it
	holds   map[string]string // name of the card → version
}

func (c *company) phone(change ...func(*addressbook.View)) *phone {
	v := addressbook.View{Org: c.org, Device: id.Device(c.ids.New()), Kind: addressbook.Consenting, Fields: addressbook.Fields{Name: true}}
	for _, f := range change {
		f(&v)
	}
	return &phone{company: c, view: v, holds: map[string]string{}}
}

// sync asks for what is new, in steps of limit.
func (p *phone) sync(limit int) {
	c := p.company
	c.t.Helper()
	ctx := context.Background()
	if err := c.books.Refresh(ctx, c.org); err != nil {
		c.t.Fatal(err)
	}
	for {
		s, err := c.books.State(ctx, c.db, p.view)
		if err != nil {
			c.t.Fatal(err)
		}
		if p.seq == 0 {
			p.whole = s.Seq
		}
		items, upTo, err := c.books.Changes(ctx, c.db, p.view, s, p.seq, p.whole, limit)
		if err != nil {
			c.t.Fatal(err)
		}
		for _, i := range items {
			if i.Present {
				p.holds[i.Name] = i.Version
			} else {
				delete(p.holds, i.Name)
			}
		}
		p.seq = upTo
		if upTo == s.Seq {
			return
		}
	}
}

// people are those whose cards the phone holds.
func (p *phone) people() map[id.Person]bool {
	in := map[id.Person]bool{}
	for name := range p.holds {
		if person, ok := addressbook.ContactOf(name); ok {
			in[person] = true
		}
	}
	return in
}

// change replaces the view, as the device register does.
func (p *phone) change(f func(*addressbook.View)) {
	c := p.company
	c.write(func(ctx context.Context, tx store.Tx) error {
		seq, err := c.books.Next(ctx, tx, c.org, 1)
		p.view.Since = seq
		return err
	})
	f(&p.view)
}

// agreed reports from the consent desk itself, not from the books, whether a
// person may stand on a phone.
func (c *company) agreed(person id.Person) bool {
	c.t.Helper()
	ctx := context.Background()
	k, err := c.people.Get(ctx, c.db, c.org, person)
	if err != nil {
		c.t.Fatal(err)
	}
	f := k.Flags
	if k.ID != person || k.Erased || f.OptedOut || f.Blocked || f.Restricted || k.Profile.Phone == "" {
		return false
	}
	all, err := c.desk.Standings(ctx, c.db, c.org, []chat.Asked{{Person: person}})
	if err != nil {
		c.t.Fatal(err)
	}
	s := all[0]
	return s.Service.ValidAt(c.at) || s.Utility.ValidAt(c.at) || s.Marketing.ValidAt(c.at) && !f.Objected && !f.Minor
}

// fewer runs fewer random histories: each step of one waits for the disk.
func fewer(t *testing.T, checks string) {
	t.Helper()
	before := flag.Lookup("rapid.checks").Value.String()
	if before != flag.Lookup("rapid.checks").DefValue {
		return // somebody asked for a number
	}
	if err := flag.Set("rapid.checks", checks); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = flag.Set("rapid.checks", before) })
}

// Over random histories of consents, flags, merges and erasures, a phone that
// has just asked holds exactly the people who may stand on it.
func TestS01RandomHistories(t *testing.T) {
	fewer(t, "30")
	db := storetest.Open(t, storetest.SQLite(t))
	v := vaulttest.Open(t, db)
	rapid.Check(t, func(rt *rapid.T) {
		c := found(t, db, v)
		stay, vip := id.Label(c.ids.New()), id.Label(c.ids.New())
		whole, limited, frozen := c.phone(), c.phone(func(v *addressbook.View) { v.Labels = []id.Label{vip, stay} }), c.phone()
		full := c.phone(func(v *addressbook.View) { v.Kind = addressbook.Everyone })
		for range 3 {
			c.stranger()
		}
		someone := func(rt *rapid.T) id.Person { return rapid.SampledFrom(c.all).Draw(rt, "who") }
		purposes := rapid.SampledFrom([]string{optin.Service, optin.Utility, optin.Marketing})
		limits := rapid.SampledFrom([]int{0, 1, 3})
		allowedWhileFrozen := map[id.Person]bool{}
		act := func(do func(rt *rapid.T)) func(*rapid.T) {
			return func(rt *rapid.T) { do(rt); c.at = c.at.Add(time.Second) }
		}
		alive := func(person id.Person) bool {
			k, err := c.people.Get(t.Context(), c.db, c.org, person)
			return err == nil && !k.Erased && k.ID == person
		}
		rt.Repeat(map[string]func(*rapid.T){
			"stranger": act(func(*rapid.T) { c.stranger() }),
			"grant": act(func(rt *rapid.T) {
				who, purpose := someone(rt), purposes.Draw(rt, "purpose")
				k, err := c.people.Get(t.Context(), c.db, c.org, who)
				if err != nil || k.Erased || purpose == optin.Marketing && (k.Flags.Minor || k.Flags.Objected) {
					return
				}
				expires := time.Time{}
				if rapid.Bool().Draw(rt, "ends") {
					expires = c.at.Add(time.Duration(rapid.IntRange(1, 20).Draw(rt, "after")) * time.Second)
				}
				c.grant(who, purpose, expires)
			}),
			"withdraw": act(func(rt *rapid.T) {
				if who := someone(rt); alive(who) {
					c.withdraw(who, purposes.Draw(rt, "purpose"))
				}
			}),
			"stop and start": act(func(rt *rapid.T) {
				who := someone(rt)
				if !alive(who) {
					return
				}
				c.with(who, func(ctx context.Context, tx store.Tx, p *chat.Known) error {
					var err error
					if rapid.Bool().Draw(rt, "stop") {
						_, err = c.desk.Stop(ctx, tx, c.org, p, "keyword", id.Message{}, c.at)
					} else {
						_, err = c.desk.Start(ctx, tx, c.org, p, "keyword", id.Message{}, c.at)
					}
					return err
				})
			}),
			"flag": act(func(rt *rapid.T) {
				f := rapid.SampledFrom([]contact.Flag{contact.Blocked, contact.Restricted, contact.Objected, contact.Minor, contact.Contract}).Draw(rt, "flag")
				if who := someone(rt); alive(who) {
					c.flag(who, f, rapid.Bool().Draw(rt, "on"))
				}
			}),
			"erase": act(func(rt *rapid.T) {
				if who := someone(rt); alive(who) {
					c.erase(who)
				}
			}),
			"merge": act(func(rt *rapid.T) {
				c.made++
				phone, bsuid := fmt.Sprintf("4916000%06d", c.made), fmt.Sprintf("DE.%d", c.made)
				one, two := c.meet(contact.Sighting{Phone: phone, Name: "Muster"}), c.meet(contact.Sighting{BSUID: bsuid, Name: "Muster"})
				c.grant(rapid.SampledFrom([]id.Person{one, two}).Draw(rt, "half"), optin.Service, time.Time{})
				if rapid.Bool().Draw(rt, "sync between") {
					whole.sync(0)
				}
				c.meet(contact.Sighting{Phone: phone, BSUID: bsuid})
			}),
			"new number": act(func(rt *rapid.T) {
				who := someone(rt)
				if !alive(who) {
					return
				}
				c.made++
				c.write(func(ctx context.Context, tx store.Tx) error {
					known, err := c.people.Get(ctx, tx, c.org, who)
					if err != nil {
						return err
					}
					_, err = c.people.Change(ctx, tx, c.org, contact.Change{At: c.at, After: contact.Sighting{Phone: fmt.Sprintf("4917000%06d", c.made)},
						Before: []contact.Sighting{{Phone: known.Profile.Phone, BSUID: known.Profile.BSUID}}})
					return err
				})
			}),
			"label": act(func(rt *rapid.T) {
				who := someone(rt)
				if rapid.Bool().Draw(rt, "vip") {
					c.labels[who] = []id.Label{vip}
				} else {
					delete(c.labels, who)
				}
				c.write(func(ctx context.Context, tx store.Tx) error { return c.books.Touch(ctx, tx, c.org, who) })
			}),
			"wait": func(rt *rapid.T) {
				c.at = c.at.Add(time.Duration(rapid.IntRange(1, 400).Draw(rt, "seconds")) * time.Second)
			},
			"whole": func(rt *rapid.T) { whole.sync(limits.Draw(rt, "limit")) },
			"freeze": func(*rapid.T) {
				if frozen.view.Frozen != 0 {
					return
				}
				frozen.sync(0)
				allowedWhileFrozen = frozen.people()
				frozen.change(func(v *addressbook.View) { v.Frozen = v.Since })
			},
			"thaw": func(*rapid.T) { frozen.change(func(v *addressbook.View) { v.Frozen = 0 }) },
			"WhatsApp": func(*rapid.T) {
				full.change(func(v *addressbook.View) {
					if v.Kind == addressbook.Everyone {
						v.Kind = addressbook.Consenting
					} else {
						v.Kind = addressbook.Everyone
					}
				})
			},
			"empty": func(*rapid.T) { whole.change(func(v *addressbook.View) { v.Empty = !v.Empty }) },
			"relabel": func(*rapid.T) {
				limited.change(func(v *addressbook.View) {
					if len(v.Labels) == 2 {
						v.Labels = []id.Label{stay}
					} else {
						v.Labels = []id.Label{vip, stay}
					}
				})
			},
			"": func(rt *rapid.T) {
				for _, p := range []*phone{whole, limited, frozen, full} {
					p.sync(0)
					in := p.people()
					listed, err := c.books.List(t.Context(), c.db, p.view)
					if err != nil || len(listed) != len(p.holds) {
						rt.Fatalf("the list has %d cards (%v), the phone was told of %d", len(listed), err, len(p.holds))
					}
					for _, i := range listed {
						if p.holds[i.Name] != i.Version {
							rt.Fatalf("the phone has version %q of a card, the list says %q", p.holds[i.Name], i.Version)
						}
					}
					left, err := c.books.StillHeld(t.Context(), c.db, p.view, p.view, p.seq)
					if err != nil || left.Count != 0 {
						rt.Fatalf("a phone that has just asked is said to hold %+v (%v)", left, err)
					}
					for _, who := range c.all {
						want := c.agreed(who)
						switch p {
						case whole:
							want = want && !p.view.Empty
						case limited:
							want = want && slices.Contains(p.view.Labels, vip) && len(c.labels[who]) > 0
						case frozen:
							if p.view.Frozen != 0 && in[who] && !allowedWhileFrozen[who] {
								rt.Fatal("somebody came into a frozen book")
							}
							if p.view.Frozen != 0 && !in[who] {
								continue
							}
						case full:
							if full.view.Kind == addressbook.Consenting {
								break
							}
							if in[who] && !alive(who) {
								rt.Fatal("an erased person is in the full book")
							}
							continue
						}
						if in[who] != want {
							rt.Fatalf("on the phone: %t, may be: %t", in[who], want)
						}
					}
				}
			},
		})
	})
}

func TestS01WithdrawalLeavesWithTheNextSync(t *testing.T) {
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		c := found(t, db, vaulttest.Open(t, db))
		erika, mustermann := c.stranger(), c.stranger()
		c.stranger()
		c.grant(erika, optin.Service, time.Time{})
		c.grant(mustermann, optin.Service, c.at.Add(time.Hour))
		p := c.phone()
		p.sync(0)
		if in := p.people(); len(in) != 2 || !in[erika] || !in[mustermann] {
			t.Fatalf("the phone holds %v", in)
		}
		before := p.view
		c.withdraw(erika, optin.Service)
		if err := c.books.Refresh(t.Context(), c.org); err != nil {
			t.Fatal(err)
		}
		left, err := c.books.StillHeld(t.Context(), db, p.view, before, p.seq)
		if err != nil || left.Count != 1 || !left.Since.Equal(c.at) {
			t.Errorf("before the sync: %+v, %v", left, err)
		}
		c.at = c.at.Add(time.Hour)
		p.sync(0)
		if in := p.people(); len(in) != 0 {
			t.Errorf("after withdrawal and expiry the phone holds %v", in)
		}
	})
}

func TestAChangeThatNobodyToldIsFoundWithinMinutes(t *testing.T) {
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		c := found(t, db, vaulttest.Open(t, db))
		erika := c.stranger()
		c.grant(erika, optin.Service, time.Time{})
		p := c.phone()
		p.sync(0)
		c.write(func(ctx context.Context, tx store.Tx) error {
			_, err := tx.Exec(ctx, "UPDATE consent SET state = 'withdrawn' WHERE org_id = ?", c.org)
			return err
		})
		c.at = c.at.Add(5 * time.Minute)
		p.sync(0)
		if len(p.holds) != 0 {
			t.Error("the person is still on the phone")
		}
	})
}

func TestCards(t *testing.T) {
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		c := found(t, db, vaulttest.Open(t, db))
		agreed, stranger := c.stranger(), c.stranger()
		c.grant(agreed, optin.Service, time.Time{})
		p := c.phone()
		p.sync(0)
		read := func(v addressbook.View) []addressbook.Card {
			t.Helper()
			cards, err := c.books.Cards(t.Context(), db, v, []string{addressbook.NameOf(stranger), "x.vcf", addressbook.NameOf(agreed)})
			if err != nil {
				t.Fatal(err)
			}
			return cards
		}
		if cards := read(p.view); len(cards) != 1 || cards[0].DisplayName != "Beispiel 1" || cards[0].Phone != "+4915100000001" || cards[0].Version != p.holds[cards[0].Name] {
			t.Errorf("cards %+v", cards)
		}
		bare := p.view
		bare.Fields = addressbook.Fields{}
		if cards := read(bare); len(cards) != 1 || cards[0].DisplayName != "+4915100000001" || cards[0].Version == p.holds[cards[0].Name] {
			t.Errorf("without names: %+v", cards)
		}
		full := p.view
		full.Kind = addressbook.Everyone
		if cards := read(full); len(cards) != 2 {
			t.Errorf("full book: %d cards", len(cards))
		}
		other := p.view
		other.Org = id.Org(c.ids.New())
		c.write(func(ctx context.Context, tx store.Tx) error { return c.vault.CreateOrg(ctx, tx, other.Org) })
		if cards := read(other); len(cards) != 0 {
			t.Error("another organisation reads a card")
		}
		c.flag(agreed, contact.OptedOut, true) // no refresh in between
		if cards := read(p.view); len(cards) != 0 {
			t.Error("a card leaves after STOP")
		}
	})
}

func TestNumbersThatMeanNothing(t *testing.T) {
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		c := found(t, db, vaulttest.Open(t, db))
		one, two := c.stranger(), c.stranger()
		c.grant(one, optin.Service, time.Time{})
		c.grant(two, optin.Service, time.Time{})
		p := c.phone()
		p.sync(0)
		old := p.seq
		c.withdraw(one, optin.Service)
		p.sync(0)
		c.at = c.at.Add(200 * 24 * time.Hour)
		c.write(func(ctx context.Context, tx store.Tx) error {
			return c.books.ExpireTouches(ctx, tx, c.org, c.at.Add(-time.Hour))
		})
		s, err := c.books.State(t.Context(), db, p.view)
		if err != nil {
			t.Fatal(err)
		}
		for _, n := range []int64{-1, s.Seq + 1000, old} {
			if _, _, err := c.books.Changes(t.Context(), db, p.view, s, n, 0, 0); !errors.Is(err, addressbook.ErrUnknownNumber) {
				t.Errorf("number %d: %v", n, err)
			}
		}
		if items, _, err := c.books.Changes(t.Context(), db, p.view, s, 0, 0, 0); err != nil || len(items) != 1 {
			t.Errorf("from the beginning: %v, %v", items, err)
		}
	})
}

func TestCandidates(t *testing.T) {
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		c := found(t, db, vaulttest.Open(t, db))
		p, other := c.phone(), c.phone()
		p.sync(0)
		propose := func(name string) {
			c.write(func(ctx context.Context, tx store.Tx) error {
				return c.books.Propose(ctx, tx, c.org, p.view.Device, "neu.vcf", addressbook.Entered{Name: name, Phone: "+49 30 1"})
			})
			p.holds["neu.vcf"] = ""
		}
		waiting := func() []addressbook.Candidate {
			t.Helper()
			all, err := c.books.Candidates(t.Context(), db, c.org, p.view.Device)
			if err != nil {
				t.Fatal(err)
			}
			return all
		}
		propose("Erika Muster")
		propose("Erika Beispiel")
		all := waiting()
		if len(all) != 1 || all[0].Name != "Erika Beispiel" {
			t.Fatalf("candidates %+v", all)
		}
		p.sync(0)
		other.sync(0)
		if len(p.holds) != 0 || len(other.holds) != 0 {
			t.Error("the phone keeps the card that it made")
		}
		settle := func() (err error) {
			return db.Write(t.Context(), func(ctx context.Context, tx store.Tx) error {
				return c.books.Settle(ctx, tx, c.org, p.view.Device, all[0].ID)
			})
		}
		if err := settle(); err != nil || len(waiting()) != 0 {
			t.Error(err, waiting())
		}
		if err := settle(); !errors.Is(err, addressbook.ErrNoCandidate) {
			t.Errorf("settled twice: %v", err)
		}
		propose("Max Beispiel")
		c.at = c.at.Add(addressbook.CandidateLife + time.Hour)
		c.write(func(ctx context.Context, tx store.Tx) error { return c.books.ExpireCandidates(ctx, tx, c.org) })
		if len(waiting()) != 0 {
			t.Error("a candidate waits for ever")
		}
	})
}
