// Package amapi hands a phone's policy to Google's Android Management API: one
// call of its REST interface, through the gate of package egress.
package amapi

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
	"time"

	"einklang/internal/engine/egress"
)

// Destination is the name of Google's API at the gate of package egress, and
// Hosts are where its calls go.
const Destination = "android-management"

// Hosts are the API and the place where its access tokens are given out.
func Hosts() []string {
	return []string{"androidmanagement.googleapis.com", "oauth2.googleapis.com"}
}

// Outside is Google's API as package egress lets it be reached; url is its
// address, empty: the real one.
func Outside(url string) egress.Destination {
	hosts := Hosts()
	if url != "" {
		hosts = []string{url}
	}
	return egress.Destination{Name: Destination, Allow: hosts, Recipient: "Google Ireland Ltd. / Google LLC", Country: "US",
		Mechanism: "Data Privacy Framework, SCC", DataCategories: []string{"metadata"}}
}

// ErrOff is returned where no Android enterprise is set up.
var ErrOff = errors.New("no Android enterprise is set up: name it and the key of its service account in the configuration")

// Enterprise is one company at Google. It is safe for concurrent use.
type Enterprise struct {
	policies string // address below which its policies lie
	account  *account
	client   *http.Client
	timeout  time.Duration
}

// Options say how Google is reached.
type Options struct {
	Name    string        // "enterprises/LC…"
	Key     []byte        // JSON of a service account
	Client  *http.Client  // from package egress
	URL     string        // of the API; empty: Google's
	Timeout time.Duration // of a push, its access token included; zero: 30 s
}

// Open reads the key. Nothing is called yet. Without a name there is no
// enterprise: nil, which refuses everything with [ErrOff].
func Open(o Options) (*Enterprise, error) {
	if o.Name == "" {
		return nil, nil
	}
	id, named := strings.CutPrefix(o.Name, "enterprises/")
	if !named || id == "" {
		return nil, fmt.Errorf("the Android enterprise %q must be written as enterprises/LC…", o.Name)
	}
	account, err := readAccount(o.Key, o.Client)
	if err != nil {
		return nil, err
	}
	if o.URL == "" {
		o.URL = "https://androidmanagement.googleapis.com"
	}
	if o.Timeout == 0 {
		o.Timeout = 30 * time.Second
	}
	return &Enterprise{policies: o.URL + "/v1/enterprises/" + url.PathEscape(id) + "/policies/", account: account, client: o.Client, timeout: o.Timeout}, nil
}

// Push creates or replaces a policy (Android Management API:
// enterprises.policies.patch). The name is ours: one for each device.
func (e *Enterprise) Push(ctx context.Context, name string, p Policy) error {
	if e == nil {
		return ErrOff
	}
	ctx, cancel := context.WithTimeout(ctx, e.timeout)
	defer cancel()
	token, err := e.account.access(ctx)
	if err != nil {
		return err
	}
	body, err := json.Marshal(p)
	if err != nil {
		return fmt.Errorf("write a policy as JSON: %w", err)
	}
	r, err := http.NewRequestWithContext(ctx, http.MethodPatch, e.policies+url.PathEscape(name), bytes.NewReader(body))
	if err != nil {
		return fmt.Errorf("push a policy to the Android Management API: %w", err)
	}
	r.Header.Set("Content-Type", "application/json")
	token.SetAuthHeader(r)
	answer, err := e.client.Do(r)
	if err != nil {
		return fmt.Errorf("push a policy to the Android Management API: %w", err)
	}
	defer func() { _ = answer.Body.Close() }()
	if answer.StatusCode == http.StatusUnauthorized {
		e.account.keep(nil) // taken back before its time; the next push fetches another
	}
	if answer.StatusCode != http.StatusOK {
		return fmt.Errorf("the Android Management API refuses the policy (status %d): %s", answer.StatusCode, reason(answer.Body))
	}
	return nil
}

// reason is what Google writes about a refusal (Google API Design Guide:
// Errors); empty if it writes something else.
func reason(body io.Reader) string {
	var why struct {
		Error struct {
			Message string `json:"message"`
		} `json:"error"`
	}
	_ = json.NewDecoder(io.LimitReader(body, 64<<10)).Decode(&why) // without a reason the status says it
	return why.Error.Message
}
