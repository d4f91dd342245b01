// Package org keeps the organisations (controllers, GDPR Art. 4(7)), the
// WhatsApp numbers they own, and the settings that the gate asks for.
package org

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"regexp"
	"sync"
	"time"

	"einklang/internal/engine/store"
	"einklang/internal/engine/vault"
	"einklang/internal/rule/calendar"
	"einklang/internal/rule/id"
	"einklang/internal/rule/keyword"
)

// ErrNotFound is returned for an organisation or number that does not exist.
var ErrNotFound = errors.New("no such organisation or number")

// ErrSlug is returned for a short name that cannot stand in an address.
var ErrSlug = errors.New("this short name is not usable: take 2 to 41 small letters, digits and hyphens")

// Settings are an organisation's choices. They hold nothing personal.
type Settings struct {
	State      string   `json:"state"`       // of Germany, for public holidays: "BE", "BY", …
	Country    string   `json:"country"`     // ISO 3166, of numbers without a country code; empty: nobody has said it, see Home
	Zone       string   `json:"zone"`        // IANA time zone, default Europe/Berlin
	QuietFrom  int      `json:"quiet_from"`  // minutes after midnight, default 20:00
	QuietUntil int      `json:"quiet_until"` // minutes after midnight, default 08:00
	Budget     int64    `json:"budget"`      // millionths of the currency's unit each month; 0 = no limit
	Currency   string   `json:"currency"`
	Prices     Prices   `json:"prices"`      // for one delivered message
	Overdraw   bool     `json:"overdraw"`    // replies to waiting customers go out when the budget is used up
	MatterDays int      `json:"matter_days"` // a matter ends so long after the person's last message (S10)
	OptOutLine Texts    `json:"opt_out_line"`
	NoticeLine Texts    `json:"notice_line"` // %s is the address of the notice
	AILine     Texts    `json:"ai_line"`     // the first sentence of what a machine writes
	Receipts   bool     `json:"receipts"`    // send read receipts; off by default (S9)
	StopWords  []string `json:"stop_words"`  // beside the standard ones
	StartWords []string `json:"start_words"`
	// ExceptWords are words that are ordinary here, such as "abmelden" in a
	// school; never STOP.
	ExceptWords []string `json:"except_words"`
	Controller  Contact  `json:"controller"`

	Hours calendar.Hours `json:"hours"` // in which staff work; none: around the clock
	// Arrivals says which team gets the new conversations of a number, by the
	// channel's id.
	Arrivals   map[string]id.Team `json:"arrivals,omitempty"`
	Sight      Sight              `json:"sight,omitzero"`
	Monitoring Agreement          `json:"monitoring"` // on figures about fewer than five members of staff
	// Existing turns the exception for existing customers on (UWG §7(3)).
	Existing Existing `json:"existing_customers,omitzero"`
	// History takes over the chats that the WhatsApp Business app sends of a
	// number that is used there, too (Cloud API: history). Off: they are thrown
	// away unread.
	History bool `json:"history,omitempty"`
	// EraseHours is how long an erasure that a person orders in the portal waits, so
	// that she can stop it if it was not she: 0 to 72, 24 unless said otherwise.
	EraseHours int `json:"erase_hours"`
}

// Sight is what agents see of the conversations (package sight).
type Sight struct {
	// Agents see only what their teams and numbers have, and what is theirs.
	Agents bool `json:"agents,omitempty"`
	// Nobodys: whoever sees only that, also sees what no team has.
	Nobodys bool `json:"nobodys,omitempty"`
}

// Lowers reports whether somebody sees more than with what was said before. Others:
// there are accounts whose own role limits them, whatever is said of agents.
func (s Sight) Lowers(before Sight, others bool) bool {
	return before.Agents && !s.Agents || (before.Agents || others) && s.Nobodys && !before.Nobodys
}

// Existing is the controller's word that people who bought something may be told of
// similar goods without their consent (UWG §7(3)). It is off without a reason.
type Existing struct {
	Reason string     `json:"reason,omitempty"`
	By     id.Account `json:"by,omitzero"`
	At     time.Time  `json:"at,omitzero"`
}

// On reports whether the exception is turned on.
func (e Existing) On() bool { return e.Reason != "" }

// Words are the words by which people steer what the organisation may do.
func (s Settings) Words() keyword.Set {
	return keyword.Set{Stop: s.StopWords, Start: s.StartWords, Except: s.ExceptWords}
}

// SetWords takes other own words.
func (s *Settings) SetWords(w keyword.Set) {
	s.StopWords, s.StartWords, s.ExceptWords = w.Stop, w.Start, w.Except
}

// Words are the words by which people steer what an organisation may do.
func (r *Registry) Words(ctx context.Context, read store.Reader, org id.Org) (keyword.Set, error) {
	o, err := r.Get(ctx, read, org)
	return o.Settings.Words(), err
}

// Schedule is the working hours in the organisation's time and state.
func (s Settings) Schedule() (calendar.Schedule, error) {
	zone, err := calendar.Zone(s.Zone)
	if err != nil {
		return calendar.Schedule{}, fmt.Errorf("the time zone of the organisation: %w", err)
	}
	return calendar.Schedule{Hours: s.Hours, Location: zone, State: calendar.State(s.State)}, nil
}

// Home is the country by which numbers without a country code are read where a
// person sees what becomes of them. Programs don't, so for them it must be said.
func (s Settings) Home() string {
	if s.Country != "" {
		return s.Country
	}
	return "DE" // holidays are those of a German state, see State
}

// Agreement is what staff and the company have agreed on figures about how
// people work (BetrVG §87(1) no. 6, GDPR Art. 88).
type Agreement struct {
	Reference string     `json:"reference,omitempty"` // such as "Betriebsvereinbarung 7/2026"; empty: none
	Since     string     `json:"since,omitempty"`     // 2026-11-25
	File      id.File    `json:"file,omitzero"`       // the agreement itself
	By        id.Account `json:"by,omitzero"`         // who entered it
	Second    id.Account `json:"second,omitzero"`     // who confirmed it; never the same
}

// Holds reports whether there is an agreement that is filed and that a second
// person has confirmed. What one person has typed shows nobody's work.
func (a Agreement) Holds() bool {
	return a.Reference != "" && !a.File.IsZero() && !a.Second.IsZero() && a.Second != a.By
}

// Waits reports whether an agreement is entered and does not hold yet.
func (a Agreement) Waits() bool { return a.Reference != "" && !a.Holds() }

// Contact is how the controller is reached (GDPR Art. 13(1)(a), (b)): of the
// company, not of a person.
type Contact struct {
	Address   string `json:"address"`
	Email     string `json:"email"`
	DPO       string `json:"dpo"`               // of the data protection officer
	Authority string `json:"authority"`         // the supervisory authority
	Country   string `json:"country,omitempty"` // of the seat, ISO 3166; empty: nobody has said it
}

// Location is the organisation's time zone.
func (s Settings) Location() (*time.Location, error) {
	zone, err := calendar.Zone(s.Zone)
	if err != nil {
		return nil, fmt.Errorf("the time zone %q of the organisation is unknown: %w", s.Zone, err)
	}
	return zone, nil
}

// Prices are the organisation's rate card in millionths of the currency's
// unit (Cloud API: price per delivered message by category; since October 2026
// replies cost too).
type Prices struct {
	Service        int64 `json:"service"`
	Marketing      int64 `json:"marketing"`
	Utility        int64 `json:"utility"`
	Authentication int64 `json:"authentication"`
	// Free is how many service messages of each number cost nothing in a calendar
	// month; nil: as Meta's rate card says.
	Free *int64 `json:"free_service,omitempty"`
}

// freeService is Meta's allowance for each number and calendar month (Cloud API:
// pricing since 1 October 2026).
const freeService = 1000

// FreeService is how many service messages of a number cost nothing in a month.
func (p Prices) FreeService() int64 {
	if p.Free == nil {
		return freeService
	}
	return *p.Free
}

// Texts is a text to customers in both languages.
type Texts struct {
	DE string `json:"de"`
	EN string `json:"en"`
}

// In is the text in a language; German unless English is asked for.
func (t Texts) In(locale string) string {
	if locale == "en" {
		return t.EN
	}
	return t.DE
}

// DefaultSettings are the settings of a new organisation.
func DefaultSettings() Settings {
	return Settings{
		State: "BE", Zone: "Europe/Berlin", QuietFrom: 20 * 60, QuietUntil: 8 * 60, Currency: "EUR", MatterDays: 30, EraseHours: 24,
		OptOutLine: Texts{"Keine Werbung mehr? Antworten Sie mit STOP.", "No more advertising? Reply STOP."},
		AILine:     Texts{"Hier antwortet eine KI.", "This is an AI answering."},
		NoticeLine: Texts{"So gehen wir mit Ihren Daten um: %s", "How we handle your data: %s"},
	}
}

// Org is one organisation.
type Org struct {
	ID       id.Org
	Slug     string // in the address of its public pages
	Name     string
	Settings Settings
}

// Registry reads and writes organisations and their numbers.
type Registry struct {
	db    *store.DB
	vault *vault.Vault
	ids   *id.Source
	now   func() time.Time

	guards  []func(context.Context, store.Tx, id.Org) error
	founded []func(context.Context, store.Tx, id.Org) error

	mu     sync.Mutex
	routes map[routeKey]cachedRoute
}

// New makes a Registry.
func New(db *store.DB, v *vault.Vault, ids *id.Source, now func() time.Time) *Registry {
	return &Registry{db: db, vault: v, ids: ids, now: now, routes: map[routeKey]cachedRoute{}}
}

var slugPattern = regexp.MustCompile(`^[a-z0-9][a-z0-9-]{1,40}$`)

// Create makes an organisation with its keys.
func (r *Registry) Create(ctx context.Context, slug, name string, settings Settings) (Org, error) {
	var o Org
	err := r.db.Write(ctx, func(ctx context.Context, tx store.Tx) (err error) {
		o, err = r.CreateIn(ctx, tx, slug, name, settings)
		return err
	})
	return o, err
}

// CreateIn is Create in a transaction of the caller's.
func (r *Registry) CreateIn(ctx context.Context, tx store.Tx, slug, name string, settings Settings) (Org, error) {
	if !slugPattern.MatchString(slug) {
		return Org{}, fmt.Errorf("%w: %q", ErrSlug, slug)
	}
	o := Org{ID: id.Org(r.ids.New()), Slug: slug, Name: name, Settings: settings}
	text, err := json.Marshal(settings)
	if err != nil {
		return Org{}, err
	}
	n, err := tx.Exec(ctx, "INSERT INTO org (id, slug, name, settings, created_at) VALUES (?, ?, ?, ?, ?) ON CONFLICT DO NOTHING",
		o.ID, slug, name, string(text), store.Micros(r.now()))
	switch {
	case err != nil:
		return Org{}, fmt.Errorf("create the organisation: %w", err)
	case n == 0:
		return Org{}, fmt.Errorf("create the organisation: the short name %q is taken: choose another", slug)
	}
	if err := r.vault.CreateOrg(ctx, tx, o.ID); err != nil {
		return Org{}, fmt.Errorf("create the organisation: %w", err)
	}
	for _, tell := range r.founded {
		if err := tell(ctx, tx, o.ID); err != nil {
			return Org{}, fmt.Errorf("create the organisation: %w", err)
		}
	}
	return o, nil
}

// Founding has somebody told, in its transaction, that there is an organisation.
// Call it before the first Create.
func (r *Registry) Founding(tell func(ctx context.Context, tx store.Tx, org id.Org) error) {
	r.founded = append(r.founded, tell)
}

// None reports whether there is no organisation yet.
func (r *Registry) None(ctx context.Context, rd store.Reader) (bool, error) {
	var some bool
	err := rd.QueryRow(ctx, "SELECT EXISTS (SELECT 1 FROM org)").Scan(&some)
	return !some, err
}

// Get reads an organisation.
func (r *Registry) Get(ctx context.Context, rd store.Reader, org id.Org) (Org, error) {
	return scanOrg(rd.QueryRow(ctx, "SELECT id, slug, name, settings FROM org WHERE id = ?", org))
}

// BySlug reads an organisation by its short name.
func (r *Registry) BySlug(ctx context.Context, rd store.Reader, slug string) (Org, error) {
	return scanOrg(rd.QueryRow(ctx, "SELECT id, slug, name, settings FROM org WHERE slug = ?", slug))
}

// All reads every organisation.
func (r *Registry) All(ctx context.Context, rd store.Reader) ([]Org, error) {
	return store.Collect(ctx, rd, scanOrg, "SELECT id, slug, name, settings FROM org ORDER BY id")
}

func scanOrg(row store.Row) (Org, error) {
	var o Org
	var settings string
	err := row.Scan(&o.ID, &o.Slug, &o.Name, &settings)
	if errors.Is(err, store.ErrNoRows) {
		return o, ErrNotFound
	}
	if err != nil {
		return o, fmt.Errorf("read an organisation: %w", err)
	}
	o.Settings = DefaultSettings()
	return o, json.Unmarshal([]byte(settings), &o.Settings)
}

// Home is the country by which an organisation reads numbers.
func (r *Registry) Home(ctx context.Context, rd store.Reader, org id.Org) (string, error) {
	o, err := r.Get(ctx, rd, org)
	return o.Settings.Home(), err
}

// Rename changes the organisation's full name.
func (r *Registry) Rename(ctx context.Context, tx store.Tx, org id.Org, name string) error {
	_, err := tx.Exec(ctx, "UPDATE org SET name = ? WHERE id = ?", name, org)
	return err
}

// SaveSettings stores an organisation's choices.
func (r *Registry) SaveSettings(ctx context.Context, tx store.Tx, org id.Org, s Settings) error {
	text, err := json.Marshal(s)
	if err != nil {
		return err
	}
	_, err = tx.Exec(ctx, "UPDATE org SET settings = ? WHERE id = ?", string(text), org)
	return err
}

// Spend adds to what the organisation has spent in a month, or takes back if
// micros is negative.
func (r *Registry) Spend(ctx context.Context, tx store.Tx, org id.Org, at time.Time, micros int64) error {
	_, err := tx.Exec(ctx, `INSERT INTO spending (org_id, month, micros) VALUES (?, ?, ?)
		ON CONFLICT (org_id, month) DO UPDATE SET micros = spending.micros + excluded.micros`, org, month(at), micros)
	return err
}

// Spent is what the organisation has spent in a month.
func (r *Registry) Spent(ctx context.Context, rd store.Reader, org id.Org, at time.Time) (int64, error) {
	var micros int64
	err := rd.QueryRow(ctx, "SELECT micros FROM spending WHERE org_id = ? AND month = ?", org, month(at)).Scan(&micros)
	if errors.Is(err, store.ErrNoRows) {
		return 0, nil
	}
	return micros, err
}

// Serve counts service messages of a number in a month, or takes them back if n is
// negative: they did not go out.
func (r *Registry) Serve(ctx context.Context, tx store.Tx, org id.Org, channel id.Channel, at time.Time, n int64) error {
	_, err := tx.Exec(ctx, `INSERT INTO served (org_id, channel_id, month, n) VALUES (?, ?, ?, ?)
		ON CONFLICT (org_id, channel_id, month) DO UPDATE SET n = served.n + excluded.n`, org, channel, month(at), n)
	return err
}

// Served is how many service messages a number has sent in a month.
func (r *Registry) Served(ctx context.Context, rd store.Reader, org id.Org, channel id.Channel, at time.Time) (n int64, err error) {
	err = rd.QueryRow(ctx, "SELECT n FROM served WHERE org_id = ? AND channel_id = ? AND month = ?", org, channel, month(at)).Scan(&n)
	if errors.Is(err, store.ErrNoRows) {
		return 0, nil
	}
	return n, err
}

func month(at time.Time) string { return at.UTC().Format("2006-01") }
