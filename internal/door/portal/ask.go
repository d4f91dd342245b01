package portal

import (
	"context"
	"net/http"
	"strings"

	"einklang/internal/account/audit"
	"einklang/internal/account/org"
	"einklang/internal/engine/mail"
	"einklang/internal/engine/store"
	"einklang/internal/engine/threshold"
	"einklang/internal/person/chat"
	"einklang/internal/rights/cases"
	"einklang/internal/rule/i18n"
	"einklang/internal/rule/id"
	"einklang/internal/rule/phone"
)

func (s *server) start(w http.ResponseWriter, r *http.Request) error {
	o, err := s.Orgs.BySlug(r.Context(), s.DB, r.PathValue("slug"))
	if err != nil {
		return err
	}
	return s.showStart(w, r, http.StatusOK, body{Org: o})
}

func (s *server) showStart(w http.ResponseWriter, r *http.Request, status int, b body) error {
	b.Mail = s.Mail
	if err := s.tap(r, &b); err != nil {
		return err
	}
	return s.show(w, r, status, "start.html", b)
}

// tap fills in the link that opens WhatsApp with the word that brings a link: it
// proves the identity of whoever shows no number, too.
func (s *server) tap(r *http.Request, b *body) error {
	all, err := s.Orgs.Channels(r.Context(), s.DB, b.Org.ID)
	if err != nil {
		return err
	}
	c := s.shell.Texts(r)
	if at, is := org.InService(all, id.Channel{}); is {
		b.Word = c.T("portal.word")
		b.Tap = s.Chat.Write(at.DisplayNumber, b.Word)
	}
	return nil
}

// ask sends a code, if somebody is known under what was entered.
func (s *server) ask(w http.ResponseWriter, r *http.Request, act *audit.Act) error {
	o, err := s.Orgs.BySlug(r.Context(), s.DB, r.PathValue("slug"))
	if err != nil {
		return err
	}
	b := body{Org: o}
	b.Asked, b.Way = read(o, r.PostFormValue("number"))
	if b.Asked == "" {
		b.Wrong = "portal.problem.number"
		return s.showStart(w, r, http.StatusUnprocessableEntity, b)
	}
	// How many codes one number gets is counted where they are made.
	if !s.brake.Allow("from " + threshold.From(r)) {
		b.Problem = "portal.problem.often"
		return s.showStart(w, r, http.StatusTooManyRequests, b)
	}
	c, by, from := s.shell.Texts(r), s.doer(r, act), threshold.From(r)
	s.Codes.later(func(ctx context.Context) error { return s.send(ctx, o, b.Asked, from, b.Way, c, act, by) })
	return s.show(w, r, http.StatusOK, "code.html", b)
}

// read is a number or a mail address as it is looked up, and the way that leads
// there; empty if it is neither.
func read(o org.Org, said string) (asked string, way cases.Way) {
	if strings.Contains(said, "@") {
		address, err := mail.CheckAddress(said)
		if err != nil {
			return "", ""
		}
		return strings.ToLower(address), cases.ByMail
	}
	n, err := phone.Read(said, o.Settings.Home())
	if err != nil {
		return "", ""
	}
	return "+" + n, cases.ByWhatsApp
}

func (s *server) send(ctx context.Context, o org.Org, asked, from string, way cases.Way, c *i18n.Catalogue, act *audit.Act, by func(org id.Org, person id.Person) *audit.Act) error {
	return act.WriteIf(ctx, func(ctx context.Context, tx store.Tx) (bool, error) {
		p, err := s.whose(ctx, tx, o.ID, asked, way)
		if err != nil {
			return false, err
		}
		var person id.Person
		if p != nil {
			person = p.ID
		}
		code, until, err := s.Visits.Code(ctx, tx, o.ID, asked, from, person, way)
		if err != nil || code == "" || person.IsZero() {
			return false, err
		}
		by(o.ID, person)
		words := chat.Words{Text: c.T("portal.code.words", code, o.Name), Shown: c.T("secret.code"), Until: until}
		_, err = s.Rights.TellVisitor(ctx, tx, o.ID, p, string(way), c.T("portal.code.subject"), words, code)
		return true, err
	})
}

// whose finds who gets a code for what was entered; nil: nobody. A mail address
// gets one only where it proves something: what staff, a program or an import
// entered lately may be anybody's, and in a record that staff merged with another
// it may have come with the other one.
func (s *server) whose(ctx context.Context, r store.Reader, org id.Org, asked string, way cases.Way) (*chat.Known, error) {
	if way == cases.ByWhatsApp {
		p, err := s.People.ByPhone(ctx, r, org, strings.TrimPrefix(asked, "+"))
		if err != nil || p == nil || p.Erased {
			return nil, err
		}
		return p, nil
	}
	p, err := s.People.ByEmail(ctx, r, org, asked)
	if err != nil || p == nil || p.Erased {
		return nil, err
	}
	is, err := s.People.Proven(ctx, r, org, p)
	if err != nil || !is.Email {
		return nil, err
	}
	hers, err := s.People.Belonging(ctx, r, org, p)
	if err != nil || hers.Mixed {
		return nil, err
	}
	return p, nil
}
