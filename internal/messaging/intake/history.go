package intake

import (
	"context"
	"fmt"
	"strings"
	"time"

	"einklang/internal/account/org"
	"einklang/internal/engine/cloudapi"
	"einklang/internal/engine/store"
	"einklang/internal/messaging/conversation"
	"einklang/internal/person/chat"
	"einklang/internal/person/contact"
	"einklang/internal/rule/id"
	"einklang/internal/rule/keyword"
)

// history takes over the chats of the WhatsApp Business app, if the organisation
// asks for them: as history, with the times that they have. No consent, window,
// matter or notification follows (privacy.md S19).
func (in *Intake) history(ctx context.Context, tx store.Tx, orgID id.Org, e event, h *cloudapi.History) error {
	o, err := in.Registry.Get(ctx, tx, orgID)
	if err != nil {
		return err
	}
	if !o.Settings.History || e.channel.IsZero() {
		return in.discarded(ctx, tx, orgID, thrownChats, len(h.Threads), e.received)
	}
	for _, t := range h.Threads {
		if err := in.takeOver(ctx, tx, o, e, t); err != nil {
			return fmt.Errorf("take over a chat of the app: %w", err)
		}
	}
	return nil
}

// takeOver adds one chat. An erased person is not brought back by it.
func (in *Intake) takeOver(ctx context.Context, tx store.Tx, o org.Org, e event, t cloudapi.HistoryThread) error {
	past := pastOf(t, e.received)
	if len(past) == 0 || t.Phone == "" && t.UserID == "" {
		return nil
	}
	for kind, value := range map[string]string{"phone": t.Phone, "bsuid": t.UserID} {
		if value == "" {
			continue
		}
		erased, err := in.Graves.Erased(ctx, tx, o.ID, kind, value)
		if err != nil {
			return err
		}
		if erased {
			return in.discarded(ctx, tx, o.ID, thrownChats, 1, e.received)
		}
	}
	people, err := in.People.Resolve(ctx, tx, o.ID, []contact.Sighting{{Phone: t.Phone, FromMeta: true, BSUID: t.UserID, At: lastSeen(past)}})
	if err != nil {
		return err
	}
	p := people[0]
	if p.Erased || p.Keys == nil {
		return nil
	}
	if n, err := in.Threads.AddHistory(ctx, tx, o.ID, e.channel, conversation.Writer{Contact: p.ID, Keys: p.Keys}, past); err != nil || n == 0 {
		return err
	}
	return in.saidBefore(ctx, tx, o, p, past)
}

// pastOf are the messages of a chat that can be shown. A time that can't be is
// that of the receipt.
func pastOf(t cloudapi.HistoryThread, received time.Time) (past []conversation.Past) {
	for _, m := range t.Messages {
		if m.Content.Reaction != nil || m.Content.System != nil {
			continue
		}
		at := m.Timestamp
		if at.IsZero() || at.After(received.Add(ahead)) {
			at = received
		}
		past = append(past, conversation.Past{WAMID: m.ID, Outgoing: m.Outgoing, Body: chat.Body{Content: m.Content}, At: at})
	}
	return past
}

// lastSeen is when a chat shows last who had its number: with her last message, or
// else with ours.
func lastSeen(past []conversation.Past) time.Time {
	var hers, ours time.Time
	for _, m := range past {
		switch {
		case m.Outgoing && m.At.After(ours):
			ours = m.At
		case !m.Outgoing && m.At.After(hers):
			hers = m.At
		}
	}
	if hers.IsZero() {
		return ours
	}
	return hers
}

// saidBefore hears what old messages of hers said last about messages and
// advertising. A STOP counts; if she agreed to something after it, somebody
// decides. Wherever she asked for her data or their erasure, a case is opened.
// Nobody answers it by itself.
func (in *Intake) saidBefore(ctx context.Context, tx store.Tx, o org.Org, p *chat.Known, past []conversation.Past) error {
	var last time.Time
	var meaning keyword.Meaning
	for _, m := range past {
		if m.Outgoing {
			continue
		}
		spoken := said(m.Body.Content)
		heard := spoken.hear(&o.Settings)
		if _, err := in.Rights.AskedPast(ctx, tx, o.ID, p, heard.Meaning, strings.Join(spoken.words, "\n"), m.At); err != nil {
			return err
		}
		for _, what := range []keyword.Meaning{heard.Also, heard.Meaning} {
			if !m.At.Before(last) && (what.Ends() || what == keyword.Start) {
				last, meaning = m.At, what
			}
		}
	}
	if !meaning.Ends() {
		return nil
	}
	_, _, err := in.Listener.ObeyPast(ctx, tx, o.ID, p, meaning, last)
	return ignoreErased(err)
}
