package apptest

import (
	"bytes"
	"io"
	"net/http"
	"net/url"
	"strings"
)

// proving is a person at her browser who enters her password when a page asks her to
// prove who she is, and goes on.
type proving struct{ site, password string }

// RoundTrip sends a request, and once more after the proof that it needs.
func (p proving) RoundTrip(r *http.Request) (*http.Response, error) {
	var body []byte
	if r.Body != nil {
		var err error
		if body, err = io.ReadAll(r.Body); err != nil {
			return nil, err
		}
	}
	again := func() *http.Request { //nolint:contextcheck // the context is in the request
		one := r.Clone(r.Context())
		if r.Body != nil {
			one.Body = io.NopCloser(bytes.NewReader(body))
		}
		return one
	}
	resp, err := http.DefaultTransport.RoundTrip(again())
	if err != nil || resp.StatusCode != http.StatusUnauthorized {
		return resp, err
	}
	page, err := io.ReadAll(resp.Body)
	if err != nil {
		return nil, err
	}
	_ = resp.Body.Close()
	resp.Body = io.NopCloser(bytes.NewReader(page))
	if !bytes.Contains(page, []byte(`name="prove.password"`)) {
		return resp, nil
	}
	form := url.Values{"prove": {"yes"}, "prove.password": {p.password}, "then": {"/"}}
	proof, err := http.NewRequestWithContext(r.Context(), http.MethodPost, p.site+"/prove", strings.NewReader(form.Encode()))
	if err != nil {
		return nil, err
	}
	proof.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	proof.Header["Cookie"] = r.Header["Cookie"]
	proven, err := http.DefaultTransport.RoundTrip(proof)
	if err != nil {
		return nil, err
	}
	_ = proven.Body.Close()
	if proven.StatusCode != http.StatusSeeOther {
		return resp, nil
	}
	return http.DefaultTransport.RoundTrip(again())
}
