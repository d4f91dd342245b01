// Package carddav is the door through which phones and computers read their
// address books: a CardDAV server (RFC 6352) with discovery (RFC 6764) and
// incremental sync (RFC 6578).
//
// Every device signs in with its own password and sees one tree:
//
//	/carddav/                     whoever asks is told where her own tree is
//	/carddav/DEVICE/              the device: principal and home in one
//	/carddav/DEVICE/book/         its address book
//	/carddav/DEVICE/book/ID.vcf   a card
//
// Whatever is not its own does not exist for a device. Books are read-only; a
// device that may propose people can put a new card, which becomes a candidate
// and leaves the phone with the next sync.
package carddav

import (
	"context"
	"errors"
	"log/slog"
	"mime"
	"net/http"
	"net/url"
	"strings"

	"einklang/internal/account/audit"
	"einklang/internal/engine/store"
	"einklang/internal/engine/threshold"
	"einklang/internal/phones/addressbook"
	"einklang/internal/phones/device"
	"einklang/internal/rule/id"
	"einklang/internal/rule/pii"
)

// Parts are what the door works with.
type Parts struct {
	DB       *store.DB
	Books    *addressbook.Books
	Register *device.Register
	Log      *slog.Logger
	Audit    *audit.Log
	// Held reports whether an organisation's books are not given out until somebody
	// has looked at what a restore may have lost.
	Held func(ctx context.Context, r store.Reader, org id.Org) (bool, error)
}

// Door answers phones.
type Door struct{ Parts }

// The rules of the door: that a phone fetched its book, and that it proposed
// somebody.
var (
	fetches  = audit.Reads("book.synced")
	proposes = audit.Changes("device.proposed")
)

// Mount opens the door.
func Mount(mux *audit.Mux, p Parts) {
	d := &Door{p}
	mux.Handle(Prefix, fetches, d)
	mux.Handle(http.MethodPut+" "+Prefix, proposes, d)
	mux.Handle(WellKnown, audit.Nothing(audit.Nobody), http.HandlerFunc(d.Discover))
	mux.Handle("PROPFIND /{$}", audit.Nothing(audit.Nobody), http.HandlerFunc(d.Discover))
}

// Prefix is the path of everything here; WellKnown leads to it (RFC 6764 §5).
const (
	Prefix    = "/carddav/"
	WellKnown = "/.well-known/carddav"
	bookName  = "book"
)

// Discover sends a client that knows only the host to the right place.
func (d *Door) Discover(w http.ResponseWriter, r *http.Request) {
	http.Redirect(w, r, Prefix, http.StatusMovedPermanently)
}

// place is what a path names.
type place int

const (
	nowhere place = iota
	root
	home
	book
	card
)

// locate reads a path as a device sees it; name is that of a card.
func locate(path, device string) (at place, name string) {
	rest, ok := strings.CutPrefix(path, Prefix)
	if path+"/" == Prefix || ok && rest == "" {
		return root, ""
	}
	own, rest, _ := strings.Cut(rest, "/")
	if !ok || own != device {
		return nowhere, ""
	}
	collection, name, deeper := strings.Cut(rest, "/")
	switch {
	case collection == "":
		return home, ""
	case collection != bookName || strings.Contains(name, "/"):
		return nowhere, ""
	case !deeper || name == "":
		return book, ""
	default:
		return card, name
	}
}

// visit is one request of a device that has signed in.
type visit struct {
	pii.Personal
	*Door
	w      http.ResponseWriter
	r      *http.Request
	device device.Device
	view   addressbook.View
	at     place
	name   string // of a card
}

func (v *visit) homePath() string            { return Prefix + v.device.ID.String() + "/" }
func (v *visit) bookPath() string            { return v.homePath() + bookName + "/" }
func (v *visit) cardPath(name string) string { return v.bookPath() + url.PathEscape(name) }

// ServeHTTP answers one request.
func (d *Door) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	h := w.Header()
	h.Set("Cache-Control", "private, no-store")
	h.Set("DAV", "1, 3, addressbook, extended-mkcol")
	login, password, _ := r.BasicAuth()
	dev, err := d.Register.SignIn(r.Context(), login, password, threshold.From(r))
	if err != nil {
		d.refuse(w, err)
		return
	}
	if held, err := d.Held(r.Context(), d.DB, dev.Org); err != nil || held {
		d.hold(w, err)
		return
	}
	threshold.Raise(r, bodyMost, bodyTime)
	at, name := locate(r.URL.Path, dev.ID.String())
	v := &visit{Door: d, w: w, r: r, device: dev, view: dev.View(), at: at, name: name}
	if err := v.answer(); err != nil {
		d.fail(w, r, err)
	}
}

func (d *Door) refuse(w http.ResponseWriter, err error) {
	switch {
	case errors.Is(err, device.ErrThrottled):
		w.Header().Set("Retry-After", "60")
		http.Error(w, "too many attempts", http.StatusTooManyRequests)
	case errors.Is(err, device.ErrSignIn):
		w.Header().Set("WWW-Authenticate", `Basic realm="Einklang address book", charset="UTF-8"`)
		http.Error(w, "sign in with the login and the password of the device", http.StatusUnauthorized)
	default:
		d.Log.Error("a device cannot sign in", "error", err)
		http.Error(w, "try again later", http.StatusServiceUnavailable)
	}
}

// hold has a phone keep the book that it has: it asks again.
func (d *Door) hold(w http.ResponseWriter, err error) {
	if err != nil {
		d.Log.Error("whether books are given out cannot be read", "error", err)
	}
	w.Header().Set("Retry-After", "600")
	http.Error(w, "no book is given out until somebody has looked at what the restore of a backup may have lost", http.StatusServiceUnavailable)
}

func (d *Door) fail(w http.ResponseWriter, r *http.Request, err error) {
	var refused *precondition
	switch {
	case errors.As(err, &refused):
		a := newAnswer("d:error")
		a.WriteString("<" + refused.name + "/></d:error>")
		writeXML(w, refused.status, a)
	case errors.Is(err, errTooMuch):
		http.Error(w, "the request is too large", http.StatusRequestEntityTooLarge)
	case errors.Is(err, errXML):
		http.Error(w, "the request is not well-formed XML", http.StatusBadRequest)
	case errors.Is(err, context.Canceled):
	case store.Passing(err):
		d.Log.Error("an address book cannot be read", "error", err)
		w.Header().Set("Retry-After", "60")
		http.Error(w, "try again later", http.StatusServiceUnavailable)
	default:
		d.Log.Error("a request for an address book failed", "method", r.Method, "error", err)
		http.Error(w, "something went wrong here", http.StatusInternalServerError)
	}
}

// precondition is a refusal with a reason that clients understand (RFC 4918
// §16).
type precondition struct {
	status int
	name   string // with prefix
}

func (p *precondition) Error() string { return p.name }

var (
	errNeedPrivileges = &precondition{http.StatusForbidden, "d:need-privileges"}
	errSyncToken      = &precondition{http.StatusForbidden, "d:valid-sync-token"}
	errReport         = &precondition{http.StatusForbidden, "d:supported-report"}
	errBadCard        = &precondition{http.StatusForbidden, "card:valid-address-data"}
	errDataType       = &precondition{http.StatusUnsupportedMediaType, "card:supported-address-data"}
	errCardSize       = &precondition{http.StatusRequestEntityTooLarge, "card:max-resource-size"}
)

func writeXML(w http.ResponseWriter, status int, a *answer) {
	w.Header().Set("Content-Type", "application/xml; charset=utf-8")
	w.WriteHeader(status)
	_, _ = a.WriteTo(w) // a phone that went away asks again
}

const (
	readMethods = "OPTIONS, GET, HEAD, PROPFIND, REPORT"
	allMethods  = readMethods + ", PUT"
)

// answer goes to what the method asks for.
//
//nolint:contextcheck // the context is in the request
func (v *visit) answer() error {
	if v.at == nowhere {
		http.Error(v.w, "there is no such resource", http.StatusNotFound)
		return nil
	}
	switch v.r.Method {
	case http.MethodOptions:
		v.w.Header().Set("Allow", v.allowed())
		v.w.WriteHeader(http.StatusOK)
		return nil
	case "PROPFIND":
		return v.propfind()
	case "REPORT":
		return v.report()
	case http.MethodGet, http.MethodHead:
		return v.get()
	case http.MethodPut:
		return v.put()
	case http.MethodDelete, "PROPPATCH", "MKCOL", "MOVE", "COPY", "LOCK", "UNLOCK", "ACL":
		return errNeedPrivileges // read-only
	default:
		v.w.Header().Set("Allow", v.allowed())
		http.Error(v.w, "this method is not known", http.StatusMethodNotAllowed)
		return nil
	}
}

func (v *visit) allowed() string {
	if v.device.Candidates {
		return allMethods
	}
	return readMethods
}

// body reads the XML of a request.
func (v *visit) body() (*element, error) {
	return readXML(v.r.Body)
}

// get hands out one card.
func (v *visit) get() error {
	if v.at != card {
		v.w.Header().Set("Allow", "OPTIONS, PROPFIND, REPORT")
		http.Error(v.w, "this is an address book for CardDAV: set it up as an account on the phone", http.StatusMethodNotAllowed)
		return nil
	}
	cards, err := v.cards([]string{v.name})
	if err != nil {
		return err
	}
	if len(cards) == 0 {
		http.Error(v.w, "there is no such card", http.StatusNotFound)
		return nil
	}
	version := v3
	if _, params, err := mime.ParseMediaType(v.r.Header.Get("Accept")); err == nil && params["version"] == v4 {
		version = v4
	}
	tag := etag(cards[0].Item)
	v.w.Header().Set("ETag", tag)
	if v.r.Header.Get("If-None-Match") == tag {
		v.w.WriteHeader(http.StatusNotModified)
		return nil
	}
	v.w.Header().Set("Content-Type", "text/vcard; charset=utf-8; version="+version)
	if v.r.Method == http.MethodHead {
		return nil
	}
	if err := v.delivered(device.Delivery{Cards: 1}); err != nil {
		return err
	}
	_, _ = v.w.Write([]byte(writeCard(cards[0], version))) // a phone that went away asks again
	return nil
}

// delivered notes what the device receives. In the log a sync is one entry for
// each device, day and state of the book, not one for each card or request.
func (v *visit) delivered(what device.Delivery) error {
	if err := v.Register.Delivered(v.r.Context(), v.device, what); err != nil {
		return err
	}
	state := what.UpTo
	if state == 0 {
		state = v.device.Held()
	}
	v.begin(fetches).Fetched(state)
	return nil
}

// begin begins what the device does.
func (v *visit) begin(rule audit.Rule) *audit.Act {
	return v.Audit.Begin(v.device.Org, audit.Actor{Who: audit.Device, ID: id.ID(v.device.ID)}, rule, v.device.ID)
}

func etag(i addressbook.Item) string { return `"` + i.Version + `"` }

// cards brings the books up to date and reads some cards.
func (v *visit) cards(names []string) ([]addressbook.Card, error) {
	if err := v.Books.Refresh(v.r.Context(), v.device.Org); err != nil {
		return nil, err
	}
	return v.Books.Cards(v.r.Context(), v.DB, v.view, names)
}

// put takes a new card as a candidate, where the device may propose people.
// Cards that are in the book are never changed from a phone.
func (v *visit) put() error {
	if v.at != card || !v.device.Candidates || v.device.Standing == device.Empty {
		return errNeedPrivileges
	}
	if contact, ok := addressbook.ContactOf(v.name); ok {
		in, err := v.cards([]string{addressbook.NameOf(contact)})
		if err != nil {
			return err
		}
		if len(in) > 0 {
			return errNeedPrivileges
		}
	}
	if kind, _, err := mime.ParseMediaType(v.r.Header.Get("Content-Type")); err == nil && kind != "text/vcard" && kind != "text/x-vcard" && kind != "text/directory" {
		return errDataType
	}
	if len(v.name) > 255 {
		return errNeedPrivileges
	}
	entered, err := readCard(http.MaxBytesReader(v.w, v.r.Body, cardMost))
	switch {
	case errors.Is(err, errTooMuch):
		return errCardSize
	case err != nil:
		return errBadCard
	}
	err = v.begin(proposes).Write(v.r.Context(), func(ctx context.Context, tx store.Tx) error {
		return v.Books.Propose(ctx, tx, v.device.Org, v.device.ID, v.name, entered)
	})
	if err != nil {
		return err
	}
	v.w.WriteHeader(http.StatusCreated)
	return nil
}
