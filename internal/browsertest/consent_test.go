package browsertest

import "testing"

// TestPagesOfConsent opens the pages of consent that the menu does not lead
// to: one purpose, one link, one person, and the public ones. Each must shut
// nobody out and fit the screen of a phone.
func TestPagesOfConsent(t *testing.T) {
	d := Demo(t, false)
	p := Start(t).Open(t, d.Facts.URL, Wide)
	SignIn(p, d, "admin")
	places := []place{{"consent-purpose", "/consent/purposes/marketing"}, {"opt-in", "/opt-in/beispiel"}, {"privacy", "/privacy/beispiel"}}
	p.Go("/consent/entries")
	places = append(places, place{"consent-entry", Eval[string](p, `document.querySelector(".list a").getAttribute("href")`)})
	p.Go("/consent")
	places = append(places, place{"consent-person", Eval[string](p, `document.querySelector(".list a[href^='/people/']").getAttribute("href")`)})
	dark := Wide
	dark.Dark = true
	for _, at := range places {
		p.Look(Wide)
		p.Go(at.path)
		p.Accessible()
		shoot(p, at.name, "de", Wide)
		p.Look(dark)
		p.Contrast()
		shoot(p, at.name, "de", dark)
		p.Look(Phone)
		p.Fits()
		shoot(p, at.name, "de", Phone)
	}
}
