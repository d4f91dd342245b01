package search

import (
	"strings"
	"unicode/utf8"

	"einklang/internal/rule/fold"
	"einklang/internal/rule/pii"
)

// Piece is part of a text; Hit if it is a word that was looked for.
type Piece struct {
	pii.Personal
	Text string
	Hit  bool
}

// around is how many characters an excerpt shows before the first hit, and
// most how many in all.
const (
	around = 50
	most   = 220
)

// Excerpt cuts the part of a text around the first word that was looked for
// and marks those words.
func Excerpt(text, query string) []Piece {
	typed := fold.Of(query)
	var hits []fold.Span
	for _, s := range fold.Spans(text) {
		for _, w := range typed {
			if finds(w, s.Word) {
				hits = append(hits, s)
				break
			}
		}
	}
	start := 0
	if len(hits) > 0 {
		start = back(text, hits[0].Start, around)
	}
	end := forward(text, start, most)
	var pieces []Piece
	add := func(text string, hit bool) {
		if text != "" {
			pieces = append(pieces, Piece{Text: text, Hit: hit})
		}
	}
	if start > 0 {
		add("…", false)
	}
	at := start
	for _, h := range hits {
		if h.End > end {
			break
		}
		add(text[at:h.Start], false)
		add(text[h.Start:h.End], true)
		at = h.End
	}
	add(text[at:end], false)
	if end < len(text) {
		add("…", false)
	}
	return pieces
}

// back goes some characters back, to the beginning of a word.
func back(text string, from, n int) int {
	at := from
	for ; n > 0 && at > 0; n-- {
		_, size := utf8.DecodeLastRuneInString(text[:at])
		at -= size
	}
	if at == 0 {
		return 0
	}
	if space := strings.IndexByte(text[at:from], ' '); space >= 0 {
		return at + space + 1
	}
	return at
}

func forward(text string, from, n int) int {
	for i := range text[from:] {
		if n == 0 {
			return from + i
		}
		n--
	}
	return len(text)
}
