// Package pii holds the types for personal data on its way through memory.
//
// A value of these types cannot be written by accident: printing it, logging
// it or turning it into JSON yields the word "[redacted]". To read it in clear
// one has to say so, with Reveal, and a reader of the code sees that call.
package pii

import (
	"fmt"
	"log/slog"
)

const redacted = "[redacted]"

// String is a text about a person: a name, a number, an address, a message.
type String struct{ clear string }

// New wraps a text in clear.
func New(plain string) String { return String{plain} }

// Reveal returns the text in clear.
func (s String) Reveal() string { return s.clear }

// IsEmpty reports whether there is no text.
func (s String) IsEmpty() bool { return s.clear == "" }

// String is the redacted form.
func (s String) String() string { return redacted }

// Format writes the redacted form for every verb, %#v and %x included.
func (s String) Format(f fmt.State, _ rune) { _, _ = f.Write([]byte(redacted)) }

// LogValue is the redacted form.
func (s String) LogValue() slog.Value { return slog.StringValue(redacted) }

// MarshalJSON writes the redacted form.
func (s String) MarshalJSON() ([]byte, error) { return []byte(`"` + redacted + `"`), nil }

// MarshalText writes the redacted form.
func (s String) MarshalText() ([]byte, error) { return []byte(redacted), nil }
