package app_test

import (
	"net/http"
	"testing"
	"time"

	"einklang/internal/engine/store"
	"einklang/internal/person/contact"
	"einklang/internal/rule/id"
	"einklang/internal/test/apptest"
)

// A program that names a number which somebody else has by now may mean whoever
// had it: nothing goes out, and it is asked once whose it is. One that names the
// person is never asked.
func TestAProgramNamesANumberThatAnotherHasByNow(t *testing.T) {
	apptest.Each(t, func(t *testing.T, o *apptest.Office) {
		const number = "4917604069061"
		o.Post(t, says("wamid.anna", number, "DE.anna", "Hallo", o.Clock.Now()))
		o.Clock.Advance(time.Minute)
		o.Post(t, says("wamid.bert", number, "DE.bert", "Hallo", o.Clock.Now()))
		bert, err := o.People.ByPhone(t.Context(), o.DB, o.Org.ID, number)
		if err != nil || bert == nil || bert.Profile.BSUID != "DE.bert" {
			t.Fatal(bert, err)
		}
		bill := map[string]any{"to": "+" + number, "type": "text", "text": words("Ihre Rechnung, Anna")}
		if status, reason, _ := answer(t, o, bill); status != http.StatusConflict || reason != "number_left" {
			t.Errorf("a message to the number: %d %s", status, reason)
		}
		var said struct {
			ID   string `json:"id"`
			Code string `json:"code"`
		}
		for path, want := range map[string]any{"/api/v1/contacts": map[string]any{"phone": number, "name": "Anna"}, "/api/v1/contacts/lookup": map[string]any{"phone": number}} {
			if status := o.REST(t, http.MethodPost, path, want, &said); status != http.StatusConflict || said.Code != "number_left" {
				t.Errorf("%s: %d %s", path, status, said.Code)
			}
		}
		if n := o.Count(t, "message", "contact_id = ? AND outgoing", bert.ID); n != 0 {
			t.Errorf("%d messages for Bert", n)
		}
		if status, reason, _ := answer(t, o, map[string]any{"recipient": "DE.bert", "type": "text", "text": words("Guten Tag, Bert")}); status != http.StatusAccepted {
			t.Errorf("a message to the user id: %d %s", status, reason)
		}
		questions, err := o.People.Questions(t.Context(), o.DB, o.Org.ID)
		if err != nil || len(questions) != 1 {
			t.Fatalf("asked is %+v, %v", questions, err)
		}
		o.Write(t, func(tx store.Tx) error {
			_, err := o.People.Answer(t.Context(), tx, o.Org.ID, questions[0].ID, contact.Others, id.Account(o.IDs.New()))
			return err
		})
		if status, reason, _ := answer(t, o, bill); status != http.StatusAccepted {
			t.Errorf("after the answer: %d %s", status, reason)
		}
		if status := o.REST(t, http.MethodPost, "/api/v1/contacts/lookup", map[string]any{"phone": number}, &said); status != http.StatusOK || said.ID != bert.ID.String() {
			t.Errorf("the look-up after the answer: %d %s", status, said.ID)
		}

		// A third person gets the number: what was said of it was said before.
		o.Clock.Advance(time.Minute)
		o.Post(t, says("wamid.cleo", number, "DE.cleo", "Hallo", o.Clock.Now()))
		if status, reason, _ := answer(t, o, bill); status != http.StatusConflict || reason != "number_left" {
			t.Errorf("after a third person has the number: %d %s", status, reason)
		}
		o.Settle(t)
	})
}
