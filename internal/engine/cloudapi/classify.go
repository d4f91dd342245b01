package cloudapi

import "net/http"

// Class sorts Meta's error codes by what we do about them.
type Class int

// The classes, with what each means.
const (
	ClassUnknown              Class = iota // a code we do not know, and the HTTP status does not tell
	ClassToken                             // the access token is invalid or has expired
	ClassPermission                        // the token may not do this
	ClassRateLimit                         // too much for the app, the account or the number
	ClassPairLimit                         // too many messages to this one user
	ClassSpamLimit                         // quality or messaging limit of the number is reached
	ClassRegistrationLimit                 // too many (de)registrations of the number
	ClassRestricted                        // Meta restricted or locked the account or the country
	ClassTemporary                         // a fault at Meta that passes
	ClassMaintenance                       // the number is being moved or maintained
	ClassAccount                           // payment, display name, certificate, access: a person must act
	ClassParameter                         // our request is wrong
	ClassPermanent                         // this message cannot reach this user
	ClassUndeliverable                     // the user cannot be reached: no WhatsApp, old version, terms not accepted
	ClassWindowClosed                      // more than 24 hours since the user's last message
	ClassHeldBack                          // Meta holds marketing back for this user for now
	ClassUserStoppedMarketing              // the user has stopped marketing: a withdrawal of consent
	ClassTemplate                          // the template is missing, wrong, paused or disabled
	ClassIdentity                          // the user's identity key changed and is not acknowledged
	ClassBlockList                         // a call to the block list failed
)

// Classify is the table of error codes (Cloud API: Error Codes). For a code
// that is not in it the HTTP status decides; pass 0 for an error that came in
// a webhook.
func Classify(code, httpStatus int) Class {
	switch {
	case code == 0 || code == 190:
		return ClassToken
	case code == 3 || code == 10 || code >= 200 && code <= 299:
		return ClassPermission
	}
	switch code {
	case 4, 80007, 130429:
		return ClassRateLimit
	case 131056:
		return ClassPairLimit
	case 131048, 131064:
		return ClassSpamLimit
	case 133016:
		return ClassRegistrationLimit
	case 368, 131031, 130497:
		return ClassRestricted
	case 1, 2, 131000, 131016, 135000:
		return ClassTemporary
	case 131057:
		return ClassMaintenance
	case 131005, 131037, 131042, 131045:
		return ClassAccount
	case 100, 131008, 131009:
		return ClassParameter
	case 131026:
		return ClassUndeliverable
	case 131021, 131030, 131051, 131052, 131053, 131062, 131063, 130472:
		return ClassPermanent
	case 131047:
		return ClassWindowClosed
	case 131049:
		return ClassHeldBack
	case 131050:
		return ClassUserStoppedMarketing
	case 132000, 132001, 132005, 132007, 132008, 132012, 132015, 132016, 132018, 132068, 132069:
		return ClassTemplate
	case 137000:
		return ClassIdentity
	case 139100, 139101, 139102, 139103:
		return ClassBlockList
	}
	switch {
	case httpStatus == http.StatusUnauthorized:
		return ClassToken
	case httpStatus == http.StatusForbidden:
		return ClassPermission
	case httpStatus == http.StatusTooManyRequests:
		return ClassRateLimit
	case httpStatus >= 500:
		return ClassTemporary
	default:
		return ClassUnknown
	}
}

// TemplateStateAfter tells whether an error also says that the template's
// state changed, and to what.
func TemplateStateAfter(code int) (state string, changed bool) {
	switch code {
	case 132015:
		return TemplatePaused, true
	case 132016:
		return TemplateDisabled, true
	default:
		return "", false
	}
}

// Retry tells when the same message may be tried again, provided that it is
// certain that it was not sent.
type Retry int

// The answers.
const (
	RetryNever            Retry = iota // the message has failed
	RetrySoon                          // with backoff from a second on, few times
	RetryLater                         // in minutes to hours, slowing the lane
	RetryForThisRecipient              // later for this user; others go on
	RetryAfter72h                      // Meta counts 72 hours
	RetryWhenResumed                   // when a person has mended the cause and the lane runs again
)

// Consequence is what a class of error means for the lane of a number.
type Consequence struct {
	Retry           Retry
	StopsLane       bool // nothing goes out on this number until a person has acted
	PausesCampaigns bool // replies go on, campaigns wait
}

// Consequence is the second half of the table.
func (c Class) Consequence() Consequence {
	switch c {
	case ClassToken, ClassPermission, ClassAccount, ClassRestricted:
		return Consequence{Retry: RetryWhenResumed, StopsLane: true, PausesCampaigns: true}
	case ClassTemporary:
		return Consequence{Retry: RetrySoon}
	case ClassRateLimit:
		return Consequence{Retry: RetrySoon}
	case ClassMaintenance:
		return Consequence{Retry: RetryLater, PausesCampaigns: true}
	case ClassPairLimit:
		return Consequence{Retry: RetryForThisRecipient}
	case ClassSpamLimit:
		return Consequence{Retry: RetryLater, PausesCampaigns: true}
	case ClassRegistrationLimit:
		return Consequence{Retry: RetryAfter72h}
	case ClassParameter, ClassPermanent, ClassUndeliverable, ClassWindowClosed, ClassHeldBack,
		ClassUserStoppedMarketing, ClassTemplate, ClassIdentity, ClassBlockList, ClassUnknown:
		return Consequence{Retry: RetryNever}
	default:
		return Consequence{Retry: RetryNever}
	}
}

// String is the class in one word, for logs and metrics.
func (c Class) String() string {
	switch c {
	case ClassToken:
		return "token"
	case ClassPermission:
		return "permission"
	case ClassRateLimit:
		return "rate_limit"
	case ClassPairLimit:
		return "pair_limit"
	case ClassSpamLimit:
		return "spam_limit"
	case ClassRegistrationLimit:
		return "registration_limit"
	case ClassRestricted:
		return "restricted"
	case ClassTemporary:
		return "temporary"
	case ClassMaintenance:
		return "maintenance"
	case ClassAccount:
		return "account"
	case ClassParameter:
		return "parameter"
	case ClassPermanent:
		return "permanent"
	case ClassUndeliverable:
		return "undeliverable"
	case ClassWindowClosed:
		return "window_closed"
	case ClassHeldBack:
		return "held_back"
	case ClassUserStoppedMarketing:
		return "user_stopped_marketing"
	case ClassTemplate:
		return "template"
	case ClassIdentity:
		return "identity"
	case ClassBlockList:
		return "block_list"
	case ClassUnknown:
		return "unknown"
	default:
		return "unknown"
	}
}
