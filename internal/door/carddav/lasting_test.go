package carddav_test

import (
	"bytes"
	"mime/multipart"
	"net/http"
	"reflect"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"einklang/internal/engine/store"
	"einklang/internal/messaging/assignment"
	"einklang/internal/person/contact"
	"einklang/internal/phones/addressbook"
	"einklang/internal/phones/device"
	"einklang/internal/rule/id"
	"einklang/internal/test/apptest"
)

// A full book may not be where WhatsApp is: the owner's word that it is there
// empties the book at once, and the next sync takes every card off.
func TestS01AFullBookEmptiesAtOnceWhereWhatsAppIs(t *testing.T) {
	apptest.Each(t, func(t *testing.T, o *apptest.Office) {
		p := addPhone(t, o, func(d *device.Device) { d.Product = device.None })
		meet(t, o, 1, 4)
		_, body, _ := ask(t, o, p, "REPORT", p.book(), syncBody(""))
		if n := strings.Count(body, "200 OK"); n != 3 {
			t.Fatalf("the full book has %d cards", n)
		}
		token, err := o.Devices.Link(t.Context(), o.DB, p.Org, p.ID, device.ToCheck)
		if err != nil {
			t.Fatal(err)
		}
		var form bytes.Buffer
		fields := multipart.NewWriter(&form)
		for item, given := range map[device.Item]string{device.BusinessOnly: "yes", device.NoWhatsApp: "no", device.ScreenLock: "yes"} {
			if err := fields.WriteField(string(item), given); err != nil {
				t.Fatal(err)
			}
		}
		if err := fields.Close(); err != nil {
			t.Fatal(err)
		}
		answer, err := http.Post(o.URL+"/phone/check/"+token, fields.FormDataContentType(), &form) //nolint:noctx // of the test itself
		if err != nil {
			t.Fatal(err)
		}
		_ = answer.Body.Close()
		if d := reread(t, o, p); answer.StatusCode != 200 || d.Standing != device.Empty {
			t.Errorf("the page answers %d, and the book is %s", answer.StatusCode, d.Standing)
		}
		_, body, _ = ask(t, o, p, "REPORT", p.book(), syncBody(tokenIn(t, body)))
		if n := strings.Count(body, "404 Not Found"); n != 3 || strings.Contains(body, "200 OK") {
			t.Errorf("told to delete %d of 3 cards:\n%s", n, body)
		}
		attest(t, o, p.Device) // WhatsApp is gone
		if _, body, _ = ask(t, o, p, "REPORT", p.book(), syncBody(tokenIn(t, body))); strings.Count(body, "200 OK") != 3 {
			t.Errorf("after WhatsApp was deleted:\n%s", body)
		}
	})
}

// Whatever changes what is on a card changes its tag and the token of the book:
// each setting of the device, and each thing about the person.
func TestACardsTagChangesWithTheCard(t *testing.T) {
	apptest.Each(t, func(t *testing.T, o *apptest.Office) {
		erika := meet(t, o, 0, 1)[0]
		grant(t, o, erika)
		label := assignment.Label{Name: "Stammkunde", Colour: "teal"}
		o.Write(t, func(tx store.Tx) (err error) {
			if label.ID, err = o.Work.SaveLabel(t.Context(), tx, o.Org.ID, label); err != nil {
				return err
			}
			if err = o.Work.SetLabel(t.Context(), tx, o.Org.ID, erika, label.ID, true); err != nil {
				return err
			}
			return o.Portraits.Set(t.Context(), tx, o.Org.ID, erika, small(t))
		})
		p := addPhone(t, o, func(d *device.Device) { d.Names = false })
		type seen struct{ card, tag, token string }
		look := func() (s seen) {
			var status int
			status, s.card, _ = ask(t, o, p, "GET", p.book()+addressbook.NameOf(erika), "")
			_, list, _ := ask(t, o, p, "REPORT", p.book(), syncBody(""))
			s.token = tokenIn(t, list)
			m := regexp.MustCompile(`<d:getetag>([^<]+)<`).FindStringSubmatch(list)
			if status != 200 || m == nil {
				t.Fatalf("%d: %s", status, list)
			}
			s.tag = m[1]
			return s
		}
		setting := func(change func(*device.Device)) func() {
			return func() {
				change(&p.Device)
				if err := o.Devices.Change(t.Context(), o.DB, p.Device); err != nil {
					t.Fatal(err)
				}
			}
		}
		person := func(change func(tx store.Tx) error) func() { return func() { o.Write(t, change) } }
		before := look()
		tags := []string{before.tag}
		for _, c := range []struct {
			name   string
			change func()
		}{
			{"names", setting(func(d *device.Device) { d.Names = true })},
			{"labels", setting(func(d *device.Device) { d.Groups = true })},
			{"pictures", setting(func(d *device.Device) { d.Pictures = true })},
			{"no names", setting(func(d *device.Device) { d.Names = false })},
			{"another name of a label", person(func(tx store.Tx) error {
				label.Name = "Neukunde"
				_, err := o.Work.SaveLabel(t.Context(), tx, o.Org.ID, label)
				return err
			})},
			{"no picture", person(func(tx store.Tx) error { return o.Portraits.Remove(t.Context(), tx, o.Org.ID, erika) })},
			{"a picture", person(func(tx store.Tx) error { return o.Portraits.Set(t.Context(), tx, o.Org.ID, erika, small(t)) })},
			{"no label any more", person(func(tx store.Tx) error { return o.Work.DeleteLabel(t.Context(), tx, o.Org.ID, label.ID) })},
		} {
			o.Clock.Advance(time.Second)
			c.change()
			after := look()
			if after.card == before.card {
				t.Errorf("%s: the card is the same", c.name)
			}
			if after.token == before.token {
				t.Errorf("%s: the token of the book is the same", c.name)
			}
			if slices.Contains(tags, after.tag) {
				t.Errorf("%s: another card has the tag %s", c.name, after.tag)
			}
			tags, before = append(tags, after.tag), after
		}
	})
}

// Every field that a view may show is in the tag of a card: one that is added
// later as well.
func TestEveryFieldOfAViewIsInTheTag(t *testing.T) {
	seen := map[string]string{addressbook.Fields{}.Mark(): "none"}
	for i := range reflect.TypeFor[addressbook.Fields]().NumField() {
		var f addressbook.Fields
		reflect.ValueOf(&f).Elem().Field(i).SetBool(true)
		name := reflect.TypeFor[addressbook.Fields]().Field(i).Name
		if other, there := seen[f.Mark()]; there {
			t.Errorf("%s is marked as %s is", name, other)
		}
		seen[f.Mark()] = name
	}
}

// A token that was just given holds with the next request: in an empty book, in
// parts of a book, after departures were forgotten, and while others come and go.
func TestATokenJustGivenHolds(t *testing.T) {
	apptest.Each(t, func(t *testing.T, o *apptest.Office) {
		with, full := addPhone(t, o, func(d *device.Device) { d.Candidates = true }), addPhone(t, o, func(d *device.Device) { d.Product = device.None })
		tokens := map[id.Device]string{}
		sync := func(when string, p phone) string {
			t.Helper()
			status, body, _ := ask(t, o, p, "REPORT", p.book(), syncBody(tokens[p.ID]))
			if status != 207 {
				t.Fatalf("%s, with %s: the token %q is refused: %d %s", when, p.Product, tokens[p.ID], status, body)
			}
			tokens[p.ID] = tokenIn(t, body)
			return body
		}
		all := []phone{with, full}
		both := func(when string) {
			t.Helper()
			for _, p := range all[:2] {
				sync(when, p)
				sync(when+", again", p)
			}
		}
		later := func() {
			o.Clock.Advance(181 * 24 * time.Hour)
			for _, p := range all {
				attest(t, o, p.Device)
			}
		}
		expire := func() {
			o.Write(t, func(tx store.Tx) error {
				return o.Books.ExpireTouches(t.Context(), tx, o.Org.ID, o.Clock.Now().Add(-180*24*time.Hour))
			})
		}
		both("empty")
		people := meet(t, o, 1, 6)
		grant(t, o, people[:4]...)
		both("filled")
		o.Write(t, func(tx store.Tx) error {
			return o.People.SetFlag(t.Context(), tx, o.Org.ID, people[0], contact.Restricted, true)
		})
		both("after a departure")
		later()
		both("long after it")
		expire()
		both("after it was forgotten")

		// A card made on the phone, which leaves it, and is forgotten as well.
		if status, body, _ := ask(t, o, with, "PUT", with.book()+"neu.vcf", newCard, "Content-Type", "text/vcard"); status != 201 {
			t.Fatalf("%d %s", status, body)
		}
		both("after a proposal")
		late := addPhone(t, o, func(d *device.Device) { d.Candidates = true })
		all = append(all, late)
		sync("late", late)
		if status, _, _ := ask(t, o, late, "PUT", late.book()+"neu.vcf", newCard, "Content-Type", "text/vcard"); status != 201 {
			t.Fatal(status)
		}
		later()
		o.Write(t, func(tx store.Tx) error { return o.Books.ExpireCandidates(t.Context(), tx, o.Org.ID) })
		both("long after the proposal")
		expire()
		both("after the proposal was forgotten")
		// Who did not come in time is not left with the card that she made.
		if status, body, _ := ask(t, o, late, "REPORT", late.book(), syncBody(tokens[late.ID])); status != 403 || !strings.Contains(body, "valid-sync-token") {
			t.Errorf("a phone that missed what is forgotten: %d %s", status, body)
		}

		// A book that is read in parts.
		delete(tokens, full.ID)
		token, cards := "", 0
		for part := 0; part < 10; part++ {
			status, body, _ := ask(t, o, full, "REPORT", full.book(),
				strings.Replace(syncBody(token), "</sync-level>", "</sync-level><limit><nresults>1</nresults></limit>", 1))
			if status != 207 {
				t.Fatalf("part %s after %q: %d %s", strconv.Itoa(part), token, status, body)
			}
			cards += strings.Count(body, "200 OK")
			if token = tokenIn(t, body); !strings.Contains(body, "507") {
				break
			}
		}
		if cards != 4 {
			t.Errorf("%d of 4 cards came in parts", cards)
		}
	})
}
