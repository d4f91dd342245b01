package carddav_test

import (
	"net/http"
	"testing"

	"einklang/internal/account/audit"
	"einklang/internal/phones/device"
	"einklang/internal/test/apptest"
)

// However often a phone asks, and for how many cards: a sync stands in the log
// once for each state of the book, a person proposed once, a refusal never.
func TestAPhoneIsWrittenDown(t *testing.T) {
	apptest.Each(t, func(t *testing.T, o *apptest.Office) {
		acts := func() map[string]int {
			t.Helper()
			o.Audit.Settle()
			all, err := o.Audit.Read(t.Context(), o.DB, o.Org.ID, audit.Filter{Who: audit.Device, Limit: 100})
			if err != nil {
				t.Fatal(err)
			}
			n := map[string]int{}
			for _, e := range all {
				n[e.Act]++
			}
			return n
		}
		grant(t, o, meet(t, o, 0, 3)...)
		p := addPhone(t, o, func(d *device.Device) { d.Candidates = true })
		book := "/carddav/" + p.ID.String() + "/book/"
		sync := func() {
			t.Helper()
			body := `<?xml version="1.0"?><d:sync-collection xmlns:d="DAV:"><d:sync-token/><d:sync-level>1</d:sync-level><d:prop><d:getetag/></d:prop></d:sync-collection>`
			if status, text, _ := ask(t, o, p, "REPORT", book, body); status != http.StatusMultiStatus {
				t.Fatalf("a sync: %d\n%s", status, text)
			}
		}
		for range 3 {
			sync()
		}
		if got := acts(); got["book.synced"] != 1 {
			t.Errorf("three syncs of one book: %v", got)
		}
		grant(t, o, meet(t, o, 3, 4)...)
		sync()
		if got := acts(); got["book.synced"] != 2 {
			t.Errorf("the book has changed: %v", got)
		}
		if status, _, _ := ask(t, o, p, http.MethodGet, book+"nobody.vcf", ""); status != http.StatusNotFound {
			t.Errorf("a card that is not there: %d", status)
		}
		if status, _, _ := ask(t, o, p, http.MethodPut, book+"neu.vcf", "no card", "Content-Type", "text/vcard"); status < http.StatusBadRequest {
			t.Errorf("a bad card: %d", status)
		}
		if got := acts(); got["book.synced"] != 2 || got["device.proposed"] != 0 {
			t.Errorf("what was refused: %v", got)
		}
		if status, text, _ := ask(t, o, p, http.MethodPut, book+"neu.vcf", "BEGIN:VCARD\r\nVERSION:3.0\r\nFN:Max Mustermann\r\nTEL:+4917604069021\r\nEND:VCARD\r\n", "Content-Type", "text/vcard"); status != http.StatusCreated {
			t.Fatalf("a new card: %d %s", status, text)
		}
		if got := acts(); got["device.proposed"] != 1 {
			t.Errorf("a person proposed: %v", got)
		}
	})
}
