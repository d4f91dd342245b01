package consent

import (
	"context"
	"net/http"
	"slices"

	"einklang/internal/account/user"
	"einklang/internal/consent/optin"
	"einklang/internal/door/web/shell"
	"einklang/internal/engine/store"
	"einklang/internal/rule/id"
	"einklang/internal/rule/pii"
)

type waitingBody struct {
	pii.Personal
	Rows     []waitingRow
	FourEyes bool
	Problem  string
	Done     bool
}

type waitingRow struct {
	optin.Claim
	Person  string
	Purpose string
	Source  string
	By      string
	Own     bool // the viewer recorded it herself
}

// waiting lists what a second pair of eyes must see.
func (s *server) waiting(w http.ResponseWriter, r *http.Request, v *shell.Viewer) error {
	return s.showWaiting(w, r, v, http.StatusOK, waitingBody{Done: r.URL.Query().Has("done")})
}

func (s *server) showWaiting(w http.ResponseWriter, r *http.Request, v *shell.Viewer, status int, b waitingBody) error {
	ctx := r.Context()
	settings, err := s.Consents.Settings(ctx, s.DB, v.Org)
	if err != nil {
		return err
	}
	b.FourEyes = settings.FourEyes
	purposes, err := s.Consents.Purposes(ctx, s.DB, v.Org)
	if err != nil {
		return err
	}
	claims, err := s.claims(ctx, v)
	if err != nil {
		return err
	}
	people := make([]id.Person, len(claims))
	for i, c := range claims {
		people[i] = c.Contact
	}
	known, err := s.People.GetMany(ctx, s.DB, v.Org, people)
	if err != nil {
		return err
	}
	crew, err := s.Users.List(ctx, s.DB, v.Org)
	if err != nil {
		return err
	}
	for _, c := range claims {
		p := known[c.Contact]
		if p == nil {
			continue
		}
		by := v.Text.T("consent.staff.gone")
		if !c.Event.Detail.Program.IsZero() {
			by = sourceName(v, optin.FromProgram)
		}
		if i := slices.IndexFunc(crew, func(a user.Listed) bool { return a.ID == c.RecordedBy && a.Active }); i >= 0 {
			by = crew[i].Name
		}
		b.Rows = append(b.Rows, waitingRow{c, p.Profile.DisplayName(), purposeName(purposes, c.Purpose, v.Text), sourceName(v, c.Event.Source), by, c.RecordedBy == v.ID})
	}
	return s.show(w, status, "waiting.html", v, v.Text.T("consent.waiting.title"), "/consent/waiting", b)
}

func (s *server) decide(w http.ResponseWriter, r *http.Request, v *shell.Viewer) error {
	at, err := pathID[id.Claim](r, "id")
	if err != nil {
		return err
	}
	seen := true
	if !v.Sight.All() {
		claims, err := s.claims(r.Context(), v)
		if err != nil {
			return err
		}
		seen = slices.ContainsFunc(claims, func(c optin.Claim) bool { return c.ID == at })
	}
	err = v.Act.Write(r.Context(), func(ctx context.Context, tx store.Tx) error {
		if !seen {
			return optin.ErrNoClaim
		}
		return s.Consents.Decide(ctx, tx, v.Org, s.People, at, v.ID, r.PostFormValue("decision") == "confirm")
	})
	problem := problemOf(err, map[error]string{optin.ErrSamePerson: "consent.waiting.same", optin.ErrNoClaim: "consent.waiting.gone",
		optin.ErrMinor: "reason.minor", optin.ErrObjected: "reason.objected", optin.ErrErased: "reason.erased", optin.ErrUnknownPurpose: "consent.record.nopurpose"})
	if problem != "" {
		return s.showWaiting(w, r, v, http.StatusConflict, waitingBody{Problem: problem})
	}
	if err != nil {
		return err
	}
	return back(w, r, "/consent/waiting?done")
}
