package egress

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/url"
	"time"
)

// Options configures a Border.
type Options struct {
	Destinations []Destination
	// Now is the clock for the time of the last use; nil means time.Now.
	Now func() time.Time
	// Proxy chooses a proxy per request; nil means none. The environment's
	// proxy variables are ignored on purpose: a proxy sees whom we talk to, so
	// it is configured here by name or not at all.
	Proxy func(*http.Request) (*url.URL, error)
	// DialTimeout, TLSTimeout and HeaderTimeout bound the parts of a call;
	// zero means 10 s, 10 s and 60 s. The whole of a call is bounded by its
	// context, because a large upload may take long.
	DialTimeout, TLSTimeout, HeaderTimeout time.Duration
	// BaseTransport, when set, is cloned instead of the tuned default, for
	// instance to trust a company's own certificate authority.
	BaseTransport *http.Transport
}

// Border holds the destinations and counts their use. It is safe for concurrent
// use.
type Border struct {
	ways map[string]*way
	now  func() time.Time
}

// way is one destination with its client and its counters.
type way struct {
	destination Destination
	places      []place
	counter     counter
	client      *http.Client
	dialer      *net.Dialer
}

// New checks the destinations and builds one client for each.
func New(opts Options) (*Border, error) {
	g := &Border{ways: make(map[string]*way, len(opts.Destinations)), now: opts.Now}
	if g.now == nil {
		g.now = time.Now
	}
	for _, d := range opts.Destinations {
		places, err := parsePlaces(d)
		if err != nil {
			return nil, err
		}
		if g.ways[d.Name] != nil {
			return nil, fmt.Errorf("egress: destination %q is configured twice", d.Name)
		}
		g.ways[d.Name] = g.newWay(opts, d, places)
	}
	return g, nil
}

const maxRedirects = 5

func (g *Border) newWay(opts Options, d Destination, places []place) *way {
	w := &way{destination: d, places: places}
	w.dialer = &net.Dialer{Timeout: orElse(opts.DialTimeout, 10*time.Second), KeepAlive: 30 * time.Second}
	transport := newTransport(opts, w)
	w.client = &http.Client{
		Transport: &guard{way: w, next: transport, now: g.now},
		CheckRedirect: func(_ *http.Request, via []*http.Request) error {
			if len(via) > maxRedirects {
				return errors.New("egress: too many redirects")
			}
			return nil // the guard judges the target like any other call
		},
	}
	return w
}

func newTransport(opts Options, w *way) *http.Transport {
	t := opts.BaseTransport
	if t == nil {
		t = &http.Transport{
			ForceAttemptHTTP2:     true,
			MaxIdleConns:          1024,
			MaxIdleConnsPerHost:   256,
			IdleConnTimeout:       90 * time.Second,
			ExpectContinueTimeout: time.Second,
			WriteBufferSize:       16 << 10,
			ReadBufferSize:        16 << 10,
		}
	} else {
		t = t.Clone()
	}
	t.Proxy = opts.Proxy
	t.TLSHandshakeTimeout = orElse(opts.TLSTimeout, 10*time.Second)
	t.ResponseHeaderTimeout = orElse(opts.HeaderTimeout, 60*time.Second)
	t.DialTLSContext = nil // every connection passes the counting dialer
	t.DialContext = func(ctx context.Context, network, address string) (net.Conn, error) {
		conn, err := w.dialer.DialContext(ctx, network, address)
		if err != nil {
			return nil, err
		}
		return &countedConn{Conn: conn, counter: &w.counter}, nil
	}
	return t
}

func orElse(d, fallback time.Duration) time.Duration {
	if d > 0 {
		return d
	}
	return fallback
}

// Client returns the client of a destination. For a name that is not
// configured it returns a client that refuses every call with *Refused, so the
// fault shows where the call is made.
func (g *Border) Client(name string) *http.Client {
	if w := g.ways[name]; w != nil {
		return w.client
	}
	return &http.Client{Transport: refusing(name)}
}

// Dial opens a connection to a mail server of a destination; address is
// host:port. It fits the dial hook of a mail library.
func (g *Border) Dial(name string) func(ctx context.Context, network, address string) (net.Conn, error) {
	w := g.ways[name]
	return func(ctx context.Context, network, address string) (net.Conn, error) {
		if w == nil {
			return nil, &Refused{Destination: name, Target: address, Unknown: true}
		}
		host, port, err := net.SplitHostPort(address)
		if err != nil || !allowsMail(w.places, host, port) {
			w.counter.refuse()
			return nil, &Refused{Destination: name, Target: address}
		}
		w.counter.call(g.now())
		conn, err := w.dialer.DialContext(ctx, network, address)
		if err != nil {
			w.counter.fail()
			return nil, fmt.Errorf("reach mail server of destination %q: %w", name, err)
		}
		return &countedConn{Conn: conn, counter: &w.counter}, nil
	}
}

// Destinations returns what is configured, for the transfer register.
func (g *Border) Destinations() []Destination {
	all := make([]Destination, 0, len(g.ways))
	for _, w := range g.sorted() {
		all = append(all, w.destination)
	}
	return all
}

// Close closes idle connections.
func (g *Border) Close() {
	for _, w := range g.ways {
		w.client.CloseIdleConnections()
	}
}

// guard is the transport that lets only allowed calls out and counts them.
type guard struct {
	way  *way
	next *http.Transport
	now  func() time.Time
}

// RoundTrip implements http.RoundTripper; a redirect comes through here too.
func (g *guard) RoundTrip(r *http.Request) (*http.Response, error) {
	if !allowsURL(g.way.places, r.URL) {
		g.way.counter.refuse()
		closeBody(r)
		return nil, &Refused{Destination: g.way.destination.Name, Target: r.URL.Scheme + "://" + r.URL.Host}
	}
	g.way.counter.call(g.now())
	resp, err := g.next.RoundTrip(r)
	if err != nil {
		g.way.counter.fail()
	}
	return resp, err
}

// CloseIdleConnections lets http.Client.CloseIdleConnections through.
func (g *guard) CloseIdleConnections() { g.next.CloseIdleConnections() }

// refusing is the transport of a destination that nobody configured.
type refusing string

func (name refusing) RoundTrip(r *http.Request) (*http.Response, error) {
	closeBody(r)
	return nil, &Refused{Destination: string(name), Target: r.URL.Scheme + "://" + r.URL.Host, Unknown: true}
}

func closeBody(r *http.Request) {
	if r.Body != nil {
		_ = r.Body.Close()
	}
}
