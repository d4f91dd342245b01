package inbox

import (
	"context"
	"errors"
	"net/http"
	"net/url"
	"slices"
	"time"

	"einklang/internal/account/audit"
	"einklang/internal/account/org"
	"einklang/internal/account/user"
	"einklang/internal/door/web/shell"
	"einklang/internal/engine/store"
	work "einklang/internal/messaging/assignment"
	"einklang/internal/messaging/conversation"
	"einklang/internal/person/chat"
	"einklang/internal/rule/id"
	"einklang/internal/rule/pii"
	"einklang/internal/rule/sight"
)

// workbar is what colleagues can do with a conversation.
type workbar struct {
	pii.Personal
	Thread   string
	Assignee string // name; empty: nobody
	Mine     bool
	Closed   bool
	Snoozed  time.Time
	People   []choice
	Teams    []choice
	Labels   []labelChoice
	Numbers  []choice // other numbers of the organisation
	CanAct   bool
}

type choice struct {
	ID, Name string
	On       bool
}

type labelChoice struct {
	work.Label
	On bool
}

func (s *server) workbar(ctx context.Context, v *shell.Viewer, c conversation.Summary, staff crew, numbers []org.Channel) (*workbar, error) {
	b := &workbar{Thread: c.ID.String(), Mine: c.Assignee == v.ID, Closed: c.Closed, Snoozed: c.Snoozed, CanAct: v.May(user.Answer)}
	for _, a := range staff {
		if a.ID == c.Assignee {
			b.Assignee = a.Name
		}
		if a.Active && a.May(user.Answer) {
			b.People = append(b.People, choice{a.ID.String(), a.Name, a.ID == c.Assignee})
		}
	}
	var teams []work.Team
	err := s.DB.Together(ctx,
		func(ctx context.Context) (err error) {
			teams, err = s.Work.Teams(ctx, s.DB, v.Org)
			return err
		},
		func(ctx context.Context) (err error) {
			b.Labels, err = s.labels(ctx, v, c.Contact)
			return err
		})
	if err != nil {
		return nil, err
	}
	for _, t := range teams {
		b.Teams = append(b.Teams, choice{t.ID.String(), t.Name, t.ID == c.Team})
		if t.ID == c.Team && b.Assignee == "" {
			b.Assignee = t.Name
		}
	}
	for _, n := range numbers {
		if n.ID != c.Channel && n.Active {
			b.Numbers = append(b.Numbers, choice{ID: n.ID.String(), Name: n.Name + " " + n.DisplayNumber})
		}
	}
	return b, nil
}

func (s *server) labels(ctx context.Context, v *shell.Viewer, person id.Person) ([]labelChoice, error) {
	var all []work.Label
	var theirs map[id.Person][]id.Label
	err := s.DB.Together(ctx,
		func(ctx context.Context) (err error) {
			all, err = s.Work.Labels(ctx, s.DB, v.Org)
			return err
		},
		func(ctx context.Context) (err error) {
			theirs, err = s.Work.Of(ctx, s.DB, v.Org, []id.Person{person})
			return err
		})
	if err != nil {
		return nil, err
	}
	choices := make([]labelChoice, len(all))
	for i, l := range all {
		choices[i] = labelChoice{Label: l}
		for _, have := range theirs[person] {
			choices[i].On = choices[i].On || have == l.ID
		}
	}
	return choices, nil
}

// colleagues are who can be mentioned.
func (s *server) colleagues(ctx context.Context, v *shell.Viewer) ([]work.Colleague, error) {
	staff, err := s.Users.List(ctx, s.DB, v.Org)
	var all []work.Colleague
	for _, a := range staff {
		if a.Active {
			all = append(all, work.Colleague{Account: a.ID, Name: a.Name})
		}
	}
	return all, err
}

const itemsMost = 200

// worked tells what colleagues did with a conversation, and their notes: the
// Chronicle of the shared work.
func (s *server) worked(ctx context.Context, v *shell.Viewer, at id.Conversation, person id.Person, _, _ time.Time) ([]Event, error) {
	all, err := s.Work.Items(ctx, s.DB, work.Thread{Org: v.Org, ID: at, Contact: person}, itemsMost)
	if err != nil || len(all) == 0 {
		return nil, err
	}
	names, err := s.names(ctx, v, all)
	if err != nil {
		return nil, err
	}
	events := make([]Event, len(all))
	for i, one := range all {
		events[i] = Event{ID: one.ID, At: one.At, Kind: "work", By: one.Author}
		if one.Kind == work.Note {
			events[i].Kind, events[i].Note = "note", one.Words
			continue
		}
		kind := string(one.Kind)
		if one.Kind == work.Assigned && one.Author == id.Account(one.Subject) {
			kind = "taken"
		}
		events[i].Text = v.Text.T("work.event."+kind, names[one.Subject])
	}
	return events, nil
}

// names are what the members of staff, teams and numbers are called that items
// are about.
func (s *server) names(ctx context.Context, v *shell.Viewer, items []work.Item) (map[id.ID]string, error) {
	accounts := make([]id.Account, len(items)) // whichever of them is one
	for i, one := range items {
		accounts[i] = id.Account(id.ID(one.Subject))
	}
	about := func(kinds ...work.Kind) bool {
		return slices.ContainsFunc(items, func(one work.Item) bool { return slices.Contains(kinds, one.Kind) })
	}
	var staff map[id.Account]string
	var teams []work.Team
	var numbers []org.Channel
	pieces := []func(context.Context) error{func(ctx context.Context) (err error) {
		staff, err = s.Users.Names(ctx, s.DB, v.Org, accounts)
		return err
	}}
	if about(work.TeamGiven) {
		pieces = append(pieces, func(ctx context.Context) (err error) {
			teams, err = s.Work.Teams(ctx, s.DB, v.Org)
			return err
		})
	}
	if about(work.MovedOn, work.CameFrom) {
		pieces = append(pieces, func(ctx context.Context) (err error) {
			numbers, err = s.Orgs.Channels(ctx, s.DB, v.Org)
			return err
		})
	}
	if err := s.DB.Together(ctx, pieces...); err != nil {
		return nil, err
	}
	names := make(map[id.ID]string, len(staff)+len(teams)+len(numbers))
	for account, name := range staff {
		names[id.ID(account)] = name
	}
	for _, t := range teams {
		names[id.ID(t.ID)] = t.Name
	}
	for _, n := range numbers {
		names[id.ID(n.ID)] = n.Name + " " + n.DisplayNumber
	}
	return names, nil
}

// replies are the organisation's quick replies, filled in for a person.
func (s *server) replies(ctx context.Context, v *shell.Viewer, p *chat.Known) ([]QuickReply, error) {
	all, err := s.Work.QuickReplies(ctx, s.DB, v.Org)
	if err != nil || len(all) == 0 {
		return nil, err
	}
	o, err := s.Orgs.Get(ctx, s.DB, v.Org)
	if err != nil {
		return nil, err
	}
	known, err := s.attributesOf(ctx, v, p.ID)
	attributes := map[string]string{}
	for _, a := range known {
		if a.Shown != "" { // a gap stays a gap, for the eye
			attributes[a.Name] = a.Shown
		}
	}
	filled := make([]QuickReply, len(all))
	for i, q := range all {
		filled[i] = QuickReply{q.Shortcut, q.Fill(p.Profile.DisplayName(), v.Name, o.Name, attributes), q.Advertising}
	}
	return filled, err
}

// target reads which conversation an action is about.
func (s *server) target(r *http.Request, v *shell.Viewer) (work.Thread, conversation.Summary, error) {
	c, err := s.where(r, v)
	return work.Thread{Org: v.Org, ID: c.ID, Contact: c.Contact}, c, err
}

// act does one thing with a conversation and answers; what cannot be is told
// in words.
func (s *server) act(w http.ResponseWriter, r *http.Request, v *shell.Viewer, do func(context.Context, store.Tx, work.Thread) error) error {
	t, _, err := s.target(r, v)
	if err != nil {
		return err
	}
	err = v.Act.Write(r.Context(), func(ctx context.Context, tx store.Tx) error { return do(ctx, tx, t) })
	for known, key := range map[error]string{work.ErrEmpty: "work.problem.empty", work.ErrLong: "work.problem.long", work.ErrSnooze: "work.problem.snooze", work.ErrNotFound: "work.problem.gone", conversation.ErrClosed: "work.problem.closed"} {
		if errors.Is(err, known) {
			return s.reply(w, r, v, t.ID, answer{Problem: v.Text.T(key)}, "")
		}
	}
	if err != nil {
		return err
	}
	s.Hub.Publish(v.Org, t.ID)
	if r.Header.Get("X-Fragment") == "" { // she may have given it to whom only he sees it
		if seen, err := s.seen(v).Among(r.Context(), s.DB, v.Org, t.ID); err != nil || !seen[t.ID] {
			http.Redirect(w, r, "/inbox?"+r.URL.RawQuery, http.StatusSeeOther)
			return err
		}
	}
	return s.reply(w, r, v, t.ID, answer{OK: true}, "")
}

// assign gives a conversation to whom the form says: to oneself, to a colleague,
// to a team, or to nobody. What it leaves open is an error.
func (s *server) assign(w http.ResponseWriter, r *http.Request, v *shell.Viewer) error {
	colleagues, err := s.colleagues(r.Context(), v)
	if err != nil {
		return err
	}
	give, err := s.recipient(r, v, colleagues)
	if err != nil {
		return err
	}
	t, c, err := s.target(r, v)
	if err != nil {
		return err
	}
	if err := s.unblind(r.Context(), v, given(r, v, c), r.PostFormValue("note"), colleagues); err != nil {
		return s.refuse(w, r, v, t.ID, err)
	}
	return s.act(w, r, v, func(ctx context.Context, tx store.Tx, t work.Thread) error {
		return give(ctx, tx, t, r.PostFormValue("note"))
	})
}

// given is how a conversation will stand once it is given to whom the form says; to
// whom it is given sees it.
func given(r *http.Request, v *shell.Viewer, c conversation.Summary) sight.Facts {
	at := c.Facts()
	at.Assignee, at.Team = id.Account{}, id.Team{}
	switch r.PostFormValue("kind") {
	case "me":
		at.Assignee = v.ID
	case "account":
		at.Assignee, _ = id.Parse[id.Account](r.PostFormValue("to"))
	case "team":
		at.Team, _ = id.Parse[id.Team](r.PostFormValue("to"))
	}
	return at
}

// refuse says in words that a note names somebody who could not read it.
func (s *server) refuse(w http.ResponseWriter, r *http.Request, v *shell.Viewer, at id.Conversation, err error) error {
	blind := (*errBlind)(nil)
	if !errors.As(err, &blind) {
		return err
	}
	return s.reply(w, r, v, at, answer{Problem: v.Text.T("work.problem.blind", blind.names)}, "")
}

// recipient reads to whom a form gives a conversation. Errors: [shell.NoSuch].
func (s *server) recipient(r *http.Request, v *shell.Viewer, colleagues []work.Colleague) (give func(context.Context, store.Tx, work.Thread, string) error, err error) {
	to := func(account id.Account) func(context.Context, store.Tx, work.Thread, string) error {
		return func(ctx context.Context, tx store.Tx, t work.Thread, note string) error {
			return s.Work.Assign(ctx, tx, t, v.ID, account, id.Team{}, note, colleagues)
		}
	}
	switch r.PostFormValue("kind") {
	case "me":
		return to(v.ID), nil
	case "nobody":
		if r.PostFormValue("to") != "" { // to somebody or to nobody
			return nil, &shell.NoSuch{Field: "to"}
		}
		return to(id.Account{}), nil
	case "account":
		account, err := shell.Required[id.Account](r, "to")
		if err == nil && !named(colleagues, account) {
			err = &shell.NoSuch{Field: "to"}
		}
		return to(account), err
	case "team":
		team, err := shell.Required[id.Team](r, "to")
		if err != nil {
			return nil, err
		}
		present, err := s.Users.Present(r.Context(), s.DB, v.Org)
		return func(ctx context.Context, tx store.Tx, t work.Thread, note string) error {
			err := s.Work.GiveToTeam(ctx, tx, t, v.ID, team, present, note, colleagues)
			if errors.Is(err, work.ErrNotFound) {
				err = &shell.NoSuch{Field: "to"}
			}
			return err
		}, err
	default:
		return nil, &shell.NoSuch{Field: "to"}
	}
}

func named(all []work.Colleague, account id.Account) bool {
	for _, c := range all {
		if c.Account == account {
			return true
		}
	}
	return false
}

// snoozes are the moments that the menu offers.
func snoozes(now time.Time, zone *time.Location) map[string]time.Time {
	today := now.In(zone)
	morning := func(days int) time.Time {
		return time.Date(today.Year(), today.Month(), today.Day()+days, 8, 0, 0, 0, zone)
	}
	monday := (8 - int(today.Weekday())) % 7
	if monday == 0 {
		monday = 7
	}
	return map[string]time.Time{"hour": now.Add(time.Hour), "three_hours": now.Add(3 * time.Hour), "tomorrow": morning(1), "monday": morning(monday)}
}

func (s *server) snooze(w http.ResponseWriter, r *http.Request, v *shell.Viewer) error {
	o, err := s.Orgs.Get(r.Context(), s.DB, v.Org)
	if err != nil {
		return err
	}
	zone, err := o.Settings.Location()
	if err != nil {
		return err
	}
	until, known := snoozes(v.Now, zone)[r.PostFormValue("until")]
	if !known {
		until, _ = time.ParseInLocation("2006-01-02T15:04", r.PostFormValue("at"), zone)
	}
	return s.act(w, r, v, func(ctx context.Context, tx store.Tx, t work.Thread) error {
		return s.Work.Snooze(ctx, tx, t, v.ID, until)
	})
}

func (s *server) note(w http.ResponseWriter, r *http.Request, v *shell.Viewer) error {
	colleagues, err := s.colleagues(r.Context(), v)
	if err != nil {
		return err
	}
	t, c, err := s.target(r, v)
	if err != nil {
		return err
	}
	if err := s.unblind(r.Context(), v, c.Facts(), r.PostFormValue("words"), colleagues); err != nil {
		return s.refuse(w, r, v, t.ID, err)
	}
	return s.act(w, r, v, func(ctx context.Context, tx store.Tx, t work.Thread) error {
		return s.Work.Write(ctx, tx, t, v.ID, r.PostFormValue("words"), colleagues)
	})
}

func (s *server) label(w http.ResponseWriter, r *http.Request, v *shell.Viewer) error {
	label, err := shell.Required[id.Label](r, "label")
	if err != nil {
		return err
	}
	return s.act(w, r, v, func(ctx context.Context, tx store.Tx, t work.Thread) error {
		err := s.Work.SetLabel(ctx, tx, v.Org, t.Contact, label, r.PostFormValue("on") != "")
		if errors.Is(err, work.ErrNotFound) {
			err = &shell.NoSuch{Field: "label"}
		}
		return err
	})
}

// bulk does one thing with several conversations.
func (s *server) bulk(w http.ResponseWriter, r *http.Request, v *shell.Viewer) error {
	do, known := map[string]func(context.Context, store.Tx, work.Thread) error{
		"close": func(ctx context.Context, tx store.Tx, t work.Thread) error {
			return s.Work.SetClosed(ctx, tx, t, v.ID, true)
		},
		"mine": func(ctx context.Context, tx store.Tx, t work.Thread) error {
			return s.Work.Assign(ctx, tx, t, v.ID, v.ID, id.Team{}, "", nil)
		},
		"read": func(ctx context.Context, tx store.Tx, t work.Thread) error {
			return s.Threads.MarkRead(ctx, tx, v.Org, t.ID)
		},
		"snooze": func(ctx context.Context, tx store.Tx, t work.Thread) error {
			return s.Work.Snooze(ctx, tx, t, v.ID, v.Now.Add(3*time.Hour))
		},
	}[r.PostFormValue("do")]
	if !known {
		return shell.ErrNotFound
	}
	var all []work.Thread
	var ids []id.Conversation
	chosen, err := shell.Several[id.Conversation](r, "conversation")
	if err != nil {
		return err
	}
	for _, at := range chosen {
		c, err := s.seen(v).Summary(r.Context(), s.DB, v.Org, at)
		if errors.Is(err, conversation.ErrNotFound) {
			return &shell.NoSuch{Field: "conversation"}
		}
		if err != nil {
			return err
		}
		if c.Closed && r.PostFormValue("do") == "snooze" {
			continue // the queue shows that it is closed
		}
		all, ids = append(all, work.Thread{Org: v.Org, ID: c.ID, Contact: c.Contact}), append(ids, c.ID)
	}
	if len(all) == 0 {
		http.Redirect(w, r, "/inbox?"+r.URL.RawQuery, http.StatusSeeOther)
		return nil
	}
	v.Act.On(audit.Conversation, id.Anys(ids)...)
	if err := v.Act.Write(r.Context(), func(ctx context.Context, tx store.Tx) error { // all or none: the log names them all
		for _, t := range all {
			if err := do(ctx, tx, t); err != nil {
				return err
			}
		}
		return nil
	}); err != nil {
		return err
	}
	http.Redirect(w, r, "/inbox?"+r.URL.RawQuery, http.StatusSeeOther)
	return nil
}

// saveView keeps a view of the inbox. The words of a search are not kept: they are
// the name of a person more often than not.
func (s *server) saveView(w http.ResponseWriter, r *http.Request, v *shell.Viewer) error {
	kept := url.Values{}
	for name, values := range r.URL.Query() {
		switch name {
		case "view", "of":
			kept[name] = values
		case shell.SealedField:
			return &shell.NoSuch{Field: "q"}
		}
	}
	err := s.DB.Write(r.Context(), func(ctx context.Context, tx store.Tx) error {
		return s.Work.SaveView(ctx, tx, v.Org, v.ID, work.SavedView{Name: r.PostFormValue("name"), Query: kept.Encode()})
	})
	if err != nil && !errors.Is(err, work.ErrName) {
		return err
	}
	http.Redirect(w, r, "/inbox?"+r.URL.RawQuery, http.StatusSeeOther)
	return nil
}

func (s *server) deleteView(w http.ResponseWriter, r *http.Request, v *shell.Viewer) error {
	at, err := parseID[id.View](r.PathValue("id"))
	if err != nil {
		return err
	}
	if err := s.DB.Write(r.Context(), func(ctx context.Context, tx store.Tx) error { return s.Work.DeleteView(ctx, tx, v.Org, v.ID, at) }); err != nil {
		return err
	}
	http.Redirect(w, r, "/inbox", http.StatusSeeOther)
	return nil
}
