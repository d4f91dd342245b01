package app_test

import (
	"fmt"
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"einklang/internal/account/org"
	"einklang/internal/account/user"
	"einklang/internal/engine/store"
	"einklang/internal/person/chat"
	"einklang/internal/person/contact"
	"einklang/internal/rights/erasure"
	"einklang/internal/rule/id"
	"einklang/internal/test/apptest"
)

// looked looks somebody up over REST.
func looked(t *testing.T, o *apptest.Office, number string) (status int, person, code string) {
	t.Helper()
	var said struct {
		ID   string `json:"id"`
		Code string `json:"code"`
	}
	status = o.REST(t, http.MethodPost, "/api/v1/contacts/lookup", map[string]any{"phone": number}, &said)
	return status, said.ID, said.Code
}

// Meta, programs and staff write one number in many ways: it is one person, the
// STOP that was said from one form holds for all, and she is written to in the
// form that Meta uses.
func TestOneNumberIsOnePersonThroughEveryDoor(t *testing.T) {
	apptest.Each(t, func(t *testing.T, o *apptest.Office) {
		lead := o.SignIn(t, user.Admin)
		for n, c := range []struct {
			meta, again string // how Meta writes it, then and later
			one         string
			ways        []string
		}{
			{"551187654322", "5511987654322", "5511987654322", []string{"+55 11 98765-4322", "551187654322", "0055 (0)11 8765-4322", "+５５ １１ ９８７６５ ４３２２"}},
			{"5215512345679", "525512345679", "525512345679", []string{"+52 1 55 1234 5679", "525512345679"}},
			{"5491123456789", "541123456789", "5491123456789", []string{"+54 9 11 2345-6789", "+54 11 15 2345-6789", "541123456789"}},
			{"4917604069955", "4917604069955", "4917604069955", []string{"+49 (0)176 04069955", "0049 176 04069955", "tel:+49-176-04069955"}},
		} {
			o.Post(t, apptest.Text(fmt.Sprintf("wamid.%d.a", n), c.meta, "Kim", "Guten Tag", o.Clock.Now()))
			p, err := o.People.ByPhone(t.Context(), o.DB, o.Org.ID, c.one)
			if err != nil || p == nil || p.Profile.Phone != c.one || p.Profile.Address() != c.meta {
				t.Fatalf("%s: %+v, %v", c.meta, p, err)
			}
			for _, way := range c.ways {
				if status, person, _ := looked(t, o, way); status != http.StatusOK || person != p.ID.String() {
					t.Errorf("%q over REST: %d %s, want %s", way, status, person, p.ID)
				}
				if _, page := visit(t, o, lead, "/search?q="+url.QueryEscape(way)); !strings.Contains(page, "/inbox/"+thread(t, o, p.ID).ID.String()) {
					t.Errorf("%q is not found by staff", way)
				}
			}
			o.Post(t, apptest.Text(fmt.Sprintf("wamid.%d.b", n), c.again, "Kim", "STOP", o.Clock.Now()))
			if now, err := o.People.Get(t.Context(), o.DB, o.Org.ID, p.ID); err != nil || !now.Flags.OptedOut || now.Profile.Address() != c.again {
				t.Errorf("%s after the STOP: %+v, %v", c.again, now, err)
			}
			for _, way := range c.ways {
				if status, reason, _ := answer(t, o, map[string]any{"to": way, "type": "text", "text": words("Hallo")}); status != http.StatusForbidden || reason != "opted_out" {
					t.Errorf("%q after the STOP: %d %s", way, status, reason)
				}
			}
			if n := o.Count(t, "message", "contact_id = ? AND NOT outgoing", p.ID); n != 2 {
				t.Errorf("%d of 2 messages are hers", n)
			}
			o.Settle(t)
		}
		if n := o.Count(t, "contact", "state = 'active'"); n != 4 {
			t.Errorf("%d people, want 4", n)
		}
	})
}

// Who was erased under one form of her number is not brought back by another,
// also when the tombstone was set before there was one form.
func TestATombstoneHoldsForAllForms(t *testing.T) {
	apptest.Each(t, func(t *testing.T, o *apptest.Office) {
		graves := erasure.Tombstones{People: o.People}
		for n, c := range []struct{ erased, named string }{
			{"551187654322", "5511987654322"}, {"5511987654322", "5511987654322"}, {"5215512345679", "525512345679"}, {"54111523456789", "5491123456789"}, {"49017604069955", "4917604069955"},
		} {
			person := id.Person(o.IDs.New())
			o.Write(t, func(tx store.Tx) error {
				keys, err := o.Vault.Org(t.Context(), tx, o.Org.ID)
				if err != nil {
					return err
				}
				if _, err := tx.Exec(t.Context(), "DELETE FROM tombstone WHERE org_id = ?", o.Org.ID); err != nil {
					return err
				}
				_, err = tx.Exec(t.Context(), "INSERT INTO tombstone (org_id, kind, hash, contact_id, at, until) VALUES (?, 'phone', ?, ?, 1, 9)", o.Org.ID, keys.Lookup("phone", c.erased), person)
				return err
			})
			if there, err := graves.Erased(t.Context(), o.DB, o.Org.ID, "phone", c.named); err != nil || !there {
				t.Errorf("%d: %s was erased, and %s is not: %v", n, c.erased, c.named, err)
			}
			if there, err := graves.Erased(t.Context(), o.DB, o.Org.ID, "phone", "4915100000009"); err != nil || there {
				t.Errorf("%d: a stranger is erased, %v", n, err)
			}
		}
	})
}

// Meta's answer and its statuses say under which user id a number is known: a
// STOP that comes under the user id alone holds for the number.
func TestWhatMetaAnswersIsLearned(t *testing.T) {
	apptest.Each(t, func(t *testing.T, o *apptest.Office) {
		const number = "4917604069071"
		kim := o.Customer("Kim", number)
		kim.Remember(o.Number, o.Clock.Now())                                             // her last message, for Meta's window
		o.Post(t, apptest.Text("wamid.first", number, "Kim", "Guten Tag", o.Clock.Now())) // shows no user id
		p, err := o.People.ByPhone(t.Context(), o.DB, o.Org.ID, number)
		if err != nil || p == nil || p.Profile.BSUID != "" {
			t.Fatalf("%+v, %v", p, err)
		}
		if status, reason, _ := answer(t, o, map[string]any{"to": number, "type": "text", "text": words("Guten Tag, Kim")}); status != http.StatusAccepted {
			t.Fatalf("the answer: %d %s", status, reason)
		}
		o.Settle(t)
		o.Until(t, "the answer is learned", func() bool {
			now, err := o.People.Get(t.Context(), o.DB, o.Org.ID, p.ID)
			return err == nil && now.Profile.BSUID == kim.UserID
		})

		// A status names her parent id as well.
		sent := fromUs(o, kim.ID)
		status := map[string]any{"id": sent[0].ID, "status": "read", "timestamp": fmt.Sprint(o.Clock.Now().Unix()), "recipient_id": number, "recipient_user_id": kim.UserID, "recipient_parent_user_id": "DE.ENT.77"}
		for range 2 {
			o.Post(t, apptest.Webhook(map[string]any{"statuses": []any{status}}))
		}
		if now, err := o.People.Get(t.Context(), o.DB, o.Org.ID, p.ID); err != nil || now.Profile.ParentBSUID != "DE.ENT.77" {
			t.Errorf("after the status: %+v, %v", now, err)
		}

		o.Post(t, says("wamid.stop", "", kim.UserID, "STOP", o.Clock.Now()))
		now, err := o.People.ByPhone(t.Context(), o.DB, o.Org.ID, number)
		if err != nil || now == nil || now.ID != p.ID || !now.Flags.OptedOut {
			t.Errorf("after a STOP by the user id: %+v, %v", now, err)
		}
		if n := o.Count(t, "contact", "state = 'active'"); n != 1 {
			t.Errorf("%d people", n)
		}
		o.Settle(t)
	})
}

// A number that its owner has left is never sent to. Whoever names it from
// elsewhere than WhatsApp is held until a person has said whose it is.
func TestALeftNumberIsHeldAndAskedAbout(t *testing.T) {
	apptest.Each(t, func(t *testing.T, o *apptest.Office) {
		const old, now = "4917604069081", "4917604069082"
		kim := o.Customer("Kim Muster", old)
		kim.Say(o.Number, "Guten Tag")
		o.Settle(t)
		kim.ChangeNumber(now)
		o.Settle(t)
		p := o.Person(t, kim)
		if p.Profile.Phone != now || !slices.Contains(p.Profile.FormerPhones, old) {
			t.Fatalf("%+v", p.Profile)
		}
		if status, reason, _ := answer(t, o, map[string]any{"to": "+49 176 04069081", "type": "text", "text": words("Hallo")}); status != http.StatusConflict || reason != "number_left" {
			t.Errorf("a message to the left number: %d %s", status, reason)
		}
		var said struct {
			ID   string `json:"id"`
			Code string `json:"code"`
		}
		if status := o.REST(t, http.MethodPost, "/api/v1/contacts", map[string]any{"phone": old, "name": "Alex"}, &said); status != http.StatusConflict || said.Code != "number_left" {
			t.Errorf("a contact with the left number: %d %s", status, said.Code)
		}
		if n := o.Count(t, "contact", ""); n != 1 {
			t.Errorf("%d people: somebody was made", n)
		}
		if n := o.Count(t, "number_question", "state = 'asked' AND source = 'program'"); n != 1 {
			t.Fatalf("%d questions, want one for the number", n)
		}
		dpo := o.SignIn(t, user.DPO)
		_, page := visit(t, o, dpo, "/desk/numbers")
		at := "/desk/numbers/"
		from := strings.Index(page, `action="`+at)
		if from < 0 || !strings.Contains(page, "+"+old) || !strings.Contains(page, "Kim Muster") {
			t.Fatalf("nobody is asked:\n%s", page)
		}
		at = page[from+len(`action="`):]
		at = at[:strings.Index(at, `"`)]
		if status, _ := submit(t, o, o.SignIn(t, user.Agent), at, url.Values{"do": {"other"}}); status != http.StatusForbidden {
			t.Errorf("an agent answers: %d", status)
		}
		if status, _ := submit(t, o, dpo, at, url.Values{"do": {"other"}}); status != http.StatusOK {
			t.Errorf("the answer: %d", status)
		}
		if status, _ := submit(t, o, dpo, at, url.Values{"do": {"hers"}}); status != http.StatusConflict {
			t.Errorf("a second answer: %d", status)
		}
		if status := o.REST(t, http.MethodPost, "/api/v1/contacts", map[string]any{"phone": old, "name": "Alex"}, &said); status != http.StatusCreated || said.ID == p.ID.String() {
			t.Errorf("after the answer: %d %s", status, said.ID)
		}
		if sent := fromUs(o, kim.ID); len(sent) != 0 {
			t.Errorf("%d messages went out", len(sent))
		}
	})
}

// A number shared at our request is the sender's own: it joins her, and is no
// card of a third person's.
func TestASharedNumberJoinsTheSender(t *testing.T) {
	apptest.Each(t, func(t *testing.T, o *apptest.Office) {
		const number = "4917604069091"
		o.Post(t, apptest.Text("wamid.before", number, "Lou", "Von früher", o.Clock.Now()))
		lou := o.Customer("Lou", "")
		lou.Say(o.Number, "Guten Tag")
		o.Settle(t)
		p := o.Person(t, lou)
		at := "/inbox/" + thread(t, o, p.ID).ID.String()
		agent := o.SignIn(t, user.Agent)
		if _, page := visit(t, o, agent, at); !strings.Contains(page, at+"/number") {
			t.Error("nobody can ask for the number")
		}
		_, page := visit(t, o, agent, at)
		key := regexp.MustCompile(`/number"><input type="hidden" name="key" value="([0-9a-f-]{36})"`).FindStringSubmatch(page)
		if key == nil {
			t.Fatalf("the form names no press of its button: %s", page)
		}
		before := o.Count(t, "message", "type = 'interactive'")
		for range 2 { // a double click
			if status, page := submit(t, o, agent, at+"/number", url.Values{"text": {"Teilen Sie uns Ihre Nummer mit?"}, "key": {key[1]}}); status != http.StatusOK {
				t.Fatalf("asking: %d\n%s", status, page)
			}
		}
		if n := o.Count(t, "message", "type = 'interactive'") - before; n != 1 {
			t.Errorf("a double click asks %d times", n)
		}
		o.Clock.Advance(10 * time.Second)
		o.Until(t, "the question is sent", func() bool { return len(fromUs(o, lou.ID)) > 1 })
		o.Settle(t)
		asked := fromUs(o, lou.ID)
		if len(asked) == 0 || !strings.Contains(string(asked[len(asked)-1].Content), "request_contact_info") {
			t.Fatalf("%d messages, the last is no such question", len(asked))
		}
		card := map[string]any{"name": map[string]any{"formatted_name": "Lou"}, "phones": []any{map[string]any{"phone": "+49 176 04069091", "wa_id": number}}, "origin": "contact_request"}
		if _, err := lou.Send(o.Number, "contacts", []any{card}, asked[len(asked)-1].ID); err != nil {
			t.Fatal(err)
		}
		o.Settle(t)
		now := o.Person(t, lou)
		if now == nil || now.Profile.Phone != number || now.Profile.BSUID != lou.UserID {
			t.Fatalf("%+v", now)
		}
		if n := o.Count(t, "message", "contact_id = ? AND NOT outgoing", now.ID); n != 3 {
			t.Errorf("%d of 3 messages are hers", n)
		}
		if n := o.Count(t, "message", "type = 'contacts'"); n != 0 {
			t.Errorf("%d cards of third persons", n)
		}
		if _, page := visit(t, o, agent, "/inbox/"+thread(t, o, now.ID).ID.String()); strings.Contains(page, "Daten einer dritten Person") || !strings.Contains(page, "Eigene Telefonnummer") || strings.Contains(page, "/number\"") {
			t.Error("the page takes it for somebody else's, or goes on asking")
		}
		// A card that she sends by herself is somebody else's.
		card["origin"], card["phones"] = "other", []any{map[string]any{"phone": "+49 176 04069092", "wa_id": "4917604069092"}}
		if _, err := lou.Send(o.Number, "contacts", []any{card}, ""); err != nil {
			t.Fatal(err)
		}
		o.Settle(t)
		if again := o.Person(t, lou); again.Profile.Phone != number || o.Count(t, "message", "type = 'contacts'") != 1 {
			t.Errorf("another's card: %+v", again.Profile)
		}
	})
}

// A number without a country code is read by the country of the organisation; a
// program is refused with it as long as nobody has said one.
func TestANationalNumberIsReadByTheCountry(t *testing.T) {
	apptest.Each(t, func(t *testing.T, o *apptest.Office) {
		o.Post(t, apptest.Text("wamid.1", "436641234567", "Kim", "Guten Tag", o.Clock.Now()))
		if status, _, code := looked(t, o, "0664 1234567"); status != http.StatusUnprocessableEntity || code != "national_number" {
			t.Errorf("without a country: %d %s", status, code)
		}
		if n := o.Count(t, "contact", ""); n != 1 {
			t.Errorf("%d people", n)
		}
		admin := o.SignIn(t, user.Admin)
		if status, page := submit(t, o, admin, "/settings/hours", url.Values{"country": {"XX"}}); status != http.StatusUnprocessableEntity || !strings.Contains(page, "Dieses Land ist nicht bekannt") {
			t.Errorf("a country that is none: %d", status)
		}
		if status, _ := submit(t, o, admin, "/settings/hours", url.Values{"country": {"at"}}); status != http.StatusOK {
			t.Errorf("setting it: %d", status)
		}
		if status, person, code := looked(t, o, "0664 1234567"); status != http.StatusOK || person == "" {
			t.Errorf("with the country: %d %s", status, code)
		}
		if status, _, code := looked(t, o, "01"); status != http.StatusUnprocessableEntity || code != "invalid_number" {
			t.Errorf("no number: %d %s", status, code)
		}
		if got, err := o.Orgs.Get(t.Context(), o.DB, o.Org.ID); err != nil || got.Settings.Country != "AT" || got.Settings.Home() != "AT" || (org.Settings{}).Home() != "DE" {
			t.Errorf("%q, %v", got.Settings.Country, err)
		}
	})
}

// What is stored in forms of earlier programs is brought into one form on
// start, and whoever had two records has one, with the stricter flag.
func TestOldFormsAreBroughtIntoOneOnStart(t *testing.T) {
	apptest.Each(t, func(t *testing.T, o *apptest.Office) {
		o.Post(t, apptest.Text("wamid.1", "5511987654322", "Kim", "Guten Tag", o.Clock.Now()))
		o.Post(t, apptest.Text("wamid.2", "4915100000077", "Kim", "STOP", o.Clock.Now()))
		o.Settle(t)
		var one, other *chat.Known
		o.Write(t, func(tx store.Tx) (err error) {
			if one, err = o.People.ByPhone(t.Context(), tx, o.Org.ID, "5511987654322"); err != nil {
				return err
			}
			if other, err = o.People.ByPhone(t.Context(), tx, o.Org.ID, "4915100000077"); err != nil {
				return err
			}
			keys, err := o.Vault.Org(t.Context(), tx, o.Org.ID)
			if err != nil {
				return err
			}
			sealed := other.Keys.Seal("contact.profile", other.ID, []byte(`{"name":"Kim","phone":"551187654322"}`))
			if _, err := tx.Exec(t.Context(), "UPDATE contact SET profile = ? WHERE org_id = ? AND id = ?", sealed, o.Org.ID, other.ID); err != nil {
				return err
			}
			if _, err := tx.Exec(t.Context(), "UPDATE identity SET hash = ? WHERE org_id = ? AND contact_id = ?", keys.Lookup("phone", "551187654322"), o.Org.ID, other.ID); err != nil {
				return err
			}
			_, err = tx.Exec(t.Context(), "DELETE FROM identity_rekey WHERE org_id = ?", o.Org.ID)
			return err
		})
		if err := o.People.Rekey(t.Context(), o.DB, o.Log, o.Orgs.IDs); err != nil {
			t.Fatal(err)
		}
		for _, way := range []string{"551187654322", "5511987654322"} {
			p, err := o.People.ByPhone(t.Context(), o.DB, o.Org.ID, way)
			if err != nil || p == nil || p.ID != one.ID || !p.Flags.OptedOut || p.Profile.Phone != "5511987654322" {
				t.Errorf("%s: %+v, %v", way, p, err)
			}
		}
		if n := o.Count(t, "message", "contact_id = ? AND NOT outgoing", one.ID); n != 2 {
			t.Errorf("%d of 2 messages are hers", n)
		}
		_, page := visit(t, o, o.SignIn(t, user.DPO), "/desk/numbers")
		if !strings.Contains(page, "<dd>1</dd>") || !strings.Contains(page, "zwei Einträge mit einer Nummer sind einer") {
			t.Errorf("the report does not say so:\n%s", page)
		}
		var c contact.Rekeyed
		o.Write(t, func(tx store.Tx) (err error) { c, err = o.People.Rekeying(t.Context(), tx, o.Org.ID); return err })
		if c.Joined != 1 || c.Done.IsZero() || len(c.Pairs) != 1 || c.Pairs[0].Stays != one.ID || c.Pairs[0].Other != other.ID {
			t.Errorf("%+v", c)
		}
	})
}
