package app_test

import (
	"bytes"
	"mime/multipart"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"einklang/internal/account/user"
	"einklang/internal/test/apptest"
)

const agreedText = "Betriebsvereinbarung über Auswertungen"

// enterAgreement enters an agreement with its document.
func enterAgreement(t *testing.T, o *apptest.Office, browser *http.Client) (int, string) {
	t.Helper()
	var form bytes.Buffer
	w := multipart.NewWriter(&form)
	for field, value := range map[string]string{"reference": "Betriebsvereinbarung 7/2026", "since": "2026-11-01"} {
		if err := w.WriteField(field, value); err != nil {
			t.Fatal(err)
		}
	}
	file, err := w.CreateFormFile("document", "vereinbarung.txt")
	if err == nil {
		_, err = file.Write([]byte(agreedText))
	}
	if err != nil || w.Close() != nil {
		t.Fatal("the form cannot be made")
	}
	r, err := http.NewRequestWithContext(t.Context(), http.MethodPost, o.URL+"/reports/agreement", &form)
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("Content-Type", w.FormDataContentType())
	return answerOf(t, browser, r)
}

// grantAgreement lets a second person grant what waits.
func grantAgreement(t *testing.T, o *apptest.Office, second *http.Client) {
	t.Helper()
	_, page := visit(t, o, second, "/desk/approvals")
	if status, page := submit(t, o, second, grants.FindString(page), url.Values{"do": {"grant"}}); status != http.StatusOK {
		t.Fatalf("the grant: %d\n%s", status, page)
	}
}

// agreeOnFigures lets one person enter an agreement on figures about few members
// of staff, another one confirm it, and the first let it hold.
func agreeOnFigures(t *testing.T, o *apptest.Office, first, second *http.Client) {
	t.Helper()
	if status, page := enterAgreement(t, o, first); status != http.StatusOK || !strings.Contains(page, "Sie gilt noch nicht") {
		t.Fatalf("entering an agreement: %d\n%s", status, page)
	}
	grantAgreement(t, o, second)
	if status, page := submit(t, o, first, "/reports/agreement", url.Values{"do": {"begin"}}); status != http.StatusOK || !strings.Contains(page, "Vereinbart:") {
		t.Fatalf("letting it hold: %d\n%s", status, page)
	}
}

// What shows figures about single members of staff is never the word of one
// person: it is a filed document that a second one has confirmed, one of the two
// being the data protection officer.
func TestS26AnAgreementNeedsItsDocumentAndASecondPerson(t *testing.T) {
	apptest.Each(t, func(t *testing.T, o *apptest.Office) {
		admin, other, dpo := o.SignIn(t, user.Admin), o.SignIn(t, user.Admin), o.SignIn(t, user.DPO)
		typed := url.Values{"reference": {"Betriebsvereinbarung 7/2026"}, "since": {"2026-11-01"}}
		if status, page := submit(t, o, admin, "/reports/agreement", typed); status != http.StatusUnprocessableEntity || !strings.Contains(page, "als Datei") {
			t.Errorf("without a document: %d", status)
		}
		begin := func(who *http.Client) int {
			status, _ := submit(t, o, who, "/reports/agreement", url.Values{"do": {"begin"}})
			return status
		}
		if status, _ := enterAgreement(t, o, admin); status != http.StatusOK {
			t.Fatal(status)
		}
		if status := begin(admin); status != http.StatusConflict {
			t.Errorf("one person alone: %d", status)
		}
		grantAgreement(t, o, other)
		if status := begin(admin); status != http.StatusConflict {
			t.Errorf("two of the administration, without the data protection officer: %d", status)
		}
		if status := begin(dpo); status != http.StatusConflict {
			t.Errorf("somebody who has not entered it: %d", status)
		}
		if status, body := visit(t, o, dpo, "/reports/agreement"); status != http.StatusOK || body != agreedText {
			t.Errorf("the filed agreement: %d %q", status, body)
		}
		if status, _ := visit(t, o, o.SignIn(t, user.Lead), "/reports/agreement"); status != http.StatusForbidden {
			t.Errorf("a lead reads the agreement: %d", status)
		}
		agreeOnFigures(t, o, admin, dpo)
		if status, page := submit(t, o, admin, "/reports/agreement", url.Values{"do": {"end"}}); status != http.StatusOK || !strings.Contains(page, "Vereinbarung eintragen") || strings.Contains(page, "Vereinbart:") {
			t.Errorf("ending it: %d\n%s", status, page)
		}
	})
}
