package settings

import (
	"context"
	"errors"
	"net/http"
	"net/mail"
	"net/url"
	"slices"
	"strings"
	"unicode/utf8"

	"einklang/internal/account/org"
	"einklang/internal/door/web/shell"
	"einklang/internal/engine/cloudapi"
	"einklang/internal/engine/store"
	"einklang/internal/rule/id"
)

// Profiles reads and changes what people see of a number in WhatsApp.
type Profiles interface {
	// Read also says whether the profile links the privacy notice (S17).
	Read(ctx context.Context, o org.Org, c org.Channel) (cloudapi.Profile, bool, error)
	Edit(ctx context.Context, w store.Writer, o org.Org, c org.Channel, p cloudapi.Profile) error
}

// websites is how many a profile shows.
const websites = 2

type profileBody struct {
	org.Channel
	cloudapi.Profile
	Sites     []string // as many as fit
	Verticals []string
	Linked    bool
	Notice    string // address of the privacy notice
	Saved     bool
	Problem   string
}

// number finds the number that a page is about.
func (s *server) number(r *http.Request, v *shell.Viewer) (o org.Org, c org.Channel, err error) {
	at, err := id.Parse[id.Channel](r.PathValue("id"))
	if err != nil {
		return o, c, org.ErrNotFound
	}
	if o, err = s.Orgs.Get(r.Context(), s.DB, v.Org); err != nil {
		return o, c, err
	}
	c, err = s.Orgs.Channel(r.Context(), s.DB, v.Org, at)
	return o, c, err
}

func (s *server) profile(w http.ResponseWriter, r *http.Request, v *shell.Viewer) error {
	o, c, err := s.number(r, v)
	if err != nil {
		return err
	}
	b := profileBody{Saved: r.URL.Query().Has("saved")}
	if b.Profile, b.Linked, err = s.Profiles.Read(r.Context(), o, c); err != nil {
		return s.showProfile(w, v, http.StatusBadGateway, o, c, profileBody{Problem: v.Text.T("profile.problem.unread")})
	}
	return s.showProfile(w, v, http.StatusOK, o, c, b)
}

func (s *server) showProfile(w http.ResponseWriter, v *shell.Viewer, status int, o org.Org, c org.Channel, b profileBody) error {
	b.Channel, b.Verticals, b.Notice = c, cloudapi.Verticals(), strings.TrimRight(s.PublicURL, "/")+"/privacy/"+o.Slug
	b.Sites = append(slices.Clone(b.Websites), make([]string, websites)...)[:websites]
	return s.pages.Show(w, status, "profile.html", shell.Page{Viewer: v, Title: v.Text.T("profile.title"), At: "/settings/numbers", Body: b})
}

func (s *server) saveProfile(w http.ResponseWriter, r *http.Request, v *shell.Viewer) error {
	o, c, err := s.number(r, v)
	if err != nil {
		return err
	}
	p, problem := enteredProfile(r)
	if problem != "" {
		return s.showProfile(w, v, http.StatusUnprocessableEntity, o, c, profileBody{Profile: p, Problem: v.Text.T("profile.problem." + problem)})
	}
	var refused *cloudapi.Error
	switch err := s.Profiles.Edit(r.Context(), v.Act, o, c, p); {
	case errors.As(err, &refused):
		return s.showProfile(w, v, http.StatusBadGateway, o, c, profileBody{Profile: p, Problem: v.Text.T("profile.problem.refused", refused.Code)})
	case err != nil:
		return s.showProfile(w, v, http.StatusBadGateway, o, c, profileBody{Profile: p, Problem: v.Text.T("profile.problem.away")})
	}
	http.Redirect(w, r, "/settings/numbers/"+c.ID.String()+"/profile?saved", http.StatusSeeOther)
	return nil
}

// enteredProfile reads the form. A problem is the end of a text's key. The
// limits are WhatsApp's (Cloud API, business profiles).
func enteredProfile(r *http.Request) (p cloudapi.Profile, problem string) {
	field := func(name string) string { return strings.TrimSpace(r.PostFormValue(name)) }
	p = cloudapi.Profile{About: field("about"), Address: field("address"), Description: field("description"), Email: field("email"), Vertical: field("vertical")}
	for _, site := range r.PostForm["website"] {
		if site = strings.TrimSpace(site); site != "" {
			p.Websites = append(p.Websites, site)
		}
	}
	for _, one := range []struct {
		text string
		most int
		name string
	}{{p.About, 139, "about"}, {p.Address, 256, "address"}, {p.Description, 512, "description"}, {p.Email, 128, "email"}} {
		if utf8.RuneCountInString(one.text) > one.most {
			return p, one.name
		}
	}
	if p.Email != "" {
		if a, err := mail.ParseAddress(p.Email); err != nil || a.Address != p.Email {
			return p, "email"
		}
	}
	for _, site := range p.Websites {
		u, err := url.Parse(site)
		if err != nil || u.Host == "" || u.Scheme != "https" && u.Scheme != "http" || len(site) > 256 {
			return p, "website"
		}
	}
	if len(p.Websites) > websites {
		return p, "website"
	}
	if p.Vertical != "" && !slices.Contains(cloudapi.Verticals(), p.Vertical) {
		return p, "vertical"
	}
	return p, ""
}
