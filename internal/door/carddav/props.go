package carddav

import (
	"context"
	"encoding/xml"
	"strconv"
	"strings"

	"einklang/internal/engine/store"
	"einklang/internal/phones/addressbook"
	"einklang/internal/phones/device"
)

// asked is which properties a client wants.
type asked struct {
	names   []xml.Name
	version string // of vCard, for address-data
}

func dav(local string) xml.Name     { return xml.Name{Space: nsDAV, Local: local} }
func carddav(local string) xml.Name { return xml.Name{Space: nsCard, Local: local} }

var (
	propETag  = dav("getetag")
	propData  = carddav("address-data")
	propCTag  = xml.Name{Space: nsCS, Local: "getctag"}
	propToken = dav("sync-token")
)

// usual is what a client gets that asks for all (RFC 4918 §9.1: the live
// properties of that document).
var usual = []xml.Name{dav("resourcetype"), dav("displayname"), propETag, dav("getcontenttype"), propCTag, propToken, dav("current-user-principal")}

// readProps reads the properties of a PROPFIND or a REPORT. They are written
// once for each card, so they may not be many.
func readProps(e *element) (asked, error) {
	a := asked{version: v3}
	prop := e.child(nsDAV, "prop")
	if prop == nil {
		a.names = usual
		return a, nil
	}
	if len(prop.children) > propsMost {
		return a, errTooMuch
	}
	long := 0
	for _, c := range prop.children {
		if long += len(c.name.Space) + len(c.name.Local); long > namesMost {
			return a, errTooMuch
		}
		a.names = append(a.names, c.name)
		if c.name == propData && c.attr("version") == v4 {
			a.version = v4
		}
	}
	return a, nil
}

func (a asked) wants(name xml.Name) bool {
	for _, n := range a.names {
		if n == name {
			return true
		}
	}
	return false
}

// response writes one resource: the properties that it has, and those it has
// not. Values are XML.
func (a *answer) response(path string, want asked, value func(xml.Name) (string, bool)) {
	a.WriteString("<d:response>" + href(path))
	var missing []xml.Name
	a.WriteString("<d:propstat><d:prop>")
	for _, n := range want.names {
		if v, ok := value(n); ok {
			a.filled(n, v)
		} else {
			missing = append(missing, n)
		}
	}
	a.WriteString("</d:prop><d:status>HTTP/1.1 200 OK</d:status></d:propstat>")
	if len(missing) > 0 {
		a.WriteString("<d:propstat><d:prop>")
		for _, n := range missing {
			a.empty(n)
		}
		a.WriteString("</d:prop><d:status>HTTP/1.1 404 Not Found</d:status></d:propstat>")
	}
	a.WriteString("</d:response>")
}

// status writes one resource that is no more, or never was.
func (a *answer) status(path, status string) {
	a.WriteString("<d:response>" + href(path) + "<d:status>HTTP/1.1 " + status + "</d:status></d:response>")
}

const privilege = "<d:privilege><d:%/></d:privilege>"

func privileges(names ...string) string {
	var b strings.Builder
	for _, n := range names {
		b.WriteString(strings.Replace(privilege, "%", n, 1))
	}
	return b.String()
}

// common are the properties that every resource has.
func (v *visit) common(n xml.Name) (string, bool) {
	switch n {
	case dav("current-user-principal"), dav("owner"):
		return href(v.homePath()), true
	case dav("principal-collection-set"):
		return href(Prefix), true
	case dav("current-user-privilege-set"):
		if v.device.Candidates {
			return privileges("read", "bind"), true
		}
		return privileges("read"), true
	}
	return "", false
}

func (v *visit) rootProp(n xml.Name) (string, bool) {
	switch n {
	case dav("resourcetype"):
		return "<d:collection/>", true
	case dav("displayname"):
		return "Einklang", true
	}
	return v.common(n)
}

func (v *visit) homeProp(n xml.Name) (string, bool) {
	switch n {
	case dav("resourcetype"):
		return "<d:collection/><d:principal/>", true
	case dav("displayname"):
		return text(v.device.Login), true
	case dav("principal-URL"), carddav("addressbook-home-set"):
		return href(v.homePath()), true
	case dav("supported-report-set"):
		return "", true
	}
	return v.common(n)
}

const reports = "<d:supported-report><d:report><d:sync-collection/></d:report></d:supported-report>" +
	"<d:supported-report><d:report><card:addressbook-multiget/></d:report></d:supported-report>" +
	"<d:supported-report><d:report><card:addressbook-query/></d:report></d:supported-report>"

func (v *visit) bookProp(s addressbook.State) func(xml.Name) (string, bool) {
	return func(n xml.Name) (string, bool) {
		switch n {
		case dav("resourcetype"):
			return "<d:collection/><card:addressbook/>", true
		case dav("displayname"):
			return "Einklang", true
		case carddav("addressbook-description"):
			return v.description(), true
		case propCTag, propToken:
			return text(token(s)), true
		case dav("supported-report-set"):
			return reports, true
		case carddav("supported-address-data"):
			return `<card:address-data-type content-type="text/vcard" version="3.0"/><card:address-data-type content-type="text/vcard" version="4.0"/>`, true
		case carddav("supported-collation-set"):
			return "<card:supported-collation>i;unicode-casemap</card:supported-collation><card:supported-collation>i;octet</card:supported-collation>", true
		case carddav("max-resource-size"):
			return strconv.Itoa(cardMost), true
		}
		return v.common(n)
	}
}

func (v *visit) description() string {
	if v.view.Kind == addressbook.Everyone {
		return "Alle Kontakte · all contacts"
	}
	return "Nur Kontakte mit Einwilligung · consenting contacts only"
}

// cardProp are the properties of a card that does not have to be opened.
func (v *visit) cardProp(i addressbook.Item) func(xml.Name) (string, bool) {
	return func(n xml.Name) (string, bool) {
		switch n {
		case dav("resourcetype"):
			return "", true
		case propETag:
			return text(etag(i)), true
		case dav("getcontenttype"):
			return "text/vcard; charset=utf-8", true
		}
		return v.common(n)
	}
}

// openProp are those of a card with its content.
func (v *visit) openProp(c addressbook.Card, version string) func(xml.Name) (string, bool) {
	closed := v.cardProp(c.Item)
	return func(n xml.Name) (string, bool) {
		if n == propData {
			return text(writeCard(c, version)), true
		}
		return closed(n)
	}
}

// propfind tells about a resource, and with Depth 1 about what lies below it.
// Depth "infinity", also when nothing is said, is answered as 1: the tree is
// flat (RFC 4918 §9.1).
func (v *visit) propfind() error {
	e, err := v.body()
	if err != nil {
		return err
	}
	if e != nil && !e.is(nsDAV, "propfind") {
		return errXML
	}
	want, err := readProps(e)
	if err != nil {
		return err
	}
	below := v.r.Header.Get("Depth") != "0"
	if err := v.Books.Refresh(v.r.Context(), v.device.Org); err != nil {
		return err
	}
	a, listed := newAnswer("d:multistatus"), int64(0)
	err = v.DB.Snapshot(v.r.Context(), func(ctx context.Context, r store.Reader) error {
		a.Reset()
		a.Write(newAnswer("d:multistatus").Bytes())
		listed, err = v.tell(ctx, r, a, want, below)
		return err
	})
	if err != nil {
		return err
	}
	a.WriteString("</d:multistatus>")
	if listed > 0 && want.wants(propETag) {
		if err := v.noteList(listed); err != nil {
			return err
		}
	}
	if v.at == card && !strings.Contains(a.String(), "<d:response>") {
		return v.get() // which says 404
	}
	writeXML(v.w, 207, a)
	return nil
}

// tell writes what a PROPFIND asks for; when that is a list of the book, it
// returns the number up to which the book was listed.
func (v *visit) tell(ctx context.Context, r store.Reader, a *answer, want asked, below bool) (listed int64, err error) {
	switch v.at { //nolint:exhaustive // what follows is for all other places
	case root:
		a.response(Prefix, want, v.rootProp)
		return 0, nil
	case card:
		cards, err := v.Books.Cards(ctx, r, v.view, []string{v.name})
		for _, c := range cards {
			a.response(v.cardPath(c.Name), want, v.cardProp(c.Item))
		}
		return 0, err
	}
	s, err := v.Books.State(ctx, r, v.view)
	if err != nil {
		return 0, err
	}
	if v.at == home {
		a.response(v.homePath(), want, v.homeProp)
		if below {
			a.response(v.bookPath(), want, v.bookProp(s))
		}
		return 0, nil
	}
	a.response(v.bookPath(), want, v.bookProp(s))
	if !below {
		return 0, nil
	}
	items, err := v.Books.List(ctx, r, v.view)
	for _, i := range items {
		a.response(v.cardPath(i.Name), want, v.cardProp(i))
	}
	return s.Seq, err
}

// noteList notes that the device has seen its whole book: whatever it still
// held that is not in there, it deletes.
func (v *visit) noteList(upTo int64) error {
	left, err := v.Register.StillHeld(v.r.Context(), v.DB, v.device)
	if err != nil {
		return err
	}
	return v.delivered(device.Delivery{Removed: left.Count, UpTo: upTo})
}
