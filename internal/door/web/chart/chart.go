// Package chart draws numbers over time and shares of a whole as plain SVG, on
// the server. A table beside a chart says the same to who cannot see it. The
// colours are classes of the style sheet.
package chart

import (
	"fmt"
	"html/template"
	"strconv"
	"strings"
)

// The measures of a chart.
const (
	wide = 720.0
	high = 200.0
	left = 44.0
	foot = 22.0
)

// Line draws values over time.
func Line(label string, labels []string, values []int) template.HTML {
	c := newChart(label, values)
	step := c.step(len(values))
	var line, area strings.Builder
	for i, v := range values {
		x, y := left+step*float64(i)+step/2, c.y(v)
		fmt.Fprintf(&line, "%s%.1f %.1f", map[bool]string{true: "M", false: "L"}[i == 0], x, y)
		if i == 0 {
			fmt.Fprintf(&area, "M%.1f %.1f", x, c.y(0))
		}
		fmt.Fprintf(&area, "L%.1f %.1f", x, y)
		if i == len(values)-1 {
			fmt.Fprintf(&area, "L%.1f %.1fz", x, c.y(0))
		}
	}
	c.axis(labels, step)
	fmt.Fprintf(&c.b, `<path class="area" d="%s"/><path class="line" d="%s"/>`, area.String(), line.String())
	return c.end()
}

// Bars draws two values for each stretch of time: what came above the
// line, what went below it.
func Bars(label string, labels []string, came, went []int) template.HTML {
	c := newChart(label, came)
	for _, v := range went {
		c.low = max(c.low, v)
	}
	c.low = niceTop(c.low)
	if all := c.top + c.low; all > 0 {
		c.scale = (high - foot - 8) / float64(all)
	}
	step := c.step(len(came))
	c.axis(labels, step)
	for i := range came {
		x := left + step*float64(i) + step*0.15
		fmt.Fprintf(&c.b, `<rect class="came" x="%.1f" y="%.1f" width="%.1f" height="%.1f"/>`, x, c.y(came[i]), step*0.7, c.y(0)-c.y(came[i]))
		fmt.Fprintf(&c.b, `<rect class="went" x="%.1f" y="%.1f" width="%.1f" height="%.1f"/>`, x, c.y(0), step*0.7, c.y(-went[i])-c.y(0))
	}
	return c.end()
}

// Shares draws lying bars, in the order given.
func Shares(label string, names []string, values []int) template.HTML {
	c := &chart{}
	tall := 28*len(values) + 4
	fmt.Fprintf(&c.b, `<svg class="chart" viewBox="0 0 %.0f %d" role="img" aria-label="%s">`, wide, tall, template.HTMLEscapeString(label))
	most := 1
	for _, v := range values {
		most = max(most, v)
	}
	for i, v := range values {
		y := 28*i + 4
		length := (wide - 260) * float64(v) / float64(most)
		fmt.Fprintf(&c.b, `<text x="192" y="%d" text-anchor="end">%s</text><rect class="came" x="200" y="%d" width="%.1f" height="18" rx="3"/><text x="%.1f" y="%d">%d</text>`,
			y+14, template.HTMLEscapeString(names[i]), y, length, 206+length, y+14, v)
	}
	return c.end()
}

type chart struct {
	b        strings.Builder
	top, low int
	scale    float64
}

func newChart(label string, values []int) *chart {
	c := &chart{}
	for _, v := range values {
		c.top = max(c.top, v)
	}
	c.top = niceTop(c.top)
	c.scale = (high - foot - 8) / float64(max(c.top, 1))
	fmt.Fprintf(&c.b, `<svg class="chart" viewBox="0 0 %.0f %.0f" role="img" aria-label="%s">`, wide, high, template.HTMLEscapeString(label))
	return c
}

// niceTop is the next round number: 1, 2, 5, 10, 20 …
func niceTop(v int) int {
	if v <= 0 {
		return 0
	}
	for unit := 1; ; unit *= 10 {
		for _, f := range []int{1, 2, 5} {
			if f*unit >= v {
				return f * unit
			}
		}
	}
}

func (c *chart) step(n int) float64 { return (wide - left - 8) / float64(max(n, 1)) }
func (c *chart) y(v int) float64    { return 8 + float64(c.top-v)*c.scale }

// axis draws the lines for top, zero and bottom, and a name for about every
// fourth stretch.
func (c *chart) axis(labels []string, step float64) {
	for _, v := range []int{c.top, 0, -c.low} {
		if v == 0 || v == c.top && c.top > 0 || v < 0 {
			fmt.Fprintf(&c.b, `<path class="grid" d="M%.0f %.1fH%.0f"/><text x="%.0f" y="%.1f" text-anchor="end">%s</text>`,
				left, c.y(v), wide-8, left-6, c.y(v)+4, strconv.Itoa(max(v, -v)))
		}
	}
	every := max(len(labels)/6, 1)
	for i := 0; i < len(labels); i += every {
		fmt.Fprintf(&c.b, `<text x="%.1f" y="%.0f" text-anchor="middle">%s</text>`, left+step*float64(i)+step/2, high-4, template.HTMLEscapeString(labels[i]))
	}
}

func (c *chart) end() template.HTML {
	c.b.WriteString("</svg>")
	return template.HTML(c.b.String()) //nolint:gosec // numbers, and words that were escaped
}
