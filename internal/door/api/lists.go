package api

import (
	"context"
	"errors"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"einklang/internal/account/audit"
	"einklang/internal/account/token"
	"einklang/internal/consent/optin"
	"einklang/internal/engine/store"
	"einklang/internal/messaging/conversation"
	"einklang/internal/person/attribute"
	"einklang/internal/person/chat"
	"einklang/internal/person/contact"
	"einklang/internal/rule/id"
	"einklang/internal/rule/pii"
)

// Conversation is a thread with one person on one number.
type Conversation struct {
	pii.Personal
	ID         string     `json:"id"`
	ContactID  string     `json:"contact_id"`
	ChannelID  string     `json:"channel_id"`
	Status     string     `json:"status" enum:"open,closed"`
	Unread     int        `json:"unread"`
	WindowEnds *time.Time `json:"window_ends,omitempty" doc:"Free-form messages are possible until then."`
	LastAt     time.Time  `json:"last_at"`
	Preview    string     `json:"preview"`
	CreatedAt  time.Time  `json:"created_at"`
}

func showConversation(s conversation.Summary) Conversation {
	c := Conversation{ID: s.ID.String(), ContactID: s.Contact.String(), ChannelID: s.Channel.String(), Status: "open", Unread: s.Unread,
		WindowEnds: moment(s.WindowEnds), LastAt: s.LastAt, Preview: s.Preview, CreatedAt: s.Created}
	if s.Closed {
		c.Status = "closed"
	}
	return c
}

func (s *server) conversations(api huma.API) {
	shows(s, api, huma.Operation{OperationID: "list-conversations", Method: http.MethodGet, Path: "/api/v1/conversations", Summary: "List conversations, the newest first", Tags: []string{"conversations"}}, token.ReadBulk, audit.Reads("inbox.viewed"),
		func(ctx context.Context, in *struct {
			Limit int    `query:"limit" default:"50" minimum:"1" maximum:"200"`
			After string `query:"after"`
			View  string `query:"view" enum:"all,open,unread,closed" default:"all"`
		}) (*pageOutput[Conversation], error) {
			place, err := parsePlace(in.After)
			if err != nil {
				return nil, err
			}
			all, err := s.Threads.List(ctx, s.DB, who(ctx).org, conversation.Filter{View: conversation.View(in.View)}, place, in.Limit+1)
			if err != nil {
				return nil, explain(err)
			}
			out, mine := &pageOutput[Conversation]{Page[Conversation]{Items: []Conversation{}}}, who(ctx).token
			for i, one := range all {
				if i == in.Limit {
					last := all[i-1]
					next := strconv.FormatInt(store.Micros(last.LastAt), 36) + "." + last.ID.String()
					out.Body.Next = &next
					break
				}
				if mine.Over(one.Channel) {
					out.Body.Items = append(out.Body.Items, showConversation(one))
				}
			}
			return out, s.counted(ctx, len(out.Body.Items))
		})
	shows(s, api, huma.Operation{OperationID: "get-conversation", Method: http.MethodGet, Path: "/api/v1/conversations/{id}", Summary: "Read a conversation", Tags: []string{"conversations"}}, token.ReadMessages, audit.Reads("conversation.viewed").Of(audit.Conversation),
		func(ctx context.Context, in *idInput) (*struct{ Body Conversation }, error) {
			at, err := parseID[id.Conversation](in.ID)
			if err != nil {
				return nil, err
			}
			found, err := s.Threads.Summary(ctx, s.DB, who(ctx).org, at)
			if err == nil && !who(ctx).token.Over(found.Channel) {
				err = conversation.ErrNotFound
			}
			if err != nil {
				return nil, explain(err)
			}
			return &struct{ Body Conversation }{showConversation(found)}, nil
		})
}

func parsePlace(cursor string) (conversation.Place, error) {
	if cursor == "" {
		return conversation.Place{}, nil
	}
	at, last, _ := strings.Cut(cursor, ".")
	micros, err := strconv.ParseInt(at, 36, 64)
	lastID, err2 := id.Parse[id.Cursor](last)
	if err != nil || err2 != nil {
		return conversation.Place{}, errCursor
	}
	return conversation.Place{At: store.Time(micros), ID: lastID}, nil
}

// Contact is a person.
type Contact struct {
	pii.Personal
	ID         string    `json:"id"`
	Name       string    `json:"name"`
	Username   string    `json:"username,omitempty"`
	Phone      string    `json:"phone,omitempty"`
	BSUID      string    `json:"bsuid,omitempty"`
	OptedOut   bool      `json:"opted_out"`
	Blocked    bool      `json:"blocked"`
	Restricted bool      `json:"restricted"`
	Objected   bool      `json:"objected"`
	Held       string    `json:"held,omitempty" doc:"Perhaps the person has withdrawn, and a colleague has to say: advertising or everything is held until then."`
	Erased     bool      `json:"erased"`
	CreatedAt  time.Time `json:"created_at"`
	Consents   []Consent `json:"consents"`

	Attributes map[string]string `json:"attributes" doc:"What the organisation keeps about the person besides, by name: numbers with a point, dates as 2026-11-25, yes or no."`
}

// Consent is the state of one consent.
type Consent struct {
	pii.Personal
	Purpose   string     `json:"purpose"`
	State     string     `json:"state" doc:"granted, pending, withdrawn, expired or superseded. Only granted carries a message."`
	GrantedAt *time.Time `json:"granted_at,omitempty"`
	ExpiresAt *time.Time `json:"expires_at,omitempty"`
	EventID   string     `json:"event_id" doc:"The event that proves it; empty while a colleague has to confirm it."`
}

func (s *server) showContact(ctx context.Context, k *chat.Known) (*contactOutput, error) {
	states, err := s.Consents.InForce(ctx, s.DB, k.Org, k.ID)
	if err != nil {
		return nil, explain(err)
	}
	values, err := s.attributesOf(ctx, k.Org, []id.Person{k.ID})
	if err != nil {
		return nil, explain(err)
	}
	out := showPerson(k, states[k.ID])
	out.Attributes = values[k.ID]
	return &contactOutput{Body: out}, nil
}

// attributesOf reads the attributes of people by their names.
func (s *server) attributesOf(ctx context.Context, org id.Org, people []id.Person) (map[id.Person]map[string]string, error) {
	defined, err := s.Attributes.List(ctx, s.DB, org)
	if err != nil {
		return nil, err
	}
	values, err := s.Attributes.OfMany(ctx, s.DB, org, people)
	if err != nil {
		return nil, err
	}
	all := make(map[id.Person]map[string]string, len(people))
	for _, p := range people {
		all[p] = map[string]string{}
		for _, d := range defined {
			if value, known := values[p][d.ID]; known {
				all[p][d.Name] = value
			}
		}
	}
	return all, nil
}

type attributesInput struct {
	pii.Personal
	ID   string            `path:"id"`
	Body map[string]string `doc:"By name; an empty text takes a value away. What is not named stays."`
}

// setAttributes changes attributes of a person by their names.
func (s *server) setAttributes(ctx context.Context, act *audit.Act, in *attributesInput) (*contactOutput, error) {
	k, err := s.known(ctx, in.ID)
	if err != nil {
		return nil, err
	}
	if k.Erased {
		return nil, explain(contact.ErrNotFound)
	}
	err = act.Write(ctx, func(ctx context.Context, tx store.Tx) error {
		defined, err := s.Attributes.List(ctx, tx, k.Org)
		if err != nil {
			return err
		}
		said := map[id.Attribute]string{}
		for name, value := range in.Body {
			i := slices.IndexFunc(defined, func(d attribute.Definition) bool { return d.Name == name })
			if i < 0 {
				return &attribute.Problem{Name: name, Err: attribute.ErrNotFound}
			}
			said[defined[i].ID] = value
		}
		return s.Attributes.Set(ctx, tx, k.Org, k.ID, said)
	})
	if wrong := (*attribute.Problem)(nil); errors.As(err, &wrong) {
		return nil, problem(http.StatusUnprocessableEntity, "attribute", wrong.Error()+". The attributes and their kinds stand in the settings of the organisation.")
	}
	if err != nil {
		return nil, explain(err)
	}
	return s.showContact(ctx, k)
}

func showPerson(k *chat.Known, states []optin.State) Contact {
	p, held := k.Profile, k.InForce()
	name := ""
	if !k.Erased {
		name = p.DisplayName()
	}
	return Contact{ID: k.ID.String(), Name: name, Username: p.Username, Phone: p.Phone, BSUID: p.BSUID, OptedOut: held.OptedOut,
		Blocked: held.Blocked, Restricted: held.Restricted, Objected: held.Objected, Held: heldOf(held), Erased: k.Erased, CreatedAt: k.Created, Consents: showConsents(states)}
}

// heldOf is what is held until somebody has said whether the person withdrew.
func heldOf(f chat.Flags) string {
	switch {
	case f.Halted:
		return string(optin.Everything)
	case f.Held:
		return string(optin.Advertising)
	}
	return ""
}

func (s *server) consentsOf(ctx context.Context, k *chat.Known) ([]Consent, error) {
	states, err := s.Consents.InForce(ctx, s.DB, k.Org, k.ID)
	if err != nil {
		return nil, explain(err)
	}
	return showConsents(states[k.ID]), nil
}

func showConsents(states []optin.State) []Consent {
	all := make([]Consent, len(states))
	for i, c := range states {
		all[i] = Consent{Purpose: c.Purpose, State: string(c.State), GrantedAt: moment(c.Granted), ExpiresAt: moment(c.Expires), EventID: c.Event.String()}
	}
	return all
}

// people is a page of the list of people.
func (s *server) people(ctx context.Context, org id.Org, after id.Cursor, limit int) (*pageOutput[Contact], error) {
	known, err := s.People.List(ctx, s.DB, org, after, limit+1)
	if err != nil {
		return nil, explain(err)
	}
	out := &pageOutput[Contact]{Page[Contact]{Items: []Contact{}}}
	if len(known) > limit {
		known = known[:limit]
		next := known[limit-1].ID.String()
		out.Body.Next = &next
	}
	ids := make([]id.Person, len(known))
	for i, k := range known {
		ids[i] = k.ID
	}
	states, err := s.Consents.InForce(ctx, s.DB, org, ids...)
	if err != nil {
		return nil, explain(err)
	}
	values, err := s.attributesOf(ctx, org, ids)
	if err != nil {
		return nil, explain(err)
	}
	for _, k := range known {
		one := showPerson(k, states[k.ID])
		one.Attributes = values[k.ID]
		out.Body.Items = append(out.Body.Items, one)
	}
	return out, nil
}

type contactOutput struct {
	pii.Personal
	Body Contact
}

type grantInput struct {
	ID   string `path:"id"`
	Body struct {
		Purpose      string     `json:"purpose" doc:"service, utility, marketing, or one of the organisation's own."`
		Source       string     `json:"source,omitempty" enum:"api,web_form,e_mail,paper,verbal" doc:"The way that your program says it was given. It is kept as a claim; the source on record is this interface."`
		EvidenceNote string     `json:"evidence_note" minLength:"3" maxLength:"2000" doc:"How it was given: it must be provable (GDPR Art. 7(1))."`
		Wording      string     `json:"wording,omitempty" maxLength:"10000" doc:"The text agreed to."`
		GivenAt      *time.Time `json:"given_at,omitempty"`
		ExpiresAt    *time.Time `json:"expires_at,omitempty"`
	}
}

type grantOutput struct {
	pii.Personal
	Status int
	Body   Consent
}

func (s *server) contacts(api huma.API) {
	shows(s, api, huma.Operation{OperationID: "list-contacts", Method: http.MethodGet, Path: "/api/v1/contacts", Summary: "List people, in the order in which they became known", Tags: []string{"contacts"}}, token.ReadBulk, audit.Reads("person.listed"),
		func(ctx context.Context, in *struct {
			Limit int    `query:"limit" default:"50" minimum:"1" maximum:"200"`
			After string `query:"after"`
		}) (*pageOutput[Contact], error) {
			after, err := cursor(in.After)
			if err != nil {
				return nil, err
			}
			out, err := s.people(ctx, who(ctx).org, after, in.Limit)
			if err != nil {
				return nil, err
			}
			return out, s.counted(ctx, len(out.Body.Items))
		})
	shows(s, api, huma.Operation{OperationID: "get-contact", Method: http.MethodGet, Path: "/api/v1/contacts/{id}", Summary: "Read a person", Tags: []string{"contacts"}}, token.ReadContacts, audit.Reads("person.viewed").Of(audit.Contact),
		func(ctx context.Context, in *idInput) (*contactOutput, error) {
			k, err := s.known(ctx, in.ID)
			if err != nil {
				return nil, err
			}
			return s.showContact(ctx, k)
		})
	operation(s, api, huma.Operation{OperationID: "set-attributes", Method: http.MethodPatch, Path: "/api/v1/contacts/{id}/attributes", Summary: "Change what the organisation keeps about a person besides", Tags: []string{"contacts"}}, token.WriteContacts, audit.Changes("person.changed").Of(audit.Contact), s.setAttributes)
	operation(s, api, huma.Operation{OperationID: "create-contact", Method: http.MethodPost, Path: "/api/v1/contacts", DefaultStatus: http.StatusCreated, Summary: "Make a person known, without any consent", Tags: []string{"contacts"}}, token.WriteContacts, audit.Changes("person.added"),
		func(ctx context.Context, act *audit.Act, in *struct {
			Body struct {
				Phone string `json:"phone,omitempty"`
				BSUID string `json:"bsuid,omitempty"`
				Name  string `json:"name,omitempty" maxLength:"200"`
			}
		}) (*contactOutput, error) {
			seen := contact.Sighting{BSUID: in.Body.BSUID, Given: in.Body.Name}
			if in.Body.Phone == "" && in.Body.BSUID == "" {
				return nil, problem(http.StatusUnprocessableEntity, "recipient", "Give phone or bsuid.")
			}
			if in.Body.Phone != "" {
				var err error
				if seen.Phone, err = s.number(ctx, who(ctx).org, in.Body.Phone); err != nil {
					return nil, err
				}
			}
			var at id.Person
			err := act.Write(ctx, func(ctx context.Context, tx store.Tx) (err error) {
				if err := s.paired(ctx, tx, who(ctx).org, seen); err != nil {
					return err
				}
				at, err = s.resolve(ctx, tx, who(ctx), seen)
				act.On(audit.Contact, at)
				return err
			})
			if err != nil {
				if errors.Is(err, errUnproven) {
					return nil, errUnproven
				}
				return nil, s.held(ctx, who(ctx).org, seen.Phone, err)
			}
			k, err := s.People.Get(ctx, s.DB, who(ctx).org, at)
			if err != nil {
				return nil, explain(err)
			}
			return s.showContact(ctx, k)
		})
	operation(s, api, huma.Operation{OperationID: "lookup-contact", Method: http.MethodPost, Path: "/api/v1/contacts/lookup", Summary: "Find a person by number or BSUID", Tags: []string{"contacts"}}, token.ReadContacts, audit.Reads("person.viewed"),
		func(ctx context.Context, act *audit.Act, in *struct {
			Body struct {
				Phone string `json:"phone,omitempty"`
				BSUID string `json:"bsuid,omitempty"`
			}
		}) (*contactOutput, error) {
			k, err := s.lookup(ctx, in.Body.Phone, in.Body.BSUID)
			if err != nil {
				return nil, err
			}
			act.On(audit.Contact, k.ID)
			return s.showContact(ctx, k)
		})
	shows(s, api, huma.Operation{OperationID: "list-consents", Method: http.MethodGet, Path: "/api/v1/contacts/{id}/consents", Summary: "Read a person's consents", Tags: []string{"consents"}}, token.ReadConsents, audit.Reads("consent.viewed").Of(audit.Contact),
		func(ctx context.Context, in *idInput) (*pageOutput[Consent], error) {
			k, err := s.known(ctx, in.ID)
			if err != nil {
				return nil, err
			}
			all, err := s.consentsOf(ctx, k)
			return &pageOutput[Consent]{Page[Consent]{Items: all}}, err
		})
	operation(s, api, huma.Operation{OperationID: "grant-consent", Method: http.MethodPost, Path: "/api/v1/contacts/{id}/consents", DefaultStatus: http.StatusCreated, Summary: "Record that a person agreed", Tags: []string{"consents"},
		Description: "201: it is on record; its state says whether it holds. Advertising by the word of a program stays pending until the person herself agrees. 202: a colleague has to confirm it first."}, token.WriteConsents, audit.Changes("consent.recorded").Of(audit.Contact), s.grant)
	operation(s, api, huma.Operation{OperationID: "withdraw-consent", Method: http.MethodDelete, Path: "/api/v1/contacts/{id}/consents/{purpose}", DefaultStatus: http.StatusNoContent, Summary: "Record that a person took a consent back", Tags: []string{"consents"}}, token.WriteConsents, audit.Changes("consent.withdrawn").Of(audit.Contact),
		func(ctx context.Context, act *audit.Act, in *struct {
			ID      string `path:"id"`
			Purpose string `path:"purpose"`
		}) (*struct{}, error) {
			k, err := s.known(ctx, in.ID)
			if err != nil {
				return nil, err
			}
			err = act.Write(ctx, func(ctx context.Context, tx store.Tx) error {
				_, err := s.Consents.Withdraw(ctx, tx, k.Org, k, optin.Event{Purpose: in.Purpose, Source: optin.FromProgram})
				return err
			})
			return nil, explainConsent(err)
		})
}

func (s *server) known(ctx context.Context, text string) (*chat.Known, error) {
	at, err := parseID[id.Person](text)
	if err != nil {
		return nil, err
	}
	k, err := s.People.Get(ctx, s.DB, who(ctx).org, at)
	return k, explain(err)
}

// errUnproven refuses to make one person of a number and a user id because a
// program says so: whoever has the user id would have the number's data.
var errUnproven = problem(http.StatusConflict, "unproven_pair", "Only WhatsApp shows that a number and a user id are one person's: by a message, a status, or a change of the number. Give one of them.")

// paired lets a number and a user id be named together where WhatsApp has already
// shown that they are one person's.
func (s *server) paired(ctx context.Context, r store.Reader, org id.Org, seen contact.Sighting) error {
	if seen.Phone == "" || seen.BSUID == "" {
		return nil
	}
	number, err := s.People.ByPhone(ctx, r, org, seen.Phone)
	if err != nil {
		return err
	}
	user, err := s.People.ByBSUID(ctx, r, org, seen.BSUID)
	if err != nil {
		return err
	}
	if number == nil || user == nil || number.ID != user.ID {
		return errUnproven
	}
	return nil
}

func (s *server) lookup(ctx context.Context, phone, bsuid string) (*chat.Known, error) {
	var k *chat.Known
	var err error
	switch {
	case bsuid != "":
		k, err = s.People.ByBSUID(ctx, s.DB, who(ctx).org, bsuid)
	case phone != "":
		digits, bad := s.number(ctx, who(ctx).org, phone)
		if bad != nil {
			return nil, bad
		}
		if k, err = s.People.ByPhone(ctx, s.DB, who(ctx).org, digits); err == nil && k != nil {
			if bad := s.left(ctx, who(ctx).org, digits); bad != nil {
				return nil, bad
			}
		}
	default:
		return nil, problem(http.StatusUnprocessableEntity, "recipient", "Give phone or bsuid.")
	}
	if err == nil && k == nil {
		err = contact.ErrNotFound
	}
	return k, explain(err)
}

func (s *server) grant(ctx context.Context, act *audit.Act, in *grantInput) (*grantOutput, error) {
	k, err := s.known(ctx, in.ID)
	if err != nil {
		return nil, err
	}
	e := optin.Event{Purpose: in.Body.Purpose, Source: optin.FromProgram,
		Detail: optin.Detail{Note: in.Body.EvidenceNote, Wording: in.Body.Wording, Claimed: in.Body.Source, Program: who(ctx).token.ID}}
	if in.Body.GivenAt != nil {
		e.At = *in.Body.GivenAt
	}
	if in.Body.ExpiresAt != nil {
		e.Expires = *in.Body.ExpiresAt
	}
	var taken optin.Taken
	err = act.Write(ctx, func(ctx context.Context, tx store.Tx) error {
		var err error
		taken, err = s.Consents.Grant(ctx, tx, k.Org, k, e)
		return err
	})
	if err != nil {
		return nil, explainConsent(err)
	}
	if taken.Waits() {
		return &grantOutput{Status: http.StatusAccepted, Body: Consent{Purpose: e.Purpose, State: string(taken.State)}}, nil
	}
	all, err := s.consentsOf(ctx, k)
	if err != nil {
		return nil, err
	}
	for _, c := range all {
		if c.Purpose == e.Purpose {
			return &grantOutput{Status: http.StatusCreated, Body: c}, nil
		}
	}
	return nil, problem(http.StatusInternalServerError, "failed", "The consent was not stored.")
}

func explainConsent(err error) error {
	for known, code := range map[error]string{optin.ErrNoNote: "evidence_note", optin.ErrBadPurpose: "purpose", optin.ErrUnknownPurpose: "purpose",
		optin.ErrMinor: "minor", optin.ErrObjected: "objected", optin.ErrFuture: "given_at", optin.ErrErased: "erased"} {
		if errors.Is(err, known) {
			return problem(http.StatusUnprocessableEntity, code, known.Error())
		}
	}
	return explain(err)
}

// Channel is one of the organisation's numbers.
type Channel struct {
	ID            string `json:"id"`
	PhoneNumberID string `json:"phone_number_id"`
	WABA          string `json:"waba_id"`
	Display       string `json:"display_number"`
	Name          string `json:"name"`
	Active        bool   `json:"active"`
	StopReason    string `json:"stop_reason,omitempty"`
}

// TemplateInfo is a message template.
type TemplateInfo struct {
	Name     string `json:"name"`
	Language string `json:"language"`
	Category string `json:"category"`
	State    string `json:"state"`
}

func (s *server) lists(api huma.API) {
	shows(s, api, huma.Operation{OperationID: "list-channels", Method: http.MethodGet, Path: "/api/v1/channels", Summary: "List the organisation's numbers", Tags: []string{"channels"}}, token.ReadSettings, audit.Nothing(audit.Impersonal),
		func(ctx context.Context, _ *struct{}) (*pageOutput[Channel], error) {
			all, err := s.Orgs.Channels(ctx, s.DB, who(ctx).org)
			if err != nil {
				return nil, explain(err)
			}
			out := &pageOutput[Channel]{Page[Channel]{Items: []Channel{}}}
			for _, c := range all {
				out.Body.Items = append(out.Body.Items, Channel{c.ID.String(), c.PhoneNumberID, c.WABA, c.DisplayNumber, c.Name, c.Active, c.StopReason})
			}
			return out, nil
		})
	shows(s, api, huma.Operation{OperationID: "list-templates", Method: http.MethodGet, Path: "/api/v1/templates", Summary: "List the message templates", Tags: []string{"templates"}}, token.ReadSettings, audit.Nothing(audit.Impersonal),
		func(ctx context.Context, _ *struct{}) (*pageOutput[TemplateInfo], error) {
			channels, err := s.Orgs.Channels(ctx, s.DB, who(ctx).org)
			if err != nil {
				return nil, explain(err)
			}
			out := &pageOutput[TemplateInfo]{Page[TemplateInfo]{Items: []TemplateInfo{}}}
			seen := map[string]bool{}
			for _, c := range channels {
				if seen[c.WABA] {
					continue
				}
				seen[c.WABA] = true
				all, err := s.Templates.List(ctx, s.DB, who(ctx).org, c.WABA)
				if err != nil {
					return nil, explain(err)
				}
				for _, t := range all {
					out.Body.Items = append(out.Body.Items, TemplateInfo{t.Name, t.Language, t.Category, t.State})
				}
			}
			return out, nil
		})
}
