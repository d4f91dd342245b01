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
	"einklang/internal/rights/access"
	"einklang/internal/rights/cases"
	"einklang/internal/rights/erasure"
	"einklang/internal/rule/i18n"
	"einklang/internal/rule/id"
	"einklang/internal/rule/phone"
)

//go:embed pages/*.html
var files embed.FS

// Rights does what people may ask for.
type Rights interface {
	Tell(ctx context.Context, tx store.Tx, org id.ID, p *chat.Known, way string, about id.ID, subject string, words chat.Words, code string) (bool, error)
	Withdraw(ctx context.Context, tx store.Tx, org id.ID, p *chat.Known, source string) error
	Object(ctx context.Context, tx store.Tx, org id.ID, p *chat.Known, source string) error
	Restrict(ctx context.Context, tx store.Tx, org, person id.ID, on bool) error
	Parcel(ctx context.Context, org, parcel id.ID) (io.Reader, error)
	Package(ctx context.Context, w io.Writer, org id.ID, p *chat.Known, kind access.Kind, c *i18n.Catalogue) error
	Erase(ctx context.Context, tx store.Tx, org, person, privacyCase, by id.ID, source string) (erasure.Procedure, error)
}

// Parts are what the pages work with.
type Parts struct {
	DB      *store.DB
	Now     func() time.Time
	Log     *slog.Logger
	Orgs    *org.Registry
	People  *contact.Book
	Cases   *cases.Cases
	Erasure *erasure.Erasures
	Visits  *cases.Visits
	Rights  Rights
	Audit   *audit.Log
	Secure  bool // reached over HTTPS
}

type server struct {
	Parts
	shell *shell.Shell
	pages *shell.Pages
	brake *throttle.Brake
	work  chan func(context.Context) error
}

// waiting bounds how many codes may be on their way to being made.
const waiting = 256

// Mount adds the pages.
func Mount(sh *shell.Shell, p Parts) error {
	s := &server{Parts: p, shell: sh, brake: throttle.New(p.Now), work: make(chan func(context.Context) error, waiting)}
	var err error
	if s.pages, err = sh.Pages(files, nil); err != nil {
		return err
	}
	sh.Missing(org.ErrNotFound)
	for pattern, handle := range map[string]func(http.ResponseWriter, *http.Request) error{
		"GET /portal/{slug}":                  s.start,
		"POST /portal/{slug}/code":            s.ask,
		"POST /portal/{slug}/enter":           s.enter,
		"GET /portal/{slug}/enter/{secret}":   s.link,
		"GET /portal/{slug}/data":             s.data,
		"GET /portal/{slug}/package":          s.pack,
		"GET /portal/{slug}/package/{parcel}": s.fetch,
		"POST /portal/{slug}/do/{what}":       s.do,
		"POST /portal/{slug}/leave":           s.leave,
	} {
		sh.Public(pattern, handle)
	}
	go s.makeCodes()
	return nil
}

// makeCodes does after the answer what must not show in its time.
func (s *server) makeCodes() {
	for job := range s.work {
		ctx, cancel := context.WithTimeout(context.Background(), 30*time.Second)
		if err := job(ctx); err != nil && !errors.Is(err, store.ErrClosed) {
			s.Log.Error("a code for the portal could not be sent", "error", err)
		}
		cancel()
	}
}

type body struct {
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

// trace writes down what was done in the portal about a person.
type trace func(ctx context.Context, tx store.Tx, org, person id.ID) error

// trace prepares the entry for a request. It names the account that is signed
// in in the same browser, if there is one: staff have no business here. Else
// the person stands for herself.
func (s *server) trace(r *http.Request) trace {
	rule, _ := audit.Lookup(r.Pattern)
	account := s.shell.SignedInHere(r)
	return func(ctx context.Context, tx store.Tx, org, person id.ID) error {
		by := person
		if account.Org == org {
			by = account.ID
		}
		return s.Audit.Write(ctx, tx, org, audit.Deed{Account: by, Act: rule.Act, Kind: rule.Object, Objects: []id.ID{person}})
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
func (s *server) ask(w http.ResponseWriter, r *http.Request) error {
	r.Body = http.MaxBytesReader(w, r.Body, 16<<10)
	o, err := s.Orgs.BySlug(r.Context(), s.DB, r.PathValue("slug"))
	if err != nil {
		return err
	}
	b := body{Org: o, Asked: normal(r.PostFormValue("number")), Way: "whatsapp"}
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
	c, trace := s.shell.Texts(r), s.trace(r)
	select {
	case s.work <- func(ctx context.Context) error { return s.send(ctx, o, b.Asked, b.Way, c, trace) }:
	default: // too many at once: the person asks again
	}
	return s.show(w, r, http.StatusOK, "code.html", b)
}

// normal is a number as it is looked up; empty if it is none.
func normal(said string) string {
	n, err := phone.Digits(said, "DE")
	if err != nil {
		return ""
	}
	return n
}

func (s *server) send(ctx context.Context, o org.Org, asked, way string, c *i18n.Catalogue, trace trace) error {
	return s.DB.Write(ctx, func(ctx context.Context, tx store.Tx) error {
		p, err := s.People.ByPhone(ctx, tx, o.ID, asked)
		if err != nil {
			return err
		}
		var person id.ID
		if p != nil && !p.Erased {
			person = p.ID
		}
		code, until, err := s.Visits.Code(ctx, tx, o.ID, asked, person)
		if err != nil || code == "" || person.IsZero() {
			return err
		}
		words := chat.Words{Text: c.T("portal.code.words", code, o.Name), Shown: c.T("portal.code.words", c.T("secret.code"), o.Name), Until: until}
		_, err = s.Rights.Tell(ctx, tx, o.ID, p, way, person, c.T("portal.code.subject"), words, code)
		return errors.Join(err, trace(ctx, tx, o.ID, person))
	})
}

// enter takes a code, or the secret of a link from the chat.
func (s *server) enter(w http.ResponseWriter, r *http.Request) error {
	r.Body = http.MaxBytesReader(w, r.Body, 16<<10)
	o, err := s.Orgs.BySlug(r.Context(), s.DB, r.PathValue("slug"))
	if err != nil {
		return err
	}
	asked, code := normal(r.PostFormValue("number")), strings.TrimSpace(r.PostFormValue("code"))
	if secret := r.PostFormValue("secret"); secret != "" {
		asked, code = secret, secret
	}
	b := body{Org: o, Asked: asked}
	from := "enter " + threshold.From(r)
	if !s.brake.Allow(from) {
		b.Problem = "portal.problem.often"
		return s.show(w, r, http.StatusTooManyRequests, "code.html", b)
	}
	trace := s.trace(r)
	var token string
	err = s.DB.Write(r.Context(), func(ctx context.Context, tx store.Tx) error {
		var err error
		token, err = s.Visits.Enter(ctx, tx, o.ID, asked, code)
		if err != nil || token == "" {
			return err
		}
		person, err := s.Visits.Who(ctx, tx, o.ID, token)
		if err != nil {
			return err
		}
		return errors.Join(s.Cases.Proven(ctx, tx, o.ID, person), trace(ctx, tx, o.ID, person)) // she has shown who she is
	})
	if err != nil {
		return err
	}
	if token == "" {
		b.Problem = "portal.problem.code"
		if r.PostFormValue("secret") != "" {
			return s.show(w, r, http.StatusUnprocessableEntity, "start.html", body{Org: o, Problem: b.Problem})
		}
		return s.show(w, r, http.StatusUnprocessableEntity, "code.html", b)
	}
	s.brake.Forgive(from) // only wrong ones count
	s.cookie(w, o, token)
	http.Redirect(w, r, "/portal/"+o.Slug+"/data", http.StatusSeeOther)
	return nil
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
	body
	Person  *chat.Known
	Cases   []cases.Case
	Preview erasure.Preview
	Parcels []cases.Parcel // that lie ready
}

func (s *server) data(w http.ResponseWriter, r *http.Request) error {
	o, p, err := s.visitor(r)
	if err != nil {
		return again(w, r, err)
	}
	b := dataBody{body: body{Org: o}, Person: p}
	if did := r.URL.Query().Get("did"); s.shell.Texts(r).Has("portal.did." + did) {
		b.Done = "portal.did." + did
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
	return s.show(w, r, http.StatusOK, "data.html", b)
}

func (s *server) pack(w http.ResponseWriter, r *http.Request) error {
	o, p, err := s.visitor(r)
	if err != nil {
		return again(w, r, err)
	}
	kind, asked := access.Access, cases.Access
	if r.URL.Query().Get("kind") == string(access.Portability) {
		kind, asked = access.Portability, cases.Portability
	}
	trace := s.trace(r)
	err = s.DB.Write(r.Context(), func(ctx context.Context, tx store.Tx) error {
		return errors.Join(s.settle(ctx, tx, o.ID, p, asked, ""), trace(ctx, tx, o.ID, p.ID))
	})
	if err != nil {
		return err
	}
	c := s.shell.Texts(r)
	w.Header().Set("Content-Type", "application/zip")
	w.Header().Set("Content-Disposition", `attachment; filename="`+c.T("package.file")+`.zip"`)
	return shell.IgnoreGone(s.Rights.Package(r.Context(), w, o.ID, p, kind, c))
}

// fetch hands out a package that staff have laid ready.
func (s *server) fetch(w http.ResponseWriter, r *http.Request) error {
	o, p, err := s.visitor(r)
	if err != nil {
		return again(w, r, err)
	}
	ready, err := s.Cases.ParcelsOf(r.Context(), s.DB, o.ID, p.ID)
	if err != nil {
		return err
	}
	i := slices.IndexFunc(ready, func(x cases.Parcel) bool { return x.ID.String() == r.PathValue("parcel") })
	if i < 0 {
		return shell.ErrNotFound
	}
	trace := s.trace(r)
	if err := s.DB.Write(r.Context(), func(ctx context.Context, tx store.Tx) error { return trace(ctx, tx, o.ID, p.ID) }); err != nil {
		return err
	}
	content, err := s.Rights.Parcel(r.Context(), o.ID, ready[i].ID)
	if err != nil {
		return err
	}
	w.Header().Set("Content-Type", "application/zip")
	w.Header().Set("Content-Disposition", `attachment; filename="`+s.shell.Texts(r).T("package.file")+`.zip"`)
	_, err = io.Copy(w, content)
	return shell.IgnoreGone(err)
}

// settle opens a case for what the person does by herself and closes it: the
// record that a right was honoured, and when.
func (s *server) settle(ctx context.Context, tx store.Tx, org id.ID, p *chat.Known, kind cases.Kind, words string) error {
	c, err := s.Cases.Open(ctx, tx, org, cases.Request{Contact: p.ID, Kind: kind, Source: "portal", Identity: cases.ByCode, Text: words})
	if err != nil {
		return err
	}
	if !c.Identity.Shown() {
		c.Identity = cases.ByCode
	}
	return s.Cases.Close(ctx, tx, &c, cases.Done, id.ID{}, "")
}

func (s *server) do(w http.ResponseWriter, r *http.Request) error {
	r.Body = http.MaxBytesReader(w, r.Body, 64<<10)
	o, p, err := s.visitor(r)
	if err != nil {
		return again(w, r, err)
	}
	what, trace := r.PathValue("what"), s.trace(r)
	err = s.DB.Write(r.Context(), func(ctx context.Context, tx store.Tx) error {
		if err := s.act(ctx, tx, o, p, what, r.PostFormValue("text")); err != nil {
			return err
		}
		return trace(ctx, tx, o.ID, p.ID)
	})
	switch {
	case errors.Is(err, erasure.ErrHeld):
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

func (s *server) act(ctx context.Context, tx store.Tx, o org.Org, p *chat.Known, what, words string) error {
	switch what {
	case "correct":
		if strings.TrimSpace(words) == "" {
			return nil
		}
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
		if _, err := s.Rights.Erase(ctx, tx, o.ID, p.ID, c.ID, id.ID{}, "portal"); err != nil {
			return err
		}
		c.Identity = cases.ByCode
		return s.Cases.Close(ctx, tx, &c, cases.Done, id.ID{}, "")
	default:
		return shell.ErrNotFound
	}
}

func (s *server) leave(w http.ResponseWriter, r *http.Request) error {
	o, p, err := s.visitor(r)
	if err != nil {
		return again(w, r, err)
	}
	if err := s.DB.Write(r.Context(), func(ctx context.Context, tx store.Tx) error { return s.Visits.End(ctx, tx, o.ID, p.ID) }); err != nil {
		return err
	}
	s.cookie(w, o, "")
	http.Redirect(w, r, "/portal/"+o.Slug, http.StatusSeeOther)
	return nil
}
