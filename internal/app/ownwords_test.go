package app_test

import (
	"net/http"
	"slices"
	"strings"
	"testing"

	"einklang/internal/account/user"
	"einklang/internal/test/apptest"
)

// TestOwnWordsOverREST: a program lists, adds and takes away the organisation's own
// words as the page does, under the same rules and in the same log; what it added is
// heard at once.
func TestOwnWordsOverREST(t *testing.T) {
	apptest.Each(t, func(t *testing.T, o *apptest.Office) {
		type words struct{ Stop, Start, Except []string }
		type problem struct{ Code string }
		for _, c := range []struct {
			kind, word string
			want       int
			code       string
		}{
			{"stop", "Feierabend", http.StatusCreated, ""},
			{"stop", " feierabend ", http.StatusCreated, ""}, // is there already
			{"start", "Weiter so", http.StatusCreated, ""},
			{"except", "Abmelden", http.StatusCreated, ""},
			{"except", "STOP", http.StatusUnprocessableEntity, "except"},
			{"except", "keine Werbung", http.StatusUnprocessableEntity, "except"},
			{"start", "Stop", http.StatusUnprocessableEntity, "start"},
			{"stop", "🙂", http.StatusUnprocessableEntity, "word"},
			{"pause", "Urlaub", http.StatusUnprocessableEntity, ""},
		} {
			var got problem
			status := o.REST(t, http.MethodPost, "/api/v1/words", map[string]any{"kind": c.kind, "word": c.word}, &got)
			if status != c.want || c.code != "" && got.Code != c.code {
				t.Errorf("adding %q as %s: %d %q, want %d %q", c.word, c.kind, status, got.Code, c.want, c.code)
			}
		}
		var now words
		if status := o.REST(t, http.MethodGet, "/api/v1/words", nil, &now); status != http.StatusOK ||
			!slices.Equal(now.Stop, []string{"Feierabend"}) || !slices.Equal(now.Start, []string{"Weiter so"}) || !slices.Equal(now.Except, []string{"Abmelden"}) {
			t.Fatalf("listed: %d %+v", status, now)
		}
		if _, body := visit(t, o, o.SignIn(t, user.DPO), "/settings/words"); !strings.Contains(body, "Feierabend") || !strings.Contains(body, "Weiter so") {
			t.Error("the page does not show what a program added")
		}
		kim := o.Customer("Kim", "4915100040021")
		for _, said := range []struct {
			words   string
			stopped bool
		}{{"Abmelden", false}, {"Feierabend", true}, {"Weiter so", false}} {
			kim.Say(o.Number, said.words)
			o.Settle(t)
			if p := o.Person(t, kim); p.Flags.OptedOut != said.stopped {
				t.Errorf("after %q stopped: %v", said.words, p.Flags.OptedOut)
			}
		}
		var left words
		if status := o.REST(t, http.MethodDelete, "/api/v1/words/stop/FEIERABEND", nil, &left); status != http.StatusOK || len(left.Stop) != 0 || len(left.Except) != 1 {
			t.Errorf("taken away: %d %+v", status, left)
		}
		if status := o.REST(t, http.MethodDelete, "/api/v1/words/stop/Feierabend", nil, nil); status != http.StatusNotFound {
			t.Errorf("taken away again: %d", status)
		}
		kim.Say(o.Number, "Feierabend")
		o.Settle(t)
		if o.Person(t, kim).Flags.OptedOut {
			t.Error("a word that was taken away still ends something")
		}
		if n := o.Count(t, "audit", "act = ?", "settings.changed"); n < 4 {
			t.Errorf("%d changes in the log", n)
		}
	})
}
