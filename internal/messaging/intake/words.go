package intake

import (
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"einklang/internal/account/org"
	"einklang/internal/consent/optin"
	"einklang/internal/engine/cloudapi"
	"einklang/internal/engine/store"
	"einklang/internal/messaging/conversation"
	"einklang/internal/messaging/outbox"
	"einklang/internal/person/chat"
	"einklang/internal/person/contact"
	"einklang/internal/rule/gate"
	"einklang/internal/rule/id"
	"einklang/internal/rule/keyword"
	"einklang/internal/rule/pii"
)

// spoken is what a person said with a message, whatever carries her words.
type spoken struct {
	pii.Personal
	words  []string // as she wrote them, or read them on what she tapped
	codes  []string // what stands behind what she tapped, and she did not see
	source string   // keyword | button
	// aside: the words come along with something else, or in the place of others.
	// They can end what we may do, ask for what is her right and make us ask; they
	// allow nothing.
	aside  bool
	titled bool // they may be the title of what they come with: "Daten" below a file
	form   bool // they answer questions that we do not see
}

// said hears every carrier of words. Echoes are not passed to it: they are the
// words of staff.
func said(c cloudapi.Content) spoken {
	media := c.Media()
	switch {
	case c.Text != nil:
		return spoken{words: []string{c.Text.Body}, source: "keyword"}
	case c.Button != nil:
		return spoken{words: []string{c.Button.Text}, codes: []string{c.Button.Payload}, source: "button"}
	case c.Interactive != nil:
		return chosen(c.Interactive)
	case c.Order != nil:
		return spoken{words: []string{c.Order.Text}, source: "keyword", aside: true, titled: true}
	case media != nil:
		return spoken{words: []string{media.Caption}, source: "keyword", aside: true, titled: true}
	case c.Unsupported != nil:
		return spoken{words: c.Unsupported.Words, source: "keyword", aside: true, titled: true, form: true}
	default:
		return spoken{}
	}
}

// chosen are the words of a button, of a row of a list or of a form.
func chosen(i *cloudapi.Interactive) spoken {
	switch {
	case i.ButtonReply != nil:
		return spoken{words: []string{i.ButtonReply.Title}, codes: []string{i.ButtonReply.ID}, source: "button"}
	case i.ListReply != nil:
		return spoken{words: []string{i.ListReply.Title, i.ListReply.Description}, codes: []string{i.ListReply.ID}, source: "button"}
	case i.NfmReply != nil:
		var form any
		if json.Unmarshal([]byte(i.NfmReply.ResponseJSON), &form) != nil {
			return spoken{}
		}
		return spoken{words: texts(form), source: "keyword", aside: true, titled: true, form: true}
	default:
		return spoken{}
	}
}

// texts are the strings in read JSON, wherever they stand: the answers of a
// form, the identities in a webhook. A number that is read as it is written is
// one, too: some write identities so.
func texts(form any) (all []string) {
	switch v := form.(type) {
	case string:
		return []string{v}
	case json.Number:
		return []string{v.String()}
	case []any:
		for _, one := range v {
			all = append(all, texts(one)...)
		}
	case map[string]any:
		for _, name := range slices.Sorted(maps.Keys(v)) {
			all = append(all, texts(v[name])...)
		}
	}
	return all
}

// hear is what the words ask for, all taken together. What she did not see can
// only end something.
func (s spoken) hear(o *org.Settings) keyword.Said {
	set := o.Words()
	var all keyword.Said
	for _, w := range s.words {
		said := set.Hear(w)
		if !s.counts(w, said.Meaning) {
			said = keyword.Said{Meaning: said.Also, Locale: said.Locale}
		}
		all = all.With(said)
	}
	for _, code := range s.codes {
		if said := set.Hear(code); said.Meaning.Ends() {
			all = all.With(said)
		}
	}
	return all
}

// counts reports whether words mean what they mean by themselves where they stand.
func (s spoken) counts(words string, meaning keyword.Meaning) bool {
	few := len(strings.Fields(words)) < 3
	switch meaning {
	case keyword.Start:
		return !s.aside
	case keyword.Access:
		return !s.titled || !few // "Meine Daten" is a title
	case keyword.Erase, keyword.Ask:
		return !s.form || !few // "nicht mehr" is an answer, "delete" the name of one
	default:
		return true
	}
}

// said is what the person said with a message, or by changing one.
func (m arrival) said() spoken {
	s := said(m.in.Body.Content)
	s.aside = s.aside || m.edited || m.gone
	return s
}

// hearing is what a person said with a message, and what that asks for: found
// once for all who act on it.
type hearing struct {
	spoken
	keyword.Said
}

func (m arrival) hear(o *org.Settings) hearing {
	s := m.said()
	return hearing{s, s.hear(o)}
}

// heard is when words take their turn among what is said about consent: in the
// order in which they first reached us, whenever they claim to be written.
func (m arrival) heard() time.Time { return m.from.received }

// since is when a message was written, to be compared with a STOP, which counts
// from when it was heard: a moment after what came before it in the same webhook;
// one that was long on its way counts as of its own time.
func (m arrival) since() time.Time {
	if m.heard().Sub(m.in.At) > optin.Prompt {
		return m.in.At
	}
	return m.heard().Add(time.Microsecond)
}

// keyword acts on STOP, STOP WERBUNG, START and what means the same, written or
// tapped.
func (in *Intake) keyword(ctx context.Context, tx store.Tx, orgID id.Org, s *org.Settings, p *chat.Known, m arrival, said hearing, message id.Message) error {
	p.Speaks = said.Locale
	h := optin.Heard{Words: append(said.codes, said.words...), Tapped: said.source == "button", Message: message, At: m.heard(), Written: m.in.At}
	if said.Also.Ends() {
		if _, err := in.Listener.Obey(ctx, tx, orgID, p, said.Also, said.source, h); ignoreErased(err) != nil {
			return err
		}
	}
	switch said.Meaning {
	case keyword.Access, keyword.Erase, keyword.Object:
		return in.right(ctx, tx, orgID, p, m, said.Meaning)
	case keyword.None:
		if said.aside {
			return nil
		}
		answer, err := in.Listener.Heard(ctx, tx, orgID, p, h) // a yes, a code or the mark of a link
		return in.answer(ctx, tx, orgID, p, m, answer, ignoreErased(err))
	case keyword.Ask:
		if !said.aside && !m.bare { // the word of a purpose is clear, whatever it smells of
			if answer, err := in.Listener.Heard(ctx, tx, orgID, p, h); err != nil || answer != "" {
				return in.answer(ctx, tx, orgID, p, m, answer, ignoreErased(err))
			}
		}
	default:
	}
	done, err := in.Listener.Obey(ctx, tx, orgID, p, said.Meaning, said.source, h)
	if err = ignoreErased(err); err != nil {
		return err
	}
	switch done.What {
	case optin.EndedAll:
		return in.confirm(ctx, tx, orgID, p, m, in.Rights.SaidStop, gate.ErrandOptOutConfirmation)
	case optin.StartedAgain:
		return in.confirm(ctx, tx, orgID, p, m, in.Rights.SaidStart, gate.ErrandOptInConfirmation)
	default:
		return in.answer(ctx, tx, orgID, p, m, done.Answer, nil)
	}
}

// confirmation are the words that confirm what a person said.
type confirmation = func(ctx context.Context, r store.Reader, o org.Org, p *chat.Known) (string, error)

// confirm says once that a STOP or a START was heard.
func (in *Intake) confirm(ctx context.Context, tx store.Tx, orgID id.Org, p *chat.Known, m arrival, says confirmation, errand gate.Errand) error {
	o, err := in.Registry.Get(ctx, tx, orgID)
	if err != nil {
		return err
	}
	text, err := says(ctx, tx, o, p)
	if err != nil {
		return err
	}
	q, err := in.Outbox.Enqueue(ctx, tx, outbox.Draft{Org: orgID, Contact: p.ID, Channel: m.channel, Origin: chat.FromDuty,
		Content: cloudapi.Content{Type: cloudapi.TypeText, Text: &cloudapi.Text{Body: text}},
		Request: replyRequest(errand, string(errand))})
	if err != nil || q.Message.IsZero() || errand != gate.ErrandOptOutConfirmation {
		return err
	}
	return in.Consents.Confirmed(ctx, tx, orgID, p.ID)
}

// hearReactions listens to what people put below our question for consent: there
// a thumb down is an answer, anywhere else it is none.
func (in *Intake) hearReactions(ctx context.Context, tx store.Tx, b *batch, applied []conversation.Applied) error {
	for i, a := range applied {
		c := b.changes[i]
		if c.Kind != conversation.ReactionChange || c.Ours || a.Message.ID.IsZero() || !a.Message.Outgoing || !optin.SaysNo(c.Emoji) {
			continue
		}
		p, err := in.known(ctx, tx, b.org, a.Message.Contact)
		if err != nil {
			return err
		}
		if p == nil {
			continue
		}
		answer, err := in.Listener.Refused(ctx, tx, b.org, p, optin.Heard{Message: a.Message.ID, At: c.At})
		if err := in.answer(ctx, tx, b.org, p, arrival{channel: a.Message.Channel}, answer, ignoreErased(err)); err != nil {
			return err
		}
	}
	return nil
}

// hearEdits listens to what messages were changed to: who changes a message to
// STOP says it.
func (in *Intake) hearEdits(ctx context.Context, tx store.Tx, b *batch, applied []conversation.Applied) error {
	if len(b.edits) == 0 {
		return nil
	}
	o, err := in.Registry.Get(ctx, tx, b.org)
	if err != nil {
		return err
	}
	for i, m := range b.edits {
		said := m.hear(&o.Settings)
		if said.Meaning == keyword.None {
			continue
		}
		people, err := in.People.Resolve(ctx, tx, b.org, []contact.Sighting{m.seen})
		if err != nil {
			return err
		}
		if err := in.keyword(ctx, tx, b.org, &o.Settings, people[0], m, said, applied[i].Message.ID); err != nil {
			return fmt.Errorf("act on a keyword in a changed message: %w", err)
		}
	}
	return nil
}

// hearUnnumbered listens to messages that cannot be kept for want of an id. They
// end things and ask for what is the person's right; a START or a yes would undo,
// if it came again, what she said since. Who asks for nothing becomes nobody known.
func (in *Intake) hearUnnumbered(ctx context.Context, tx store.Tx, b *batch) error {
	if len(b.words) == 0 {
		return nil
	}
	o, err := in.Registry.Get(ctx, tx, b.org)
	if err != nil {
		return err
	}
	for _, m := range b.words {
		said := m.hear(&o.Settings)
		if said.Meaning == keyword.None || said.Meaning == keyword.Start {
			continue
		}
		people, err := in.People.Resolve(ctx, tx, b.org, []contact.Sighting{m.seen})
		if err != nil {
			return err
		}
		if err := in.keyword(ctx, tx, b.org, &o.Settings, people[0], m, said, id.Message{}); err != nil {
			return fmt.Errorf("act on a keyword in a message without an id: %w", err)
		}
	}
	return nil
}

// answer sends what a listener has to say.
func (in *Intake) answer(ctx context.Context, tx store.Tx, orgID id.Org, p *chat.Known, m arrival, answer string, err error) error {
	if err != nil || answer == "" {
		return err
	}
	_, err = in.Outbox.Enqueue(ctx, tx, outbox.Draft{Org: orgID, Contact: p.ID, Channel: m.channel, Origin: chat.FromDuty,
		Content: cloudapi.Content{Type: cloudapi.TypeText, Text: &cloudapi.Text{Body: answer}},
		Request: replyRequest(gate.ErrandOptInConfirmation, "opt_in")})
	return err
}

// right passes on that a person wants her data or their erasure, and answers
// her (GDPR Art. 12(2)).
func (in *Intake) right(ctx context.Context, tx store.Tx, orgID id.Org, p *chat.Known, m arrival, what keyword.Meaning) error {
	privacyCase, answer, err := in.Rights.Asked(ctx, tx, orgID, p, what, m.heard())
	if err != nil || answer.Text == "" {
		return err
	}
	request := replyRequest(gate.ErrandPrivacyAnswer, "privacy case")
	request.Case = privacyCase
	draft := outbox.Draft{Org: orgID, Contact: p.ID, Channel: m.channel, Origin: chat.FromDuty, Request: request}
	_, err = in.Outbox.Enqueue(ctx, tx, draft.Say(answer))
	return err
}
