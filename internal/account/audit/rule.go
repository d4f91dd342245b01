package audit

import "slices"

// Kind says when something that is done is written down.
type Kind int

// The kinds. The zero Kind is none: a route with it is refused.
const (
	// Change is written in the transaction of the change: no change without
	// an entry, and no entry of a change that failed.
	Change Kind = iota + 1
	// Export leaves the program as a file. It is written before the file
	// begins: without an entry nothing is handed out.
	Export
	// View is written after it was answered, once an hour for each who looks
	// and each thing seen, so that the log shows who saw what and not how fast
	// anybody works (BetrVG §87(1) no. 6).
	View
	// Unlogged is not written down, for a [Reason].
	Unlogged
)

// Object is what the identifier in a route names.
type Object string

// The objects; the person whom they concern is found by them.
const (
	NoObject     Object = ""
	Contact      Object = "contact"
	Conversation Object = "conversation"
	Message      Object = "message"
	Case         Object = "case"
	Other        Object = "other" // has an identifier, concerns nobody or many
)

// Reason is why a route is not written down. The catalogue has
// audit.nothing.REASON, and the documents print it.
type Reason string

// The reasons.
const (
	Impersonal Reason = "impersonal" // shows settings, texts and registers of the company
	Figures    Reason = "figures"    // shows counts of many
	Pseudonyms Reason = "pseudonyms" // shows what names nobody any more
	PartOf     Reason = "part"       // part of a page that is itself written down
	Unsent     Reason = "unsent"     // a draft: nobody else has anything of it yet
	Own        Reason = "own"        // how one's own pages look
	Nobody     Reason = "nobody"     // a public page, before anybody has shown who she is
	Incoming   Reason = "incoming"   // what arrives is kept with its evidence, and nobody has acted
	Running    Reason = "running"    // whether the program runs
)

// Reasons lists all reasons.
func Reasons() []Reason {
	return []Reason{Impersonal, Figures, Pseudonyms, PartOf, Unsent, Own, Nobody, Incoming, Running}
}

// Rule says what a route, or a command, means for the log. Make it with
// [Changes], [Exports], [Reads] or [Nothing].
type Rule struct {
	Kind   Kind
	Act    string // the catalogue has audit.act.ACT
	Object Object
	From   string // the value of the path, or the field of the form, that names the object
	Reason Reason // of what is not written down
	Proof  bool   // whoever does it has just proven who she is
	also   []string
}

// Changes is the rule of what changes something.
func Changes(act string) Rule { return Rule{Kind: Change, Act: act} }

// Exports is the rule of what hands something out.
func Exports(act string) Rule { return Rule{Kind: Export, Act: act} }

// Reads is the rule of what shows something.
func Reads(act string) Rule { return Rule{Kind: View, Act: act} }

// Nothing is the rule of what is not written down.
func Nothing(why Reason) Rule { return Rule{Kind: Unlogged, Reason: why} }

// Of says what the value "id" of the path names.
func (r Rule) Of(o Object) Rule { return r.By(o, "id") }

// By says what a value of the path, or a field of the form, names.
func (r Rule) By(o Object, from string) Rule {
	r.Object, r.From = o, from
	return r
}

// Or adds an act that is written instead where the first did not come about: an
// attempt to sign in.
func (r Rule) Or(act string) Rule {
	r.also = append(slices.Clone(r.also), act)
	return r
}

// Proven says that a member of staff does it only who has proven within the last
// minutes who she is: an entry about it is worth what that proof is worth.
func (r Rule) Proven() Rule {
	r.Proof = true
	return r
}

// Acts are all acts that the rule can write down.
func (r Rule) Acts() []string {
	if r.Act == "" {
		return nil
	}
	return append([]string{r.Act}, r.also...)
}

// Valid reports whether the rule says something.
func (r Rule) Valid() bool {
	switch r.Kind {
	case Change, Export, View:
		return r.Act != ""
	case Unlogged:
		return slices.Contains(Reasons(), r.Reason)
	}
	return false
}
