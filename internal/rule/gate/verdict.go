package gate

import (
	"encoding/json"
	"math/bits"
	"time"

	"einklang/internal/rule/id"
)

// Verdict is the answer of the gate. It is comparable, holds no personal data
// and is stored with the message.
type Verdict struct {
	Outcome Outcome `json:"outcome"`
	Reason  Reason  `json:"reason"`
	// Row is the number of the row that decided; for an allowed message the
	// row that found its basis. 0: the question was not understood.
	Row     int    `json:"row"`
	RowName string `json:"row_name"`
	// Basis is what an allowed or deferred message rests on.
	Basis Basis `json:"basis"`
	// NoticeVersion is the version in force when the verdict was given.
	NoticeVersion id.Notice `json:"notice_version"`
	// Duties must be done with the message, else it must not go out.
	Duties Duties `json:"duties"`
	// NotBefore is when to ask again, if Outcome is Defer.
	NotBefore time.Time `json:"not_before,omitzero"`
	// Remedies are the ways out of a refusal.
	Remedies Remedies `json:"remedies"`
}

// Allowed reports whether the message may go out now, with its Duties.
func (v Verdict) Allowed() bool { return v.Outcome == Allow }

// ConsentID is the consent that the message rests on, or zero.
func (v Verdict) ConsentID() id.Consent {
	if v.Basis.Kind == BasisConsent {
		return id.Consent(v.Basis.ID)
	}
	return id.Consent{}
}

// Outcome is the verdict in one word.
type Outcome string

// The outcomes.
const (
	Allow Outcome = "allow"
	Defer Outcome = "defer" // ask again at Verdict.NotBefore
	Deny  Outcome = "deny"
)

// Reason is a stable code; its text for people is in the catalogue.
type Reason string

// The reasons.
const (
	ReasonOK                 Reason = "ok"
	ReasonErased             Reason = "erased"
	ReasonNumberNotReady     Reason = "number_not_ready"
	ReasonOptedOut           Reason = "opted_out"
	ReasonRestricted         Reason = "restricted"
	ReasonWindowClosed       Reason = "window_closed"
	ReasonTemplateNotUsable  Reason = "template_not_usable"
	ReasonNoMarketingConsent Reason = "no_marketing_consent"
	ReasonObjected           Reason = "objected"
	ReasonMinor              Reason = "minor"
	ReasonQuietHours         Reason = "quiet_hours"
	ReasonNoBasis            Reason = "no_basis"
	ReasonNoticeNotDelivered Reason = "notice_not_delivered"
	ReasonNoRoom             Reason = "no_room" // for a sentence that the law wants in the message
	ReasonBudget             Reason = "budget"
	ReasonHeld               Reason = "held" // it is not clear whether she withdrew
)

// String is the code.
func (r Reason) String() string { return string(r) }

// HasNoRemedy reports whether a refusal for this reason is final by law:
// an erased person is gone, an objection to marketing is absolute (GDPR
// Art. 21(3)), and nobody may ask a minor to agree to advertising.
func (r Reason) HasNoRemedy() bool {
	return r == ReasonErased || r == ReasonObjected || r == ReasonMinor
}

// Basis is what makes the message lawful.
type Basis struct {
	Kind BasisKind `json:"kind,omitempty"`
	// ID names the consent, matter, contract, sale or privacy case. It is
	// zero for duties that answer the person's own last message.
	ID id.ID `json:"id"`
}

// BasisKind is the kind of basis.
type BasisKind string

// The kinds of basis.
const (
	BasisNone             BasisKind = ""
	BasisConsent          BasisKind = "consent"           // GDPR Art. 6(1)(a)
	BasisMatter           BasisKind = "matter"            // the person wrote first, Art. 6(1)(b), (f)
	BasisContract         BasisKind = "contract"          // Art. 6(1)(b)
	BasisDuty             BasisKind = "duty"              // Art. 6(1)(c)
	BasisExistingCustomer BasisKind = "existing_customer" // UWG §7(3)
)

// Duty is something that must be done with an allowed message.
type Duty uint8

// The duties.
const (
	SendNoticeFirst  Duty = iota // deliver the privacy notice before the message
	AppendOptOutLine             // tell in the message how to stop
	SayItIsAI                    // say in the first sentence that a machine writes
	dutyCount
)

// String is the stable code.
func (d Duty) String() string {
	switch d {
	case SendNoticeFirst:
		return "send_notice_first"
	case AppendOptOutLine:
		return "append_opt_out_line"
	case SayItIsAI:
		return "say_it_is_ai"
	default:
		return "unknown"
	}
}

// Duties is a set of duties.
type Duties uint8

// Has reports whether d is in the set.
func (s Duties) Has(d Duty) bool { return s&(1<<d) != 0 }

// With is the set and d.
func (s Duties) With(d Duty) Duties { return s | 1<<d }

// List is the set in the order in which the duties are to be done.
func (s Duties) List() []Duty {
	list := make([]Duty, 0, bits.OnesCount8(uint8(s)))
	for d := range dutyCount {
		if s.Has(d) {
			list = append(list, d)
		}
	}
	return list
}

// MarshalJSON writes the codes as a list.
func (s Duties) MarshalJSON() ([]byte, error) { return marshalCodes(s.List()) }

func marshalCodes[T interface{ String() string }](list []T) ([]byte, error) {
	codes := make([]string, len(list))
	for i, x := range list {
		codes[i] = x.String()
	}
	return json.Marshal(codes)
}

// Reasons are all reasons.
func Reasons() []Reason {
	return []Reason{ReasonOK, ReasonErased, ReasonNumberNotReady, ReasonOptedOut, ReasonRestricted, ReasonWindowClosed, ReasonTemplateNotUsable,
		ReasonNoMarketingConsent, ReasonObjected, ReasonMinor, ReasonQuietHours, ReasonNoBasis, ReasonNoticeNotDelivered, ReasonNoRoom, ReasonBudget, ReasonHeld}
}

// Bases are all kinds of basis.
func Bases() []BasisKind {
	return []BasisKind{BasisNone, BasisConsent, BasisMatter, BasisContract, BasisDuty, BasisExistingCustomer}
}
