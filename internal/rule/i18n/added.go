package i18n

import (
	"slices"
	"strings"
)

// Over is the texts in a language that an organisation adds, over those of c:
// what is missing is said in the language of c.
func (c *Catalogue) Over(locale string, texts map[string]string) *Catalogue {
	return &Catalogue{Locale: locale, base: c, texts: texts, zone: c.zone}
}

// Base is the catalogue in which what is missing is said; the catalogue itself if
// it is one of the two that are whole.
func (c *Catalogue) Base() *Catalogue {
	if c.base == nil {
		return c
	}
	return c.base
}

// find finds a text.
func (c *Catalogue) find(key string) (string, bool) {
	text, ok := c.texts[key]
	if ok && text != "" || c.base == nil {
		return text, ok
	}
	return c.base.find(key)
}

// public are the texts of the pages that people see who have no account, by how
// their keys begin.
var public = []string{"public.", "optin.form.", "optin.way.", "optin.sent.", "optin.confirm.", "optin.stop.", "optin.closed.", "confirm.k1", "purpose.", "notice.title",
	"privacy.", "portal.", "imprint.", "accessible.", "source.", "package.consents", "package.email", "package.event.", "package.name", "package.phone", "package.recipients", "package.since", "erasure.part.", "duty.", "case.kind.", "case.outcome.", "case.stays", "type."}

// notPublic of these stand in mails, messages and files, or are for staff.
var notPublic = []string{"optin.form.asked", "portal.code.words", "portal.code.subject", "portal.told.", "portal.tries.subject", "portal.tries.words", "portal.write.file", "portal.history", "portal.address.words", "portal.word",
	"package.file", "public.staff.", "privacy.other", "confirm.k1.several", "confirm.k1.consents", "confirm.k1.again", "confirm.k1.books", "confirm.k1.underway"}

// Public are the keys of the texts on pages that people see who have no account,
// in an order that does not change.
func (c *Catalogue) Public() (keys []string) {
	for key := range c.texts {
		if IsPublic(key) {
			keys = append(keys, key)
		}
	}
	slices.Sort(keys)
	return keys
}

// IsPublic reports whether a text stands on a page that people see who have no
// account.
func IsPublic(key string) bool {
	begins := func(prefix string) bool { return strings.HasPrefix(key, prefix) }
	return slices.ContainsFunc(public, begins) && !slices.ContainsFunc(notPublic, begins)
}

// written are the languages that are written from right to left.
var written = []string{"ar", "ckb", "dv", "fa", "he", "ps", "sd", "ug", "ur", "yi"}

// Direction is how the language is written: "rtl", or "" from left to right.
func (c *Catalogue) Direction() string {
	language, _, _ := strings.Cut(c.Locale, "-")
	if slices.Contains(written, language) {
		return "rtl"
	}
	return ""
}
