// Package answer does what people may ask for (GDPR Art. 12 to 21), whoever
// asks: a keyword in the chat, the portal, or staff for them. It opens the case,
// tells the person, lays her package ready, ends consents, and orders an
// erasure.
package answer

import (
	"context"
	"strings"
	"time"

	"einklang/internal/account/org"
	"einklang/internal/consent/optin"
	"einklang/internal/engine/blob"
	"einklang/internal/engine/mail"
	"einklang/internal/engine/store"
	"einklang/internal/messaging/conversation"
	"einklang/internal/messaging/outbox"
	"einklang/internal/messaging/template"
	"einklang/internal/person/chat"
	"einklang/internal/person/contact"
	"einklang/internal/rights/access"
	"einklang/internal/rights/cases"
	"einklang/internal/rights/erasure"
	"einklang/internal/rule/calendar"
	"einklang/internal/rule/i18n"
	"einklang/internal/rule/id"
	"einklang/internal/rule/keyword"
)

// Answers does it.
type Answers struct {
	*access.Packages

	IDs       *id.Source
	PublicURL string                     // address of the pages
	Texts     map[string]*i18n.Catalogue // by locale

	Orgs      *org.Registry
	People    *contact.Book
	Consents  optin.Marketer
	Threads   *conversation.Threads
	Templates *template.Catalogue
	Outbox    *outbox.Outbox
	Mails     *mail.Queue
	Box       *blob.Box
	Cases     *cases.Cases
	Visits    *cases.Visits
	Erasures  *erasure.Erasures
	Phones    Phones
}

// textsFor are the texts in a person's language.
func (x *Answers) textsFor(p *chat.Known) *i18n.Catalogue {
	if c := x.Texts[p.Language()]; c != nil {
		return c
	}
	return x.Texts["de"]
}

// portal is the address of an organisation's portal.
func (x *Answers) portal(o org.Org) string {
	return strings.TrimRight(x.PublicURL, "/") + "/portal/" + o.Slug
}

// enterLink is where a secret opens the portal.
func (x *Answers) enterLink(o org.Org, secret string) string { return x.portal(o) + "/enter/" + secret }

// signed is a letter with the way to the portal, which each names: a link with a
// secret lives for a day, this one for as long as there is something to see.
func (x *Answers) signed(o org.Org, p *chat.Known, text string) string {
	if text == "" || strings.Contains(strings.ReplaceAll(text, x.portal(o)+"/enter/", ""), x.portal(o)) {
		return text
	}
	return text + "\n\n" + x.textsFor(p).T("letter.portal", x.portal(o))
}

// asks are the kinds of cases that words in a conversation open.
var asks = map[keyword.Meaning]cases.Kind{keyword.Access: cases.Access, keyword.Erase: cases.Erase, keyword.Object: cases.Oppose}

// Asked opens a case for a keyword in the chat and answers with a link that
// only the writer reads. Who writes from her own number has shown who she is.
func (x *Answers) Asked(ctx context.Context, tx store.Tx, orgID id.Org, p *chat.Known, what keyword.Meaning, at time.Time) (id.Case, chat.Words, error) {
	kind := asks[what]
	c, err := x.Cases.Open(ctx, tx, orgID, cases.Request{Contact: p.ID, Kind: kind, Source: "keyword", Received: at, Identity: cases.ByChat})
	if err != nil {
		return id.Case{}, chat.Words{}, err
	}
	if kind == cases.Oppose {
		if err := x.opposed(ctx, tx, p, c); err != nil {
			return id.Case{}, chat.Words{}, err
		}
	}
	o, err := x.Orgs.Get(ctx, tx, orgID)
	if err != nil {
		return id.Case{}, chat.Words{}, err
	}
	secret, until, err := x.Visits.Link(ctx, tx, orgID, p.ID)
	if err != nil {
		return id.Case{}, chat.Words{}, err
	}
	texts, key := x.textsFor(p), "case.keyword."+string(kind)
	return c.ID, chat.Words{Text: texts.T(key, x.enterLink(o, secret)), Shown: texts.T(key, texts.T("secret.link")), Until: until}, nil
}

// AskedPast opens a case for what a person asked for at the time said, in a chat
// that is taken over. Nobody answers her by itself: somebody has to read it, and
// make sure that the chat is hers. It reports whether there is something to do.
func (x *Answers) AskedPast(ctx context.Context, tx store.Tx, orgID id.Org, p *chat.Known, what keyword.Meaning, words string, said time.Time) (bool, error) {
	kind, is := asks[what]
	if !is || p.Erased || p.Keys == nil {
		return false, nil
	}
	written := said.In(calendar.GermanTime()).Format("02.01.2006 15:04")
	return x.Cases.OpenPast(ctx, tx, orgID, cases.Request{Contact: p.ID, Kind: kind, Text: written + "\n\n" + words}, said)
}

// Object ends advertising for ever (Art. 21(2)).
func (x *Answers) Object(ctx context.Context, tx store.Tx, org id.Org, p *chat.Known, source string) error {
	return x.Consents.Object(ctx, tx, org, p, optin.Event{Source: optin.Source(source)})
}

// Oppose does at once what an objection to all processing asks for: advertising ends
// for ever (Art. 21(2)), and until the rest is weighed she is restricted (Art. 21(1),
// 18(1)(d)).
func (x *Answers) Oppose(ctx context.Context, tx store.Tx, p *chat.Known, c cases.Case, source string) error {
	if err := x.Object(ctx, tx, c.Org, p, source); err != nil {
		return err
	}
	return x.opposed(ctx, tx, p, c)
}

// opposed restricts her whose objection waits to be weighed.
func (x *Answers) opposed(ctx context.Context, tx store.Tx, p *chat.Known, c cases.Case) error {
	if err := x.Restrict(ctx, tx, c.Org, p.ID, true); err != nil {
		return err
	}
	return x.Cases.Note(ctx, tx, c, cases.LineGranted, id.Account{}, x.german().T("case.granted.oppose"))
}

// Restrict restricts processing (Art. 18), or lifts it.
func (x *Answers) Restrict(ctx context.Context, tx store.Tx, org id.Org, person id.Person, on bool) error {
	return x.People.SetFlag(ctx, tx, org, person, contact.Restricted, on)
}

// Erase erases a person because of a case (Art. 17), and ends her visits.
func (x *Answers) Erase(ctx context.Context, tx store.Tx, org id.Org, person id.Person, privacyCase id.Case, by id.Account, source string) (erasure.Procedure, error) {
	p, err := x.Erasures.Begin(ctx, tx, org, person, erasure.Order{Source: source, Case: privacyCase, By: by})
	if err != nil {
		return p, err
	}
	return p, x.Visits.End(ctx, tx, org, person)
}
