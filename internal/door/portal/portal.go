// Package portal is the public pages on which a person without an account sees
// what is kept about her, takes it along, corrects it, restricts or objects to
// its use, withdraws, and has it erased (GDPR Art. 12(2), 15 to 21).
//
// She shows who she is by a code that goes to the number or the e-mail address
// on file. Whatever is entered, the answer and its time are the same: the work
// is done after the answer, so nobody learns from the portal who is a customer.
package portal

import (
	"context"
	"embed"
	"errors"
	"io"
	"log/slog"
	"net/http"
	"slices"
	"strings"
	"time"

	"einklang/internal/account/audit"
	"einklang/internal/account/org"
	"einklang/internal/door/web/shell"
	"einklang/internal/engine/store"
	"einklang/internal/engine/threshold"
	"einklang/internal/engine/throttle"
	"einklang/internal/person/chat"
	"einklang/internal/person/contact"
	"einklang/internal/person/record"
	"einklang/internal/rights/access"
	"einklang/internal/rights/cases"
	"einklang/internal/rights/erasure"
	"einklang/internal/rule/i18n"
	"einklang/internal/rule/id"
	"einklang/internal/rule/keyword"
	"einklang/internal/rule/phone"
	"einklang/internal/rule/pii"
)

//go:embed pages/*.html
var files embed.FS

// Rights does what people may ask for.
type Rights interface {
	Tell(ctx context.Context, tx store.Tx, org id.Org, p *chat.Known, way string, about id.Case, subject string, words chat.Words, code string) (bool, error)
	Withdraw(ctx context.Context, tx store.Tx, org id.Org, p *chat.Known, source string) error
	Object(ctx context.Context, tx store.Tx, org id.Org, p *chat.Known, source string) error
	Restrict(ctx context.Context, tx store.Tx, org id.Org, person id.Person, on bool) error
	Parcel(ctx context.Context, org id.Org, parcel id.Parcel) (io.Reader, error)
	Proven(ctx context.Context, w io.Writer, org id.Org, p *chat.Known, kind access.Kind, c *i18n.Catalogue) error
	Erase(ctx context.Context, tx store.Tx, org id.Org, person id.Person, privacyCase id.Case, by id.Account, source string) (erasure.Procedure, error)
}

// Previews tells what an erasure would delete, and what must stay.
type Previews interface {
	Preview(ctx context.Context, r store.Reader, org id.Org, contact id.Person) (erasure.Preview, error)
}

// Parts are what the pages work with.
type Parts struct {
	DB      *store.DB
	Now     func() time.Time
	Log     *slog.Logger
	Orgs    *org.Registry
	People  *contact.Book
	Cases   *cases.Cases
	Erasure Previews
	Visits  *cases.Visits
	Rights  Rights
	Codes   *Codes
	Secure  bool // reached over HTTPS
}

type server struct {
	Parts
	shell *shell.Shell
	pages *shell.Pages
	brake *throttle.Brake
}

// Mount adds the pages.
func Mount(sh *shell.Shell, p Parts) error {
	s := &server{Parts: p, shell: sh, brake: throttle.New(p.Now)}
	var err error
	if s.pages, err = sh.Pages(files, nil); err != nil {
		return err
	}
	sh.Missing(org.ErrNotFound)
	sh.Public("GET /portal/{slug}", audit.Nobody, s.start)
	sh.Open("POST /portal/{slug}/code", audit.Changes("portal.asked"), s.ask)
	sh.Open("POST /portal/{slug}/enter", audit.Changes("portal.entered"), s.enter)
	sh.Public("GET /portal/{slug}/enter/{secret}", audit.Nobody, s.link)
	sh.Open("GET /portal/{slug}/data", audit.Reads("portal.viewed"), s.data)
	sh.Open("GET /portal/{slug}/package", audit.Exports("portal.exported"), s.pack)
	sh.Open("GET /portal/{slug}/package/{parcel}", audit.Exports("portal.exported"), s.fetch)
	sh.Open("POST /portal/{slug}/do/{what}", audit.Changes("portal.changed"), s.do)
	sh.Open("POST /portal/{slug}/leave", audit.Changes("portal.left"), s.leave)
	return nil
}

type body struct {
	pii.Personal
	Org     org.Org
	Asked   string
	Way     string
	Problem string // key of a text
	Done    string // key of a text
	Secret  string
}

func (s *server) show(w http.ResponseWriter, r *http.Request, status int, page string, b any) error {
	c := s.shell.Texts(r)
	return s.pages.Show(w, status, page, shell.Page{Text: c, Styles: []string{"rights.css"}, Title: c.T("portal.title"), Body: b})
}

// doer says who acts about a person: the account that is signed in in the same
// browser, if there is one, because staff have no business here; else the person
// for herself.
func (s *server) doer(r *http.Request, act *audit.Act) func(org id.Org, person id.Person) *audit.Act {
	account := s.shell.SignedInHere(r)
	return func(org id.Org, person id.Person) *audit.Act {
		by := audit.Actor{Who: audit.Person, ID: id.ID(person)}
		if account.Org == org {
			by = audit.Actor{Who: audit.Staff, ID: id.ID(account.ID)}
		}
		return act.By(org, by).On(audit.Contact, person)
	}
}

func (s *server) start(w http.ResponseWriter, r *http.Request) error {
	o, err := s.Orgs.BySlug(r.Context(), s.DB, r.PathValue("slug"))
	if err != nil {
		return err
	}
	return s.show(w, r, http.StatusOK, "start.html", body{Org: o})
}

// ask sends a code, if somebody is known under what was entered.
func (s *server) ask(w http.ResponseWriter, r *http.Request, act *audit.Act) error {
	o, err := s.Orgs.BySlug(r.Context(), s.DB, r.PathValue("slug"))
	if err != nil {
		return err
	}
	b := body{Org: o, Asked: normal(o, r.PostFormValue("number")), Way: "whatsapp"}
	if r.PostFormValue("way") == "e_mail" {
		b.Way = "e_mail"
	}
	if b.Asked == "" {
		b.Problem = "portal.problem.number"
		return s.show(w, r, http.StatusUnprocessableEntity, "start.html", b)
	}
	// How many codes one number gets is counted where they are made.
	if !s.brake.Allow("from " + threshold.From(r)) {
		b.Problem = "portal.problem.often"
		return s.show(w, r, http.StatusTooManyRequests, "start.html", b)
	}
	c, by, from := s.shell.Texts(r), s.doer(r, act), threshold.From(r)
	s.Codes.later(func(ctx context.Context) error { return s.send(ctx, o, b.Asked, from, b.Way, c, act, by) })
	return s.show(w, r, http.StatusOK, "code.html", b)
}

// normal is a number as it is looked up; empty if it is none.
func normal(o org.Org, said string) string {
	n, err := phone.Read(said, o.Settings.Home())
	if err != nil {
		return ""
	}
	return n
}

func (s *server) send(ctx context.Context, o org.Org, asked, from, way string, c *i18n.Catalogue, act *audit.Act, by func(org id.Org, person id.Person) *audit.Act) error {
	return act.WriteIf(ctx, func(ctx context.Context, tx store.Tx) (bool, error) {
		p, err := s.People.ByPhone(ctx, tx, o.ID, asked)
		if err != nil {
			return false, err
		}
		var person id.Person
		if p != nil && !p.Erased {
			person = p.ID
		}
		if way == "e_mail" && !person.IsZero() {
			hers, err := s.People.Belonging(ctx, tx, o.ID, p)
			if err != nil {
				return false, err
			}
			if hers.Mixed {
				person = id.Person{} // the address may have come with the other record
			}
		}
		code, until, err := s.Visits.Code(ctx, tx, o.ID, asked, from, person)
		if err != nil || code == "" || person.IsZero() {
			return false, err
		}
		by(o.ID, person)
		words := chat.Words{Text: c.T("portal.code.words", code, o.Name), Shown: c.T("secret.code"), Until: until}
		_, err = s.Rights.Tell(ctx, tx, o.ID, p, way, id.Case(person), c.T("portal.code.subject"), words, code)
		return true, err
	})
}

// enter takes a code, or the secret of a link from the chat.
func (s *server) enter(w http.ResponseWriter, r *http.Request, act *audit.Act) error {
	o, err := s.Orgs.BySlug(r.Context(), s.DB, r.PathValue("slug"))
	if err != nil {
		return err
	}
	asked, code := normal(o, r.PostFormValue("number")), strings.TrimSpace(r.PostFormValue("code"))
	if secret := r.PostFormValue("secret"); secret != "" {
		asked, code = secret, secret
	}
	b := body{Org: o, Asked: asked}
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
		return true, s.proven(ctx, tx, o, entry.Person)
	})
	if err != nil {
		return err
	}
	if entry.Token == "" {
		s.tellOfTries(o, entry)
		b.Problem = "portal.problem.code"
		if r.PostFormValue("secret") != "" {
			return s.show(w, r, http.StatusUnprocessableEntity, "start.html", body{Org: o, Problem: b.Problem})
		}
		return s.show(w, r, http.StatusUnprocessableEntity, "code.html", b)
	}
	s.brake.Forgive(from) // only wrong ones count
	s.cookie(w, o, entry.Token)
	http.Redirect(w, r, "/portal/"+o.Slug+"/data", http.StatusSeeOther)
	return nil
}

// proven notes that a person has shown who she is with all that she has asked
// for. In a record that staff merged with another it may be the other who asked.
func (s *server) proven(ctx context.Context, tx store.Tx, o org.Org, person id.Person) error {
	p, err := s.People.Get(ctx, tx, o.ID, person)
	if err != nil {
		return err
	}
	hers, err := s.People.Belonging(ctx, tx, o.ID, p)
	if err != nil || hers.Mixed {
		return err
	}
	return s.Cases.Proven(ctx, tx, o.ID, person)
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

const cookieName = "portal"

func (s *server) cookie(w http.ResponseWriter, o org.Org, token string) {
	c := &http.Cookie{Name: cookieName, Value: token, Path: "/portal/" + o.Slug, HttpOnly: true, Secure: s.Secure, SameSite: http.SameSiteStrictMode}
	if token == "" {
		c.MaxAge = -1
	}
	http.SetCookie(w, c)
}

// visitor is who is here; ErrCode if nobody has shown who she is.
func (s *server) visitor(r *http.Request) (org.Org, *chat.Known, error) {
	o, err := s.Orgs.BySlug(r.Context(), s.DB, r.PathValue("slug"))
	if err != nil {
		return o, nil, err
	}
	c, err := r.Cookie(cookieName)
	if err != nil {
		return o, nil, cases.ErrCode
	}
	person, err := s.Visits.Who(r.Context(), s.DB, o.ID, c.Value)
	if err != nil {
		return o, nil, err
	}
	p, err := s.People.Get(r.Context(), s.DB, o.ID, person)
	if err == nil && p.Erased {
		err = cases.ErrCode
	}
	return o, p, err
}

// again sends somebody whose visit is over back to the beginning.
func again(w http.ResponseWriter, r *http.Request, err error) error {
	if errors.Is(err, cases.ErrCode) || errors.Is(err, contact.ErrNotFound) {
		http.Redirect(w, r, "/portal/"+r.PathValue("slug"), http.StatusSeeOther)
		return nil
	}
	return err
}

type dataBody struct {
	pii.Personal
	body
	Person  *chat.Known
	Tried   int               // wrong codes for her in a day
	Part    *record.Belonging // a part of the record belongs to her; nil: all of it
	Cases   []cases.Case
	Preview erasure.Preview
	Parcels []cases.Parcel // that lie ready
}

func (s *server) data(w http.ResponseWriter, r *http.Request, act *audit.Act) error {
	o, p, err := s.visitor(r)
	if err != nil {
		return again(w, r, err)
	}
	s.doer(r, act)(o.ID, p.ID)
	return s.showData(w, r, http.StatusOK, o, p, "")
}

func (s *server) showData(w http.ResponseWriter, r *http.Request, status int, o org.Org, p *chat.Known, problem string) (err error) {
	b := dataBody{body: body{Org: o, Problem: problem}, Person: p}
	if did := r.URL.Query().Get("did"); s.shell.Texts(r).Has("portal.did." + did) {
		b.Done = "portal.did." + did
	}
	hers, err := s.People.Belonging(r.Context(), s.DB, o.ID, p)
	if err != nil {
		return err
	}
	if b.Tried, err = s.Visits.Tried(r.Context(), s.DB, o.ID, p.ID); err != nil {
		return err
	}
	if hers.Mixed { // how much there is of what, and what was asked, is said of both
		b.Part = &hers
		return s.show(w, r, status, "part.html", b)
	}
	if b.Cases, err = s.Cases.OfContact(r.Context(), s.DB, o.ID, p.ID); err != nil {
		return err
	}
	if b.Parcels, err = s.Cases.ParcelsOf(r.Context(), s.DB, o.ID, p.ID); err != nil {
		return err
	}
	if b.Preview, err = s.Erasure.Preview(r.Context(), s.DB, o.ID, p.ID); err != nil {
		return err
	}
	return s.show(w, r, status, "data.html", b)
}

func (s *server) pack(w http.ResponseWriter, r *http.Request, act *audit.Act) error {
	o, p, err := s.visitor(r)
	if err != nil {
		return again(w, r, err)
	}
	kind, asked := access.Access, cases.Access
	if r.URL.Query().Get("kind") == string(access.Portability) {
		kind, asked = access.Portability, cases.Portability
	}
	hers, err := s.People.Belonging(r.Context(), s.DB, o.ID, p)
	if err != nil {
		return err
	}
	err = s.doer(r, act)(o.ID, p.ID).Write(r.Context(), func(ctx context.Context, tx store.Tx) error {
		if hers.Mixed { // a part is no answer for the whole
			return s.refer(ctx, tx, o.ID, p, asked, "")
		}
		return s.settle(ctx, tx, o.ID, p, asked, "")
	})
	if err != nil {
		return err
	}
	c := s.shell.Texts(r)
	w.Header().Set("Content-Type", "application/zip")
	w.Header().Set("Content-Disposition", `attachment; filename="`+c.T("package.file")+`.zip"`)
	return shell.IgnoreGone(s.Rights.Proven(r.Context(), w, o.ID, p, kind, c))
}

// fetch hands out a package that staff have laid ready.
func (s *server) fetch(w http.ResponseWriter, r *http.Request, act *audit.Act) error {
	o, p, err := s.visitor(r)
	if err != nil {
		return again(w, r, err)
	}
	hers, err := s.People.Belonging(r.Context(), s.DB, o.ID, p)
	if err != nil {
		return err
	}
	if hers.Mixed {
		return shell.ErrNotFound // staff laid ready what is kept of both
	}
	ready, err := s.Cases.ParcelsOf(r.Context(), s.DB, o.ID, p.ID)
	if err != nil {
		return err
	}
	i := slices.IndexFunc(ready, func(x cases.Parcel) bool { return x.ID.String() == r.PathValue("parcel") })
	if i < 0 {
		return shell.ErrNotFound
	}
	s.doer(r, act)(o.ID, p.ID)
	content, err := s.Rights.Parcel(r.Context(), o.ID, ready[i].ID)
	if err != nil {
		return err
	}
	w.Header().Set("Content-Type", "application/zip")
	w.Header().Set("Content-Disposition", `attachment; filename="`+s.shell.Texts(r).T("package.file")+`.zip"`)
	_, err = io.Copy(w, content)
	return shell.IgnoreGone(err)
}

// referred are requests that staff answer where only a part of the record belongs
// to her who asks. What stops something holds for all of it: a STOP from either
// number does, too.
var referred = map[string]cases.Kind{"erase": cases.Erase, "correct": cases.Rectify}

// refer opens a case for staff about a record that they merged with another: she
// has shown no more than that one number is hers.
func (s *server) refer(ctx context.Context, tx store.Tx, org id.Org, p *chat.Known, kind cases.Kind, words string) error {
	c, err := s.Cases.Open(ctx, tx, org, cases.Request{Contact: p.ID, Kind: kind, Source: "portal", Text: words})
	if err != nil {
		return err
	}
	return s.Cases.Note(ctx, tx, c, "note", id.Account{}, s.shell.In("de").T("case.part", p.Profile.Phone))
}

// settle opens a case for what the person does by herself and closes it: the
// record that a right was honoured, and when.
func (s *server) settle(ctx context.Context, tx store.Tx, org id.Org, p *chat.Known, kind cases.Kind, words string) error {
	c, err := s.Cases.Open(ctx, tx, org, cases.Request{Contact: p.ID, Kind: kind, Source: "portal", Identity: cases.ByCode, Text: words})
	if err != nil {
		return err
	}
	if !c.Identity.Shown() {
		c.Identity = cases.ByCode
	}
	return s.Cases.Close(ctx, tx, &c, cases.Done, id.Account{}, "")
}

func (s *server) do(w http.ResponseWriter, r *http.Request, act *audit.Act) error {
	o, p, err := s.visitor(r)
	if err != nil {
		return again(w, r, err)
	}
	what, words := r.PathValue("what"), strings.TrimSpace(r.PostFormValue("text"))
	if what == "correct" && words == "" {
		return s.showData(w, r, http.StatusUnprocessableEntity, o, p, "portal.problem.correct")
	}
	hers, err := s.People.Belonging(r.Context(), s.DB, o.ID, p)
	if err != nil {
		return err
	}
	does := s.doer(r, act)(o.ID, p.ID)
	if kind := referred[what]; hers.Mixed && kind != "" {
		if err := does.Write(r.Context(), func(ctx context.Context, tx store.Tx) error { return s.refer(ctx, tx, o.ID, p, kind, words) }); err != nil {
			return err
		}
		http.Redirect(w, r, "/portal/"+o.Slug+"/data?did=part", http.StatusSeeOther)
		return nil
	}
	err = does.Write(r.Context(), func(ctx context.Context, tx store.Tx) error { return s.act(ctx, tx, o, p, what, words) })
	switch {
	case errors.Is(err, erasure.ErrHeld):
		if err := s.held(r, o, p, does); err != nil {
			return err
		}
		http.Redirect(w, r, "/portal/"+o.Slug+"/data?did=held", http.StatusSeeOther)
		return nil
	case err != nil:
		return err
	case what == "erase":
		s.cookie(w, o, "")
		return s.show(w, r, http.StatusOK, "start.html", body{Org: o, Done: "portal.did.erase"})
	}
	http.Redirect(w, r, "/portal/"+o.Slug+"/data?did="+what, http.StatusSeeOther)
	return nil
}

// held keeps the request of somebody whose data a legal hold keeps: it was
// undone with the erasure, and staff must answer it.
func (s *server) held(r *http.Request, o org.Org, p *chat.Known, does *audit.Act) error {
	return does.Write(r.Context(), func(ctx context.Context, tx store.Tx) error {
		_, err := s.Cases.Open(ctx, tx, o.ID, cases.Request{Contact: p.ID, Kind: cases.Erase, Source: "portal", Identity: cases.ByCode, Text: r.PostFormValue("text")})
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

func (s *server) act(ctx context.Context, tx store.Tx, o org.Org, p *chat.Known, what, words string) error {
	if what != "erase" {
		if err := s.hear(ctx, tx, o, p, words); err != nil {
			return err
		}
	}
	switch what {
	case "correct":
		_, err := s.Cases.Open(ctx, tx, o.ID, cases.Request{Contact: p.ID, Kind: cases.Rectify, Source: "portal", Identity: cases.ByCode, Text: words})
		return err
	case "restrict":
		return errors.Join(s.Rights.Restrict(ctx, tx, o.ID, p.ID, true), s.settle(ctx, tx, o.ID, p, cases.Restrict, words))
	case "object":
		return errors.Join(s.Rights.Object(ctx, tx, o.ID, p, "portal"), s.settle(ctx, tx, o.ID, p, cases.Object, words))
	case "withdraw":
		return errors.Join(s.Rights.Withdraw(ctx, tx, o.ID, p, "portal"), s.settle(ctx, tx, o.ID, p, cases.Withdraw, words))
	case "erase":
		c, err := s.Cases.Open(ctx, tx, o.ID, cases.Request{Contact: p.ID, Kind: cases.Erase, Source: "portal", Identity: cases.ByCode, Text: words})
		if err != nil {
			return err
		}
		if _, err := s.Rights.Erase(ctx, tx, o.ID, p.ID, c.ID, id.Account{}, "portal"); err != nil {
			return err
		}
		c.Identity = cases.ByCode
		return s.Cases.Close(ctx, tx, &c, cases.Done, id.Account{}, "")
	default:
		return shell.ErrNotFound
	}
}

func (s *server) leave(w http.ResponseWriter, r *http.Request, act *audit.Act) error {
	o, p, err := s.visitor(r)
	if err != nil {
		return again(w, r, err)
	}
	end := s.doer(r, act)(o.ID, p.ID)
	if err := end.Write(r.Context(), func(ctx context.Context, tx store.Tx) error { return s.Visits.End(ctx, tx, o.ID, p.ID) }); err != nil {
		return err
	}
	s.cookie(w, o, "")
	http.Redirect(w, r, "/portal/"+o.Slug, http.StatusSeeOther)
	return nil
}
