package app_test

import (
	"context"
	"io"
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"testing"

	"einklang/internal/account/org"
	"einklang/internal/account/user"
	"einklang/internal/consent/optin"
	"einklang/internal/engine/cloudapi"
	"einklang/internal/engine/store"
	"einklang/internal/messaging/assignment"
	"einklang/internal/messaging/outbox"
	"einklang/internal/person/chat"
	"einklang/internal/rule/gate"
	"einklang/internal/rule/id"
	"einklang/internal/test/apptest"
	"einklang/sandbox"
)

// limited is an agent of a company that has something of everything, who sees only
// one conversation: her own. The company goes on with everybody else.
type limited struct {
	*full
	t       *testing.T
	agent   user.Account
	browser *http.Client
	team    id.Team
	own     *chat.Known
	thread  id.Conversation // hers
	said    id.Message      // in it
}

// othersWords are words of people whom she does not see.
var othersWords = []string{"Erika", "Mustermann", "4917604069001", "sehr lang", "Bestellung", "Rechnung", "Unbekannt"}

const limitedPassword = "Beispiel-Passwort"

func openLimited(t *testing.T, o *apptest.Office) *limited {
	t.Helper()
	l := &limited{full: openFull(t, o), t: t}
	l.more(1)
	otto := o.Customer("Otto Eigen", "4917604069777")
	otto.Say(o.Number, "Guten Morgen")
	o.Settle(t)
	l.own = o.Person(t, otto)
	threads, err := o.Threads.OfContact(t.Context(), o.DB, o.Org.ID, l.own.ID)
	l.must(err)
	l.thread = threads[0].ID
	l.said = threads[0].LastMessage
	l.agent, err = o.Users.Create(t.Context(), user.Account{Org: o.Org.ID, Role: user.Agent, Locale: "de", Name: "Uli Begrenzt", Email: "uli@example.com"}, limitedPassword)
	l.must(err)
	l.write(func(ctx context.Context, tx store.Tx) error {
		if l.team, err = o.Work.SaveTeam(ctx, tx, o.Org.ID, assignment.Team{Name: "Eigenes Team", Assignment: assignment.ByHand, Members: []id.Account{l.agent.ID}}); err != nil {
			return err
		}
		return o.Threads.Assign(ctx, tx, o.Org.ID, l.thread, id.Account{}, l.team)
	})
	l.waits()
	l.limit(org.Sight{Agents: true})
	l.browser = o.SignInAs(t, l.agent.Email, limitedPassword)
	return l
}

// waits has something of the others on each list of what waits, as a lead sees.
func (l *limited) waits() {
	l.t.Helper()
	l.write(func(ctx context.Context, tx store.Tx) error {
		if err := l.Consents.SaveSettings(ctx, tx, l.Org.ID, optin.Settings{Form: true, FourEyes: true}); err != nil {
			return err
		}
		_, err := l.Consents.Grant(ctx, tx, l.Org.ID, l.person, optin.Event{Purpose: optin.Utility, Source: optin.FromWord, Detail: optin.Detail{Note: "am Telefon", Staff: l.staff.ID, Wording: "Ja, gern."}})
		return err
	})
	unknown := l.Customer("Unbekannt Beispiel", "4917604069888")
	unknown.Say(l.Number, "Guten Tag")
	l.Settle(l.t)
	l.OnMailAlone(l.t, l.Person(l.t, unknown), "unbekannt@example.com", optin.Service)
	l.Fault(l.t, sandbox.Fault{Kind: "lost_request", Count: 1})
	l.write(func(ctx context.Context, tx store.Tx) error {
		_, err := l.Outbox.Enqueue(ctx, tx, outbox.Draft{Org: l.Org.ID, Contact: l.person.ID, Channel: l.Channel.ID, Content: cloudapi.Content{Type: cloudapi.TypeText, Text: &cloudapi.Text{Body: "Sie kommt."}},
			Origin: chat.FromAgent, Author: l.staff.ID, Request: outbox.Request{Occasion: gate.Reply, Category: gate.Service, AskedBy: "account " + l.staff.ID.String()}})
		return err
	})
	l.Settle(l.t)
	lead := l.SignIn(l.t, user.Lead)
	for page, word := range map[string]string{"/consent/waiting": "Erika Mustermann", "/consent/mails": "Unbekannt Beispiel", "/desk/uncertain": "Erika Mustermann"} {
		if _, body := visit(l.t, l.Office, lead, page); !strings.Contains(body, word) {
			l.t.Errorf("%s shows nothing to hide", page)
		}
	}
}

// limit says what agents see.
func (l *limited) limit(to org.Sight) {
	l.t.Helper()
	l.write(func(ctx context.Context, tx store.Tx) error {
		o, err := l.Orgs.Get(ctx, tx, l.Org.ID)
		if err != nil {
			return err
		}
		o.Settings.Sight = to
		return l.Orgs.SaveSettings(ctx, tx, l.Org.ID, o.Settings)
	})
}

// toLimited is one answer.
type toLimited struct {
	status   int
	body     string
	location string
}

var anyID = regexp.MustCompile(`~[0-9a-f]{16}|[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}`)

// same is an answer without what differs from one to the next anyway.
func (a toLimited) same() toLimited {
	a.body, a.location = anyID.ReplaceAllString(a.body, "ID"), anyID.ReplaceAllString(a.location, "ID")
	return a
}

func (l *limited) ask(method, path string, form url.Values) toLimited {
	l.t.Helper()
	var body io.Reader
	if form != nil {
		body = strings.NewReader(form.Encode())
	}
	r, err := http.NewRequestWithContext(l.t.Context(), method, l.URL+path, body)
	l.must(err)
	if form != nil {
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	}
	once := *l.browser
	once.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	resp, err := once.Do(r)
	l.must(err)
	defer func() { _ = resp.Body.Close() }()
	text, err := io.ReadAll(resp.Body)
	l.must(err)
	return toLimited{resp.StatusCode, string(text), resp.Header.Get("Location")}
}

var routeParams = regexp.MustCompile(`\{[a-z]+\}`)

// placed puts an identifier into every place of a route.
func placed(pattern, at string) string {
	return strings.ReplaceAll(routeParams.ReplaceAllString(pattern, at), "{$}", "")
}

// Ids that are out of somebody's sight are toLimited as ids that there are not, on
// every page there is, in its address and in its form; and nowhere stands a word of
// whom she does not see.
func TestWhatIsOutOfSightIsAsWhatThereIsNot(t *testing.T) {
	apptest.Each(t, func(t *testing.T, o *apptest.Office) {
		l := openLimited(t, o)
		foreign := l.foreign()
		walked := 0
		for _, route := range l.Audit.Routes() {
			method, pattern, _ := strings.Cut(route.Pattern, " ")
			if pattern == "/events" || pattern == "/sign-out" || strings.HasPrefix(pattern, "/api/") || strings.HasPrefix(pattern, "/phone/") || method != http.MethodGet && method != http.MethodPost {
				continue
			}
			walked++
			places := []string{""}
			if routeParams.MatchString(pattern) {
				places = foreign
			}
			for _, at := range places {
				l.compare(method, pattern, at, foreign)
			}
		}
		if walked < 150 {
			t.Errorf("only %d routes were walked", walked)
		}
	})
}

// foreign are identifiers of what she does not see.
func (l *limited) foreign() []string {
	l.t.Helper()
	theirs, err := l.Threads.OfContact(l.t.Context(), l.DB, l.Org.ID, l.person.ID)
	l.must(err)
	all := []string{l.full.thread.String(), l.person.ID.String(), theirs[0].LastMessage.String(), l.message(), l.kase.ID.String()}
	for _, table := range []string{"consent_claim", "doubt", "person_link", "sale"} {
		ids, err := store.Collect(l.t.Context(), l.DB, store.One[id.ID], "SELECT id FROM "+table+" WHERE org_id = ? ORDER BY id LIMIT 2", l.Org.ID)
		l.must(err)
		for _, one := range ids {
			all = append(all, one.String())
		}
	}
	return all
}

// message is one with a file.
func (l *limited) message() string {
	files, err := l.Threads.Files(l.t.Context(), l.DB, l.Org.ID, l.full.thread, 1)
	l.must(err)
	return files[0].ID.String()
}

// fields of forms that name something.
var namingFields = []string{"conversation", "other", "message", "to", "doubt", "reply_to", "claim", "at", "in", "after", "current"}

// compare asks for what is out of sight and for what there is not.
func (l *limited) compare(method, pattern, at string, foreign []string) {
	l.t.Helper()
	nothing := l.IDs.New().String()
	ask := func(at string, fields func(int) string) toLimited {
		form := url.Values{"words": {"Beispiel"}, "text": {"Beispiel"}, "kind": {"account"}, "do": {"mine"}, "reason": {"Beispiel"}, "key": {"k"}}
		for i, name := range namingFields {
			form.Set(name, fields(i))
		}
		if method == http.MethodGet {
			return l.ask(method, placed(pattern, at), nil)
		}
		return l.ask(method, placed(pattern, at), form)
	}
	for shift := range foreign {
		what := method + " " + placed(pattern, at)
		got := ask(at, func(i int) string { return foreign[(i+shift)%len(foreign)] })
		for _, word := range othersWords {
			if strings.Contains(got.body, word) || strings.Contains(got.location, word) {
				l.t.Errorf("%s says %q: %d", what, word, got.status)
			}
		}
		if at == "" && method == http.MethodGet {
			return
		}
		if want := ask(nothing, func(int) string { return nothing }); got.same() != want.same() {
			l.t.Errorf("%s: %d %s %.200s\nwhat there is not: %d %s %.200s", what, got.status, got.location, l.main(got), want.status, want.location, l.main(want))
		}
		if method == http.MethodGet {
			return
		}
	}
}

// main is what a page says beside its frame.
func (l *limited) main(a toLimited) string {
	if _, main, found := strings.Cut(a.body, "<main"); found {
		return main
	}
	return a.body
}

// From her own conversation and person nothing leads to others.
func TestFromWhatIsSeenNothingLeadsOn(t *testing.T) {
	apptest.Each(t, func(t *testing.T, o *apptest.Office) {
		l := openLimited(t, o)
		own := l.thread.String()
		pages := []string{"/inbox", "/inbox/" + own, "/fragments/conversation/" + own, "/fragments/queue", "/fragments/others/" + own, "/fragments/quick/" + own, "/fragments/templates/" + own,
			"/people/" + l.own.ID.String() + "/consent", "/people/" + l.own.ID.String() + "/merge", "/consent", "/consent/waiting", "/consent/mails", "/desk/uncertain", "/desk/approvals", "/search", "/profile"}
		for _, view := range []string{"all", "open", "mine", "unassigned", "unread", "closed", "snoozed", "mentioned"} {
			pages = append(pages, "/inbox?view="+view, "/fragments/queue?view="+view)
		}
		for _, label := range l.labels {
			pages = append(pages, "/inbox?view=label&of="+label.String())
		}
		teams, err := o.Work.Teams(t.Context(), o.DB, o.Org.ID)
		l.must(err)
		for _, team := range teams {
			pages = append(pages, "/inbox?view=team&of="+team.ID.String())
		}
		for _, words := range []string{"Eri", "Muster", "49176040690", "Bestel", "Rechn", "sehr"} { // as they begin: a page repeats what was typed
			for _, at := range []string{"/inbox?q=", "/fragments/queue?q=", "/search?q=", "/fragments/search?q=", "/fragments/palette?q=", "/people/" + l.own.ID.String() + "/merge?q="} {
				path, err := url.Parse(o.Sought(l.browser, o.URL+at+words))
				l.must(err)
				pages = append(pages, path.RequestURI())
			}
		}
		seen := false
		for _, page := range pages {
			got := l.ask(http.MethodGet, page, nil)
			if got.status != http.StatusOK {
				t.Errorf("%s: %d", page, got.status)
			}
			for _, word := range othersWords {
				if strings.Contains(got.body, word) {
					t.Errorf("%s says %q", page, word)
				}
			}
			seen = seen || strings.Contains(got.body, "Otto Eigen")
		}
		if !seen {
			t.Error("she does not see what is hers")
		}
		for _, other := range append(l.foreign(), l.IDs.New().String()) {
			for path, form := range map[string]url.Values{
				"/people/" + l.own.ID.String() + "/merge": {"other": {other}, "reason": {"Beispiel"}},
				"/people/" + l.own.ID.String() + "/block": {"conversation": {other}},
				"/people/" + l.own.ID.String() + "/doubt": {"doubt": {other}, "answer": {"nothing"}},
				"/inbox/" + own + "/send":                 {"text": {"Guten Tag"}, "reply_to": {other}, "key": {other}},
				"/inbox/" + own + "/draft":                {"text": {"Guten"}, "reply_to": {other}},
				"/inbox/" + own + "/react":                {"message": {other}, "emoji": {"👍"}},
				"/inbox/bulk":                             {"do": {"mine"}, "conversation": {other}},
			} {
				want := l.ask(http.MethodPost, path, swapped(form, other, l.IDs.New().String()))
				got := l.ask(http.MethodPost, path, form)
				if got.status != want.status || got.same().location != want.same().location || slices.ContainsFunc(othersWords, func(word string) bool { return strings.Contains(got.body, word) }) {
					t.Errorf("%s with %v: %d %s, with what there is not: %d %s", path, form, got.status, got.location, want.status, want.location)
				}
			}
			got := l.ask(http.MethodGet, "/people/"+l.own.ID.String()+"/merge?other="+other, nil)
			if got.status != http.StatusUnprocessableEntity {
				t.Errorf("whom one does not see is offered for linking: %d", got.status)
			}
		}
	})
}

// swapped is a form that names something else.
func swapped(form url.Values, from, to string) url.Values {
	other := url.Values{}
	for name, values := range form {
		for _, v := range values {
			if v == from {
				v = to
			}
			other.Add(name, v)
		}
	}
	return other
}
