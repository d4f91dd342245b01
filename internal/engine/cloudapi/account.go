package cloudapi

import (
	"encoding/json"
	"errors"
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
	"smb_app_state_sync":                 func(h Head) Event { return &AppStateSync{Head: h} },
	"history":                            func(h Head) Event { return &History{Head: h} },
	"flows":                              func(h Head) Event { return &Flows{Head: h} },
	"calls":                              func(h Head) Event { return &Calls{Head: h} },
	"group_lifecycle_update":             func(h Head) Event { return &Group{Head: h} },
	"group_participants_update":          func(h Head) Event { return &Group{Head: h} },
	"group_settings_update":              func(h Head) Event { return &Group{Head: h} },
	"group_status_update":                func(h Head) Event { return &Group{Head: h} },
}

// TemplateStatus says that Meta approved, rejected, paused … a template.
type TemplateStatus struct {
	Head     `json:"-"`
	Event    string `json:"event"`
	ID       text   `json:"message_template_id"`
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

// NumberQuality says how users take a number, and its messaging limit.
type NumberQuality struct {
	Head         `json:"-"`
	Display      string `json:"display_phone_number"`
	Event        string `json:"event"`
	CurrentLimit string `json:"current_limit"`
}

// NumberName says what became of a display name.
type NumberName struct {
	Head      `json:"-"`
	Display   string `json:"display_phone_number"`
	Decision  string `json:"decision"`
	Requested string `json:"requested_verified_name"`
}

// AccountUpdate tells of violations, restrictions and partners.
type AccountUpdate struct {
	Head  `json:"-"`
	Event string `json:"event"`
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

// BusinessCapability tells the limits of the business.
type BusinessCapability struct {
	Head     `json:"-"`
	PerDay   FlexInt `json:"max_daily_conversation_per_phone"`
	MaxPhone FlexInt `json:"max_phone_numbers_per_business"`
}

// Security tells of changes of two-step verification.
type Security struct {
	Head  `json:"-"`
	Event string `json:"event"`
}

// AppStateSync brings contacts of the WhatsApp Business app. They have not
// agreed to anything: nobody is made a contact by it.
type AppStateSync struct {
	Head `json:"-"`
}

// History brings chats of the WhatsApp Business app.
type History struct {
	Head `json:"-"`
}

// Flows tells of the state of flows.
type Flows struct {
	Head  `json:"-"`
	Event string `json:"event"`
}

// Calls tells of telephone calls.
type Calls struct {
	Head `json:"-"`
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

func parsePreferences(h Head, raw json.RawMessage) []Event {
	var v struct {
		Metadata    metadata          `json:"metadata"`
		Preferences []json.RawMessage `json:"user_preferences"`
	}
	if err := json.Unmarshal(raw, &v); err != nil {
		return []Event{&Broken{Head: h, Err: errors.New("the value cannot be read")}}
	}
	h.PhoneNumberID = v.Metadata.PhoneNumberID
	var events []Event
	for _, r := range v.Preferences {
		var p struct {
			WaID      string `json:"wa_id"`
			UserID    string `json:"user_id"`
			Detail    string `json:"detail"`
			Category  string `json:"category"`
			Value     string `json:"value"`
			Timestamp unix   `json:"timestamp"`
		}
		if json.Unmarshal(r, &p) != nil {
			events = append(events, &Broken{Head: h, Err: errors.New("a preference cannot be read")})
			continue
		}
		events = append(events, &UserPreference{Head: h, WaID: p.WaID, UserID: p.UserID, Category: p.Category, Value: p.Value, Detail: p.Detail, Timestamp: p.Timestamp.Time})
	}
	return events
}
