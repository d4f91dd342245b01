package intake_test

import (
	"slices"
	"testing"

	"einklang/internal/account/user"
	"einklang/internal/engine/store"
	"einklang/internal/messaging/intake"
	"einklang/internal/test/apptest"
)

// TestUnknownNewsOfTheAccountIsKept and shown to the admin; what is known, and
// asks for nothing, is not.
func TestUnknownNewsOfTheAccountIsKept(t *testing.T) {
	apptest.Each(t, func(t *testing.T, o *apptest.Office) {
		news := func(event string) {
			t.Helper()
			post(t, o, hook("account_update", map[string]any{"event": event, "country": "DE"}))
		}
		news("VOLUME_BASED_PRICING_TIER_UPDATE")
		news("ACCOUNT_MOVED_TO_MARS")
		kinds := must(o.Intake.Kinds(t.Context(), o.Org.ID))
		if len(kinds) != 1 || kinds[0].Name != "account_update ACCOUNT_MOVED_TO_MARS" || kinds[0].N != 1 {
			t.Fatalf("%+v", kinds)
		}
		shows(t, readPage(t, o, user.Admin, "/settings/webhooks"), "ACCOUNT_MOVED_TO_MARS")
		if again, left, err := o.Intake.Again(t.Context(), o.Org.ID, store.Alone{}); err != nil || again != 0 || left != 0 {
			t.Errorf("the same version reads it again: %d, %d, %v", again, left, err)
		}
		if !slices.ContainsFunc(must(o.Intake.Kinds(t.Context(), o.Org.ID)), func(k intake.Kind) bool { return k.N == 1 }) {
			t.Error("it is gone")
		}
	})
}

// TestAFileByItsAddressAlone is wanted, too.
func TestAFileByItsAddressAlone(t *testing.T) {
	apptest.Each(t, func(t *testing.T, o *apptest.Office) {
		post(t, o, hook("messages", map[string]any{"messages": []any{map[string]any{"from": "4915100020021", "id": "wamid.url", "timestamp": o.Clock.Now().Unix(), "type": "image",
			"image": map[string]any{"url": o.GraphURL + "/download/1", "mime_type": "image/jpeg"}}}}))
		if n := o.Count(t, "media", ""); n != 1 {
			t.Errorf("%d files are wanted", n)
		}
	})
}
