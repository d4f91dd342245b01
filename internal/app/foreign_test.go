package app_test

import (
	"bytes"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"einklang/internal/account/user"
	"einklang/internal/rule/cockpit"
	"einklang/internal/test/apptest"
)

// Messages that other software sends over our number are told, on the number and
// in the cockpit. What staff write in the app, what was read of long ago, and our
// own are not.
func TestWhatOthersSendOverOurNumberIsTold(t *testing.T) {
	const hers = "4917604069001"
	apptest.Each(t, func(t *testing.T, o *apptest.Office) {
		o.Customer("Erika Mustermann", hers).Say(o.Number, "Guten Tag")
		o.Settle(t)
		if status := o.REST(t, http.MethodPost, "/api/v1/messages", map[string]any{"to": hers, "type": "text", "text": map[string]any{"body": "Antwort"}}, nil); status != http.StatusAccepted {
			t.Fatal(status)
		}
		o.Settle(t)
		now := o.Clock.Now()
		echo := apptest.Webhook(map[string]any{"message_echoes": []any{map[string]any{"to": hers, "id": "wamid.app", "timestamp": fmt.Sprint(now.Unix()), "type": "text", "text": map[string]any{"body": "Bis gleich"}}}})
		for _, body := range [][]byte{
			apptest.Status("wamid.app", hers, "delivered", "", now),
			bytes.Replace(echo, []byte(`"field":"messages"`), []byte(`"field":"smb_message_echoes"`), 1),
			apptest.Status("wamid.old", hers, "read", "", now),
			apptest.Status("wamid.erased", hers, "delivered", o.IDs.New().String(), now),
		} {
			if status := o.Post(t, body); status != http.StatusOK {
				t.Fatal(status)
			}
		}
		admin := o.SignIn(t, user.Admin)
		told := func(want bool) {
			t.Helper()
			_, page := visit(t, o, admin, "/settings/numbers")
			if on, state := strings.Contains(page, `id="foreign"`), claims(t, o, admin)["S3"]; on != want || (state == cockpit.Red) != want {
				t.Errorf("told %t, S3 is %s; want %t", on, state, want)
			}
		}
		o.Clock.Advance(11 * time.Minute)
		told(false)
		o.Post(t, apptest.Status("wamid.theirs", hers, "sent", "order 4711", o.Clock.Now()))
		told(false) // its echo may still come
		o.Clock.Advance(11 * time.Minute)
		told(true)
	})
}
