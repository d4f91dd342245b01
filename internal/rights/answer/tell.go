package answer

import (
	"context"

	"einklang/internal/account/org"
	"einklang/internal/engine/cloudapi"
	"einklang/internal/engine/mail"
	"einklang/internal/engine/store"
	"einklang/internal/messaging/outbox"
	"einklang/internal/person/chat"
	"einklang/internal/rights/cases"
	"einklang/internal/rule/gate"
	"einklang/internal/rule/id"
)

// reach is the number from which a person is written to, and whether a window is
// open there: that of her latest conversation or, where she has none, one that is
// in service.
func (x *Answers) reach(ctx context.Context, r store.Reader, orgID id.Org, person id.Person) (at id.Channel, open bool, err error) {
	threads, err := x.Threads.OfContact(ctx, r, orgID, person)
	if err != nil {
		return at, false, err
	}
	if len(threads) > 0 {
		return threads[0].Channel, x.Now().Before(threads[0].WindowEnds), nil
	}
	all, err := x.Orgs.Channels(ctx, r, orgID)
	c, _ := org.InService(all, id.Channel{})
	return c.ID, false, err
}

// Tell sends a person a message about her own request, by WhatsApp or e-mail;
// it reports whether a way was open.
func (x *Answers) Tell(ctx context.Context, tx store.Tx, org id.Org, p *chat.Known, way string, about id.Case, subject string, words chat.Words) (bool, error) {
	return x.tell(ctx, tx, org, p, way, id.ID(about), outbox.Request{Case: about}, subject, words, "")
}

// TellVisitor sends a person who is at the door of the portal, or is said to be,
// what she needs there: a code, or a warning without one. It reports whether a
// way was open.
func (x *Answers) TellVisitor(ctx context.Context, tx store.Tx, org id.Org, p *chat.Known, way, subject string, words chat.Words, code string) (bool, error) {
	return x.tell(ctx, tx, org, p, way, id.ID(p.ID), outbox.Request{Visitor: p.ID}, subject, words, code)
}

// tell sends words about a case or a visitor. Outside the window WhatsApp takes
// only a template; for codes an approved authentication template is looked for.
func (x *Answers) tell(ctx context.Context, tx store.Tx, orgID id.Org, p *chat.Known, way string, about id.ID, request outbox.Request, subject string, words chat.Words, code string) (bool, error) {
	o, err := x.Orgs.Get(ctx, tx, orgID)
	if err != nil {
		return false, err
	}
	if way == "e_mail" || code == "" { // a code stands alone in a conversation
		words.Text, words.Shown = x.signed(o, p, words.Text), x.signed(o, p, words.Shown)
	}
	if way == "e_mail" {
		if p.Profile.Email == "" || !x.Mails.Configured() {
			return false, nil
		}
		return true, x.Mails.Add(ctx, tx, mail.Letter{Org: orgID, Owner: id.ID(p.ID), Kind: "privacy", Ref: about, Until: words.Until, Secret: words.Shown != "", Message: mail.Message{To: p.Profile.Email, Subject: subject, Text: words.Text}})
	}
	channel, open, err := x.reach(ctx, tx, orgID, p.ID)
	if err != nil || channel.IsZero() || !open && code == "" {
		return false, err
	}
	request.Occasion, request.Category, request.Errand, request.AskedBy = gate.SystemDuty, gate.Service, gate.ErrandPrivacyAnswer, "rule privacy case"
	draft := outbox.Draft{Org: orgID, Contact: p.ID, Channel: channel, Origin: chat.FromDuty, Request: request}.Say(words)
	if !open {
		if p.Profile.Phone == "" {
			return false, nil // Cloud API: authentication templates need a phone number (131062)
		}
		c, err := x.Orgs.Channel(ctx, tx, orgID, channel)
		if err != nil {
			return false, err
		}
		filled, found, err := x.Templates.WithCode(ctx, tx, orgID, c.WABA, x.textsFor(p).Locale, code)
		if err != nil || !found {
			return false, err
		}
		draft.Content = cloudapi.Content{Type: cloudapi.TypeTemplate, Template: &filled}
		draft.Secret, draft.Request.Category = nil, gate.Authentication // which hides it
	}
	q, err := x.Outbox.Enqueue(ctx, tx, draft)
	return !q.Message.IsZero(), err
}

// Prove asks a person to show that a request is hers: she gets a link to the
// portal, by a way that is proven to be hers. It reports whether one was open.
func (x *Answers) Prove(ctx context.Context, tx store.Tx, o org.Org, p *chat.Known, way string, about id.Case) (bool, error) {
	if proven, err := x.proven(ctx, tx, o.ID, p, way); err != nil || !proven {
		return false, err // it would prove nothing
	}
	secret, until, err := x.Visits.Invite(ctx, tx, o.ID, p.ID, cases.Way(way), cases.InviteLife)
	if err != nil {
		return false, err
	}
	c := x.textsFor(p)
	words := chat.Words{Text: c.T("case.prove.words", o.Name, x.enterLink(o, secret)), Shown: c.T("case.prove.words", o.Name, c.T("secret.link")), Until: until}
	return x.Tell(ctx, tx, o.ID, p, way, about, c.T("case.prove.subject"), words)
}

// Withdraw ends every consent and everything that is sent (Art. 7(3)), for a
// person who did not say so in a conversation, and confirms it in her latest one
// if that is still open.
func (x *Answers) Withdraw(ctx context.Context, tx store.Tx, org id.Org, p *chat.Known, source string) error {
	news, err := x.Consents.Stop(ctx, tx, org, p, source, id.Message{}, x.Now())
	if err != nil || !news {
		return err
	}
	open, err := x.Threads.OfContact(ctx, tx, org, p.ID)
	if err != nil || len(open) == 0 {
		return err
	}
	o, err := x.Orgs.Get(ctx, tx, org)
	if err != nil {
		return err
	}
	text, err := x.SaidStop(ctx, tx, o, p)
	if err != nil {
		return err
	}
	q, err := x.Outbox.Enqueue(ctx, tx, outbox.Draft{Org: org, Contact: p.ID, Channel: open[0].Channel, Origin: chat.FromDuty,
		Content: cloudapi.Content{Type: cloudapi.TypeText, Text: &cloudapi.Text{Body: text}},
		Request: outbox.Request{Occasion: gate.SystemDuty, Category: gate.Service, Errand: gate.ErrandOptOutConfirmation, AskedBy: "rule stop " + source}})
	if err != nil || q.Message.IsZero() {
		return err // outside the window nothing may be confirmed
	}
	return x.Consents.Confirmed(ctx, tx, org, p.ID)
}
