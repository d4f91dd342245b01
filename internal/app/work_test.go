package app_test

import (
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"einklang/internal/account/org"
	"einklang/internal/account/user"
	"einklang/internal/engine/store"
	"einklang/internal/messaging/assignment"
	"einklang/internal/messaging/conversation"
	"einklang/internal/test/apptest"
)

// TestNewConversationsFindSomebody: entered on the page, the team of a number
// gets its new conversations, in turn, while it works; at night they wait for the
// team; one that somebody has stays where it is.
func TestNewConversationsFindSomebody(t *testing.T) {
	apptest.Each(t, func(t *testing.T, o *apptest.Office) {
		admin := o.SignIn(t, user.Admin)
		o.SignIn(t, user.Agent)
		staff, err := o.Users.List(t.Context(), o.DB, o.Org.ID)
		if err != nil {
			t.Fatal(err)
		}
		team := assignment.Team{Name: "Kundendienst", Assignment: assignment.RoundRobin}
		for _, a := range staff {
			team.Members = append(team.Members, a.ID)
		}
		o.Write(t, func(tx store.Tx) (err error) {
			team.ID, err = o.Work.SaveTeam(t.Context(), tx, o.Org.ID, team)
			return err
		})
		form := url.Values{"state": {"BE"}, "arrival-" + o.Channel.ID.String(): {team.ID.String()}}
		today := o.Clock.Now()
		for day := range 7 { // at work around now, whatever the day
			form.Set("day"+string(rune('0'+day)), "0-24")
		}
		if status, page := submit(t, o, admin, "/settings/hours", form); status != http.StatusOK || !strings.Contains(page, team.ID.String()+`" selected`) {
			t.Fatalf("the page: %d\n%s", status, page)
		}
		bad := url.Values{"day1": {"acht bis fünf"}}
		if status, page := submit(t, o, admin, "/settings/hours", bad); status != http.StatusUnprocessableEntity || !strings.Contains(page, "acht bis fünf") {
			t.Errorf("hours that nobody can read: %d", status)
		}
		arrive := func(wamid, from string) conversation.Summary {
			t.Helper()
			o.Post(t, apptest.Text(wamid, from, "Erika Mustermann", "Guten Tag", o.Clock.Now()))
			k, err := o.People.ByPhone(t.Context(), o.DB, o.Org.ID, from)
			if err != nil {
				t.Fatal(err)
			}
			all, err := o.Threads.OfContact(t.Context(), o.DB, o.Org.ID, k.ID)
			if err != nil || len(all) != 1 {
				t.Fatal(all, err)
			}
			return all[0]
		}
		first, second := arrive("wamid.1", "4917604069001"), arrive("wamid.2", "4917604069002")
		if first.Assignee.IsZero() || second.Assignee.IsZero() || first.Assignee == second.Assignee || first.Team != team.ID {
			t.Errorf("in turn: %v %v", first.Assignee, second.Assignee)
		}
		if again := arrive("wamid.3", "4917604069001"); again.Assignee != first.Assignee {
			t.Error("a further message moved the conversation")
		}
		for day := range 7 {
			form.Set("day"+string(rune('0'+day)), "")
		}
		form.Set("day"+string(rune('0'+int(today.AddDate(0, 0, 3).Weekday()))), "8-9")
		if status, _ := submit(t, o, admin, "/settings/hours", form); status != http.StatusOK {
			t.Fatal(status)
		}
		if night := arrive("wamid.4", "4917604069004"); !night.Assignee.IsZero() || night.Team != team.ID {
			t.Errorf("outside working hours: %v of %v", night.Assignee, night.Team)
		}
		o.Write(t, func(tx store.Tx) error { return o.Work.DeleteTeam(t.Context(), tx, o.Org.ID, team.ID) })
		if nobody := arrive("wamid.5", "4917604069007"); !nobody.Assignee.IsZero() || !nobody.Team.IsZero() {
			t.Errorf("without the team: %+v", nobody)
		}
	})
}

// TestAConversationGoesOnAtAnotherNumber: the one there is open with the note,
// the one here is closed, and neither number can be asked for what is not there.
func TestAConversationGoesOnAtAnotherNumber(t *testing.T) {
	apptest.Each(t, func(t *testing.T, o *apptest.Office) {
		browser := o.SignIn(t, user.Agent)
		workshop, err := o.Orgs.AddChannel(t.Context(), org.Channel{Org: o.Org.ID, App: apptest.AppKey, PhoneNumberID: "200000000000009", WABA: apptest.WABA, DisplayNumber: "+49 30 23125099", Name: "Werkstatt", StorageMode: o.Channel.StorageMode, AgreementUntil: apptest.Start.AddDate(1, 0, 0)}, apptest.GraphToken)
		if err != nil {
			t.Fatal(err)
		}
		o.Post(t, apptest.Text("wamid.1", "4917604069001", "Erika Mustermann", "Guten Tag", o.Clock.Now()))
		here := onlyThread(t, o)
		move := "/inbox/" + here.ID.String() + "/move"
		if _, page := visit(t, o, browser, "/inbox/"+here.ID.String()); !strings.Contains(page, "Werkstatt &#43;49 30 23125099") || !strings.Contains(page, move) {
			t.Error("the other number is not offered")
		}
		for _, nowhere := range []string{"", here.ID.String(), o.Channel.ID.String()} {
			if status, _ := submit(t, o, browser, move, url.Values{"number": {nowhere}}); status != http.StatusUnprocessableEntity {
				t.Errorf("handed to %q: %d", nowhere, status)
			}
		}
		status, page := submit(t, o, browser, move, url.Values{"number": {workshop.ID.String()}, "note": {"Bitte Termin nennen"}})
		for _, want := range []string{"Bitte Termin nennen", "von der Nummer", "übernommen"} {
			if status != http.StatusOK || !strings.Contains(page, want) {
				t.Errorf("%d: the conversation there does not say %q", status, want)
			}
		}
		all, err := o.Threads.OfContact(t.Context(), o.DB, o.Org.ID, here.Contact)
		if err != nil || len(all) != 2 {
			t.Fatal(all, err)
		}
		for _, c := range all {
			if c.Closed != (c.Channel == o.Channel.ID) {
				t.Errorf("the conversation at %s is closed: %t", c.Channel, c.Closed)
			}
		}
		if _, page := visit(t, o, browser, "/inbox/"+here.ID.String()); !strings.Contains(page, "an die Nummer") {
			t.Error("here it does not say where the conversation went")
		}
	})
}

// TestAViewStays: the links of a view of the queue, and a view that somebody
// keeps, lead to it again.
func TestAViewStays(t *testing.T) {
	apptest.Each(t, func(t *testing.T, o *apptest.Office) {
		browser := o.SignIn(t, user.Agent)
		o.Post(t, apptest.Text("wamid.1", "4917604069001", "Erika Mustermann", "Guten Tag", o.Clock.Now()))
		here := "/inbox/" + onlyThread(t, o).ID.String()
		for _, c := range []struct {
			view  string
			links []string
		}{
			{"view=unread", []string{`href="` + here + `?view=unread"`, `data-params="view=unread"`, `action="/views?view=unread"`}},
			{"q=Erika&view=open", []string{`href="` + here + `?sealed=`, `data-params="sealed=`}},
		} {
			_, page := visit(t, o, browser, "/inbox?"+c.view)
			for _, link := range c.links {
				if !strings.Contains(page, link) {
					t.Errorf("in %s there is no %s", c.view, link)
				}
			}
		}
		submit(t, o, browser, "/views?view=unread", url.Values{"name": {"Beispielsicht"}})
		if _, page := visit(t, o, browser, "/inbox"); !strings.Contains(page, `<a href="/inbox?view=unread">Beispielsicht</a>`) {
			t.Error("the view that was kept leads elsewhere")
		}
	})
}

// TestTheConversationTellsOfTheNotice: the notice that goes before the first
// answer stands in the conversation with its version.
func TestTheConversationTellsOfTheNotice(t *testing.T) {
	apptest.Each(t, func(t *testing.T, o *apptest.Office) {
		browser := o.SignIn(t, user.Agent)
		erika := o.Customer("Erika Mustermann", "4917604069001")
		erika.Say(o.Number, "Guten Tag")
		o.Settle(t)
		here := "/inbox/" + onlyThread(t, o).ID.String()
		if _, page := visit(t, o, browser, here); strings.Contains(page, "Datenschutzhinweis gesendet") {
			t.Error("a notice is told of before it went out")
		}
		submit(t, o, browser, here+"/send", url.Values{"text": {"Guten Tag!"}, "key": {"beispiel-1"}})
		o.Clock.Advance(10 * time.Second) // in which it could be taken back
		o.Until(t, "the answer is with the customer", func() bool { return len(fromUs(o, erika.ID)) == 2 })
		if _, page := visit(t, o, browser, here); strings.Count(page, "Datenschutzhinweis gesendet, Fassung 1") != 1 {
			t.Error("the conversation does not tell of the notice")
		}
	})
}

// A label that there is not is answered with a page that says so, and nothing is
// written down.
func TestALabelThatThereIsNot(t *testing.T) {
	apptest.Each(t, func(t *testing.T, o *apptest.Office) {
		erika := o.Customer("Erika Mustermann", "4917604069001")
		erika.Say(o.Number, "Guten Tag")
		o.Settle(t)
		agent := o.SignIn(t, user.Agent)
		for _, label := range []string{"gibt es nicht", o.IDs.New().String()} {
			if status, _ := submit(t, o, agent, "/inbox/"+onlyThread(t, o).ID.String()+"/label", url.Values{"label": {label}, "on": {"1"}}); status < http.StatusBadRequest || status >= http.StatusInternalServerError {
				t.Errorf("%q: %d", label, status)
			}
		}
		if n := o.Count(t, "contact_label", ""); n != 0 {
			t.Errorf("%d labels are given", n)
		}
	})
}
