package privacy_test

import (
	"os"
	"path/filepath"
	"testing"

	"einklang/internal/test/browsertest"
)

// The pages of the desk and of the portal are accessible, and say nothing that
// is missing from the texts. SHOTS names a folder for pictures of them.
func TestThePagesOfTheDeskAndThePortal(t *testing.T) {
	d := browsertest.Demo(t, false)
	b := browsertest.Start(t)
	shoot := func(p *browsertest.Page, name string) {
		if dir := os.Getenv("SHOTS"); dir != "" {
			p.Shoot(filepath.Join(dir, name+".png"))
		}
	}
	for name, view := range map[string]browsertest.View{"wide": browsertest.Wide, "phone-dark": {Width: 360, Height: 740, Dark: true}} {
		p := b.Open(t, d.Facts.URL, view)
		p.Go("/portal/beispiel")
		p.See("#number")
		p.Accessible()
		shoot(p, "portal-"+name)
		browsertest.SignIn(p, d, "dpo")
		p.Go("/desk/cases")
		p.SeeText("main", "Otto")
		p.Accessible()
		shoot(p, "cases-"+name)
		p.Click("table.list tbody tr:nth-child(2) a")
		p.SeeText("main", "LÖSCHEN")
		p.Accessible()
		shoot(p, "case-"+name)
		p.Go("/desk/erasures")
		p.Accessible()
		shoot(p, "erasures-"+name)
	}
}
