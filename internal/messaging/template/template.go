// Package template keeps the message templates that Meta has approved, checks
// that a message fills one in completely, and renders what the customer will
// read.
package template

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
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

// Catalogue keeps the templates of all organisations.
type Catalogue struct {
	ids *id.Source
	now func() time.Time
}

// New makes a Catalogue.
func New(ids *id.Source, now func() time.Time) *Catalogue { return &Catalogue{ids: ids, now: now} }

const columns = "id, waba_id, name, language, category, state, format, components, meta_id, changed_at"

func scan(row store.Row) (Template, error) {
	var t Template
	var parts string
	var changed int64
	err := row.Scan(&t.ID, &t.WABA, &t.Name, &t.Language, &t.Category, &t.State, &t.Format, &parts, &t.MetaID, &changed)
	if errors.Is(err, store.ErrNoRows) {
		return t, ErrNotFound
	}
	if err != nil {
		return t, fmt.Errorf("read a template: %w", err)
	}
	t.Changed = store.Time(changed)
	return t, json.Unmarshal([]byte(parts), &t.Parts)
}

// Put stores what Meta lists for an account; what it lists no longer is
// removed.
func (c *Catalogue) Put(ctx context.Context, tx store.Tx, org id.Org, waba string, all []Template) error {
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
	_, err = tx.Exec(ctx, "DELETE FROM template WHERE org_id = ? AND waba_id = ? AND changed_at < ?", org, waba, now)
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

// Standing is what the gate asks about the template of a message. A message
// that does not fill it in is a *MissingError; a template that the account
// does not have is the zero Standing, which the gate refuses.
func (c *Catalogue) Standing(ctx context.Context, r store.Reader, org id.Org, waba string, m cloudapi.Template) (gate.Template, error) {
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
	return gate.Template{Approved: t.Usable(), Category: gate.Category(t.Category), HasOptOutLine: t.HasOptOutLine()}, nil
}
