package inbox

import (
	"context"
	"errors"
	"net/http"

	"einklang/internal/account/audit"
	"einklang/internal/account/user"
	"einklang/internal/door/web/shell"
	"einklang/internal/engine/store"
	"einklang/internal/messaging/conversation"
	"einklang/internal/person/chat"
	"einklang/internal/person/contact"
	"einklang/internal/person/link"
	"einklang/internal/rule/id"
	"einklang/internal/rule/pii"
)

// mergePageBody is the page on which two entries for one person are linked.
type mergePageBody struct {
	pii.Personal
	Conversation string
	Query        string
	Person       someone
	Other        *someone
	Found        []someone
	Lines        []mergeLine
	Reason       string
	Problem      string
}

// someone is a person as a list names her.
type someone struct {
	pii.Personal
	ID, Name, Contact string
}

// mergeLine compares the two, and says what will hold afterwards.
type mergeLine struct {
	pii.Personal
	What, One, Other, After string
}

func showSomeone(k *chat.Known) someone {
	s := someone{ID: k.ID.String(), Name: k.Profile.DisplayName()}
	switch p := k.Profile; {
	case p.Phone != "":
		s.Contact = "+" + p.Phone
	case p.Username != "":
		s.Contact = "@" + p.Username
	default:
		s.Contact = p.BSUID
	}
	return s
}

// mergePage looks for the other entry, and shows what joining would do.
func (s *server) mergePage(w http.ResponseWriter, r *http.Request, v *shell.Viewer) error {
	p, err := s.whom(r, v)
	if err != nil {
		return err
	}
	q := r.URL.Query()
	body := mergePageBody{Conversation: q.Get("conversation"), Query: s.words(r), Person: showSomeone(p)}
	other, err := shell.Parameter[id.Person](r, "other")
	if err != nil {
		return err
	}
	if !other.IsZero() {
		k, err := s.known(r.Context(), v, other)
		if errors.Is(err, contact.ErrNotFound) {
			return &shell.NoSuch{Field: "other"}
		}
		if err != nil {
			return err
		}
		shown := showSomeone(k)
		body.Other, body.Lines = &shown, mergeLines(v, p, k)
	} else if body.Query != "" {
		found, err := s.lookFor(r.Context(), v, body.Query, 20)
		if err != nil {
			return err
		}
		v.Act.Searched(body.Query, len(found))
		for _, k := range found {
			if k.ID != p.ID {
				body.Found = append(body.Found, showSomeone(k))
			}
		}
	}
	return s.showMerge(w, v, http.StatusOK, body)
}

func (s *server) showMerge(w http.ResponseWriter, v *shell.Viewer, status int, body mergePageBody) error {
	return s.pages.Show(w, status, "merge.html", shell.Page{Viewer: v, Title: v.Text.T("merge.title"), At: "/inbox", Styles: []string{"inbox.css"}, Body: body})
}

// mergeLines say what of the two will hold: the person's own identities, and
// of the flags the stricter one (contact.Book.Merge).
func mergeLines(v *shell.Viewer, one, other *chat.Known) []mergeLine {
	first := func(a, b string) string {
		if a != "" {
			return a
		}
		return b
	}
	a, b := one.Profile, other.Profile
	lines := []mergeLine{
		{What: v.Text.T("merge.name"), One: a.DisplayName(), Other: b.DisplayName(), After: first(first(a.Given, b.Given), first(a.Name, first(b.Name, a.DisplayName())))},
		{What: v.Text.T("person.phone"), One: a.Phone, Other: b.Phone, After: first(a.Phone, b.Phone)},
		{What: v.Text.T("person.username"), One: a.Username, Other: b.Username, After: first(a.Username, b.Username)},
		{What: v.Text.T("person.bsuid"), One: a.BSUID, Other: b.BSUID, After: first(a.BSUID, b.BSUID)},
	}
	yes := func(on bool) string {
		if on {
			return v.Text.T("yes")
		}
		return v.Text.T("no")
	}
	f, g := one.Flags, other.Flags
	for _, flag := range []struct {
		key        string
		one, other bool
	}{{"mark.optedout", f.OptedOut, g.OptedOut}, {"mark.blocked", f.Blocked, g.Blocked}, {"mark.restricted", f.Restricted, g.Restricted}, {"mark.objected", f.Objected, g.Objected}, {"mark.minor", f.Minor, g.Minor}} {
		lines = append(lines, mergeLine{What: v.Text.T(flag.key), One: yes(flag.one), Other: yes(flag.other), After: yes(flag.one || flag.other)})
	}
	return lines
}

// mergePeople links the two records: later the other becomes part of the
// person's.
func (s *server) mergePeople(w http.ResponseWriter, r *http.Request, v *shell.Viewer) error {
	p, err := s.whom(r, v)
	if err != nil {
		return err
	}
	other, err := shell.Required[id.Person](r, "other")
	if err != nil {
		return err
	}
	k, err := s.known(r.Context(), v, other)
	if errors.Is(err, contact.ErrNotFound) {
		return &shell.NoSuch{Field: "other"}
	}
	if err != nil {
		return err
	}
	reason := r.PostFormValue("reason")
	v.Act.On(audit.Contact, p.ID, k.ID)
	var made link.Link
	err = v.Act.Write(r.Context(), func(ctx context.Context, tx store.Tx) (err error) {
		made, err = s.Links.Join(ctx, tx, v.Org, p.ID, k.ID, reason, v.ID)
		if made.State == link.Asked {
			v.Act.As("person.link.asked")
		}
		return err
	})
	for refused, text := range map[error]string{link.ErrReason: "merge.reason.missing", link.ErrLong: "merge.reason.long", link.ErrSame: "merge.same", link.ErrTwice: "merge.twice", link.ErrGone: "merge.gone"} {
		if errors.Is(err, refused) {
			shown := showSomeone(k)
			return s.showMerge(w, v, http.StatusConflict, mergePageBody{Conversation: r.PostFormValue("conversation"), Person: showSomeone(p),
				Other: &shown, Lines: mergeLines(v, p, k), Reason: reason, Problem: v.Text.T(text)})
		}
	}
	if err != nil {
		return err
	}
	http.Redirect(w, r, "/links/"+made.ID.String(), http.StatusSeeOther)
	return nil
}

// linkLine is a link as one of its two people sees it.
type linkLine struct {
	link.Link
	Name    string // of the other
	ByName  string
	TwoName string // of the second person; empty: none was needed, or none has decided
	MayUndo bool
	Threads []row // the other's conversations, each opened under its own key
}

// linksOf reads the newest links of a person; more says that there are others.
func (s *server) linksOf(ctx context.Context, v *shell.Viewer, person id.Person) (lines []linkLine, more bool, err error) {
	all, more, err := s.Links.Newest(ctx, s.DB, v.Org, person)
	if err != nil || len(all) == 0 {
		return nil, false, err
	}
	if all, err = s.linksSeen(ctx, v, person, all); err != nil || len(all) == 0 {
		return nil, false, err
	}
	lines, err = s.linkLines(ctx, v, person, all)
	return lines, more, err
}

// linkLines reads what belongs to links of a person and, of those that hold or
// wait, what the other side shows.
func (s *server) linkLines(ctx context.Context, v *shell.Viewer, person id.Person, all []link.Link) ([]linkLine, error) {
	var others []id.Person
	var staff []id.Account
	for _, l := range all {
		others, staff = append(others, l.Other(person)), append(staff, l.By, l.Second)
	}
	var known map[id.Person]*chat.Known
	var names map[id.Account]string
	var threads map[id.Person][]conversation.Summary
	err := s.DB.Together(ctx,
		func(ctx context.Context) (err error) {
			known, err = s.People.GetMany(ctx, s.DB, v.Org, others)
			return err
		},
		func(ctx context.Context) (err error) {
			names, err = s.Users.Names(ctx, s.DB, v.Org, staff)
			return err
		},
		func(ctx context.Context) (err error) {
			threads, err = s.seen(v).OfContacts(ctx, s.DB, v.Org, others)
			return err
		})
	if err != nil {
		return nil, err
	}
	lines := make([]linkLine, len(all))
	for i, l := range all {
		at := l.Other(person)
		line := linkLine{Link: l, ByName: names[l.By], TwoName: names[l.Second], MayUndo: v.May(user.Answer) && l.Undoable(s.Now())}
		if k := known[at]; k != nil && !k.Erased {
			line.Name = k.Profile.DisplayName()
		}
		if !l.State.Over() {
			for _, c := range threads[at] {
				line.Threads = append(line.Threads, row{ID: c.ID.String(), At: c.LastAt, Preview: previewText(v, c)})
			}
		}
		lines[i] = line
	}
	return lines, nil
}

// linkPageBody shows two records that are linked, or are to be.
type linkPageBody struct {
	pii.Personal
	Link    linkLine
	Person  someone // who stays
	Other   someone
	Thread  string // of the one who stays
	Lines   []mergeLine
	Problem string
}

func (s *server) linkPage(w http.ResponseWriter, r *http.Request, v *shell.Viewer) error {
	return s.showLink(w, r, v, http.StatusOK, "")
}

func (s *server) showLink(w http.ResponseWriter, r *http.Request, v *shell.Viewer, status int, problem string) error {
	at, err := id.Parse[id.Link](r.PathValue("id"))
	if err != nil {
		return link.ErrNotFound
	}
	l, err := s.Links.Get(r.Context(), s.DB, v.Org, at)
	if err != nil {
		return err
	}
	if err := s.seesLink(r.Context(), v, l); err != nil {
		return err
	}
	v.Act.On(audit.Contact, l.Stays, l.Goes)
	known, err := s.People.GetMany(r.Context(), s.DB, v.Org, []id.Person{l.Stays, l.Goes})
	if err != nil {
		return err
	}
	one, other := known[l.Stays], known[l.Goes]
	if one == nil || other == nil {
		return link.ErrNotFound
	}
	lines, err := s.linkLines(r.Context(), v, l.Stays, []link.Link{l})
	if err != nil {
		return err
	}
	b := linkPageBody{Link: lines[0], Person: showSomeone(one), Other: showSomeone(other), Problem: problem}
	if one.ID != other.ID { // merged: there is nothing to compare
		b.Lines = mergeLines(v, one, other)
	}
	threads, err := s.seen(v).OfContact(r.Context(), s.DB, v.Org, one.ID)
	if err != nil {
		return err
	}
	if len(threads) > 0 {
		b.Thread = threads[0].ID.String()
	}
	return s.pages.Show(w, status, "link.html", shell.Page{Viewer: v, Title: v.Text.T("link.title"), At: "/inbox", Styles: []string{"inbox.css"}, Body: b})
}

// undoLink takes a link back.
func (s *server) undoLink(w http.ResponseWriter, r *http.Request, v *shell.Viewer) error {
	at, err := id.Parse[id.Link](r.PathValue("id"))
	if err != nil {
		return link.ErrNotFound
	}
	l, err := s.Links.Get(r.Context(), s.DB, v.Org, at)
	if err == nil {
		err = s.seesLink(r.Context(), v, l)
	}
	if err != nil {
		return err
	}
	err = v.Act.Write(r.Context(), func(ctx context.Context, tx store.Tx) error {
		l, err := s.Links.Undo(ctx, tx, v.Org, at, v.ID)
		v.Act.On(audit.Contact, l.Stays, l.Goes)
		return err
	})
	if errors.Is(err, link.ErrOver) {
		return s.showLink(w, r, v, http.StatusConflict, v.Text.T("link.over"))
	}
	if err != nil {
		return err
	}
	http.Redirect(w, r, "/links/"+at.String(), http.StatusSeeOther)
	return nil
}
