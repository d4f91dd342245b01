package shell

import (
	"context"
	"errors"
	"net/http"
	"net/url"
	"strings"

	"einklang/internal/account/org"
	"einklang/internal/rule/i18n"
)

// House is the company whose public page somebody looks at. Its name and the links
// that every such page has stand around it.
type House struct {
	Org     org.Org
	Text    *i18n.Catalogue
	Tongues []Tongue // in which the page can be read; none where it answers a form
}

// Tongue is a language in which a page can be read.
type Tongue struct {
	Code, Name string
	Address    string // of the page in it
	Current    bool
}

// houseKey is under what a request knows its House.
type houseKey struct{}

// Of is a request for a public page of a company: from then on its texts are also
// those in the languages that the company added.
func (s *Shell) Of(r *http.Request, o org.Org) (*http.Request, error) {
	front, err := s.options.Orgs.Front(r.Context(), s.options.DB, o.ID)
	if err != nil {
		return nil, err
	}
	h := &House{Org: o, Text: s.textsOf(r, front)}
	if r.Method == http.MethodGet {
		h.Tongues = tongues(r.URL, front, h.Text.Locale)
	}
	return r.WithContext(context.WithValue(r.Context(), houseKey{}, h)), nil
}

// house is the company of a request, or nil.
func house(r *http.Request) *House {
	h, _ := r.Context().Value(houseKey{}).(*House)
	return h
}

// Front is a public page of the company to which a request belongs.
func (s *Shell) Front(r *http.Request, title string, styles []string, body any) Page {
	return Page{Text: s.Texts(r), House: house(r), Title: title, Styles: styles, Body: body}
}

// bySlug finds the company that the address of a route names. There is none: its
// handler says so.
func (s *Shell) bySlug(r *http.Request) (*http.Request, error) {
	slug := r.PathValue("slug")
	if slug == "" {
		return r, nil
	}
	o, err := s.options.Orgs.BySlug(r.Context(), s.options.DB, slug)
	if errors.Is(err, org.ErrNotFound) {
		return r, nil
	}
	if err != nil {
		return nil, err
	}
	return s.Of(r, o)
}

// textsOf are the texts in the language that an address asks for, or that the
// browser prefers, of all in which the company's pages can be read.
func (s *Shell) textsOf(r *http.Request, front org.Front) *i18n.Catalogue {
	added := func(code string) *i18n.Catalogue {
		if l := front.Language(code); l != nil {
			return s.texts["en"].Over(l.Code, l.Texts)
		}
		return nil
	}
	asked := r.URL.Query().Get("lang")
	if c := added(asked); c != nil {
		return c
	}
	if s.texts[asked] != nil {
		return s.texts[asked]
	}
	// The first is the one that is preferred (RFC 9110 §12.5.4).
	first, _, _ := strings.Cut(r.Header.Get("Accept-Language"), ",")
	first, _, _ = strings.Cut(strings.TrimSpace(first), ";")
	for _, code := range []string{first, strings.Split(first, "-")[0]} {
		if c := added(code); c != nil {
			return c
		}
	}
	return s.Texts(r)
}

// tongues are the links to a page in each language.
func tongues(at *url.URL, front org.Front, current string) []Tongue {
	all := []Tongue{{Code: "de", Name: "Deutsch"}, {Code: "en", Name: "English"}}
	for _, l := range front.Languages {
		all = append(all, Tongue{Code: l.Code, Name: l.Name})
	}
	for i := range all {
		asks := at.Query()
		asks.Set("lang", all[i].Code)
		all[i].Address, all[i].Current = "?"+asks.Encode(), all[i].Code == current
	}
	return all
}
