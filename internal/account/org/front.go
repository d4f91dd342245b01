package org

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"regexp"
	"slices"
	"time"

	"einklang/internal/engine/store"
	"einklang/internal/rule/id"
)

// Front is what stands on an organisation's public pages beside their own business.
type Front struct {
	Imprint       Imprint       `json:"imprint,omitzero"`
	Accessibility Accessibility `json:"accessibility,omitzero"`
	Languages     []Language    `json:"languages,omitempty"` // beside German and English
}

// Form is the legal form of a company; what an Impressum must name hangs on it.
type Form string

// The legal forms; empty: nobody has said it.
const (
	Sole         Form = "sole"
	Merchant     Form = "ek"
	Civil        Form = "gbr"
	Partnership  Form = "ohg"
	Limited      Form = "kg"
	GmbH         Form = "gmbh"
	UG           Form = "ug"
	AG           Form = "ag"
	Cooperative  Form = "eg"
	Association  Form = "ev"
	PublicBody   Form = "public"
	OtherForm    Form = "other"
	mostLanguage      = 20
)

// Forms lists the legal forms.
func Forms() []Form {
	return []Form{Sole, Merchant, Civil, Partnership, Limited, GmbH, UG, AG, Cooperative, Association, PublicBody, OtherForm}
}

// Imprint is what a provider says of itself beside its name, address and e-mail
// (DDG §5(1)); those stand in [Contact].
type Imprint struct {
	Form           Form   `json:"form,omitempty"`
	Representative string `json:"representative,omitempty"`
	Phone          string `json:"phone,omitempty"` // or another quick way beside e-mail (no. 2)
	Register       string `json:"register,omitempty"`
	Number         string `json:"number,omitempty"`     // in that register
	TaxID          string `json:"tax_id,omitempty"`     // VAT or business id, if there is one (no. 6)
	Supervisor     string `json:"supervisor,omitempty"` // of an activity that needs leave (no. 3)
	Profession     string `json:"profession,omitempty"` // with the state that gave the title (no. 5)
	Chamber        string `json:"chamber,omitempty"`
	Rules          string `json:"rules,omitempty"`    // of the profession, and where they are found
	Disputes       string `json:"disputes,omitempty"` // on dispute resolution, in words (VSBG §36)
}

// Lacks names what an Impressum of this legal form owes and does not say.
func (i Imprint) Lacks(c Contact) (lacks []string) {
	for _, owed := range []struct {
		name string
		said string
		owed bool
	}{
		{"form", string(i.Form), true},
		{"address", c.Address, true},
		{"email", c.Email, true},
		{"phone", i.Phone, true},
		{"representative", i.Representative, !slices.Contains([]Form{"", Sole, Merchant}, i.Form)},
		{"register", i.Register, i.registered()},
		{"number", i.Number, i.registered()},
	} {
		if owed.owed && owed.said == "" {
			lacks = append(lacks, owed.name)
		}
	}
	return lacks
}

func (i Imprint) registered() bool {
	return slices.Contains([]Form{Merchant, Partnership, Limited, GmbH, UG, AG, Cooperative, Association}, i.Form)
}

// Accessibility is what is known of how the public pages can be used by everybody
// (BFSG §14, annex 3).
type Accessibility struct {
	Scope     Scope  `json:"scope,omitempty"`
	Tested    string `json:"tested,omitempty"`   // 2026-11-25; empty: nobody has tested
	Failures  string `json:"failures,omitempty"` // what the test found; empty: nothing
	Instead   string `json:"instead,omitempty"`  // another way to what they are about
	Authority string `json:"authority,omitempty"`
	Contact   string `json:"contact,omitempty"` // where a barrier is reported
}

// Scope says whether the law asks for the statement.
type Scope string

// The scopes; empty: nobody has said it.
const (
	Owed      Scope = "owed"
	Voluntary Scope = "voluntary"
)

// Scopes lists the scopes.
func Scopes() []Scope { return []Scope{Owed, Voluntary} }

// Lacks names what the statement should say and does not.
func (a Accessibility) Lacks() (lacks []string) {
	for _, one := range []struct {
		name string
		said string
		owed bool
	}{
		{"scope", string(a.Scope), true},
		{"tested", a.Tested, true},
		{"instead", a.Instead, a.Failures != ""},
		{"authority", a.Authority, a.Scope == Owed},
		{"contact", a.Contact, true},
	} {
		if one.owed && one.said == "" {
			lacks = append(lacks, one.name)
		}
	}
	return lacks
}

// Language is a language that the organisation adds to its public pages. A text
// that it lacks is shown in English.
type Language struct {
	Code  string            `json:"code"` // as browsers name it: "tr", "pt-BR"
	Name  string            `json:"name"` // as its speakers call it
	Texts map[string]string `json:"texts,omitempty"`
}

// The errors of languages.
var (
	ErrLanguage  = errors.New("a language has a code such as tr or pt-BR, which is not taken, and a name")
	ErrLanguages = errors.New("there are twenty languages already")
)

var codePattern = regexp.MustCompile(`^[a-z]{2,3}(-[A-Za-z0-9]{2,8}){0,2}$`)

// Add adds a language.
func (f *Front) Add(l Language) error {
	switch {
	case !codePattern.MatchString(l.Code), l.Name == "", l.Code == "de", l.Code == "en", f.Language(l.Code) != nil:
		return ErrLanguage
	case len(f.Languages) >= mostLanguage:
		return ErrLanguages
	}
	f.Languages = append(f.Languages, l)
	return nil
}

// Language is an added language, or nil.
func (f *Front) Language(code string) *Language {
	for i := range f.Languages {
		if f.Languages[i].Code == code {
			return &f.Languages[i]
		}
	}
	return nil
}

// Remove takes a language away.
func (f *Front) Remove(code string) {
	f.Languages = slices.DeleteFunc(f.Languages, func(l Language) bool { return l.Code == code })
}

// Front reads what stands on the public pages; nothing if nobody has said anything.
func (r *Registry) Front(ctx context.Context, rd store.Reader, org id.Org) (Front, error) {
	var f Front
	var text string
	err := rd.QueryRow(ctx, "SELECT front FROM org_front WHERE org_id = ?", org).Scan(&text)
	if errors.Is(err, store.ErrNoRows) {
		return f, nil
	}
	if err != nil {
		return f, fmt.Errorf("read what stands on the public pages: %w", err)
	}
	return f, json.Unmarshal([]byte(text), &f)
}

// SaveFront keeps what stands on the public pages.
func (r *Registry) SaveFront(ctx context.Context, tx store.Tx, org id.Org, f Front) error {
	text, err := json.Marshal(f)
	if err != nil {
		return err
	}
	_, err = tx.Exec(ctx, `INSERT INTO org_front (org_id, front, changed_at) VALUES (?, ?, ?)
		ON CONFLICT (org_id) DO UPDATE SET front = excluded.front, changed_at = excluded.changed_at`, org, string(text), store.Micros(r.now()))
	if err != nil {
		return fmt.Errorf("keep what stands on the public pages: %w", err)
	}
	return nil
}

// Day reads the day of the test; the zero time if nobody has tested.
func (a Accessibility) Day() time.Time {
	day, _ := time.Parse(time.DateOnly, a.Tested) // checked when it was entered
	return day
}
