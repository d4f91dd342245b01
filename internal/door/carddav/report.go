package carddav

import (
	"cmp"
	"context"
	"errors"
	"net/url"
	"strconv"
	"strings"

	"einklang/internal/engine/store"
	"einklang/internal/phones/addressbook"
	"einklang/internal/phones/device"
)

// report answers the three questions that clients ask about a book.
func (v *visit) report() error {
	e, err := v.body()
	if err != nil {
		return err
	}
	if e == nil {
		return errXML
	}
	if v.at != book {
		return errReport
	}
	if err := v.Books.Refresh(v.r.Context(), v.device.Org); err != nil {
		return err
	}
	switch {
	case e.is(nsDAV, "sync-collection"):
		return v.syncCollection(e)
	case e.is(nsCard, "addressbook-multiget"):
		return v.multiget(e)
	case e.is(nsCard, "addressbook-query"):
		return v.query(e)
	default:
		return errReport
	}
}

// A sync token is a URI (RFC 6578 §4) with the series and the number. In the
// midst of a book that is read in parts it also holds how far the book had come
// when the reading began.
const tokenPrefix = "urn:einklang:book:"

func token(s addressbook.State) string {
	return tokenPrefix + s.Series + ":" + strconv.FormatInt(s.Seq, 10)
}

// since reads a token; no token is the beginning.
func since(token string, s addressbook.State) (number, whole int64, err error) {
	if token == "" {
		return 0, s.Seq, nil
	}
	rest, ours := strings.CutPrefix(token, tokenPrefix)
	parts := strings.Split(rest, ":")
	if !ours || parts[0] != s.Series || len(parts) < 2 || len(parts) > 3 {
		return 0, 0, errSyncToken
	}
	for i, into := range []*int64{&number, &whole}[:len(parts)-1] {
		if *into, err = strconv.ParseInt(parts[i+1], 10, 64); err != nil || *into < 0 {
			return 0, 0, errSyncToken
		}
	}
	return number, whole, nil
}

// syncCollection tells what has changed since a token (RFC 6578 §3.2).
func (v *visit) syncCollection(e *element) error {
	want, err := readProps(e)
	if err != nil {
		return err
	}
	given := e.child(nsDAV, "sync-token").trimmed()
	limit := readLimit(e.child(nsDAV, "limit").child(nsDAV, "nresults"))
	var items []addressbook.Item
	var s addressbook.State
	var cut bool
	var whole int64
	err = v.DB.Snapshot(v.r.Context(), func(ctx context.Context, r store.Reader) error {
		var err error
		if s, err = v.Books.State(ctx, r, v.view); err != nil {
			return err
		}
		var from, upTo int64
		if from, whole, err = since(given, s); err != nil {
			return err
		}
		items, upTo, err = v.Books.Changes(ctx, r, v.view, s, from, whole, limit)
		cut, s.Seq = upTo < s.Seq, upTo
		if errors.Is(err, addressbook.ErrUnknownNumber) {
			return errSyncToken
		}
		return err
	})
	if err != nil {
		return err
	}
	what := device.Delivery{UpTo: s.Seq}
	a := newAnswer("d:multistatus")
	present := items[:0:0]
	for _, i := range items {
		if i.Present {
			present = append(present, i)
		} else if given != "" {
			a.status(v.cardPath(i.Name), "404 Not Found")
			what.Removed++
		}
	}
	if what.Cards, err = v.list(a, want, present); err != nil {
		return err
	}
	if cut { // RFC 6578 §3.6
		a.WriteString("<d:response>" + href(v.bookPath()) + "<d:status>HTTP/1.1 507 Insufficient Storage</d:status><d:error><d:number-of-matches-within-limits/></d:error></d:response>")
	}
	next := token(s)
	if cut {
		next += ":" + strconv.FormatInt(whole, 10)
	}
	a.WriteString("<d:sync-token>" + text(next) + "</d:sync-token></d:multistatus>")
	if err := v.delivered(what); err != nil {
		return err
	}
	writeXML(v.w, 207, a)
	return nil
}

// list writes cards, opened if the client wants their content, and says how
// many were.
func (v *visit) list(a *answer, want asked, items []addressbook.Item) (opened int, err error) {
	if !want.wants(propData) {
		for _, i := range items {
			a.response(v.cardPath(i.Name), want, v.cardProp(i))
		}
		return 0, nil
	}
	names := make([]string, len(items))
	for i, item := range items {
		names[i] = item.Name
	}
	cards, err := v.Books.Cards(v.r.Context(), v.DB, v.view, names)
	for _, c := range cards {
		a.response(v.cardPath(c.Name), want, v.openProp(c, want.version))
	}
	return len(cards), err
}

// multiget hands out the cards that a client names (RFC 6352 §8.7).
func (v *visit) multiget(e *element) error {
	want, err := readProps(e)
	if err != nil {
		return err
	}
	var paths, names []string
	named := map[string]bool{}
	for _, c := range e.children {
		if !c.is(nsDAV, "href") {
			continue
		}
		name := ""
		if u, err := url.Parse(c.trimmed()); err == nil {
			if at, n := locate(u.Path, v.device.ID.String()); at == card {
				name = n
			}
		}
		if key := cmp.Or(name, c.trimmed()); !named[key] { // a card is handed out once, however often it is named
			named[key] = true
			paths, names = append(paths, c.trimmed()), append(names, name)
		}
		if len(paths) > hrefsMost {
			return errTooMuch
		}
	}
	cards, err := v.Books.Cards(v.r.Context(), v.DB, v.view, names)
	if err != nil {
		return err
	}
	byName := make(map[string]addressbook.Card, len(cards))
	for _, c := range cards {
		byName[c.Name] = c
	}
	a := newAnswer("d:multistatus")
	for i, n := range names {
		if c, ok := byName[n]; ok {
			a.response(v.cardPath(n), want, v.openProp(c, want.version))
		} else {
			a.status(paths[i], "404 Not Found")
		}
	}
	a.WriteString("</d:multistatus>")
	return v.handOut(a, want, len(cards))
}

// query hands out the cards that fulfil a condition (RFC 6352 §8.6).
func (v *visit) query(e *element) error {
	want, err := readProps(e)
	if err != nil {
		return err
	}
	f, err := readFilter(e.child(nsCard, "filter"))
	if err != nil {
		return err
	}
	limit := readLimit(e.child(nsCard, "limit").child(nsCard, "nresults"))
	items, err := v.Books.List(v.r.Context(), v.DB, v.view)
	if err != nil {
		return err
	}
	names := make([]string, len(items))
	for i, item := range items {
		names[i] = item.Name
	}
	cards, err := v.Books.Cards(v.r.Context(), v.DB, v.view, names)
	if err != nil {
		return err
	}
	a, found := newAnswer("d:multistatus"), 0
	for _, c := range cards {
		if !f.matches(c) {
			continue
		}
		if limit > 0 && found == limit {
			a.status(v.bookPath(), "507 Insufficient Storage")
			break
		}
		found++
		a.response(v.cardPath(c.Name), want, v.openProp(c, want.version))
	}
	a.WriteString("</d:multistatus>")
	return v.handOut(a, want, found)
}

// handOut notes what leaves with an answer and sends it.
func (v *visit) handOut(a *answer, want asked, cards int) error {
	if !want.wants(propData) {
		cards = 0
	}
	if err := v.delivered(device.Delivery{Cards: cards}); err != nil {
		return err
	}
	writeXML(v.w, 207, a)
	return nil
}
