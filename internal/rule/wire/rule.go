package wire

import (
	"encoding/json"
	"fmt"
	"math"
	"net/url"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"
)

// rule judges one value of decoded JSON.
type rule func(v any) *Fault

func malformed(problem string) *Fault { return &Fault{Kind: Malformed, Problem: problem} }

// member is a row of the table: a member of an object.
type member struct {
	name   string
	needed bool
	rule   rule
}

// need is a member without which WhatsApp does not take the object.
func need(name string, r rule) member { return member{name, true, r} }

// may is a member that can be left out.
func may(name string, r rule) member { return member{name, false, r} }

// object has these members and no others.
func object(members ...member) rule {
	return func(v any) *Fault {
		given, ok := v.(map[string]any)
		if !ok {
			return malformed("must be an object")
		}
		for _, m := range members {
			value := given[m.name]
			switch {
			case !absent(value):
				if f := m.rule(value); f != nil {
					return f.within(m.name)
				}
			case m.needed:
				return &Fault{Field: m.name, Kind: Missing, Problem: "is missing"}
			}
		}
		for name := range given {
			if !slices.ContainsFunc(members, func(m member) bool { return m.name == name }) {
				return &Fault{Field: name, Kind: Unknown, Problem: "is no member of this object"}
			}
		}
		return nil
	}
}

// with judges by several rules.
func with(all ...rule) rule {
	return func(v any) *Fault {
		for _, r := range all {
			if f := r(v); f != nil {
				return f
			}
		}
		return nil
	}
}

// either has exactly one of two members.
func either(a, b string) rule {
	return func(v any) *Fault {
		given, _ := v.(map[string]any)
		switch {
		case absent(given[a]) && absent(given[b]):
			return &Fault{Kind: Missing, Problem: "needs " + a + " or " + b}
		case !absent(given[a]) && !absent(given[b]):
			return malformed("takes " + a + " or " + b + ", not both")
		default:
			return nil
		}
	}
}

// variant is one of several objects, by a member that names which. Letters of
// either size name the same (Cloud API: "BODY" and "body").
func variant(by string, kinds map[string]rule) rule {
	return func(v any) *Fault {
		given, ok := v.(map[string]any)
		if !ok {
			return malformed("must be an object")
		}
		kind, ok := given[by].(string)
		if !ok || kind == "" {
			return &Fault{Field: by, Kind: Missing, Problem: "is missing"}
		}
		r, known := kinds[strings.ToLower(kind)]
		if !known {
			if kind == "order_details" || kind == "order_status" { // WhatsApp: Payments API
				return &Fault{Field: by, Kind: Unknown, Problem: fmt.Sprintf("%q belongs to payments in WhatsApp, which exist only for numbers of Brazil and India; send the order as text or as a template", kind)}
			}
			return &Fault{Field: by, Kind: Unknown, Problem: fmt.Sprintf("%q is not taken here", kind)}
		}
		return r(v)
	}
}

// list has so many members.
func list(least, most int, each rule) rule {
	return func(v any) *Fault {
		given, ok := v.([]any)
		if !ok {
			return malformed("must be a list")
		}
		if len(given) == 0 && least > 0 {
			return &Fault{Kind: Missing, Problem: "is missing"}
		}
		if len(given) < least || len(given) > most {
			return &Fault{Kind: Count, Least: least, Most: most, Problem: fmt.Sprintf("needs %d to %d, has %d", least, most, len(given))}
		}
		for i, one := range given {
			if f := each(one); f != nil {
				return f.within("[" + strconv.Itoa(i) + "]")
			}
		}
		return nil
	}
}

// apart has a member, perhaps deeper down, that differs from one to the other.
func apart(path ...string) rule {
	return func(v any) *Fault {
		all, _ := v.([]any)
		seen := map[string]bool{}
		for i, one := range all {
			for _, name := range path {
				inner, _ := one.(map[string]any)
				one = inner[name]
			}
			if text := fmt.Sprint(one); one != nil && seen[text] {
				return &Fault{Field: fmt.Sprintf("[%d].%s", i, strings.Join(path, ".")), Kind: Repeated, Problem: "is used twice"}
			} else if one != nil {
				seen[text] = true
			}
		}
		return nil
	}
}

// text has so many characters, and not only blanks if it must have any.
func text(least, most int) rule {
	return func(v any) *Fault {
		s, ok := v.(string)
		if !ok {
			return malformed("must be a text")
		}
		if !utf8.ValidString(s) {
			return malformed("is not valid UTF-8")
		}
		if least > 0 && strings.TrimSpace(s) == "" {
			return &Fault{Kind: Missing, Problem: "is missing"}
		}
		if n := utf8.RuneCountInString(s); n < least || n > most {
			return &Fault{Kind: Length, Least: least, Most: most, Problem: fmt.Sprintf("has %d characters; %d to %d are allowed", n, least, most)}
		}
		return nil
	}
}

// line is a text that fills in a template (Cloud API, 132018): "Param text
// cannot have new-line/tab characters or more than 4 consecutive spaces".
func line(least, most int) rule {
	return with(text(least, most), func(v any) *Fault {
		s, _ := v.(string)
		if !oneLine(s) {
			return &Fault{Kind: OneLine, Problem: "has a line break, a tab, or more than four spaces in a row, which WhatsApp refuses in a template"}
		}
		return nil
	})
}

// Flat makes one line of a text, so that it can fill in a template.
func Flat(s string) string { return strings.Join(strings.Fields(s), " ") }

func oneLine(s string) bool {
	spaces := 0
	for _, r := range s {
		switch {
		case unicode.Is(unicode.Zs, r):
			if spaces++; spaces > 4 {
				return false
			}
			continue
		case r < ' ', r >= 0x7f && r < 0xa0, r == 0x2028, r == 0x2029: // control characters and separators of lines
			return false
		}
		spaces = 0
	}
	return true
}

// pattern has a form.
func pattern(expression, problem string) rule {
	form := regexp.MustCompile(expression)
	return func(v any) *Fault {
		if s, ok := v.(string); !ok || !form.MatchString(s) {
			return malformed(problem)
		}
		return nil
	}
}

// word is one of several.
func word(allowed ...string) rule {
	return func(v any) *Fault {
		if s, ok := v.(string); !ok || !slices.Contains(allowed, s) {
			return malformed("must be " + strings.Join(allowed, " or "))
		}
		return nil
	}
}

// number is written as a number or as a text.
func number(v any) (float64, bool) {
	switch n := v.(type) {
	case float64:
		return n, true
	case json.Number:
		f, err := n.Float64()
		return f, err == nil
	case string:
		f, err := strconv.ParseFloat(n, 64)
		return f, err == nil && !math.IsNaN(f) && !math.IsInf(f, 0)
	default:
		return 0, false
	}
}

// degrees lie so far on both sides of zero.
func degrees(most int) rule {
	return func(v any) *Fault {
		n, ok := number(v)
		if !ok {
			return malformed("must be a number")
		}
		if n < -float64(most) || n > float64(most) {
			return &Fault{Kind: Range, Least: -most, Most: most, Problem: fmt.Sprintf("lies between %d and %d", -most, most)}
		}
		return nil
	}
}

// whole is a whole number in bounds.
func whole(least, most int) rule {
	return func(v any) *Fault {
		n, ok := number(v)
		if !ok || n != math.Trunc(n) {
			return malformed("must be a whole number")
		}
		if n < float64(least) || n > float64(most) {
			return &Fault{Kind: Range, Least: least, Most: most, Problem: fmt.Sprintf("lies between %d and %d", least, most)}
		}
		return nil
	}
}

// flag is true or false.
func flag(v any) *Fault {
	if _, ok := v.(bool); !ok {
		return malformed("must be true or false")
	}
	return nil
}

// anything is for what only the company and its own program read.
func anything(any) *Fault { return nil }

// address is one of the web.
func address(v any) *Fault {
	s, _ := v.(string)
	if u, err := url.Parse(s); err != nil || u.Scheme != "https" && u.Scheme != "http" || u.Host == "" || len(s) > longestAddress {
		return malformed("is not a web address")
	}
	return nil
}
