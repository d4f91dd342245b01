// Package notices is the pages about the privacy notice: publishing a version,
// and the public page that customers read (GDPR Art. 12, 13).
package notices

import (
	"context"
	"embed"
	"errors"
	"net/http"
	"strings"

	"einklang/internal/notice"
	"einklang/internal/org"
	"einklang/internal/store"
	"einklang/internal/user"
	"einklang/internal/web/shell"
)

//go:embed pages/*.html
var files embed.FS

// Parts are what the pages work with.
type Parts struct {
	DB      *store.DB
	Orgs    *org.Registry
	Notices *notice.Board
}

type server struct {
	Parts
	shell *shell.Shell
	pages *shell.Pages
}

// Mount adds the pages about notices.
func Mount(sh *shell.Shell, p Parts) error {
	s := &server{Parts: p, shell: sh}
	var err error
	if s.pages, err = sh.Pages(files, nil); err != nil {
		return err
	}
	sh.Missing(org.ErrNotFound)
	sh.Menu(shell.Entry{Section: "consent", Path: "/settings/notice", Text: "nav.notice", May: user.Consents})
	sh.Staff("GET /settings/notice", user.Consents, s.noticePage)
	sh.Staff("POST /settings/notice", user.Consents, s.publishNotice)
	sh.Public("GET /privacy/{slug}", s.privacy)
	return nil
}

type noticeBody struct {
	Org      org.Org
	Versions []notice.Version
	Problem  string
	Done     bool
	DE, EN   string
}

func (s *server) noticePage(w http.ResponseWriter, r *http.Request, v *shell.Viewer) error {
	return s.showNotice(w, r, v, http.StatusOK, noticeBody{Done: r.URL.Query().Get("done") != ""})
}

func (s *server) showNotice(w http.ResponseWriter, r *http.Request, v *shell.Viewer, status int, b noticeBody) error {
	var err error
	if b.Org, err = s.Orgs.Get(r.Context(), s.DB, v.Org); err != nil {
		return err
	}
	if b.Versions, err = s.Notices.All(r.Context(), s.DB, v.Org); err != nil {
		return err
	}
	if b.DE == "" && b.EN == "" && len(b.Versions) > 0 {
		b.DE, b.EN = b.Versions[0].DE, b.Versions[0].EN
	}
	return s.pages.Show(w, status, "notice.html", shell.Page{Viewer: v, Title: v.Text.T("notice.title"), At: "/settings/notice", Body: b})
}

func (s *server) publishNotice(w http.ResponseWriter, r *http.Request, v *shell.Viewer) error {
	r.Body = http.MaxBytesReader(w, r.Body, 512<<10)
	de, en := r.PostFormValue("de"), r.PostFormValue("en")
	err := s.DB.Write(r.Context(), func(ctx context.Context, tx store.Tx) error {
		_, err := s.Notices.Publish(ctx, tx, v.Org, de, en, r.PostFormValue("material") != "")
		return err
	})
	if errors.Is(err, notice.ErrEmpty) {
		return s.showNotice(w, r, v, http.StatusUnprocessableEntity, noticeBody{Problem: v.Text.T("notice.empty"), DE: de, EN: en})
	}
	if err != nil {
		return err
	}
	http.Redirect(w, r, "/settings/notice?done=1", http.StatusSeeOther)
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
	body := map[string]any{"Org": o, "Versions": versions, "Other": map[string]string{"de": "en", "en": "de"}[texts.Locale]}
	if len(versions) > 0 {
		words := versions[0].DE
		if texts.Locale == "en" {
			words = versions[0].EN
		}
		body["Current"], body["Paragraphs"] = versions[0], strings.Split(words, "\n\n")
	}
	return s.pages.Show(w, http.StatusOK, "privacy.html", shell.Page{Text: texts, Title: texts.T("notice.title"), Body: body})
}
