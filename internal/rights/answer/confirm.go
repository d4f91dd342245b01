package answer

import (
	"context"
	"slices"
	"strings"

	"einklang/internal/account/org"
	"einklang/internal/consent/optin"
	"einklang/internal/engine/store"
	"einklang/internal/person/chat"
	"einklang/internal/rule/gate"
	"einklang/internal/rule/i18n"
	"einklang/internal/rule/id"
	"einklang/internal/rule/keyword"
	"einklang/internal/rule/pii"
)

// Phones know on whose phones somebody stands.
type Phones interface {
	// Holds reports whether a phone that is in use has her in its address book.
	Holds(ctx context.Context, r store.Reader, org id.Org, person id.Person) (bool, error)
}

// standing is what a confirmation of STOP or START rests on.
type standing struct {
	pii.Personal
	company   string
	numbers   int    // that the company writes from
	stopped   bool   // she is out of everything
	withdrawn bool   // she had agreed to something, and every consent is withdrawn
	inBooks   bool   // phones have her in their address book
	underWay  bool   // something has left that has not arrived
	form      string // address of the public form; empty: it is closed
	hears     func(words string) keyword.Meaning
}

// confirming is a sentence of a confirmation, which is said where its fact holds
// (GDPR Art. 7(3), 12(2)).
type confirming struct {
	key  string
	fact func(standing) bool
	says func(standing) []any // what stands in its gaps; nil: it has none
}

// ofStop are the sentences about a STOP: what ended, what goes on, how to go back.
func ofStop(c *i18n.Catalogue) []confirming {
	return []confirming{
		{"confirm.k1", func(s standing) bool { return s.stopped && s.numbers < 2 }, func(s standing) []any { return []any{s.company} }},
		{"confirm.k1.several", func(s standing) bool { return s.stopped && s.numbers > 1 }, func(s standing) []any { return []any{s.company} }},
		{"confirm.k1.consents", func(s standing) bool { return s.withdrawn }, nil},
		{"confirm.k1.again", func(s standing) bool { return s.stopped && s.hears(c.T("confirm.word.data")) == keyword.Access }, nil},
		{"confirm.k1.start", func(s standing) bool { return s.stopped && s.hears("START") == keyword.Start }, nil},
		{"confirm.k1.books", func(s standing) bool { return s.stopped && s.inBooks }, nil},
		{"confirm.k1.underway", func(s standing) bool { return s.underWay }, nil},
	}
}

// ofStart are the sentences about a START.
func ofStart() []confirming {
	return []confirming{
		{"confirm.k3", func(s standing) bool { return !s.stopped }, nil},
		{"confirm.k3.form", func(s standing) bool { return !s.stopped && s.form != "" }, func(s standing) []any { return []any{s.form} }},
	}
}

// said are the sentences that are so.
func said(all []confirming, s standing, c *i18n.Catalogue) string {
	var text []string
	for _, one := range all {
		if !one.fact(s) {
			continue
		}
		var args []any
		if one.says != nil {
			args = one.says(s)
		}
		text = append(text, c.T(one.key, args...))
	}
	return strings.Join(text, " ")
}

// SaidStop confirms a STOP to a person: what ended, what goes on, and how she
// goes back.
func (x *Answers) SaidStop(ctx context.Context, r store.Reader, o org.Org, p *chat.Known) (string, error) {
	s, err := x.standing(ctx, r, o, p)
	c := x.textsFor(p)
	return said(ofStop(c), s, c), err
}

// SaidStart confirms that a STOP is lifted.
func (x *Answers) SaidStart(ctx context.Context, r store.Reader, o org.Org, p *chat.Known) (string, error) {
	s, err := x.standing(ctx, r, o, p)
	return said(ofStart(), s, x.textsFor(p)), err
}

// standing reads how a person stands.
func (x *Answers) standing(ctx context.Context, r store.Reader, o org.Org, p *chat.Known) (s standing, err error) {
	s.company, s.stopped, s.hears = o.Name, p.Flags.OptedOut, o.Settings.Words().Match
	channels, err := x.Orgs.Channels(ctx, r, o.ID)
	if err != nil {
		return s, err
	}
	for _, c := range channels {
		if c.Active {
			s.numbers++
		}
	}
	states, err := x.Consents.States(ctx, r, o.ID, p.ID)
	if err != nil {
		return s, err
	}
	in := func(state gate.ConsentState) bool {
		return slices.ContainsFunc(states, func(c optin.State) bool { return c.State == state })
	}
	s.withdrawn = in(gate.ConsentWithdrawn) && !in(gate.ConsentGranted)
	if s.inBooks, err = x.Phones.Holds(ctx, r, o.ID, p.ID); err != nil {
		return s, err
	}
	if s.underWay, err = x.Threads.UnderWay(ctx, r, o.ID, p.ID, x.Now()); err != nil {
		return s, err
	}
	ways, err := x.Consents.Settings(ctx, r, o.ID)
	if ways.Form {
		s.form = strings.TrimRight(x.PublicURL, "/") + "/opt-in/" + o.Slug
	}
	return s, err
}
