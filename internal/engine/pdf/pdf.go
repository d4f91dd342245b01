// Package pdf makes plain printed documents: headings, paragraphs, facts,
// tables and pictures on A4, with page numbers.
//
// The fonts are the Go fonts (BSD licence): they hold every letter of the
// languages of the EU and lie inside the binary. Letters that they lack, such
// as emoji, become a hollow square.
package pdf

import (
	"bytes"
	"fmt"
	"io"
	"strconv"
	"strings"
	"time"

	"github.com/go-pdf/fpdf"
	"golang.org/x/image/font/sfnt"

	"einklang/internal/rule/pii"
)

// Options says what stands around the content.
type Options struct {
	Title   string
	Locale  string // "de" or "en"
	Footer  string // stands at the foot of each page, before the page number
	Created time.Time
}

// Doc is a document in the making. Add its parts from the top down, then
// write it.
type Doc struct {
	pii.Personal
	f    *fpdf.Fpdf
	font *sfnt.Font
	buf  sfnt.Buffer
	pics int
	used map[string]bool // fonts, by file
}

// Measures in millimetres and points.
const (
	margin    = 20.0
	Width     = 210 - 2*margin // of the text
	bodySize  = 10.0
	smallSize = 8.5
	lineHigh  = 5.0
)

const (
	sans = "go"
	mono = "gomono"
)

// files are the fonts by family and style.
var files = map[string]string{sans: "Go-Regular", sans + "B": "Go-Bold", mono: "Go-Mono"}

// use writes on in a font. One that a document does not use is not read for it:
// each costs megabytes.
func (d *Doc) use(family, style string, size float64) {
	if file := files[family+style]; !d.used[file] {
		d.used[file] = true
		d.f.AddUTF8FontFromBytes(family, style, font(file))
	}
	d.f.SetFont(family, style, size)
}

// New begins a document with its title.
func New(o Options) *Doc {
	d := &Doc{f: fpdf.New("P", "mm", "A4", ""), used: map[string]bool{}}
	d.font, _ = sfnt.Parse(font(files[sans])) // the font of the binary can be read
	f := d.f
	f.SetTitle(d.clean(o.Title), true)
	f.SetLang(o.Locale)
	f.SetCreator("Einklang", true)
	f.SetCreationDate(o.Created)
	f.SetModificationDate(o.Created)
	f.SetCatalogSort(true)
	f.SetMargins(margin, margin, margin)
	f.SetAutoPageBreak(true, margin)
	f.AliasNbPages("{pages}")
	f.SetFooterFunc(func() {
		f.SetY(-14)
		d.use(sans, "", smallSize)
		f.SetTextColor(90, 90, 90)
		f.CellFormat(Width-30, 5, d.clean(o.Footer), "", 0, "L", false, 0, "")
		f.CellFormat(30, 5, strconv.Itoa(f.PageNo())+" / {pages}", "", 0, "R", false, 0, "")
		f.SetTextColor(0, 0, 0)
	})
	f.AddPage()
	d.Heading(1, o.Title)
	return d
}

// clean leaves out what the font cannot draw.
func (d *Doc) clean(text string) string {
	return strings.Map(func(r rune) rune {
		if r == '\n' {
			return r
		}
		if r < ' ' || r == 0xFE0F || r == 0x200D {
			return -1
		}
		if i, err := d.font.GlyphIndex(&d.buf, r); r > 0xFFFF || err != nil || i == 0 {
			return '□'
		}
		return r
	}, strings.ReplaceAll(text, "\u00ad", ""))
}

// Heading adds a heading; level 1 is the largest of three.
func (d *Doc) Heading(level int, text string) {
	size := map[int]float64{1: 18, 2: 13, 3: 10.5}[level]
	d.room(size)
	if d.f.GetY() > margin+1 {
		d.f.Ln(size / 4)
	}
	d.use(sans, "B", size)
	d.f.MultiCell(0, size*0.5, d.clean(text), "", "L", false)
	d.f.Ln(1.5)
}

// room begins a new page if fewer millimetres are left.
func (d *Doc) room(mm float64) {
	if _, high := d.f.GetPageSize(); d.f.GetY()+mm > high-margin {
		d.f.AddPage()
	}
}

// Text adds paragraphs; an empty line parts two.
func (d *Doc) Text(text string) {
	d.use(sans, "", bodySize)
	for _, p := range strings.Split(strings.ReplaceAll(text, "\r\n", "\n"), "\n\n") {
		d.f.MultiCell(0, lineHigh, d.clean(p), "", "L", false)
		d.f.Ln(2)
	}
}

// Small adds fine print.
func (d *Doc) Small(text string) {
	d.use(sans, "", smallSize)
	d.f.SetTextColor(90, 90, 90)
	d.f.MultiCell(0, 4.2, d.clean(text), "", "L", false)
	d.f.SetTextColor(0, 0, 0)
	d.f.Ln(2)
}

// Code adds text in letters of one width, broken anywhere.
func (d *Doc) Code(text string) {
	d.use(mono, "", 7.5)
	const most = 104 // letters in a line
	for _, line := range strings.Split(strings.TrimRight(text, "\n"), "\n") {
		letters := []rune(d.clean(line))
		for len(letters) > most {
			d.f.CellFormat(0, 3.8, string(letters[:most]), "", 1, "L", false, 0, "")
			letters = letters[most:]
		}
		d.f.CellFormat(0, 3.8, string(letters), "", 1, "L", false, 0, "")
	}
	d.f.Ln(2)
}

// Fact is a name and what it is.
type Fact struct {
	pii.Personal
	Name, Value string
}

// Facts adds names with their values, side by side.
func (d *Doc) Facts(facts []Fact) {
	rows := make([][]string, 0, len(facts))
	for _, f := range facts {
		if f.Value != "" {
			rows = append(rows, []string{f.Name, f.Value})
		}
	}
	d.rows([]float64{0.28, 0.72}, rows, "", true)
	d.f.Ln(2)
}

// Column is a column of a table; the shares of all columns make up 1.
type Column struct {
	Name  string
	Share float64
}

// Table adds a table whose head is repeated on each page.
func (d *Doc) Table(columns []Column, rows [][]string) {
	head := make([]string, len(columns))
	shares := make([]float64, len(columns))
	for i, c := range columns {
		head[i], shares[i] = c.Name, c.Share
	}
	heading := func() { d.row(shares, head, "B", "B", false) }
	d.room(20)
	heading()
	for _, r := range rows {
		if d.f.GetY()+d.high(shares, r, "") > 297-margin {
			d.f.AddPage()
			heading()
		}
		d.row(shares, r, "", "B", false)
	}
	d.f.Ln(3)
}

func (d *Doc) rows(shares []float64, rows [][]string, style string, firstBold bool) {
	for _, r := range rows {
		if high := d.high(shares, r, style); high < 200 {
			d.room(high)
		}
		d.row(shares, r, style, "", firstBold)
	}
}

const cellLine = 4.6

// lines breaks the cells of a row.
func (d *Doc) lines(shares []float64, cells []string, style string) (broken [][]string, most int) {
	d.use(sans, style, 9)
	broken = make([][]string, len(cells))
	for i, c := range cells {
		for _, part := range strings.Split(c, "\n") {
			broken[i] = append(broken[i], d.f.SplitText(d.clean(part)+" ", shares[i]*Width-3)...)
		}
		most = max(most, len(broken[i]))
	}
	return broken, most
}

func (d *Doc) high(shares []float64, cells []string, style string) float64 {
	_, most := d.lines(shares, cells, style)
	return float64(most)*cellLine + 1.6
}

// row draws a row line by line, so that a high one may go on over the page.
func (d *Doc) row(shares []float64, cells []string, style, border string, firstBold bool) {
	broken, most := d.lines(shares, cells, style)
	d.f.SetDrawColor(200, 205, 210)
	for n := range most {
		if d.f.GetY()+cellLine > 297-margin {
			d.f.AddPage()
		}
		for i := range cells {
			line := ""
			if n < len(broken[i]) {
				line = strings.TrimRight(broken[i][n], " ")
			}
			bold := style
			if firstBold && i == 0 {
				bold = "B"
			}
			d.use(sans, bold, 9)
			edge := ""
			if n == most-1 {
				edge = border
			}
			d.f.CellFormat(shares[i]*Width, cellLine, line, edge, 0, "L", false, 0, "")
		}
		d.f.Ln(cellLine)
	}
	d.f.Ln(0.8)
	d.use(sans, "", 9)
}

// Squares draws a pattern such as a QR code in the middle of the line, so many
// millimetres wide. It stays sharp at any size.
func (d *Doc) Squares(pattern [][]bool, wide float64) {
	d.room(wide)
	x, y, side := margin+(Width-wide)/2, d.f.GetY(), wide/float64(len(pattern))
	d.f.SetFillColor(0, 0, 0)
	for i, row := range pattern {
		for from := 0; from < len(row); {
			to := from
			for to < len(row) && row[to] {
				to++
			}
			if to > from {
				d.f.Rect(x+float64(from)*side, y+float64(i)*side, float64(to-from)*side, side+0.01, "F")
			}
			from = max(to, from+1)
		}
	}
	d.f.SetY(y + wide + 4)
}

// Centered adds a line in the middle, in points.
func (d *Doc) Centered(text string, size float64) {
	d.use(sans, "B", size)
	d.f.MultiCell(0, size*0.5, d.clean(text), "", "C", false)
	d.f.Ln(2)
}

// PNG adds a picture, at most so many millimetres wide.
func (d *Doc) PNG(picture []byte, wide float64) error {
	d.pics++
	name := fmt.Sprintf("picture %d", d.pics)
	info := d.f.RegisterImageOptionsReader(name, fpdf.ImageOptions{ImageType: "PNG"}, bytes.NewReader(picture))
	if err := d.f.Error(); err != nil {
		return fmt.Errorf("add a picture to a document: %w", err)
	}
	d.room(wide * info.Height() / info.Width())
	d.f.ImageOptions(name, margin, 0, wide, 0, true, fpdf.ImageOptions{ImageType: "PNG"}, 0, "")
	d.f.Ln(3)
	return nil
}

// Page begins a new page.
func (d *Doc) Page() { d.f.AddPage() }

// Write ends the document.
func (d *Doc) Write(w io.Writer) error {
	if err := d.f.Output(w); err != nil {
		return fmt.Errorf("write a PDF document: %w", err)
	}
	return nil
}
