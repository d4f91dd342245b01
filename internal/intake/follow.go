package intake

import (
	"context"
	"errors"
	"fmt"
	"time"

	"einklang/internal/chat"
	"einklang/internal/cloudapi"
	"einklang/internal/contact"
	"einklang/internal/conversation"
	"einklang/internal/gate"
	"einklang/internal/id"
	"einklang/internal/keyword"
	"einklang/internal/optin"
	"einklang/internal/org"
	"einklang/internal/outbox"
	"einklang/internal/store"
)

// codeStoppedMarketing: the person has stopped marketing messages at WhatsApp.
const codeStoppedMarketing = 131050

// follow does what follows from new messages: the basis that the person opened
// by writing, the keywords STOP and START, and media to fetch.
func (in *Intake) follow(ctx context.Context, tx store.Tx, b *batch, people []*chat.Known, added []conversation.Added) error {
	var settings *org.Settings
	var matters []optin.Matter
	var wanted []chat.Wanted
	for i, a := range added {
		m := b.messages[i]
		if !a.New || a.Revoked {
			continue
		}
		if media := m.in.Body.Content.Media(); media != nil && media.ID != "" {
			wanted = append(wanted, chat.Wanted{Message: a.Message, Contact: people[i].ID, Channel: m.channel, Keys: people[i].Keys, Media: *media})
		}
		if m.in.Echo {
			continue
		}
		opened := !a.OpenedMatter.IsZero()
		if opened {
			matters = append(matters, optin.Matter{ID: a.OpenedMatter, Contact: people[i].ID, Message: a.Message, At: m.in.At})
		}
		if settings == nil {
			o, err := in.Registry.Get(ctx, tx, b.org)
			if err != nil {
				return err
			}
			settings = &o.Settings
		}
		if opened && settings.Arrivals != nil {
			if err := in.Desk.Arrived(ctx, tx, *settings, b.org, m.channel, a.Conversation, people[i].ID); err != nil {
				return fmt.Errorf("give a new conversation to somebody: %w", err)
			}
		}
		if err := in.keyword(ctx, tx, b.org, settings, people[i], m, a.Message); err != nil {
			return fmt.Errorf("act on a keyword: %w", err)
		}
	}
	if err := in.Files.Want(ctx, tx, b.org, wanted...); err != nil {
		return err
	}
	return in.Consents.Initiated(ctx, tx, b.org, matters...)
}

// keyword acts on STOP and START, written or tapped.
func (in *Intake) keyword(ctx context.Context, tx store.Tx, orgID id.ID, s *org.Settings, p *chat.Known, m arrival, message id.ID) error {
	words, source := said(m.in.Body.Content)
	var texts org.Texts
	var errand gate.Errand
	var news bool
	var err error
	switch meaning := match(s, words); meaning {
	case keyword.Access, keyword.Erase:
		return in.right(ctx, tx, orgID, p, m, meaning)
	case keyword.Stop:
		texts, errand = s.Stopped, gate.ErrandOptOutConfirmation
		news, err = in.Consents.Stop(ctx, tx, orgID, p, source, message, m.in.At)
	case keyword.Start:
		texts, errand = s.Started, gate.ErrandOptInConfirmation
		news, err = in.Consents.Start(ctx, tx, orgID, p, source, message, m.in.At)
	default:
		return in.listen(ctx, tx, orgID, p, m, message, words, source)
	}
	if err != nil || !news {
		return err
	}
	locale := "de"
	if p.Locale == "en" {
		locale = "en"
	}
	q, err := in.Outbox.Enqueue(ctx, tx, outbox.Draft{Org: orgID, Contact: p.ID, Channel: m.channel, Origin: chat.FromDuty,
		Content: cloudapi.Content{Type: cloudapi.TypeText, Text: &cloudapi.Text{Body: texts.In(locale)}},
		Request: replyRequest(errand, string(errand))})
	if err != nil || q.Message.IsZero() || errand != gate.ErrandOptOutConfirmation {
		return err
	}
	return in.Consents.Confirmed(ctx, tx, orgID, p.ID)
}

// listen acts on a yes, a code or the mark of a link.
func (in *Intake) listen(ctx context.Context, tx store.Tx, orgID id.ID, p *chat.Known, m arrival, message id.ID, words []string, source string) error {
	answer, err := in.Listener.Heard(ctx, tx, orgID, p, optin.Heard{Words: words, Tapped: source == "button", Message: message, At: m.in.At})
	if err != nil || answer == "" {
		return ignoreErased(err)
	}
	_, err = in.Outbox.Enqueue(ctx, tx, outbox.Draft{Org: orgID, Contact: p.ID, Channel: m.channel, Origin: chat.FromDuty,
		Content: cloudapi.Content{Type: cloudapi.TypeText, Text: &cloudapi.Text{Body: answer}},
		Request: replyRequest(gate.ErrandOptInConfirmation, "opt_in")})
	return err
}

// right passes on that a person wants her data or their erasure, and answers
// her (GDPR Art. 12(2)).
func (in *Intake) right(ctx context.Context, tx store.Tx, orgID id.ID, p *chat.Known, m arrival, what keyword.Meaning) error {
	privacyCase, answer, err := in.Rights.Asked(ctx, tx, orgID, p, what, m.in.At)
	if err != nil || answer == "" {
		return err
	}
	request := replyRequest(gate.ErrandPrivacyAnswer, "privacy case")
	request.Case = privacyCase
	_, err = in.Outbox.Enqueue(ctx, tx, outbox.Draft{Org: orgID, Contact: p.ID, Channel: m.channel, Origin: chat.FromDuty,
		Content: cloudapi.Content{Type: cloudapi.TypeText, Text: &cloudapi.Text{Body: answer}}, Request: request})
	return err
}

// said are the words that may be a keyword, and how they were said.
func said(c cloudapi.Content) (words []string, source string) {
	switch {
	case c.Text != nil:
		return []string{c.Text.Body}, "keyword"
	case c.Button != nil:
		return []string{c.Button.Payload, c.Button.Text}, "button"
	case c.Interactive != nil && c.Interactive.ButtonReply != nil:
		return []string{c.Interactive.ButtonReply.ID, c.Interactive.ButtonReply.Title}, "button"
	default:
		return nil, ""
	}
}

func match(s *org.Settings, words []string) keyword.Meaning {
	set := keyword.Set{Stop: s.StopWords, Start: s.StartWords}
	for _, w := range words {
		if meaning := set.Match(w); meaning != keyword.None {
			return meaning
		}
	}
	return keyword.None
}

func (in *Intake) stoppedMarketing(ctx context.Context, tx store.Tx, orgID, person id.ID, at time.Time) error {
	found, err := in.known(ctx, tx, orgID, person)
	if err != nil || found == nil {
		return err
	}
	_, err = in.Consents.Withdraw(ctx, tx, orgID, found, optin.Event{Purpose: optin.Marketing, Source: optin.FromMetaError, At: at})
	return ignoreErased(err)
}

func ignoreErased(err error) error {
	if errors.Is(err, optin.ErrErased) {
		return nil
	}
	return err
}

// applyOther applies the events that are not about messages.
func (in *Intake) applyOther(ctx context.Context, tx store.Tx, orgID id.ID, e event) error {
	switch what := e.what.(type) {
	case *cloudapi.IncomingMessage: // of type system
		return in.identityChanged(ctx, tx, orgID, what)
	case *cloudapi.UserIDUpdate:
		return in.learnTogether(ctx, tx, orgID, contact.Sighting{Phone: what.WaID, BSUID: what.OldUserID}, contact.Sighting{Phone: what.WaID, BSUID: what.NewUserID, ParentBSUID: what.ParentUserID})
	case *cloudapi.UserPreference:
		return in.preference(ctx, tx, orgID, what)
	case *cloudapi.TemplateStatus:
		return in.Templates.SetState(ctx, tx, orgID, e.waba, what.Name, what.Language, what.Event)
	case *cloudapi.TemplateCategory:
		return in.Templates.SetCategory(ctx, tx, orgID, e.waba, what.Name, what.Language, what.NewCategory)
	case *cloudapi.NumberQuality:
		if !e.channel.IsZero() {
			return in.Registry.SetQuality(ctx, tx, orgID, e.channel, what.Event)
		}
		return nil
	case *cloudapi.AccountUpdate:
		in.Log.Warn("Meta reports a change of the account", "organisation", orgID.String(), "event", what.Event)
		return nil
	case *cloudapi.Broken:
		in.Log.Error("a part of a webhook cannot be read; it is kept and can be applied again", "organisation", orgID.String(), "field", what.Field)
		tx.AfterCommit(func() { in.count(func(c *Counts) { c.Poison++ }) })
		return nil
	default:
		field := e.what.Where().Field
		tx.AfterCommit(func() { in.count(func(c *Counts) { c.Unknown[field]++ }) })
		return nil
	}
}

// identityChanged applies a system message: the person has a new number or a
// new business-scoped user ID.
func (in *Intake) identityChanged(ctx context.Context, tx store.Tx, orgID id.ID, m *cloudapi.IncomingMessage) error {
	s := m.Content.System
	before := contact.Sighting{Phone: m.From, BSUID: m.UserID}
	after := contact.Sighting{Phone: s.WaID, BSUID: s.UserID, ParentBSUID: s.ParentUserID}
	switch s.Type {
	case "user_changed_number", "user_changed_user_id":
		return in.learnTogether(ctx, tx, orgID, before, after)
	default:
		return nil
	}
}

// learnTogether teaches that two sightings are one person, if the person is
// known: nobody becomes a contact by changing a number.
func (in *Intake) learnTogether(ctx context.Context, tx store.Tx, orgID id.ID, before, after contact.Sighting) error {
	known, err := in.lookup(ctx, tx, orgID, before.Phone, before.BSUID)
	if err != nil || known == nil || known.Erased {
		return err
	}
	return in.People.Rename(ctx, tx, orgID, known.ID, after)
}

// preference applies what a person chose at WhatsApp about marketing messages.
func (in *Intake) preference(ctx context.Context, tx store.Tx, orgID id.ID, u *cloudapi.UserPreference) error {
	if u.Category != "marketing_messages" || u.Value != "stop" {
		return nil // "resume" and "signup" lift Meta's block; whoever agrees to us tells us so
	}
	p, err := in.lookup(ctx, tx, orgID, u.WaID, u.UserID)
	if err != nil || p == nil {
		return err
	}
	_, err = in.Consents.Withdraw(ctx, tx, orgID, p, optin.Event{Purpose: optin.Marketing, Source: optin.FromMeta, At: u.Timestamp,
		Detail: optin.Detail{Note: "WhatsApp user_preferences: " + u.Value}})
	return ignoreErased(err)
}

func (in *Intake) lookup(ctx context.Context, tx store.Tx, orgID id.ID, phone, bsuid string) (*chat.Known, error) {
	if bsuid != "" {
		if p, err := in.People.ByBSUID(ctx, tx, orgID, bsuid); err != nil || p != nil {
			return p, err
		}
	}
	if phone == "" {
		return nil, nil
	}
	return in.People.ByPhone(ctx, tx, orgID, phone)
}

func (in *Intake) known(ctx context.Context, tx store.Tx, orgID, person id.ID) (*chat.Known, error) {
	people, err := in.People.GetMany(ctx, tx, orgID, []id.ID{person})
	return people[person], err
}
