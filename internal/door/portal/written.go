package portal

import (
	"context"
	"net/http"
	"strings"
	"unicode/utf8"

	"einklang/internal/account/audit"
	"einklang/internal/account/org"
	"einklang/internal/engine/store"
	"einklang/internal/engine/threshold"
	"einklang/internal/rights/cases"
	"einklang/internal/rule/id"
)

// How many characters of a written request are taken.
const (
	mostName = 200
	mostWish = 10_000
)

// request is a written request as it was filled in.
type request struct {
	body
	Kinds                    []cases.Kind
	Name, Kind, Text, Answer string
	Wrong                    map[string]string // field → key of what is wrong with it
	Sent                     bool
}

// writing is the form for whoever gets no code: without WhatsApp, without e-mail,
// or with neither that we know. It is the same for everybody.
func (s *server) writing(w http.ResponseWriter, r *http.Request) error {
	o, err := s.Orgs.BySlug(r.Context(), s.DB, r.PathValue("slug"))
	if err != nil {
		return err
	}
	return s.showWriting(w, r, http.StatusOK, request{body: body{Org: o}, Kind: string(cases.Access)})
}

func (s *server) showWriting(w http.ResponseWriter, r *http.Request, status int, b request) error {
	b.Kinds = cases.Kinds()
	return s.show(w, r, status, "write.html", b)
}

// written opens a case for the request. Nobody is looked up: who it is, staff find
// out, and nothing here says whether somebody is known.
func (s *server) written(w http.ResponseWriter, r *http.Request, act *audit.Act) error {
	o, err := s.Orgs.BySlug(r.Context(), s.DB, r.PathValue("slug"))
	if err != nil {
		return err
	}
	b := filled(r, o)
	if len(b.Wrong) > 0 {
		return s.showWriting(w, r, http.StatusUnprocessableEntity, b)
	}
	if !s.brake.Allow("write " + threshold.From(r)) {
		b.Problem = "portal.problem.often"
		return s.showWriting(w, r, http.StatusTooManyRequests, b)
	}
	text := s.shell.In("de").T("portal.write.file", b.Name, b.Answer, b.Text)
	err = act.By(o.ID, audit.Actor{Who: audit.Person}).Write(r.Context(), func(ctx context.Context, tx store.Tx) error {
		c, err := s.Cases.Open(ctx, tx, o.ID, cases.Request{Kind: cases.Kind(b.Kind), Source: "portal", Text: text})
		act.On(audit.Case, id.ID(c.ID))
		return err
	})
	if err != nil {
		return err
	}
	return s.showWriting(w, r, http.StatusOK, request{body: body{Org: o}, Sent: true})
}

// filled reads the form.
func filled(r *http.Request, o org.Org) request {
	get := func(name string) string { return strings.TrimSpace(r.PostFormValue(name)) }
	b := request{body: body{Org: o}, Name: get("name"), Kind: get("kind"), Text: get("text"), Answer: get("answer")}
	known := false
	for _, k := range cases.Kinds() {
		known = known || string(k) == b.Kind
	}
	b.Wrong = map[string]string{}
	for field, wrong := range map[string]bool{
		"name":   b.Name == "" || utf8.RuneCountInString(b.Name) > mostName,
		"kind":   !known,
		"text":   utf8.RuneCountInString(b.Text) > mostWish,
		"answer": b.Answer == "" || utf8.RuneCountInString(b.Answer) > mostName*2,
	} {
		if wrong {
			b.Wrong[field] = "portal.problem.write." + field
		}
	}
	return b
}
