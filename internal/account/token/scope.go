package token

// Scope is something that a token may. Every operation of the REST interface
// names the one that it needs. The catalogue has token.scope.SCOPE.
type Scope string

// The scopes.
const (
	Send          Scope = "messages.send"
	ReadMessages  Scope = "messages.read"
	ReadContacts  Scope = "contacts.read"
	WriteContacts Scope = "contacts.write"
	ReadConsents  Scope = "consents.read"
	WriteConsents Scope = "consents.write"
	ReadSettings  Scope = "settings.read" // numbers, templates, own words
	WriteWords    Scope = "words.write"
	// ReadBulk is reading lists of messages, conversations and people. A second
	// person grants it, for each token: see [Bulk].
	ReadBulk Scope = "bulk.read"
)

// Scopes lists those that a token is made with; ReadBulk is granted later.
func Scopes() []Scope {
	return []Scope{Send, ReadMessages, ReadContacts, WriteContacts, ReadConsents, WriteConsents, ReadSettings, WriteWords}
}

// Kind says on which occasion a program writes. It follows from the entry of its
// token, and is never said by the program. A reply needs a colleague who is signed
// in, so no token is one.
type Kind string

// The kinds.
const (
	Legacy     Kind = "legacy" // from before there were kinds: it may everything, and says itself why it writes
	Automation Kind = "automation"
	Campaign   Kind = "campaign"
)

// Kinds lists those that a token is made with.
func Kinds() []Kind { return []Kind{Automation, Campaign} }
