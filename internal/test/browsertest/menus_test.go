package browsertest

import (
	"testing"

	"github.com/chromedp/chromedp/kb"

	"einklang/internal/app/demo"
)

// menus opens every menu of the inbox in both languages and at all widths.
// (Whatever unfolds on the other pages is opened where they are looked at.)
func menus(t *testing.T, d *demo.Demo, b *Browser) {
	p := b.Open(t, d.Facts.URL, Wide)
	SignIn(p, d, "lead")
	thread := Conversation(p, "Max Mustermann")
	for _, locale := range []string{"en", "de"} {
		for _, at := range []string{"/inbox", thread} {
			speak(p, at, locale)
			fits(p)
		}
		for _, v := range Widths {
			p.Look(v)
			p.Go(thread)
			overThePage(p)
		}
	}
}

// overThePage opens what appears over a conversation: lists, panels, dialogs.
func overThePage(p *Page) {
	p.Ctrl("k")
	p.OnScreen("#palette")
	p.Press(kb.Escape)
	p.Gone("#palette")
	p.Shortcut("?")
	p.OnScreen("#help")
	p.Press(kb.Escape)
	p.Gone("#help")
	p.Click("#compose [data-emoji]")
	p.OnScreen(".emoji")
	p.Press(kb.Escape)
	p.Gone(".emoji")
	for button, dialog := range map[string]string{"#compose [data-templates]": "#templates", "#compose [data-insert]": "#insert"} {
		p.Click(button)
		p.OnScreen(dialog)
		p.Press(kb.Escape)
		p.Gone(dialog)
	}
	p.Type("#text", "/")
	p.OnScreen("#quick")
	p.Press(kb.Backspace)
	p.Gone("#quick")
	p.Eval(`{ const bubble = document.querySelector(".bubble.in:has([data-react])"); bubble.tabIndex = -1; bubble.focus(); }`)
	p.Click(".bubble.in:focus [data-react]")
	p.OnScreen(".emoji")
	p.Press(kb.Escape)
}
