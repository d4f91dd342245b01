// Package portal is the public pages on which a person without an account sees
// what is kept about her, takes it along, corrects it, restricts or objects to
// its use, withdraws, and has it erased (GDPR Art. 12(2), 15 to 21).
//
// She shows who she is by a code that goes to the number or the mail address that
// she enters, or by a link that she asks for in the chat. Whatever is entered, the
// answer and its time are the same: the work is done after the answer, so nobody
// learns from the portal who is a customer. A visit shows what was proven and no
// more: an identity that has written to us, or a mail address that has stood
// untouched by staff for a month. Whoever can show neither writes a request.
package portal

import (
	"context"
	"embed"
	"io"
	"log/slog"
	"net/http"
	"net/url"
	"time"

	"einklang/internal/account/audit"
	"einklang/internal/account/org"
	"einklang/internal/consent/optin"
	"einklang/internal/door/web/shell"
	"einklang/internal/engine/store"
	"einklang/internal/engine/throttle"
	"einklang/internal/messaging/media"
	"einklang/internal/person/chat"
	"einklang/internal/person/contact"
	"einklang/internal/person/record"
	"einklang/internal/rights/access"
	"einklang/internal/rights/cases"
	"einklang/internal/rights/erasure"
	"einklang/internal/rule/i18n"
	"einklang/internal/rule/id"
	"einklang/internal/rule/pii"
)

//go:embed pages/*.html
var files embed.FS

// Rights does what people may ask for.
type Rights interface {
	TellVisitor(ctx context.Context, tx store.Tx, org id.Org, p *chat.Known, way, subject string, words chat.Words, code string) (bool, error)
	Withdraw(ctx context.Context, tx store.Tx, org id.Org, p *chat.Known, source string) error
	Object(ctx context.Context, tx store.Tx, org id.Org, p *chat.Known, source string) error
	Oppose(ctx context.Context, tx store.Tx, p *chat.Known, c cases.Case, source string) error
	Restrict(ctx context.Context, tx store.Tx, org id.Org, person id.Person, on bool) error
	Parcel(ctx context.Context, org id.Org, parcel id.Parcel) (io.Reader, error)
	Proven(ctx context.Context, w io.Writer, org id.Org, p *chat.Known, kind access.Kind, c *i18n.Catalogue) error
	Record(ctx context.Context, org id.Org, p *chat.Known) (record.Record, error)
	Recipients() []record.Recipient
	Download(ctx context.Context, tx store.Tx, o org.Org, p *chat.Known, c cases.Case, kind cases.Kind, way cases.Way) error
	OrderErasure(ctx context.Context, tx store.Tx, o org.Org, p *chat.Known, c cases.Case, way cases.Way) (cases.Wish, error)
	StopErasure(ctx context.Context, tx store.Tx, o org.Org, p *chat.Known, way cases.Way) error
	MayStop(ctx context.Context, r store.Reader, org id.Org, p *chat.Known, w cases.Wish, way cases.Way) (bool, error)
}

// Previews tells what an erasure would delete, and what must stay.
type Previews interface {
	Preview(ctx context.Context, r store.Reader, org id.Org, contact id.Person) (erasure.Preview, error)
}

// Files counts the files of a person that are on their way.
type Files interface {
	Awaited(ctx context.Context, r store.Reader, org id.Org, person id.Person, since time.Time) (media.Awaited, error)
}

// Consents are what a person agreed to.
type Consents interface {
	States(ctx context.Context, r store.Reader, org id.Org, person id.Person) ([]optin.State, error)
	Purposes(ctx context.Context, r store.Reader, org id.Org) ([]optin.Purpose, error)
	HistoryPage(ctx context.Context, r store.Reader, org id.Org, p *chat.Known, after id.Cursor) (page []optin.Event, more bool, err error)
	Withdraw(ctx context.Context, tx store.Tx, org id.Org, p *chat.Known, e optin.Event) (id.Consent, error)
}

// Parts are what the pages work with.
type Parts struct {
	DB         *store.DB
	Now        func() time.Time
	Log        *slog.Logger
	Orgs       *org.Registry
	People     *contact.Book
	Consents   Consents
	Attributes Attributes
	Cases      *cases.Cases
	Erasure    Previews
	Files      Files
	Visits     *cases.Visits
	Rights     Rights
	Codes      *Codes
	Chat       optin.Chat
	Mail       bool // a mail server is configured
	Secure     bool // reached over HTTPS
	// KeysKept is for how long copies of keys are kept; 0: there are no backups.
	KeysKept time.Duration
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
	sh.Missing(org.ErrNotFound, cases.ErrNoWish)
	sh.Public("GET /portal/{slug}", audit.Nobody, s.start)
	sh.Open("POST /portal/{slug}/code", audit.Changes("portal.asked"), s.ask)
	sh.Open("POST /portal/{slug}/enter", audit.Changes("portal.entered"), s.enter)
	sh.Public("GET /portal/{slug}/enter/{secret}", audit.Nobody, sh.Linked("secret", s.link))
	sh.Public("GET /portal/{slug}/write", audit.Nobody, s.writing)
	sh.Open("POST /portal/{slug}/write", audit.Changes("portal.written"), s.written)
	sh.Open("GET /portal/{slug}/data", audit.Reads("portal.viewed"), s.data)
	sh.Open("GET /portal/{slug}/messages", audit.Reads("portal.viewed"), s.messages)
	sh.Open("POST /portal/{slug}/take", audit.Changes("portal.taken"), s.take)
	sh.Open("GET /portal/{slug}/take/{case}", audit.Exports("portal.exported"), s.fetch)
	sh.Open("GET /portal/{slug}/package/{parcel}", audit.Exports("portal.exported"), s.fetchParcel)
	sh.Open("POST /portal/{slug}/correct", audit.Changes("portal.changed"), s.correct)
	sh.Open("POST /portal/{slug}/address", audit.Changes("portal.changed"), s.address)
	sh.Open("POST /portal/{slug}/do/{what}", audit.Changes("portal.changed"), s.do)
	sh.Open("POST /portal/{slug}/leave", audit.Changes("portal.left"), s.leave)
	return nil
}

type body struct {
	pii.Personal
	Org     org.Org
	Asked   string
	Way     cases.Way
	Problem string // key of a text
	Wrong   string // the same, about the one field of the page
	Done    string // key of a text
	Rest    string // what goes on
	Secret  string
	Mail    bool   // codes can go by mail
	Tap     string // opens WhatsApp with the word that brings a link; empty: no number is in service
	Word    string // that word
}

func (s *server) show(w http.ResponseWriter, r *http.Request, status int, page string, b any) error {
	return s.pages.Show(w, status, page, s.shell.Front(r, s.shell.Texts(r).T("portal.title"), []string{"rights.css", "optin.css"}, b))
}

// goOn leads to a page of the portal, in the language in which its reader reads.
func goOn(w http.ResponseWriter, r *http.Request, slug, page string, said url.Values) {
	q := url.Values{}
	for key, value := range said {
		q[key] = value
	}
	if lang := r.URL.Query().Get("lang"); lang != "" {
		q.Set("lang", lang)
	}
	to := "/portal/" + slug + page
	if len(q) > 0 {
		to += "?" + q.Encode()
	}
	http.Redirect(w, r, to, http.StatusSeeOther)
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
