package inbox

import (
	"context"
	"errors"
	"net/http"
	"strings"

	"einklang/internal/consent/optin"
	"einklang/internal/door/web/shell"
	"einklang/internal/engine/store"
	"einklang/internal/engine/threshold"
	"einklang/internal/person/chat"
	"einklang/internal/person/contact"
	"einklang/internal/person/picture"
	"einklang/internal/rights/cases"
	"einklang/internal/rule/id"
)

// whom reads the person that something is done to. If the form says beside which
// conversation it stands, that must be one with her. Errors: shell.NoSuch.
func (s *server) whom(r *http.Request, v *shell.Viewer) (*chat.Known, error) {
	at, err := parseID[id.Person](r.PathValue("id"))
	if err != nil {
		return nil, err
	}
	p, err := s.known(r.Context(), v, at)
	if err != nil {
		return nil, err
	}
	back, err := shell.Optional[id.Conversation](r, "conversation")
	if err != nil || back.IsZero() {
		return p, err
	}
	hers, err := s.Threads.PersonOf(r.Context(), s.DB, v.Org, back)
	var seen map[id.Conversation]bool
	if err == nil {
		seen, err = s.seen(v).Among(r.Context(), s.DB, v.Org, back)
	}
	if err == nil && (hers != p.ID || !seen[back]) {
		err = &shell.NoSuch{Field: "conversation"}
	}
	return p, err
}

// backTo goes back to the conversation beside which something was done to a
// person; without one, to her latest.
func (s *server) backTo(w http.ResponseWriter, r *http.Request, v *shell.Viewer, p *chat.Known, a answer) error {
	at, err := shell.Optional[id.Conversation](r, "conversation")
	if err != nil {
		return err
	}
	if !at.IsZero() {
		return s.reply(w, r, v, at, a, "")
	}
	threads, err := s.seen(v).OfContact(r.Context(), s.DB, v.Org, p.ID)
	if err != nil {
		return err
	}
	if len(threads) == 0 {
		http.Redirect(w, r, "/inbox", http.StatusSeeOther)
		return nil
	}
	return s.reply(w, r, v, threads[0].ID, a, "")
}

// picture shows the picture of a person.
func (s *server) picture(w http.ResponseWriter, r *http.Request, v *shell.Viewer) error {
	at, err := parseID[id.Person](r.PathValue("id"))
	if err != nil {
		return err
	}
	if err := s.sees(r.Context(), v, at); err != nil {
		return err
	}
	jpeg, err := s.Portraits.Get(r.Context(), s.DB, v.Org, at)
	if err != nil {
		return err
	}
	w.Header().Set("Content-Type", "image/jpeg")
	_, err = w.Write(jpeg)
	return err
}

// setPicture takes in a picture, or removes it.
func (s *server) setPicture(w http.ResponseWriter, r *http.Request, v *shell.Viewer) error {
	files, unread := threshold.ReadForm(r, picture.MaxFile+64<<10)
	p, err := s.whom(r, v)
	if err != nil {
		return err
	}
	change := func(ctx context.Context, tx store.Tx) error { return s.Portraits.Remove(ctx, tx, v.Org, p.ID) }
	if r.PostFormValue("remove") == "" {
		small, err := s.Portraits.Small(r.Context(), files["picture"].Content)
		if unread != nil || errors.Is(err, picture.ErrPicture) {
			return s.backTo(w, r, v, p, answer{Problem: v.Text.T("person.picture.problem")})
		}
		if err != nil {
			return err
		}
		change = func(ctx context.Context, tx store.Tx) error { return s.Portraits.Set(ctx, tx, v.Org, p.ID, small) }
	}
	if err := v.Act.Write(r.Context(), change); err != nil {
		return err
	}
	return s.backTo(w, r, v, p, answer{OK: true})
}

// grant notes a consent beside the conversation. What the note says about how it
// was given is a note: the path is this page.
func (s *server) grant(w http.ResponseWriter, r *http.Request, v *shell.Viewer) error {
	p, err := s.whom(r, v)
	if err != nil {
		return err
	}
	e := optin.Event{Purpose: r.PostFormValue("purpose"), Source: optin.FromStaff, Detail: optin.Detail{Note: strings.TrimSpace(r.PostFormValue("note")), Staff: v.ID}}
	err = v.Act.Write(r.Context(), func(ctx context.Context, tx store.Tx) error {
		_, err := s.Consents.Grant(ctx, tx, v.Org, p, e)
		return err
	})
	switch {
	case errors.Is(err, optin.ErrNoNote), errors.Is(err, optin.ErrBadPurpose):
		return s.backTo(w, r, v, p, answer{Problem: v.Text.T("person.note")})
	case errors.Is(err, optin.ErrMinor):
		return s.backTo(w, r, v, p, answer{Problem: v.Text.T("reason.minor")})
	case errors.Is(err, optin.ErrObjected):
		return s.backTo(w, r, v, p, answer{Problem: v.Text.T("reason.objected")})
	case err != nil:
		return err
	}
	return s.backTo(w, r, v, p, answer{OK: true})
}

// withdrawTakes says which consent ends. Only the person herself can give it
// again.
func (s *server) withdrawTakes(r *http.Request, v *shell.Viewer) (*shell.Loss, error) {
	p, err := s.whom(r, v)
	if err != nil {
		return nil, err
	}
	back, err := shell.Required[id.Conversation](r, "conversation")
	return &shell.Loss{At: "/inbox", Back: "/inbox/" + back.String(), Do: v.Text.T("sure.withdraw.do"),
		Words: []string{v.Text.T("sure.withdraw", p.Profile.DisplayName(), purposeName(v, r.PostFormValue("purpose")))}, Final: true}, err
}

func (s *server) withdraw(w http.ResponseWriter, r *http.Request, v *shell.Viewer) error {
	p, err := s.whom(r, v)
	if err != nil {
		return err
	}
	err = v.Act.Write(r.Context(), func(ctx context.Context, tx store.Tx) error {
		_, err := s.Consents.Withdraw(ctx, tx, v.Org, p, optin.Event{Purpose: r.PostFormValue("purpose"), Source: optin.FromStaff, Detail: optin.Detail{Staff: v.ID}})
		return err
	})
	if err != nil {
		return err
	}
	return s.backTo(w, r, v, p, answer{OK: true})
}

func (s *server) block(w http.ResponseWriter, r *http.Request, v *shell.Viewer) error {
	p, err := s.whom(r, v)
	if err != nil {
		return err
	}
	err = v.Act.Write(r.Context(), func(ctx context.Context, tx store.Tx) error {
		return s.People.SetFlag(ctx, tx, v.Org, p.ID, contact.Blocked, !p.Flags.Blocked)
	})
	if err != nil {
		return err
	}
	return s.backTo(w, r, v, p, answer{OK: true})
}

// restrict begins or ends the restriction of processing (GDPR Art. 18).
func (s *server) restrict(w http.ResponseWriter, r *http.Request, v *shell.Viewer) error {
	p, err := s.whom(r, v)
	if err != nil {
		return err
	}
	err = v.Act.Write(r.Context(), func(ctx context.Context, tx store.Tx) error {
		return s.People.SetFlag(ctx, tx, v.Org, p.ID, contact.Restricted, !p.Flags.Restricted)
	})
	if err != nil {
		return err
	}
	return s.backTo(w, r, v, p, answer{OK: true})
}

// startCase takes in what a person asks for about her data (GDPR Art. 12): from
// now on the clock runs. Who works on it is the data protection officer.
func (s *server) startCase(w http.ResponseWriter, r *http.Request, v *shell.Viewer) error {
	p, err := s.whom(r, v)
	if err != nil {
		return err
	}
	err = v.Act.Write(r.Context(), func(ctx context.Context, tx store.Tx) error {
		_, err := s.Cases.Open(ctx, tx, v.Org, cases.Request{Contact: p.ID, Kind: cases.Kind(r.PostFormValue("kind")), Source: "desk", Text: r.PostFormValue("words"), By: v.ID})
		return err
	})
	if errors.Is(err, cases.ErrKind) {
		return s.backTo(w, r, v, p, answer{Problem: v.Text.T("case.problem.kind")})
	}
	if err != nil {
		return err
	}
	return s.backTo(w, r, v, p, answer{OK: true})
}

// openCases are the person's requests that are not closed.
func (s *server) openCases(ctx context.Context, v *shell.Viewer, p *person, contact id.Person) error {
	all, err := s.Cases.OfContact(ctx, s.DB, v.Org, contact)
	for _, c := range all {
		if c.Closed.IsZero() {
			p.Cases = append(p.Cases, c)
		}
	}
	return err
}

// setLocale says in which language the person is addressed.
func (s *server) setLocale(w http.ResponseWriter, r *http.Request, v *shell.Viewer) error {
	p, err := s.whom(r, v)
	if err != nil {
		return err
	}
	locale := r.PostFormValue("locale")
	if locale != "de" && locale != "en" {
		locale = ""
	}
	err = v.Act.Write(r.Context(), func(ctx context.Context, tx store.Tx) error {
		return s.People.SetLocale(ctx, tx, v.Org, p.ID, locale)
	})
	if err != nil {
		return err
	}
	return s.backTo(w, r, v, p, answer{OK: true})
}
