// Package pii keeps personal data out of logs, errors and panics.
//
// A struct that holds what is about a person says so by embedding [Personal].
// Printed in any way, it then yields the word "[personal]"; its fields are read
// like those of any other, and JSON is written in full, because that is how it
// is sealed and sent. What nobody may do is to print a field of it, or to log
// JSON: a test over the whole program looks at everything that is printed
// (internal/test/architecture, decision 0097).
package pii

import (
	"fmt"
	"log/slog"
)

const shown = "[personal]"

// Personal is embedded by structs that hold personal data.
type Personal struct{}

// Format writes no content for any verb, %#v and %x included.
func (Personal) Format(f fmt.State, _ rune) { _, _ = f.Write([]byte(shown)) }

// LogValue is no content.
func (Personal) LogValue() slog.Value { return slog.StringValue(shown) }
