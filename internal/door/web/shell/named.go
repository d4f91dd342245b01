package shell

import (
	"encoding/json"
	"net/http"
	"slices"
	"strconv"
	"strings"

	"einklang/internal/rule/id"
)

// NoSuch is returned by a handler for a field of a form, or a parameter of an
// address, that names nothing: what cannot be read, what another organisation
// has, what is gone. It is answered with 422 and a text that names the field,
// and nothing has been changed. What the path names is [ErrNotFound] instead.
type NoSuch struct {
	Field string // as the form or the address calls it
}

// Error names the field.
func (n *NoSuch) Error() string { return "there is nothing that " + strconv.Quote(n.Field) + " names" }

// Optional reads the identifier in a field of a form; zero if the field is
// empty. Errors: [NoSuch].
func Optional[T id.Like](r *http.Request, field string) (T, error) {
	return Named[T](field, r.PostFormValue(field))
}

// Required is [Optional] for a field that must be filled in.
func Required[T id.Like](r *http.Request, field string) (T, error) {
	at, err := Optional[T](r, field)
	if err == nil && at == *new(T) {
		err = &NoSuch{field}
	}
	return at, err
}

// Several reads the identifiers that were chosen in a form. Errors: [NoSuch].
func Several[T id.Like](r *http.Request, field string) (all []T, err error) {
	_ = r.PostFormValue(field) // reads the form
	for _, text := range r.PostForm[field] {
		at, err := id.Parse[T](text)
		if err != nil {
			return nil, &NoSuch{field}
		}
		all = append(all, at)
	}
	return all, nil
}

// SeveralOf is [Several] where only some things may be chosen.
func SeveralOf[T id.Like, S any](r *http.Request, field string, there []S, idOf func(S) T) ([]T, error) {
	all, err := Several[T](r, field)
	for _, at := range all {
		if !slices.ContainsFunc(there, func(one S) bool { return idOf(one) == at }) {
			return nil, &NoSuch{field}
		}
	}
	return all, err
}

// Parameter reads the identifier in a parameter of the address; zero if there is
// none. Errors: [NoSuch].
func Parameter[T id.Like](r *http.Request, name string) (T, error) {
	return Named[T](name, r.URL.Query().Get(name))
}

// Named reads what a field says; empty is zero. Errors: [NoSuch].
func Named[T id.Like](field, text string) (T, error) {
	at, err := id.Optional[T](text)
	if err != nil {
		err = &NoSuch{field}
	}
	return at, err
}

// noSuch tells which field names nothing: a page, or the answer that a script
// reads.
func (s *Shell) noSuch(w http.ResponseWriter, r *http.Request, field string) {
	c := s.Texts(r)
	field, _, _ = strings.Cut(field, "-") // "arrival-" and a number
	named := c.T("error.422.field." + field)
	if r.Method != http.MethodPost || r.Header.Get("X-Fragment") == "" {
		s.problem(w, r, http.StatusUnprocessableEntity, named)
		return
	}
	w.Header().Set("Content-Type", "application/json; charset=utf-8")
	w.WriteHeader(http.StatusUnprocessableEntity)
	_ = json.NewEncoder(w).Encode(map[string]any{"ok": false, "problem": c.T("error.422.text", named)}) // a script that went away
}
