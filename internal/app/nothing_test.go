package app_test

import (
	"net/http"
	"net/url"
	"testing"

	"einklang/internal/account/user"
	"einklang/internal/rule/id"
	"einklang/internal/test/apptest"
)

// nobodysID is what a program writes that has no identifier and sends one.
const nobodysID = "00000000-0000-0000-0000-000000000000"

// A conversation is taken from a colleague only by a form that says so.
func TestNobodyIsGivenAConversationOnlyWhereTheFormSaysSo(t *testing.T) {
	apptest.Each(t, func(t *testing.T, o *apptest.Office) {
		agent := o.SignIn(t, user.Agent)
		erika := o.Customer("Erika Mustermann", "4917604069001")
		erika.Say(o.Number, "Guten Tag")
		o.Settle(t)
		assign := "/inbox/" + thread(t, o, o.Person(t, erika).ID).ID.String() + "/assign"
		given := func() int { return o.Count(t, "conversation", "assignee_id IS NOT NULL OR team_id IS NOT NULL") }
		if status, _ := submit(t, o, agent, assign, url.Values{"kind": {"me"}}); status != http.StatusOK || given() != 1 {
			t.Fatalf("she did not get it: %d", status)
		}
		for _, said := range []url.Values{nil, {"kind": {"account"}}, {"kind": {"team"}}, {"kind": {"account"}, "to": {""}}, {"kind": {"account"}, "to": {nobodysID}},
			{"kind": {"team"}, "to": {nobodysID}}, {"kind": {"nobody"}, "to": {nobodysID}}, {"kind": {"anybody"}}, {"to": {nobodysID}}} {
			if status, _ := submit(t, o, agent, assign, said); status != http.StatusUnprocessableEntity || given() != 1 {
				t.Errorf("%v: %d, and %d are given", said, status, given())
			}
		}
		if status, _ := submit(t, o, agent, assign, url.Values{"kind": {"nobody"}}); status != http.StatusOK || given() != 0 {
			t.Errorf("to nobody: %d, and %d are given", status, given())
		}
	})
}

// An identifier of zeros is none, wherever one is read: it never stands for
// "all" or for "none".
func TestAnIdentifierOfZerosNamesNothing(t *testing.T) {
	apptest.Each(t, func(t *testing.T, o *apptest.Office) {
		dpo := o.SignIn(t, user.DPO)
		erika := o.Customer("Erika Mustermann", "4917604069001")
		erika.Say(o.Number, "Guten Tag")
		o.Settle(t)
		p := o.Person(t, erika).ID
		for path, want := range map[string]int{
			"/inbox/" + nobodysID:                                        http.StatusNotFound,
			"/inbox?view=team&of=" + nobodysID:                           http.StatusUnprocessableEntity,
			"/search?q=Guten&channel=" + nobodysID:                       http.StatusUnprocessableEntity,
			"/inbox/" + thread(t, o, p).ID.String() + "?at=" + nobodysID: http.StatusUnprocessableEntity,
			"/desk/holds?after=" + nobodysID:                             http.StatusUnprocessableEntity,
			"/desk/breaches?after=" + nobodysID:                          http.StatusUnprocessableEntity,
			"/desk/approvals?after=" + nobodysID:                         http.StatusUnprocessableEntity,
			"/desk/processors?after=" + nobodysID:                        http.StatusUnprocessableEntity,
			"/desk/audit?person=" + nobodysID:                            http.StatusUnprocessableEntity,
			"/desk/audit?staff=" + nobodysID:                             http.StatusUnprocessableEntity,
			"/desk/audit?before=" + nobodysID:                            http.StatusUnprocessableEntity,
			"/people/" + nobodysID + "/consent":                          http.StatusNotFound,
		} {
			if status, _ := visit(t, o, dpo, path); status != want {
				t.Errorf("%s: %d, want %d", path, status, want)
			}
		}
		for path, want := range map[string]int{"/api/v1/messages?after=" + nobodysID: http.StatusUnprocessableEntity, "/api/v1/contacts?after=" + nobodysID: http.StatusUnprocessableEntity, "/api/v1/contacts/" + nobodysID: http.StatusNotFound} {
			var answer map[string]any
			if status := o.REST(t, http.MethodGet, path, nil, &answer); status != want {
				t.Errorf("%s: %d, want %d", path, status, want)
			}
		}
		for _, quote := range []string{nobodysID, id.Message(o.IDs.New()).String()} {
			var answer map[string]any
			if status := o.REST(t, http.MethodPost, "/api/v1/messages", map[string]any{"contact_id": p.String(), "type": "text", "text": map[string]any{"body": "Hallo"}, "reply_to": quote}, &answer); status != http.StatusUnprocessableEntity {
				t.Errorf("an answer to %s: %d %v", quote, status, answer)
			}
		}
		if n := o.Count(t, "message", "outgoing = ?", true); n != 0 {
			t.Errorf("%d messages were sent", n)
		}
	})
}
