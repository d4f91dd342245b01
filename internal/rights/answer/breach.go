package answer

import (
	"context"
	"errors"
	"slices"
	"strings"
	"time"

	"einklang/internal/engine/cloudapi"
	"einklang/internal/engine/jobs"
	"einklang/internal/engine/mail"
	"einklang/internal/engine/store"
	"einklang/internal/messaging/outbox"
	"einklang/internal/messaging/template"
	"einklang/internal/person/chat"
	"einklang/internal/rights/breach"
	"einklang/internal/rule/gate"
	"einklang/internal/rule/id"
	"einklang/internal/rule/wire"
)

// BreachMail is the kind of the mails that tell people of a breach.
const BreachMail = "breach"

// letterBite is how many people are told in one transaction.
const letterBite = 50

// undelivered is for how long a letter by WhatsApp may be under way: a phone that
// is off for longer gets it by mail, too.
const undelivered = 3 * 24 * time.Hour

// BreachLetters tells people of a breach that concerns them (GDPR Art. 34): over
// WhatsApp through the gate where a window is open or a template carries the
// text, by mail otherwise.
type BreachLetters struct {
	*Answers
	Breaches *breach.Register
	Soon     jobs.Soon
}

// SendAll sends what waits, and follows what was sent: a letter that WhatsApp did
// not deliver goes by mail.
func (b BreachLetters) SendAll(ctx context.Context, db *store.DB, orgs func(context.Context, store.Reader) ([]id.Org, error)) error {
	all, err := orgs(ctx, db)
	if err != nil {
		return err
	}
	var errs error
	for _, org := range all {
		posts, err := b.Breaches.Posting(ctx, db, org)
		errs = errors.Join(errs, err)
		for _, p := range posts {
			errs = errors.Join(errs, b.send(ctx, db, org, p))
		}
	}
	return errs
}

// send goes through those whom a breach concerns, a bite at a time.
func (b BreachLetters) send(ctx context.Context, db *store.DB, org id.Org, p breach.Post) error {
	var after id.Person
	for more := true; more; {
		err := db.Write(ctx, func(ctx context.Context, tx store.Tx) error {
			people, err := b.Threads.Writers(ctx, tx, org, p.Scope.Channel, p.Scope.From, p.Scope.Until, after, letterBite)
			if more = len(people) == letterBite; err != nil || len(people) == 0 {
				return err
			}
			after = people[len(people)-1]
			return b.tell(ctx, tx, org, p, people)
		})
		if err != nil {
			return err
		}
	}
	waiting, err := b.follow(ctx, db, org, p)
	if err != nil || waiting {
		return err
	}
	return db.Write(ctx, func(ctx context.Context, tx store.Tx) error { return b.Breaches.Sent(ctx, tx, org, p) })
}

// tell tells those of some people who have not been told.
func (b BreachLetters) tell(ctx context.Context, tx store.Tx, org id.Org, p breach.Post, people []id.Person) error {
	told, err := b.Breaches.Known(ctx, tx, org, p.Breach, people)
	if err != nil {
		return err
	}
	known, err := b.People.GetMany(ctx, tx, org, people)
	if err != nil {
		return err
	}
	for _, at := range people {
		who := known[at]
		if told[at] || who == nil || who.Erased {
			continue
		}
		t := breach.Told{ID: id.Letter(b.IDs.New()), Contact: at}
		way := breach.ByWhatsApp
		if t.Message, err = b.chat(ctx, tx, org, p, who); err != nil {
			return err
		}
		if t.Message.IsZero() {
			if way, err = b.mail(ctx, tx, org, p, who, t.ID); err != nil {
				return err
			}
		}
		if err := b.Breaches.Tell(ctx, tx, org, p.Breach, t, way); err != nil {
			return err
		}
	}
	return nil
}

// chat queues the letter over WhatsApp; zero if no way is open there.
func (b BreachLetters) chat(ctx context.Context, tx store.Tx, org id.Org, p breach.Post, who *chat.Known) (id.Message, error) {
	channel, open, err := b.reach(ctx, tx, org, who.ID)
	if err != nil || channel.IsZero() {
		return id.Message{}, err
	}
	draft := outbox.Draft{Org: org, Contact: who.ID, Channel: channel, Origin: chat.FromDuty,
		Content: cloudapi.Content{Type: cloudapi.TypeText, Text: &cloudapi.Text{Body: p.Letter.Text}},
		Request: outbox.Request{Occasion: gate.SystemDuty, Category: gate.Service, Errand: gate.ErrandBreachLetter, Breach: p.Breach, AskedBy: "account " + p.Letter.By.String()}}
	if !open {
		filled, err := b.inTemplate(ctx, tx, org, channel, p.Letter)
		if err != nil || filled == nil {
			return id.Message{}, err
		}
		draft.Content = cloudapi.Content{Type: cloudapi.TypeTemplate, Template: filled}
		draft.Request.Category = gate.Utility
	}
	q, err := b.Outbox.Enqueue(ctx, tx, draft)
	return q.Message, err
}

// inTemplate is the letter in its template; nil if this number has none that
// carries it.
func (b BreachLetters) inTemplate(ctx context.Context, r store.Reader, org id.Org, channel id.Channel, l breach.Letter) (*cloudapi.Template, error) {
	if l.Template == "" {
		return nil, nil
	}
	c, err := b.Orgs.Channel(ctx, r, org, channel)
	if err != nil {
		return nil, err
	}
	all, err := b.Templates.List(ctx, r, org, c.WABA)
	if err != nil {
		return nil, err
	}
	for _, t := range all {
		if t.Name == l.Template && t.Language == l.Language && Carries(t, l.Text) {
			filled := t.Carrying(oneLine(l.Text))
			return &filled, nil
		}
	}
	return nil, nil
}

// Carries reports whether a template can carry a letter: it is approved, no
// advertising, and the letter stands in its body as its only value.
func Carries(t template.Template, text string) bool {
	slots := t.Offered()
	return t.Usable() && !t.Advertises() && !t.Authenticates() && len(slots) == 1 && slots[0].Part == "body" && slots[0].Kind == "text" && t.Check(t.Carrying(oneLine(text))) == nil
}

// oneLine is a text as a template takes it: without line breaks, tabs and many
// spaces (Cloud API: 132018).
func oneLine(text string) string { return strings.Join(strings.Fields(text), " ") }

// mail puts the letter into the queue of mails.
func (b BreachLetters) mail(ctx context.Context, tx store.Tx, org id.Org, p breach.Post, who *chat.Known, letter id.Letter) (breach.Way, error) {
	if who.Profile.Email == "" || !b.Mails.Configured() {
		return breach.NoWay, nil
	}
	err := b.Mails.Add(ctx, tx, mail.Letter{Org: org, Owner: id.ID(who.ID), Kind: BreachMail, Ref: id.ID(letter),
		Message: mail.Message{To: who.Profile.Email, Subject: p.Letter.Subject, Text: p.Letter.Text}})
	if errors.Is(err, mail.ErrAddress) {
		return breach.NoWay, nil
	}
	return breach.ByMail, err
}

// follow looks what became of the letters by WhatsApp: what failed goes by mail.
// It reports whether there are some whose fate is open.
func (b BreachLetters) follow(ctx context.Context, db *store.DB, org id.Org, p breach.Post) (waiting bool, err error) {
	var after id.Letter
	for more := true; more; {
		err := db.Write(ctx, func(ctx context.Context, tx store.Tx) error {
			all, err := b.Breaches.Followed(ctx, tx, org, p.Breach, after, letterBite)
			if more = len(all) == letterBite; err != nil || len(all) == 0 {
				return err
			}
			after = all[len(all)-1].ID
			open, err := b.look(ctx, tx, org, p, all)
			waiting = waiting || open
			return err
		})
		if err != nil {
			return false, err
		}
	}
	return waiting, nil
}

func (b BreachLetters) look(ctx context.Context, tx store.Tx, org id.Org, p breach.Post, all []breach.Told) (open bool, err error) {
	var messages []id.Message
	var people []id.Person
	for _, t := range all {
		messages, people = append(messages, t.Message), append(people, t.Contact)
	}
	found, err := b.Threads.Glances(ctx, tx, org, messages)
	if err != nil {
		return false, err
	}
	known, err := b.People.GetMany(ctx, tx, org, people)
	if err != nil {
		return false, err
	}
	for _, t := range all {
		m, there := found[t.Message]
		way := breach.ByWhatsApp
		if there && !arrived(m.State) {
			if !ended(m.State) && b.Now().Sub(m.At) < undelivered {
				open = true
				continue
			}
			way = breach.NoWay
			if who := known[t.Contact]; who != nil && !who.Erased {
				if way, err = b.mail(ctx, tx, org, p, who, t.ID); err != nil {
					return open, err
				}
			}
		}
		if err := b.Breaches.Again(ctx, tx, org, t.ID, way); err != nil {
			return open, err
		}
	}
	return open, nil
}

func arrived(s chat.State) bool {
	return s == chat.Delivered || s == chat.Read || s == chat.Played
}

func ended(s chat.State) bool { return s == chat.Failed || s == chat.Cancelled }

// LetterTemplate is a template that can carry a letter.
type LetterTemplate struct{ Name, Language string }

// Offered are the templates that can carry a letter, of all numbers.
func (b BreachLetters) Offered(ctx context.Context, r store.Reader, org id.Org) ([]LetterTemplate, error) {
	channels, err := b.Orgs.Channels(ctx, r, org)
	if err != nil {
		return nil, err
	}
	var offered []LetterTemplate
	read := map[string]bool{}
	for _, c := range channels {
		if read[c.WABA] {
			continue
		}
		read[c.WABA] = true
		all, err := b.Templates.List(ctx, r, org, c.WABA)
		if err != nil {
			return nil, err
		}
		for _, t := range all {
			if one := (LetterTemplate{t.Name, t.Language}); Carries(t, "-") && !slices.Contains(offered, one) {
				offered = append(offered, one)
			}
		}
	}
	return offered, nil
}

// Order has the letter about a breach sent to all whom it concerns. A template
// that cannot carry its text is breach.ErrTemplate.
func (b BreachLetters) Order(ctx context.Context, tx store.Tx, org id.Org, at id.Breach, l breach.Letter) error {
	if l.Template != "" {
		offered, err := b.Offered(ctx, tx, org)
		if err != nil {
			return err
		}
		if !slices.Contains(offered, LetterTemplate{l.Template, l.Language}) || len(oneLine(l.Text)) > wire.LongestBody {
			return breach.ErrTemplate
		}
	}
	return b.Breaches.Post(ctx, tx, org, at, l)
}
