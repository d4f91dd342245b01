// Package place knows where data may lie: which countries belong to the
// European Economic Area, and on which footing data may go elsewhere (GDPR
// Chapter V).
package place

import (
	"slices"
	"strings"
)

// The members of the EU, and Iceland, Liechtenstein and Norway, where the GDPR
// holds by the EEA agreement. ISO 3166-1 alpha-2.
var eea = []string{
	"AT", "BE", "BG", "CY", "CZ", "DE", "DK", "EE", "ES", "FI", "FR", "GR", "HR", "HU", "IE", "IT", "LT", "LU", "LV", "MT", "NL", "PL", "PT",
	"RO", "SE", "SI", "SK", "IS", "LI", "NO",
}

// Countries with an adequacy decision of the Commission (GDPR Art. 45) for all
// recipients. The USA are not among them: there it holds for certified
// companies only.
var adequate = []string{"AD", "AR", "BR", "CH", "FO", "GB", "GG", "IL", "IM", "JE", "JP", "KR", "NZ", "UY"}

// Mechanism is the footing of a transfer to a third country.
type Mechanism string

// The mechanisms, with the article of the GDPR.
const (
	NotNeeded Mechanism = "not_needed" // inside the EEA
	Adequacy  Mechanism = "adequacy"   // Art. 45
	DPF       Mechanism = "dpf"        // Art. 45: EU-US Data Privacy Framework, certified companies
	Clauses   Mechanism = "scc"        // Art. 46(2)(c): standard contractual clauses
	BCR       Mechanism = "bcr"        // Art. 47: binding corporate rules
	None      Mechanism = "none"
)

// Mechanisms lists them as a form offers them.
func Mechanisms() []Mechanism { return []Mechanism{NotNeeded, Adequacy, DPF, Clauses, BCR, None} }

// InEEA reports whether a country belongs to the European Economic Area.
func InEEA(country string) bool { return slices.Contains(eea, strings.ToUpper(country)) }

// Lawful reports whether data may go to a country on a footing. What is
// claimed must fit the place: nothing is "not needed" outside the EEA, an
// adequacy decision must exist, and the framework covers the USA alone.
func Lawful(country string, m Mechanism) bool {
	country = strings.ToUpper(country)
	if len(country) != 2 {
		return false
	}
	switch m {
	case NotNeeded:
		return InEEA(country)
	case Adequacy:
		return slices.Contains(adequate, country) || InEEA(country)
	case DPF:
		return country == "US"
	case Clauses, BCR:
		return true
	default:
		return InEEA(country)
	}
}
