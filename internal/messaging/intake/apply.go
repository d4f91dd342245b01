package intake

import (
	"context"
	"fmt"
	"time"

	"einklang/internal/engine/cloudapi"
	"einklang/internal/engine/store"
	"einklang/internal/engine/vault"
	"einklang/internal/messaging/conversation"
	"einklang/internal/person/chat"
	"einklang/internal/person/contact"
	"einklang/internal/rule/id"
	"einklang/internal/rule/pii"
)

// batch is the events of one organisation, sorted by what they need.
type batch struct {
	pii.Personal
	org      id.Org
	messages []arrival
	changes  []conversation.Change
	words    []arrival // of messages without an id
	others   []event
	edits    map[int]arrival // by the place of the change: who edited, and to what
	named    map[int]named   // by the place of the change: how a status names the recipient
	events   int64
}

// named is whom a status names, and when we first heard it.
type named struct {
	contact.Sighting
	received time.Time
}

// arrival is a message and who wrote it.
type arrival struct {
	pii.Personal
	from    *payload
	channel id.Channel
	seen    contact.Sighting
	in      conversation.Incoming
	edited  bool // the words come with a change of an earlier message
	gone    bool // its deletion was here before it
	bare    bool // without an id: heard again, it could not be told from the first time
}

// applyAll stores the payloads of one organisation and applies their events:
// first people and messages, then what speaks of messages, then the rest. The
// order in which they came does not matter.
func (in *Intake) applyAll(ctx context.Context, tx store.Tx, orgID id.Org, parts []*payload) error {
	keys, err := in.Vault.Org(ctx, tx, orgID)
	if err != nil {
		return err
	}
	if parts, err = in.unseen(ctx, tx, orgID, keys, parts); err != nil || len(parts) == 0 {
		return err
	}
	b := in.sort(orgID, parts)
	people, added, err := in.applyMessages(ctx, tx, b)
	if err != nil {
		return err
	}
	rings := owners(b, people)
	if err := in.keep(ctx, tx, orgID, keys, parts, rings); err != nil {
		return err
	}
	if err := in.index(ctx, tx, keys, b, rings); err != nil {
		return err
	}
	if err := in.eraseLate(ctx, tx, keys, b, added); err != nil {
		return err
	}
	if err := in.applyChanges(ctx, tx, b); err != nil {
		return err
	}
	if err := in.hearUnnumbered(ctx, tx, b); err != nil {
		return err
	}
	for _, e := range b.others {
		if err := in.applyOther(ctx, tx, orgID, e); err != nil {
			return err
		}
	}
	tx.AfterCommit(func() {
		in.count(func(c *Counts) { c.Payloads += int64(len(parts)); c.Events += b.events })
	})
	return nil
}

// sort puts each event where it belongs.
func (in *Intake) sort(orgID id.Org, parts []*payload) *batch {
	b := &batch{org: orgID, edits: map[int]arrival{}, named: map[int]named{}}
	for _, p := range parts {
		for _, e := range p.events {
			b.events++
			e.received = p.received
			switch what := e.what.(type) {
			case *cloudapi.IncomingMessage:
				b.message(p, e, what)
			case *cloudapi.Unnumbered:
				b.unnumbered(p, e, &what.IncomingMessage)
			case *cloudapi.Echo:
				b.echo(p, e, what)
			case *cloudapi.Status:
				b.status(p, e.channel, what)
			case *cloudapi.CallEvent:
				b.call(p, e, what)
			default:
				b.others = append(b.others, e)
			}
		}
	}
	return b
}

func (b *batch) message(p *payload, e event, m *cloudapi.IncomingMessage) {
	at := dated(m.Timestamp, p.received)
	switch {
	case m.GroupID != "":
		b.group(e)
	case m.Edit != nil:
		b.edits[len(b.changes)] = arrival{from: p, channel: e.channel, seen: sighting(m, at), edited: true,
			in: conversation.Incoming{Channel: e.channel, At: at, Body: chat.Body{Content: m.Edit.Content}}}
		b.changes = append(b.changes, conversation.Change{Kind: conversation.EditChange, WAMID: m.Edit.OriginalID, At: at, Content: m.Edit.Content})
	case m.Revoke != nil:
		b.changes = append(b.changes, conversation.Change{Kind: conversation.RevokeChange, WAMID: m.Revoke.OriginalID, At: at})
	case m.Content.Reaction != nil:
		b.changes = append(b.changes, conversation.Change{Kind: conversation.ReactionChange, WAMID: m.Content.Reaction.MessageID, At: at, Emoji: m.Content.Reaction.Emoji})
	case m.Content.System != nil:
		b.others = append(b.others, e)
	default:
		b.messages = append(b.messages, arrival{from: p, channel: e.channel, seen: sighting(m, at), in: conversation.Incoming{
			Channel: e.channel, WAMID: m.ID, At: at, Received: p.received,
			Body: chat.Body{Content: m.Content, Quoted: m.ContextID, Forwarded: m.Forwarded || m.FrequentlyForwarded, Referral: m.Referral, Product: m.Product},
		}})
	}
}

// unnumbered is a message without an id: what speaks of another message, or of
// the person, applies; the rest is heard for its words alone.
func (b *batch) unnumbered(p *payload, e event, m *cloudapi.IncomingMessage) {
	if m.GroupID != "" || m.Edit != nil || m.Revoke != nil || m.Content.Reaction != nil || m.Content.System != nil {
		e.what = m
		b.message(p, e, m)
		return
	}
	at := dated(m.Timestamp, p.received)
	b.words = append(b.words, arrival{from: p, channel: e.channel, seen: sighting(m, at), bare: true,
		in: conversation.Incoming{Channel: e.channel, At: at, Body: chat.Body{Content: m.Content}}})
}

// groupMessage is under what a message in a group is counted.
const groupMessage = "group_message"

// group counts a message in a group. Its participants have not agreed to
// anything (S2): it is not read, whoever wrote it, and makes nobody known.
func (b *batch) group(e event) {
	b.others = append(b.others, event{channel: e.channel, what: &cloudapi.Group{Head: cloudapi.Head{Field: groupMessage}}, received: e.received})
}

// call is a telephone call. It stands in the conversation as an event, once,
// whatever is heard of it and in which order.
func (b *batch) call(p *payload, e event, c *cloudapi.CallEvent) {
	at := dated(c.Timestamp, p.received)
	known := c.Call
	b.messages = append(b.messages, arrival{from: p, channel: e.channel,
		seen: contact.Sighting{Phone: c.Phone, FromMeta: true, BSUID: c.UserID, ParentBSUID: c.ParentUserID, Name: c.Name, At: at},
		in: conversation.Incoming{Channel: e.channel, WAMID: c.ID, At: at, Received: p.received, Echo: c.Outgoing, Event: true,
			Body: chat.Body{Content: cloudapi.Content{Type: cloudapi.TypeCall, Call: &known}}}})
	b.changes = append(b.changes, conversation.Change{Kind: conversation.CallChange, WAMID: c.ID, At: at, Call: c.Call})
}

func sighting(m *cloudapi.IncomingMessage, at time.Time) contact.Sighting {
	number := m.From
	if number == "" {
		number = m.Content.OwnNumber() // what she shared at our request is hers
	}
	return contact.Sighting{Phone: number, FromMeta: true, BSUID: m.UserID, ParentBSUID: m.ParentUserID, Name: m.Name, Username: m.Username, At: at, Wrote: true}
}

// echo is what our staff wrote in the WhatsApp Business app on a number that
// is used in both ways, or Meta's agent in our place.
func (b *batch) echo(p *payload, e event, m *cloudapi.Echo) {
	at := dated(m.Timestamp, p.received)
	switch {
	case m.GroupID != "":
		b.group(e)
	case m.Revoke != nil:
		b.changes = append(b.changes, conversation.Change{Kind: conversation.RevokeChange, WAMID: m.Revoke.OriginalID, At: at, Ours: true})
	case m.Edit != nil:
		b.changes = append(b.changes, conversation.Change{Kind: conversation.EditChange, WAMID: m.Edit.OriginalID, At: at, Content: m.Edit.Content, Ours: true})
	case m.Content.Reaction != nil:
		b.changes = append(b.changes, conversation.Change{Kind: conversation.ReactionChange, WAMID: m.Content.Reaction.MessageID, At: at, Emoji: m.Content.Reaction.Emoji, Ours: true})
	default:
		b.messages = append(b.messages, arrival{from: p, channel: e.channel, seen: contact.Sighting{Phone: m.To, FromMeta: true, BSUID: m.ToUserID, At: at},
			in: conversation.Incoming{Channel: e.channel, WAMID: m.ID, At: at, Echo: true, MetaAI: m.Agent, Body: chat.Body{Content: m.Content}}})
	}
}

func (b *batch) status(p *payload, channel id.Channel, s *cloudapi.Status) {
	if s.GroupID != "" {
		return
	}
	c := conversation.Change{Kind: conversation.StatusChange, Channel: channel, WAMID: s.ID, Opaque: s.Opaque, At: dated(s.Timestamp, p.received), State: chat.State(s.Status)}
	if decisive, failed := cloudapi.Decisive(s.Errors); failed {
		c.ErrorCode = int(decisive.Code)
	}
	b.named[len(b.changes)] = named{contact.Sighting{Phone: s.RecipientID, FromMeta: true, BSUID: s.RecipientUserID, ParentBSUID: s.RecipientParentUserID, At: c.At}, p.received}
	b.changes = append(b.changes, c)
}

// applyMessages finds the people, stores the messages and does what follows
// from them.
func (in *Intake) applyMessages(ctx context.Context, tx store.Tx, b *batch) ([]*chat.Known, []conversation.Added, error) {
	if len(b.messages) == 0 {
		return nil, nil, nil
	}
	seen := make([]contact.Sighting, len(b.messages))
	for i, m := range b.messages {
		seen[i] = m.seen
	}
	people, err := in.People.Resolve(ctx, tx, b.org, seen)
	if err != nil {
		return nil, nil, err
	}
	all := make([]conversation.Incoming, len(b.messages))
	for i := range b.messages {
		all[i] = b.messages[i].in
		all[i].Writer = conversation.Writer{Contact: people[i].ID, Keys: people[i].Keys}
	}
	added, err := in.Threads.AddIncoming(ctx, tx, b.org, all)
	if err != nil {
		return nil, nil, fmt.Errorf("store incoming messages: %w", err)
	}
	return people, added, in.follow(ctx, tx, b, people, added)
}

// owners says whose key seals which payload: a payload about one person is
// hers.
func owners(b *batch, people []*chat.Known) map[*payload]*vault.Keyring {
	rings := map[*payload]*vault.Keyring{}
	shared := map[*payload]bool{}
	for i, m := range b.messages {
		switch ring := rings[m.from]; {
		case ring == nil && !shared[m.from]:
			rings[m.from] = people[i].Keys
		case ring != nil && ring.Owner() != people[i].ID:
			delete(rings, m.from)
			shared[m.from] = true
		}
	}
	return rings
}

// applyChanges applies statuses, reactions, edits and deletions.
func (in *Intake) applyChanges(ctx context.Context, tx store.Tx, b *batch) error {
	applied, err := in.Threads.Apply(ctx, tx, b.org, b.changes)
	if err != nil {
		return err
	}
	var resolved, disproved []chat.Message
	for i, a := range applied {
		c := b.changes[i]
		if c.Kind == conversation.RevokeChange && !a.Message.ID.IsZero() {
			if err := in.eraseRevoked(ctx, tx, b.org, a.Message.Contact, c.WAMID); err != nil {
				return err
			}
		}
		if c.Kind != conversation.StatusChange {
			continue
		}
		if c.ErrorCode == codeStoppedMarketing {
			if err := in.stoppedMarketing(ctx, tx, b.org, a.Message.Contact, b.named[i].Sighting, b.named[i].received); err != nil {
				return err
			}
		}
		switch {
		case !a.Moved:
		case a.Before == chat.Failed:
			disproved = append(disproved, a.Message)
		case a.Before.OnTheWay() || a.Message.State == chat.Failed:
			resolved = append(resolved, a.Message)
		}
	}
	if err := in.learn(ctx, tx, b, applied); err != nil {
		return err
	}
	if err := in.hearEdits(ctx, tx, b, applied); err != nil {
		return err
	}
	if err := in.hearReactions(ctx, tx, b, applied); err != nil {
		return err
	}
	if err := in.Outbox.Disproved(ctx, tx, b.org, disproved); err != nil {
		return err
	}
	return in.Outbox.Resolved(ctx, tx, b.org, resolved)
}
