package app_test

import (
	"errors"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"einklang/internal/account/user"
	"einklang/internal/app"
	"einklang/internal/app/house"
	"einklang/internal/engine/store"
	"einklang/internal/phones/device"
	"einklang/internal/rights/backup"
	"einklang/internal/rule/cockpit"
	"einklang/internal/test/apptest"
	"einklang/internal/test/storetest"
)

// After a restore without the journal nothing is sent and no book is given out,
// until somebody has looked.
func TestWithoutTheJournalARestoreWaitsForSomebodyToLook(t *testing.T) {
	storetest.EachURL(t, func(t *testing.T, at string) {
		o, from := backedUp(t, at)
		erika := o.Customer("Erika Mustermann", "4917604069001")
		erika.Say(o.Number, "Guten Tag")
		o.Settle(t)
		phone, password, err := o.Devices.Add(t.Context(), o.DB, device.Device{Org: o.Org.ID, Product: device.Business, Platform: device.Android,
			Management: device.Supervised, Names: true, Detail: device.Detail{Name: "Außendienst 1", Owner: "Erika Beispiel"}})
		if err != nil {
			t.Fatal(err)
		}
		if _, err := house.TakeBackup(t.Context(), &o.Engine, false); err != nil {
			t.Fatal(err)
		}
		if err := errors.Join(o.Copier().Copy(t.Context()), os.RemoveAll(filepath.Join(o.Config.Backup.Folder, "journal"))); err != nil {
			t.Fatal(err)
		}
		c := o.Config
		c.Data, c.Database = t.TempDir(), ""
		l, err := house.Restore(t.Context(), c, from, backup.Load)
		if err != nil || !l.Journal.Until.IsZero() {
			t.Fatal(l.Journal.Until, err)
		}
		o.End(t)

		r := *o
		if r.App, err = app.Open(t.Context(), c); err != nil {
			t.Fatal(err)
		}
		defer apptest.Run(r.App)(t)
		handler, err := r.Handler()
		if err != nil {
			t.Fatal(err)
		}
		server := httptest.NewServer(handler)
		defer server.Close()
		r.URL = server.URL
		r.Sandbox.SetWebhookURL(r.URL + "/webhooks/whatsapp")
		book := func() int {
			t.Helper()
			q, err := http.NewRequestWithContext(t.Context(), "PROPFIND", r.URL+"/carddav/"+phone.ID.String()+"/book/", strings.NewReader(""))
			if err != nil {
				t.Fatal(err)
			}
			q.SetBasicAuth(phone.Login, password)
			answer, err := http.DefaultClient.Do(q)
			if err != nil {
				t.Fatal(err)
			}
			_ = answer.Body.Close()
			return answer.StatusCode
		}
		sent := func() (n int) {
			for _, m := range erika.Messages(r.Number) {
				if m.Business {
					n++
				}
			}
			return n
		}
		was := sent()
		erika.Say(r.Number, "Noch etwas")
		r.Until(t, "the webhook has arrived", r.Sandbox.Idle)
		if status := r.REST(t, http.MethodPost, "/api/v1/messages", map[string]any{"contact_id": r.Person(t, erika).ID.String(), "type": "text", "text": map[string]any{"body": "Antwort"}}, nil); status != http.StatusAccepted {
			t.Fatal("sending: ", status)
		}
		time.Sleep(1500 * time.Millisecond) // in which a lane looks at its queue
		if n := sent(); n != was {
			t.Errorf("%d messages went out although nobody has looked", n-was)
		}
		if status := book(); status != http.StatusServiceUnavailable {
			t.Errorf("the book: %d", status)
		}
		f, err := r.Cockpit.Facts(t.Context(), r.Org.ID)
		if err != nil {
			t.Fatal(err)
		}
		all := cockpit.Judge(f)
		if m := all[slices.IndexFunc(all, func(m cockpit.Measure) bool { return m.ID == "S14" })]; m.Finding != "restored_unseen" || m.Page != "/desk/restore" {
			t.Errorf("the cockpit: %+v", m)
		}
		admin := r.SignIn(t, user.Admin)
		if status, page := visit(t, &r, admin, "/desk/restore"); status != http.StatusOK || !strings.Contains(page, l.Name) || !strings.Contains(page, `action="/desk/restore"`) {
			t.Errorf("the page: %d %s", status, page)
		}
		old := func(days int) bool { // the backup was so old
			t.Helper()
			r.Write(t, func(tx store.Tx) error {
				_, err := tx.Exec(t.Context(), "UPDATE restore_hold SET made_at = held_at - ?", int64(days)*24*time.Hour.Microseconds())
				return err
			})
			_, page := visit(t, &r, admin, "/desk/restore")
			return strings.Contains(page, "Tage alt. WhatsApp bringt höchstens sieben Tage")
		}
		if old(7) || !old(8) {
			t.Errorf("what is lost is said of 7 days: %t, of 8: %t", old(7), old(8))
		}
		if status, page := submit(t, &r, admin, "/desk/restore", url.Values{}); status != http.StatusOK || strings.Contains(page, `action="/desk/restore"`) {
			t.Errorf("released: %d %s", status, page)
		}
		r.Until(t, "it is sent", func() bool { return sent() == was+2 }) // with the notice
		if status := book(); status != http.StatusMultiStatus {
			t.Errorf("the book after it: %d", status)
		}
		if n := r.Count(t, "audit", "act = 'restore.released'"); n != 1 {
			t.Errorf("%d entries say that somebody let it go on", n)
		}
	})
}
