package apptest

import (
	"einklang/internal/consent/notice"
	"einklang/internal/rule/i18n"
)

// Notice is a privacy notice that says all that it must (GDPR Art. 13).
func (o *Office) Notice() (de, en string) {
	write := func(c *i18n.Catalogue) string {
		parts := map[string]string{}
		for _, p := range notice.Parts() {
			if key := "notice.suggest." + p.Key; c.Has(key) {
				parts[p.Key] = c.T(key, "Beispiel GmbH")
			}
		}
		parts["controller"] = "Beispiel GmbH, Musterstraße 1, 10115 Berlin, datenschutz@example.com"
		return notice.Assemble(parts, notice.Headings(c.T))
	}
	return write(o.Texts["de"]), write(o.Texts["en"])
}
