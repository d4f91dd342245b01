package browsertest

import (
	"bytes"
	"fmt"
	"image"
	"image/png"
	"testing"

	"einklang/internal/app/demo"
	"einklang/sandbox"
)

// threads opens every conversation, and one that is long and ends with files:
// each shows its end, and stays there while its pictures arrive.
func threads(t *testing.T, d *demo.Demo, b *Browser) {
	who := d.Sandbox.AddCustomer(sandbox.Customer{ID: "bo", Name: "Bo Beispiel", Phone: "4917604068900", UserID: "DE.1300000000008900"})
	for i := range 45 {
		who.Say(d.Number(), fmt.Sprintf("Nachricht %d", i))
	}
	for _, file := range []struct {
		kind, mime string
		content    []byte
	}{{"document", "application/pdf", []byte("%PDF-1.4 Beispiel")}, {"image", "image/png", sized(t, 1600, 900)}, {"audio", "audio/ogg", []byte("OggS")}, {"image", "image/png", sized(t, 600, 1600)}} {
		if _, err := who.SendFile(d.Number(), file.kind, file.mime, file.content, ""); err != nil {
			t.Fatal(err)
		}
	}
	p := b.Open(t, d.Facts.URL, Wide)
	SignIn(p, d, "lead")
	long := Conversation(p, "Bo Beispiel")
	p.Go(long)
	p.Until("the pictures do not arrive", `document.querySelectorAll(".picture img").length === 2`)
	for _, at := range Eval[[]string](p, `[...document.querySelectorAll("#rows .row a")].map((a) => new URL(a.href).pathname)`) {
		for _, v := range []View{Wide, Phone} {
			p.Look(v)
			p.Go(at)
			atEnd(p)
		}
	}
	p.Look(Wide)
	p.Go(long)
	atEnd(p)
	if got := Eval[string](p, `[...document.querySelectorAll(".picture img")].map((e) => e.getAttribute("width") + "x" + e.getAttribute("height")).sort().join(" ")`); got != "120x320 480x270" {
		t.Errorf("the room kept for pictures is %s", got)
	}
	// Something grows late: whoever reads the end stays there, and whoever
	// reads further up is not moved.
	const grow = `document.querySelector(".bubble:last-of-type").style.paddingBottom = `
	p.Eval(grow + `"300px"`)
	atEnd(p)
	p.Eval(`document.querySelector("#bubbles").scrollTop -= 900`)
	before := Eval[int](p, `new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(() => done(Math.round(document.querySelector("#bubbles").scrollTop)))))`)
	p.Eval(grow + `"700px"`)
	after := Eval[int](p, `new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(() => done(Math.round(document.querySelector("#bubbles").scrollTop)))))`)
	if before != after {
		t.Errorf("a reader at %d is moved to %d", before, after)
	}
}

// atEnd waits until everything in sight is there, and fails the test if the end
// of the conversation is not.
func atEnd(p *Page) {
	p.Until("a picture does not load", `document.readyState === "complete" && [...document.querySelectorAll(".picture img")].every((e) => e.complete || e.getBoundingClientRect().bottom < -1000)`)
	off := Eval[int](p, `new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(() => { const e = document.querySelector("#bubbles"); done(Math.round(e.scrollHeight - e.scrollTop - e.clientHeight)); })))`)
	if off > 2 {
		p.tb.Errorf("%s opens %d px above its end", p.Path(), off)
	}
}

// sized is a picture of a size.
func sized(t *testing.T, width, height int) []byte {
	t.Helper()
	var out bytes.Buffer
	if err := png.Encode(&out, image.NewGray(image.Rect(0, 0, width, height))); err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}
