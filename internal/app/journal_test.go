package app_test

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"filippo.io/age"

	"einklang/internal/account/factor"
	"einklang/internal/account/user"
	"einklang/internal/app"
	"einklang/internal/app/house"
	"einklang/internal/consent/optin"
	"einklang/internal/engine/store"
	"einklang/internal/person/chat"
	"einklang/internal/person/contact"
	"einklang/internal/phones/device"
	"einklang/internal/rights/backup"
	"einklang/internal/rights/erasure"
	"einklang/internal/rule/id"
	"einklang/internal/test/apptest"
	"einklang/internal/test/storetest"
)

// What people decided after the backup holds after its restore, and nothing is
// loosened that the backup holds.
func TestNoRestoreUndoesADecision(t *testing.T) {
	storetest.EachURL(t, func(t *testing.T, url string) {
		o, from := backedUp(t, url)
		people := map[string]*chat.Known{}
		for i, name := range []string{"stops", "withdraws", "objects", "restricted", "content", "starts again"} {
			phone := o.Customer("Erika Muster", fmt.Sprint("+49 151 1000000", i+1))
			phone.Say(o.Number, "Guten Tag")
			o.Settle(t)
			people[name] = o.Person(t, phone)
			o.Agree(t, people[name].ID, optin.Service)
		}
		stop := func(who string) {
			t.Helper()
			o.Write(t, func(tx store.Tx) error {
				_, err := o.Consents.Stop(t.Context(), tx, o.Org.ID, again(t, o, tx, people[who]), "link", id.Message{}, o.Clock.Now())
				return err
			})
		}
		stop("starts again")
		phone, password, err := o.Devices.Add(t.Context(), o.DB, device.Device{Org: o.Org.ID, Product: device.Business, Platform: device.Android,
			Management: device.Supervised, Names: true, Detail: device.Detail{Name: "Außendienst 1", Owner: "Erika Beispiel"}})
		if err != nil {
			t.Fatal(err)
		}
		staff, err := o.Users.Create(t.Context(), user.Account{Org: o.Org.ID, Role: user.Agent, Locale: "de", Name: "Kim Beispiel", Email: "kim@example.com"}, "das alte Kennwort")
		if err != nil {
			t.Fatal(err)
		}
		lost := factorOf(t, o, staff)
		if _, err := house.TakeBackup(t.Context(), &o.Engine, false); err != nil {
			t.Fatal(err)
		}

		o.Clock.Advance(time.Hour)
		o.Write(t, func(tx store.Tx) error { return o.Factors.Remove(t.Context(), tx, o.Org.ID, staff.ID, lost) })
		fresh := factorOf(t, o, staff)
		stop("stops")
		o.Write(t, func(tx store.Tx) error {
			ctx := t.Context()
			if _, err := o.Consents.Withdraw(ctx, tx, o.Org.ID, again(t, o, tx, people["withdraws"]), optin.Event{Purpose: optin.Service, Source: optin.FromLink}); err != nil {
				return err
			}
			if err := o.People.SetFlag(ctx, tx, o.Org.ID, people["objects"].ID, contact.Objected, true); err != nil {
				return err
			}
			if err := o.People.SetFlag(ctx, tx, o.Org.ID, people["restricted"].ID, contact.Restricted, true); err != nil {
				return err
			}
			_, err := o.Consents.Start(ctx, tx, o.Org.ID, again(t, o, tx, people["starts again"]), "keyword", id.Message{}, o.Clock.Now())
			return err
		})
		if err := o.Devices.Revoke(t.Context(), o.DB, o.Org.ID, phone.ID); err != nil {
			t.Fatal(err)
		}
		var link string
		o.Write(t, func(tx store.Tx) (err error) {
			link, err = o.Users.NewLink(t.Context(), tx, o.Org.ID, staff.ID)
			return err
		})
		if _, _, err := o.Users.Redeem(t.Context(), link, "das neue Kennwort", user.Through(o.DB)); err != nil {
			t.Fatal(err)
		}
		late := o.Customer("Erika Später", "+49 151 10000099")
		late.Say(o.Number, "STOP") // came after the backup
		o.Settle(t)
		if err := o.Copier().Copy(t.Context()); err != nil {
			t.Fatal(err)
		}
		if n := o.Count(t, "journal", ""); n != 0 {
			t.Errorf("%d decisions are not copied", n)
		}

		a, l := restoredWith(t, o, from)
		if l.Journal.Until.IsZero() || l.Unknown == 0 {
			t.Errorf("the journal: until %v, %d unknown", l.Journal.Until, l.Unknown)
		}
		for who, want := range map[string]struct {
			flags   chat.Flags
			granted bool
		}{
			"stops":        {chat.Flags{OptedOut: true}, false},
			"withdraws":    {chat.Flags{}, false},
			"objects":      {chat.Flags{Objected: true}, true},
			"restricted":   {chat.Flags{Restricted: true}, true},
			"content":      {chat.Flags{}, true},
			"starts again": {chat.Flags{OptedOut: true}, false},
		} {
			p := known(t, a, o.Org.ID, people[who].ID)
			got := chat.Flags{OptedOut: p.Flags.OptedOut, Objected: p.Flags.Objected, Restricted: p.Flags.Restricted}
			if who == "stops" || who == "starts again" {
				got.Objected = false // goes with a STOP
			}
			if got != want.flags {
				t.Errorf("%s: %+v, want %+v", who, got, want.flags)
			}
			states, err := a.Consents.States(t.Context(), a.DB, o.Org.ID, p.ID)
			if err != nil || len(states) != 1 || states[0].Withdrawn() == want.granted {
				t.Errorf("%s: %+v, %v", who, states, err)
			}
		}
		if _, err := a.Devices.SignIn(t.Context(), phone.Login, password, "192.0.2.1"); err == nil {
			t.Error("the revoked phone is let in")
		}
		if access, err := a.Users.Access(t.Context(), a.DB, o.Org.ID, staff.ID); err != nil || access != accessOf(t, o, staff.ID) {
			t.Errorf("the password is the old one: %v", err)
		}
		all, err := a.Factors.List(t.Context(), a.DB, o.Org.ID, staff.ID)
		if err != nil || len(all) != 1 || all[0].ID != fresh {
			t.Errorf("the factors are the old ones: %+v, %v", all, err)
		}
	})
}

// Who was merged into somebody after the backup is somebody of her own in it. What
// that one decided since holds for both, and both are gone if she was erased.
func TestNoRestoreUndoesADecisionOfWhoWasMerged(t *testing.T) {
	storetest.EachURL(t, func(t *testing.T, url string) {
		o, from := backedUp(t, url)
		people := map[string]*chat.Known{}
		for i, name := range []string{"one", "hers", "stopped", "into", "gone", "erased", "content"} {
			phone := o.Customer("Erika Muster", fmt.Sprint("+49 151 1000000", i+1))
			phone.Say(o.Number, "Guten Tag")
			o.Settle(t)
			people[name] = o.Person(t, phone)
			o.Agree(t, people[name].ID, optin.Service)
		}
		if _, err := house.TakeBackup(t.Context(), &o.Engine, false); err != nil {
			t.Fatal(err)
		}
		o.Clock.Advance(time.Hour)
		do := func(do func(ctx context.Context, tx store.Tx) error) {
			t.Helper()
			o.Write(t, func(tx store.Tx) error { return do(t.Context(), tx) })
		}
		merge := func(who, into string) {
			t.Helper()
			do(func(ctx context.Context, tx store.Tx) error {
				return o.People.Merge(ctx, tx, o.Org.ID, people[who].ID, people[into].ID)
			})
		}
		stop := func(who string) {
			t.Helper()
			do(func(ctx context.Context, tx store.Tx) error {
				_, err := o.Consents.Stop(ctx, tx, o.Org.ID, again(t, o, tx, people[who]), "link", id.Message{}, o.Clock.Now())
				return err
			})
		}
		merge("hers", "one")
		if err := o.Copier().Copy(t.Context()); err != nil {
			t.Fatal(err)
		}
		stop("one")
		stop("stopped")
		merge("stopped", "into") // before anything is copied
		merge("gone", "erased")
		eraseNow(t, o, erasure.Identity{Contact: people["erased"].ID})
		if err := o.Copier().Copy(t.Context()); err != nil {
			t.Fatal(err)
		}

		a, _ := restoredWith(t, o, from)
		for _, who := range []string{"one", "hers", "stopped", "into"} {
			if p := known(t, a, o.Org.ID, people[who].ID); !p.Flags.OptedOut {
				t.Errorf("%s may be written to: %+v", who, p.Flags)
			}
		}
		if p := known(t, a, o.Org.ID, people["content"].ID); p.Flags.OptedOut {
			t.Error("somebody else was stopped")
		}
		for _, who := range []string{"gone", "erased"} {
			all, err := a.People.GetMany(t.Context(), a.DB, o.Org.ID, []id.Person{people[who].ID})
			if p := all[people[who].ID]; err != nil || p != nil && !p.Erased {
				t.Errorf("%s is back: %v", who, err)
			}
		}
	})
}

// A journal that is missing, cut, or made by somebody else is not taken for a
// whole one.
func TestAMissingJournalIsSaid(t *testing.T) {
	storetest.EachURL(t, func(t *testing.T, url string) {
		o, from := backedUp(t, url)
		phone := o.Customer("Erika Muster", "+49 151 10000001")
		phone.Say(o.Number, "Guten Tag")
		o.Settle(t)
		if _, err := house.TakeBackup(t.Context(), &o.Engine, false); err != nil {
			t.Fatal(err)
		}
		o.Clock.Advance(time.Hour)
		phone.Say(o.Number, "STOP")
		o.Settle(t)
		if err := o.Copier().Copy(t.Context()); err != nil {
			t.Fatal(err)
		}
		files, err := filepath.Glob(filepath.Join(o.Config.Backup.Folder, "journal", "*.age"))
		if err != nil || len(files) == 0 {
			t.Fatal(files, err)
		}
		spoil := func(name string, content []byte) {
			t.Helper()
			before, err := os.ReadFile(name)
			if err != nil {
				t.Fatal(err)
			}
			if content == nil {
				err = os.Remove(name)
			} else {
				err = os.WriteFile(name, content, 0o600)
			}
			if err != nil {
				t.Fatal(err)
			}
			if _, l := restoredWith(t, o, from); !l.Journal.Until.IsZero() {
				t.Errorf("without %s the journal counts as whole", filepath.Base(name))
			}
			if err := os.WriteFile(name, before, 0o600); err != nil {
				t.Fatal(err)
			}
		}
		seen := filepath.Join(o.Config.Backup.Folder, "journal", "seen")
		text, err := os.ReadFile(seen)
		if err != nil {
			t.Fatal(err)
		}
		spoil(seen, nil)
		spoil(seen, []byte(strings.Replace(string(text), "2026", "2027", 1)))
		spoil(files[len(files)-1], nil)
		if _, l := restoredWith(t, o, from); l.Journal.Until.IsZero() {
			t.Error("the whole journal counts as missing")
		}
	})
}

// backedUp opens an office with backups in a folder, and tells how they are
// restored.
func backedUp(t *testing.T, url string) (*apptest.Office, backup.From) {
	t.Helper()
	folder := backup.Folder(filepath.Join(t.TempDir(), "backups"))
	identity, recipients := newIdentity(t)
	o := apptest.OpenWith(t, url, apptest.Options{Config: func(c *app.Config) { c.Backup = backup.Config{Folder: string(folder), Recipients: recipients} }})
	return o, backup.From{Target: folder, Identities: []age.Identity{identity}, Installations: []string{o.Signer.Installation()}}
}

// again reads a person anew in a transaction.
func again(t *testing.T, o *apptest.Office, tx store.Tx, p *chat.Known) *chat.Known {
	t.Helper()
	all, err := o.People.GetMany(t.Context(), tx, o.Org.ID, []id.Person{p.ID})
	if err != nil {
		t.Fatal(err)
	}
	return all[p.ID]
}

func known(t *testing.T, a *house.House, org id.Org, person id.Person) *chat.Known {
	t.Helper()
	all, err := a.People.GetMany(t.Context(), a.DB, org, []id.Person{person})
	if err != nil || all[person] == nil {
		t.Fatal(all, err)
	}
	return all[person]
}

func accessOf(t *testing.T, o *apptest.Office, account id.Account) user.Access {
	t.Helper()
	a, err := o.Users.Access(t.Context(), o.DB, o.Org.ID, account)
	if err != nil {
		t.Fatal(err)
	}
	return a
}

// restoredWith restores into an empty installation on SQLite, and opens it
// without running it.
func restoredWith(t *testing.T, o *apptest.Office, from backup.From) (*house.House, backup.Loaded) {
	t.Helper()
	c := o.Config
	c.Data, c.Database = t.TempDir(), ""
	l, err := house.Restore(context.Background(), c, from, backup.Load)
	if err != nil {
		t.Fatal(err)
	}
	h, err := house.Open(t.Context(), c)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = h.Close() })
	return h, l
}

// factorOf gives somebody an authenticator app.
func factorOf(t *testing.T, o *apptest.Office, a user.Account) id.Factor {
	t.Helper()
	owner := factor.Owner{Org: a.Org, Account: a.ID, Name: a.Name, Email: a.Email}
	key, err := o.Factors.OfferTOTP(t.Context(), owner)
	if err != nil {
		t.Fatal(err)
	}
	o.Write(t, func(tx store.Tx) error {
		_, err := o.Factors.ConfirmTOTP(t.Context(), tx, owner, "Telefon", apptest.AppCode(key.Text, o.Clock.Now()))
		return err
	})
	all, err := o.Factors.List(t.Context(), o.DB, a.Org, a.ID)
	if err != nil || len(all) != 1 {
		t.Fatal(all, err)
	}
	return all[0].ID
}
