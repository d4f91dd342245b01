package app_test

import (
	"encoding/json"
	"net/http"
	"strings"
	"testing"

	"einklang/internal/test/apptest"
	"einklang/internal/test/storetest"
)

// What is wrong with a request is said by the place, never by repeating what stood
// there: answers stand in the logs of programs.
func TestARefusalNeverRepeatsTheRequest(t *testing.T) {
	o := apptest.Open(t, storetest.SQLite(t))
	const canary = "Kanarienvogel"
	var spec struct{ Paths map[string]map[string]any }
	if status := o.REST(t, http.MethodGet, "/api/v1/openapi.json", nil, &spec); status != http.StatusOK || len(spec.Paths) < 10 {
		t.Fatal(status)
	}
	refused := 0
	for path, operations := range spec.Paths {
		for method := range operations {
			method = strings.ToUpper(method)
			at := strings.NewReplacer("{id}", canary, "{name}", canary).Replace(path)
			for _, body := range []any{
				nil, canary, []any{canary}, map[string]any{canary: canary}, map[string]any{"to": canary, "type": canary, "text": canary, "template": canary, "contact_id": canary, "reply_to": canary, "phone": []any{canary},
					"recipient": map[string]any{canary: canary}, "name": map[string]any{"x": canary}, "at": canary, "items": canary, "purpose": canary, "email": canary, "locale": canary, "reason": canary},
				map[string]any{"to": canary, "type": "text", "text": map[string]any{"body": 7, canary: canary}},
			} {
				if method == http.MethodGet {
					at, body = at+"?limit="+canary+"&after="+canary+"&contact="+canary+"&since="+canary+"&channel="+canary, nil
				}
				var answer json.RawMessage
				if status := o.REST(t, method, at, body, &answer); status >= http.StatusBadRequest {
					refused++
				}
				if strings.Contains(string(answer), canary) {
					t.Errorf("%s %s with %v repeats it: %s", method, path, body, answer)
				}
				if method == http.MethodGet {
					break
				}
			}
		}
	}
	if refused < 50 {
		t.Errorf("only %d requests were refused", refused)
	}
}
