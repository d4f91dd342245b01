package cloudapi_test

import (
	"io"
	"net/http"
	"net/http/httptest"
	"testing"

	"einklang/internal/engine/cloudapi"
)

// meta is a server that notes calls and gives prepared answers.
type meta struct {
	url     string
	client  *cloudapi.Client
	answers []prepared
	calls   []call
}

type prepared struct {
	status int
	body   string
}

type call struct {
	line, token, kind string
	body              []byte
	request           *http.Request
}

func newMeta(t *testing.T) *meta {
	t.Helper()
	m := &meta{}
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(r.Body)
		if err != nil {
			t.Error(err)
		}
		line := r.Method + " " + r.URL.EscapedPath()
		if r.URL.RawQuery != "" {
			line += "?" + r.URL.RawQuery
		}
		m.calls = append(m.calls, call{line, r.Header.Get("Authorization"), r.Header.Get("Content-Type"), body, r})
		if len(m.answers) == 0 {
			t.Errorf("no answer is prepared for %s", line)
			return
		}
		a := m.answers[0]
		m.answers = m.answers[1:]
		if a.status == http.StatusTemporaryRedirect {
			w.Header().Set("Location", a.body)
		}
		w.WriteHeader(a.status)
		_, _ = io.WriteString(w, a.body)
	}))
	t.Cleanup(server.Close)
	m.url, m.client = server.URL, cloudapi.New(server.Client(), server.URL+"/", "v25.0")
	return m
}

// answer prepares the answers to the next calls.
func (m *meta) answer(bodies ...string) {
	for _, b := range bodies {
		m.answers = append(m.answers, prepared{http.StatusOK, b})
	}
}

func (m *meta) fail(status int, body string) { m.answers = append(m.answers, prepared{status, body}) }

func (m *meta) number() cloudapi.Number { return m.client.Number("100", "secret") }

func (m *meta) account() cloudapi.Account { return m.client.Account("200", "secret") }

// only is the one call that was made.
func (m *meta) only(t *testing.T) call {
	t.Helper()
	if len(m.calls) != 1 {
		t.Fatalf("%d calls", len(m.calls))
	}
	return m.calls[0]
}
