package qr_test

import (
	"bytes"
	"encoding/xml"
	"errors"
	"image/png"
	"io"
	"strings"
	"testing"

	"einklang/internal/qr"
)

func TestCode(t *testing.T) {
	c, err := qr.New("https://wa.me/493023125000?text=Guten%20Tag%20%23K7F2Q")
	if err != nil {
		t.Fatal(err)
	}
	n := len(c.Squares)
	for i := range n {
		if c.Squares[0][i] || c.Squares[i][3] || !c.Squares[4][4] || !c.Squares[4][n-5] || !c.Squares[n-5][4] {
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
