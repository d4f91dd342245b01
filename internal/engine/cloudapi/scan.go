package cloudapi

import (
	"bytes"
	"encoding/json"
	"unicode/utf8"

	"einklang/internal/rule/pii"
)

// deepest is how deep values may lie in each other. Meta's lie less than
// twenty deep.
const deepest = 500

// scanner walks over JSON text (RFC 8259), as strictly as encoding/json. At a
// fault it stops, and stays faulty.
type scanner struct {
	pii.Personal
	text   []byte
	at     int
	deep   int
	faulty bool
}

func (s *scanner) fail() { s.faulty, s.at = true, len(s.text) }

// peek is the next byte that is no space; 0 at the end.
func (s *scanner) peek() byte {
	for s.at < len(s.text) {
		switch c := s.text[s.at]; c {
		case ' ', '\t', '\n', '\r':
			s.at++
		default:
			return c
		}
	}
	return 0
}

// open goes into an object or a list.
func (s *scanner) open() {
	s.at++
	if s.deep++; s.deep > deepest {
		s.fail()
	}
}

// next goes to the next part of an object or a list; at its end it leaves it
// and reports false.
func (s *scanner) next(first *bool, end byte) bool {
	c := s.peek()
	switch {
	case s.faulty:
		return false
	case c == end && s.at < len(s.text):
		s.at++
		s.deep--
		return false
	case *first:
		*first = false
		return true
	case c == ',':
		s.at++
		if s.peek() != end {
			return true
		}
	}
	s.fail()
	return false
}

// key reads the name of a member and goes to its value. It shares the text's
// memory, or is empty where the name has escapes: none of ours has.
func (s *scanner) key() []byte {
	if s.peek() != '"' {
		s.fail()
		return nil
	}
	raw, plain := s.quoted()
	if s.peek() != ':' {
		s.fail()
		return nil
	}
	s.at++
	if !plain {
		return nil
	}
	return raw[1 : len(raw)-1]
}

// quoted reads a string with its quotes, and reports whether it is what it says
// without looking at it further.
func (s *scanner) quoted() (raw []byte, plain bool) {
	from, ascii := s.at, true
	plain = true
	for s.at++; s.at < len(s.text); s.at++ {
		switch c := s.text[s.at]; {
		case c == '"':
			s.at++
			raw = s.text[from:s.at]
			return raw, plain && (ascii || utf8.Valid(raw))
		case c == '\\':
			plain = false
			if !s.escape() {
				s.fail()
				return nil, false
			}
		case c < ' ':
			s.fail()
			return nil, false
		case c >= utf8.RuneSelf:
			ascii = false
		}
	}
	s.fail()
	return nil, false
}

// escape goes to the last byte of an escape.
func (s *scanner) escape() bool {
	if s.at++; s.at >= len(s.text) {
		return false
	}
	switch s.text[s.at] {
	case '"', '\\', '/', 'b', 'f', 'n', 'r', 't':
		return true
	case 'u':
		for range 4 {
			if s.at++; s.at >= len(s.text) || !bytes.ContainsRune([]byte("0123456789abcdefABCDEF"), rune(s.text[s.at])) {
				return false
			}
		}
		return true
	}
	return false
}

// words reads a string.
func (s *scanner) words() string {
	raw, plain := s.quoted()
	if s.faulty {
		return ""
	}
	if plain {
		return string(raw[1 : len(raw)-1])
	}
	var said string
	if json.Unmarshal(raw, &said) != nil {
		s.fail()
	}
	return said
}

// number reads a number as it is written.
func (s *scanner) number() string {
	from := s.at
	if s.text[s.at] == '-' {
		s.at++
	}
	whole := s.digits()
	ok := whole > 0 && (whole == 1 || s.text[s.at-whole] != '0')
	if ok && s.at < len(s.text) && s.text[s.at] == '.' {
		s.at++
		ok = s.digits() > 0
	}
	if ok && s.at < len(s.text) && (s.text[s.at] == 'e' || s.text[s.at] == 'E') {
		if s.at++; s.at < len(s.text) && (s.text[s.at] == '+' || s.text[s.at] == '-') {
			s.at++
		}
		ok = s.digits() > 0
	}
	if !ok {
		s.fail()
		return ""
	}
	return string(s.text[from:s.at])
}

func (s *scanner) digits() (n int) {
	for s.at < len(s.text) && s.text[s.at] >= '0' && s.text[s.at] <= '9' {
		s.at++
		n++
	}
	return n
}

// word reads true, false or null.
func (s *scanner) word() string {
	for _, w := range [...]string{"true", "false", "null"} {
		if bytes.HasPrefix(s.text[s.at:], []byte(w)) {
			s.at += len(w)
			return w
		}
	}
	s.fail()
	return ""
}

// skip goes over a value.
func (s *scanner) skip() {
	first := true
	switch c := s.peek(); {
	case c == '{':
		s.open()
		for s.next(&first, '}') {
			s.key()
			s.skip()
		}
	case c == '[':
		s.open()
		for s.next(&first, ']') {
			s.skip()
		}
	case c == '"':
		s.quoted()
	case c == '-' || c >= '0' && c <= '9':
		s.number()
	case s.at < len(s.text):
		s.word()
	default:
		s.fail()
	}
}
