package inbox

import (
	"context"
	"errors"
	"net/http"
	"strings"
	"time"

	"einklang/internal/door/web/shell"
	"einklang/internal/engine/store"
	"einklang/internal/person/attribute"
	"einklang/internal/rule/i18n"
	"einklang/internal/rule/id"
	"einklang/internal/rule/pii"
)

// attributeLine is an attribute with what is known of the person.
type attributeLine struct {
	pii.Personal
	attribute.Definition
	Value string // as it is kept
	Shown string // as people read it
}

// attributesOf lists the attributes of the organisation with the values of a
// person. One that is retired is shown only where it has a value.
func (s *server) attributesOf(ctx context.Context, v *shell.Viewer, person id.Person) ([]attributeLine, error) {
	var defined []attribute.Definition
	var values attribute.Values
	err := s.DB.Together(ctx,
		func(ctx context.Context) (err error) {
			defined, err = s.Attributes.List(ctx, s.DB, v.Org)
			return err
		},
		func(ctx context.Context) (err error) {
			values, err = s.Attributes.Of(ctx, s.DB, v.Org, person)
			return err
		})
	if err != nil {
		return nil, err
	}
	var all []attributeLine
	for _, d := range defined {
		value := values[d.ID]
		if d.Retired && value == "" {
			continue
		}
		all = append(all, attributeLine{Definition: d, Value: value, Shown: readable(d.Kind, value, v.Text)})
	}
	return all, nil
}

// readable is a value as people write it.
func readable(k attribute.Kind, value string, c *i18n.Catalogue) string {
	switch {
	case value == "":
		return ""
	case k == attribute.YesNo:
		return c.T("attribute." + value)
	case k == attribute.Date:
		if t, err := time.Parse(time.DateOnly, value); err == nil {
			return c.Date(t)
		}
	case k == attribute.Number && c.Locale == "de":
		return strings.Replace(value, ".", ",", 1)
	}
	return value
}

// setAttributes takes what staff entered about a person.
func (s *server) setAttributes(w http.ResponseWriter, r *http.Request, v *shell.Viewer) error {
	p, err := s.whom(r, v)
	if err != nil {
		return err
	}
	said := map[id.Attribute]string{}
	for name, values := range r.PostForm {
		if name == "conversation" { // read already
			continue
		}
		at, err := id.Parse[id.Attribute](name)
		if err != nil {
			return &shell.NoSuch{Field: "attribute"}
		}
		said[at] = values[0]
	}
	err = v.Act.Write(r.Context(), func(ctx context.Context, tx store.Tx) error { return s.Attributes.Set(ctx, tx, v.Org, p.ID, said) })
	if wrong := (*attribute.Problem)(nil); errors.As(err, &wrong) {
		return s.backTo(w, r, v, p, answer{Problem: wrong.Name + ": " + v.Text.T("attribute.problem."+problemOf(wrong.Err))})
	}
	if err != nil {
		return err
	}
	return s.backTo(w, r, v, p, answer{OK: true})
}

func problemOf(err error) string {
	for known, key := range map[error]string{attribute.ErrNumber: "number", attribute.ErrDate: "date", attribute.ErrChoice: "choice", attribute.ErrLong: "long"} {
		if errors.Is(err, known) {
			return key
		}
	}
	return "gone"
}
