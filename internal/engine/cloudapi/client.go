package cloudapi

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"net/http/httptrace"
	"net/url"
	"strings"
	"sync/atomic"
)

// DefaultVersion is the version of the Graph API that this package is written
// against.
const DefaultVersion = "v25.0"

// DefaultBaseURL is Meta's address of the Graph API.
const DefaultBaseURL = "https://graph.facebook.com"

// Client speaks to the Graph API. It holds no token: a Number or an Account
// does. It is safe for concurrent use.
type Client struct {
	calls    *http.Client // never follows a redirect: an API call has one answer
	download *http.Client
	base     string
}

// New makes a client. The HTTP client comes from the egress gate; baseURL and
// version may be empty for Meta's own address and DefaultVersion.
func New(httpClient *http.Client, baseURL, version string) *Client {
	if baseURL == "" {
		baseURL = DefaultBaseURL
	}
	if version == "" {
		version = DefaultVersion
	}
	calls := *httpClient
	calls.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	return &Client{
		calls:    &calls,
		download: httpClient,
		base:     strings.TrimRight(baseURL, "/") + "/" + strings.Trim(version, "/"),
	}
}

// token is an access token. fmt does not ask unexported members how they want
// to be printed, so whoever holds one has a Format that leaves it out.
type token string

// request is one call before it is made.
type request struct {
	op     string // what is being done, for errors: "send", "upload media"
	method string
	path   []string // escaped one by one; an empty one is an error
	query  url.Values
	token  token
	json   any // body as JSON, or
	body   io.Reader
	kind   string // content type of body
	length int64  // of body; -1 if unknown
}

// The most that an answer may hold; a list of templates is the largest.
const maxAnswer = 16 << 20

// call makes a request and decodes the answer into out, which may be nil.
// Errors are *Error when Meta answered with its envelope and *CallError for
// everything else.
func (c *Client) call(ctx context.Context, r request, out any) error {
	httpRequest, left, err := c.build(ctx, r)
	if err != nil {
		return &CallError{Op: r.op, Err: err}
	}
	resp, err := c.calls.Do(httpRequest)
	if err != nil {
		return &CallError{Op: r.op, MayHaveArrived: left.Load(), Err: withoutURL(err)}
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(io.LimitReader(resp.Body, maxAnswer+1))
	if len(body) > maxAnswer {
		err = errors.New("the answer is too large")
	}
	if err != nil {
		return &CallError{Op: r.op, MayHaveArrived: true, HTTPStatus: resp.StatusCode, Err: withoutURL(err)}
	}
	err = decodeAnswer(r.op, resp.StatusCode, body, out)
	var answer *Error
	var broken *CallError
	switch wait := retryAfter(resp.Header); {
	case errors.As(err, &answer):
		answer.RetryAfter = wait
	case errors.As(err, &broken):
		broken.RetryAfter = wait
	}
	return err
}

// build prepares the HTTP request. The flag it returns tells whether a
// connection was handed to the request, that is whether bytes may have left.
func (c *Client) build(ctx context.Context, r request) (*http.Request, *atomic.Bool, error) {
	body, kind, length := r.body, r.kind, r.length
	if r.json != nil {
		encoded, err := encodeJSON(r.json)
		if err != nil {
			return nil, nil, err
		}
		body, kind, length = bytes.NewReader(encoded), "application/json", int64(len(encoded))
	}
	address, err := c.address(r.path, r.query)
	if err != nil {
		return nil, nil, err
	}
	left := new(atomic.Bool)
	ctx = httptrace.WithClientTrace(ctx, leaveTrace(left))
	httpRequest, err := http.NewRequestWithContext(ctx, r.method, address, body)
	if err != nil {
		return nil, nil, withoutURL(err)
	}
	if body != nil {
		httpRequest.Header.Set("Content-Type", kind)
		httpRequest.ContentLength = length
	}
	authorize(httpRequest, r.token)
	return httpRequest, left, nil
}

// leaveTrace notes when bytes may leave. The moment is the hand-over of a
// connection, a little before the first byte: from then on another goroutine
// writes, and a request that is cancelled right now may or may not be written.
// A new GetConn clears the note, because the transport repeats a POST only
// when it knows that the first try was not processed (nothing was written, or
// HTTP/2 said so).
func leaveTrace(left *atomic.Bool) *httptrace.ClientTrace {
	return &httptrace.ClientTrace{
		GetConn: func(string) { left.Store(false) },
		GotConn: func(httptrace.GotConnInfo) { left.Store(true) },
	}
}

func authorize(r *http.Request, t token) {
	r.Header.Set("Authorization", "Bearer "+string(t))
	r.Header.Set("User-Agent", "Einklang")
}

func (c *Client) address(path []string, query url.Values) (string, error) {
	var b strings.Builder
	b.WriteString(c.base)
	for _, segment := range path {
		if segment == "" || segment == "." || segment == ".." {
			return "", errors.New("an identifier in the path is empty")
		}
		b.WriteByte('/')
		b.WriteString(url.PathEscape(segment))
	}
	if len(query) > 0 {
		b.WriteByte('?')
		b.WriteString(query.Encode())
	}
	return b.String(), nil
}

// encodeJSON keeps <, > and & as they are: a customer reads them.
func encodeJSON(v any) ([]byte, error) {
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	if err := e.Encode(v); err != nil {
		return nil, err
	}
	return bytes.TrimRight(b.Bytes(), "\n"), nil
}

// decodeAnswer judges what came back. A 200 can hold an error envelope too.
func decodeAnswer(op string, status int, body []byte, out any) error {
	if e := decodeError(status, body); e != nil {
		e.Op = op
		return e
	}
	if status < 200 || status > 299 {
		return &CallError{Op: op, MayHaveArrived: true, HTTPStatus: status, Err: errors.New("no error envelope")}
	}
	if out == nil {
		return nil
	}
	if _, ok := readLoosely(body, out); !ok {
		return &CallError{Op: op, MayHaveArrived: true, HTTPStatus: status, Err: errors.New("the answer cannot be read")}
	}
	return nil
}

// withoutURL takes the address out of an error: it can hold an identifier of a
// person.
func withoutURL(err error) error {
	var u *url.Error
	if errors.As(err, &u) {
		return u.Err
	}
	return err
}

// done is the usual answer of a call that changes something.
type done struct {
	Success bool `json:"success"`
}

// change makes a call that answers {"success":true}.
func (c *Client) change(ctx context.Context, r request) error {
	var answer done
	if err := c.call(ctx, r, &answer); err != nil {
		return err
	}
	if !answer.Success {
		return &CallError{Op: r.op, MayHaveArrived: true, HTTPStatus: http.StatusOK, Err: errors.New("the answer does not say success")}
	}
	return nil
}
