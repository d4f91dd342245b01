package consent

import (
	"bytes"
	"context"
	"errors"
	"html/template"
	"mime"
	"net/http"

	"einklang/internal/account/org"
	"einklang/internal/consent/optin"
	"einklang/internal/door/web/shell"
	"einklang/internal/engine/pdf"
	"einklang/internal/engine/qr"
	"einklang/internal/engine/store"
	"einklang/internal/rule/id"
)

// Links makes short links at Meta (Cloud API: message_qrdls).
type Links interface {
	ShortLink(ctx context.Context, channel org.Channel, message string) (string, error)
}

var entryProblems = map[error]string{optin.ErrEntryName: "consent.entry.badname", optin.ErrWords: "consent.entry.badwords", errNoNumber: "consent.entry.nonumber"}

var errNoNumber = errors.New("the organisation has no number")

type entriesBody struct {
	Entries  []optin.Entry
	Channels []org.Channel
	Problem  string
	Name     string
	Words    string
}

func (s *server) entries(w http.ResponseWriter, r *http.Request, v *shell.Viewer) error {
	return s.showEntries(w, r, v, http.StatusOK, entriesBody{Words: v.Text.T("consent.entry.suggest")})
}

func (s *server) showEntries(w http.ResponseWriter, r *http.Request, v *shell.Viewer, status int, b entriesBody) error {
	var err error
	if b.Entries, err = s.Entries.All(r.Context(), s.DB, v.Org); err != nil {
		return err
	}
	if b.Channels, err = s.Orgs.Channels(r.Context(), s.DB, v.Org); err != nil {
		return err
	}
	return s.show(w, status, "entries.html", v, v.Text.T("consent.entries.title"), "/consent/entries", b)
}

func (s *server) addEntry(w http.ResponseWriter, r *http.Request, v *shell.Viewer) error {
	b := entriesBody{Name: r.PostFormValue("name"), Words: r.PostFormValue("words")}
	channel, err := s.chosenChannel(r, v)
	var made optin.Entry
	if err == nil {
		err = v.Act.Write(r.Context(), func(ctx context.Context, tx store.Tx) error {
			made, err = s.Entries.Create(ctx, tx, v.Org, channel, b.Name, b.Words)
			return err
		})
	}
	if b.Problem = problemOf(err, entryProblems); b.Problem != "" {
		return s.showEntries(w, r, v, http.StatusUnprocessableEntity, b)
	}
	if err != nil {
		return err
	}
	return back(w, r, "/consent/entries/"+made.ID.String())
}

// chosenChannel is the number that a form names; it must be one of ours.
func (s *server) chosenChannel(r *http.Request, v *shell.Viewer) (id.Channel, error) {
	channels, err := s.Orgs.Channels(r.Context(), s.DB, v.Org)
	if err != nil {
		return id.Channel{}, err
	}
	for _, c := range channels {
		if c.ID.String() == r.PostFormValue("channel") {
			return c.ID, nil
		}
	}
	return id.Channel{}, errNoNumber
}

type entryBody struct {
	Entry   optin.Entry
	Channel org.Channel
	Link    string
	QR      template.HTML
	Snippet string
	Problem string
	May     bool // the viewer may change it
}

// found is an entry point with its number, its link and its code.
func (s *server) found(r *http.Request, v *shell.Viewer) (entryBody, qr.Code, error) {
	var b entryBody
	var code qr.Code
	at, err := pathID[id.Entry](r, "id")
	if err != nil {
		return b, code, err
	}
	if b.Entry, err = s.Entries.Get(r.Context(), s.DB, v.Org, at); err != nil {
		return b, code, err
	}
	if b.Channel, err = s.Orgs.Channel(r.Context(), s.DB, v.Org, b.Entry.Channel); err != nil {
		return b, code, err
	}
	b.Link = s.Chat.Write(b.Channel.DisplayNumber, b.Entry.Message())
	code, err = qr.New(b.Link)
	return b, code, err
}

func (s *server) entry(w http.ResponseWriter, r *http.Request, v *shell.Viewer) error {
	return s.showEntry(w, r, v, http.StatusOK, "")
}

func (s *server) showEntry(w http.ResponseWriter, r *http.Request, v *shell.Viewer, status int, problem string) error {
	b, code, err := s.found(r, v)
	if err != nil {
		return err
	}
	b.Problem, b.May = problem, v.May("consents")
	b.QR = template.HTML(code.SVG(v.Text.T("consent.entry.qr"))) //nolint:gosec // made here, its label escaped
	// The button is a plain link: the website loads nothing from Meta before a
	// visitor taps it.
	b.Snippet = `<a href="` + template.HTMLEscapeString(b.Link) + `" rel="noopener noreferrer nofollow" referrerpolicy="no-referrer">` +
		template.HTMLEscapeString(v.Text.T("consent.entry.button")) + `</a>`
	return s.show(w, status, "entry.html", v, b.Entry.Name, "/consent/entries", b)
}

func (s *server) entrySVG(w http.ResponseWriter, r *http.Request, v *shell.Viewer) error {
	b, code, err := s.found(r, v)
	if err != nil {
		return err
	}
	return download(w, "image/svg+xml", "qr-"+b.Entry.Code+".svg", []byte(code.SVG(b.Entry.Name)))
}

// printPixels is enough for a poster: 10 cm at 300 dots per inch.
const printPixels = 1200

func (s *server) entryPNG(w http.ResponseWriter, r *http.Request, v *shell.Viewer) error {
	b, code, err := s.found(r, v)
	if err != nil {
		return err
	}
	picture, err := code.PNG(printPixels)
	if err != nil {
		return err
	}
	return download(w, "image/png", "qr-"+b.Entry.Code+".png", picture)
}

// entrySheet is a page to print and put up.
func (s *server) entrySheet(w http.ResponseWriter, r *http.Request, v *shell.Viewer) error {
	b, code, err := s.found(r, v)
	if err != nil {
		return err
	}
	o, err := s.Orgs.Get(r.Context(), s.DB, v.Org)
	if err != nil {
		return err
	}
	d := pdf.New(pdf.Options{Title: o.Name, Locale: v.Text.Locale, Footer: b.Entry.Name + " · #" + b.Entry.Code, Created: s.Now()})
	d.Centered(v.Text.T("consent.sheet.title"), 30)
	d.Squares(code.Squares, 110)
	d.Centered(v.Text.T("consent.sheet.how"), 14)
	d.Centered(b.Channel.DisplayNumber, 20)
	d.Text(v.Text.T("consent.sheet.text", o.Name, s.PublicURL+"/privacy/"+o.Slug, s.PublicURL+"/portal/"+o.Slug))
	var out bytes.Buffer
	if err := d.Write(&out); err != nil {
		return err
	}
	return download(w, "application/pdf", "aushang-"+b.Entry.Code+".pdf", out.Bytes())
}

// download hands out a file that a page made.
func download(w http.ResponseWriter, kind, name string, data []byte) error {
	w.Header().Set("Content-Type", kind)
	w.Header().Set("Content-Disposition", mime.FormatMediaType("attachment", map[string]string{"filename": name}))
	_, err := w.Write(data)
	return shell.IgnoreGone(err)
}

func (s *server) retireEntry(w http.ResponseWriter, r *http.Request, v *shell.Viewer) error {
	b, _, err := s.found(r, v)
	if err != nil {
		return err
	}
	if err := v.Act.Write(r.Context(), func(ctx context.Context, tx store.Tx) error {
		return s.Entries.Retire(ctx, tx, v.Org, b.Entry.ID, !b.Entry.Retired)
	}); err != nil {
		return err
	}
	return back(w, r, "/consent/entries")
}

// shortLink asks Meta for a short link with the same message.
func (s *server) shortLink(w http.ResponseWriter, r *http.Request, v *shell.Viewer) error {
	b, _, err := s.found(r, v)
	if err != nil {
		return err
	}
	link, err := s.Links.ShortLink(r.Context(), b.Channel, b.Entry.Message())
	if err != nil || !s.Chat.Leads(link) {
		return s.showEntry(w, r, v, http.StatusBadGateway, "consent.entry.noshort")
	}
	if err := v.Act.Write(r.Context(), func(ctx context.Context, tx store.Tx) error {
		return s.Entries.SetShortLink(ctx, tx, v.Org, b.Entry.ID, link)
	}); err != nil {
		return err
	}
	return back(w, r, "/consent/entries/"+b.Entry.ID.String())
}
