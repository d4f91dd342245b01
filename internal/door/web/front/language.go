package front

import (
	"net/http"
	"slices"
	"strings"
	"unicode/utf8"

	"einklang/internal/account/org"
	"einklang/internal/door/web/shell"
)

// line is a text of the public pages with its translation.
type line struct {
	Key, DE, EN, Said string
	Long              bool
}

// section is the texts of one page.
type section struct {
	Name    string // ends the key of its heading
	Lines   []line
	Missing int
}

type languageBody struct {
	Org      org.Org
	Language org.Language
	Sections []section
	Missing  int
	Saved    bool
	Wrong    string // key of what is wrong
}

// keys are the texts that a language needs: those of the public pages, and the
// names of the company's own purposes.
func (s *server) keys(r *http.Request, v *shell.Viewer) ([]string, error) {
	keys := s.shell.In("en").Public()
	purposes, err := s.Consents.Purposes(r.Context(), s.DB, v.Org)
	for _, p := range purposes {
		if !p.BuiltIn() && !p.Retired {
			keys = append(keys, "purpose."+p.Key)
		}
	}
	return keys, err
}

// lacking are the texts that a language does not have.
func lacking(l org.Language, keys []string) []string {
	return slices.DeleteFunc(slices.Clone(keys), func(key string) bool { return l.Texts[key] != "" })
}

// sectionOf says to which part of the pages a text belongs.
func sectionOf(key string) string {
	first, _, _ := strings.Cut(key, ".")
	switch first {
	case "optin", "purpose":
		return "form"
	case "portal", "public", "imprint", "accessible":
		return first
	case "privacy", "notice":
		return "notice"
	default:
		return "portal"
	}
}

var sectionNames = []string{"public", "form", "portal", "notice", "imprint", "accessible"}

func (s *server) language(w http.ResponseWriter, r *http.Request, v *shell.Viewer) error {
	front, err := s.Orgs.Front(r.Context(), s.DB, v.Org)
	if err != nil {
		return err
	}
	l := front.Language(r.PathValue("code"))
	if l == nil {
		return shell.ErrNotFound
	}
	return s.showLanguage(w, r, v, http.StatusOK, languageBody{Language: *l, Saved: r.URL.Query().Has("saved")})
}

func (s *server) showLanguage(w http.ResponseWriter, r *http.Request, v *shell.Viewer, status int, b languageBody) error {
	var err error
	if b.Org, err = s.Orgs.Get(r.Context(), s.DB, v.Org); err != nil {
		return err
	}
	keys, err := s.keys(r, v)
	if err != nil {
		return err
	}
	purposes, err := s.Consents.Purposes(r.Context(), s.DB, v.Org)
	if err != nil {
		return err
	}
	own := map[string][2]string{}
	for _, p := range purposes {
		own["purpose."+p.Key] = [2]string{p.DE, p.EN}
	}
	b.Missing = len(lacking(b.Language, keys))
	for _, name := range sectionNames {
		part := section{Name: name}
		for _, key := range keys {
			if sectionOf(key) != name {
				continue
			}
			one := line{Key: key, DE: own[key][0], EN: own[key][1], Said: b.Language.Texts[key]}
			if s.shell.In("en").Has(key) {
				one.DE, one.EN = s.shell.In("de").T(key), s.shell.In("en").T(key)
			}
			one.Long = utf8.RuneCountInString(one.EN) > 80
			if one.Said == "" {
				part.Missing++
			}
			part.Lines = append(part.Lines, one)
		}
		b.Sections = append(b.Sections, part)
	}
	return s.pages.Show(w, status, "language.html", shell.Page{Viewer: v, Title: b.Language.Name, At: at, Body: b})
}

// mostPublic is how many characters a text of the public pages may have.
const mostPublic = 1200

func (s *server) saveLanguage(w http.ResponseWriter, r *http.Request, v *shell.Viewer) error {
	keys, err := s.keys(r, v)
	if err != nil {
		return err
	}
	texts, long := map[string]string{}, false
	for _, key := range keys {
		if said := strings.TrimSpace(strings.ReplaceAll(r.PostFormValue(key), "\r\n", "\n")); said != "" {
			texts[key] = said
			long = long || utf8.RuneCountInString(said) > mostPublic
		}
	}
	front, err := s.Orgs.Front(r.Context(), s.DB, v.Org)
	if err != nil {
		return err
	}
	l := front.Language(r.PathValue("code"))
	if l == nil {
		return shell.ErrNotFound
	}
	if long {
		l.Texts = texts
		return s.showLanguage(w, r, v, http.StatusUnprocessableEntity, languageBody{Language: *l, Wrong: "public.staff.text.long"})
	}
	err = s.change(r, v, func(f *org.Front) error {
		if l := f.Language(r.PathValue("code")); l != nil {
			l.Texts = texts
		}
		return nil
	})
	if err != nil {
		return err
	}
	http.Redirect(w, r, at+"/languages/"+l.Code+"?saved", http.StatusSeeOther)
	return nil
}

// removeTakes: the translations go with the language.
func (s *server) removeTakes(r *http.Request, v *shell.Viewer) (*shell.Loss, error) {
	front, err := s.Orgs.Front(r.Context(), s.DB, v.Org)
	if err != nil {
		return nil, err
	}
	l := front.Language(r.PathValue("code"))
	if l == nil {
		return nil, nil
	}
	return &shell.Loss{At: at, Back: at + "/languages/" + l.Code, Do: v.Text.T("public.staff.language.remove"), Words: []string{v.Text.T("sure.language", l.Name, len(l.Texts))}, Final: true}, nil
}

func (s *server) removeLanguage(w http.ResponseWriter, r *http.Request, v *shell.Viewer) error {
	if err := s.change(r, v, func(f *org.Front) error { f.Remove(r.PathValue("code")); return nil }); err != nil {
		return err
	}
	http.Redirect(w, r, at+"?saved", http.StatusSeeOther)
	return nil
}
