package gate

import (
	"time"

	"einklang/internal/rule/id"
)

// Input is everything the decision depends on. The zero Input is refused.
type Input struct {
	Now       time.Time
	Asked     Asked
	Recipient Recipient
	Consents  Consents
	Matter    Matter
	Contract  Contract
	// WindowEnds is when the customer service window closes: 24 hours after
	// the person's last message. Zero: the person never wrote.
	WindowEnds time.Time
	Notice     Notice
	Number     Number
	Template   Template // of the message, when Asked.Kind is KindTemplate
	// QuietUntil is the end of the quiet hours that hold now, as
	// calendar.QuietUntil says. Zero or past: not quiet.
	QuietUntil time.Time
	Budget     Budget
	Existing   ExistingCustomer
}

// Asked is what somebody wants to send.
type Asked struct {
	Occasion Occasion
	Category Category
	Kind     Kind
	Errand   Errand // with Occasion SystemDuty
	// Case is the privacy case that ErrandPrivacyAnswer answers.
	Case id.Case
	// Visitor is whom ErrandPrivacyAnswer lets into the portal, or warns there:
	// she asks herself, and there is no case yet.
	Visitor id.Person
	// Breach is what ErrandBreachLetter tells of.
	Breach id.Breach
	// OwnPurpose says that the message is sent for a purpose that the
	// organisation defined; its consent is then in Consents.Own.
	OwnPurpose bool
	// Advertising: somebody says that this is advertising, whatever Meta calls
	// it: offers, surveys, the question for consent to advertising (BGH VI ZR
	// 225/17, VI ZR 134/15). A template has a flag of its own.
	Advertising bool
	// AI: a machine that talks to people wrote it (AI Act Art. 50(1)).
	AI bool
	// NoRoom: the content has no words to which a sentence can be added.
	NoRoom bool
	// Consented is her consent to this very message in spite of a restriction
	// (GDPR Art. 18(2)); zero: none is recorded.
	Consented id.ID
}

// Occasion is why the message is sent.
type Occasion string

// The occasions.
const (
	Reply          Occasion = "reply"           // a person at the company answers
	AgentInitiated Occasion = "agent_initiated" // a person at the company writes unasked
	Campaign       Occasion = "campaign"        // one message to many
	Automation     Occasion = "automation"      // greeting, away, keyword rule, bot
	SystemDuty     Occasion = "system_duty"     // the product does what the law asks, see Errand
)

// Category is what the message is, in WhatsApp's terms (Cloud API: Templates).
type Category string

// The categories. Templates are never Service.
const (
	Service        Category = "service"
	Utility        Category = "utility"
	Authentication Category = "authentication"
	Marketing      Category = "marketing"
)

// Kind is how the content is made.
type Kind string

// The kinds.
const (
	KindFreeForm Kind = "free_form"
	KindTemplate Kind = "template"
)

// Errand is what a message of Occasion SystemDuty is for.
type Errand string

// The errands.
const (
	ErrandNone               Errand = ""
	ErrandOptOutConfirmation Errand = "opt_out_confirmation"
	ErrandOptInConfirmation  Errand = "opt_in_confirmation"
	ErrandPrivacyAnswer      Errand = "privacy_answer"
	ErrandNoticeDelivery     Errand = "notice_delivery"
	ErrandBreachLetter       Errand = "breach_letter" // GDPR Art. 34
)

// Recipient is what is known about the person that forbids sending.
type Recipient struct {
	Erased       bool // the person's key is destroyed
	UnderErasure bool // the erasure has begun
	Blocked      bool // the company blocked the person
	OptedOut     bool // the person said STOP to everything
	// OptOutConfirmed: the one confirmation of the current opt-out went out.
	OptOutConfirmed bool
	// WroteAgain: since the last STOP she wrote words that are no stop words.
	WroteAgain bool
	Restricted bool // GDPR Art. 18
	Objected   bool // to marketing, GDPR Art. 21(2)
	Minor      bool // under 16, GDPR Art. 8
	// Held: advertising waits until a colleague has answered whether she
	// withdrew; Halted: everything does.
	Held, Halted bool
	// HasPhone: a phone number is known, not only a business-scoped user id.
	HasPhone bool
}

// Consents holds the consents of the person for WhatsApp, by purpose.
type Consents struct {
	Service   Consent
	Utility   Consent
	Marketing Consent
	Own       Consent // for the purpose of the message if Asked.OwnPurpose
	// OwnAdvertises: the purpose of Own is advertising.
	OwnAdvertises bool
}

// Consent is the state of one consent as package consent derives it.
type Consent struct {
	State     ConsentState
	ID        id.Consent
	GrantedAt time.Time
	ExpiresAt time.Time // zero: does not expire
	// WithdrawnAt is when she took it back, if State is ConsentWithdrawn.
	WithdrawnAt time.Time
	// Both: the wording that she agreed to names service and utility alike.
	Both bool
	// AnswersOnly: it rests on a mail alone, which proves no number (BGH I ZR
	// 164/09, headnote c). It carries a colleague's answer about service.
	AnswersOnly bool
}

// ConsentState is what the gate must know of the state of a consent; the
// values are those of consent.Status.
type ConsentState string

// The states of a consent. The empty state means none.
const (
	ConsentNone       ConsentState = "none"
	ConsentRequested  ConsentState = "requested"
	ConsentPending    ConsentState = "pending" // double opt-in sent, not confirmed
	ConsentGranted    ConsentState = "granted"
	ConsentWithdrawn  ConsentState = "withdrawn"
	ConsentExpired    ConsentState = "expired"
	ConsentSuperseded ConsentState = "superseded"
)

// ValidAt reports whether the consent carries a message sent at t: it is
// granted, provable (it has an id and a beginning), began before and has not
// run out.
func (c Consent) ValidAt(t time.Time) bool {
	return c.State == ConsentGranted && !c.ID.IsZero() && !c.GrantedAt.IsZero() && !c.GrantedAt.After(t) &&
		(c.ExpiresAt.IsZero() || t.Before(c.ExpiresAt))
}

// Matter is the contact-initiated basis: what the person wrote in about. The
// caller passes the matter that the message is about, not just any.
type Matter struct {
	Open     bool // the conversation is not closed
	ID       id.Matter
	OpenedAt time.Time
	LastAt   time.Time // her last message
	// Ends is when the matter ends by itself: a period after her last message
	// (S10). Zero or past: it has ended.
	Ends time.Time
}

// carries reports whether there is a matter at t.
func (m Matter) carries(t time.Time) bool { return m.Open && !m.ID.IsZero() && t.Before(m.Ends) }

// Contract is the record that a contract is performed over WhatsApp because
// the person chose this channel (GDPR Art. 6(1)(b)).
type Contract struct {
	ChosenChannel bool
	ID            id.Contract
}

// Notice is the state of the privacy notice of the number, for this person.
type Notice struct {
	Published id.Notice // the version in force; zero: none
	// Lacking: the version in force leaves out what it must say, and no period
	// of grace runs (S12).
	Lacking   bool
	Delivered id.Notice // the version last sent or handed to the person; zero: none
	// MateriallyChanged: the published version differs in substance from the
	// delivered one.
	MateriallyChanged bool
}

// Number is the state of the company's phone number.
type Number struct {
	Active         bool
	AgreementValid bool // a valid processor agreement covers the channel, GDPR Art. 28
}

// Template is the state of the template at Meta.
type Template struct {
	Approved      bool // approved and neither paused nor disabled
	Category      Category
	HasOptOutLine bool // the text or a button tells how to stop
	Advertising   bool // the organisation says so, whatever the category
	HoldsNotice   bool // as filled in, text or button holds the notice's link
	SaysAI        bool // its first sentence says that a machine writes
}

// Budget is the state of the spending limit. Every kind of message costs
// (Cloud API: pricing since October 2026).
type Budget struct {
	Exhausted bool
	// Overdraw: the organisation lets replies to waiting customers pass.
	Overdraw bool
}

// ExistingCustomer holds the facts of the exception for existing customers
// (UWG §7(3)). It is off unless the controller turned it on with a reason.
type ExistingCustomer struct {
	Enabled              bool
	Reason               string // recorded by the controller; empty: off
	Sale                 id.ID  // what she bought; zero: none, or she has taken it back
	NumberWithSale       bool   // her number was obtained with it
	SimilarGoods         bool   // own goods or services similar to those sold
	InformedAtCollection bool   // told then that one can object at any time
}
