package optin

import (
	"context"
	"errors"
	"regexp"
	"slices"
	"strings"
	"time"

	"einklang/internal/engine/cloudapi"
	"einklang/internal/engine/evidence"
	"einklang/internal/engine/store"
	"einklang/internal/person/chat"
	"einklang/internal/rule/gate"
	"einklang/internal/rule/i18n"
	"einklang/internal/rule/id"
	"einklang/internal/rule/keyword"
	"einklang/internal/rule/pii"
)

// Heard is a message from a person, as far as it may say yes or tell where she
// comes from.
type Heard struct {
	pii.Personal
	Words   []string // the text, or the id and the title of a tapped button
	Tapped  bool
	Message id.Message
	At      time.Time // when it first reached us
	Written time.Time // by her; zero: it is no message
}

// mark is a code in a message: of an entry point or of a double opt-in.
var mark = regexp.MustCompile(`#([A-HJ-NP-Z2-9]{8}|[A-HJ-NP-Z2-9]{5})\b`)

// Heard acts on what a message says about consent: a code of a double opt-in,
// a tapped consent button, a keyword of a purpose, a mark of an entry point.
// It returns the words to answer with; none if there is nothing to say.
func (q *Requests) Heard(ctx context.Context, tx store.Tx, org id.Org, p *chat.Known, h Heard) (string, error) {
	if p.Erased || p.Keys == nil || len(h.Words) == 0 {
		return "", nil
	}
	if h.Tapped {
		return q.tapped(ctx, tx, org, p, h)
	}
	if found := mark.FindStringSubmatch(strings.ToUpper(h.Words[0])); found != nil {
		if len(found[1]) == codeMark {
			return "", q.entries.use(ctx, tx, org, p, found[1], h)
		}
		return q.code(ctx, tx, org, p, found[1], h)
	}
	return q.said(ctx, tx, org, p, h)
}

// code confirms a double opt-in. The consent is hers who sent it, whatever number
// was typed and whoever was invited: only the identity from which the message
// came is proven (BGH I ZR 164/09, headnote c).
func (q *Requests) code(ctx context.Context, tx store.Tx, org id.Org, p *chat.Known, code string, h Heard) (string, error) {
	keys, err := q.desk.vault.Org(ctx, tx, org)
	if err != nil {
		return "", err
	}
	var at id.Org
	err = tx.QueryRow(ctx, "SELECT id FROM opt_in_request WHERE org_id = ? AND code_hash = ? ORDER BY created_at DESC LIMIT 1", org, keys.Lookup("optin.code", code)).Scan(&at)
	if errors.Is(err, store.ErrNoRows) {
		return "", nil
	}
	if err != nil {
		return "", err
	}
	r, err := q.get(ctx, tx, org, at)
	if errors.Is(err, ErrNoRequest) {
		return "", nil
	}
	if err != nil {
		return "", err
	}
	c := q.catalogue(r.Locale)
	switch err := r.Open(q.desk.now()); {
	case errors.Is(err, ErrDone):
		return "", nil // sent twice
	case err != nil:
		slug, err := q.Slug(ctx, tx, org)
		return c.T("optin.code.over", q.formOf(slug)), err
	}
	if asked, err := q.desk.overtaken(ctx, tx, org, p, h); err != nil || asked {
		return "", err
	}
	switch err := q.move(ctx, tx, org, r, confirmed); {
	case errors.Is(err, ErrDone):
		return "", nil
	case err != nil:
		return "", err
	}
	if err := q.mails.Cancel(ctx, tx, org, MailKind, r.ID); err != nil {
		return "", err
	}
	e := Event{Source: r.Source, At: h.given(), Detail: Detail{Act: ActCode, Message: h.Message}}
	other, err := q.settleWho(ctx, tx, org, p, &r)
	if err != nil {
		return "", err
	}
	if other && r.Source == FromInvitation {
		r.detail.Note, r.detail.Staff = "", id.Account{} // said of the one who was invited
	} else {
		e.Detail.Email = r.detail.Email
	}
	done, err := q.grant(ctx, tx, org, p, r, e)
	if err != nil {
		return "", err
	}
	return q.thanks(ctx, tx, org, r.Locale, done, other)
}

// thanks says what now holds, for whom, and how it is taken back.
func (q *Requests) thanks(ctx context.Context, r store.Reader, org id.Org, locale string, done Confirmed, other bool) (string, error) {
	c := q.catalogue(locale)
	if len(done.Granted) == 0 {
		return c.T("optin.refused"), nil
	}
	slug, err := q.Slug(ctx, r, org)
	if err != nil {
		return "", err
	}
	all, err := q.desk.Purposes(ctx, r, org)
	var names []string
	for _, p := range all {
		for _, key := range done.Granted {
			if p.Key == key {
				names = append(names, PurposeName(p, c))
			}
		}
	}
	key := "optin.thanks"
	if other {
		key = "optin.thanks.other"
	}
	return c.T(key, strings.Join(names, ", "), q.portalOf(slug)), err
}

// PurposeName is the name of a purpose in the language of a catalogue.
func PurposeName(p Purpose, c *i18n.Catalogue) string {
	name := p.Name(c.Locale)
	if name == "" || c.Has("purpose."+p.Key) { // a language that the organisation added names its own purposes, too
		name = c.T("purpose." + p.Key)
	}
	return name
}

// said grants by the keyword of a purpose.
func (q *Requests) said(ctx context.Context, tx store.Tx, org id.Org, p *chat.Known, h Heard) (string, error) {
	if len(h.Words[0]) > 60 { // longer than any keyword
		return "", nil
	}
	all, err := q.desk.Purposes(ctx, tx, org)
	if err != nil {
		return "", err
	}
	for _, purpose := range all {
		if purpose.Text == nil || purpose.Retired || !keyword.Same(purpose.Keyword, h.Words[0]) {
			continue
		}
		return q.agreed(ctx, tx, org, p, *purpose.Text, FromKeyword, h)
	}
	return "", nil
}

const (
	buttonYes = "consent:yes:"
	buttonNo  = "consent:no:"
)

// tapped acts on a consent button.
func (q *Requests) tapped(ctx context.Context, tx store.Tx, org id.Org, p *chat.Known, h Heard) (string, error) {
	rest, yes := strings.CutPrefix(h.Words[0], buttonYes)
	if !yes {
		var no bool
		if rest, no = strings.CutPrefix(h.Words[0], buttonNo); !no {
			return "", nil
		}
	}
	at, err := id.Parse[id.Wording](rest)
	if err != nil {
		return "", nil //nolint:nilerr // a button of somebody else's making
	}
	t, err := q.desk.Text(ctx, tx, org, at)
	if errors.Is(err, ErrNoText) {
		return "", nil
	}
	if err != nil {
		return "", err
	}
	if !yes {
		return q.declined(ctx, tx, org, p, t, h) // whoever made the button
	}
	if asked, err := q.askedOf(ctx, tx, org, p, t); err != nil || !asked || !q.saysYes(h) {
		return "", err // not our question: others can make a button with any id
	}
	return q.agreed(ctx, tx, org, p, t, FromButton, h)
}

// askedOf reports whether a person was asked for what a text says.
func (q *Requests) askedOf(ctx context.Context, r store.Reader, org id.Org, p *chat.Known, t Text) (bool, error) {
	var n int64
	err := r.QueryRow(ctx, "SELECT COUNT(*) FROM consent_asked WHERE org_id = ? AND contact_id = ? AND text_id = ?", org, p.ID, t.ID).Scan(&n)
	return n > 0, err
}

// saysYes reports whether the tapped button said what the question's does, in
// whichever language it was asked.
func (q *Requests) saysYes(h Heard) bool {
	return slices.ContainsFunc([]string{"de", "en"}, func(locale string) bool {
		return slices.Contains(h.Words[1:], q.catalogue(locale).T("optin.question.yes"))
	})
}

// agreed grants in a conversation that the person opened.
func (q *Requests) agreed(ctx context.Context, tx store.Tx, org id.Org, p *chat.Known, t Text, source Source, h Heard) (string, error) {
	purpose, err := q.desk.Purpose(ctx, tx, org, t.Purpose)
	if err != nil {
		return "", err
	}
	c := q.catalogue(languageOf(p))
	if purpose.Retired || t.Published.Before(purpose.Material) { // the button stood under an old text
		return c.T("optin.old"), nil
	}
	if asked, err := q.desk.overtaken(ctx, tx, org, p, h); err != nil || asked {
		return "", err
	}
	_, err = q.desk.Grant(ctx, tx, org, p, Event{Purpose: t.Purpose, Source: source, Text: t.ID, At: h.given(),
		Detail: Detail{Message: h.Message, Language: c.Locale}})
	switch {
	case errors.Is(err, ErrMinor):
		return c.T("optin.refused"), nil
	case err != nil:
		return "", err
	}
	return q.thanks(ctx, tx, org, c.Locale, Confirmed{Granted: []string{t.Purpose}}, false)
}

// declined: no is an answer, and it ends a consent that held.
func (q *Requests) declined(ctx context.Context, tx store.Tx, org id.Org, p *chat.Known, t Text, h Heard) (string, error) {
	c := q.catalogue(languageOf(p))
	states, err := q.desk.States(ctx, tx, org, p.ID)
	if err != nil {
		return "", err
	}
	for _, s := range states {
		if s.Purpose == t.Purpose && s.ends(h.At) {
			_, err := q.desk.Withdraw(ctx, tx, org, p, Event{Purpose: t.Purpose, Source: FromButton, At: h.At, Detail: Detail{Message: h.Message}})
			return c.T("optin.declined"), err
		}
	}
	return c.T("optin.declined"), q.desk.ledger.Append(ctx, tx, org, evidence.Entry{ID: id.Entry(q.desk.ids.New()), Kind: "consent.declined", Owner: id.ID(p.ID), At: q.desk.now(),
		Record: map[string]any{"purpose": t.Purpose, "text": t.ID.String(), "version": t.Version, "message": h.Message.String(), "at": store.Micros(h.At)}})
}

// languageOf is the language in which a person is answered.
func languageOf(p *chat.Known) string { return p.Language() }

// AskAgain is how long a person is left alone after she was asked.
const AskAgain = 90 * 24 * time.Hour

// ErrAsked is returned while a person is to be left alone.
var ErrAsked = errors.New("the person was asked for this within the last 90 days: leave her alone")

// ErrHeld is returned when there is nothing to ask for.
var ErrHeld = errors.New("the person has agreed to this already")

// Question is the message with buttons that asks for a consent inside a
// conversation which the person opened. The gate still decides whether it may
// go out. Asked must be called with the message that carries it.
func (q *Requests) Question(ctx context.Context, r store.Reader, org id.Org, p *chat.Known, key string) (cloudapi.Content, Text, error) {
	purpose, err := q.desk.Purpose(ctx, r, org, key)
	if err != nil {
		return cloudapi.Content{}, Text{}, err
	}
	switch {
	case purpose.Retired:
		return cloudapi.Content{}, Text{}, ErrUnknownPurpose
	case purpose.Text == nil:
		return cloudapi.Content{}, Text{}, ErrNoText
	case purpose.Advertising && p.InForce().Minor:
		return cloudapi.Content{}, Text{}, ErrMinor
	case purpose.Advertising && p.InForce().Objected:
		return cloudapi.Content{}, Text{}, ErrObjected
	}
	states, err := q.desk.States(ctx, r, org, p.ID)
	if err != nil {
		return cloudapi.Content{}, Text{}, err
	}
	for _, s := range states {
		if s.Purpose == key && s.State == gate.ConsentGranted && (s.Expires.IsZero() || s.Expires.Sub(q.desk.now()) > soon) {
			return cloudapi.Content{}, Text{}, ErrHeld
		}
	}
	var at int64
	err = r.QueryRow(ctx, "SELECT at FROM consent_asked WHERE org_id = ? AND contact_id = ? AND purpose = ?", org, p.ID, key).Scan(&at)
	if err != nil && !errors.Is(err, store.ErrNoRows) {
		return cloudapi.Content{}, Text{}, err
	}
	if err == nil && q.desk.now().Sub(store.Time(at)) < AskAgain {
		return cloudapi.Content{}, Text{}, ErrAsked
	}
	c := q.catalogue(languageOf(p))
	return question(*purpose.Text, c), *purpose.Text, nil
}

func question(t Text, c *i18n.Catalogue) cloudapi.Content {
	button := func(id, key string) cloudapi.ReplyButton {
		return cloudapi.ReplyButton{Type: "reply", Reply: cloudapi.Choice{ID: id + t.ID.String(), Title: c.T(key)}}
	}
	return cloudapi.Content{Type: cloudapi.TypeInteractive, Interactive: &cloudapi.Interactive{Type: cloudapi.InteractiveButton,
		Body: &cloudapi.InteractiveText{Text: t.In(c.Locale)}, Footer: &cloudapi.InteractiveText{Text: c.T("optin.question.footer")},
		Action: &cloudapi.InteractiveAction{Buttons: []cloudapi.ReplyButton{button(buttonYes, "optin.question.yes"), button(buttonNo, "optin.question.no")}}}}
}

// Asked notes that a question is on its way.
func (q *Requests) Asked(ctx context.Context, tx store.Tx, org id.Org, person id.Person, t Text, message id.Message) error {
	_, err := tx.Exec(ctx, `INSERT INTO consent_asked (org_id, contact_id, purpose, text_id, message_id, at) VALUES (?, ?, ?, ?, ?, ?)
		ON CONFLICT (org_id, contact_id, purpose) DO UPDATE SET text_id = excluded.text_id, message_id = excluded.message_id, at = excluded.at`,
		org, person, t.Purpose, t.ID, message, store.Micros(q.desk.now()))
	return err
}
