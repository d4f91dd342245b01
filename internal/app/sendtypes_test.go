package app_test

import (
	"bytes"
	"encoding/json"
	"net/http"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"

	"einklang/internal/test/apptest"
	"einklang/internal/test/storetest"
	"einklang/sandbox"
)

const documented = "../engine/cloudapi/testdata/"

// stocked opens an office whose account has the templates of the documented
// bodies, and a customer who has just written.
func stocked(t *testing.T, url string) (*apptest.Office, *sandbox.Phone) {
	t.Helper()
	o := apptest.Open(t, url)
	raw, err := os.ReadFile(documented + "templates.json")
	if err != nil {
		t.Fatal(err)
	}
	var all map[string]struct {
		Category   string
		Components json.RawMessage
	}
	if err := json.Unmarshal(raw, &all); err != nil {
		t.Fatal(err)
	}
	for name, one := range all {
		o.Sandbox.AddTemplate(apptest.WABA, sandbox.Template{Name: name, Language: "de", Category: one.Category, Components: one.Components})
	}
	o.Sandbox.AddTemplate(apptest.WABA, sandbox.Template{Name: "hello_world", Language: "en_US", Category: "UTILITY", Components: []byte(`[{"type":"BODY","text":"Hello"}]`)})
	o.Sandbox.AddTemplate(apptest.WABA, sandbox.Template{Name: "willkommen", Language: "en_US", Category: "UTILITY", ParameterFormat: "NAMED", Components: []byte(`[{"type":"BODY","text":"Dear {{first_name}}!"}]`)})
	if err := o.Sync.All(t.Context()); err != nil {
		t.Fatal(err)
	}
	erika := o.Customer("Erika Mustermann", "4917604069001")
	erika.Say(o.Number, "Guten Tag")
	o.Settle(t)
	return o, erika
}

// filesOf puts an upload in the place of every file that a body names by an id.
func filesOf(o *apptest.Office, value any) {
	kinds := map[string]string{"image": "image/png", "video": "video/mp4", "gif": "video/mp4", "audio": "audio/ogg; codecs=opus", "document": "application/pdf", "sticker": "image/webp"}
	switch v := value.(type) {
	case []any:
		for _, one := range v {
			filesOf(o, one)
		}
	case map[string]any:
		for name, one := range v {
			if file, is := one.(map[string]any); is && kinds[name] != "" && file["id"] != nil {
				file["id"] = o.Sandbox.AddFile(kinds[name], []byte("x"))
			}
			filesOf(o, one)
		}
	}
}

// The bodies that Meta documents go through the interface for programs, the
// gate and the queue, and arrive as they were written.
func TestWhatMetaDocumentsGoesOut(t *testing.T) {
	files, err := filepath.Glob(documented + "send/*.json")
	if err != nil || len(files) < 45 {
		t.Fatal(len(files), err)
	}
	storetest.EachURL(t, func(t *testing.T, url string) {
		o, erika := stocked(t, url)
		message := erika.Messages(o.Number)[0].ID
		for _, file := range files {
			name := strings.TrimSuffix(filepath.Base(file), ".json")
			if slices.Contains([]string{"text_to_bsuid", "request_contact"}, name) {
				continue // to somebody without a number
			}
			raw, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			raw = bytes.ReplaceAll(raw, []byte("wamid.HBgNNDkxNzYwNDA2OTAwMRUCABIYFDNBM0Y"), []byte(message))
			var body map[string]any
			if err := json.Unmarshal(raw, &body); err != nil {
				t.Fatal(err)
			}
			delete(body, "biz_opaque_callback_data") // it is ours
			if answered, is := body["context"].(map[string]any); is {
				answered["message_id"] = message
			}
			if r, is := body["reaction"].(map[string]any); is {
				r["message_id"] = message
			}
			filesOf(o, body)
			var answer json.RawMessage
			if status := o.REST(t, http.MethodPost, "/api/v1/messages", body, &answer); status != http.StatusAccepted {
				t.Errorf("%s: %d %s", name, status, answer)
				continue
			}
			o.Settle(t)
			kind, _ := body["type"].(string)
			sent := o.Sandbox.Accepted("", 0, 1000)
			last := sent[len(sent)-1]
			var got any
			if err := json.Unmarshal(last.Content, &got); err != nil || last.Type != kind || !reflect.DeepEqual(got, body[kind]) {
				t.Errorf("%s: went out as %s %s", name, last.Type, last.Content)
			}
		}
		if n := o.Count(t, "message", "state = ?", "failed"); n != 0 {
			t.Errorf("%d messages were refused by Meta", n)
		}
	})
}
