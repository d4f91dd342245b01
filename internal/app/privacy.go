package app

import (
	"context"
	"errors"
	"io"
	"strings"
	"time"

	"einklang/internal/account/audit"
	"einklang/internal/account/org"
	"einklang/internal/consent/optin"
	"einklang/internal/door/portal"
	webPrivacy "einklang/internal/door/web/privacy"
	"einklang/internal/door/web/shell"
	"einklang/internal/engine/cloudapi"
	"einklang/internal/engine/mail"
	"einklang/internal/engine/store"
	"einklang/internal/messaging/conversation"
	"einklang/internal/messaging/media"
	"einklang/internal/messaging/outbox"
	"einklang/internal/person/chat"
	"einklang/internal/person/contact"
	"einklang/internal/person/picture"
	"einklang/internal/rights/access"
	"einklang/internal/rights/breach"
	"einklang/internal/rights/cases"
	"einklang/internal/rights/erasure"
	"einklang/internal/rights/retention"
	"einklang/internal/rule/gate"
	"einklang/internal/rule/i18n"
	"einklang/internal/rule/id"
	"einklang/internal/rule/keyword"
)

// concerned finds the people behind what staff look at and change. The keepers
// are made later, so they are looked up when it happens.
func (a *App) concerned() map[audit.Object]audit.Finder {
	return map[audit.Object]audit.Finder{
		audit.Conversation: func(ctx context.Context, r store.Reader, org, at id.ID) (id.ID, error) {
			return a.Threads.PersonOf(ctx, r, org, at)
		},
		audit.Message: func(ctx context.Context, r store.Reader, org, at id.ID) (id.ID, error) {
			return a.Threads.PersonOfMessage(ctx, r, org, at)
		},
		audit.Case: func(ctx context.Context, r store.Reader, org, at id.ID) (id.ID, error) {
			c, err := a.Cases.Get(ctx, r, org, at)
			if errors.Is(err, cases.ErrNotFound) {
				return id.ID{}, nil
			}
			return c.Contact, err
		},
	}
}

// affected counts whom and what a breach concerns.
func (a *App) affected(ctx context.Context, r store.Reader, org id.ID, s breach.Scope) (n breach.Affected, err error) {
	var carriers []id.ID
	if n.People, n.Messages, carriers, err = a.Threads.Written(ctx, r, org, s.Channel, s.From, s.Until); err != nil {
		return n, err
	}
	n.Files, err = a.Shelf.CountFor(ctx, r, org, carriers)
	return n, err
}

// openRights makes the desk at which people's rights are kept.
func (a *App) openRights() error {
	a.Cases = cases.New(a.Vault, a.IDs, a.Config.Now, a.Log)
	a.Holds = retention.New(a.Vault, a.IDs, a.Config.Now, a.Log, a.Threads)
	a.Breaches = breach.New(a.Vault, a.IDs, a.Config.Now, a.Log, a.affected)
	a.Visits = cases.NewVisits(a.Vault, a.Config.Now)
	de, en, err := i18n.Load()
	a.texts = map[string]*i18n.Catalogue{"de": de, "en": en}
	return err
}

// rights does what people may ask for.
type rights struct{ *App }

// mountRights adds the pages of the desk and the public portal.
func (a *App) mountRights(sh *shell.Shell) error {
	return errors.Join(
		webPrivacy.Mount(sh, webPrivacy.Parts{DB: a.DB, Orgs: a.Orgs, People: a.People, Cases: a.Cases, Erasure: a.Erasure, Rights: rights{a}, Holds: a.Holds, Retention: a.Retention, Breaches: a.Breaches, Approvals: a.Approvals, PublicURL: a.Config.PublicURL}),
		portal.Mount(sh, portal.Parts{DB: a.DB, Now: a.Config.Now, Log: a.Config.Log, Orgs: a.Orgs, People: a.People, Cases: a.Cases, Erasure: a.Erasure,
			Visits: a.Visits, Rights: rights{a}, Audit: a.Audit, Secure: strings.HasPrefix(a.Config.PublicURL, "https://")}),
	)
}

// textsFor are the texts in a person's language.
func (a *App) textsFor(p *chat.Known) *i18n.Catalogue {
	if c := a.texts[p.Locale]; c != nil {
		return c
	}
	return a.texts["de"]
}

// Asked opens a case for a keyword in the chat and answers with a link that
// only the writer reads. Who writes from her own number has shown who she is.
func (x rights) Asked(ctx context.Context, tx store.Tx, orgID id.ID, p *chat.Known, what keyword.Meaning, at time.Time) (id.ID, chat.Words, error) {
	kind := cases.Access
	if what == keyword.Erase {
		kind = cases.Erase
	}
	c, err := x.Cases.Open(ctx, tx, orgID, cases.Request{Contact: p.ID, Kind: kind, Source: "keyword", Received: at, Identity: cases.ByChat})
	if err != nil {
		return id.ID{}, chat.Words{}, err
	}
	o, err := x.Orgs.Get(ctx, tx, orgID)
	if err != nil {
		return id.ID{}, chat.Words{}, err
	}
	secret, until, err := x.Visits.Link(ctx, tx, orgID, p.ID)
	if err != nil {
		return id.ID{}, chat.Words{}, err
	}
	texts, key := x.textsFor(p), "case.keyword."+string(kind)
	return c.ID, chat.Words{Text: texts.T(key, x.enterLink(o, secret)), Shown: texts.T(key, texts.T("secret.link")), Until: until}, nil
}

// enterLink is where a secret opens the portal.
func (a *App) enterLink(o org.Org, secret string) string {
	return strings.TrimRight(a.Config.PublicURL, "/") + "/portal/" + o.Slug + "/enter/" + secret
}

// Tell sends a person a message about her own request, by WhatsApp or e-mail;
// it reports whether a way was open. Outside the window WhatsApp takes only a
// template; for codes an approved authentication template is looked for.
func (x rights) Tell(ctx context.Context, tx store.Tx, orgID id.ID, p *chat.Known, way string, about id.ID, subject string, words chat.Words, code string) (bool, error) {
	if way == "e_mail" {
		if p.Profile.Email == "" || !x.Post.Configured() {
			return false, nil
		}
		return true, x.Mails.Add(ctx, tx, mail.Letter{Org: orgID, Owner: p.ID, Kind: "privacy", Ref: about, Until: words.Until, Message: mail.Message{To: p.Profile.Email, Subject: subject, Text: words.Text}})
	}
	threads, err := x.Threads.OfContact(ctx, tx, orgID, p.ID)
	if err != nil || len(threads) == 0 {
		return false, err
	}
	draft := outbox.Draft{Org: orgID, Contact: p.ID, Channel: threads[0].Channel, Origin: chat.FromDuty,
		Request: outbox.Request{Occasion: gate.SystemDuty, Category: gate.Service, Errand: gate.ErrandPrivacyAnswer, Case: about, AskedBy: "rule privacy case"}}.Say(words)
	if code != "" && !x.Config.Now().Before(threads[0].WindowEnds) {
		template, found, err := x.codeTemplate(ctx, tx, orgID, threads[0], code, x.textsFor(p).Locale)
		if err != nil || !found {
			return false, err
		}
		draft.Content, draft.Secret, draft.Request.Category = template, nil, gate.Authentication // which hides it
	}
	q, err := x.Outbox.Enqueue(ctx, tx, draft)
	return !q.Message.IsZero(), err
}

// codeTemplate fills an approved authentication template with a code.
func (x rights) codeTemplate(ctx context.Context, r store.Reader, orgID id.ID, thread conversation.Summary, code, locale string) (cloudapi.Content, bool, error) {
	c, err := x.Orgs.Channel(ctx, r, orgID, thread.Channel)
	if err != nil {
		return cloudapi.Content{}, false, err
	}
	all, err := x.Templates.List(ctx, r, orgID, c.WABA)
	if err != nil {
		return cloudapi.Content{}, false, err
	}
	for _, t := range all {
		if !t.Usable() || !strings.EqualFold(t.Category, "authentication") || !strings.HasPrefix(t.Language, locale) {
			continue
		}
		filled := cloudapi.Template{Name: t.Name, Language: cloudapi.TemplateLanguage{Code: t.Language},
			Components: []cloudapi.TemplateComponent{{Type: "body", Parameters: []cloudapi.TemplateParameter{{Type: "text", Text: code}}}}}
		if t.Check(filled) == nil {
			return cloudapi.Content{Type: cloudapi.TypeTemplate, Template: &filled}, true, nil
		}
	}
	return cloudapi.Content{}, false, nil
}

// Withdraw ends every consent and everything that is sent (Art. 7(3)).
func (x rights) Withdraw(ctx context.Context, tx store.Tx, orgID id.ID, p *chat.Known, source string) error {
	return x.stopAll(ctx, tx, orgID, p, source)
}

// Object ends advertising for ever (Art. 21(2)).
func (x rights) Object(ctx context.Context, tx store.Tx, orgID id.ID, p *chat.Known, source string) error {
	return x.Consents.Object(ctx, tx, orgID, p, optin.Event{Source: optin.Source(source)})
}

// Restrict restricts processing (Art. 18), or lifts it.
func (x rights) Restrict(ctx context.Context, tx store.Tx, orgID, person id.ID, on bool) error {
	return x.People.SetFlag(ctx, tx, orgID, person, contact.Restricted, on)
}

// Package writes what is kept about a person (GDPR Art. 15, 20).
func (a *App) Package(ctx context.Context, w io.Writer, o org.Org, p *chat.Known, kind access.Kind, c *i18n.Catalogue) error {
	src, err := rights{a}.source(ctx, o, p)
	if err != nil {
		return err
	}
	return access.Write(ctx, w, src, kind, c, a.Config.Now())
}

const packageBite = 500

func (x rights) source(ctx context.Context, o org.Org, p *chat.Known) (access.Source, error) {
	src := access.Source{Person: *p, Controller: o.Name}
	var err error
	if src.Picture, err = x.Portraits.Get(ctx, x.DB, o.ID, p.ID); err != nil && !errors.Is(err, picture.ErrNone) {
		return src, err
	}
	events, err := x.Consents.History(ctx, x.DB, o.ID, p)
	if err != nil {
		return src, err
	}
	for _, e := range events {
		src.Consents = append(src.Consents, access.Consent{At: e.At, Purpose: e.Purpose, Event: e.Kind, Source: string(e.Source), Wording: e.Detail.Wording})
	}
	d, err := x.Notices.Delivered(ctx, x.DB, o.ID, p.ID)
	if err != nil {
		return src, err
	}
	if d.Sent {
		src.Notice = &access.Notice{Version: d.Version, At: d.At}
	}
	for _, out := range x.Gate.Destinations() {
		src.Recipients = append(src.Recipients, access.Recipient{Name: out.Recipient, Country: out.Country, Mechanism: out.Mechanism})
	}
	threads, err := x.Threads.OfContact(ctx, x.DB, o.ID, p.ID)
	if err != nil {
		return src, err
	}
	for _, t := range threads {
		ch, err := x.Orgs.Channel(ctx, x.DB, o.ID, t.Channel)
		if err != nil {
			return src, err
		}
		src.Threads = append(src.Threads, access.Thread{ID: t.ID, Channel: ch.DisplayNumber})
	}
	if err := x.noted(ctx, o, &src); err != nil {
		return src, err
	}
	src.Messages = func(ctx context.Context, thread id.ID, after chat.Message) ([]chat.Message, error) {
		return x.Threads.Forward(ctx, x.DB, o.ID, thread, conversation.Place{At: after.At, ID: after.ID}, packageBite)
	}
	src.File = func(ctx context.Context, message id.ID) (access.File, string, error) {
		f, err := x.Shelf.OfMessage(ctx, o.ID, message)
		if errors.Is(err, media.ErrNotFound) || err == nil && f.State != "held" {
			return nil, "", nil
		}
		if err != nil {
			return nil, "", err
		}
		return f, f.MimeType, nil
	}
	return src, nil
}

// Erase erases a person because of a case (Art. 17).
func (x rights) Erase(ctx context.Context, tx store.Tx, orgID, person, privacyCase, by id.ID, source string) (erasure.Procedure, error) {
	p, err := x.Erasure.Begin(ctx, tx, orgID, person, erasure.Order{Source: source, Case: privacyCase, By: by})
	if err != nil {
		return p, err
	}
	return p, x.Visits.End(ctx, tx, orgID, person)
}
