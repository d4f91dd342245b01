package optin

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"einklang/internal/engine/evidence"
	"einklang/internal/engine/store"
	"einklang/internal/rule/id"
	"einklang/internal/rule/keyword"
)

// Purpose is what for people are asked (GDPR Art. 6(1)(a): "for one or more
// specific purposes"). Three are built in; an organisation adds its own.
type Purpose struct {
	Key         string
	DE, EN      string // its name; empty for a built-in purpose: the pages know it
	AboutDE     string // what the consent is about, in German: goods that are advertised, kinds of messages; may be empty
	AboutEN     string // the same in English
	Advertising bool   // what minors cannot agree to and what an objection stops (GDPR Art. 8, 21(2))
	Months      int    // a consent lasts so long without use; 0: until withdrawn
	Offered     bool   // on the public form
	Keyword     string // who writes it in a conversation agrees; empty: none
	Retired     bool
	Material    time.Time // consents given before do not carry any more: the text changed in substance
	Text        *Text     // the version in force; nil: none is published
}

// Name is the purpose's name in a language; empty for a built-in one.
func (p Purpose) Name(locale string) string {
	if locale == "en" {
		return p.EN
	}
	return p.DE
}

// BuiltIn reports whether the purpose is one of the three that always exist.
func (p Purpose) BuiltIn() bool { _, ok := builtIn(p.Key); return ok }

// lifetimeMonths is how long a marketing consent lasts without use: courts
// differ; two years are cautious.
const lifetimeMonths = 24

func builtIn(key string) (Purpose, bool) {
	switch key {
	case Service, Utility:
		return Purpose{Key: key, Offered: true}, true
	case Marketing:
		return Purpose{Key: key, Advertising: true, Months: lifetimeMonths, Offered: true}, true
	default:
		return Purpose{}, false
	}
}

// Text is one version of what people agree to. It is never changed.
type Text struct {
	ID        id.Wording
	Purpose   string
	Version   int
	Material  bool // differs in substance from the version before
	DE, EN    string
	Others    map[string]string // in languages that the organisation adds to its pages
	Published time.Time
	// Both: of service or utility, the wording names the other as well, so that
	// who agrees to it agrees to both.
	Both bool
}

// In is the text in a language; see [Text.Spoken].
func (t Text) In(locale string) string {
	switch spoken := t.Spoken(locale); spoken {
	case "de":
		return t.DE
	case "en":
		return t.EN
	default:
		return t.Others[spoken]
	}
}

// Spoken is the language in which the text is said to whoever reads in one:
// English where the organisation added a language and did not translate the text.
func (t Text) Spoken(locale string) string {
	switch {
	case locale == "" || locale == "de":
		return "de"
	case t.Others[locale] != "":
		return locale
	default:
		return "en"
	}
}

// The errors of purposes and texts.
var (
	ErrUnknownPurpose = errors.New("the organisation has no such purpose")
	ErrNames          = errors.New("a purpose needs a German and an English name")
	ErrKeyword        = errors.New("this keyword means something already: choose another, of 2 to 30 letters")
	ErrMonths         = errors.New("a consent lasts between 1 and 60 months without use, or 0: until it is withdrawn")
	ErrNoText         = errors.New("no consent text is published for this purpose: publish one first")
	ErrEmptyText      = errors.New("a consent text needs a German and an English version")
	ErrTextTooLong    = errors.New("a consent text may have at most 900 letters: it must fit into one WhatsApp message with buttons")
)

// MostText is how many letters a consent text may have, so that it fits into
// a message with buttons (Cloud API: interactive body, 1024).
const MostText = 900

// Purposes are the organisation's purposes with the texts in force, the
// built-in ones first.
func (d *Consents) Purposes(ctx context.Context, r store.Reader, org id.Org) ([]Purpose, error) {
	stored, err := store.Collect(ctx, r, func(row store.Row) (Purpose, error) {
		var p Purpose
		var months, material int64
		err := row.Scan(&p.Key, &p.DE, &p.EN, &p.AboutDE, &p.AboutEN, &p.Advertising, &months, &p.Offered, &p.Keyword, &p.Retired, &material)
		p.Months, p.Material = int(months), store.Time(material)
		return p, err
	}, "SELECT key, name_de, name_en, about_de, about_en, advertising, months, offered, keyword, retired, material_at FROM purpose WHERE org_id = ? ORDER BY changed_at, key", org)
	if err != nil {
		return nil, fmt.Errorf("read the purposes: %w", err)
	}
	var all []Purpose
	for _, key := range []string{Service, Utility, Marketing} {
		p, _ := builtIn(key)
		if i := slices.IndexFunc(stored, func(s Purpose) bool { return s.Key == key }); i >= 0 {
			p = stored[i]
		}
		all = append(all, p)
	}
	for _, p := range stored {
		if !p.BuiltIn() {
			all = append(all, p)
		}
	}
	texts, err := d.texts(ctx, r, org)
	for i := range all {
		for j := range texts { // the newest stands first
			if texts[j].Purpose == all[i].Key {
				all[i].Text = &texts[j]
				break
			}
		}
	}
	return all, err
}

// Purpose is one of the organisation's purposes; ErrUnknownPurpose if there is
// none of this name.
func (d *Consents) Purpose(ctx context.Context, r store.Reader, org id.Org, key string) (Purpose, error) {
	all, err := d.Purposes(ctx, r, org)
	if err != nil {
		return Purpose{}, err
	}
	if i := slices.IndexFunc(all, func(p Purpose) bool { return p.Key == key }); i >= 0 {
		return all[i], nil
	}
	return Purpose{}, ErrUnknownPurpose
}

func (d *Consents) texts(ctx context.Context, r store.Reader, org id.Org) ([]Text, error) {
	all, err := store.Collect(ctx, r, scanText,
		"SELECT id, purpose, version, material, text_de, text_en, published_at, names_both, others FROM consent_text WHERE org_id = ? ORDER BY purpose, version DESC", org)
	if err != nil {
		return nil, fmt.Errorf("read the consent texts: %w", err)
	}
	return all, nil
}

func scanText(row store.Row) (Text, error) {
	var t Text
	var version, at int64
	var others string
	err := row.Scan(&t.ID, &t.Purpose, &version, &t.Material, &t.DE, &t.EN, &at, &t.Both, &others)
	t.Version, t.Published = int(version), store.Time(at)
	if err == nil && others != "" {
		err = json.Unmarshal([]byte(others), &t.Others)
	}
	return t, err
}

// Texts are the versions of a purpose's text, the newest first.
func (d *Consents) Texts(ctx context.Context, r store.Reader, org id.Org, purpose string) ([]Text, error) {
	return store.Collect(ctx, r, scanText,
		"SELECT id, purpose, version, material, text_de, text_en, published_at, names_both, others FROM consent_text WHERE org_id = ? AND purpose = ? ORDER BY version DESC", org, purpose)
}

// Text reads one version; ErrNoText if there is none.
func (d *Consents) Text(ctx context.Context, r store.Reader, org id.Org, text id.Wording) (Text, error) {
	t, err := scanText(r.QueryRow(ctx, "SELECT id, purpose, version, material, text_de, text_en, published_at, names_both, others FROM consent_text WHERE org_id = ? AND id = ?", org, text))
	if errors.Is(err, store.ErrNoRows) {
		return t, ErrNoText
	}
	return t, err
}

// SavePurpose adds or changes a purpose.
func (d *Consents) SavePurpose(ctx context.Context, tx store.Tx, org id.Org, p Purpose) error {
	p.DE, p.EN, p.Keyword = strings.TrimSpace(p.DE), strings.TrimSpace(p.EN), strings.TrimSpace(p.Keyword)
	p.AboutDE, p.AboutEN = strings.TrimSpace(p.AboutDE), strings.TrimSpace(p.AboutEN)
	if base, ok := builtIn(p.Key); ok {
		p.Advertising = base.Advertising
	} else if p.DE == "" || p.EN == "" {
		return ErrNames
	}
	switch {
	case !validPurpose(p.Key):
		return ErrBadPurpose
	case p.Months < 0 || p.Months > 60, p.Advertising && p.Months == 0:
		return ErrMonths
	}
	if err := d.checkKeyword(ctx, tx, org, p); err != nil {
		return err
	}
	_, err := tx.Exec(ctx, `INSERT INTO purpose (org_id, key, name_de, name_en, about_de, about_en, advertising, months, offered, keyword, retired, material_at, changed_at) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, 0, ?)
		ON CONFLICT (org_id, key) DO UPDATE SET name_de = excluded.name_de, name_en = excluded.name_en, about_de = excluded.about_de, about_en = excluded.about_en, months = excluded.months, offered = excluded.offered,
			keyword = excluded.keyword, retired = excluded.retired`,
		org, p.Key, p.DE, p.EN, p.AboutDE, p.AboutEN, p.Advertising, int64(p.Months), p.Offered, p.Keyword, p.Retired, store.Micros(d.now()))
	if err != nil {
		return fmt.Errorf("save a purpose: %w", err)
	}
	return d.ledger.Append(ctx, tx, org, evidence.Entry{ID: id.Entry(d.ids.New()), Kind: "purpose.saved", At: d.now(),
		Record: map[string]any{"purpose": p.Key, "de": p.DE, "en": p.EN, "about_de": p.AboutDE, "about_en": p.AboutEN, "advertising": p.Advertising, "months": p.Months, "offered": p.Offered, "keyword": p.Keyword, "retired": p.Retired}})
}

// checkKeyword keeps each keyword to one meaning.
func (d *Consents) checkKeyword(ctx context.Context, r store.Reader, org id.Org, p Purpose) error {
	if p.Keyword == "" {
		return nil
	}
	if n := len([]rune(p.Keyword)); n < 2 || n > 30 || (keyword.Set{}).Match(p.Keyword) != keyword.None {
		return ErrKeyword
	}
	others, err := d.Purposes(ctx, r, org)
	for _, o := range others {
		if o.Key != p.Key && keyword.Same(o.Keyword, p.Keyword) {
			return ErrKeyword
		}
	}
	return err
}

// PublishText is PublishWording for a text that names its own purpose only.
func (d *Consents) PublishText(ctx context.Context, tx store.Tx, org id.Org, purpose, de, en string, material bool) (Text, int, error) {
	return d.PublishWording(ctx, tx, org, Text{Purpose: purpose, DE: de, EN: en, Material: material})
}

// PublishWording makes a new version of a purpose's text. If it differs in
// substance, consents given to earlier versions do not carry any more: they
// count as superseded, and the people must be asked again. It returns how many
// these are.
func (d *Consents) PublishWording(ctx context.Context, tx store.Tx, org id.Org, t Text) (Text, int, error) {
	purpose, de, en := t.Purpose, clean(t.DE), clean(t.EN)
	if de == "" || en == "" {
		return Text{}, 0, ErrEmptyText
	}
	others, err := t.translated()
	switch {
	case err != nil:
		return Text{}, 0, err
	case len([]rune(de)) > MostText || len([]rune(en)) > MostText:
		return Text{}, 0, ErrTextTooLong
	}
	p, err := d.Purpose(ctx, tx, org, purpose)
	if err != nil {
		return Text{}, 0, err
	}
	now := d.now()
	t.ID, t.Version, t.DE, t.EN, t.Published = id.Wording(d.ids.New()), 1, de, en, now
	t.Both = t.Both && (purpose == Service || purpose == Utility)
	affected := 0
	if p.Text == nil {
		t.Material = false // nobody can have agreed to another version
	} else {
		t.Version = p.Text.Version + 1
		if affected, err = d.Affected(ctx, tx, org, purpose); err != nil {
			return Text{}, 0, err
		}
	}
	if _, err := tx.Exec(ctx, "INSERT INTO consent_text (org_id, id, purpose, version, material, text_de, text_en, published_at, names_both, others) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
		org, t.ID, purpose, int64(t.Version), t.Material, de, en, store.Micros(now), t.Both, others); err != nil {
		return Text{}, 0, fmt.Errorf("publish a consent text: %w", err)
	}
	if !t.Material {
		affected = 0
	} else if err := d.supersede(ctx, tx, org, p, now); err != nil {
		return Text{}, 0, err
	}
	record := map[string]any{"purpose": purpose, "version": t.Version, "material": t.Material, "de": de, "en": en, "both": t.Both, "superseded": affected}
	for language, text := range t.Others {
		record["in_"+language] = text
	}
	return t, affected, d.ledger.Append(ctx, tx, org, evidence.Entry{ID: id.Entry(t.ID), Kind: "purpose.text", At: now, Record: record})
}

// translated puts the texts in added languages in order, and writes them as they
// are kept.
func (t *Text) translated() (string, error) {
	said := map[string]string{}
	for language, text := range t.Others {
		if text = clean(text); text != "" {
			said[language] = text
		}
		if len([]rune(text)) > MostText {
			return "", ErrTextTooLong
		}
	}
	if t.Others = said; len(said) == 0 {
		return "", nil
	}
	raw, err := json.Marshal(said)
	return string(raw), err
}

func (d *Consents) supersede(ctx context.Context, tx store.Tx, org id.Org, p Purpose, at time.Time) error {
	if err := d.SavePurpose(ctx, tx, org, p); err != nil {
		return err
	}
	_, err := tx.Exec(ctx, "UPDATE purpose SET material_at = ? WHERE org_id = ? AND key = ?", store.Micros(at), org, p.Key)
	return err
}

// Affected is how many people hold a consent for a purpose, whom a change of
// its text in substance would concern.
func (d *Consents) Affected(ctx context.Context, r store.Reader, org id.Org, purpose string) (int, error) {
	var n int64
	err := r.QueryRow(ctx, `SELECT COUNT(*) FROM consent c LEFT JOIN purpose p ON p.org_id = c.org_id AND p.key = c.purpose
		WHERE c.org_id = ? AND c.purpose = ? AND c.state = 'granted' AND (c.expires_at = 0 OR c.expires_at > ?) AND c.granted_at >= COALESCE(p.material_at, 0)`,
		org, purpose, store.Micros(d.now())).Scan(&n)
	return int(n), err
}

// HoldingEach is how many people hold a consent, for each purpose, as [Consents.Affected]
// counts them.
func (d *Consents) HoldingEach(ctx context.Context, r store.Reader, org id.Org) (map[string]int, error) {
	holding := map[string]int{}
	_, err := store.Collect(ctx, r, func(row store.Row) (struct{}, error) {
		var purpose string
		var n int64
		err := row.Scan(&purpose, &n)
		holding[purpose] = int(n)
		return struct{}{}, err
	}, `SELECT c.purpose, COUNT(*) FROM consent c LEFT JOIN purpose p ON p.org_id = c.org_id AND p.key = c.purpose
		WHERE c.org_id = ? AND c.state = 'granted' AND (c.expires_at = 0 OR c.expires_at > ?) AND c.granted_at >= COALESCE(p.material_at, 0) GROUP BY c.purpose`,
		org, store.Micros(d.now()))
	return holding, err
}

// clean makes line ends alike.
func clean(text string) string {
	return strings.TrimSpace(strings.ReplaceAll(text, "\r\n", "\n"))
}
