package intake

import (
	"context"
	"errors"
	"fmt"
	"time"

	"einklang/internal/account/org"
	"einklang/internal/consent/optin"
	"einklang/internal/engine/cloudapi"
	"einklang/internal/engine/store"
	"einklang/internal/messaging/conversation"
	"einklang/internal/person/chat"
	"einklang/internal/person/contact"
	"einklang/internal/rule/id"
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
		if !a.New && !a.Understood || m.in.Event {
			continue
		}
		if settings == nil {
			o, err := in.Registry.Get(ctx, tx, b.org)
			if err != nil {
				return err
			}
			settings = &o.Settings
		}
		if a.Revoked {
			if err := in.hearGone(ctx, tx, b.org, settings, people[i], m, a.Message); err != nil {
				return err
			}
			continue
		}
		if media := m.in.Body.Content.Media(); media != nil && (media.ID != "" || media.URL != "") {
			wanted = append(wanted, chat.Wanted{Message: a.Message, Contact: people[i].ID, Channel: m.channel, Keys: people[i].Keys, Media: *media})
		}
		if m.in.Echo {
			continue
		}
		opened := !a.OpenedMatter.IsZero()
		if opened {
			matters = append(matters, optin.Matter{ID: a.OpenedMatter, Contact: people[i].ID, Message: a.Message, At: m.in.At})
		}
		if opened && settings.Arrivals != nil {
			if err := in.Desk.Arrived(ctx, tx, *settings, b.org, m.channel, a.Conversation, people[i].ID); err != nil {
				return fmt.Errorf("give a new conversation to somebody: %w", err)
			}
		}
		said := m.hear(settings)
		if err := in.keyword(ctx, tx, b.org, settings, people[i], m, said, a.Message); err != nil {
			return fmt.Errorf("act on a keyword: %w", err)
		}
		if people[i].Flags.OptedOut && !said.Smells() {
			if err := in.Consents.WroteAgain(ctx, tx, b.org, people[i].ID, m.since(), m.in.At); err != nil {
				return fmt.Errorf("note that somebody wrote after a STOP: %w", err)
			}
		}
	}
	if err := in.Files.Want(ctx, tx, b.org, wanted...); err != nil {
		return err
	}
	return in.Consents.Initiated(ctx, tx, b.org, matters...)
}

// hearGone listens to a message whose deletion was here before it: she has said it,
// in whichever order the two come. It allows nothing.
func (in *Intake) hearGone(ctx context.Context, tx store.Tx, orgID id.Org, s *org.Settings, p *chat.Known, m arrival, message id.Message) error {
	if m.in.Echo {
		return nil
	}
	m.gone = true
	if err := in.keyword(ctx, tx, orgID, s, p, m, m.hear(s), message); err != nil {
		return fmt.Errorf("act on a keyword in a deleted message: %w", err)
	}
	return nil
}

// stoppedMarketing withdraws what a person ended at WhatsApp: of the message
// whose status says so or, where that is not ours or not there yet, of whom the
// status names, also if nobody is known by that yet.
func (in *Intake) stoppedMarketing(ctx context.Context, tx store.Tx, orgID id.Org, person id.Person, named contact.Sighting, received time.Time) error {
	found, err := in.known(ctx, tx, orgID, person)
	if err == nil && found == nil {
		found, err = in.lookup(ctx, tx, orgID, named.Phone, named.BSUID)
	}
	stop := choice{word: wordStop, at: received, received: received, failed: true}
	switch {
	case err != nil:
		return err
	case found == nil:
		return in.early(ctx, tx, orgID, named.Phone, named.BSUID, stop)
	default:
		return in.chose(ctx, tx, orgID, found, stop)
	}
}

func ignoreErased(err error) error {
	if errors.Is(err, optin.ErrErased) {
		return nil
	}
	return err
}

// applyOther applies the events that are not about messages.
func (in *Intake) applyOther(ctx context.Context, tx store.Tx, orgID id.Org, e event) error {
	switch what := e.what.(type) {
	case *cloudapi.IncomingMessage: // of type system
		return in.identityChanged(ctx, tx, orgID, what, e.received)
	case *cloudapi.UserIDUpdate:
		return in.changed(ctx, tx, orgID, contact.Change{At: e.received, Before: []contact.Sighting{{BSUID: what.OldUserID}},
			After: contact.Sighting{Phone: what.WaID, FromMeta: true, BSUID: what.NewUserID, ParentBSUID: what.ParentUserID}})
	case *cloudapi.UserPreference:
		return in.preference(ctx, tx, orgID, what, e.received)
	case *cloudapi.TemplateStatus:
		return in.Templates.SetState(ctx, tx, orgID, e.waba, what.Name, what.Language, what.Event)
	case *cloudapi.TemplateCategory:
		return in.Templates.SetCategory(ctx, tx, orgID, e.waba, what.Name, what.Language, what.NewCategory)
	case *cloudapi.NumberQuality:
		return in.Registry.Said(ctx, tx, orgID, e.channel, org.Word{Event: what.Event, Limit: what.Limit(), At: e.received})
	case *cloudapi.BusinessCapability:
		if what.PerDay == "" {
			return nil
		}
		return in.Registry.LimitSaid(ctx, tx, orgID, e.waba, what.PerDay, e.received)
	case *cloudapi.AccountUpdate:
		return in.accountUpdate(ctx, tx, orgID, e, what)
	case *cloudapi.AppState:
		return in.discarded(ctx, tx, orgID, thrownContacts, what.Contacts, e.received)
	case *cloudapi.History:
		return in.history(ctx, tx, orgID, e, what)
	case *cloudapi.Group:
		in.countUnknown(tx, what.Field)
		if what.Field != groupMessage {
			return nil
		}
		return in.discarded(ctx, tx, orgID, thrownGroup, 1, e.received)
	case *cloudapi.Broken:
		in.Log.Error("a part of a webhook cannot be read; it is kept and can be applied again", "organisation", orgID.String(), "field", what.Field)
		tx.AfterCommit(func() { in.count(func(c *Counts) { c.Poison++ }) })
		return nil
	default:
		in.countUnknown(tx, e.what.Where().Field)
		return nil
	}
}

func (in *Intake) countUnknown(tx store.Tx, field string) {
	tx.AfterCommit(func() { in.count(func(c *Counts) { c.Unknown[field]++ }) })
}

// accountUpdate notes what Meta says of the business account, and stops what may
// not go on.
func (in *Intake) accountUpdate(ctx context.Context, tx store.Tx, orgID id.Org, e event, u *cloudapi.AccountUpdate) error {
	standing, until := u.Standing()
	in.Log.Warn("Meta reports a change of the account", "organisation", orgID.String(), "event", u.Event)
	switch standing {
	case cloudapi.StandingLimited, cloudapi.StandingStopped:
		return in.Registry.AccountSaid(ctx, tx, orgID, e.waba, org.Word{Event: u.Event, At: e.received, Until: until}, standing == cloudapi.StandingStopped)
	case cloudapi.StandingRecovered:
		return in.Registry.AccountRecovered(ctx, tx, orgID, e.waba, e.received)
	default:
		return nil
	}
}

// preference applies what a person chose at WhatsApp about marketing messages.
// Nobody becomes known by it, and nobody consents by it. What names nobody whom we
// know waits until we do, see early.
func (in *Intake) preference(ctx context.Context, tx store.Tx, orgID id.Org, u *cloudapi.UserPreference, received time.Time) error {
	if u.Category != "marketing_messages" {
		return nil
	}
	p, err := in.lookup(ctx, tx, orgID, u.WaID, u.UserID)
	if err != nil {
		return err
	}
	c := choice{word: u.Value, at: dated(u.Timestamp, received), received: received}
	switch {
	case u.Value == "signup" && p != nil:
		in.Log.Warn("Meta reports a sign-up for marketing messages, which is no consent in the EEA", "organisation", orgID.String())
		return ignoreErased(in.Consents.MetaSignup(ctx, tx, orgID, p, optin.Event{Source: optin.FromMeta, At: c.at, Detail: optin.Detail{Note: "WhatsApp user_preferences: signup"}}))
	case u.Value != wordStop && u.Value != wordResume:
		return nil
	case p == nil:
		return in.early(ctx, tx, orgID, u.WaID, u.UserID, c)
	default:
		return in.chose(ctx, tx, orgID, p, c)
	}
}

func (in *Intake) lookup(ctx context.Context, tx store.Tx, orgID id.Org, phone, bsuid string) (*chat.Known, error) {
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

func (in *Intake) known(ctx context.Context, tx store.Tx, orgID id.Org, person id.Person) (*chat.Known, error) {
	people, err := in.People.GetMany(ctx, tx, orgID, []id.Person{person})
	return people[person], err
}
