package consent

import (
	"context"
	"errors"
	"fmt"
	"html/template"
	"net/http"
	"strings"

	"einklang/internal/account/approval"
	"einklang/internal/account/org"
	"einklang/internal/consent/optin"
	"einklang/internal/door/web/shell"
	"einklang/internal/engine/store"
	"einklang/internal/rule/foureyes"
	"einklang/internal/rule/i18n"
)

type formBody struct {
	Settings optin.Settings
	Channels []org.Channel
	Address  string // of the public form
	Snippets []formSnippet
	Offered  int // purposes with a text
	Mail     bool
	Done     bool
}

// formSnippet is the form for another website, in one language.
type formSnippet struct{ Locale, HTML string }

// form is the settings of the public form, and the piece of HTML for the
// organisation's own website.
func (s *server) form(w http.ResponseWriter, r *http.Request, v *shell.Viewer) error {
	b := formBody{Mail: s.Mail, Done: r.URL.Query().Has("done")}
	o, err := s.Orgs.Get(r.Context(), s.DB, v.Org)
	if err != nil {
		return err
	}
	if b.Settings, err = s.Consents.Settings(r.Context(), s.DB, v.Org); err != nil {
		return err
	}
	if b.Channels, err = s.Orgs.Channels(r.Context(), s.DB, v.Org); err != nil {
		return err
	}
	purposes, err := s.Consents.Purposes(r.Context(), s.DB, v.Org)
	if err != nil {
		return err
	}
	b.Address = s.PublicURL + "/opt-in/" + o.Slug
	for _, locale := range []string{"de", "en"} { // of the website, not of who reads this
		piece := formSnippet{Locale: locale}
		piece.HTML, b.Offered = snippet(s.shell.In(locale), s.PublicURL, o, purposes)
		b.Snippets = append(b.Snippets, piece)
	}
	return s.show(w, http.StatusOK, "formsettings.html", v, v.Text.T("consent.form.title"), "/consent/form", b)
}

// snippet is a form for another website: plain HTML without scripts, styles,
// pictures or cookies. It says whose it is, and leads to what a public page leads
// to (DDG § 5; GDPR Art. 13). What is ticked there is shown once more on the
// public form before anything begins.
func snippet(c *i18n.Catalogue, publicURL string, o org.Org, purposes []optin.Purpose) (string, int) {
	var b strings.Builder
	esc := template.HTMLEscapeString
	page := func(name string) string { return esc(publicURL + "/" + name + "/" + o.Slug + "?lang=" + c.Locale) }
	n := 0
	fmt.Fprintf(&b, "<form action=\"%s\" method=\"post\" accept-charset=\"utf-8\" rel=\"noopener noreferrer\">\n<p>%s</p>\n<fieldset>\n<legend>%s</legend>\n",
		page("opt-in"), esc(c.T("optin.form.lead", o.Name)), esc(c.T("optin.form.purposes")))
	for _, p := range purposes {
		if !p.Offered || p.Retired || p.Text == nil {
			continue
		}
		n++
		fmt.Fprintf(&b, "<p><input type=\"checkbox\" id=\"ek-%[1]s\" name=\"purpose\" value=\"%[1]s\"> <label for=\"ek-%[1]s\">%[2]s</label>\n<input type=\"hidden\" name=\"text-%[1]s\" value=\"%[3]s\"></p>\n",
			esc(p.Key), esc(p.Text.In(c.Locale)), p.Text.ID)
	}
	b.WriteString("</fieldset>\n<p>")
	for _, link := range []struct{ page, text string }{{"privacy", "notice.title"}, {"imprint", "imprint.title"}, {"portal", "portal.title"}} {
		fmt.Fprintf(&b, "<a href=\"%s\">%s</a>\n", page(link.page), esc(c.T(link.text)))
	}
	fmt.Fprintf(&b, "</p>\n<button>%s</button>\n</form>\n", esc(c.T("optin.form.send")))
	return b.String(), n
}

func (s *server) saveForm(w http.ResponseWriter, r *http.Request, v *shell.Viewer) error {
	settings := optin.Settings{Form: r.PostFormValue("form") != "", ByEmail: r.PostFormValue("by_email") != "", FourEyes: r.PostFormValue("four_eyes") != "", Untied: r.PostFormValue("untied") != ""}
	var err error
	if r.PostFormValue("channel") != "" {
		if settings.Channel, err = s.chosenChannel(r, v); errors.Is(err, errNoNumber) {
			return &shell.NoSuch{Field: "channel"}
		} else if err != nil {
			return err
		}
	}
	if err := v.Act.Write(r.Context(), func(ctx context.Context, tx store.Tx) error {
		before, err := s.Consents.Settings(ctx, tx, v.Org)
		if err != nil {
			return err
		}
		if before.FourEyes && !settings.FourEyes && foureyes.NeedsSecond(foureyes.LowerControl, foureyes.Whom{}) {
			if err := s.Approvals.Use(ctx, tx, v.Org, approval.Control, "consents", v.ID); err != nil {
				return err
			}
		}
		return s.Consents.SaveSettings(ctx, tx, v.Org, settings)
	}); err != nil {
		return err
	}
	return back(w, r, "/consent/form?done")
}
