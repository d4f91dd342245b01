package intake

import (
	"context"
	"encoding/json"
	"fmt"
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
)

// spoken is what a person said with a message, whatever carries her words.
type spoken struct {
	words  []string // as she wrote them, or read them on what she tapped
	codes  []string // what stands behind what she tapped, and she did not see
	source string   // keyword | button
	// aside: the words come along with something else. They can take back what
	// we may do, and ask for nothing: "Daten" below a file is its title.
	aside bool
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
		return spoken{words: []string{c.Order.Text}, source: "keyword", aside: true}
	case media != nil:
		return spoken{words: []string{media.Caption}, source: "keyword", aside: true}
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
		return spoken{words: texts(form), source: "keyword", aside: true}
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
		for _, one := range v {
			all = append(all, texts(one)...)
		}
	}
	return all
}

// meaning is what the words ask for. What she did not see can only end
// something.
func (s spoken) meaning(o *org.Settings) keyword.Meaning {
	set := keyword.Set{Stop: o.StopWords, Start: o.StartWords}
	for _, w := range s.words {
		if m := set.Match(w); m.Ends() || m != keyword.None && !s.aside {
			return m
		}
	}
	for _, code := range s.codes {
		if m := set.Match(code); m.Ends() {
			return m
		}
	}
	return keyword.None
}

// said is what the person said with a message, or by changing one.
func (m arrival) said() spoken {
	s := said(m.in.Body.Content)
	s.aside = s.aside || m.edited
	return s
}

// heard is when words take their turn among what is said about consent: in the
// order in which they first reached us, whenever they claim to be written. What
// is taken back ends what is granted by then.
func (m arrival) heard() time.Time { return m.from.received }

// keyword acts on STOP, STOP WERBUNG and START, written or tapped.
func (in *Intake) keyword(ctx context.Context, tx store.Tx, orgID id.Org, s *org.Settings, p *chat.Known, m arrival, message id.Message) error {
	said := m.said()
	var texts org.Texts
	var errand gate.Errand
	var news bool
	var err error
	switch meaning := said.meaning(s); meaning {
	case keyword.Access, keyword.Erase:
		return in.right(ctx, tx, orgID, p, m, meaning)
	case keyword.Marketing:
		answer, err := in.Listener.EndAdvertising(ctx, tx, orgID, p, said.source, optin.Heard{Message: message, At: m.heard()})
		return in.answer(ctx, tx, orgID, p, m, answer, ignoreErased(err))
	case keyword.Stop:
		texts, errand = s.Stopped, gate.ErrandOptOutConfirmation
		news, err = in.Consents.Stop(ctx, tx, orgID, p, said.source, message, m.heard())
	case keyword.Start:
		texts, errand = s.Started, gate.ErrandOptInConfirmation
		news, err = in.Consents.Start(ctx, tx, orgID, p, said.source, message, m.heard())
	default:
		return in.listen(ctx, tx, orgID, p, m, message, said)
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
		if m.said().meaning(&o.Settings) == keyword.None {
			continue
		}
		people, err := in.People.Resolve(ctx, tx, b.org, []contact.Sighting{m.seen})
		if err != nil {
			return err
		}
		if err := in.keyword(ctx, tx, b.org, &o.Settings, people[0], m, applied[i].Message.ID); err != nil {
			return fmt.Errorf("act on a keyword in a changed message: %w", err)
		}
	}
	return nil
}

// listen acts on a yes, a code or the mark of a link.
func (in *Intake) listen(ctx context.Context, tx store.Tx, orgID id.Org, p *chat.Known, m arrival, message id.Message, said spoken) error {
	if said.aside {
		return nil
	}
	words := append(said.codes, said.words...)
	answer, err := in.Listener.Heard(ctx, tx, orgID, p, optin.Heard{Words: words, Tapped: said.source == "button", Message: message, At: m.heard()})
	return in.answer(ctx, tx, orgID, p, m, answer, ignoreErased(err))
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
