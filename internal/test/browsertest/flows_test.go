package browsertest

import (
	"bytes"
	"image"
	"image/png"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/chromedp/kb"

	"einklang/internal/app/demo"
	"einklang/sandbox"
)

// flows does what people do all day, as an agent would see it. What goes out
// waits for some seconds in which it can be taken back, so the phone is looked
// at in the end.
func flows(t *testing.T, d *demo.Demo, b *Browser) {
	ada := d.Sandbox.AddCustomer(sandbox.Customer{ID: "ada", Name: "Ada Beispiel", Phone: "4917604069011", UserID: "DE.1300000000000011"})
	p := b.Open(t, d.Facts.URL, Wide)
	SignIn(p, d, "agent")

	t.Run("answer", func(t *testing.T) {
		p := p.In(t)
		p.Go("/inbox")
		ada.Say(d.Number(), "Grüße aus Köln, wann wird *geliefert*?")
		p.SeeText("#rows .row.unread", "Ada Beispiel")
		p.Go(Conversation(p, "Ada Beispiel"))
		p.SeeText(".bubble.in strong", "geliefert")
		p.SeeText("#light.green", "Sie dürfen frei antworten")
		p.Shortcut("r")
		p.Type("#text", "Morgen, versprochen.")
		p.CtrlEnter()
		p.SeeText(".bubble.out", "Morgen, versprochen.")
		p.Until("the composer is not empty", `document.querySelector("#text").value === ""`)
	})

	t.Run("take back", func(t *testing.T) {
		p := p.In(t)
		p.Type("#text", "Das war zu früh")
		p.CtrlEnter()
		p.SeeText(".bubble.out", "Das war zu früh")
		p.Click(".bubble.out:last-of-type [data-undo] button")
		p.SeeText("#text", "Das war zu früh")
		p.SeeText(".bubble.withdrawn", "Zurückgeholt")
		p.Eval(`document.querySelector("#text").value = ""; document.querySelector("#text").dispatchEvent(new Event("input"))`)
	})

	t.Run("attach", func(t *testing.T) {
		p := p.In(t)
		p.Attach("#file", write(t, "falsch.exe", []byte("MZ")))
		p.SeeText("#refusal", "falsch.exe")
		p.Attach("#file", write(t, "bild.png", picture(t)))
		p.See(".attachment img")
		p.Type("#text", "So sieht es aus")
		p.CtrlEnter()
		p.SeeText(".bubble.out.type-image", "So sieht es aus")
		p.Gone(".attachment")
	})

	t.Run("voice message", func(t *testing.T) {
		p := p.In(t)
		p.Click("[data-record=start]")
		p.Until("nothing is recorded", `document.querySelector("#recording").checkVisibility() && document.querySelector("#recording time").innerText !== "0:00"`)
		p.Click("[data-record=send]")
		p.See(".bubble.out.type-audio .play")
		p.Gone("#recording")
	})

	t.Run("template after the window", func(t *testing.T) {
		p := p.In(t)
		p.Go(Conversation(p, "Otto Normalverbraucher"))
		p.SeeText("#light.amber", "Link zum Datenschutzhinweis")
		p.Click("#light [data-templates]")
		p.Type("#template-search", "termin")
		p.Click(`#templates li:not([hidden]) summary`)
		p.Type(`details[open] [data-slot="body/1"]`, "Otto")
		p.SeeText("#templates details[open] [data-part=body]", "Guten Tag Otto,")
		p.Type(`details[open] [data-slot="body/2"]`, "1. Dezember")
		p.Type(`details[open] [data-slot="body/3"]`, "10")
		p.Press(kb.Enter)
		p.SeeText(".bubble.out.type-template", "Termin am 1. Dezember um 10 Uhr")
	})

	t.Run("refusal and remedy", func(t *testing.T) {
		p := p.In(t)
		p.Go(Conversation(p, "Moritz Muster"))
		p.SeeText("#light.red", "abgemeldet")
		p.SeeText("#light .ways", "START schreiben")
		p.Go(Conversation(p, "Ada Beispiel"))
		p.Click(`#person form[action$="/block"] button`)
		p.SeeText("#light.red", "Es darf nichts gesendet werden")
		p.Click("#light .ways form button")
		p.See("#light.green")
	})

	t.Run("collision and draft", func(t *testing.T) {
		p := p.In(t)
		lead := b.Open(t, d.Facts.URL, Wide)
		SignIn(lead, d, "lead")
		path := Conversation(lead, "Ada Beispiel")
		lead.Go(path)
		lead.Type("#text", "Ich übernehme das")
		p.SeeText("#others .typing", "Robin Beispiel schreibt gerade")
		lead.Until("the draft is not saved", `!document.querySelector("#compose").dataset.unsaved`)
		lead.Go(path)
		lead.SeeText("#text", "Ich übernehme das")
	})

	t.Run("assign", func(t *testing.T) {
		p := p.In(t)
		lead := b.Open(t, d.Facts.URL, Wide)
		SignIn(lead, d, "lead")
		lead.Go(Conversation(lead, "Ada Beispiel"))
		lead.Click("#workbar summary")
		lead.Eval(`{ const to = document.querySelector("#workbar [name=to]"); to.value = [...to.options].find((o) => o.text === "Alex Beispiel").value; }`)
		lead.Type("#workbar [name=note]", "Bitte bis Freitag")
		lead.Click("#workbar form button.primary")
		for _, page := range []*Page{lead, p} { // without loading anything anew
			page.SeeText(".event.work", "an Alex Beispiel übergeben")
			page.SeeText(".event.note", "Bitte bis Freitag")
			page.SeeText("#workbar summary", "Alex Beispiel")
		}
	})

	t.Run("search with umlauts", func(t *testing.T) {
		p := p.In(t)
		p.Go("/search")
		p.Type("[name=q]", "gruesse koeln")
		p.Press(kb.Enter)
		p.SeeText(".hit mark", "Grüße")
		p.Click(".hit a")
		p.SeeText(".bubble.shown", "Grüße aus Köln")
		p.Shortcut("f")
		p.Type("#findtext", "GELIEFERT")
		p.Press(kb.Enter)
		p.SeeText("#found .hit mark", "geliefert")
	})

	t.Run("edit and revoke", func(t *testing.T) {
		p := p.In(t)
		p.Go(Conversation(p, "Ada Beispiel"))
		wrong := ada.Say(d.Number(), "Meine Adresse ist Holzweg 1")
		gone := ada.Say(d.Number(), "Streng geheim")
		p.SeeText(".bubble.in", "Streng geheim")
		ada.Edit(d.Number(), wrong, "Meine Adresse ist Musterweg 2")
		p.SeeText(".bubble.in footer", "bearbeitet")
		p.SeeText(".bubble.in", "Musterweg 2")
		ada.Revoke(d.Number(), gone)
		p.SeeText(".bubble.in .gone", "hat diese Nachricht gelöscht")
		p.Until("what was deleted or edited is still on the page", `!/Streng geheim|Holzweg/.test(document.querySelector("#bubbles").innerHTML)`)
	})

	t.Run("keyboard", func(t *testing.T) {
		p := p.In(t)
		p.Go("/inbox")
		p.Shortcut("?")
		p.See("#help[open]")
		p.Press(kb.Escape)
		p.Gone("#help")
		p.Ctrl("k")
		p.Type("#palette-text", "ada")
		p.SeeText("#palette-list [data-found]", "Ada Beispiel")
		p.Press(kb.ArrowDown)
		p.Press(kb.ArrowUp)
		p.Press(kb.Enter)
		p.SeeText(".threadbar h2", "Ada Beispiel")
	})

	t.Run("on a phone", func(t *testing.T) {
		p := p.In(t)
		p.Look(Phone)
		p.Go("/inbox?view=all")
		p.Fits()
		p.Click("#rows .row a")
		p.See("#compose")
		p.Gone(".queue")
		p.Fits()
		p.Click(".to-person")
		p.SeeText("#person h2", "Ada Beispiel")
		p.Click(".closeperson")
		p.Gone("#person")
		p.Click(".back")
		p.See("#rows .row")
		p.Look(Wide)
	})

	t.Run("light and tight", func(t *testing.T) {
		p := p.In(t)
		p.Go(Conversation(p, "Max Mustermann"))
		const kilobyte = 1000
		if size := Eval[int](p, `[...performance.getEntriesByType("navigation"), ...performance.getEntriesByType("resource")]
			.filter((e) => e.entryType === "navigation" || ["link", "script", "css", "other"].includes(e.initiatorType)).reduce((sum, e) => sum + e.encodedBodySize, 0)`); size > 100*kilobyte {
			t.Errorf("the first paint needs %d bytes", size)
		}
		response, err := http.Get(d.Facts.URL + "/sign-in")
		if err != nil {
			t.Fatal(err)
		}
		_ = response.Body.Close()
		if policy := response.Header.Get("Content-Security-Policy"); !strings.Contains(policy, "default-src 'none'") || strings.Contains(policy, "unsafe") {
			t.Errorf("the content security policy is %q", policy)
		}
	})

	t.Run("what arrived", func(t *testing.T) {
		want := []string{"Morgen, versprochen.", "So sieht es aus", `"voice":true`}
		var got string
		for end := time.Now().Add(patience); time.Now().Before(end); time.Sleep(50 * time.Millisecond) {
			got = ""
			for _, m := range ada.Messages(d.Number()) {
				if m.Business {
					got += string(m.Content)
				}
			}
			if strings.Contains(got, want[0]) && strings.Contains(got, want[1]) && strings.Contains(got, want[2]) {
				break
			}
		}
		for _, text := range want {
			if strings.Count(got, text) != 1 {
				t.Errorf("%q is %d times on the phone: %s", text, strings.Count(got, text), got)
			}
		}
		if strings.Contains(got, "Das war zu früh") {
			t.Error("what was taken back arrived")
		}
	})
}

// TestThePageLivesThroughARestart: a page that is open while the server ends
// and comes again shows what came meanwhile, once.
func TestThePageLivesThroughARestart(t *testing.T) {
	data := t.TempDir()
	d := DemoAt(t, data, "127.0.0.1:0", true)
	who := sandbox.Customer{ID: "ada", Name: "Ada Beispiel", Phone: "4917604069011", UserID: "DE.1300000000000011"}
	d.Sandbox.AddCustomer(who).Say(d.Number(), "vorher")
	p := Start(t).Open(t, d.Facts.URL, Wide)
	p.Expect("ERR_CONNECTION_REFUSED", "ERR_INCOMPLETE_CHUNKED_ENCODING", "ERR_CONNECTION_RESET", "ERR_EMPTY_RESPONSE")
	SignIn(p, d, "agent")
	p.Go(Conversation(p, "Ada Beispiel"))
	p.SeeText(".bubble.in", "vorher")
	p.Type("#text", "halb geschrieben")
	p.Eval(`window.stayed = true`)

	address := strings.TrimPrefix(d.Facts.URL, "http://")
	if err := d.Close(); err != nil {
		t.Fatal(err)
	}
	p.SeeText("#status", "Verbindung unterbrochen")
	d = DemoAt(t, data, address, true)
	defer func() {
		if err := d.Close(); err != nil {
			t.Error(err)
		}
	}()
	d.Sandbox.AddCustomer(who).Say(d.Number(), "nachher")

	p.SeeText(".bubble.in", "nachher")
	p.Gone("#status")
	p.Until("the page shows messages twice, or none", `["vorher", "nachher"].every((text) => [...document.querySelectorAll(".bubble.in .words")].filter((e) => e.innerText === text).length === 1)`)
	p.Until("the page was loaded anew", `window.stayed === true && document.querySelector("#text").value === "halb geschrieben"`)
}

func write(t *testing.T, name string, content []byte) string {
	t.Helper()
	file := filepath.Join(t.TempDir(), name)
	if err := os.WriteFile(file, content, 0o600); err != nil {
		t.Fatal(err)
	}
	return file
}

func picture(t *testing.T) []byte {
	t.Helper()
	var out bytes.Buffer
	if err := png.Encode(&out, image.NewGray(image.Rect(0, 0, 64, 48))); err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}
