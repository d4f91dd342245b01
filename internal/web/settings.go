package web

import (
	"context"
	"errors"
	"net/http"
	"strings"

	"einklang/internal/notice"
	"einklang/internal/org"
	"einklang/internal/store"
	"einklang/internal/user"
)

// manages reports whether a role may change how the organisation works.
func manages(r user.Role) bool { return r == user.DPO || r == user.Admin }

type noticeBody struct {
	Org        org.Org
	Versions   []notice.Version
	CanPublish bool
	Problem    string
	Done       bool
	DE, EN     string
}

func (s *server) noticePage(w http.ResponseWriter, r *http.Request, v *viewer) error {
	return s.showNotice(w, r, v, http.StatusOK, noticeBody{Done: r.URL.Query().Get("done") != ""})
}

func (s *server) showNotice(w http.ResponseWriter, r *http.Request, v *viewer, status int, b noticeBody) error {
	var err error
	if b.Org, err = s.Orgs.Get(r.Context(), s.DB, v.Org); err != nil {
		return err
	}
	if b.Versions, err = s.Notices.All(r.Context(), s.DB, v.Org); err != nil {
		return err
	}
	b.CanPublish = manages(v.Role)
	if b.DE == "" && b.EN == "" && len(b.Versions) > 0 {
		b.DE, b.EN = b.Versions[0].DE, b.Versions[0].EN
	}
	return s.render(w, status, "notice.html", page{Locale: v.text.Locale, Viewer: v, Title: v.text.T("notice.title"), Section: "notice", Body: b})
}

func (s *server) publishNotice(w http.ResponseWriter, r *http.Request, v *viewer) error {
	if !manages(v.Role) {
		return errForbidden
	}
	r.Body = http.MaxBytesReader(w, r.Body, 512<<10)
	de, en := r.PostFormValue("de"), r.PostFormValue("en")
	err := s.DB.Write(r.Context(), func(ctx context.Context, tx store.Tx) error {
		_, err := s.Notices.Publish(ctx, tx, v.Org, de, en, r.PostFormValue("material") != "")
		return err
	})
	if errors.Is(err, notice.ErrEmpty) {
		return s.showNotice(w, r, v, http.StatusUnprocessableEntity, noticeBody{Problem: v.text.T("notice.empty"), DE: de, EN: en})
	}
	if err != nil {
		return err
	}
	http.Redirect(w, r, "/settings/notice?done=1", http.StatusSeeOther)
	return nil
}

type numberView struct {
	org.Channel
	Waiting   int64
	Agreement bool
	Stop      string
}

func (s *server) numbersPage(w http.ResponseWriter, r *http.Request, v *viewer) error {
	channels, err := s.Orgs.Channels(r.Context(), s.DB, v.Org)
	if err != nil {
		return err
	}
	views := make([]numberView, len(channels))
	for i, c := range channels {
		n := numberView{Channel: c, Agreement: c.AgreementValid(v.now), Stop: c.StopReason}
		if key := "stop." + c.StopReason; v.text.Has(key) {
			n.Stop = v.text.T(key)
		}
		if n.Waiting, err = s.Outbox.Backlog(r.Context(), s.DB, v.Org, c.ID); err != nil {
			return err
		}
		views[i] = n
	}
	return s.render(w, http.StatusOK, "numbers.html", page{Locale: v.text.Locale, Viewer: v, Title: v.text.T("numbers.title"), Section: "numbers",
		Body: map[string]any{"Numbers": views, "CanStart": manages(v.Role)}})
}

func (s *server) startNumber(w http.ResponseWriter, r *http.Request, v *viewer) error {
	if !manages(v.Role) {
		return errForbidden
	}
	at, err := parseID(r.PathValue("id"))
	if err != nil {
		return err
	}
	if err := s.DB.Write(r.Context(), func(ctx context.Context, tx store.Tx) error { return s.Orgs.Start(ctx, tx, v.Org, at, "") }); err != nil {
		return err
	}
	http.Redirect(w, r, "/settings/numbers", http.StatusSeeOther)
	return nil
}

// privacy is the public page with an organisation's privacy notice (GDPR
// Art. 12: easily accessible).
func (s *server) privacy(w http.ResponseWriter, r *http.Request) {
	o, err := s.Orgs.BySlug(r.Context(), s.DB, r.PathValue("slug"))
	if err != nil {
		s.fail(w, r, err)
		return
	}
	versions, err := s.Notices.All(r.Context(), s.DB, o.ID)
	if err != nil {
		s.fail(w, r, err)
		return
	}
	locale := s.locale(r)
	if l := r.URL.Query().Get("lang"); s.texts[l] != nil {
		locale = l
	}
	body := map[string]any{"Org": o, "Versions": versions, "Other": map[string]string{"de": "en", "en": "de"}[locale]}
	if len(versions) > 0 {
		words := versions[0].DE
		if locale == "en" {
			words = versions[0].EN
		}
		body["Current"], body["Paragraphs"] = versions[0], strings.Split(words, "\n\n")
	}
	if err := s.render(w, http.StatusOK, "privacy.html", page{Locale: locale, Title: s.texts[locale].T("notice.title"), Body: body}); err != nil {
		s.fail(w, r, err)
	}
}
