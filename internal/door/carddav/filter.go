package carddav

import (
	"slices"
	"strconv"
	"strings"

	"einklang/internal/phones/addressbook"
	"einklang/internal/rule/pii"
)

// filter is the condition of an addressbook-query (RFC 6352 §10.5).
type filter struct {
	pii.Personal
	all   bool // every condition must hold, not just one
	props []propFilter
}

type propFilter struct {
	pii.Personal
	name      string
	undefined bool
	all       bool
	params    []paramFilter
	texts     []textMatch
}

type paramFilter struct {
	pii.Personal
	name      string
	undefined bool
	text      *textMatch
}

type textMatch struct {
	pii.Personal
	wanted string // folded, unless exact
	how    string // equals | contains | starts-with | ends-with
	negate bool
	exact  bool // i;octet
}

// readFilter reads a condition. It is tried on each card, so it may not be
// large.
func readFilter(e *element) (filter, error) {
	f := filter{all: e.attr("test") == "allof"}
	if e == nil {
		return f, nil
	}
	checks := 0
	for _, c := range e.children {
		if !c.is(nsCard, "prop-filter") {
			continue
		}
		checks += 1 + len(c.children)
		if checks > checksMost {
			return f, errTooMuch
		}
		p := propFilter{name: strings.ToUpper(c.attr("name")), all: c.attr("test") == "allof"}
		for _, g := range c.children {
			switch {
			case g.is(nsCard, "is-not-defined"):
				p.undefined = true
			case g.is(nsCard, "text-match"):
				t, err := readText(g)
				if err != nil {
					return f, err
				}
				p.texts = append(p.texts, t)
			case g.is(nsCard, "param-filter"):
				q := paramFilter{name: strings.ToUpper(g.attr("name")), undefined: g.child(nsCard, "is-not-defined") != nil}
				if m := g.child(nsCard, "text-match"); m != nil {
					t, err := readText(m)
					if err != nil {
						return f, err
					}
					q.text = &t
				}
				p.params = append(p.params, q)
			}
		}
		f.props = append(f.props, p)
	}
	return f, nil
}

func readText(e *element) (textMatch, error) {
	m := textMatch{wanted: string(e.text), how: e.attr("match-type"), negate: e.attr("negate-condition") == "yes", exact: e.attr("collation") == "i;octet"}
	if len(m.wanted) > matchMost {
		return m, errTooMuch
	}
	if !m.exact {
		m.wanted = strings.ToLower(m.wanted)
	}
	return m, nil
}

// matches reports whether a card fulfils the condition. No condition at all is
// fulfilled by every card.
func (f filter) matches(c addressbook.Card) bool {
	if len(f.props) == 0 {
		return true
	}
	lines := properties(c, v3)
	holds := func(p propFilter) bool { return p.matches(lines) }
	return quantified(f.all, f.props, holds)
}

func quantified[T any](all bool, of []T, holds func(T) bool) bool {
	if all {
		return !slices.ContainsFunc(of, func(t T) bool { return !holds(t) })
	}
	return slices.ContainsFunc(of, holds)
}

func (p propFilter) matches(lines []property) bool {
	var named []property
	for _, l := range lines {
		if l.name == p.name {
			named = append(named, l)
		}
	}
	if p.undefined || len(named) == 0 {
		return p.undefined && len(named) == 0
	}
	if len(p.texts)+len(p.params) == 0 {
		return true
	}
	return slices.ContainsFunc(named, func(l property) bool {
		var outcomes []bool
		for _, m := range p.texts {
			outcomes = append(outcomes, m.matches(l.plain))
		}
		for _, q := range p.params {
			outcomes = append(outcomes, q.matches(l.params))
		}
		return quantified(p.all, outcomes, func(b bool) bool { return b })
	})
}

func (q paramFilter) matches(params string) bool {
	value, defined := "", false
	for _, p := range strings.Split(params, ";") {
		if name, v, ok := strings.Cut(p, "="); ok && name == q.name {
			value, defined = v, true
		}
	}
	switch {
	case q.undefined:
		return !defined
	case q.text == nil:
		return defined
	default:
		return defined && q.text.matches(value)
	}
}

// matches compares without regard to case, as i;unicode-casemap asks, unless
// i;octet is wanted.
func (m textMatch) matches(value string) bool {
	have, want := value, m.wanted
	if !m.exact {
		have = strings.ToLower(have)
	}
	var found bool
	switch m.how {
	case "equals":
		found = have == want
	case "starts-with":
		found = strings.HasPrefix(have, want)
	case "ends-with":
		found = strings.HasSuffix(have, want)
	default: // "contains", also when nothing is said (RFC 6352 §10.5.4)
		found = strings.Contains(have, want)
	}
	return found != m.negate
}

// readLimit is how many results a client wants at most; 0: all.
func readLimit(e *element) int {
	n, err := strconv.Atoi(e.trimmed())
	if err != nil || n < 1 {
		return 0
	}
	return n
}
