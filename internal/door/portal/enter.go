package portal

import (
	"context"
	"errors"
	"net/http"
	"strings"

	"einklang/internal/account/audit"
	"einklang/internal/account/org"
	"einklang/internal/door/web/shell"
	"einklang/internal/engine/store"
	"einklang/internal/engine/threshold"
	"einklang/internal/person/chat"
	"einklang/internal/person/contact"
	"einklang/internal/person/record"
	"einklang/internal/rights/cases"
	"einklang/internal/rule/pii"
)

// enter takes a code, or the secret of a link from the chat.
func (s *server) enter(w http.ResponseWriter, r *http.Request, act *audit.Act) error {
	o, err := s.Orgs.BySlug(r.Context(), s.DB, r.PathValue("slug"))
	if err != nil {
		return err
	}
	b := body{Org: o}
	b.Asked, b.Way = read(o, r.PostFormValue("number"))
	asked, code := b.Asked, strings.TrimSpace(r.PostFormValue("code"))
	if secret := r.PostFormValue("secret"); secret != "" {
		asked, code = secret, secret
	}
	from := "enter " + threshold.From(r)
	if !s.brake.Allow(from) {
		b.Problem = "portal.problem.often"
		return s.show(w, r, http.StatusTooManyRequests, "code.html", b)
	}
	by := s.doer(r, act)
	var entry cases.Entered
	err = act.WriteIf(r.Context(), func(ctx context.Context, tx store.Tx) (bool, error) {
		var err error
		entry, err = s.Visits.Enter(ctx, tx, o.ID, asked, code, threshold.From(r))
		if err != nil || entry.Token == "" {
			return false, err
		}
		by(o.ID, entry.Person)
		return true, s.proven(ctx, tx, o, entry)
	})
	if err != nil {
		return err
	}
	if entry.Token == "" {
		s.tellOfTries(o, entry)
		if r.PostFormValue("secret") != "" {
			return s.showStart(w, r, http.StatusUnprocessableEntity, body{Org: o, Problem: "portal.problem.code"})
		}
		b.Wrong = "portal.problem.code"
		return s.show(w, r, http.StatusUnprocessableEntity, "code.html", b)
	}
	s.brake.Forgive(from) // only wrong ones count
	s.cookie(w, o, entry.Token)
	goOn(w, r, o.Slug, "/data", nil)
	return nil
}

// proven notes that a person has shown who she is with all that she has asked
// for. In a record that staff merged with another it may be the other who asked.
func (s *server) proven(ctx context.Context, tx store.Tx, o org.Org, entry cases.Entered) error {
	p, err := s.People.Get(ctx, tx, o.ID, entry.Person)
	if err != nil {
		return err
	}
	v, err := s.looks(ctx, tx, visitor{Org: o, Person: p, Way: entry.Way})
	if err != nil || v.partly() {
		return err
	}
	return s.Cases.Proven(ctx, tx, o.ID, entry.Person)
}

// link opens what stands in the chat. It changes nothing: previews of links
// open them, too.
func (s *server) link(w http.ResponseWriter, r *http.Request) error {
	o, err := s.Orgs.BySlug(r.Context(), s.DB, r.PathValue("slug"))
	if err != nil {
		return err
	}
	return s.show(w, r, http.StatusOK, "link.html", body{Org: o, Secret: r.PathValue("secret")})
}

// cookieName is that of a visit to an organisation.
func cookieName(o org.Org) string { return "portal-" + o.Slug }

func (s *server) cookie(w http.ResponseWriter, o org.Org, token string) {
	s.bake(w, cookieName(o), token, 0)
}

// bake sets a cookie of the portal for some seconds, 0: until the browser ends; an
// empty one is taken away.
func (s *server) bake(w http.ResponseWriter, name, value string, seconds int) {
	if value == "" {
		seconds = -1
	}
	http.SetCookie(w, &http.Cookie{Name: s.shell.CookieName(name), Value: value, Path: "/", MaxAge: seconds, HttpOnly: true, Secure: s.Secure, SameSite: http.SameSiteStrictMode})
}

// toldFor is how long what was done waits to be shown, in seconds.
const toldFor = 60

// didCookie is the name of that in which it waits.
func didCookie(o org.Org) string { return cookieName(o) + "-did" }

// tell has her next page say what was done. It stands in a cookie, not in the
// address, which browsers remember: which right somebody used is her own business.
func (s *server) tell(w http.ResponseWriter, o org.Org, what string) {
	s.bake(w, didCookie(o), what, toldFor)
}

// before is what was done before this page, once; empty: nothing.
func (s *server) before(w http.ResponseWriter, r *http.Request, o org.Org) string {
	c, err := r.Cookie(s.shell.CookieName(didCookie(o)))
	if err != nil {
		return ""
	}
	s.bake(w, didCookie(o), "", 0)
	return c.Value
}

// visitor is who is here, and what her visit proves.
type visitor struct {
	pii.Personal
	Org    org.Org
	Person *chat.Known
	Way    cases.Way        // by which her code came
	Narrow bool             // the way is not proven to be hers: nothing is shown, and she may only end things
	Part   record.Belonging // what of the record belongs to her
}

// partly reports whether not all of the record may be shown.
func (v visitor) partly() bool { return v.Narrow || v.Part.Mixed }

// visitor finds who is here; ErrCode if nobody has shown who she is.
func (s *server) visitor(r *http.Request) (visitor, error) {
	var v visitor
	var err error
	if v.Org, err = s.Orgs.BySlug(r.Context(), s.DB, r.PathValue("slug")); err != nil {
		return v, err
	}
	c, err := r.Cookie(s.shell.CookieName(cookieName(v.Org)))
	if err != nil {
		return v, cases.ErrCode
	}
	person, way, err := s.Visits.Who(r.Context(), s.DB, v.Org.ID, c.Value)
	if err != nil {
		return v, err
	}
	v.Way = way
	if v.Person, err = s.People.Get(r.Context(), s.DB, v.Org.ID, person); err != nil {
		return v, err
	}
	if v.Person.Erased {
		return v, cases.ErrCode
	}
	return s.looks(r.Context(), s.DB, v)
}

// looks says what a visit proves.
func (s *server) looks(ctx context.Context, r store.Reader, v visitor) (visitor, error) {
	is, err := s.People.Proven(ctx, r, v.Org.ID, v.Person)
	if err != nil {
		return v, err
	}
	v.Narrow = v.Way == cases.ByWhatsApp && !is.WhatsApp || v.Way == cases.ByMail && !is.Email
	v.Part, err = s.People.Belonging(ctx, r, v.Org.ID, v.Person)
	return v, err
}

// again sends somebody whose visit is over back to the beginning.
func again(w http.ResponseWriter, r *http.Request, err error) error {
	if errors.Is(err, cases.ErrCode) || errors.Is(err, contact.ErrNotFound) {
		goOn(w, r, r.PathValue("slug"), "", nil)
		return nil
	}
	return err
}

func (s *server) leave(w http.ResponseWriter, r *http.Request, act *audit.Act) error {
	v, err := s.visitor(r)
	if err != nil {
		return again(w, r, err)
	}
	end := s.doer(r, act)(v.Org.ID, v.Person.ID)
	if err := end.Write(r.Context(), func(ctx context.Context, tx store.Tx) error {
		return s.Visits.End(ctx, tx, v.Org.ID, v.Person.ID)
	}); err != nil {
		return err
	}
	s.cookie(w, v.Org, "")
	shell.ClearBrowser(w)
	goOn(w, r, v.Org.Slug, "", nil)
	return nil
}
