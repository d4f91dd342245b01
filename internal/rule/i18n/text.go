// Package i18n holds every text that people read, in German and in English.
//
// The catalogue is flat JSON files, one for each area of the product and each
// language (de/inbox.json, en/inbox.json), and this small reader. A key stands
// in one file only. A translation library would bring plural rules for two
// hundred languages; German and English need "one" and "many", which a key's
// endings .one and .many give.
package i18n

import (
	"embed"
	"encoding/json"
	"fmt"
	"strings"
	"sync"
	"time"

	"einklang/internal/rule/calendar"
)

//go:embed de/*.json en/*.json
var files embed.FS

// Catalogue is the texts in one language.
type Catalogue struct {
	Locale string     // "de" or "en"; on public pages also one that an organisation adds
	base   *Catalogue // what is said where a text is missing; nil in the two that are whole
	texts  map[string]string
	zone   *time.Location
}

// Load returns both languages. They are read once: nothing changes a Catalogue.
func Load() (de, en *Catalogue, err error) {
	if de, err = german(); err != nil {
		return nil, nil, err
	}
	en, err = english()
	return de, en, err
}

var (
	german  = sync.OnceValues(func() (*Catalogue, error) { return load("de") })
	english = sync.OnceValues(func() (*Catalogue, error) { return load("en") })
)

// All returns both languages, by locale.
func All() (map[string]*Catalogue, error) {
	de, en, err := Load()
	return map[string]*Catalogue{"de": de, "en": en}, err
}

func load(locale string) (*Catalogue, error) {
	zone, err := calendar.Zone("Europe/Berlin")
	if err != nil {
		return nil, err
	}
	c := &Catalogue{Locale: locale, texts: map[string]string{}, zone: zone}
	areas, err := files.ReadDir(locale)
	if err != nil {
		return nil, err
	}
	for _, area := range areas {
		if err := c.read(locale + "/" + area.Name()); err != nil {
			return nil, fmt.Errorf("read the texts in %s/%s: %w", locale, area.Name(), err)
		}
	}
	return c, nil
}

func (c *Catalogue) read(file string) error {
	raw, err := files.ReadFile(file)
	if err != nil {
		return err
	}
	var texts map[string]string
	if err := json.Unmarshal(raw, &texts); err != nil {
		return err
	}
	for key, text := range texts {
		if c.Has(key) {
			return fmt.Errorf("%s stands in another file already", key)
		}
		c.texts[key] = text
	}
	return nil
}

// T is a text. Arguments fill in {0}, {1} and so on. A key that has no text
// shows itself, so that the gap is seen.
func (c *Catalogue) T(key string, args ...any) string {
	text, ok := c.find(key)
	if !ok {
		return "⟨" + key + "⟩"
	}
	for i, a := range args {
		text = strings.ReplaceAll(text, fmt.Sprintf("{%d}", i), fmt.Sprint(a))
	}
	return text
}

// Has reports whether there is a text for a key.
func (c *Catalogue) Has(key string) bool {
	_, ok := c.find(key)
	return ok
}

// Known is the text of a name that others may have given: the name itself if
// there is none.
func (c *Catalogue) Known(prefix, name string) string {
	if c.Has(prefix + name) {
		return c.T(prefix + name)
	}
	return name
}

// N is a text about a number: key.one or key.many.
func (c *Catalogue) N(key string, n int) string {
	if n == 1 {
		return c.T(key+".one", n)
	}
	return c.T(key+".many", n)
}

// ParseLocal reads what a field for a date and a time of day holds, such as
// 2026-11-25T09:00, as a moment in Germany; nothing is the zero time.
func (c *Catalogue) ParseLocal(value string) (time.Time, error) {
	if value == "" {
		return time.Time{}, nil
	}
	return time.ParseInLocation("2006-01-02T15:04", value, c.zone)
}

// Local writes what ParseLocal reads.
func (c *Catalogue) Local(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return t.In(c.zone).Format("2006-01-02T15:04")
}

// Clock is the time of day.
func (c *Catalogue) Clock(t time.Time) string { return t.In(c.zone).Format("15:04") }

// Day names the day of t as seen from now: today, yesterday, a weekday, a
// date.
func (c *Catalogue) Day(t, now time.Time) string {
	t, now = t.In(c.zone), now.In(c.zone)
	days := int(midnight(now).Sub(midnight(t)).Hours()+12) / 24
	switch {
	case days == 0:
		return c.T("time.today")
	case days == 1:
		return c.T("time.yesterday")
	case days > 1 && days < 7:
		return c.T("time.weekday." + strings.ToLower(t.Weekday().String()))
	default:
		return c.Date(t)
	}
}

func midnight(t time.Time) time.Time {
	return time.Date(t.Year(), t.Month(), t.Day(), 0, 0, 0, 0, time.UTC)
}

// Date is the date alone.
func (c *Catalogue) Date(t time.Time) string {
	switch {
	case c.base != nil: // the names of months are English, and the order of numbers differs
		return t.In(c.zone).Format(time.DateOnly)
	case c.Locale == "de":
		return t.In(c.zone).Format("02.01.2006")
	}
	return t.In(c.zone).Format("2 Jan 2006")
}

// Moment is date and time of day.
func (c *Catalogue) Moment(t time.Time) string { return c.Date(t) + ", " + c.Clock(t) }

// Brief is the shortest form for a list: the time today, else the day.
func (c *Catalogue) Brief(t, now time.Time) string {
	if t.IsZero() {
		return ""
	}
	if midnight(t.In(c.zone)).Equal(midnight(now.In(c.zone))) {
		return c.Clock(t)
	}
	return c.Day(t, now)
}

// Left is how much time remains: "17 h 12 min".
func (c *Catalogue) Left(d time.Duration) string {
	minutes := int(d.Minutes())
	if minutes >= 60 {
		return fmt.Sprintf("%d h %02d min", minutes/60, minutes%60)
	}
	return fmt.Sprintf("%d min", max(minutes, 0))
}

// Size is a number of bytes.
func (c *Catalogue) Size(bytes int64) string {
	number := func(v float64, unit string) string {
		s := fmt.Sprintf("%.1f %s", v, unit)
		if c.Locale == "de" {
			s = strings.Replace(s, ".", ",", 1)
		}
		return s
	}
	switch {
	case bytes >= 1<<20:
		return number(float64(bytes)/(1<<20), "MB")
	case bytes >= 1<<10:
		return number(float64(bytes)/(1<<10), "KB")
	default:
		return fmt.Sprintf("%d B", bytes)
	}
}
