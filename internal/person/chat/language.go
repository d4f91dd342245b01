package chat

import "strings"

// house is the language of whoever says nothing about hers: the organisation's.
const house = "de"

// German is where people speak German, by the codes of countries and by the
// prefixes of their numbers.
var (
	germanPrefixes  = []string{"49", "43", "41", "423"}
	germanCountries = []string{"DE.", "AT.", "CH.", "LI."}
)

// Language is the language in which a person is written to, by one rule: as she
// chose; else that of her last words; else that of her number's country; else
// the organisation's.
func (p *Known) Language() string {
	switch {
	case p.Locale == "de" || p.Locale == "en":
		return p.Locale
	case p.Speaks == "de" || p.Speaks == "en":
		return p.Speaks
	case p.Profile.Phone != "":
		return spokenWith(p.Profile.Phone, germanPrefixes)
	case p.Profile.BSUID != "":
		return spokenWith(p.Profile.BSUID, germanCountries)
	}
	return house
}

func spokenWith(identity string, german []string) string {
	for _, prefix := range german {
		if strings.HasPrefix(identity, prefix) {
			return "de"
		}
	}
	return "en"
}
