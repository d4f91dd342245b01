package cloudapi

import (
	"context"
	"net/http"
	"net/url"
	"strconv"

	"einklang/internal/rule/pii"
)

// numberFields are what we read of a phone number.
const numberFields = "id,display_phone_number,verified_name,quality_rating,throughput,name_status,code_verification_status,platform_type,account_mode,is_official_business_account"

// NumberInfo is what Meta says of a phone number.
type NumberInfo struct {
	ID                 string `json:"id"`
	DisplayPhoneNumber string `json:"display_phone_number"`
	VerifiedName       string `json:"verified_name"`
	QualityRating      string `json:"quality_rating"`
	NameStatus         string `json:"name_status"`
	CodeVerification   string `json:"code_verification_status"`
	PlatformType       string `json:"platform_type"`
	AccountMode        string `json:"account_mode"`
	Official           bool   `json:"is_official_business_account"`
	Throughput         struct {
		Level string `json:"level"`
	} `json:"throughput"`
}

// PerSecond is the documented throughput: 80 messages a second, 1,000 after
// Meta's upgrade.
func (i NumberInfo) PerSecond() int {
	if i.Throughput.Level == "HIGH" {
		return 1000
	}
	return 80
}

// Info reads the number.
func (n Number) Info(ctx context.Context) (NumberInfo, error) {
	r := n.request("read number", http.MethodGet)
	r.query = url.Values{"fields": {numberFields}}
	var info NumberInfo
	return info, n.client.call(ctx, r, &info)
}

// Profile is the business profile that customers see.
type Profile struct {
	About          string   `json:"about,omitempty"`
	Address        string   `json:"address,omitempty"`
	Description    string   `json:"description,omitempty"`
	Email          string   `json:"email,omitempty"`
	Websites       []string `json:"websites,omitempty"`
	Vertical       string   `json:"vertical,omitempty"`
	PictureURL     string   `json:"profile_picture_url,omitempty"`
	PictureHandle  string   `json:"profile_picture_handle,omitempty"`
	MessageProduct string   `json:"messaging_product,omitempty"`
}

// Profile reads the business profile.
func (n Number) Profile(ctx context.Context) (Profile, error) {
	r := n.request("read profile", http.MethodGet, "whatsapp_business_profile")
	r.query = url.Values{"fields": {"about,address,description,email,profile_picture_url,websites,vertical"}}
	var answer struct {
		Data []Profile `json:"data"`
	}
	if err := n.client.call(ctx, r, &answer); err != nil || len(answer.Data) == 0 {
		return Profile{}, err
	}
	return answer.Data[0], nil
}

// SetProfile changes the business profile.
func (n Number) SetProfile(ctx context.Context, p Profile) error {
	p.MessageProduct, p.PictureURL = "whatsapp", ""
	return n.post(ctx, "set profile", p, "whatsapp_business_profile")
}

// Verticals are the lines of business that a profile can name (Cloud API,
// business profiles).
func Verticals() []string {
	return []string{"OTHER", "AUTO", "BEAUTY", "APPAREL", "EDU", "ENTERTAIN", "EVENT_PLAN", "FINANCE", "GROCERY", "GOVT", "HOTEL", "HEALTH", "NONPROFIT",
		"PROF_SERVICES", "RETAIL", "TRAVEL", "RESTAURANT"}
}

// EditProfile changes what people read in the business profile: also to
// nothing, which SetProfile leaves alone.
func (n Number) EditProfile(ctx context.Context, p Profile) error {
	return n.post(ctx, "edit profile", map[string]any{"messaging_product": "whatsapp", "about": p.About, "address": p.Address,
		"description": p.Description, "email": p.Email, "websites": append([]string{}, p.Websites...), "vertical": p.Vertical}, "whatsapp_business_profile")
}

func (n Number) post(ctx context.Context, op string, body any, path ...string) error {
	r := n.request(op, http.MethodPost, path...)
	r.json = body
	return n.client.change(ctx, r)
}

type product struct {
	MessagingProduct string `json:"messaging_product"`
}

var whatsapp = product{"whatsapp"}

// Register connects the number. Region, such as "DE", turns on local storage;
// empty leaves Meta's default.
func (n Number) Register(ctx context.Context, pin, region string) error {
	return n.post(ctx, "register number", struct {
		product
		Pin    string `json:"pin"`
		Region string `json:"data_localization_region,omitempty"`
	}{whatsapp, pin, region}, "register")
}

// Deregister disconnects the number.
func (n Number) Deregister(ctx context.Context) error {
	return n.post(ctx, "deregister number", whatsapp, "deregister")
}

// RequestCode asks Meta to send a verification code by "SMS" or "VOICE".
func (n Number) RequestCode(ctx context.Context, method, language string) error {
	return n.post(ctx, "request code", map[string]string{"code_method": method, "language": language}, "request_code")
}

// VerifyCode gives the code back.
func (n Number) VerifyCode(ctx context.Context, code string) error {
	return n.post(ctx, "verify code", map[string]string{"code": code}, "verify_code")
}

// SetPin sets two-step verification.
func (n Number) SetPin(ctx context.Context, pin string) error {
	return n.post(ctx, "set pin", map[string]string{"pin": pin})
}

// How Meta keeps the content of messages.
const (
	StorageDefault   = "DEFAULT"                    // up to 30 days, anywhere
	StorageInCountry = "IN_COUNTRY_STORAGE_ENABLED" // at rest in one region only
	StorageNone      = "NO_STORAGE_ENABLED"         // at most an hour, never at rest
)

// Storage is how Meta keeps the content of a number's messages.
type Storage struct {
	Status           string `json:"status"`
	Region           string `json:"data_localization_region,omitempty"`
	RetentionMinutes int    `json:"retention_minutes,omitempty"`
}

// Settings are the settings of a number that we read and write.
type Settings struct {
	Storage *Storage `json:"storage_configuration,omitempty"`
}

// Settings reads the settings.
func (n Number) Settings(ctx context.Context) (Settings, error) {
	var s Settings
	return s, n.client.call(ctx, n.request("read settings", http.MethodGet, "settings"), &s)
}

// SetStorage changes how Meta keeps the content of messages.
func (n Number) SetStorage(ctx context.Context, s Storage) error {
	return n.post(ctx, "set storage", Settings{Storage: &s}, "settings")
}

type blocked struct {
	pii.Personal
	User string `json:"user"`
}

func blockBody(users []string) any {
	list := make([]blocked, len(users))
	for i, u := range users {
		list[i] = blocked{User: u}
	}
	return struct {
		product
		Users []blocked `json:"block_users"`
	}{whatsapp, list}
}

// Block adds users to the block list: only those who wrote within 24 hours.
func (n Number) Block(ctx context.Context, users ...string) error {
	r := n.request("block users", http.MethodPost, "block_users")
	r.json = blockBody(users)
	return n.client.call(ctx, r, nil)
}

// Unblock removes users from the block list.
func (n Number) Unblock(ctx context.Context, users ...string) error {
	r := n.request("unblock users", http.MethodDelete, "block_users")
	r.json = blockBody(users)
	return n.client.call(ctx, r, nil)
}

// Blocked lists the block list.
func (n Number) Blocked(ctx context.Context) ([]string, error) {
	all, err := collect[struct {
		Users []struct {
			WaID   string `json:"wa_id"`
			UserID string `json:"user_id"`
		} `json:"block_users"`
		WaID   string `json:"wa_id"`
		UserID string `json:"user_id"`
	}](ctx, n.client, n.request("list blocked users", http.MethodGet, "block_users"))
	var users []string
	for _, b := range all {
		if u := first(b.WaID, b.UserID); u != "" {
			users = append(users, u)
		}
		for _, one := range b.Users {
			users = append(users, first(one.WaID, one.UserID))
		}
	}
	return users, err
}

// Link is a short link with a prefilled message and its QR code.
type Link struct {
	Code             string `json:"code"`
	PrefilledMessage string `json:"prefilled_message"`
	DeepLinkURL      string `json:"deep_link_url"`
	QRImageURL       string `json:"qr_image_url"`
}

// CreateLink makes a short link with a QR code as "SVG" or "PNG".
func (n Number) CreateLink(ctx context.Context, message, format string) (Link, error) {
	r := n.request("create link", http.MethodPost, "message_qrdls")
	r.json = map[string]string{"prefilled_message": message, "generate_qr_image": format}
	var l Link
	return l, n.client.call(ctx, r, &l)
}

// Links lists the short links.
func (n Number) Links(ctx context.Context) ([]Link, error) {
	return collect[Link](ctx, n.client, n.request("list links", http.MethodGet, "message_qrdls"))
}

// DeleteLink deletes a short link.
func (n Number) DeleteLink(ctx context.Context, code string) error {
	return n.client.change(ctx, n.request("delete link", http.MethodDelete, "message_qrdls", code))
}

// Automation is the ice breakers and commands that customers see.
type Automation struct {
	Prompts  []string  `json:"prompts,omitempty"`
	Commands []Command `json:"commands,omitempty"`
	Welcome  bool      `json:"enable_welcome_message,omitempty"`
}

// Command is a command with its explanation.
type Command struct {
	Name        string `json:"command_name"`
	Description string `json:"command_description"`
}

// SetAutomation changes ice breakers and commands.
func (n Number) SetAutomation(ctx context.Context, a Automation) error {
	return n.post(ctx, "set automation", a, "conversational_automation")
}

// page is one page of a list (Graph API: paging).
type page[T any] struct {
	Data   []T `json:"data"`
	Paging struct {
		Cursors struct {
			After string `json:"after"`
		} `json:"cursors"`
		Next string `json:"next"`
	} `json:"paging"`
}

// pagesMost ends a list that never ends.
const pagesMost = 1000

// collect reads all pages of a list.
func collect[T any](ctx context.Context, c *Client, r request) ([]T, error) {
	var all []T
	query := url.Values{"limit": {strconv.Itoa(100)}}
	for key, values := range r.query {
		query[key] = values
	}
	for range pagesMost {
		r.query = query
		var p page[T]
		if err := c.call(ctx, r, &p); err != nil {
			return nil, err
		}
		all = append(all, p.Data...)
		after := p.Paging.Cursors.After
		if p.Paging.Next == "" || after == "" || after == query.Get("after") {
			break
		}
		query.Set("after", after)
	}
	return all, nil
}
