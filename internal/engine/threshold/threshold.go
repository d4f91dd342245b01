// Package threshold is what every request crosses before a door answers: it
// finds out where the request comes from, and it sets the limits of size, time
// and memory before anything of a body is read. One source cannot use up what
// all need.
//
// A door that has made sure who asks may take more: [Raise], [Stream] and
// [ReadForm].
package threshold

import (
	"context"
	"net/http"
	"time"

	"einklang/internal/rule/pii"
)

// The limits of a request whose sender nobody knows yet.
const (
	Most     = 1 << 20          // bytes of a body
	Patience = 15 * time.Second // for all of a body
)

// Options are the limits of an installation. The zero value is right for one
// that is reached without a proxy.
type Options struct {
	Proxies     Proxies
	ProxiesOnly bool          // who comes past them is sent away (RFC 9110 §15.5.20)
	Encrypted   bool          // the public address is https: browsers are told to use nothing else
	Patience    time.Duration // for a body that nobody vouches for; 0: Patience
	Room        Room          // 0 in a field: as [DefaultRoom] says
}

// Threshold keeps the limits.
type Threshold struct {
	pii.Personal
	proxies  Proxies
	only     bool
	secure   bool
	patience time.Duration
	hall     *hall
}

// New makes a Threshold.
func New(o Options) *Threshold {
	t := &Threshold{proxies: o.Proxies, only: o.ProxiesOnly, secure: o.Encrypted, patience: o.Patience, hall: newHall(o.Room)}
	if t.patience == 0 {
		t.patience = Patience
	}
	return t
}

type key struct{}

// crossing is what the threshold knows of a request.
type crossing struct {
	pii.Personal
	from string
	here bool  // somebody on this machine asks
	body *body // nil: the request has none
}

func crossed(r *http.Request) *crossing {
	c, _ := r.Context().Value(key{}).(*crossing)
	return c
}

// Handler lets requests cross.
func (t *Threshold) Handler(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		guarded(w.Header())
		if t.secure {
			w.Header().Set("Strict-Transport-Security", "max-age=31536000; includeSubDomains")
		}
		if t.only && !t.proxies.speaks(r) {
			misdirected(w)
			return
		}
		client := t.proxies.Client(r)
		c := &crossing{from: Shortened(client), here: client.IsLoopback()}
		if r.Body != nil && r.Body != http.NoBody {
			if !t.hall.enter(c.from) {
				busy(w)
				return
			}
			c.body = &body{w: w, hall: t.hall, from: c.from, real: r.Body, declared: r.ContentLength, most: Most}
			defer c.body.leave()
			c.body.allow(t.patience)
		}
		r = r.WithContext(context.WithValue(r.Context(), key{}, c))
		if c.body != nil {
			r.Body = c.body
		}
		next.ServeHTTP(w, r)
	})
}

// guarded says of every answer that a browser must take it for what it says to be,
// run nothing in it, and keep it nowhere. Pages allow themselves more, and files
// that are the same for everybody may be kept.
func guarded(h http.Header) {
	h.Set("X-Content-Type-Options", "nosniff")
	h.Set("Content-Security-Policy", "default-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'; sandbox")
	h.Set("Referrer-Policy", "no-referrer")
	h.Set("Cache-Control", "no-store")
}

// busy sends away who would take more than her share, or comes when all is
// taken.
func busy(w http.ResponseWriter) {
	w.Header().Set("Connection", "close")
	w.Header().Set("Retry-After", "5")
	http.Error(w, "too much is being read at once: try again in a moment", http.StatusServiceUnavailable)
}

// From is the shortened internet address of who asks: enough to slow down
// guessing, and it names no person. Empty for a request that has crossed no
// threshold.
func From(r *http.Request) string {
	if c := crossed(r); c != nil {
		return c.from
	}
	return ""
}

// Here reports whether somebody on this machine asks, for himself and not as a
// proxy for others.
func Here(r *http.Request) bool {
	c := crossed(r)
	return c != nil && c.here
}

// Raise lets a body be larger, and take longer unless within is 0. All of it counts as held in
// memory until the request is over. To be called once it is known who asks, or
// for what comes with proof.
func Raise(r *http.Request, most int64, within time.Duration) {
	if c := crossed(r); c != nil && c.body != nil {
		if c.body.most = most; within > 0 {
			c.body.allow(within)
		}
	}
}

// Stream is Raise for a body that is not held in memory, but read and put away
// piece by piece. To be called once it is known who asks.
func Stream(r *http.Request, most int64, within time.Duration) {
	Raise(r, most, within)
	if c := crossed(r); c != nil && c.body != nil {
		c.body.stream()
	}
}
