package app_test

import (
	"net/http"
	"strings"
	"testing"

	"einklang/internal/test/apptest"
)

// TestBillsInWhatsAppAreRefusedInPlainWords: payments exist elsewhere only, so
// nothing is passed on to be refused by Meta.
func TestBillsInWhatsAppAreRefusedInPlainWords(t *testing.T) {
	apptest.Each(t, func(t *testing.T, o *apptest.Office) {
		kim := o.Customer("Kim", "4915100080001")
		kim.Say(o.Number, "Guten Tag")
		o.Settle(t)
		for _, kind := range []string{"order_details", "order_status"} {
			var said struct{ Message, Detail string }
			status := o.REST(t, http.MethodPost, "/api/v1/messages", map[string]any{"to": "4915100080001", "type": "interactive",
				"interactive": map[string]any{"type": kind, "body": map[string]any{"text": "Ihre Bestellung"}, "action": map[string]any{"name": "review_and_pay"}}}, &said)
			if status != http.StatusUnprocessableEntity || !strings.Contains(said.Message+said.Detail, "Brazil and India") {
				t.Errorf("%s: %d %+v", kind, status, said)
			}
		}
	})
}
