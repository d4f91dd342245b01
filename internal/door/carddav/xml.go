package carddav

import (
	"bytes"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"time"

	"einklang/internal/rule/pii"
)

// The namespaces.
const (
	nsDAV  = "DAV:"
	nsCard = "urn:ietf:params:xml:ns:carddav"
	nsCS   = "http://calendarserver.org/ns/"
)

// element is one element of a request.
type element struct {
	pii.Personal
	name     xml.Name
	attrs    []xml.Attr
	text     []byte
	children []*element
}

// What a request may be at most. A multiget for ten thousand cards fits. What is
// done once for each card is bounded more closely.
const (
	bodyMost   = 4 << 20
	depthMost  = 16
	partsMost  = 100_000
	hrefsMost  = 10_000
	propsMost  = 100
	namesMost  = 8 << 10 // bytes of all names of properties, with their namespaces
	checksMost = 100     // conditions of a filter, counting each match
	matchMost  = 1 << 10 // bytes that a match looks for
	bodyTime   = time.Minute
)

var (
	errXML     = errors.New("the request is not well-formed XML")
	errTooMuch = errors.New("the request is too large")
)

// readXML reads a request into a tree; nil for an empty body. Entities beyond
// the five of XML itself are an error, so nothing can be made to swell.
func readXML(r io.Reader) (*element, error) {
	d := xml.NewDecoder(r)
	var root *element
	var open []*element
	for parts := 0; ; parts++ {
		token, err := d.Token()
		if errors.Is(err, io.EOF) {
			if len(open) > 0 {
				return nil, errXML
			}
			return root, nil
		}
		if err != nil {
			return nil, asReadError(err)
		}
		if parts > partsMost {
			return nil, errTooMuch
		}
		switch t := token.(type) {
		case xml.StartElement:
			e := &element{name: t.Name, attrs: t.Attr}
			switch {
			case len(open) == depthMost, len(open) == 0 && root != nil:
				return nil, errXML
			case len(open) == 0:
				root = e
			default:
				parent := open[len(open)-1]
				parent.children = append(parent.children, e)
			}
			open = append(open, e)
		case xml.EndElement:
			open = open[:len(open)-1]
		case xml.CharData:
			if len(open) > 0 {
				last := open[len(open)-1]
				last.text = append(last.text, t...)
			} else if len(bytes.TrimSpace(t)) > 0 {
				return nil, errXML
			}
		}
	}
}

func asReadError(err error) error {
	var tooLarge *http.MaxBytesError
	if errors.As(err, &tooLarge) {
		return errTooMuch
	}
	return fmt.Errorf("%w: %w", errXML, err)
}

func (e *element) is(space, local string) bool {
	return e != nil && e.name.Space == space && e.name.Local == local
}

func (e *element) child(space, local string) *element {
	if e == nil {
		return nil
	}
	for _, c := range e.children {
		if c.is(space, local) {
			return c
		}
	}
	return nil
}

func (e *element) attr(local string) string {
	if e == nil {
		return ""
	}
	for _, a := range e.attrs {
		if a.Name.Local == local {
			return a.Value
		}
	}
	return ""
}

func (e *element) trimmed() string {
	if e == nil {
		return ""
	}
	return strings.TrimSpace(string(e.text))
}

// prefixes are declared once, at the root of every answer.
var prefixes = map[string]string{nsDAV: "d", nsCard: "card", nsCS: "cs"}

// answer writes an XML answer.
type answer struct{ bytes.Buffer }

const declaration = `<?xml version="1.0" encoding="utf-8"?>` + "\n"

func newAnswer(root string) *answer {
	a := &answer{}
	a.WriteString(declaration + "<" + root + ` xmlns:d="DAV:" xmlns:card="` + nsCard + `" xmlns:cs="` + nsCS + `">`)
	return a
}

// escaped writes a text.
func (a *answer) escaped(text string) { _ = xml.EscapeText(&a.Buffer, []byte(text)) } // a Buffer never fails

// empty writes an element without content.
func (a *answer) empty(name xml.Name) {
	if p := prefixes[name.Space]; p != "" {
		a.WriteString("<" + p + ":" + name.Local + "/>")
		return
	}
	a.WriteString("<x:" + name.Local + ` xmlns:x="`)
	a.escaped(name.Space)
	a.WriteString(`"/>`)
}

// filled writes an element whose content is XML already.
func (a *answer) filled(name xml.Name, content string) {
	if content == "" {
		a.empty(name)
		return
	}
	p := prefixes[name.Space]
	a.WriteString("<" + p + ":" + name.Local + ">" + content + "</" + p + ":" + name.Local + ">")
}

// text makes a text safe to stand in XML.
func text(s string) string {
	var b bytes.Buffer
	_ = xml.EscapeText(&b, []byte(s)) // a Buffer never fails
	return b.String()
}

func href(path string) string { return "<d:href>" + text(path) + "</d:href>" }
