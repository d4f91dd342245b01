package app_test

import (
	"strings"
	"testing"

	"einklang/internal/account/user"
	"einklang/internal/govern/document"
	"einklang/internal/test/apptest"
)

// TestEveryDocumentIsAPDF: in both languages, with its version in the name.
func TestEveryDocumentIsAPDF(t *testing.T) {
	apptest.Each(t, func(t *testing.T, o *apptest.Office) {
		dpo := o.SignIn(t, user.DPO)
		for _, key := range document.Keys() {
			for _, lang := range []string{"de", "en"} {
				status, body := visit(t, o, dpo, "/desk/documents/"+key+"/pdf?lang="+lang)
				if status != 200 || !strings.HasPrefix(body, "%PDF-") || !strings.HasSuffix(strings.TrimSpace(body), "%%EOF") {
					t.Errorf("%s in %s: %d, %d bytes", key, lang, status, len(body))
				}
			}
		}
		if status, _ := visit(t, o, dpo, "/desk/documents/nothing/pdf"); status != 404 {
			t.Errorf("an unknown document: %d", status)
		}
		if status, _ := visit(t, o, o.SignIn(t, user.Agent), "/desk/documents/"+document.Keys()[0]+"/pdf"); status != 403 {
			t.Errorf("an agent: %d", status)
		}
	})
}
