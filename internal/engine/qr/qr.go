// Package qr makes QR codes (ISO/IEC 18004) for links: as squares, as SVG and
// as PNG.
package qr

import (
	"bytes"
	"fmt"
	"image"
	"image/color"
	"image/png"
	"strings"

	encoder "github.com/piglig/go-qr"
)

// Code is a QR code: rows of squares, true where it is dark, with the quiet
// zone of four squares around it that scanners need.
type Code struct {
	Squares [][]bool
}

const quiet = 4 // squares, ISO/IEC 18004 §5.3.8

// New encodes a text, so that a code of which a seventh is dirty can still be
// read; about 1,000 letters fit.
func New(text string) (Code, error) {
	c, err := encoder.EncodeText(text, encoder.Medium)
	if err != nil {
		return Code{}, fmt.Errorf("make a QR code: %w", err)
	}
	n := c.Size() + 2*quiet
	squares := make([][]bool, n)
	for y := range squares {
		squares[y] = make([]bool, n)
		for x := range squares[y] {
			squares[y][x] = c.Module(x-quiet, y-quiet) // outside of the code: light
		}
	}
	return Code{Squares: squares}, nil
}

// SVG is the code as a picture that stays sharp at any size, in the colours
// black and white: a code drawn in other colours may not be read.
func (c Code) SVG(label string) string {
	var path strings.Builder
	for y, row := range c.Squares {
		for x := 0; x < len(row); {
			from := x
			for x < len(row) && row[x] {
				x++
			}
			if x > from {
				fmt.Fprintf(&path, "M%d %dh%dv1h-%dz", from, y, x-from, x-from)
			}
			x = max(x, from+1)
		}
	}
	n := len(c.Squares)
	return fmt.Sprintf(`<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 %d %d" role="img" aria-label="%s" shape-rendering="crispEdges"><path fill="#fff" d="M0 0h%dv%dH0z"/><path fill="#000" d="%s"/></svg>`,
		n, n, escape.Replace(label), n, n, path.String())
}

var escape = strings.NewReplacer("&", "&amp;", "<", "&lt;", ">", "&gt;", `"`, "&quot;", "'", "&#39;")

// PNG is the code as a picture with so many pixels on each side; with fewer
// than it has squares it is as large as these.
func (c Code) PNG(pixels int) ([]byte, error) {
	n := len(c.Squares)
	pixels = max(pixels, n)
	p := image.NewPaletted(image.Rect(0, 0, pixels, pixels), color.Palette{color.White, color.Black})
	for y := range pixels {
		for x := range pixels {
			if c.Squares[y*n/pixels][x*n/pixels] {
				p.SetColorIndex(x, y, 1)
			}
		}
	}
	var raw bytes.Buffer
	if err := png.Encode(&raw, p); err != nil {
		return nil, fmt.Errorf("draw a QR code: %w", err)
	}
	return raw.Bytes(), nil
}
