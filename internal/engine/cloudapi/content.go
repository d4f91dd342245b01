package cloudapi

import (
	"slices"
	"strings"

	"einklang/internal/rule/phone"
	"einklang/internal/rule/pii"
)

// Content is what one message says, in the form the Cloud API uses on the
// wire, for both directions. Exactly the member named by Type is set. The same
// JSON is what Einklang seals and stores and what its REST API shows, so a
// type is defined once.
type Content struct {
	pii.Personal
	Type        string       `json:"type"`
	Text        *Text        `json:"text,omitempty"`
	Image       *Media       `json:"image,omitempty"`
	Video       *Media       `json:"video,omitempty"`
	Audio       *Media       `json:"audio,omitempty"`
	Document    *Media       `json:"document,omitempty"`
	Sticker     *Media       `json:"sticker,omitempty"`
	Location    *Location    `json:"location,omitempty"`
	Contacts    []Card       `json:"contacts,omitempty"`
	Reaction    *Reaction    `json:"reaction,omitempty"`
	Interactive *Interactive `json:"interactive,omitempty"`
	Template    *Template    `json:"template,omitempty"`
	Button      *Button      `json:"button,omitempty"`
	Order       *Order       `json:"order,omitempty"`
	System      *System      `json:"system,omitempty"`
	Call        *Call        `json:"call,omitempty"`
	Unsupported *Unsupported `json:"unsupported,omitempty"`
}

// The names that Content.Type takes. An unknown type of an incoming message
// becomes TypeUnsupported, with its own name in Unsupported.Type.
const (
	TypeText           = "text"
	TypeImage          = "image"
	TypeVideo          = "video"
	TypeAudio          = "audio"
	TypeDocument       = "document"
	TypeSticker        = "sticker"
	TypeLocation       = "location"
	TypeContacts       = "contacts"
	TypeReaction       = "reaction"
	TypeInteractive    = "interactive"
	TypeTemplate       = "template"
	TypeButton         = "button"
	TypeOrder          = "order"
	TypeSystem         = "system"
	TypeCall           = "call" // a telephone call: no message, but it stands among them
	TypeRequestWelcome = "request_welcome"
	TypeEdit           = "edit"
	TypeRevoke         = "revoke"
	TypeUnsupported    = "unsupported"
)

// Text is a plain text, at most 4,096 characters.
type Text struct {
	pii.Personal
	Body       string `json:"body"`
	PreviewURL bool   `json:"preview_url,omitempty"`
}

// read takes a bare text for one with a body.
func (t *Text) read(s string) bool {
	t.Body = s
	return true
}

// Media is a picture, film, sound, document or sticker: outgoing by ID of an
// upload or by Link, incoming by ID and, since 2026, perhaps URL.
type Media struct {
	pii.Personal
	ID       string `json:"id,omitempty"`
	Link     string `json:"link,omitempty"`
	URL      string `json:"url,omitempty"`
	MimeType string `json:"mime_type,omitempty"`
	SHA256   string `json:"sha256,omitempty"`
	Caption  string `json:"caption,omitempty"`
	Filename string `json:"filename,omitempty"`
	Animated bool   `json:"animated,omitempty"`
	Voice    bool   `json:"voice,omitempty"`
}

// Media returns the media part of the content, whichever kind it is, or nil.
func (c *Content) Media() *Media {
	for _, m := range []*Media{c.Image, c.Video, c.Audio, c.Document, c.Sticker} {
		if m != nil {
			return m
		}
	}
	return nil
}

// Kind is the type of a message, with how it went or what it answers where it has
// no words of its own: "call.in.missed".
func (c *Content) Kind() string {
	switch i := c.Interactive; {
	case c.Call != nil:
		return c.Type + "." + c.Call.said()
	case i != nil && i.CallPermission != nil && i.CallPermission.Accepted():
		return InteractiveCallReply + ".accept"
	case i != nil && i.CallPermission != nil:
		return InteractiveCallReply + ".reject"
	default:
		return c.Type
	}
}

// WithFile is the content with an upload's id for its media part. Only the id
// goes over the wire; type and hash are for our own display.
func (c Content) WithFile(id string) Content {
	for _, m := range []**Media{&c.Image, &c.Video, &c.Audio, &c.Document, &c.Sticker} {
		if *m != nil {
			with := **m
			with.ID, with.MimeType, with.SHA256 = id, "", ""
			*m = &with
		}
	}
	return c
}

// Location is a place in degrees (WGS 84).
type Location struct {
	pii.Personal
	Latitude  float64 `json:"latitude"`
	Longitude float64 `json:"longitude"`
	Name      string  `json:"name,omitempty"`
	Address   string  `json:"address,omitempty"`
	URL       string  `json:"url,omitempty"`
}

// Card is a contact card: personal data of a third person who has not agreed
// to anything (privacy.md S2).
type Card struct {
	pii.Personal
	Name      CardName      `json:"name"`
	Phones    []CardPhone   `json:"phones,omitempty"`
	Emails    []CardEmail   `json:"emails,omitempty"`
	Addresses []CardAddress `json:"addresses,omitempty"`
	URLs      []CardURL     `json:"urls,omitempty"`
	Org       *CardOrg      `json:"org,omitempty"`
	Birthday  string        `json:"birthday,omitempty"`
	Origin    string        `json:"origin,omitempty"` // of an incoming one: OriginRequest, or another word
}

// OriginRequest says that the user shared the own number because we asked for it
// (Cloud API: request_contact_info); it is no card of a third person.
const OriginRequest = "contact_request"

// OwnNumber are the digits of the number that the sender shared at our request,
// in Meta's form where it is told; empty: the content is something else. A card
// with several numbers of which Meta says of none that it is on WhatsApp tells
// nothing: one of them may be a landline.
func (c Content) OwnNumber() string {
	if c.Type != TypeContacts || len(c.Contacts) != 1 || c.Contacts[0].Origin != OriginRequest {
		return ""
	}
	var read []string
	for _, p := range c.Contacts[0].Phones {
		if number := digits(p.WaID); number != "" {
			return number
		}
		if number, err := phone.Read(p.Phone, ""); err == nil && phone.International(p.Phone) && !slices.Contains(read, number) {
			read = append(read, number)
		}
	}
	if len(read) != 1 {
		return ""
	}
	return read[0]
}

// CardName is the name on a card.
type CardName struct {
	pii.Personal
	FormattedName string `json:"formatted_name"`
	FirstName     string `json:"first_name,omitempty"`
	LastName      string `json:"last_name,omitempty"`
	MiddleName    string `json:"middle_name,omitempty"`
	Prefix        string `json:"prefix,omitempty"`
	Suffix        string `json:"suffix,omitempty"`
}

// CardPhone is a telephone number on a card.
type CardPhone struct {
	pii.Personal
	Phone  string `json:"phone,omitempty"`
	Type   string `json:"type,omitempty"`
	WaID   string `json:"wa_id,omitempty"`
	UserID string `json:"user_id,omitempty"`
}

// CardEmail is an e-mail address on a card.
type CardEmail struct {
	pii.Personal
	Email string `json:"email,omitempty"`
	Type  string `json:"type,omitempty"`
}

// CardAddress is a postal address on a card.
type CardAddress struct {
	pii.Personal
	Street      string `json:"street,omitempty"`
	City        string `json:"city,omitempty"`
	State       string `json:"state,omitempty"`
	Zip         string `json:"zip,omitempty"`
	Country     string `json:"country,omitempty"`
	CountryCode string `json:"country_code,omitempty"`
	Type        string `json:"type,omitempty"`
}

// CardURL is a web address on a card.
type CardURL struct {
	pii.Personal
	URL  string `json:"url,omitempty"`
	Type string `json:"type,omitempty"`
}

// CardOrg is the employer on a card.
type CardOrg struct {
	pii.Personal
	Company    string `json:"company,omitempty"`
	Department string `json:"department,omitempty"`
	Title      string `json:"title,omitempty"`
}

// Reaction puts an emoji on a message; an empty Emoji takes it away.
type Reaction struct {
	pii.Personal
	MessageID string `json:"message_id"`
	Emoji     string `json:"emoji"`
}

// Interactive is a message with buttons, a list, a link and so on (outgoing,
// with Action) or a customer's choice from one (incoming, with a reply).
type Interactive struct {
	pii.Personal
	Type        string             `json:"type"`
	Header      *InteractiveHeader `json:"header,omitempty"`
	Body        *InteractiveText   `json:"body,omitempty"`
	Footer      *InteractiveText   `json:"footer,omitempty"`
	Action      *InteractiveAction `json:"action,omitempty"`
	ButtonReply *Choice            `json:"button_reply,omitempty"`
	ListReply   *Choice            `json:"list_reply,omitempty"`
	NfmReply    *FlowReply         `json:"nfm_reply,omitempty"`
	// CallPermission answers the question whether the company may call.
	CallPermission *CallPermission `json:"call_permission_reply,omitempty"`
}

// The names that Interactive.Type takes.
const (
	InteractiveButton          = "button"
	InteractiveList            = "list"
	InteractiveCTAURL          = "cta_url"
	InteractiveLocationRequest = "location_request_message"
	InteractiveFlow            = "flow"
	InteractiveProduct         = "product"
	InteractiveProductList     = "product_list"
	InteractiveCatalog         = "catalog_message"
	InteractiveCallPermission  = "call_permission_request"
	InteractiveRequestContact  = "request_contact_info"
	InteractiveAddress         = "address_message"
	InteractiveVoiceCall       = "voice_call"
	InteractiveCarousel        = "carousel"
	InteractiveButtonReply     = "button_reply"
	InteractiveListReply       = "list_reply"
	InteractiveNfmReply        = "nfm_reply"
	InteractiveCallReply       = "call_permission_reply"
)

// InteractiveHeader is a text or one media item above the body.
type InteractiveHeader struct {
	pii.Personal
	Type     string `json:"type"`
	Text     string `json:"text,omitempty"`
	Image    *Media `json:"image,omitempty"`
	Video    *Media `json:"video,omitempty"`
	Document *Media `json:"document,omitempty"`
}

// InteractiveText is the body or the footer.
type InteractiveText struct {
	pii.Personal
	Text string `json:"text"`
}

func (t *InteractiveText) read(s string) bool {
	t.Text = s
	return true
}

// InteractiveAction is what the customer can do.
type InteractiveAction struct {
	pii.Personal
	Name              string         `json:"name,omitempty"`
	Button            string         `json:"button,omitempty"`
	Buttons           []ReplyButton  `json:"buttons,omitempty"`
	Sections          []ListSection  `json:"sections,omitempty"`
	Parameters        map[string]any `json:"parameters,omitempty"`
	CatalogID         string         `json:"catalog_id,omitempty"`
	ProductRetailerID string         `json:"product_retailer_id,omitempty"`
	Cards             []CarouselCard `json:"cards,omitempty"`
}

// CarouselCard is one of the cards of a carousel, side by side.
type CarouselCard struct {
	pii.Personal
	CardIndex Whole              `json:"card_index"`
	Type      string             `json:"type"`
	Header    *InteractiveHeader `json:"header,omitempty"`
	Body      *InteractiveText   `json:"body,omitempty"`
	Action    *CardAction        `json:"action,omitempty"`
}

// CardAction is what the customer can do with a card.
type CardAction struct {
	pii.Personal
	Name              string         `json:"name,omitempty"`
	Buttons           []CardButton   `json:"buttons,omitempty"`
	Parameters        map[string]any `json:"parameters,omitempty"`
	CatalogID         string         `json:"catalog_id,omitempty"`
	ProductRetailerID string         `json:"product_retailer_id,omitempty"`
}

// CardButton is one of at most two buttons of a card.
type CardButton struct {
	pii.Personal
	Type       string `json:"type"`
	QuickReply Choice `json:"quick_reply"`
}

// ReplyButton is one of at most three buttons.
type ReplyButton struct {
	pii.Personal
	Type  string `json:"type"`
	Reply Choice `json:"reply"`
}

// ListSection groups rows of a list; at most ten rows over all sections.
type ListSection struct {
	pii.Personal
	Title        string        `json:"title,omitempty"`
	Rows         []Choice      `json:"rows,omitempty"`
	ProductItems []SectionItem `json:"product_items,omitempty"`
}

// SectionItem is a product in a section of a product list.
type SectionItem struct {
	ProductRetailerID string `json:"product_retailer_id"`
}

// Choice is a button or a row, offered or chosen.
type Choice struct {
	pii.Personal
	ID          string `json:"id"`
	Title       string `json:"title"`
	Description string `json:"description,omitempty"`
}

// read takes a bare text for what stands on the button, or in the row.
func (c *Choice) read(s string) bool {
	c.Title = s
	return true
}

// FlowReply is the answer to a flow: ResponseJSON is the form as JSON text.
type FlowReply struct {
	pii.Personal
	Name         string `json:"name,omitempty"`
	Body         string `json:"body,omitempty"`
	ResponseJSON Form   `json:"response_json"`
}

// Form is a form as JSON text.
type Form string

// form marks what may also come as an object, not as a text that holds one.
func (*Form) form() {}

// CallPermission is what a customer answers to the question whether the company
// may call her. It is no consent to advertising by telephone (UWG §7a).
type CallPermission struct {
	pii.Personal
	Response  string `json:"response"` // accept, reject
	Permanent bool   `json:"is_permanent,omitempty"`
	Expires   int64  `json:"expiration_timestamp,omitempty"` // Unix seconds
	Source    string `json:"response_source,omitempty"`      // user_action, automatic
}

// Accepted reports whether the company may call.
func (p *CallPermission) Accepted() bool { return strings.EqualFold(p.Response, "accept") }

// Template names an approved template and fills it in.
type Template struct {
	pii.Personal
	Name       string              `json:"name"`
	Language   TemplateLanguage    `json:"language"`
	Components []TemplateComponent `json:"components,omitempty"`
}

// TemplateLanguage is the language of a template, such as "de" or "en_US".
// Policy is "deterministic" or empty: programs still write it, Meta knows no
// other any more.
type TemplateLanguage struct {
	Code   string `json:"code"`
	Policy string `json:"policy,omitempty"`
}

// TemplateComponent fills in the parameters of one part of a template.
type TemplateComponent struct {
	pii.Personal
	Type       string              `json:"type"`
	SubType    string              `json:"sub_type,omitempty"`
	Index      *Whole              `json:"index,omitempty"`
	Parameters []TemplateParameter `json:"parameters,omitempty"`
	Cards      []TemplateCard      `json:"cards,omitempty"`
}

// TemplateCard is one card of a carousel.
type TemplateCard struct {
	pii.Personal
	CardIndex  Whole               `json:"card_index"`
	Components []TemplateComponent `json:"components"`
}

// TemplateParameter is one value; the member that Type names is set.
type TemplateParameter struct {
	pii.Personal
	Type             string         `json:"type"`
	ParameterName    string         `json:"parameter_name,omitempty"`
	Text             string         `json:"text,omitempty"`
	Payload          string         `json:"payload,omitempty"`
	CouponCode       string         `json:"coupon_code,omitempty"`
	Currency         *Currency      `json:"currency,omitempty"`
	DateTime         *DateTime      `json:"date_time,omitempty"`
	Image            *Media         `json:"image,omitempty"`
	Video            *Media         `json:"video,omitempty"`
	GIF              *Media         `json:"gif,omitempty"`
	Document         *Media         `json:"document,omitempty"`
	Location         *Location      `json:"location,omitempty"`
	Product          *Product       `json:"product,omitempty"`
	LimitedTimeOffer *Offer         `json:"limited_time_offer,omitempty"`
	TTLMinutes       *Whole         `json:"ttl_minutes,omitempty"`
	TapTarget        []TapTarget    `json:"tap_target_configuration,omitempty"`
	Action           map[string]any `json:"action,omitempty"`
}

// Product is an article of a catalogue: in a template's header, or one that a
// user asks about.
type Product struct {
	pii.Personal
	ProductRetailerID string `json:"product_retailer_id"`
	CatalogID         string `json:"catalog_id,omitempty"`
}

// Offer is until when a limited-time offer holds, in milliseconds since 1970.
type Offer struct {
	ExpirationTimeMS Whole `json:"expiration_time_ms"`
}

// TapTarget is where a tap on a template's picture leads.
type TapTarget struct {
	pii.Personal
	URL   string `json:"url"`
	Title string `json:"title"`
}

// Currency is an amount in thousandths of the currency's unit.
type Currency struct {
	pii.Personal
	FallbackValue string `json:"fallback_value"`
	Code          string `json:"code"`
	Amount1000    Whole  `json:"amount_1000"`
}

// DateTime is a moment as text. The other members are taken because Meta's own
// examples have them; only the text is shown.
type DateTime struct {
	pii.Personal
	FallbackValue string `json:"fallback_value"`
	Timestamp     *Whole `json:"timestamp,omitempty"`
	DayOfWeek     any    `json:"day_of_week,omitempty"` // a number or a name
	Year          *Whole `json:"year,omitempty"`
	Month         *Whole `json:"month,omitempty"`
	DayOfMonth    *Whole `json:"day_of_month,omitempty"`
	Hour          *Whole `json:"hour,omitempty"`
	Minute        *Whole `json:"minute,omitempty"`
	Calendar      string `json:"calendar,omitempty"`
}

// Button is a tap on a quick-reply button of a template.
type Button struct {
	pii.Personal
	Payload string `json:"payload"`
	Text    string `json:"text"`
}

// read takes a bare text for what stands on the button.
func (b *Button) read(s string) bool {
	b.Text = s
	return true
}

// Order is a customer's shopping basket.
type Order struct {
	pii.Personal
	CatalogID    string      `json:"catalog_id"`
	Text         string      `json:"text,omitempty"`
	ProductItems []OrderItem `json:"product_items"`
}

// OrderItem is one line of an order; the price is per item.
type OrderItem struct {
	ProductRetailerID string      `json:"product_retailer_id"`
	Quantity          FlexInt     `json:"quantity"`
	ItemPrice         FlexDecimal `json:"item_price"`
	Currency          string      `json:"currency"`
}

// System tells of a change at the customer's side. Since August 2026 the old
// ids stand in the Previous members; older versions of the API name a new
// number in NewWaID and the old one in Customer.
type System struct {
	pii.Personal
	Body                 string `json:"body,omitempty"`
	Type                 string `json:"type,omitempty"`
	WaID                 string `json:"wa_id,omitempty"`
	NewWaID              string `json:"new_wa_id,omitempty"`
	Customer             string `json:"customer,omitempty"`
	UserID               string `json:"user_id,omitempty"`
	ParentUserID         string `json:"parent_user_id,omitempty"`
	PreviousUserID       string `json:"previous_user_id,omitempty"`
	PreviousParentUserID string `json:"previous_parent_user_id,omitempty"`
}

// Unsupported names a type that WhatsApp, or this version of Einklang, cannot
// show, and why as WhatsApp says it.
type Unsupported struct {
	pii.Personal
	Type    string `json:"type,omitempty"`
	Code    int    `json:"code,omitempty"`
	Title   string `json:"title,omitempty"`
	Details string `json:"details,omitempty"`
	// Words are all texts in the part that was not understood. They are heard, and
	// not kept.
	Words []string `json:"-"`
}
