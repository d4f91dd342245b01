package consent

import (
	"context"
	"errors"
	"net/http"
	"strconv"
	"strings"

	"einklang/internal/account/org"
	"einklang/internal/consent/optin"
	"einklang/internal/door/web/shell"
	"einklang/internal/engine/store"
)

// purposeProblems are the mistakes of a form, with the text that tells them.
var purposeProblems = map[error]string{
	optin.ErrBadPurpose: "consent.purpose.badkey", optin.ErrNames: "consent.purpose.names", optin.ErrMonths: "consent.purpose.badmonths",
	optin.ErrKeyword: "consent.purpose.badkeyword", optin.ErrEmptyText: "consent.text.empty", optin.ErrTextTooLong: "consent.text.long",
	errKeyTaken: "consent.purpose.taken",
}

var errKeyTaken = errors.New("there is a purpose of this name already")

// problemOf is the text for a mistake of the person, or "".
func problemOf(err error, problems map[error]string) string {
	for known, key := range problems {
		if errors.Is(err, known) {
			return key
		}
	}
	return ""
}

type purposesBody struct {
	Purposes []purposeRow
	Problem  string
	Form     optin.Purpose
	Done     bool

	Existing        org.Existing // the exception for existing customers
	ExistingProblem string
}

type purposeRow struct {
	optin.Purpose
	Name    string
	Holding int
}

func (s *server) purposes(w http.ResponseWriter, r *http.Request, v *shell.Viewer) error {
	return s.showPurposes(w, r, v, http.StatusOK, purposesBody{Form: optin.Purpose{Months: 24, Offered: true}, Done: r.URL.Query().Has("done")})
}

func (s *server) showPurposes(w http.ResponseWriter, r *http.Request, v *shell.Viewer, status int, b purposesBody) error {
	all, err := s.Consents.Purposes(r.Context(), s.DB, v.Org)
	if err != nil {
		return err
	}
	if b.ExistingProblem == "" {
		o, err := s.Orgs.Get(r.Context(), s.DB, v.Org)
		if err != nil {
			return err
		}
		b.Existing = o.Settings.Existing
	}
	holding, err := s.Consents.HoldingEach(r.Context(), s.DB, v.Org)
	if err != nil {
		return err
	}
	for _, p := range all {
		b.Purposes = append(b.Purposes, purposeRow{p, optin.PurposeName(p, v.Text), holding[p.Key]})
	}
	return s.show(w, status, "purposes.html", v, v.Text.T("consent.purposes.title"), "/consent/purposes", b)
}

// readPurpose reads the form of a purpose.
func readPurpose(r *http.Request, p optin.Purpose) optin.Purpose {
	field := func(name string) string { return strings.TrimSpace(r.PostFormValue(name)) }
	p.DE, p.EN, p.Keyword = field("de"), field("en"), field("keyword")
	p.AboutDE, p.AboutEN = field("about_de"), field("about_en")
	p.Offered, p.Retired = field("offered") != "", field("retired") != ""
	p.Months = -1 // not a number: refused
	if n, err := strconv.Atoi(field("months")); err == nil {
		p.Months = n
	}
	return p
}

func (s *server) addPurpose(w http.ResponseWriter, r *http.Request, v *shell.Viewer) error {
	p := readPurpose(r, optin.Purpose{Key: strings.TrimSpace(r.PostFormValue("key")), Advertising: r.PostFormValue("advertising") != ""})
	err := v.Act.Write(r.Context(), func(ctx context.Context, tx store.Tx) error {
		if _, err := s.Consents.Purpose(ctx, tx, v.Org, p.Key); !errors.Is(err, optin.ErrUnknownPurpose) {
			return errors.Join(err, errKeyTaken)
		}
		return s.Consents.SavePurpose(ctx, tx, v.Org, p)
	})
	if problem := problemOf(err, purposeProblems); problem != "" {
		return s.showPurposes(w, r, v, http.StatusUnprocessableEntity, purposesBody{Problem: problem, Form: p})
	}
	if err != nil {
		return err
	}
	return back(w, r, "/consent/purposes/"+p.Key)
}

type purposeBody struct {
	Purpose optin.Purpose
	Name    string
	Org     org.Org
	Texts   []optin.Text
	Holding int // people whose consent a change in substance would end
	Problem string
	Done    string // key of a text
	N       int
	DE, EN  string // the text in the editor
	Others  []translated
	Both    bool // it names service and utility alike
}

// translated is the text in a language that the company added to its pages.
type translated struct{ Code, Name, Text string }

func (s *server) purpose(w http.ResponseWriter, r *http.Request, v *shell.Viewer) error {
	b := purposeBody{}
	switch q := r.URL.Query(); {
	case q.Has("saved"):
		b.Done = "consent.purpose.saved"
	case q.Has("published"):
		b.Done = "consent.text.published"
		b.N, _ = strconv.Atoi(q.Get("n"))
	}
	return s.showPurpose(w, r, v, http.StatusOK, b, nil)
}

func (s *server) showPurpose(w http.ResponseWriter, r *http.Request, v *shell.Viewer, status int, b purposeBody, typed *optin.Purpose) error {
	ctx, key := r.Context(), r.PathValue("key")
	var err error
	if b.Purpose, err = s.Consents.Purpose(ctx, s.DB, v.Org, key); err != nil {
		return err
	}
	if b.Org, err = s.Orgs.Get(ctx, s.DB, v.Org); err != nil {
		return err
	}
	if b.Texts, err = s.Consents.Texts(ctx, s.DB, v.Org, key); err != nil {
		return err
	}
	if b.Holding, err = s.Consents.Affected(ctx, s.DB, v.Org, key); err != nil {
		return err
	}
	b.Name = optin.PurposeName(b.Purpose, v.Text)
	if b.DE == "" && b.EN == "" && len(b.Texts) > 0 {
		b.DE, b.EN, b.Both = b.Texts[0].DE, b.Texts[0].EN, b.Texts[0].Both
	}
	front, err := s.Orgs.Front(ctx, s.DB, v.Org)
	if err != nil {
		return err
	}
	for _, l := range front.Languages {
		one := translated{Code: l.Code, Name: l.Name, Text: r.PostFormValue("text_" + l.Code)}
		if one.Text == "" && len(b.Texts) > 0 {
			one.Text = b.Texts[0].Others[l.Code]
		}
		b.Others = append(b.Others, one)
	}
	if typed != nil {
		b.Purpose = *typed
	}
	return s.show(w, status, "purpose.html", v, b.Name, "/consent/purposes", b)
}

func (s *server) savePurpose(w http.ResponseWriter, r *http.Request, v *shell.Viewer) error {
	before, err := s.Consents.Purpose(r.Context(), s.DB, v.Org, r.PathValue("key"))
	if err != nil {
		return err
	}
	p := readPurpose(r, before)
	err = v.Act.Write(r.Context(), func(ctx context.Context, tx store.Tx) error { return s.Consents.SavePurpose(ctx, tx, v.Org, p) })
	if problem := problemOf(err, purposeProblems); problem != "" {
		return s.showPurpose(w, r, v, http.StatusUnprocessableEntity, purposeBody{Problem: problem}, &p)
	}
	if err != nil {
		return err
	}
	return back(w, r, "/consent/purposes/"+p.Key+"?saved")
}

func (s *server) publishText(w http.ResponseWriter, r *http.Request, v *shell.Viewer) error {
	key, de, en := r.PathValue("key"), r.PostFormValue("text_de"), r.PostFormValue("text_en")
	front, err := s.Orgs.Front(r.Context(), s.DB, v.Org)
	if err != nil {
		return err
	}
	others := map[string]string{}
	for _, l := range front.Languages {
		others[l.Code] = r.PostFormValue("text_" + l.Code)
	}
	affected := 0
	err = v.Act.Write(r.Context(), func(ctx context.Context, tx store.Tx) error {
		var err error
		_, affected, err = s.Consents.PublishWording(ctx, tx, v.Org, optin.Text{Purpose: key, DE: de, EN: en, Others: others,
			Material: r.PostFormValue("material") == "yes", Both: r.PostFormValue("both") != ""})
		return err
	})
	if problem := problemOf(err, purposeProblems); problem != "" {
		return s.showPurpose(w, r, v, http.StatusUnprocessableEntity, purposeBody{Problem: problem, DE: de, EN: en, Both: r.PostFormValue("both") != ""}, nil)
	}
	if err != nil {
		return err
	}
	return back(w, r, "/consent/purposes/"+key+"?published&n="+strconv.Itoa(affected))
}
