// Package template keeps the message templates that Meta has approved, checks
// that a message fills one in completely, and renders what the customer will
// read.
package template

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"regexp"
	"strings"
	"time"

	"einklang/internal/engine/cloudapi"
	"einklang/internal/engine/store"
	"einklang/internal/rule/gate"
	"einklang/internal/rule/id"
	"einklang/internal/rule/keyword"
)

// ErrNotFound is returned for a template that the account does not have.
var ErrNotFound = errors.New("no such template in this language")

// Template is one template in one language.
type Template struct {
	ID       id.Template
	WABA     string
	Name     string
	Language string
	Category string // marketing | utility | authentication
	State    string // as Meta says: APPROVED, PENDING, REJECTED, PAUSED, DISABLED, …
	Format   string // positional | named
	Parts    []Part
	MetaID   string
	Changed  time.Time
	Marked   bool // as advertising, by the organisation
}

// Part is a component as Meta describes it (Cloud API: message templates).
type Part struct {
	Type    string          `json:"type"`             // HEADER, BODY, FOOTER, BUTTONS, LIMITED_TIME_OFFER, CAROUSEL
	Format  string          `json:"format,omitempty"` // of a header: TEXT, IMAGE, VIDEO, GIF, DOCUMENT, LOCATION, PRODUCT
	Text    string          `json:"text,omitempty"`
	Example json.RawMessage `json:"example,omitempty"`
	Buttons []Button        `json:"buttons,omitempty"`
	Cards   []Card          `json:"cards,omitempty"` // of a carousel

	LimitedTimeOffer *Offer `json:"limited_time_offer,omitempty"`
}

// Card is a card of a carousel: its parts.
type Card struct {
	Components []Part `json:"components"`
}

// Offer is what a limited-time offer says; with HasExpiration a message gives
// the end.
type Offer struct {
	Text          string `json:"text"`
	HasExpiration bool   `json:"has_expiration,omitempty"`
}

// Button is a button of a template.
type Button struct {
	Type        string          `json:"type"` // QUICK_REPLY, URL, PHONE_NUMBER, COPY_CODE, FLOW, OTP, CATALOG, MPM, SPM, VOICE_CALL, …
	Text        string          `json:"text"`
	URL         string          `json:"url,omitempty"`
	PhoneNumber string          `json:"phone_number,omitempty"`
	Example     json.RawMessage `json:"example,omitempty"`
}

// Usable reports whether Meta accepts messages with the template.
func (t Template) Usable() bool { return t.State == "APPROVED" }

// Part finds a component; nil if the template has none.
func (t Template) Part(kind string) *Part {
	for i := range t.Parts {
		if strings.EqualFold(t.Parts[i].Type, kind) {
			return &t.Parts[i]
		}
	}
	return nil
}

// HasOptOutLine reports whether the text tells how to end advertising, or a
// button does it (UWG §7(2) no. 3(b), GDPR Art. 21(4)). Only the tap on a quick
// reply comes back to us, and only what the keywords know is obeyed.
func (t Template) HasOptOutLine() bool {
	for _, p := range t.Parts {
		if keyword.Told(p.Text) {
			return true
		}
		for _, b := range p.Buttons {
			if strings.EqualFold(b.Type, "QUICK_REPLY") && (keyword.Set{}).Match(b.Text).Ends() {
				return true
			}
		}
	}
	return false
}

// Advertises reports whether the template is advertising as UWG means it.
func (t Template) Advertises() bool { return t.Marked || strings.EqualFold(t.Category, "marketing") }

// Holds reports whether people who get the template, filled in, get a link: in
// its words, or behind a button.
func (t Template) Holds(m cloudapi.Template, address string) bool {
	if address == "" {
		return false
	}
	shown := t.Render(m)
	if links(shown.Body, address) || links(shown.Header, address) || links(shown.Footer, address) {
		return true
	}
	behind := map[int]string{} // what fills in the address of a button
	for _, g := range t.values(m) {
		if g.slot.Part == "button" && g.slot.Card == 0 {
			behind[g.slot.Index] = g.text
		}
	}
	for i, b := range shown.Buttons {
		target := placeholder.ReplaceAllLiteralString(b.URL, behind[i])
		if strings.EqualFold(b.Type, "URL") && strings.TrimRight(target, "/") == strings.TrimRight(address, "/") {
			return true
		}
	}
	return false
}

// links reports whether words hold an address as a whole: another one that only
// begins alike leads elsewhere.
func links(words, address string) bool {
	whole := regexp.MustCompile(regexp.QuoteMeta(strings.TrimRight(address, "/")) + `/?[.,;:!?)"']*(\s|$)`)
	return whole.MatchString(words)
}

var machine = regexp.MustCompile(`(?i)\b(ki|ai|künstliche intelligenz|artificial intelligence|chatbot|bot)\b`)

// SaysAI reports whether the first sentence says that a machine writes (AI Act
// Art. 50(1)).
func (t Template) SaysAI() bool {
	body := t.Part("BODY")
	if body == nil {
		return false
	}
	first := body.Text
	if end := strings.IndexAny(first, ".!?\n"); end >= 0 {
		first = first[:end]
	}
	return machine.MatchString(first)
}

// Catalogue keeps the templates of all organisations.
type Catalogue struct {
	ids *id.Source
	now func() time.Time
}

// New makes a Catalogue.
func New(ids *id.Source, now func() time.Time) *Catalogue { return &Catalogue{ids: ids, now: now} }

const columns = "id, waba_id, name, language, category, state, format, components, meta_id, changed_at, advertising"

func scan(row store.Row) (Template, error) {
	var t Template
	var parts string
	var changed int64
	err := row.Scan(&t.ID, &t.WABA, &t.Name, &t.Language, &t.Category, &t.State, &t.Format, &parts, &t.MetaID, &changed, &t.Marked)
	if errors.Is(err, store.ErrNoRows) {
		return t, ErrNotFound
	}
	if err != nil {
		return t, fmt.Errorf("read a template: %w", err)
	}
	t.Changed = store.Time(changed)
	return t, json.Unmarshal([]byte(parts), &t.Parts)
}

// Put stores what Meta listed for an account at a time; what it did not list then
// is removed, unless it has come since.
func (c *Catalogue) Put(ctx context.Context, tx store.Tx, org id.Org, waba string, listed time.Time, all []Template) error {
	now := store.Micros(c.now())
	rows := make([][]any, len(all))
	for i, t := range all {
		parts, err := json.Marshal(t.Parts)
		if err != nil {
			return err
		}
		rows[i] = []any{org, c.ids.New(), waba, t.Name, t.Language, strings.ToLower(t.Category), strings.ToUpper(t.State), strings.ToLower(t.Format), string(parts), t.MetaID, now}
	}
	err := tx.InsertMany(ctx, store.Insert{Into: "template (org_id, id, waba_id, name, language, category, state, format, components, meta_id, changed_at)", Upsert: "(org_id, waba_id, name, language) DO UPDATE SET category = excluded.category, state = excluded.state, format = excluded.format, components = excluded.components, meta_id = excluded.meta_id, changed_at = excluded.changed_at"}, rows)
	if err != nil {
		return fmt.Errorf("store templates: %w", err)
	}
	_, err = tx.Exec(ctx, "DELETE FROM template WHERE org_id = ? AND waba_id = ? AND changed_at < ?", org, waba, min(now, store.Micros(listed)))
	return err
}

// SetState stores a state that a webhook or an error told.
func (c *Catalogue) SetState(ctx context.Context, tx store.Tx, org id.Org, waba, name, language, state string) error {
	_, err := tx.Exec(ctx, "UPDATE template SET state = ?, changed_at = ? WHERE org_id = ? AND waba_id = ? AND name = ? AND language = ?",
		strings.ToUpper(state), store.Micros(c.now()), org, waba, name, language)
	return err
}

// SetCategory stores a category that Meta changed.
func (c *Catalogue) SetCategory(ctx context.Context, tx store.Tx, org id.Org, waba, name, language, category string) error {
	_, err := tx.Exec(ctx, "UPDATE template SET category = ?, changed_at = ? WHERE org_id = ? AND waba_id = ? AND name = ? AND language = ?",
		strings.ToLower(category), store.Micros(c.now()), org, waba, name, language)
	return err
}

// List reads the templates of an account.
func (c *Catalogue) List(ctx context.Context, r store.Reader, org id.Org, waba string) ([]Template, error) {
	return store.Collect(ctx, r, scan, "SELECT "+columns+" FROM template WHERE org_id = ? AND waba_id = ? ORDER BY name, language", org, waba)
}

// Get reads one template.
func (c *Catalogue) Get(ctx context.Context, r store.Reader, org id.Org, waba, name, language string) (Template, error) {
	return scan(r.QueryRow(ctx, "SELECT "+columns+" FROM template WHERE org_id = ? AND waba_id = ? AND name = ? AND language = ?", org, waba, name, language))
}

// Mark says of a template whether the organisation takes it for advertising
// (UWG §7), whatever Meta calls it. Marketing templates always are.
func (c *Catalogue) Mark(ctx context.Context, tx store.Tx, org id.Org, waba, name, language string, advertising bool) error {
	n, err := tx.Exec(ctx, "UPDATE template SET advertising = ? WHERE org_id = ? AND waba_id = ? AND name = ? AND language = ?", advertising, org, waba, name, language)
	if err == nil && n == 0 {
		return ErrNotFound
	}
	return err
}

// Standing is what the gate asks about the template of a message; notice is the
// address of the privacy notice. A message that does not fill it in is a
// *MissingError; a template that the account does not have is the zero Standing,
// which the gate refuses.
func (c *Catalogue) Standing(ctx context.Context, r store.Reader, org id.Org, waba, notice string, m cloudapi.Template) (gate.Template, error) {
	t, err := c.Get(ctx, r, org, waba, m.Name, m.Language.Code)
	if errors.Is(err, ErrNotFound) {
		return gate.Template{}, nil
	}
	if err != nil {
		return gate.Template{}, err
	}
	if err := t.Check(m); err != nil {
		return gate.Template{}, err
	}
	return gate.Template{Approved: t.Usable(), Category: gate.Category(t.Category), HasOptOutLine: t.HasOptOutLine(),
		Advertising: t.Advertises(), HoldsNotice: t.Holds(m, notice), SaysAI: t.SaysAI()}, nil
}
