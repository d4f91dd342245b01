package cloudapi

import (
	"encoding/json"
	"errors"
	"unicode/utf8"

	"einklang/internal/rule/wire"
)

// ContentError says what is wrong with a message before it is sent.
type ContentError struct {
	Field   string // as in the API, such as "text.body"
	Problem string // in plain words for programmers, without the value
	// Kind says how it is wrong, for texts in people's languages; 0 where the
	// table of package wire does not say it. Most is the largest length, count or
	// number that is taken.
	Kind wire.Kind
	Most int
}

// Error says it in plain words.
func (e *ContentError) Error() string { return e.Field + ": " + e.Problem }

// Validate checks an outgoing content against what WhatsApp takes. The error
// is a *ContentError.
func Validate(c Content) error {
	if c.Text != nil && !utf8.ValidString(c.Text.Body) { // JSON would put signs of its own in its place
		return &ContentError{Field: "text.body", Problem: "is not valid UTF-8", Kind: wire.Malformed}
	}
	raw, err := json.Marshal(forWire(c))
	if err != nil {
		return &ContentError{Field: c.Type, Problem: "cannot be written as JSON"}
	}
	var message map[string]any
	if err := json.Unmarshal(raw, &message); err != nil {
		return errors.Join(&ContentError{Field: c.Type, Problem: "cannot be written as JSON"}, err)
	}
	if f := wire.Check(message); f != nil {
		return &ContentError{Field: f.Field, Problem: f.Problem, Kind: f.Kind, Most: f.Most}
	}
	for name := range message {
		if name != "type" && name != c.Type {
			return &ContentError{Field: name, Problem: "is not what type names", Kind: wire.Unknown}
		}
	}
	return nil
}
