package inbox

import (
	"context"
	"errors"
	"net/http"
	"strings"

	"einklang/internal/door/web/shell"
	"einklang/internal/engine/store"
	"einklang/internal/person/chat"
	"einklang/internal/person/contact"
	"einklang/internal/rule/id"
)

// mergePageBody is the page on which two entries for one person are joined.
type mergePageBody struct {
	Conversation string
	Query        string
	Person       someone
	Other        *someone
	Found        []someone
	Lines        []mergeLine
	Problem      string
}

// someone is a person as a list names her.
type someone struct{ ID, Name, Contact string }

// mergeLine compares the two, and says what will hold afterwards.
type mergeLine struct{ What, One, Other, After string }

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
	body := mergePageBody{Conversation: q.Get("conversation"), Query: strings.TrimSpace(q.Get("q")), Person: showSomeone(p)}
	other, err := shell.Parameter[id.Person](r, "other")
	if err != nil {
		return err
	}
	if !other.IsZero() {
		k, err := s.People.Get(r.Context(), s.DB, v.Org, other)
		if errors.Is(err, contact.ErrNotFound) {
			return &shell.NoSuch{Field: "other"}
		}
		if err != nil {
			return err
		}
		shown := showSomeone(k)
		body.Other, body.Lines = &shown, mergeLines(v, p, k)
	} else if body.Query != "" {
		found, err := s.People.Search(r.Context(), s.DB, v.Org, body.Query, 20)
		if err != nil {
			return err
		}
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
		{v.Text.T("merge.name"), a.DisplayName(), b.DisplayName(), first(first(a.Given, b.Given), first(a.Name, first(b.Name, a.DisplayName())))},
		{v.Text.T("person.phone"), a.Phone, b.Phone, first(a.Phone, b.Phone)},
		{v.Text.T("person.username"), a.Username, b.Username, first(a.Username, b.Username)},
		{v.Text.T("person.bsuid"), a.BSUID, b.BSUID, first(a.BSUID, b.BSUID)},
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
	}{{"mark.optedout", f.OptedOut, g.OptedOut}, {"mark.blocked", f.Blocked, g.Blocked}, {"mark.restricted", f.Restricted, g.Restricted}, {"mark.objected", f.Objected, g.Objected}} {
		lines = append(lines, mergeLine{v.Text.T(flag.key), yes(flag.one), yes(flag.other), yes(flag.one || flag.other)})
	}
	return lines
}

// mergePeople joins the other entry to the person.
func (s *server) mergePeople(w http.ResponseWriter, r *http.Request, v *shell.Viewer) error {
	p, err := s.whom(r, v)
	if err != nil {
		return err
	}
	other, err := shell.Required[id.Person](r, "other")
	if err != nil {
		return err
	}
	err = v.Act.Write(r.Context(), func(ctx context.Context, tx store.Tx) error { return s.People.Merge(ctx, tx, v.Org, other, p.ID) })
	if errors.Is(err, contact.ErrNotFound) {
		return &shell.NoSuch{Field: "other"}
	}
	if errors.Is(err, contact.ErrSame) {
		return s.showMerge(w, v, http.StatusConflict, mergePageBody{Conversation: r.PostFormValue("conversation"), Person: showSomeone(p), Problem: v.Text.T("merge.same")})
	}
	if err != nil {
		return err
	}
	left, err := s.Threads.OfContact(r.Context(), s.DB, v.Org, p.ID)
	if err != nil {
		return err
	}
	to := "/inbox"
	if len(left) > 0 {
		to += "/" + left[0].ID.String()
	}
	http.Redirect(w, r, to, http.StatusSeeOther)
	return nil
}
