// Package notices is the pages about the privacy notice: writing it part by
// part, publishing a version, seeing that each number's profile links it, and
// the public page that customers read (GDPR Art. 12, 13).
package notices

import (
	"context"
	"embed"
	"errors"
	"net/http"
	"strings"

	"einklang/internal/account/audit"
	"einklang/internal/account/org"
	"einklang/internal/account/user"
	"einklang/internal/consent/notice"
	"einklang/internal/door/web/shell"
	"einklang/internal/engine/store"
	"einklang/internal/rule/i18n"
	"einklang/internal/rule/id"
)

//go:embed pages/*.html static
var files embed.FS

// Profiles puts the link to the notice into a number's profile at WhatsApp.
type Profiles interface {
	// Check reads the profile and notes whether it links the notice.
	Check(ctx context.Context, w store.Writer, o org.Org, c org.Channel) error
	// Link puts the link in.
	Link(ctx context.Context, w store.Writer, o org.Org, c org.Channel) error
}

// Parts are what the pages work with.
type Parts struct {
	DB       *store.DB
	Orgs     *org.Registry
	Notices  *notice.Board
	Profiles Profiles
	// PortalURL is where a company's customers see their data.
	PortalURL func(slug string) string
}

type server struct {
	Parts
	shell *shell.Shell
	pages *shell.Pages
	texts map[string]*i18n.Catalogue
}

// Mount adds the pages about notices.
func Mount(sh *shell.Shell, p Parts) error {
	s := &server{Parts: p, shell: sh, texts: map[string]*i18n.Catalogue{}}
	de, en, err := i18n.Load()
	if err != nil {
		return err
	}
	s.texts["de"], s.texts["en"] = de, en
	if err := sh.Static(files); err != nil {
		return err
	}
	if s.pages, err = sh.Pages(files, nil); err != nil {
		return err
	}
	sh.Missing(org.ErrNotFound)
	sh.Menu(shell.Entry{Section: "consent", Path: "/settings/notice", Text: "nav.notice", May: user.Consents})
	sh.Staff("GET /settings/notice", user.Consents, audit.Nothing(audit.Impersonal), s.editor)
	sh.Long("POST /settings/notice")
	sh.Staff("POST /settings/notice", user.Consents, audit.Changes("notice.published"), s.publish)
	sh.Staff("POST /settings/notice/profile", user.Consents, audit.Changes("settings.changed"), s.profile)
	sh.Public("GET /privacy/{slug}", audit.Nobody, s.privacy)
	return nil
}

// heading gives the headings of one language.
func (s *server) heading(locale string) func(string) string {
	return notice.Headings(s.texts[locale].T)
}

// partView is one part in the editor.
type partView struct {
	notice.Part
	DE, EN string
	Gaps   []notice.Gap
	// Suggestions to adapt, for a part that is still empty.
	SuggestDE, SuggestEN string
}

type editorBody struct {
	Org      org.Org
	Versions []notice.Version
	Parts    []partView
	Gaps     int
	Checked  bool   // somebody asked what is missing
	Problem  string // key of a text
	Done     string // key of a text
	Channels []channelView
	Others   []translated
	Material bool
}

// translated is the notice in a language that the company added to its pages.
type translated struct{ Code, Name, Text string }

type channelView struct {
	org.Channel
	notice.Profile
}

func (s *server) editor(w http.ResponseWriter, r *http.Request, v *shell.Viewer) error {
	b := editorBody{}
	for key, done := range map[string]string{"done": "notice.published", "linked": "notice.profile.done"} {
		if r.URL.Query().Has(key) {
			b.Done = done
		}
	}
	draft := notice.Draft{}
	current, err := s.Notices.Current(r.Context(), s.DB, v.Org)
	switch {
	case err == nil:
		draft = current.Draft(s.texts["de"].T, s.texts["en"].T)
	case !errors.Is(err, notice.ErrNone):
		return err
	}
	return s.show(w, r, v, http.StatusOK, b, draft)
}

func (s *server) show(w http.ResponseWriter, r *http.Request, v *shell.Viewer, status int, b editorBody, draft notice.Draft) error {
	var err error
	if b.Org, err = s.Orgs.Get(r.Context(), s.DB, v.Org); err != nil {
		return err
	}
	if b.Versions, err = s.Notices.All(r.Context(), s.DB, v.Org); err != nil {
		return err
	}
	front, err := s.Orgs.Front(r.Context(), s.DB, v.Org)
	if err != nil {
		return err
	}
	for _, l := range front.Languages {
		one := translated{Code: l.Code, Name: l.Name, Text: r.PostFormValue("in-" + l.Code)}
		if r.Method == http.MethodGet && len(b.Versions) > 0 {
			one.Text = b.Versions[0].Others[l.Code]
		}
		b.Others = append(b.Others, one)
	}
	gaps := notice.Gaps(draft)
	b.Gaps = len(gaps)
	for _, p := range notice.Parts() {
		one := partView{Part: p, DE: draft["de"][p.Key], EN: draft["en"][p.Key]}
		for _, g := range gaps {
			if g.Part == p.Key {
				one.Gaps = append(one.Gaps, g)
			}
		}
		if one.DE == "" && one.EN == "" && v.Text.Has("notice.suggest."+p.Key) {
			one.SuggestDE, one.SuggestEN = s.texts["de"].T("notice.suggest."+p.Key, b.Org.Name, s.PortalURL(b.Org.Slug)), s.texts["en"].T("notice.suggest."+p.Key, b.Org.Name, s.PortalURL(b.Org.Slug))
		}
		b.Parts = append(b.Parts, one)
	}
	if err := s.addChannels(r.Context(), v.Org, &b); err != nil {
		return err
	}
	return s.pages.Show(w, status, "notice.html", shell.Page{Viewer: v, Title: v.Text.T("notice.title"), At: "/settings/notice", Styles: []string{"notices.css"}, Body: b})
}

func (s *server) addChannels(ctx context.Context, orgID id.Org, b *editorBody) error {
	channels, err := s.Orgs.Channels(ctx, s.DB, orgID)
	if err != nil {
		return err
	}
	profiles, err := s.Notices.Profiles(ctx, s.DB, orgID)
	for _, c := range channels {
		b.Channels = append(b.Channels, channelView{c, profiles[c.ID]})
	}
	return err
}

// read reads the parts as typed.
func read(r *http.Request) notice.Draft {
	d := notice.Draft{"de": {}, "en": {}}
	for _, p := range notice.Parts() {
		d["de"][p.Key], d["en"][p.Key] = r.PostFormValue("de-"+p.Key), r.PostFormValue("en-"+p.Key)
	}
	return d
}

func (s *server) publish(w http.ResponseWriter, r *http.Request, v *shell.Viewer) error {
	draft := read(r)
	b := editorBody{Checked: true, Material: r.PostFormValue("material") != ""}
	gaps := notice.Gaps(draft)
	switch {
	case r.PostFormValue("check") != "":
		return s.show(w, r, v, http.StatusOK, b, draft)
	case len(gaps) > 0 && r.PostFormValue("anyway") == "":
		b.Problem = "notice.incomplete"
		return s.show(w, r, v, http.StatusUnprocessableEntity, b, draft)
	}
	err := v.Act.Write(r.Context(), func(ctx context.Context, tx store.Tx) error {
		front, err := s.Orgs.Front(ctx, tx, v.Org)
		if err != nil {
			return err
		}
		others := map[string]string{}
		for _, l := range front.Languages {
			others[l.Code] = strings.ReplaceAll(r.PostFormValue("in-"+l.Code), "\r\n", "\n")
		}
		_, err = s.Notices.PublishIn(ctx, tx, v.Org, notice.Assemble(draft["de"], s.heading("de")), notice.Assemble(draft["en"], s.heading("en")), others, b.Material)
		return err
	})
	if errors.Is(err, notice.ErrEmpty) {
		b.Problem = "notice.empty"
		return s.show(w, r, v, http.StatusUnprocessableEntity, b, draft)
	}
	if err != nil {
		return err
	}
	http.Redirect(w, r, "/settings/notice?done", http.StatusSeeOther)
	return nil
}

// profile puts the link into a number's profile at WhatsApp, or looks again
// whether it is there.
func (s *server) profile(w http.ResponseWriter, r *http.Request, v *shell.Viewer) error {
	at, err := shell.Required[id.Channel](r, "channel")
	if err != nil {
		return err
	}
	o, err := s.Orgs.Get(r.Context(), s.DB, v.Org)
	if err != nil {
		return err
	}
	c, err := s.Orgs.Channel(r.Context(), s.DB, v.Org, at)
	if errors.Is(err, org.ErrNotFound) {
		return &shell.NoSuch{Field: "channel"}
	}
	if err != nil {
		return err
	}
	if r.PostFormValue("link") != "" {
		err = s.Profiles.Link(r.Context(), v.Act, o, c)
	} else {
		err = s.Profiles.Check(r.Context(), v.Act, o, c)
	}
	if err != nil {
		return err
	}
	http.Redirect(w, r, "/settings/notice?linked#profiles", http.StatusSeeOther)
	return nil
}

// privacy is the public page with an organisation's privacy notice (GDPR
// Art. 12: easily accessible).
func (s *server) privacy(w http.ResponseWriter, r *http.Request) error {
	o, err := s.Orgs.BySlug(r.Context(), s.DB, r.PathValue("slug"))
	if err != nil {
		return err
	}
	versions, err := s.Notices.All(r.Context(), s.DB, o.ID)
	if err != nil {
		return err
	}
	texts := s.shell.Texts(r)
	body := map[string]any{"Org": o, "Versions": versions}
	if len(versions) > 0 {
		words, spoken := versions[0].In(texts.Locale)
		body["Current"], body["Blocks"], body["Lang"] = versions[0], notice.Blocks(words), spoken
	}
	return s.pages.Show(w, http.StatusOK, "privacy.html", s.shell.Front(r, texts.T("notice.title"), nil, body))
}
