// Package wire says what WhatsApp takes: which members a message of each type
// has, how many and how long they may be, and which files go with it. It is one
// table, for everything of ours that writes a message and for the sandbox that
// stands for Meta (decision 0108).
//
// It judges decoded JSON, because that is what Meta judges. Sources are the
// pages "Messages", "Interactive", "Template messages" and "Media" of the Cloud
// API.
package wire

import (
	"fmt"
	"strings"
)

// Fault is the first thing that is wrong with a message.
type Fault struct {
	Field   string // as programs write it: "template.components[1].parameters[0].text"
	Kind    Kind
	Least   int    // for Length, Count and Range: the bounds
	Most    int    //
	Problem string // in plain words, without the value
}

// Error says it in plain words.
func (f *Fault) Error() string { return f.Field + ": " + f.Problem }

// Kind is how something is wrong.
type Kind int

// The kinds of faults.
const (
	Missing   Kind = iota + 1 // a member that is needed
	Unknown                   // a member or a type that there is not
	Malformed                 // another type of JSON, or another form
	Length                    // characters of a text
	Count                     // members of a list
	Range                     // a number
	OneLine                   // line breaks, tabs, or more than four spaces in a row
	Repeated                  // what must be different is the same
)

// Check judges a message: the object with the members "type" and the one that
// it names. Other members of the call (to, context …) are not looked at. It
// returns nil if WhatsApp takes it.
func Check(message map[string]any) *Fault {
	kind, _ := message["type"].(string)
	if kind == "" {
		return &Fault{Field: "type", Kind: Missing, Problem: "is missing"}
	}
	judge, known := messages[kind]
	if !known {
		return &Fault{Field: "type", Kind: Unknown, Problem: fmt.Sprintf("%q cannot be sent", kind)}
	}
	content := message[kind]
	if absent(content) {
		return &Fault{Field: kind, Kind: Missing, Problem: "is missing"}
	}
	return judge(content).within(kind)
}

// within puts a fault into the member of a larger thing.
func (f *Fault) within(member string) *Fault {
	switch {
	case f == nil:
		return nil
	case f.Field == "":
		f.Field = member
	case strings.HasPrefix(f.Field, "["):
		f.Field = member + f.Field
	default:
		f.Field = member + "." + f.Field
	}
	return f
}

// absent reports whether a member is not given: programs leave it out, or write
// null or an empty text.
func absent(v any) bool { return v == nil || v == "" }
