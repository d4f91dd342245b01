package settings

import (
	"context"
	"errors"
	"net/http"
	"strconv"
	"strings"
	"time"

	"einklang/internal/account/token"
	"einklang/internal/account/user"
	"einklang/internal/door/web/shell"
	"einklang/internal/engine/store"
	"einklang/internal/govern/processors"
	"einklang/internal/rule/id"
	"einklang/internal/rule/pii"
)

const tokensPath = "/settings/tokens"

// Recipients are the entries of the register of processors.
type Recipients interface {
	List(ctx context.Context, r store.Reader, org id.Org) ([]processors.Processor, error)
}

type tokensBody struct {
	pii.Personal
	Rows       []tokenRow
	Kinds      []token.Kind
	Scopes     []token.Scope
	Channels   map[id.Channel]string
	Recipients map[id.Processor]string
	New        token.Token // what was entered, if it could not be saved
	Until      string      // a year from now
	Problem    string
	Secret     string // shown once
	For        string // the token's name
}

type tokenRow struct {
	token.Token
	OwnerName string
	Valid     bool
	Gone      bool // the owner may not sign in any more
	State     string
	Latest    string // day on which reading in bulk may end at the latest
}

// Amber reports whether somebody should look at the token.
func (r tokenRow) Amber() bool { return r.Kind == token.Legacy || r.Gone || r.State == "stopped" }

func (s *server) tokens(w http.ResponseWriter, r *http.Request, v *shell.Viewer) error {
	return s.showTokens(w, r, v, http.StatusOK, tokensBody{})
}

func (s *server) showTokens(w http.ResponseWriter, r *http.Request, v *shell.Viewer, status int, b tokensBody) error {
	ctx := r.Context()
	all, err := s.Tokens.List(ctx, s.DB, v.Org)
	if err != nil {
		return err
	}
	staff, err := s.Users.List(ctx, s.DB, v.Org)
	if err != nil {
		return err
	}
	owners := map[id.Account]user.Listed{}
	for _, l := range staff {
		owners[l.ID] = l
	}
	for _, t := range all {
		owner, known := owners[t.Owner]
		b.Rows = append(b.Rows, tokenRow{Token: t, OwnerName: owner.Name, Valid: t.Valid(v.Now), Gone: known && !owner.Active, State: t.Bulk.State(v.Now), Latest: t.Expires.Format(time.DateOnly)})
	}
	b.Kinds, b.Scopes, b.Until = token.Kinds(), token.Scopes(), v.Now.Add(token.Usual).Format(time.DateOnly)
	channels, err := s.Orgs.Channels(ctx, s.DB, v.Org)
	if err != nil {
		return err
	}
	b.Channels, b.Recipients = map[id.Channel]string{}, map[id.Processor]string{}
	for _, c := range channels {
		b.Channels[c.ID] = c.Name + " " + c.DisplayNumber
	}
	listed, err := s.Recipients.List(ctx, s.DB, v.Org)
	if err != nil {
		return err
	}
	for _, p := range listed {
		if p.Ended.IsZero() {
			b.Recipients[p.ID] = p.Detail.Name
		}
	}
	return s.pages.Show(w, status, "tokens.html", shell.Page{Viewer: v, Title: v.Text.T("token.title"), At: tokensPath, Body: b})
}

// tokenProblems names the texts for what cannot be.
var tokenProblems = map[error]string{token.ErrEntry: "entry", token.ErrBulk: "bulk", token.ErrNotFound: "gone"}

func (s *server) tokenDone(w http.ResponseWriter, r *http.Request, v *shell.Viewer, b tokensBody, err error) error {
	for known, key := range tokenProblems {
		if errors.Is(err, known) {
			b.Problem = v.Text.T("token.problem." + key)
			return s.showTokens(w, r, v, http.StatusUnprocessableEntity, b)
		}
	}
	switch {
	case err != nil:
		return err
	case b.Secret != "":
		return s.showTokens(w, r, v, http.StatusOK, b)
	}
	http.Redirect(w, r, tokensPath, http.StatusSeeOther)
	return nil
}

// dayEnd reads a day of a form and is its end; zero: there is none.
func dayEnd(text string) time.Time {
	at, err := time.Parse(time.DateOnly, text)
	if err != nil {
		return time.Time{}
	}
	return at.Add(24*time.Hour - time.Second)
}

func (s *server) addToken(w http.ResponseWriter, r *http.Request, v *shell.Viewer) error {
	t := token.Token{Org: v.Org, Owner: v.ID, Name: r.PostFormValue("name"), Kind: token.Kind(r.PostFormValue("kind")), Expires: dayEnd(r.PostFormValue("until"))}
	for _, scope := range r.PostForm["scope"] {
		t.Scopes = append(t.Scopes, token.Scope(scope))
	}
	for _, text := range r.PostForm["channel"] {
		at, err := id.Parse[id.Channel](text)
		if err == nil {
			_, err = s.Orgs.Channel(r.Context(), s.DB, v.Org, at)
		}
		if err != nil {
			return &shell.NoSuch{Field: "channel"}
		}
		t.Channels = append(t.Channels, at)
	}
	var secret string
	err := v.Act.Write(r.Context(), func(ctx context.Context, tx store.Tx) (err error) {
		_, secret, err = s.Tokens.Make(ctx, tx, t)
		return err
	})
	if err != nil {
		return s.tokenDone(w, r, v, tokensBody{New: t}, err)
	}
	return s.tokenDone(w, r, v, tokensBody{Secret: secret, For: t.Name}, nil)
}

func (s *server) changeToken(w http.ResponseWriter, r *http.Request, v *shell.Viewer) error {
	at, err := id.Parse[id.Program](r.PathValue("id"))
	if err != nil {
		return shell.ErrNotFound
	}
	t, err := s.Tokens.Get(r.Context(), s.DB, v.Org, at)
	if err != nil {
		return s.tokenDone(w, r, v, tokensBody{}, err)
	}
	b := tokensBody{For: t.Name}
	err = v.Act.Write(r.Context(), func(ctx context.Context, tx store.Tx) (err error) {
		switch r.PostFormValue("do") {
		case "revoke":
			return s.Tokens.Revoke(ctx, tx, v.Org, at)
		case "rotate":
			b.Secret, err = s.Tokens.Rotate(ctx, tx, v.Org, at)
			return err
		case "bulk":
			recipient, err := s.recipient(ctx, tx, r, v)
			if err != nil {
				return err
			}
			ceiling, err := strconv.ParseInt(strings.TrimSpace(r.PostFormValue("ceiling")), 10, 64)
			if err != nil {
				return token.ErrBulk
			}
			return s.Tokens.AskBulk(ctx, tx, v.Org, at, token.Bulk{Purpose: r.PostFormValue("purpose"), Recipient: recipient, Ceiling: ceiling, Until: dayEnd(r.PostFormValue("until")), By: v.ID})
		default:
			return shell.ErrNotFound
		}
	})
	return s.tokenDone(w, r, v, b, err)
}

// recipient is the entry of the register that a form names.
func (s *server) recipient(ctx context.Context, tx store.Tx, r *http.Request, v *shell.Viewer) (id.Processor, error) {
	at, err := id.Optional[id.Processor](r.PostFormValue("recipient"))
	if err != nil || at.IsZero() {
		return at, token.ErrBulk
	}
	all, err := s.Recipients.List(ctx, tx, v.Org)
	if err != nil {
		return at, err
	}
	for _, p := range all {
		if p.ID == at && p.Ended.IsZero() {
			return at, nil
		}
	}
	return at, token.ErrBulk
}

// tokenTakes: a program whose token ends, or gets another secret, is shut out at
// once.
func (s *server) tokenTakes(r *http.Request, v *shell.Viewer) (*shell.Loss, error) {
	at, err := id.Parse[id.Program](r.PathValue("id"))
	do := r.PostFormValue("do")
	if err != nil || do != "revoke" && do != "rotate" {
		return nil, nil //nolint:nilerr // the handler says that there is no such token
	}
	t, err := s.Tokens.Get(r.Context(), s.DB, v.Org, at)
	if err != nil {
		return nil, nil //nolint:nilerr // as above
	}
	return &shell.Loss{At: tokensPath, Back: tokensPath, Do: v.Text.T("token." + do), Words: []string{v.Text.T("sure.token."+do, t.Name)}, Final: true}, nil
}
