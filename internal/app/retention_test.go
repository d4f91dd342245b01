package app_test

import (
	"archive/zip"
	"bytes"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"einklang/internal/account/user"
	"einklang/internal/consent/optin"
	"einklang/internal/engine/store"
	"einklang/internal/messaging/assignment"
	"einklang/internal/messaging/conversation"
	"einklang/internal/messaging/intake"
	"einklang/internal/rights/letters"
	"einklang/internal/rights/retention"
	"einklang/internal/rule/id"
	"einklang/internal/rule/period"
	"einklang/internal/test/apptest"
)

// aged is an installation in which time goes by.
type aged struct {
	*apptest.Office
	t *testing.T
	n int
}

func (a *aged) text(from, words string) {
	a.t.Helper()
	a.n++
	a.Post(a.t, apptest.Text(fmt.Sprintf("wamid.%d", a.n), from, "Erika Mustermann", words, a.Clock.Now()))
}

func (a *aged) person(phone string) id.Person {
	a.t.Helper()
	k, err := a.People.ByPhone(a.t.Context(), a.DB, a.Org.ID, phone)
	if err != nil || k == nil {
		a.t.Fatal(k, err)
	}
	return k.ID
}

func (a *aged) thread(person id.Person) id.Conversation {
	a.t.Helper()
	s, err := a.Threads.Standing(a.t.Context(), a.DB, a.Org.ID, person, a.Channel.ID)
	if err != nil {
		a.t.Fatal(err)
	}
	return s.Conversation
}

// run deletes what is due, or counts it, and returns the report.
func (a *aged) run(dry bool) map[string]int64 {
	a.t.Helper()
	a.Write(a.t, func(tx store.Tx) error { return a.Retention.Start(a.t.Context(), tx, a.Org.ID, dry) })
	var last retention.Run
	a.Until(a.t, "the run has ended", func() bool {
		all, err := retention.Runs(a.t.Context(), a.DB, a.Org.ID, 1)
		if err != nil {
			a.t.Fatal(err)
		}
		last = all[0]
		return !last.Ended.IsZero()
	})
	return last.Counts
}

func TestWhatIsDueIsDeleted(t *testing.T) {
	apptest.Each(t, func(t *testing.T, o *apptest.Office) {
		const erika, mustermann, otto, karl, paula = "4917604069001", "4917604069002", "4917604069004", "4917604069007", "4917604069008"
		a := &aged{Office: o, t: t}
		for _, who := range []string{erika, mustermann, otto, karl, paula} {
			a.text(who, "vor langer Zeit")
		}
		closed := a.thread(a.person(erika))
		a.Write(t, func(tx store.Tx) error {
			if err := o.Work.SetClosed(t.Context(), tx, assignment.Thread{Org: o.Org.ID, ID: closed, Contact: a.person(erika)}, id.Account{}, true); err != nil {
				return err
			}
			if err := o.Threads.SetKeep(t.Context(), tx, o.Org.ID, a.thread(a.person(karl)), conversation.Letter); err != nil {
				return err
			}
			until := o.Clock.Now().AddDate(2, 0, 0)
			if _, err := o.Holds.Place(t.Context(), tx, o.Org.ID, retention.Hold{Contact: a.person(paula), Conversation: a.thread(a.person(paula)), By: id.Account(o.IDs.New()), Reason: "diese Zusage", Until: until}); err != nil {
				return err
			}
			_, err := o.Holds.Place(t.Context(), tx, o.Org.ID, retention.Hold{Contact: a.person(otto), By: id.Account(o.IDs.New()), Reason: "ein Rechtsstreit", Until: o.Clock.Now().AddDate(2, 0, 0)})
			return err
		})
		old, err := o.Shelf.Save(t.Context(), o.Org.ID, a.person(erika), o.Channel.ID, "alt.png", "image/png", bytes.NewReader([]byte("\x89PNG\r\n\x1a\nalt")))
		if err != nil {
			t.Fatal(err)
		}
		o.Clock.Advance(200 * 24 * time.Hour)
		a.text(erika, "vor einigen Monaten")
		o.Clock.Advance(150 * 24 * time.Hour)
		a.n++
		o.Post(t, apptest.Webhook(map[string]any{"messages": []any{map[string]any{"id": fmt.Sprintf("wamid.%d", a.n), "from": erika, "timestamp": fmt.Sprint(o.Clock.Now().Unix()), "type": "contacts",
			"contacts": []any{map[string]any{"name": map[string]any{"formatted_name": "Jemand Anderes"}}}}}}))
		o.Clock.Advance(40 * 24 * time.Hour)
		a.text(erika, "heute")

		want := map[string]int64{period.Messages: 2, period.Cards: 1, period.Media: 1} // Erika's first, and Max who never wrote again
		same := func(when string, got map[string]int64) {
			t.Helper()
			for class, n := range want {
				if got[class] != n {
					t.Errorf("%s: %s %d, want %d (%v)", when, class, got[class], n, got)
				}
			}
		}
		same("the dry run", a.run(true))
		if n := o.Count(t, "message", ""); n != 8 {
			t.Fatalf("%d messages after a dry run, want 8", n)
		}
		same("the run", a.run(false))
		for who, n := range map[string]int{erika: 2, mustermann: 0, otto: 1, karl: 1, paula: 1} {
			if got := o.Count(t, "message", "contact_id = ?", a.person(who)); got != n {
				t.Errorf("%s: %d messages are left, want %d", who, got, n)
			}
		}
		if f, err := o.Shelf.Get(t.Context(), o.Org.ID, old.ID); err != nil || f.State != "gone" || o.Count(t, "media_chunk", "media_id = ?", old.ID) != 0 {
			t.Errorf("the old file: %+v, %v", f, err)
		}
		if n := o.Count(t, "evidence_entry", "kind = 'retention.run'"); n != 1 {
			t.Errorf("%d proofs of a deletion, want one", n)
		}
		for class := range want {
			want[class] = 0
		}
		same("again", a.run(false))

		o.Clock.Advance(7 * 366 * 24 * time.Hour) // the hold has ended, and the letter's six years
		want = map[string]int64{period.Messages: 4, period.Letters: 1}
		same("years later", a.run(false))
		if n := o.Count(t, "message", ""); n != 0 {
			t.Errorf("%d messages are left after all periods", n)
		}
	})
}

// TestTheRetentionPage: a period of one's own needs a reason and gets a warning;
// the conversation shows what holds for it.
func TestTheRetentionPage(t *testing.T) {
	apptest.Each(t, func(t *testing.T, o *apptest.Office) {
		dpo := o.SignIn(t, user.DPO)
		status, _ := submit(t, o, dpo, "/desk/retention/messages", url.Values{"amount": {"36"}})
		if status != http.StatusUnprocessableEntity {
			t.Errorf("without a reason: %d", status)
		}
		if status, page := submit(t, o, dpo, "/desk/retention/messages", url.Values{"amount": {"36"}, "reason": {"lange Bauvorhaben"}}); status != http.StatusOK || !strings.Contains(page, "lange Bauvorhaben") || !strings.Contains(page, "36 Monate") {
			t.Errorf("with a reason: %d\n%s", status, page)
		}
		if status, _ := submit(t, o, o.SignIn(t, user.Agent), "/desk/retention/messages", url.Values{"amount": {"1"}, "reason": {"x"}}); status != http.StatusForbidden {
			t.Errorf("an agent: %d", status)
		}
	})
}

// TestFixedPeriodsAreThoseOfTheProgram: the table promises what the parts do.
func TestFixedPeriodsAreThoseOfTheProgram(t *testing.T) {
	const day = 24 * time.Hour
	for key, does := range map[string]time.Duration{"payloads": intake.PayloadLife, "unapplied": intake.PoisonLife, "unconfirmed": optin.RequestKept} {
		if c, ok := period.ClassOf(key); !ok || time.Duration(c.Default)*day != does {
			t.Errorf("%s: the table says %d days, the program %s", key, c.Default, does)
		}
	}
}

// TestTheArchiveOfLetters: what is marked is in the file, with its words and its
// file, and nothing else; the last link stands in the evidence log.
func TestTheArchiveOfLetters(t *testing.T) {
	apptest.Each(t, func(t *testing.T, o *apptest.Office) {
		a := &aged{Office: o, t: t}
		a.text("4917604069001", "Wir bestellen 20 Stück")
		a.text("4917604069002", "nur ein Gruß")
		a.Write(t, func(tx store.Tx) error {
			return o.Threads.SetKeep(t.Context(), tx, o.Org.ID, a.thread(a.person("4917604069001")), conversation.Letter)
		})
		dpo := o.SignIn(t, user.DPO)
		approve(t, o, dpo, o.SignIn(t, user.Admin), "letters", "")
		status, body := visit(t, o, dpo, "/desk/archive")
		if status != http.StatusOK {
			t.Fatal(status)
		}
		n, last, err := letters.Verify(strings.NewReader(body), int64(len(body)), "")
		if err != nil || n != 1 {
			t.Fatalf("%d entries, %v", n, err)
		}
		z, err := zip.NewReader(strings.NewReader(body), int64(len(body)))
		if err != nil {
			t.Fatal(err)
		}
		letter, err := z.Open("letters/000001.txt")
		if err != nil {
			t.Fatal(err)
		}
		words, err := io.ReadAll(letter)
		if err != nil || !bytes.Contains(words, []byte("Wir bestellen 20 Stück")) || !bytes.Contains(words, []byte("4917604069001")) {
			t.Errorf("the letter: %s, %v", words, err)
		}
		if o.Count(t, "evidence_entry", "kind = 'archive.exported'") != 1 || last == "" {
			t.Error("the archive is not proved")
		}
		if status, _ := visit(t, o, o.SignIn(t, user.Agent), "/desk/archive"); status != http.StatusForbidden {
			t.Errorf("an agent: %d", status)
		}
	})
}
