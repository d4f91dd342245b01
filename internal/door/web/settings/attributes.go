package settings

import (
	"context"
	"errors"
	"net/http"
	"strings"

	"einklang/internal/door/web/shell"
	"einklang/internal/engine/store"
	"einklang/internal/person/attribute"
	"einklang/internal/rule/id"
)

type attributesBody struct {
	Rows    []attribute.Definition
	Kinds   []attribute.Kind
	New     attribute.Definition // what was entered, if it could not be saved
	Problem string
}

// attributeProblems names the texts for what cannot be.
var attributeProblems = map[error]string{attribute.ErrName: "name", attribute.ErrTaken: "taken", attribute.ErrKind: "kind", attribute.ErrChoices: "choices",
	attribute.ErrPurpose: "purpose", attribute.ErrMany: "many", attribute.ErrKeep: "keep", attribute.ErrNotFound: "gone"}

func (s *server) attributes(w http.ResponseWriter, r *http.Request, v *shell.Viewer) error {
	return s.showAttributes(w, r, v, http.StatusOK, attributesBody{})
}

func (s *server) showAttributes(w http.ResponseWriter, r *http.Request, v *shell.Viewer, status int, b attributesBody) error {
	b.Kinds = attribute.Kinds()
	var err error
	if b.Rows, err = s.Attributes.List(r.Context(), s.DB, v.Org); err != nil {
		return err
	}
	return s.pages.Show(w, status, "attributes.html", shell.Page{Viewer: v, Title: v.Text.T("attribute.title"), At: "/settings/attributes", Body: b})
}

func (s *server) saveAttribute(w http.ResponseWriter, r *http.Request, v *shell.Viewer) error {
	at, err := shell.Optional[id.Attribute](r, "id")
	if err != nil {
		return err
	}
	d := attribute.Definition{ID: at, Name: r.PostFormValue("name"), Kind: attribute.Kind(r.PostFormValue("kind")), Purpose: r.PostFormValue("purpose"),
		Choices: strings.FieldsFunc(r.PostFormValue("choices"), func(c rune) bool { return c == '\n' || c == '\r' || c == ';' }), Retired: r.PostFormValue("do") == "retire", Hers: r.PostFormValue("hers") != ""}
	err = v.Act.Write(r.Context(), func(ctx context.Context, tx store.Tx) error {
		if r.PostFormValue("do") == "up" {
			return s.Attributes.Up(ctx, tx, v.Org, d.ID)
		}
		_, err := s.Attributes.Save(ctx, tx, v.Org, d)
		return err
	})
	for known, key := range attributeProblems {
		if errors.Is(err, known) {
			b := attributesBody{Problem: v.Text.T("attribute.problem." + key)}
			if d.ID.IsZero() {
				b.New = d
			}
			return s.showAttributes(w, r, v, http.StatusUnprocessableEntity, b)
		}
	}
	if err != nil {
		return err
	}
	http.Redirect(w, r, "/settings/attributes", http.StatusSeeOther)
	return nil
}
