package cloudapi

import (
	"encoding/json"
	"errors"
	"slices"
	"strings"
	"time"

	"einklang/internal/rule/pii"
)

// accountEvents makes an empty event for each field that is not about
// messages. The value of the field is read into it.
var accountEvents = map[string]func(Head) Event{
	"message_template_status_update":     func(h Head) Event { return &TemplateStatus{Head: h} },
	"message_template_quality_update":    func(h Head) Event { return &TemplateQuality{Head: h} },
	"template_category_update":           func(h Head) Event { return &TemplateCategory{Head: h} },
	"message_template_components_update": func(h Head) Event { return &TemplateComponents{Head: h} },
	"phone_number_quality_update":        func(h Head) Event { return &NumberQuality{Head: h} },
	"phone_number_name_update":           func(h Head) Event { return &NumberName{Head: h} },
	"account_update":                     func(h Head) Event { return &AccountUpdate{Head: h} },
	"account_alerts":                     func(h Head) Event { return &AccountAlert{Head: h} },
	"account_review_update":              func(h Head) Event { return &AccountReview{Head: h} },
	"business_capability_update":         func(h Head) Event { return &BusinessCapability{Head: h} },
	"security":                           func(h Head) Event { return &Security{Head: h} },
	"flows":                              func(h Head) Event { return &Flows{Head: h} },
	"group_lifecycle_update":             func(h Head) Event { return &Group{Head: h} },
	"group_participants_update":          func(h Head) Event { return &Group{Head: h} },
	"group_settings_update":              func(h Head) Event { return &Group{Head: h} },
	"group_status_update":                func(h Head) Event { return &Group{Head: h} },
}

// TemplateStatus says that Meta approved, rejected, paused … a template.
type TemplateStatus struct {
	Head     `json:"-"`
	Event    string `json:"event"`
	ID       string `json:"message_template_id"`
	Name     string `json:"message_template_name"`
	Language string `json:"message_template_language"`
	Reason   string `json:"reason"`
}

// TemplateQuality says how users take a template.
type TemplateQuality struct {
	Head     `json:"-"`
	Previous string `json:"previous_quality_score"`
	New      string `json:"new_quality_score"`
	Name     string `json:"message_template_name"`
	Language string `json:"message_template_language"`
}

// TemplateCategory says that Meta moved a template to another category.
type TemplateCategory struct {
	Head        `json:"-"`
	Name        string `json:"message_template_name"`
	Language    string `json:"message_template_language"`
	Previous    string `json:"previous_category"`
	NewCategory string `json:"new_category"`
}

// TemplateComponents says that a template's text changed.
type TemplateComponents struct {
	Head     `json:"-"`
	Name     string `json:"message_template_name"`
	Language string `json:"message_template_language"`
}

// NumberQuality says that something of a number's standing has changed. Event is
// what happened, no rating: FLAGGED, UPGRADE, DOWNGRADE, THROUGHPUT_UPGRADE,
// ONBOARDING.
type NumberQuality struct {
	Head         `json:"-"`
	Display      string `json:"display_phone_number"`
	Event        string `json:"event"`
	CurrentLimit string `json:"current_limit"`
	PerDay       string `json:"max_daily_conversations_per_business"`
}

// Limit is how many people the business may write to first in a day, in Meta's
// words; empty: it is not said.
func (q *NumberQuality) Limit() string { return first(q.PerDay, q.CurrentLimit) }

// NumberName says what became of a display name.
type NumberName struct {
	Head      `json:"-"`
	Display   string `json:"display_phone_number"`
	Decision  string `json:"decision"`
	Requested string `json:"requested_verified_name"`
}

// AccountUpdate tells of violations, restrictions and partners.
type AccountUpdate struct {
	Head         `json:"-"`
	Event        string        `json:"event"`
	Restrictions []Restriction `json:"restriction_info"`
	Ban          struct {
		State []string `json:"waba_ban_state"`
	} `json:"ban_info"`
}

// Restriction is something that the account may not do for a time.
type Restriction struct {
	Type  string `json:"restriction_type"`
	Until unix   `json:"expiration"`
}

// restrictedReplies is the restriction under which not even answers go out.
const restrictedReplies = "RESTRICTED_CUSTOMER_INITIATED_MESSAGING"

// Standing is what an account may do after Meta spoke of it.
type Standing int

// The standings.
const (
	StandingSame      Standing = iota // nothing of it has changed
	StandingLimited                   // it may answer, and begin nothing
	StandingStopped                   // it may send nothing
	StandingRecovered                 // it may send again
)

// told are the events of an account from which nothing follows here.
var told = []string{"VERIFIED_ACCOUNT", "PARTNER_ADDED", "PARTNER_APP_INSTALLED", "PARTNER_APP_UNINSTALLED", "PARTNER_CLIENT_CERTIFICATION_STATUS_UPDATE",
	"VOLUME_BASED_PRICING_TIER_UPDATE", "AUTH_INTL_PRICE_ELIGIBILITY_UPDATE", "BUSINESS_PRIMARY_LOCATION_COUNTRY_UPDATE", "AD_ACCOUNT_LINKED", "MM_LITE_TERMS_SIGNED"}

// Known reports whether the event is one that this version knows.
func (u *AccountUpdate) Known() bool {
	standing, _ := u.Standing()
	return standing != StandingSame || slices.Contains(told, strings.ToUpper(u.Event))
}

// Standing is what follows from an update (Cloud API: account_update), and until
// when as far as Meta says; zero: until it says something else.
func (u *AccountUpdate) Standing() (Standing, time.Time) {
	switch strings.ToUpper(u.Event) {
	case "ACCOUNT_RECONNECTED", "ACCOUNT_REINSTATED", "REINSTATED_ACCOUNT":
		return StandingRecovered, time.Time{}
	case "ACCOUNT_RESTRICTION":
		limited, until := len(u.Restrictions) > 0, time.Time{}
		for _, r := range u.Restrictions {
			limited = limited && !strings.EqualFold(r.Type, restrictedReplies)
			if r.Until.After(until) {
				until = r.Until.Time
			}
		}
		if limited {
			return StandingLimited, until
		}
		return StandingStopped, until
	case "ACCOUNT_VIOLATION":
		return StandingLimited, time.Time{}
	case "DISABLED_UPDATE":
		if slices.Contains(u.Ban.State, "REINSTATE") {
			return StandingRecovered, time.Time{}
		}
		return StandingStopped, time.Time{}
	case "ACCOUNT_DELETED", "ACCOUNT_OFFBOARDED", "PARTNER_REMOVED":
		return StandingStopped, time.Time{}
	default:
		return StandingSame, time.Time{}
	}
}

// AccountAlert is a warning about the account.
type AccountAlert struct {
	Head     `json:"-"`
	Type     string `json:"alert_type"`
	Severity string `json:"alert_severity"`
}

// AccountReview is the outcome of a review.
type AccountReview struct {
	Head     `json:"-"`
	Decision string `json:"decision"`
}

// BusinessCapability tells the limits of the business. Since version 24 the
// limit is the portfolio's, in words such as TIER_2K.
type BusinessCapability struct {
	Head     `json:"-"`
	PerPhone FlexInt `json:"max_daily_conversation_per_phone"`
	PerDay   string  `json:"max_daily_conversations_per_business"`
	MaxPhone FlexInt `json:"max_phone_numbers_per_business"`
	PerWABA  FlexInt `json:"max_phone_numbers_per_waba"`
}

// Security tells of changes of two-step verification.
type Security struct {
	Head  `json:"-"`
	Event string `json:"event"`
}

// Flows tells of the state of flows.
type Flows struct {
	Head  `json:"-"`
	Event string `json:"event"`
}

// Group tells of groups, which Einklang does not read.
type Group struct {
	Head `json:"-"`
}

// UserIDUpdate says that a user has a new business-scoped user id.
type UserIDUpdate struct {
	pii.Personal
	Head
	WaID         string
	OldUserID    string
	NewUserID    string
	ParentUserID string
}

// UserPreference is what a user chose at WhatsApp: value "stop" is a
// withdrawal of marketing consent, "resume" takes
// that stop back; neither "resume" nor "signup" is a consent.
type UserPreference struct {
	pii.Personal
	Head
	WaID      string
	UserID    string
	Category  string
	Value     string
	Detail    string
	Timestamp time.Time
}

// marketingMessages is the only category of preferences.
const marketingMessages = "marketing_messages"

type wirePreference struct {
	pii.Personal
	WaID      string `json:"wa_id"`
	UserID    string `json:"user_id"`
	Detail    string `json:"detail"`
	Category  string `json:"category"`
	Value     string `json:"value"`
	Timestamp unix   `json:"timestamp"`
}

func parsePreferences(h Head, raw json.RawMessage) []Event {
	var v struct {
		Metadata    metadata          `json:"metadata"`
		Preferences []*wirePreference `json:"user_preferences"`
	}
	odd, ok := readLoosely(raw, &v)
	if !ok {
		return []Event{&Broken{Head: h, Err: errors.New("the value cannot be read")}}
	}
	h.of(v.Metadata)
	var events []Event
	for _, p := range v.Preferences {
		if p == nil || p.WaID == "" && p.UserID == "" {
			events = append(events, &Broken{Head: h, Err: errors.New("a preference cannot be read")})
			continue
		}
		u := &UserPreference{Head: h, WaID: p.WaID, UserID: p.UserID, Category: strings.ToLower(p.Category), Value: strings.ToLower(p.Value), Detail: p.Detail, Timestamp: p.Timestamp.Time}
		if u.Category == "" { // there is no other
			u.Category = marketingMessages
		}
		if u.Category != marketingMessages || !slices.Contains([]string{"stop", "resume", "signup"}, u.Value) {
			events = append(events, puzzle(h, "preference", u.Category+"."+u.Value))
		}
		events = append(events, u)
	}
	return append(events, puzzles(h, odd)...)
}
