// Package optin is the public pages on which people agree and take it back:
// the form, the confirmation behind the link of a mail, and the stop page. They
// need no account, set no cookie and load nothing from anybody else.
package optin

import (
	"context"
	"embed"
	"errors"
	"html/template"
	"net/http"
	"slices"
	"strings"
	"time"

	"einklang/internal/account/audit"
	"einklang/internal/account/org"
	consents "einklang/internal/consent/optin"
	"einklang/internal/door/web/shell"
	"einklang/internal/engine/mail"
	"einklang/internal/engine/qr"
	"einklang/internal/engine/store"
	"einklang/internal/engine/threshold"
	"einklang/internal/engine/throttle"
	"einklang/internal/person/chat"
	"einklang/internal/person/contact"
	"einklang/internal/rule/id"
	"einklang/internal/rule/phone"
	"einklang/internal/rule/pii"
)

//go:embed pages/*.html static
var files embed.FS

// Parts are what the pages work with.
type Parts struct {
	DB       *store.DB
	Now      func() time.Time
	Orgs     *org.Registry
	People   *contact.Book
	Consents *consents.Consents
	Requests *consents.Requests
	Mail     bool // a mail server is configured
	Chat     consents.Chat
	// Stop ends everything for a person and confirms it where that is allowed.
	Stop func(ctx context.Context, tx store.Tx, org id.Org, p *chat.Known, source string) error
}

type server struct {
	Parts
	shell *shell.Shell
	pages *shell.Pages
	brake *throttle.Brake
}

// Mount adds the public pages.
func Mount(sh *shell.Shell, p Parts) error {
	s := &server{Parts: p, shell: sh, brake: throttle.New(p.Now)}
	if err := sh.Static(files); err != nil {
		return err
	}
	var err error
	if s.pages, err = sh.Pages(files, nil); err != nil {
		return err
	}
	sh.Missing(consents.ErrNoRequest, consents.ErrNoLink)
	sh.Public("GET /opt-in/{slug}", audit.Nobody, s.form)
	sh.Foreign("POST /opt-in/{slug}", audit.Changes("consent.requested"), s.ask)
	sh.Public("GET /opt-in/confirm/{token}", audit.Nobody, sh.Linked("token", s.confirmPage))
	sh.Open("POST /opt-in/confirm/{token}", audit.Changes("consent.confirmed"), sh.LinkedDo("token", s.confirm))
	sh.Public("GET /stop/{token}", audit.Nobody, s.stopPage)
	sh.Foreign("POST /stop/{token}", audit.Changes("consent.stopped"), s.stop) // a mail program may post there (RFC 8058)
	return nil
}

// style is the area's style sheet.
var style = []string{"optin.css"}

func (s *server) show(w http.ResponseWriter, r *http.Request, status int, name, title string, body any) error {
	return s.pages.Show(w, status, name, s.shell.Front(r, s.shell.Texts(r).T(title), style, body))
}

// offer is one box of the form.
type offer struct {
	Key, Name, Text string
	Lang            string // in which the text is said
	ID              id.Wording
	Ticked          bool
}

// formBody is the form as it is shown.
type formBody struct {
	pii.Personal
	Org     org.Org
	Offers  []offer
	Open    bool
	Untied  bool // nothing depends on a consent: somebody has checked it
	ByEmail bool // a letter may lead to the code
	Way     string
	Email   string
	Phone   string
	From    string
	Stamp   string
	Problem string            // key of a text
	Hint    string            // key of a text
	Wrong   map[string]string // field → key of what is wrong with it
}

// open reads the form of an organisation in a language.
func (s *server) open(r *http.Request) (formBody, org.Channel, error) {
	ctx, c := r.Context(), s.shell.Texts(r)
	b := formBody{Way: consents.ByWhatsApp}
	var channel org.Channel
	var err error
	if b.Org, err = s.Orgs.BySlug(ctx, s.DB, r.PathValue("slug")); err != nil {
		return b, channel, err
	}
	settings, err := s.Consents.Settings(ctx, s.DB, b.Org.ID)
	if err != nil {
		return b, channel, err
	}
	purposes, err := s.Consents.Purposes(ctx, s.DB, b.Org.ID)
	if err != nil {
		return b, channel, err
	}
	for _, p := range purposes {
		if p.Offered && !p.Retired && p.Text != nil {
			b.Offers = append(b.Offers, offer{Key: p.Key, Name: consents.PurposeName(p, c), Text: p.Text.In(c.Locale), Lang: p.Text.Spoken(c.Locale), ID: p.Text.ID})
		}
	}
	channels, err := s.Orgs.Channels(ctx, s.DB, b.Org.ID)
	if err != nil {
		return b, channel, err
	}
	channel, confirms := org.InService(channels, settings.Channel)
	b.ByEmail = s.Mail && settings.ByEmail
	b.Open = settings.Form && len(b.Offers) > 0 && confirms
	b.Untied = settings.Untied
	b.Stamp, err = s.Requests.FormStamp(ctx, s.DB, b.Org.ID)
	return b, channel, err
}

func (s *server) form(w http.ResponseWriter, r *http.Request) error {
	b, _, err := s.open(r)
	if err != nil {
		return err
	}
	b.From = short(r.URL.Query().Get("from"))
	return s.showForm(w, r, http.StatusOK, b)
}

func (s *server) showForm(w http.ResponseWriter, r *http.Request, status int, b formBody) error {
	if !b.Open {
		return s.show(w, r, http.StatusNotFound, "closed.html", "optin.closed.title", b)
	}
	return s.show(w, r, status, "form.html", "optin.form.title", b)
}

// short is the name of the page on which a form stands.
func short(text string) string {
	if runes := []rune(text); len(runes) > 60 {
		return string(runes[:60])
	}
	return text
}

// ask takes the form.
func (s *server) ask(w http.ResponseWriter, r *http.Request, act *audit.Act) error {
	b, channel, err := s.open(r)
	if err != nil {
		return err
	}
	b.fill(r)
	address := threshold.From(r)
	switch {
	case !b.Open:
		return s.showForm(w, r, http.StatusNotFound, b)
	case !s.brake.Allow(address):
		b.Problem = "optin.form.slow"
		return s.showForm(w, r, http.StatusTooManyRequests, b)
	case r.PostFormValue("website") != "":
		// A field that nobody sees was filled in: a machine. It learns nothing.
		return s.show(w, r, http.StatusOK, "sent.html", "optin.sent.title", sentBody{Org: b.Org, Letter: true})
	}
	filled, early, err := s.Requests.FormFilled(r.Context(), s.DB, b.Org.ID, r.PostFormValue("stamp"))
	if err != nil {
		return err
	}
	a, wrong := s.asked(r, b, address)
	if !filled && early {
		b.Stamp = r.PostFormValue("stamp")
	}
	if len(wrong) == 0 && !filled { // from a form on another website, or too fast
		b.Hint = "optin.form.check"
		return s.showForm(w, r, http.StatusOK, b)
	}
	if len(wrong) > 0 {
		b.Wrong = wrong
		return s.showForm(w, r, http.StatusUnprocessableEntity, b)
	}
	return s.begin(w, r, act, b, channel, a)
}

// fill keeps what the person entered.
func (b *formBody) fill(r *http.Request) {
	ticked := r.PostForm["purpose"]
	for i := range b.Offers {
		o := &b.Offers[i]
		// A box counts only for the very text that stood beside it.
		o.Ticked = slices.Contains(ticked, o.Key) && r.PostForm.Get("text-"+o.Key) == o.ID.String()
	}
	b.Email, b.Phone, b.From = r.PostForm.Get("email"), r.PostForm.Get("phone"), short(r.PostForm.Get("from"))
	if way := r.PostForm.Get("way"); way == consents.ByEmail && b.ByEmail {
		b.Way = way
	}
}

// asked reads what was asked for; wrong says, of each field that is missing or
// cannot be read, what is wrong with it.
func (s *server) asked(r *http.Request, b formBody, address string) (a consents.Ask, wrong map[string]string) {
	wrong = map[string]string{}
	a = consents.Ask{Way: b.Way, Texts: map[string]id.Wording{}, Locale: s.shell.Texts(r).Locale, Address: address, Entry: b.From,
		OrgName: b.Org.Name, OrgSlug: b.Org.Slug}
	for _, o := range b.Offers {
		if o.Ticked {
			a.Texts[o.Key] = o.ID
		}
	}
	if len(a.Texts) == 0 {
		wrong["purpose"] = "optin.form.none"
	}
	if b.Way == consents.ByWhatsApp {
		return a, wrong
	}
	var err error
	if a.Phone, err = phone.Read(b.Phone, b.Org.Settings.Home()); err != nil {
		wrong["phone"] = "optin.form.phone"
	}
	if a.Email, err = mail.CheckAddress(b.Email); err != nil {
		wrong["email"] = "optin.form.email"
	}
	for field, said := range map[string]string{"phone": b.Phone, "email": b.Email} {
		if strings.TrimSpace(said) == "" {
			wrong[field] = "optin.form." + field + ".missing"
		}
	}
	return a, wrong
}

// begin begins the double opt-in and says how it goes on.
func (s *server) begin(w http.ResponseWriter, r *http.Request, act *audit.Act, b formBody, channel org.Channel, a consents.Ask) error {
	a.WhatsApp = channel.DisplayNumber
	var begun consents.Request
	// Who it is, is not known, and would not be said either.
	err := act.By(b.Org.ID, audit.Actor{Who: audit.Person}).Write(r.Context(), func(ctx context.Context, tx store.Tx) error {
		var err error
		begun, err = s.Requests.Begin(ctx, tx, b.Org.ID, a)
		if errors.Is(err, consents.ErrTooOften) {
			// Whoever fills in the form does not learn whether the address is known:
			// the page looks as if a letter had gone out, and its code holds.
			plain := a
			plain.Way, plain.Email, plain.Phone = consents.ByWhatsApp, "", ""
			begun, err = s.Requests.Begin(ctx, tx, b.Org.ID, plain)
		}
		return err
	})
	switch {
	case errors.Is(err, consents.ErrNoText):
		b.Hint = "optin.form.changed"
		return s.showForm(w, r, http.StatusUnprocessableEntity, b)
	case errors.Is(err, consents.ErrReturned):
		b.Wrong = map[string]string{"email": "optin.form.returned"}
		return s.showForm(w, r, http.StatusUnprocessableEntity, b)
	case err != nil:
		return err
	}
	return s.showCode(w, r, channel, begun, sentBody{Org: b.Org, Letter: a.Way == consents.ByEmail})
}

// sentBody is the page after the form or the letter's link.
type sentBody struct {
	pii.Personal
	Org    org.Org
	Letter bool   // one is on its way
	Mailed bool   // the letter's link was confirmed
	Link   string // opens WhatsApp with the prepared message
	Words  string // the prepared message
	Number string
	QR     template.HTML
	Until  time.Time
}

// showCode shows the ways to send us a code: the link for a phone, the QR code
// for a computer, and the words for everybody.
func (s *server) showCode(w http.ResponseWriter, r *http.Request, channel org.Channel, asked consents.Request, b sentBody) error {
	b.Words, b.Number, b.Until = s.Requests.CodeWords(asked), channel.DisplayNumber, asked.Expires
	b.Link = s.Chat.Write(channel.DisplayNumber, b.Words)
	square, err := qr.New(b.Link)
	if err != nil {
		return err
	}
	b.QR = template.HTML(square.SVG(s.shell.Texts(r).T("optin.sent.qr"))) //nolint:gosec // made here, its label escaped
	return s.show(w, r, http.StatusOK, "sent.html", "optin.sent.title", b)
}
