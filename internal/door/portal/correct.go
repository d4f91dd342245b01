package portal

import (
	"context"
	"errors"
	"net/http"
	"strings"
	"unicode/utf8"

	"einklang/internal/account/audit"
	"einklang/internal/door/web/shell"
	"einklang/internal/engine/mail"
	"einklang/internal/engine/store"
	"einklang/internal/engine/threshold"
	"einklang/internal/person/attribute"
	"einklang/internal/person/chat"
	"einklang/internal/person/contact"
	"einklang/internal/rights/cases"
	"einklang/internal/rule/id"
	"einklang/internal/rule/pii"
)

// Attributes are what a company keeps about people besides.
type Attributes interface {
	List(ctx context.Context, r store.Reader, org id.Org) ([]attribute.Definition, error)
	Of(ctx context.Context, r store.Reader, org id.Org, person id.Person) (attribute.Values, error)
	Set(ctx context.Context, tx store.Tx, org id.Org, person id.Person, said map[id.Attribute]string) error
}

// own is an attribute that she may correct herself.
type own struct {
	pii.Personal
	attribute.Definition
	Value string
}

// owned fills in what she may correct at once.
func (s *server) owned(ctx context.Context, v visitor, b *dataBody) error {
	all, err := s.Attributes.List(ctx, s.DB, v.Org.ID)
	if err != nil {
		return err
	}
	values, err := s.Attributes.Of(ctx, s.DB, v.Org.ID, v.Person.ID)
	for _, a := range all {
		if a.Hers && !a.Retired {
			b.Own = append(b.Own, own{Definition: a, Value: values[a.ID]})
		}
	}
	return err
}

// errWrong is returned for a correction of which a field cannot be read.
var errWrong = errors.New("a field cannot be read")

// correct takes what she corrects: her name, the language in which we write to her,
// and what the company lets her say herself, at once. A case with what stood there
// and what stands there now is the record (Art. 16, 19). Everything else is a
// request.
func (s *server) correct(w http.ResponseWriter, r *http.Request, act *audit.Act) error {
	v, err := s.visitor(r)
	if err != nil {
		return again(w, r, err)
	}
	if v.partly() {
		return shell.ErrNotFound
	}
	wrong := map[string]string{}
	err = s.doer(r, act)(v.Org.ID, v.Person.ID).WriteIf(r.Context(), func(ctx context.Context, tx store.Tx) (bool, error) {
		history, err := s.corrected(ctx, tx, v, r, wrong)
		if err == nil && len(wrong) > 0 {
			err = errWrong
		}
		if err != nil || len(history) == 0 {
			return false, err
		}
		return true, s.rectified(ctx, tx, v, strings.Join(history, "\n"))
	})
	if errors.Is(err, errWrong) {
		return s.showData(w, r, http.StatusUnprocessableEntity, v, dataBody{Mistakes: wrong})
	}
	return s.did(w, r, v, "corrected", err)
}

// rectified writes the history of a correction down: as a case that is done, or
// into the file of one that still waits for staff, which stays open.
func (s *server) rectified(ctx context.Context, tx store.Tx, v visitor, history string) error {
	all, err := s.Cases.OfContact(ctx, tx, v.Org.ID, v.Person.ID)
	if err != nil {
		return err
	}
	for _, c := range all {
		if c.Kind == cases.Rectify && c.Closed.IsZero() {
			_, err := s.opened(ctx, tx, v, cases.Rectify, history)
			return err
		}
	}
	return s.settle(ctx, tx, v, cases.Rectify, history)
}

// corrected keeps what she corrected, and says what was what.
func (s *server) corrected(ctx context.Context, tx store.Tx, v visitor, r *http.Request, wrong map[string]string) (history []string, err error) {
	c, p := s.shell.In("de"), v.Person
	note := func(what, before, now string) { history = append(history, c.T("portal.history", what, before, now)) }
	if name := strings.TrimSpace(r.PostFormValue("name")); name != p.Profile.DisplayName() {
		if name == "" || utf8.RuneCountInString(name) > mostName {
			wrong["name"] = "portal.problem.write.name"
			return nil, nil
		}
		note(c.T("portal.name"), p.Profile.DisplayName(), name)
		if err := s.People.Correct(ctx, tx, v.Org.ID, p.ID, contact.Correction{Name: &name}); err != nil {
			return nil, err
		}
	}
	if locale := r.PostFormValue("locale"); locale != p.Language() && s.shell.In(locale) != nil {
		note(c.T("portal.language"), p.Language(), locale)
		if err := s.People.SetLocale(ctx, tx, v.Org.ID, p.ID, locale); err != nil {
			return nil, err
		}
	}
	said, err := s.said(ctx, tx, v, r, note)
	if err != nil || len(said) == 0 {
		return history, err
	}
	err = s.Attributes.Set(ctx, tx, v.Org.ID, p.ID, said)
	if problem := (*attribute.Problem)(nil); errors.As(err, &problem) {
		for at := range said {
			wrong[at.String()] = "portal.problem.own"
		}
		return nil, nil
	}
	return history, err
}

// said are the attributes that she changed, of those that are hers to change.
func (s *server) said(ctx context.Context, tx store.Tx, v visitor, r *http.Request, note func(what, before, now string)) (map[id.Attribute]string, error) {
	all, err := s.Attributes.List(ctx, tx, v.Org.ID)
	if err != nil {
		return nil, err
	}
	values, err := s.Attributes.Of(ctx, tx, v.Org.ID, v.Person.ID)
	said := map[id.Attribute]string{}
	for _, a := range all {
		field := a.ID.String()
		if now := strings.TrimSpace(r.PostFormValue(field)); a.Hers && !a.Retired && r.PostForm.Has(field) && now != values[a.ID] {
			said[a.ID] = now
			note(a.Name, values[a.ID], now)
		}
	}
	return said, err
}

// addressKey is under what a code is kept that proves a new address: what is typed
// as a number or an address at the door never reads so.
func addressKey(address string) string { return "new " + strings.ToLower(address) }

// address takes a new mail address. It becomes hers once she enters the code that
// is sent there: a click by whoever reads a mailbox proves the mailbox, and only
// her own visit says that it is hers.
func (s *server) address(w http.ResponseWriter, r *http.Request, act *audit.Act) error {
	v, err := s.visitor(r)
	if err != nil {
		return again(w, r, err)
	}
	if v.partly() || !s.Mail {
		return shell.ErrNotFound
	}
	b := dataBody{NewEmail: strings.TrimSpace(r.PostFormValue("email"))}
	if b.NewEmail, err = mail.CheckAddress(b.NewEmail); err != nil {
		b.Mistakes, b.NewEmail = map[string]string{"email": "optin.form.email"}, ""
		return s.showData(w, r, http.StatusUnprocessableEntity, v, b)
	}
	if code := r.PostFormValue("code"); code != "" {
		return s.proveAddress(w, r, act, v, b, code)
	}
	if !s.brake.Allow("address " + v.Person.ID.String()) {
		b.Mistakes = map[string]string{"email": "portal.problem.often"}
		return s.showData(w, r, http.StatusTooManyRequests, v, b)
	}
	err = s.doer(r, act)(v.Org.ID, v.Person.ID).WriteIf(r.Context(), func(ctx context.Context, tx store.Tx) (bool, error) {
		code, until, err := s.Visits.Code(ctx, tx, v.Org.ID, addressKey(b.NewEmail), threshold.From(r), v.Person.ID, cases.ByMail)
		if err != nil || code == "" {
			return false, err
		}
		there, c := *v.Person, s.shell.In(v.Person.Language())
		there.Profile.Email = b.NewEmail
		words := chat.Words{Text: c.T("portal.address.words", code, v.Org.Name), Shown: c.T("secret.code"), Until: until}
		return s.Rights.TellVisitor(ctx, tx, v.Org.ID, &there, string(cases.ByMail), c.T("portal.code.subject"), words, code)
	})
	if err != nil {
		return err
	}
	return s.showData(w, r, http.StatusOK, v, b)
}

// proveAddress takes the code that was sent to a new address.
func (s *server) proveAddress(w http.ResponseWriter, r *http.Request, act *audit.Act, v visitor, b dataBody, code string) error {
	proven := false
	err := s.doer(r, act)(v.Org.ID, v.Person.ID).WriteIf(r.Context(), func(ctx context.Context, tx store.Tx) (bool, error) {
		entry, err := s.Visits.Enter(ctx, tx, v.Org.ID, addressKey(b.NewEmail), strings.TrimSpace(code), threshold.From(r))
		if err != nil || entry.Token == "" || entry.Person != v.Person.ID {
			return false, err
		}
		proven = true
		if err := s.People.Correct(ctx, tx, v.Org.ID, v.Person.ID, contact.Correction{Email: &b.NewEmail}); err != nil {
			return false, err
		}
		c := s.shell.In("de")
		if err := s.rectified(ctx, tx, v, c.T("portal.history", c.T("package.email"), v.Person.Profile.Email, b.NewEmail)); err != nil {
			return false, err
		}
		return true, s.tellOfAddress(ctx, tx, v)
	})
	if err != nil {
		return err
	}
	if !proven {
		b.Mistakes = map[string]string{"code": "portal.problem.code"}
		return s.showData(w, r, http.StatusUnprocessableEntity, v, b)
	}
	return s.did(w, r, v, "corrected", nil)
}

// tellOfAddress tells her by the ways that she had before.
func (s *server) tellOfAddress(ctx context.Context, tx store.Tx, v visitor) error {
	is, err := s.People.Proven(ctx, tx, v.Org.ID, v.Person)
	if err != nil {
		return err
	}
	c := s.shell.In(v.Person.Language())
	for way, open := range map[cases.Way]bool{cases.ByWhatsApp: is.WhatsApp, cases.ByMail: v.Person.Profile.Email != ""} {
		if !open {
			continue
		}
		if _, err := s.Rights.TellVisitor(ctx, tx, v.Org.ID, v.Person, string(way), c.T("portal.told.subject"), chat.Words{Text: c.T("portal.told.address", v.Org.Name)}, ""); err != nil {
			return err
		}
	}
	return nil
}
