package browsertest

import (
	"flag"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"einklang/internal/demo"
)

var screenshots = flag.String("screenshots", "", "folder to write a picture of every page to, in all views")

// place is a page by its path, with the name that its picture gets.
type place struct{ name, path string }

// TestTheInbox looks at all pages of one demo, and does in them what people do
// all day. With -screenshots the first part also takes pictures of every page.
func TestTheInbox(t *testing.T) {
	d, b := Demo(t, false), Start(t)
	t.Run("every page", func(t *testing.T) { everyPage(t, d, b) })
	if *screenshots == "" {
		flows(t, d, b)
	}
}

// everyPage opens every page that the menu leads to, and conversations of each
// colour. Each must show no error, shut nobody out in light or dark, and fit
// the screen of a phone. Pictures are in both languages, light and dark, wide
// and narrow.
func everyPage(t *testing.T, d *demo.Demo, b *Browser) {
	p := b.Open(t, d.Facts.URL, Wide)
	p.Go("/sign-in")
	p.Accessible()
	shoot(p, "sign-in", "de", Wide)
	SignIn(p, d, "admin")
	dark, darkPhone := Wide, Phone
	dark.Dark, darkPhone.Dark = true, true
	places := everyPlace(p)
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
	if *screenshots == "" {
		return
	}
	p.Look(Wide)
	p.Go("/inbox")
	p.Click(`form[action="/language"] button`)
	p.See(`html[lang="en"] body`)
	for _, at := range places {
		p.Go(at.path)
		for _, v := range []View{Wide, dark, Phone, darkPhone} {
			p.Look(v)
			shoot(p, at.name, "en", v)
		}
	}
}

// everyPlace follows the menu, and finds the conversations of four customers:
// with most kinds of messages, after the window, opted out, in English.
func everyPlace(p *Page) []place {
	paths := []string{"/inbox"}
	for i := 0; i < len(paths); i++ {
		p.Go(paths[i])
		for _, path := range Eval[[]string](p, `[...document.querySelectorAll(".topbar nav a, .submenu a")].map((a) => a.getAttribute("href"))`) {
			if !slices.Contains(paths, path) {
				paths = append(paths, path)
			}
		}
	}
	var places []place
	for _, path := range paths {
		places = append(places, place{strings.ReplaceAll(strings.Trim(path, "/"), "/", "-"), path})
	}
	for _, who := range []string{"Max Mustermann", "Otto Normalverbraucher", "Moritz Muster", "Jane Roe"} {
		first, _, _ := strings.Cut(strings.ToLower(who), " ")
		places = append(places, place{"conversation-" + first, Conversation(p, who)})
	}
	return append(places, place{"search", "/search?q=wasser"})
}

func shoot(p *Page, name, locale string, v View) {
	if *screenshots == "" {
		return
	}
	name += "-" + locale
	if v.Width < Wide.Width {
		name += "-phone"
	}
	if v.Dark {
		name += "-dark"
	}
	p.Shoot(filepath.Join(*screenshots, name+".png"))
}
