package app_test

import (
	"net/http"
	"testing"
	"time"

	"einklang/internal/account/user"
	"einklang/internal/engine/store"
	"einklang/internal/govern/document"
	"einklang/internal/rights/cases"
	"einklang/internal/rule/cockpit"
	"einklang/internal/rule/i18n"
	"einklang/internal/test/apptest"
	"einklang/internal/test/storetest"
)

// A remedy that leads nowhere is none.
func TestEveryRemedyOfTheCockpitLeadsToAPage(t *testing.T) {
	o := apptest.Open(t, storetest.SQLite(t))
	browser := o.SignIn(t, user.Admin)
	pages := map[string]string{}
	for _, f := range []cockpit.Facts{{}, {Cases: cockpit.Cases{Overdue: 1}}} {
		for _, m := range cockpit.Judge(f) {
			pages[m.Page] = m.ID
		}
	}
	de, _, err := i18n.Load()
	if err != nil {
		t.Fatal(err)
	}
	for _, key := range document.Keys() {
		d, _ := document.Write(key, cockpit.Facts{Components: []cockpit.Component{{Name: "server"}}}, de)
		for _, gap := range d.Missing {
			pages[gap.Page] = key
		}
	}
	for page, from := range pages {
		answer, err := browser.Get(o.URL + page)
		if err != nil {
			t.Fatal(err)
		}
		_ = answer.Body.Close()
		if answer.StatusCode != http.StatusOK || answer.Request.URL.Path != page {
			t.Errorf("%s leads to %s, which answers %s", from, page, answer.Status)
		}
	}
}

func TestTheCockpitCountsCases(t *testing.T) {
	o := apptest.Open(t, storetest.SQLite(t))
	o.Write(t, func(tx store.Tx) error {
		_, err := o.Cases.Open(t.Context(), tx, o.Org.ID, cases.Request{Kind: cases.Access, Source: "desk"})
		return err
	})
	for _, c := range []struct {
		after time.Duration
		want  cockpit.Cases
	}{
		{0, cockpit.Cases{Open: 1}},
		{26 * 24 * time.Hour, cockpit.Cases{Open: 1, DueSoon: 1}},
		{10 * 24 * time.Hour, cockpit.Cases{Open: 1, Overdue: 1}},
	} {
		o.Clock.Advance(c.after)
		f, err := o.Cockpit.Facts(t.Context(), o.Org.ID)
		if err != nil || f.Cases != c.want {
			t.Errorf("%+v, want %+v (%v)", f.Cases, c.want, err)
		}
	}
}
