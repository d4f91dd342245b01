package processors

import (
	"context"
	"fmt"
	"time"

	"einklang/internal/engine/store"
	"einklang/internal/rule/cockpit"
	"einklang/internal/rule/id"
	"einklang/internal/rule/place"
)

// Component is a part of the installation and where it stands (S23).
type Component struct {
	Name      string          `json:"name"` // server, database, mail, backup …
	Host      string          `json:"host"`
	Country   string          `json:"country"`
	Mechanism place.Mechanism `json:"mechanism"` // outside the EEA
}

// CheckPlaces refuses a component outside the EEA that no footing covers (GDPR
// Art. 44).
func CheckPlaces(all []Component) error {
	for _, c := range all {
		if !place.Lawful(c.Country, c.Mechanism) {
			return fmt.Errorf("the component %q (%s) is declared in %q without a footing for the transfer: move it into the EEA, or name its mechanism (adequacy, dpf, scc, bcr) in the configuration", c.Name, c.Host, c.Country)
		}
	}
	return nil
}

// FactsOfComponents tells the cockpit the declared parts. The server itself,
// and a database of its own, must be among them.
func FactsOfComponents(declared []Component, ownDatabase bool) func(context.Context, store.Reader, id.Org, time.Time, *cockpit.Facts) error {
	needed := []string{"server"}
	if ownDatabase {
		needed = append(needed, "database")
	}
	there := map[string]bool{}
	for _, c := range declared {
		there[c.Name] = true
	}
	return func(_ context.Context, _ store.Reader, _ id.Org, _ time.Time, f *cockpit.Facts) error {
		for _, c := range declared {
			f.Components = append(f.Components, cockpit.Component{Name: c.Name, Host: c.Host, Country: c.Country, EEA: place.InEEA(c.Country), Declared: true})
		}
		for _, name := range needed {
			if !there[name] {
				f.Components = append(f.Components, cockpit.Component{Name: name})
			}
		}
		return nil
	}
}
