package api

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"einklang/internal/account/audit"
	"einklang/internal/account/org"
	"einklang/internal/account/token"
	"einklang/internal/engine/cloudapi"
	"einklang/internal/engine/store"
	"einklang/internal/messaging/conversation"
	"einklang/internal/messaging/outbox"
	"einklang/internal/messaging/template"
	"einklang/internal/person/chat"
	"einklang/internal/person/contact"
	"einklang/internal/rule/gate"
	"einklang/internal/rule/id"
	"einklang/internal/rule/pii"
)

// MessageRequest is a message to send: to whom, and the content as in the
// Cloud API, in the member named by type.
type MessageRequest struct {
	pii.Personal
	To             string `json:"to,omitempty" doc:"Phone number in international form, with or without +."`
	Recipient      string `json:"recipient,omitempty" doc:"Business-scoped user id (BSUID), for people without a phone number."`
	ContactID      string `json:"contact_id,omitempty"`
	ConversationID string `json:"conversation_id,omitempty"`
	PhoneNumberID  string `json:"phone_number_id,omitempty" doc:"Which of the organisation's numbers sends; needed if there are several."`
	Type           string `json:"type,omitempty" doc:"text, image, video, audio, document, sticker, location, contacts, reaction, interactive or template; default: text"`

	MessagingProduct string   `json:"messaging_product,omitempty" enum:"whatsapp" doc:"As programs tell Meta; not needed."`
	RecipientType    string   `json:"recipient_type,omitempty" enum:"individual" doc:"As programs tell Meta; not needed."`
	Context          *Context `json:"context,omitempty"`

	Text        *cloudapi.Text        `json:"text,omitempty"`
	Image       *cloudapi.Media       `json:"image,omitempty"`
	Video       *cloudapi.Media       `json:"video,omitempty"`
	Audio       *cloudapi.Media       `json:"audio,omitempty"`
	Document    *cloudapi.Media       `json:"document,omitempty"`
	Sticker     *cloudapi.Media       `json:"sticker,omitempty"`
	Location    *cloudapi.Location    `json:"location,omitempty"`
	Contacts    []cloudapi.Card       `json:"contacts,omitempty"`
	Reaction    *cloudapi.Reaction    `json:"reaction,omitempty"`
	Interactive *cloudapi.Interactive `json:"interactive,omitempty"`
	Template    *cloudapi.Template    `json:"template,omitempty"`

	ReplyTo  string `json:"reply_to,omitempty" doc:"Our id of the message answered."`
	Reason   string `json:"reason,omitempty" enum:"reply,agent_initiated,automation,campaign" deprecated:"true" doc:"Passed over: the occasion follows from the token, automation or campaign. Tokens from before there were kinds still say it; the default is reply, or agent_initiated if nothing was ever said. The next release refuses it."`
	Category string `json:"category,omitempty" enum:"service,utility,authentication,marketing" doc:"Default: service, or the template's own."`
	Purpose  string `json:"purpose,omitempty" doc:"One of the organisation's own purposes."`

	Advertising bool   `json:"advertising,omitempty" doc:"This is advertising (UWG §7), whatever its category: offers, surveys, asking for consent to advertising."`
	Consented   string `json:"consented,omitempty" maxLength:"400" doc:"How the person agreed to this very message although the use of her data is restricted (GDPR Art. 18(2))."`
	AI          bool   `json:"ai,omitempty" doc:"A machine that talks to people wrote it: it says so in its first sentence (AI Act Art. 50(1))."`
}

// Verdict is what the gate said.
type Verdict struct {
	Outcome   string     `json:"outcome" enum:"allow,defer,deny"`
	Reason    string     `json:"reason"`
	Row       int        `json:"row" doc:"The row of the rule that decided."`
	Basis     string     `json:"basis,omitempty" doc:"What makes it lawful: consent, matter, contract, duty."`
	Duties    []string   `json:"duties" doc:"What goes with it: send_notice_first, append_opt_out_line, say_it_is_ai."`
	NotBefore *time.Time `json:"not_before,omitempty"`
}

func showVerdict(v gate.Verdict) *Verdict {
	out := &Verdict{Outcome: string(v.Outcome), Reason: string(v.Reason), Row: v.Row, Basis: string(v.Basis.Kind), Duties: []string{}}
	for _, d := range v.Duties.List() {
		out.Duties = append(out.Duties, d.String())
	}
	if !v.NotBefore.IsZero() {
		out.NotBefore = &v.NotBefore
	}
	return out
}

// Queued is the answer to a message that may go out.
type Queued struct {
	pii.Personal
	ID      string   `json:"id"`
	Status  string   `json:"status"`
	Verdict *Verdict `json:"verdict"`
}

// Message is a message as programs read it. Text is the words in plain form;
// the type's own content stands under its name, and that of a text under
// "content".
type Message struct {
	pii.Personal
	ID             string     `json:"id"`
	WAMID          string     `json:"wamid" doc:"WhatsApp's id; empty until it is known."`
	Direction      string     `json:"direction" enum:"in,out"`
	Type           string     `json:"type"`
	Status         string     `json:"status"`
	Text           string     `json:"text"`
	ContactID      string     `json:"contact_id"`
	ConversationID string     `json:"conversation_id"`
	ChannelID      string     `json:"channel_id"`
	Origin         string     `json:"origin"`
	ReplyTo        string     `json:"reply_to,omitempty"`
	Quoted         string     `json:"quoted_wamid,omitempty"`
	CreatedAt      time.Time  `json:"created_at"`
	Timestamp      time.Time  `json:"timestamp" doc:"WhatsApp's time."`
	SentAt         *time.Time `json:"sent_at,omitempty"`
	DeliveredAt    *time.Time `json:"delivered_at,omitempty"`
	ReadAt         *time.Time `json:"read_at,omitempty"`
	EditedAt       *time.Time `json:"edited_at,omitempty"`
	RevokedAt      *time.Time `json:"revoked_at,omitempty"`
	ErrorCode      int        `json:"error_code,omitempty" doc:"Of the Cloud API."`
	Reason         string     `json:"reason,omitempty" doc:"Of the gate, if it refused right before the call."`

	Content     *cloudapi.Text        `json:"content,omitempty"`
	Image       *cloudapi.Media       `json:"image,omitempty"`
	Video       *cloudapi.Media       `json:"video,omitempty"`
	Audio       *cloudapi.Media       `json:"audio,omitempty"`
	Document    *cloudapi.Media       `json:"document,omitempty"`
	Sticker     *cloudapi.Media       `json:"sticker,omitempty"`
	Location    *cloudapi.Location    `json:"location,omitempty"`
	Contacts    []cloudapi.Card       `json:"contacts,omitempty"`
	Reaction    *cloudapi.Reaction    `json:"reaction,omitempty"`
	Interactive *cloudapi.Interactive `json:"interactive,omitempty"`
	Template    *cloudapi.Template    `json:"template,omitempty"`
	Button      *cloudapi.Button      `json:"button,omitempty"`
	Order       *cloudapi.Order       `json:"order,omitempty"`
	System      *cloudapi.System      `json:"system,omitempty"`
	Call        *cloudapi.Call        `json:"call,omitempty" doc:"A telephone call: an event, no message."`
	Unsupported *cloudapi.Unsupported `json:"unsupported,omitempty"`
	Product     *cloudapi.Product     `json:"referred_product,omitempty" doc:"That the person asks about."`
	Referral    *cloudapi.Referral    `json:"referral,omitempty"`
	Reactions   []Reacted             `json:"reactions,omitempty"`
}

// Reacted is an emoji on a message.
type Reacted struct {
	pii.Personal
	Direction string `json:"direction" enum:"in,out"`
	Emoji     string `json:"emoji"`
}

func moment(t time.Time) *time.Time {
	if t.IsZero() {
		return nil
	}
	return &t
}

func showMessage(m chat.Message, reactions []conversation.Reaction) Message {
	c := m.Body.Content
	out := Message{ID: m.ID.String(), WAMID: m.WAMID, Direction: "in", Type: kind(m), Status: string(m.State), Text: conversation.Words(c),
		ContactID: m.Contact.String(), ConversationID: m.Conversation.String(), ChannelID: m.Channel.String(), Origin: string(m.Origin),
		Quoted: m.Body.Quoted, CreatedAt: m.Created, Timestamp: m.At, SentAt: moment(m.Sent), DeliveredAt: moment(m.Delivered), ReadAt: moment(m.Read),
		EditedAt: moment(m.Edited), RevokedAt: moment(m.Revoked), ErrorCode: m.ErrorCode, Reason: m.Reason,
		Content: c.Text, Image: c.Image, Video: c.Video, Audio: c.Audio, Document: c.Document, Sticker: c.Sticker, Location: c.Location, Contacts: c.Contacts,
		Reaction: c.Reaction, Interactive: c.Interactive, Template: c.Template, Button: c.Button, Order: c.Order, System: c.System, Call: c.Call, Unsupported: c.Unsupported,
		Product: m.Body.Product, Referral: m.Body.Referral}
	if m.Outgoing {
		out.Direction = "out"
	}
	if !m.ReplyTo.IsZero() {
		out.ReplyTo = m.ReplyTo.String()
	}
	for _, r := range reactions {
		direction := "in"
		if r.Outgoing {
			direction = "out"
		}
		out.Reactions = append(out.Reactions, Reacted{Direction: direction, Emoji: r.Emoji})
	}
	return out
}

func (s *server) messages(api huma.API) {
	operation(s, api, huma.Operation{OperationID: "send-message", Method: http.MethodPost, Path: "/api/v1/messages", Summary: "Send a message",
		Description: "202: the gate allows it and it is queued. 403: the gate refuses; code is the reason, remedies are the ways out.", DefaultStatus: http.StatusAccepted,
		MaxBodyBytes: 1 << 20, Tags: []string{"messages"}}, token.Send, audit.Changes("message.sent"), s.send)
	shows(s, api, huma.Operation{OperationID: "list-messages", Method: http.MethodGet, Path: "/api/v1/messages", Summary: "List messages in the order in which they were stored", Tags: []string{"messages"}}, token.ReadBulk, audit.Reads("message.listed"), s.list)
	shows(s, api, huma.Operation{OperationID: "get-message", Method: http.MethodGet, Path: "/api/v1/messages/{id}", Summary: "Read a message", Tags: []string{"messages"}}, token.ReadMessages, audit.Reads("message.viewed").Of(audit.Message), s.get)
}

type sendInput struct {
	pii.Personal
	IdempotencyKey string `header:"Idempotency-Key" maxLength:"255" doc:"The same key with the same body sends once and answers the same."`
	Body           MessageRequest
}

type sendOutput struct {
	pii.Personal
	Warning string `header:"Warning" doc:"What the next release refuses (RFC 7234, code 299)."`
	Body    Queued
}

// oldReason warns programs that say themselves why they write.
const oldReason = `299 Einklang "reason follows from the token; the next release refuses it"`

func (s *server) send(ctx context.Context, act *audit.Act, in *sendInput) (*sendOutput, error) {
	c := who(ctx)
	draft, seen, err := s.draft(ctx, c, in.Body)
	if err != nil {
		return nil, err
	}
	if err := s.Outbox.CheckRoom(ctx, s.DB, c.org, draft.Channel); errors.Is(err, outbox.ErrFull) {
		return nil, huma.ErrorWithHeaders(problem(http.StatusTooManyRequests, "queue_full", "Too many messages of this number are waiting. Try again later."), http.Header{"Retry-After": {"30"}})
	} else if err != nil {
		return nil, explain(err)
	}
	body, err := json.Marshal(in.Body)
	if err != nil {
		return nil, err
	}
	key := in.IdempotencyKey
	if key != "" {
		key = "api " + c.token.ID.String() + " " + key
	}
	var q outbox.Queued
	err = act.WriteIf(ctx, func(ctx context.Context, tx store.Tx) (bool, error) {
		draft, unknown := draft, draft.Contact.IsZero()
		if seen != nil {
			var err error
			if draft.Contact, err = s.resolve(ctx, tx, c, *seen); err != nil {
				return false, err
			}
		}
		act.On(audit.Contact, draft.Contact)
		var err error
		if q, err = s.Outbox.EnqueueOnce(ctx, tx, key, body, draft); err == nil && q.Message.IsZero() && unknown {
			err = errNobody
		}
		return !q.Message.IsZero() && !q.Repeated, err // the verdict is kept, also if nothing was sent
	})
	if err != nil && !errors.Is(err, errNobody) {
		if seen != nil {
			err = s.held(ctx, c.org, seen.Phone, err)
		}
		return nil, explainDraft(err)
	}
	if q.Message.IsZero() {
		return nil, refusal(q.Verdict)
	}
	warning := ""
	if in.Body.Reason != "" {
		warning = oldReason
	}
	return &sendOutput{Warning: warning, Body: Queued{ID: q.Message.String(), Status: string(chat.Queued), Verdict: showVerdict(q.Verdict)}}, nil
}

// errNobody takes back that somebody was entered to whom nothing may be sent.
var errNobody = errors.New("nobody is kept to whom nothing was sent")

func refusal(v gate.Verdict) *Problem {
	p := problem(http.StatusForbidden, string(v.Reason), "The gate refuses this message: "+reasons[v.Reason])
	p.Verdict = showVerdict(v)
	for _, r := range v.Remedies.List() {
		p.Remedies = append(p.Remedies, r.String())
	}
	if len(p.Remedies) > 0 {
		p.Remedy = p.Remedies[0]
	}
	return p
}

// reasons are the gate's reasons in words for programmers.
var reasons = map[gate.Reason]string{
	gate.ReasonErased:             "the person is erased.",
	gate.ReasonNumberNotReady:     "the number is not active, no complete privacy notice is published, or no processor agreement is recorded.",
	gate.ReasonOptedOut:           "the person has opted out of everything, or is blocked.",
	gate.ReasonRestricted:         "processing of the person's data is restricted (GDPR Art. 18).",
	gate.ReasonWindowClosed:       "more than 24 hours have passed since the person's last message; only an approved template can go out.",
	gate.ReasonTemplateNotUsable:  "the template is unknown, not approved, of another category, or lacks an opt-out line.",
	gate.ReasonNoMarketingConsent: "this is advertising, and there is no valid consent to marketing on WhatsApp.",
	gate.ReasonObjected:           "the person has objected to marketing (GDPR Art. 21).",
	gate.ReasonMinor:              "marketing to people under 16 is not allowed.",
	gate.ReasonQuietHours:         "it is quiet time; the message waits.",
	gate.ReasonNoBasis:            "there is no basis: no open matter of the person's, and no consent to this purpose.",
	gate.ReasonNoticeNotDelivered: "the person was never given the privacy notice; a first message outside the window has to bring it (GDPR Art. 13, 14).",
	gate.ReasonNoRoom:             "this type of message has no room for a sentence that has to go with it.",
	gate.ReasonBudget:             "the budget is used up.",
	gate.ReasonHeld:               "the person may have withdrawn: a colleague has to say so in the inbox first.",
}

func explainDraft(err error) error {
	var content *cloudapi.ContentError
	var missing *template.MissingError
	switch {
	case errors.As(err, &content):
		p := problem(http.StatusUnprocessableEntity, "content", err.Error())
		p.Errors = []*huma.ErrorDetail{{Message: content.Problem, Location: "body." + content.Field}}
		return p
	case errors.As(err, &missing):
		p := problem(http.StatusUnprocessableEntity, "template_parameter", err.Error())
		at := "body." + missing.Field
		if missing.Field == "" {
			at = fmt.Sprintf("body.template.components.%s.%s", missing.Slot.Part, missing.Slot.Name)
		}
		p.Errors = []*huma.ErrorDetail{{Message: missing.Problem, Location: at}}
		return p
	case errors.Is(err, outbox.ErrKeyReused):
		return problem(http.StatusConflict, "idempotency_key_reused", "This Idempotency-Key was used with another body. Take a new key for a new message.")
	default:
		return explain(err)
	}
}

// content is what a request says, in the member that its type names.
func (m MessageRequest) content() cloudapi.Content {
	return cloudapi.Content{Type: cmp.Or(m.Type, cloudapi.TypeText), Text: m.Text, Image: m.Image, Video: m.Video, Audio: m.Audio, Document: m.Document, Sticker: m.Sticker,
		Location: m.Location, Contacts: m.Contacts, Reaction: m.Reaction, Interactive: m.Interactive, Template: m.Template}
}

// draft finds out to whom and from which number. Seen is what names the person,
// who is entered when something is sent to her, and not before: until then the
// draft may be for nobody.
func (s *server) draft(ctx context.Context, c caller, m MessageRequest) (d outbox.Draft, seen *contact.Sighting, err error) {
	d = outbox.Draft{Org: c.org, Origin: chat.FromAPI, Content: m.content()}
	if err := cloudapi.Validate(d.Content); err != nil {
		return d, nil, explainDraft(err)
	}
	channel, err := s.channel(ctx, c, m)
	if err != nil {
		return d, seen, err
	}
	d.Channel = channel.ID
	if !c.token.Over(channel.ID) {
		return d, seen, problem(http.StatusForbidden, "number", "This token may not use this number. An administrator says in the settings which ones it may.")
	}
	if d.Contact, seen, err = s.person(ctx, c, m, &d); err != nil {
		return d, seen, err
	}
	if d.ReplyTo, err = s.answered(ctx, d, m); err != nil {
		return d, seen, err
	}
	if d.Content.Reaction, err = s.reacted(ctx, d); err != nil {
		return d, seen, err
	}
	d.Request = outbox.Request{Occasion: gate.Occasion(m.Reason), Category: gate.Category(m.Category), Purpose: m.Purpose, Advertising: m.Advertising, AI: m.AI, AskedBy: "token " + c.token.ID.String()}
	switch c.token.Kind {
	case token.Automation:
		d.Request.Occasion, d.Origin = gate.Automation, chat.FromAutomation
	case token.Campaign:
		d.Request.Occasion = gate.Campaign
	case token.Legacy:
	}
	d.Consented = m.Consented
	if d.Request.Occasion == "" {
		d.Request.Occasion = gate.Reply
		if standing, err := s.Threads.Standing(ctx, s.DB, c.org, d.Contact, d.Channel); err == nil && standing.Conversation.IsZero() {
			d.Request.Occasion = gate.AgentInitiated
		}
	}
	if d.Request.Category == "" && d.Content.Template == nil {
		d.Request.Category = gate.Service
	}
	if d.Request.Occasion == gate.Campaign {
		d.Origin = chat.FromCampaign
	}
	return d, seen, nil
}

// replyTo finds the message that a draft answers, which must be one of the same
// conversation; zero if it answers none.
func (s *server) replyTo(ctx context.Context, d outbox.Draft, text string) (id.Message, error) {
	at, err := named[id.Message]("reply_to", text)
	if err != nil || at.IsZero() {
		return at, err
	}
	there, err := s.Threads.Glances(ctx, s.DB, d.Org, []id.Message{at})
	if err != nil {
		return at, explain(err)
	}
	if m, known := there[at]; !known || m.Contact != d.Contact || m.Channel != d.Channel {
		return at, problem(http.StatusUnprocessableEntity, "reply_to", "reply_to is not a message of this conversation.")
	}
	return at, nil
}

func (s *server) channel(ctx context.Context, c caller, m MessageRequest) (org.Channel, error) {
	all, err := s.Orgs.Channels(ctx, s.DB, c.org)
	if err != nil {
		return org.Channel{}, explain(err)
	}
	if m.PhoneNumberID == "" && len(all) == 1 {
		return all[0], nil
	}
	for _, ch := range all {
		if ch.PhoneNumberID == m.PhoneNumberID {
			return ch, nil
		}
	}
	if m.PhoneNumberID == "" && m.ConversationID != "" {
		at, err := named[id.Conversation]("conversation_id", m.ConversationID)
		if err != nil {
			return org.Channel{}, err
		}
		summary, err := s.Threads.Summary(ctx, s.DB, c.org, at)
		if err != nil {
			return org.Channel{}, explain(err)
		}
		ours, err := s.Orgs.Channel(ctx, s.DB, c.org, summary.Channel)
		return ours, explain(err)
	}
	if m.PhoneNumberID == "" {
		return org.Channel{}, problem(http.StatusUnprocessableEntity, "phone_number_id", "The organisation has several numbers: say which one sends, with phone_number_id.")
	}
	return org.Channel{}, problem(http.StatusUnprocessableEntity, "phone_number_id", "The organisation has no number with this phone_number_id.")
}

// person finds the recipient, and what was seen of her where she is not named by
// an identifier of ours; nobody may be known by it yet.
func (s *server) person(ctx context.Context, c caller, m MessageRequest, d *outbox.Draft) (id.Person, *contact.Sighting, error) {
	given := 0
	for _, v := range []string{m.To, m.Recipient, m.ContactID, m.ConversationID} {
		if v != "" {
			given++
		}
	}
	if given != 1 {
		return id.Person{}, nil, problem(http.StatusUnprocessableEntity, "recipient", "Give exactly one of to, recipient, contact_id, conversation_id.")
	}
	switch {
	case m.ContactID != "":
		at, err := named[id.Person]("contact_id", m.ContactID)
		if err != nil {
			return id.Person{}, nil, err
		}
		known, err := s.People.Get(ctx, s.DB, c.org, at)
		if err != nil {
			return id.Person{}, nil, explain(err)
		}
		return known.ID, nil, nil
	case m.ConversationID != "":
		at, err := named[id.Conversation]("conversation_id", m.ConversationID)
		if err != nil {
			return id.Person{}, nil, err
		}
		summary, err := s.Threads.Summary(ctx, s.DB, c.org, at)
		if err != nil {
			return id.Person{}, nil, explain(err)
		}
		d.Channel = summary.Channel
		return summary.Contact, nil, nil
	}
	seen := contact.Sighting{BSUID: m.Recipient}
	if m.To != "" {
		var err error
		if seen.Phone, err = s.number(ctx, c.org, m.To); err != nil {
			return id.Person{}, nil, err
		}
	}
	known, err := s.holder(ctx, c.org, seen)
	if err != nil || known == nil {
		return id.Person{}, &seen, explain(err)
	}
	return known.ID, &seen, nil
}

// holder is who was seen; nil: nobody yet.
func (s *server) holder(ctx context.Context, org id.Org, seen contact.Sighting) (*chat.Known, error) {
	if seen.BSUID != "" {
		return s.People.ByBSUID(ctx, s.DB, org, seen.BSUID)
	}
	return s.People.ByPhone(ctx, s.DB, org, seen.Phone)
}

func (s *server) resolve(ctx context.Context, tx store.Tx, c caller, seen contact.Sighting) (id.Person, error) {
	people, err := s.People.Resolve(ctx, tx, c.org, []contact.Sighting{seen})
	if err != nil {
		return id.Person{}, err
	}
	return people[0].ID, nil
}

type listInput struct {
	Limit int    `query:"limit" default:"50" minimum:"1" maximum:"200"`
	After string `query:"after" doc:"The value of next from the page before."`
	Order string `query:"order" enum:"asc,desc" default:"desc"`
}

// Page is one page of a list.
type Page[T any] struct {
	Items []T     `json:"items"`
	Next  *string `json:"next" nullable:"true" doc:"Give it as after for the next page; null at the end."`
}

type pageOutput[T any] struct{ Body Page[T] }

func (s *server) list(ctx context.Context, in *listInput) (*pageOutput[Message], error) {
	after, err := cursor(in.After)
	if err != nil {
		return nil, err
	}
	c := who(ctx)
	var all []chat.Message
	var more bool
	if in.Order == "asc" {
		all, more, err = s.Threads.Follow(ctx, s.DB, c.org, after, in.Limit)
	} else {
		all, more, err = s.Threads.All(ctx, s.DB, c.org, after, true, in.Limit)
	}
	if err != nil {
		return nil, explain(err)
	}
	reactions, err := s.Threads.Reactions(ctx, s.DB, c.org, all)
	if err != nil {
		return nil, explain(err)
	}
	out := &pageOutput[Message]{Page[Message]{Items: make([]Message, 0, len(all))}}
	for _, m := range all {
		if c.token.Over(m.Channel) {
			out.Body.Items = append(out.Body.Items, showMessage(m, reactions[m.ID]))
		}
	}
	if more && len(all) > 0 {
		next := all[len(all)-1].ID.String()
		out.Body.Next = &next
	}
	return out, s.counted(ctx, len(out.Body.Items))
}

type idInput struct {
	ID string `path:"id"`
}

type messageOutput struct {
	pii.Personal
	Body Message
}

func (s *server) get(ctx context.Context, in *idInput) (*messageOutput, error) {
	at, err := parseID[id.Message](in.ID)
	if err != nil {
		return nil, err
	}
	m, err := s.Threads.Get(ctx, s.DB, who(ctx).org, at)
	if err == nil && !who(ctx).token.Over(m.Channel) {
		err = conversation.ErrNotFound
	}
	if err != nil {
		return nil, explain(err)
	}
	reactions, err := s.Threads.Reactions(ctx, s.DB, who(ctx).org, []chat.Message{m})
	if err != nil {
		return nil, explain(err)
	}
	return &messageOutput{Body: showMessage(m, reactions[m.ID])}, nil
}
