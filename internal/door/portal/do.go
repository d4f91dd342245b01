package portal

import (
	"context"
	"errors"
	"net/http"
	"strings"

	"einklang/internal/account/audit"
	"einklang/internal/account/org"
	"einklang/internal/consent/optin"
	"einklang/internal/door/web/shell"
	"einklang/internal/engine/store"
	"einklang/internal/person/chat"
	"einklang/internal/rights/answer"
	"einklang/internal/rights/cases"
	"einklang/internal/rights/erasure"
	"einklang/internal/rule/id"
	"einklang/internal/rule/keyword"
)

// referred are requests that staff answer where not all of the record is proven to
// belong to her who asks. What stops something holds for all of it: a STOP from
// either number does, too.
var referred = map[string]cases.Kind{"erase": cases.Erase, "correct": cases.Rectify}

// refer opens a case for staff about a record of which she has not shown that all
// of it is hers: they merged it with another, or she never wrote as the one to whom
// the code went.
func (s *server) refer(ctx context.Context, tx store.Tx, v visitor, kind cases.Kind, words string) (cases.Case, error) {
	c, err := s.Cases.Open(ctx, tx, v.Org.ID, cases.Request{Contact: v.Person.ID, Kind: kind, Source: "portal", Text: words})
	if err != nil {
		return c, err
	}
	note := s.shell.In("de").T("case.part", v.Person.Profile.Phone)
	if v.Narrow {
		note = s.shell.In("de").T("case.narrow")
	}
	return c, s.Cases.Note(ctx, tx, c, "note", id.Account{}, note)
}

// opened opens a case for what a person asks for who has shown who she is.
func (s *server) opened(ctx context.Context, tx store.Tx, v visitor, kind cases.Kind, words string) (cases.Case, error) {
	return s.Cases.Open(ctx, tx, v.Org.ID, cases.Request{Contact: v.Person.ID, Kind: kind, Source: "portal", Identity: cases.ByCode, Text: words})
}

// settle opens a case for what the person does by herself and closes it: the
// record that a right was honoured, and when.
func (s *server) settle(ctx context.Context, tx store.Tx, v visitor, kind cases.Kind, words string) error {
	c, err := s.opened(ctx, tx, v, kind, words)
	if err != nil {
		return err
	}
	return s.done(ctx, tx, v.Org.ID, c.ID)
}

func (s *server) do(w http.ResponseWriter, r *http.Request, act *audit.Act) error {
	v, err := s.visitor(r)
	if err != nil {
		return again(w, r, err)
	}
	what, words := r.PathValue("what"), strings.TrimSpace(r.PostFormValue("text"))
	if what == "correct" && words == "" {
		return s.showData(w, r, http.StatusUnprocessableEntity, v, dataBody{body: body{Wrong: "portal.problem.correct"}})
	}
	does := s.doer(r, act)(v.Org.ID, v.Person.ID)
	if kind := referred[what]; v.partly() && kind != "" {
		err := does.Write(r.Context(), func(ctx context.Context, tx store.Tx) error {
			_, err := s.refer(ctx, tx, v, kind, words)
			return err
		})
		return s.did(w, r, v, "part", err)
	}
	var due bool
	err = does.Write(r.Context(), func(ctx context.Context, tx store.Tx) (err error) {
		due, err = s.act(ctx, tx, v, what, words, r.PostFormValue("purpose"))
		return err
	})
	switch {
	case errors.Is(err, erasure.ErrHeld):
		return s.did(w, r, v, "held", s.held(r, v, does))
	case errors.Is(err, optin.ErrBadPurpose), errors.Is(err, optin.ErrUnknownPurpose):
		return shell.ErrNotFound
	case errors.Is(err, answer.ErrOtherWay):
		return s.showData(w, r, http.StatusConflict, v, dataBody{body: body{Problem: "portal.problem.other"}})
	case err == nil && due:
		s.cookie(w, v.Org, "")
		return s.showStart(w, r, http.StatusOK, body{Org: v.Org, Done: "portal.did.erase"})
	}
	if what == "erase" {
		what = "wait"
	}
	return s.did(w, r, v, what, err)
}

// did shows her data again, with what was done.
func (s *server) did(w http.ResponseWriter, r *http.Request, v visitor, what string, err error) error {
	if err == nil {
		s.tell(w, v.Org, what)
		goOn(w, r, v.Org.Slug, "/data", nil)
	}
	return err
}

// held keeps the request of somebody whose data a legal hold keeps: it was
// undone with the erasure, and staff must answer it.
func (s *server) held(r *http.Request, v visitor, does *audit.Act) error {
	return does.Write(r.Context(), func(ctx context.Context, tx store.Tx) error {
		_, err := s.opened(ctx, tx, v, cases.Erase, r.PostFormValue("text"))
		return err
	})
}

// hear acts on what the person wrote beside what she chose, as in a conversation.
func (s *server) hear(ctx context.Context, tx store.Tx, o org.Org, p *chat.Known, words string) error {
	said := o.Settings.Words().Hear(words)
	for _, what := range []keyword.Meaning{said.Meaning, said.Also} {
		var err error
		switch what {
		case keyword.Stop:
			err = s.Rights.Withdraw(ctx, tx, o.ID, p, "portal")
		case keyword.Marketing:
			err = s.Rights.Object(ctx, tx, o.ID, p, "portal")
		default: // the rest is what she chose
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// act does what she chose; gone: she is being erased, and her visit is over.
func (s *server) act(ctx context.Context, tx store.Tx, v visitor, what, words, purpose string) (gone bool, err error) {
	o, p := v.Org, v.Person
	if what != "erase" {
		if err := s.hear(ctx, tx, o, p, words); err != nil {
			return false, err
		}
	}
	switch what {
	case "correct":
		_, err := s.opened(ctx, tx, v, cases.Rectify, words)
		return false, err
	case "restrict":
		return false, errors.Join(s.Rights.Restrict(ctx, tx, o.ID, p.ID, true), s.settle(ctx, tx, v, cases.Restrict, words))
	case "object":
		return false, errors.Join(s.Rights.Object(ctx, tx, o.ID, p, "portal"), s.settle(ctx, tx, v, cases.Object, words))
	case "oppose":
		c, err := s.opened(ctx, tx, v, cases.Oppose, words)
		if err == nil {
			err = s.Rights.Oppose(ctx, tx, p, c, "portal")
		}
		return false, err
	case "withdraw":
		return false, errors.Join(s.Rights.Withdraw(ctx, tx, o.ID, p, "portal"), s.settle(ctx, tx, v, cases.Withdraw, words))
	case "purpose":
		_, err := s.Consents.Withdraw(ctx, tx, o.ID, p, optin.Event{Purpose: purpose, Source: optin.FromPortal, At: s.Now()})
		return false, err
	case "erase":
		return s.erase(ctx, tx, v, words)
	case "keep":
		return false, s.Rights.StopErasure(ctx, tx, o, p, v.Way)
	default:
		return false, shell.ErrNotFound
	}
}

// erase orders an erasure. It waits for as long as the company allows for stopping
// it; at once: she is gone.
func (s *server) erase(ctx context.Context, tx store.Tx, v visitor, words string) (gone bool, err error) {
	before, err := s.Erasure.Preview(ctx, tx, v.Org.ID, v.Person.ID)
	if err != nil {
		return false, err
	}
	if before.Held {
		return false, erasure.ErrHeld
	}
	c, err := s.opened(ctx, tx, v, cases.Erase, words)
	if err != nil {
		return false, err
	}
	w, err := s.Rights.OrderErasure(ctx, tx, v.Org, v.Person, c, v.Way)
	return err == nil && !w.Due.After(s.Now()), err
}
