package front

import (
	"context"
	"errors"
	"net/http"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"einklang/internal/account/org"
	"einklang/internal/door/web/shell"
	"einklang/internal/engine/store"
)

// How many characters a line and a text of the forms take.
const (
	mostLine = 300
	mostText = 4000
)

type settingsBody struct {
	Org      org.Org
	Front    org.Front
	Forms    []org.Form
	Scopes   []org.Scope
	Lacks    []string       // of the Impressum
	Unsaid   []string       // of the statement on accessibility
	Missing  map[string]int // texts that a language lacks, by code
	Saved    bool
	Wrong    map[string]string // field → key of what is wrong with it
	Language org.Language      // that was to be added
}

func (s *server) settings(w http.ResponseWriter, r *http.Request, v *shell.Viewer) error {
	front, err := s.Orgs.Front(r.Context(), s.DB, v.Org)
	if err != nil {
		return err
	}
	return s.showSettings(w, r, v, http.StatusOK, settingsBody{Front: front, Saved: r.URL.Query().Has("saved")})
}

func (s *server) showSettings(w http.ResponseWriter, r *http.Request, v *shell.Viewer, status int, b settingsBody) error {
	var err error
	if b.Org, err = s.Orgs.Get(r.Context(), s.DB, v.Org); err != nil {
		return err
	}
	keys, err := s.keys(r, v)
	if err != nil {
		return err
	}
	b.Missing = map[string]int{}
	for _, l := range b.Front.Languages {
		b.Missing[l.Code] = len(lacking(l, keys))
	}
	b.Forms, b.Scopes = org.Forms(), org.Scopes()
	b.Lacks, b.Unsaid = b.Front.Imprint.Lacks(b.Org.Settings.Controller), b.Front.Accessibility.Lacks()
	return s.pages.Show(w, status, "public.html", shell.Page{Viewer: v, Title: v.Text.T("public.staff.title"), At: at, Body: b})
}

// change changes what stands on the public pages.
func (s *server) change(r *http.Request, v *shell.Viewer, how func(*org.Front) error) error {
	return v.Act.Write(r.Context(), func(ctx context.Context, tx store.Tx) error {
		front, err := s.Orgs.Front(ctx, tx, v.Org)
		if err == nil {
			err = how(&front)
		}
		if err != nil {
			return err
		}
		return s.Orgs.SaveFront(ctx, tx, v.Org, front)
	})
}

// field reads a field of a form, and notes that it is too long.
func field(r *http.Request, name string, most int, wrong map[string]string) string {
	said := strings.TrimSpace(strings.ReplaceAll(r.PostFormValue(name), "\r\n", "\n"))
	if utf8.RuneCountInString(said) > most {
		wrong[name] = "public.staff.long"
	}
	return said
}

func (s *server) saveImprint(w http.ResponseWriter, r *http.Request, v *shell.Viewer) error {
	wrong := map[string]string{}
	line := func(name string) string { return field(r, name, mostLine, wrong) }
	i := org.Imprint{Form: org.Form(line("form")), Representative: line("representative"), Phone: line("phone"), Register: line("register"), Number: line("number"), TaxID: line("tax_id"),
		Supervisor: line("supervisor"), Profession: line("profession"), Chamber: line("chamber"), Rules: line("rules"), Disputes: field(r, "disputes", mostText, wrong)}
	if i.Form != "" && !slices.Contains(org.Forms(), i.Form) {
		return &shell.NoSuch{Field: "form"}
	}
	return s.save(w, r, v, wrong, func(f *org.Front) error { f.Imprint = i; return nil })
}

func (s *server) saveAccessibility(w http.ResponseWriter, r *http.Request, v *shell.Viewer) error {
	wrong := map[string]string{}
	a := org.Accessibility{Scope: org.Scope(field(r, "scope", mostLine, wrong)), Tested: field(r, "tested", mostLine, wrong), Failures: field(r, "failures", mostText, wrong),
		Instead: field(r, "instead", mostLine, wrong), Authority: field(r, "authority", mostLine, wrong), Contact: field(r, "contact", mostLine, wrong)}
	if a.Scope != "" && !slices.Contains(org.Scopes(), a.Scope) {
		return &shell.NoSuch{Field: "scope"}
	}
	if day, err := time.Parse(time.DateOnly, a.Tested); a.Tested != "" && (err != nil || day.After(v.Now)) {
		wrong["tested"] = "public.staff.day"
	}
	return s.save(w, r, v, wrong, func(f *org.Front) error { f.Accessibility = a; return nil })
}

// save keeps a form, or shows it again with what is wrong beside each field.
func (s *server) save(w http.ResponseWriter, r *http.Request, v *shell.Viewer, wrong map[string]string, how func(*org.Front) error) error {
	if len(wrong) > 0 {
		front, err := s.Orgs.Front(r.Context(), s.DB, v.Org)
		if err != nil {
			return err
		}
		if err := how(&front); err != nil {
			return err
		}
		return s.showSettings(w, r, v, http.StatusUnprocessableEntity, settingsBody{Front: front, Wrong: wrong})
	}
	if err := s.change(r, v, how); err != nil {
		return err
	}
	http.Redirect(w, r, at+"?saved", http.StatusSeeOther)
	return nil
}

// problems are the mistakes of a language that is to be added.
var problems = map[error]string{org.ErrLanguage: "public.staff.language.wrong", org.ErrLanguages: "public.staff.language.many"}

func (s *server) addLanguage(w http.ResponseWriter, r *http.Request, v *shell.Viewer) error {
	l := org.Language{Code: strings.TrimSpace(r.PostFormValue("code")), Name: strings.TrimSpace(r.PostFormValue("name"))}
	err := s.change(r, v, func(f *org.Front) error {
		if utf8.RuneCountInString(l.Name) > 60 {
			return org.ErrLanguage
		}
		return f.Add(l)
	})
	for known, key := range problems {
		if errors.Is(err, known) {
			front, err := s.Orgs.Front(r.Context(), s.DB, v.Org)
			if err != nil {
				return err
			}
			return s.showSettings(w, r, v, http.StatusUnprocessableEntity, settingsBody{Front: front, Language: l, Wrong: map[string]string{"code": key}})
		}
	}
	if err != nil {
		return err
	}
	http.Redirect(w, r, at+"/languages/"+l.Code, http.StatusSeeOther)
	return nil
}
