package profile

import (
	"context"
	"errors"
	"html/template"
	"net/http"

	"einklang/internal/account/factor"
	"einklang/internal/door/web/shell"
	"einklang/internal/engine/qr"
	"einklang/internal/engine/store"
	"einklang/internal/rule/id"
	"einklang/internal/rule/pii"
)

// appBody is the page on which an authenticator app takes its key over.
type appBody struct {
	pii.Personal
	Key     factor.Key
	Square  template.HTML
	Name    string
	Problem string
}

func owner(v *shell.Viewer) factor.Owner {
	return factor.Owner{Org: v.Org, Account: v.ID, Name: v.Name, Email: v.Email}
}

type enrolBody struct{ Has, Passkeys bool }

// enrolPage is all that is reached by who must enrol a factor first.
func (s *server) enrolPage(w http.ResponseWriter, _ *http.Request, v *shell.Viewer) error {
	return s.pages.Show(w, http.StatusOK, "enrol.html", shell.Page{Viewer: v, Title: v.Text.T("factor.enrol"), At: path, Scripts: []string{"passkey.js"}, Body: enrolBody{Has: v.Signed.Factored, Passkeys: s.Factors.Passkeys()}})
}

// addApp shows the key of a new app, and takes the app in when a code of it comes.
func (s *server) addApp(w http.ResponseWriter, r *http.Request, v *shell.Viewer) error {
	if r.PostFormValue("do") != "confirm" {
		return s.offerApp(w, r, v, http.StatusOK, appBody{Name: v.Text.T("factor.name.app")})
	}
	name := r.PostFormValue("name")
	var codes []string
	err := v.Act.Write(r.Context(), func(ctx context.Context, tx store.Tx) (err error) {
		codes, err = s.Factors.ConfirmTOTP(ctx, tx, owner(v), name, r.PostFormValue("code"))
		return err
	})
	switch {
	case errors.Is(err, factor.ErrWrong):
		return s.offerApp(w, r, v, http.StatusUnprocessableEntity, appBody{Name: name, Problem: v.Text.T("factor.wrong.new")})
	case errors.Is(err, factor.ErrName):
		return s.offerApp(w, r, v, http.StatusUnprocessableEntity, appBody{Name: name, Problem: v.Text.T("factor.problem.name")})
	}
	return s.added(w, r, v, codes, err)
}

// added shows the recovery codes that came with a factor, this once.
func (s *server) added(w http.ResponseWriter, r *http.Request, v *shell.Viewer, codes []string, err error) error {
	if err != nil || len(codes) == 0 {
		return s.changed(w, r, v, err)
	}
	return s.pages.Show(w, http.StatusOK, "codes.html", shell.Page{Viewer: v, Title: v.Text.T("factor.codes"), At: path, Body: codes})
}

func (s *server) offerApp(w http.ResponseWriter, r *http.Request, v *shell.Viewer, status int, b appBody) error {
	var err error
	if b.Key, err = s.Factors.OfferTOTP(r.Context(), owner(v)); err != nil {
		return err
	}
	square, err := qr.New(b.Key.Address)
	if err != nil {
		return err
	}
	b.Square = template.HTML(square.SVG(v.Text.T("factor.square"))) //nolint:gosec // made by us, the label is escaped there
	return s.pages.Show(w, status, "app.html", shell.Page{Viewer: v, Title: v.Text.T("factor.app.add"), At: path, Body: b})
}

// offerPasskey answers the script with what its browser needs.
func (s *server) offerPasskey(w http.ResponseWriter, r *http.Request, v *shell.Viewer) error {
	options, err := s.Factors.OfferPasskey(r.Context(), owner(v))
	return s.shell.Options(w, options, err)
}

func (s *server) addPasskey(w http.ResponseWriter, r *http.Request, v *shell.Viewer) error {
	var codes []string
	err := v.Act.Write(r.Context(), func(ctx context.Context, tx store.Tx) (err error) {
		codes, err = s.Factors.AddPasskey(ctx, tx, owner(v), r.PostFormValue("name"), r.PostFormValue("passkey"))
		return err
	})
	return s.added(w, r, v, codes, err)
}

// changeFactors takes a factor away, or makes new recovery codes.
func (s *server) changeFactors(w http.ResponseWriter, r *http.Request, v *shell.Viewer) error {
	switch r.PostFormValue("do") {
	case "remove":
		at, err := id.Parse[id.Factor](r.PostFormValue("id"))
		if err != nil {
			return shell.ErrNotFound
		}
		return s.changed(w, r, v, v.Act.Write(r.Context(), func(ctx context.Context, tx store.Tx) error {
			return s.Factors.Remove(ctx, tx, v.Org, v.ID, at)
		}))
	case "codes":
		var codes []string
		err := v.Act.As("factor.codes").Write(r.Context(), func(ctx context.Context, tx store.Tx) (err error) {
			codes, err = s.Factors.NewCodes(ctx, tx, v.Org, v.ID)
			return err
		})
		return s.added(w, r, v, codes, err)
	}
	return shell.ErrNotFound
}
