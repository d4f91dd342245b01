package qr_test

import (
	"bytes"
	"encoding/xml"
	"errors"
	"image"
	"image/color"
	"image/png"
	"io"
	"os"
	"strings"
	"testing"

	decoder "github.com/piglig/go-qr"

	"einklang/internal/engine/qr"
)

const link = "https://wa.me/493023125000?text=Guten%20Tag%20%23K7F2Q"

func made(t *testing.T, text string) qr.Code {
	t.Helper()
	c, err := qr.New(text)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func read(t *testing.T, picture []byte) string {
	t.Helper()
	p, err := png.Decode(bytes.NewReader(picture))
	if err != nil {
		t.Fatal(err)
	}
	text, err := decoder.Decode(p)
	if err != nil {
		t.Fatal(err)
	}
	return text
}

// What was encoded is read again, by a decoder that also reads what another
// encoder made.
func TestCodeIsRead(t *testing.T) {
	other, err := os.ReadFile("testdata/by-another-encoder.png")
	if err != nil {
		t.Fatal(err)
	}
	if text := read(t, other); text != link {
		t.Errorf("the decoder reads %q", text)
	}
	for _, text := range []string{link, "1", "Grüße, Łódź 😀", "PLAKAT EINGANG 7", strings.Repeat("https://einklang.example/ ", 40)} {
		c := made(t, text)
		for _, pixels := range []int{0, 600, 1000} {
			raw, err := c.PNG(pixels)
			if err != nil {
				t.Fatal(err)
			}
			if got := read(t, raw); got != text {
				t.Errorf("%d pixels: %q, want %q", pixels, got, text)
			}
		}
	}
}

// A corner of a poster is torn off or dirty.
func TestDirtyCode(t *testing.T) {
	raw, err := made(t, link).PNG(600)
	if err != nil {
		t.Fatal(err)
	}
	p, err := png.Decode(bytes.NewReader(raw))
	if err != nil {
		t.Fatal(err)
	}
	dirty := p.(*image.Paletted)
	for y := 430; y < 530; y++ {
		for x := 430; x < 530; x++ {
			dirty.Set(x, y, color.Black)
		}
	}
	if text, err := decoder.Decode(dirty); err != nil || text != link {
		t.Errorf("%q, %v", text, err)
	}
}

func TestCode(t *testing.T) {
	c := made(t, link)
	n := len(c.Squares)
	for i := range n {
		if c.Squares[0][i] || c.Squares[i][3] || c.Squares[n-4][i] || !c.Squares[4][4] || !c.Squares[4][n-5] || !c.Squares[n-5][4] {
			t.Fatal("the quiet zone or a finder pattern is missing")
		}
	}
	svg := c.SVG(`Plakat "Eingang" <b>`)
	for d := xml.NewDecoder(strings.NewReader(svg)); ; {
		if _, err := d.Token(); errors.Is(err, io.EOF) {
			break
		} else if err != nil {
			t.Fatalf("the SVG is not well formed: %v\n%s", err, svg)
		}
	}
	raw, err := c.PNG(600)
	if err != nil {
		t.Fatal(err)
	}
	p, err := png.Decode(bytes.NewReader(raw))
	if err != nil || p.Bounds().Dx() != 600 {
		t.Fatalf("%v %v", p, err)
	}
	if _, err := qr.New(strings.Repeat("x", 5000)); err == nil {
		t.Error("too long a text was taken")
	}
}
