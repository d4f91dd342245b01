// Package document writes the documents that a controller owes or needs
// (GDPR Art. 30, 32, 35; the deletion concept; the staff's instruction) from
// facts that are counted in the live system. A document states only what is
// so; what is not so it lists as missing.
package document

import (
	"slices"
	"strconv"
	"time"

	"einklang/internal/rule/cockpit"
	"einklang/internal/rule/i18n"
)

// Document is one document in one language, ready to be shown or printed.
type Document struct {
	Key      string // stable name
	Locale   string
	Title    string
	Company  string
	Date     time.Time
	Sections []Section
	Missing  []Gap
}

// Section is a part of a document under a heading.
type Section struct {
	Title      string
	Paragraphs []string
	Items      []string
	Table      Table
}

// Table is a table; without a head it is not there.
type Table struct {
	Head []string
	Rows [][]string
}

// Gap is something that the document should say and cannot.
type Gap struct{ Text, Page string }

type kind struct {
	key   string
	write func(*writer)
}

var kinds = []kind{
	{"record", record},
	{"register", registers},
	{"measures", measures},
	{"dpia", impact},
	{"deletion", deletion},
	{"notice", noticeSection},
	{"consent", consentTexts},
	{"works_council", worksCouncil},
	{"instruction", instruction},
	{"access", access},
	{"breach", breachNotice},
}

// Keys lists the documents that Write knows, in the order of the desk.
func Keys() []string {
	keys := make([]string, len(kinds))
	for i, k := range kinds {
		keys[i] = k.key
	}
	return keys
}

// Write writes a document; ok is false for an unknown key.
func Write(key string, f cockpit.Facts, c *i18n.Catalogue) (d Document, ok bool) {
	i := slices.IndexFunc(kinds, func(k kind) bool { return k.key == key })
	if i < 0 {
		return d, false
	}
	w := &writer{Facts: f, c: c, d: Document{Key: key, Locale: c.Locale, Title: c.T("document." + key), Company: f.Organisation.Name, Date: f.Now}}
	w.controller()
	kinds[i].write(w)
	return w.d, true
}

// writer collects a document's parts. Texts are named below "doc.".
type writer struct {
	cockpit.Facts
	c *i18n.Catalogue
	d Document
}

func (w *writer) t(key string, args ...any) string { return w.c.T("doc."+key, args...) }

func (w *writer) section(key string) {
	w.d.Sections = append(w.d.Sections, Section{Title: w.t(key)})
}

func (w *writer) last() *Section { return &w.d.Sections[len(w.d.Sections)-1] }

func (w *writer) say(key string, args ...any) {
	w.last().Paragraphs = append(w.last().Paragraphs, w.t(key, args...))
}

func (w *writer) item(key string, args ...any) {
	w.last().Items = append(w.last().Items, w.t(key, args...))
}

func (w *writer) head(keys ...string) {
	for _, k := range keys {
		w.last().Table.Head = append(w.last().Table.Head, w.t(k))
	}
}

func (w *writer) row(cells ...string) { w.last().Table.Rows = append(w.last().Table.Rows, cells) }

func (w *writer) missing(key, page string, args ...any) {
	w.d.Missing = append(w.d.Missing, Gap{w.t("missing."+key, args...), page})
}

// when states one thing if it is so, and misses it if it is not.
func (w *writer) when(so bool, key, page string, args ...any) {
	if so {
		w.item("measure."+key, args...)
	} else {
		w.missing("measure."+key, page)
	}
}

func (w *writer) date(t time.Time) string {
	if t.IsZero() {
		return "–"
	}
	return w.c.Date(t)
}

func count(n int64) string { return strconv.FormatInt(n, 10) }

// controller says on every document who is responsible (GDPR Art. 4(7)).
func (w *writer) controller() {
	o := w.Organisation
	w.section("controller")
	w.last().Paragraphs = append(w.last().Paragraphs, o.Name)
	if o.Address == "" || o.Email == "" {
		w.missing("controller", cockpit.ControllerPage)
	} else {
		w.last().Paragraphs = append(w.last().Paragraphs, o.Address, o.Email)
	}
	if o.DPO == "" {
		w.missing("dpo", cockpit.ControllerPage)
	} else {
		w.say("dpo", o.DPO)
	}
}
