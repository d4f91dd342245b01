package sandbox_test

import (
	"encoding/json"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"einklang/internal/engine/cloudapi"
)

// control makes a call of the control interface.
func (x *table) control(t *testing.T, method, path, body string, into any) int {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), method, x.url+"/sandbox/"+path, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	return exchange(t, r, into)
}

func TestControl(t *testing.T) {
	x := lay(t)
	var made struct {
		ID     string `json:"id"`
		UserID string `json:"user_id"`
	}
	if status := x.control(t, http.MethodPost, "customers", `{"name":"Otto","phone":"+49 176 04069004"}`, &made); status != http.StatusCreated || made.UserID == "" {
		t.Fatal(status, made)
	}
	for _, id := range []string{made.ID, made.UserID, "4917604069004"} {
		var sent struct {
			ID string `json:"id"`
		}
		if status := x.control(t, http.MethodPost, "customers/"+id+"/messages", `{"type":"text","text":{"body":"Guten Tag"}}`, &sent); status != http.StatusCreated {
			t.Error(status)
		}
		if m := x.company.message(t); m.ID != sent.ID || m.From != "4917604069004" {
			t.Errorf("%+v", m)
		}
	}
	if _, err := x.api.Send(t.Context(), cloudapi.Outgoing{To: "4917604069004", Content: text("Guten Tag")}); err != nil {
		t.Fatal(err)
	}
	x.company.statuses(t, 2)
	var chat struct {
		Items []struct {
			Business bool   `json:"business"`
			Status   string `json:"status"`
		} `json:"items"`
	}
	x.control(t, http.MethodGet, "customers/"+made.ID+"/messages?number=100", "", &chat)
	if n := len(chat.Items); n != 4 || !chat.Items[3].Business || chat.Items[3].Status != "delivered" {
		t.Errorf("%+v", chat)
	}
	if status := x.control(t, http.MethodPost, "customers/"+made.ID+"/read", `{}`, nil); status != http.StatusOK {
		t.Error(status)
	}
	if s := x.company.status(t); s.Status != "read" {
		t.Error(s.Status)
	}
	x.control(t, http.MethodPost, "customers/"+made.ID+"/marketing", `{"value":"stop"}`, nil)
	if p, ok := x.company.next(t).(*cloudapi.UserPreference); !ok || p.Value != "stop" {
		t.Errorf("%+v", p)
	}
	x.control(t, http.MethodPost, "customers/"+made.ID+"/number", `{"phone":"+49 176 04069005"}`, nil)
	if m := x.company.message(t); m.Content.System == nil || m.Content.System.WaID != "4917604069005" {
		t.Errorf("%+v", m)
	}
	x.control(t, http.MethodPost, "customers/lieschen/show", `{"phone":"4917604069003"}`, nil)
	x.lieschen.Say(x.number, "Guten Tag")
	if m := x.company.message(t); m.From != "4917604069003" {
		t.Errorf("%+v", m)
	}
	x.control(t, http.MethodPost, "customers/"+made.ID+"/block", `{"blocked":true}`, nil)
	var accepted struct {
		Items []struct {
			Seq int `json:"seq"`
		} `json:"items"`
		Total int `json:"total"`
	}
	x.control(t, http.MethodGet, "messages?number=100&after=0&limit=5", "", &accepted)
	if len(accepted.Items) != 1 || accepted.Total != 1 {
		t.Errorf("%+v", accepted)
	}
	var state struct {
		Customers []map[string]json.RawMessage `json:"customers"`
		Accepted  int                          `json:"accepted"`
	}
	x.control(t, http.MethodGet, "state", "", &state)
	if len(state.Customers) != 3 || state.Accepted != 1 || !strings.Contains(string(state.Customers[2]["chat_100"]), `"blocked":true`) {
		t.Errorf("%s", state.Customers)
	}
}

func TestControlOfFaults(t *testing.T) {
	x := lay(t)
	if status := x.control(t, http.MethodPost, "faults", `{"kind":"error","code":131016,"probability":0.5}`, nil); status != http.StatusCreated {
		t.Error(status)
	}
	var on []map[string]any
	x.control(t, http.MethodGet, "faults", "", &on)
	if len(on) != 1 || on[0]["code"] != 131016.0 {
		t.Errorf("%v", on)
	}
	x.control(t, http.MethodDelete, "faults", "", nil)
	x.control(t, http.MethodGet, "faults", "", &on)
	if len(on) != 0 {
		t.Errorf("%v", on)
	}
}

func TestControlSaysWhatIsWrong(t *testing.T) {
	x := lay(t)
	for _, c := range []struct {
		method, path, body string
		status             int
		says               string
	}{
		{"POST", "customers", `{`, 400, "JSON"},
		{"POST", "customers", `{}`, 400, "name is missing"},
		{"POST", "customers/nobody/messages", `{"type":"text","text":{"body":"x"}}`, 404, "no such customer"},
		{"POST", "customers/erika/messages", `{"number":"999","type":"text","text":{"body":"x"}}`, 404, "no such number"},
		{"POST", "customers/erika/messages", `{"type":"text"}`, 400, "content is missing"},
		{"POST", "customers/erika/messages", `{"type":"revoke","revoke":{"original_message_id":"x"}}`, 400, "does not fit"},
		{"POST", "faults", `{"kind":"flood"}`, 400, "use one of error, fail"},
		{"POST", "faults", `{"kind":"error","code":5}`, 400, "code 5"},
		{"POST", "files", `{}`, 400, "mime_type, base64"},
		{"POST", "files", `{"mime_type":"image/png","base64":"?"}`, 400, "mime_type, base64"},
	} {
		var answer struct {
			Error struct {
				Message string `json:"message"`
			} `json:"error"`
		}
		if status := x.control(t, c.method, c.path, c.body, &answer); status != c.status || !strings.Contains(answer.Error.Message, c.says) {
			t.Errorf("%s %s %s: %d %q", c.method, c.path, c.body, status, answer.Error.Message)
		}
	}
}

func TestEventsTellThePage(t *testing.T) {
	x := lay(t)
	r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, x.url+"/sandbox/events", nil)
	if err != nil {
		t.Fatal(err)
	}
	resp, err := http.DefaultClient.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = resp.Body.Close() }()
	line := make([]byte, len("data: changed\n\n"))
	for range 2 { // once at the beginning, once for the message
		if _, err := io.ReadFull(resp.Body, line); err != nil || string(line) != "data: changed\n\n" {
			t.Fatalf("%q, %v", line, err)
		}
		x.erika.Say(x.number, "Guten Tag")
	}
}

// TestThePage: it comes with a strict policy, and so do the files of customers.
func TestThePage(t *testing.T) {
	x := lay(t)
	var file struct {
		ID string `json:"id"`
	}
	x.control(t, http.MethodPost, "files", `{"mime_type":"text/html","base64":"PGgxPg=="}`, &file)
	for path, policy := range map[string]string{"/": "default-src 'none'; script-src 'self'", "/app.js": "default-src 'none'", "/voice.ogg": "default-src 'none'", "/sandbox/files/" + file.ID: "sandbox"} {
		resp, err := http.Get(x.url + path)
		if err != nil {
			t.Fatal(err)
		}
		if got := resp.Header.Get("Content-Security-Policy"); resp.StatusCode != http.StatusOK || !strings.HasPrefix(got, policy) || resp.Header.Get("X-Content-Type-Options") != "nosniff" {
			t.Errorf("%s: %d, %q", path, resp.StatusCode, got)
		}
		_ = resp.Body.Close()
	}
	for _, path := range []string{"/nothing", "/nothing.js", "/sandbox/files/1"} {
		resp, err := http.Get(x.url + path)
		if err != nil {
			t.Fatal(err)
		}
		if resp.StatusCode != http.StatusNotFound {
			t.Errorf("%s: %d", path, resp.StatusCode)
		}
		_ = resp.Body.Close()
	}
}

var (
	namedByKey  = regexp.MustCompile(`\bt\("([A-Za-z.]+)"`)
	namedInPage = regexp.MustCompile(`data-(?:text|label)="([A-Za-z]+)"`)
)

// TestTextsOfThePage: both languages have the same keys, and the ones that the
// page names.
func TestTextsOfThePage(t *testing.T) {
	texts := map[string]map[string]string{}
	for _, language := range []string{"de", "en"} {
		raw, err := os.ReadFile("static/" + language + ".json")
		if err != nil {
			t.Fatal(err)
		}
		into := map[string]string{}
		if err := json.Unmarshal(raw, &into); err != nil {
			t.Fatal(err)
		}
		texts[language] = into
	}
	for key := range texts["de"] {
		if texts["en"][key] == "" {
			t.Errorf("en lacks %s", key)
		}
	}
	if len(texts["de"]) != len(texts["en"]) {
		t.Errorf("%d and %d texts", len(texts["de"]), len(texts["en"]))
	}
	files, err := filepath.Glob("static/*.js")
	if err != nil {
		t.Fatal(err)
	}
	for _, file := range append(files, "static/index.html") {
		raw, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		for _, named := range append(namedByKey.FindAllStringSubmatch(string(raw), -1), namedInPage.FindAllStringSubmatch(string(raw), -1)...) {
			if key := named[1]; !strings.HasSuffix(key, ".") && texts["de"][key] == "" {
				t.Errorf("%s names the text %s, which is not there", file, key)
			}
		}
	}
}
