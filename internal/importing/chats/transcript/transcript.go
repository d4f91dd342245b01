// Package transcript reads chats that people have exported from WhatsApp on
// their phones ("Export chat", "Chat exportieren"), from Android and iOS, in
// German and in English.
//
// WhatsApp has never described the format. A message begins with its time and
// sender, and goes on until the next line that begins like that:
//
//	Android  31.12.23, 23:59 - Max Mustermann: Guten Rutsch!
//	iOS      [31.12.23, 23:59:58] Max Mustermann: Guten Rutsch!
//
// Date and time are written as on the phone: with dots, slashes or dashes, day
// or month or year first, 12 or 24 hours, with invisible characters between.
package transcript

import (
	"bufio"
	"errors"
	"io"
	"regexp"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"einklang/internal/rule/fold"
	"einklang/internal/rule/pii"
)

// The limits.
const (
	MaxMessages = 500_000
	maxLine     = 128 << 10
	maxText     = 256 << 10 // bytes of a message; WhatsApp allows 65,536 characters
)

// The errors that a caller branches on.
var (
	ErrNoChat  = errors.New("this is not a chat exported from WhatsApp")
	ErrTooLong = errors.New("the chat holds more messages than can be imported at once")
)

// Order is the order of day, month and year in dates.
type Order string

// The orders. Unsure means that all dates can be read in two ways.
const (
	DayFirst   Order = "day_first"
	MonthFirst Order = "month_first"
	YearFirst  Order = "year_first"
	Unsure     Order = "unsure"
)

// Kind is what a message is.
type Kind string

// The kinds.
const (
	Text    Kind = "text"
	File    Kind = "file"    // with an attached file
	Omitted Kind = "omitted" // with a file that was left out of the export
	Deleted Kind = "deleted"
	Once    Kind = "once"   // to be viewed once: never part of an export
	Call    Kind = "call"   // Text is what WhatsApp says about it
	System  Kind = "system" // WhatsApp's own lines: encryption, group changes
)

// Message is one message of a chat.
type Message struct {
	pii.Personal
	Line   int64
	At     time.Time
	Sender string // as the phone's address book names the person, or she herself; empty for System
	Kind   Kind
	Text   string // of a File: the caption
	File   string // name of the attached file
	Media  string // of a file: image, video, audio, document, sticker, contacts; or empty
	Edited bool
	Missed bool          // of a Call: nobody took it
	Video  bool          // of a Call
	Lasted time.Duration // of a Call, as far as it is told
	Cut    bool          // the text was longer than is kept
}

// dateTime matches the time at the beginning of a message, without invisible
// characters and with plain spaces.
const dateTime = `(\d{1,4})([./-])(\d{1,2})[./-](\d{1,4}),?\s(?:um\s|at\s)?(\d{1,2})[:.](\d{2})(?:[:.](\d{2}))?(?:\s?([AaPp])\.?\s?[Mm]\.?|\s?(vorm\.|nachm\.))?(?:\sUhr)?`

var (
	android = regexp.MustCompile(`^` + dateTime + `\s[-–]\s`)
	ios     = regexp.MustCompile(`^\[` + dateTime + `\]\s?`)
)

// start is the beginning of a message.
type start struct {
	pii.Personal
	parts   [3]int
	year    int // index of the part that must be the year by its length; -1
	hour    int
	minute  int
	second  int
	half    byte // 'a', 'p' or 0
	rest    string
	ios     bool
	slashes bool
}

// lrm is the left-to-right mark that WhatsApp puts before its own words.
const lrm = "\u200e"

// parseStart reads the beginning of a message, or reports that a line is none.
func parseStart(line string) (start, bool) {
	if len(line) < 10 || !strings.ContainsAny(line[:min(len(line), 12)], "0123456789") {
		return start{}, false
	}
	// Only the beginning is rewritten: what the person wrote stays as it is.
	head := strings.TrimLeft(line[:min(len(line), 60)], lrm+"\ufeff")
	flat := strings.Map(fold.Plain, head)
	for _, form := range []*regexp.Regexp{android, ios} {
		m := form.FindStringSubmatch(flat)
		if m == nil {
			continue
		}
		s := start{ios: form == ios, year: -1, slashes: m[2] == "/"}
		for i, text := range []string{m[1], m[3], m[4]} {
			s.parts[i], _ = strconv.Atoi(text)
			if len(text) == 4 {
				s.year = i
			} else if len(text) == 3 {
				return start{}, false
			}
		}
		s.hour, _ = strconv.Atoi(m[5])
		s.minute, _ = strconv.Atoi(m[6])
		s.second, _ = strconv.Atoi(m[7])
		switch {
		case m[8] != "":
			s.half = m[8][0] | 0x20
		case m[9] != "":
			s.half = map[string]byte{"vorm.": 'a', "nachm.": 'p'}[m[9]]
		}
		s.rest = after(line, utf8.RuneCountInString(m[0]))
		if s.hour > 23 || s.minute > 59 || s.second > 59 || s.half != 0 && (s.hour < 1 || s.hour > 12) {
			return start{}, false
		}
		return s, true
	}
	return start{}, false
}

// after is what follows the first n characters that parseStart has matched.
func after(line string, n int) string {
	for i, r := range line {
		if n == 0 {
			return line[i:]
		}
		if fold.Plain(r) >= 0 {
			n--
		}
	}
	return ""
}

// at is the moment of a message, with the dates in an order.
func (s start) at(order Order, location *time.Location) (time.Time, bool) {
	var y, m, d int
	switch order {
	case YearFirst:
		y, m, d = s.parts[0], s.parts[1], s.parts[2]
	case MonthFirst:
		m, d, y = s.parts[0], s.parts[1], s.parts[2]
	default:
		d, m, y = s.parts[0], s.parts[1], s.parts[2]
	}
	if y < 100 {
		y += 2000
	}
	hour := s.hour
	if s.half != 0 {
		hour = hour%12 + map[byte]int{'a': 0, 'p': 12}[s.half]
	}
	at := time.Date(y, time.Month(m), d, hour, s.minute, s.second, 0, location)
	// WhatsApp began in 2009. The clock change may move the hour, never the day.
	return at, y >= 2009 && m >= 1 && m <= 12 && at.Day() == d && int(at.Month()) == m
}

// lines reads a file line by line; a line that is too long is cut.
type lines struct {
	r      *bufio.Reader
	number int64
	cut    bool // the line was too long
}

func (l *lines) next() (string, error) {
	var line []byte
	l.cut = false
	for {
		part, err := l.r.ReadSlice('\n')
		if len(line)+len(part) <= maxLine {
			line = append(line, part...)
		} else {
			l.cut = true
		}
		switch {
		case errors.Is(err, bufio.ErrBufferFull):
			continue
		case err != nil && (len(line) == 0 || !errors.Is(err, io.EOF)):
			return "", err
		}
		l.number++
		return strings.ToValidUTF8(strings.TrimRight(string(line), "\r\n"), "\ufffd"), nil
	}
}

// Reader hands out the messages of a chat in the order of the file.
type Reader struct {
	pii.Personal
	lines    lines
	order    Order
	location *time.Location
	ahead    *start // the beginning of the next message
	line     int64  // of ahead
	count    int
	lost     int64
}

// Lost is how many lines before the first message belong to none.
func (r *Reader) Lost() int64 { return r.lost }

// NewReader reads a chat whose dates are in an order that Survey has found.
// The times are those of the phone, without a zone; location is where it was.
func NewReader(r io.Reader, order Order, location *time.Location) *Reader {
	return &Reader{lines: lines{r: bufio.NewReaderSize(r, 32<<10)}, order: order, location: location}
}

// Next is the next message; io.EOF after the last.
func (r *Reader) Next() (Message, error) {
	for r.ahead == nil {
		if err := r.advance(); err != nil {
			return Message{}, err
		}
	}
	s, number := *r.ahead, r.line
	r.ahead = nil
	var text strings.Builder
	text.WriteString(s.rest)
	cut := r.lines.cut
	for {
		line, err := r.lines.next()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return Message{}, err
		}
		if r.begins(line) {
			break
		}
		if text.Len()+len(line) < maxText {
			text.WriteByte('\n')
			text.WriteString(line)
		} else {
			cut = true
		}
		cut = cut || r.lines.cut
	}
	if r.count++; r.count > MaxMessages {
		return Message{}, ErrTooLong
	}
	at, _ := s.at(r.order, r.location)
	m := interpret(text.String(), s.ios)
	m.Line, m.At, m.Cut = number, at, cut
	return m, nil
}

func (r *Reader) advance() error {
	line, err := r.lines.next()
	if err != nil {
		return err
	}
	if !r.begins(line) && strings.TrimSpace(line) != "" {
		r.lost++
	}
	return nil
}

// begins reports whether a line begins a message, and remembers it. A date
// that is none in this order is part of a text.
func (r *Reader) begins(line string) bool {
	s, ok := parseStart(line)
	if !ok {
		return false
	}
	if _, ok := s.at(r.order, r.location); !ok {
		return false
	}
	r.ahead, r.line = &s, r.lines.number
	return true
}
