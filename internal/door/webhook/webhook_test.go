package webhook

import (
	"context"
	"errors"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strconv"
	"strings"
	"testing"

	"einklang/internal/engine/cloudapi"
	"einklang/internal/engine/store"
	"einklang/internal/messaging/intake"
)

type taker struct {
	err   error
	app   string
	calls int
}

func (i *taker) Accept(_ context.Context, app string, _ []byte) error {
	i.app = app
	i.calls++
	return i.err
}

func door(in *taker) http.Handler {
	mux := http.NewServeMux()
	d := New([]App{{"one", "secret-1", "verify-1"}, {"two", "secret-2", "verify-2"}}, in, slog.New(slog.DiscardHandler))
	mux.Handle("/webhooks/whatsapp", d)
	mux.Handle("/webhooks/whatsapp/{app}", d)
	return mux
}

func TestTake(t *testing.T) {
	const body = `{"object":"whatsapp_business_account","entry":[]}`
	for _, c := range []struct {
		name, path, body, signature string
		err                         error
		want                        int
		app                         string
	}{
		{"signed by the first app", "", body, cloudapi.Sign("secret-1", []byte(body)), nil, 200, "one"},
		{"signed by the second app", "", body, cloudapi.Sign("secret-2", []byte(body)), nil, 200, "two"},
		{"the second app on its own path", "/two", body, cloudapi.Sign("secret-2", []byte(body)), nil, 200, "two"},
		{"the first app on the path of the second", "/two", body, cloudapi.Sign("secret-1", []byte(body)), nil, 401, ""},
		{"a path without an app", "/three", body, cloudapi.Sign("secret-1", []byte(body)), nil, 401, ""},
		{"no signature", "", body, "", nil, 401, ""},
		{"signature of another body", "", body, cloudapi.Sign("secret-1", []byte(body+" ")), nil, 401, ""},
		{"signature without its prefix", "", body, strings.TrimPrefix(cloudapi.Sign("secret-1", []byte(body)), "sha256="), nil, 401, ""},
		{"too large", "", strings.Repeat("x", 4<<20), "sha256=00", nil, 413, ""},
		{"unknown number", "", body, cloudapi.Sign("secret-1", []byte(body)), intake.ErrUnknownNumber, 404, "one"},
		{"not a webhook", "", body, cloudapi.Sign("secret-1", []byte(body)), intake.ErrMalformed, 400, "one"},
		{"database away", "", body, cloudapi.Sign("secret-1", []byte(body)), store.ErrUnavailable, 503, "one"},
		{"anything else", "", body, cloudapi.Sign("secret-1", []byte(body)), errors.New("oh"), 500, "one"},
	} {
		in := &taker{err: c.err}
		r := httptest.NewRequest(http.MethodPost, "/webhooks/whatsapp"+c.path, strings.NewReader(c.body))
		if c.signature != "" {
			r.Header.Set("X-Hub-Signature-256", c.signature)
		}
		w := httptest.NewRecorder()
		door(in).ServeHTTP(w, r)
		if w.Code != c.want || in.app != c.app {
			t.Errorf("%s: %d for app %q, want %d for %q", c.name, w.Code, in.app, c.want, c.app)
		}
		if w.Code >= 400 && !strings.Contains(w.Body.String(), `"message"`) {
			t.Errorf("%s: the answer does not say what is wrong: %s", c.name, w.Body)
		}
	}
}

func TestVerify(t *testing.T) {
	for query, want := range map[string]string{
		"hub.mode=subscribe&hub.verify_token=verify-2&hub.challenge=1158201444": "200 1158201444",
		"hub.mode=subscribe&hub.verify_token=wrong&hub.challenge=1":             "403",
		"hub.mode=subscribe&hub.challenge=1":                                    "403",
		"hub.verify_token=verify-1&hub.challenge=1":                             "403",
	} {
		w := httptest.NewRecorder()
		door(&taker{}).ServeHTTP(w, httptest.NewRequest(http.MethodGet, "/webhooks/whatsapp?"+query, nil))
		body, _ := io.ReadAll(w.Body)
		got := strconv.Itoa(w.Code)
		if w.Code == http.StatusOK {
			got += " " + string(body)
		}
		if got != want {
			t.Errorf("%s: %s, want %s", query, got, want)
		}
	}
}

func FuzzSignature(f *testing.F) {
	f.Add("sha256=00", []byte("{}"))
	f.Add(cloudapi.Sign("secret-1", []byte("{}")), []byte("{}"))
	f.Fuzz(func(t *testing.T, header string, body []byte) {
		if cloudapi.VerifySignature("secret-1", body, header) && !strings.EqualFold(header, cloudapi.Sign("secret-1", body)) {
			t.Fatalf("accepted %q", header)
		}
	})
}
