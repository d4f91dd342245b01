package media

import (
	"context"
	"testing"

	"einklang/internal/engine/cloudapi"
	"einklang/internal/engine/store"
	"einklang/internal/person/chat"
	"einklang/internal/rule/id"
)

// TestAFileOfWhichOnlyTheAddressIsTold is fetched from there (Cloud API: url beside
// id, since 2026).
func TestAFileOfWhichOnlyTheAddressIsTold(t *testing.T) {
	each(t, func(t *testing.T, o *office) {
		who, ring := o.person(t)
		message := id.Message(o.ids.New())
		o.meta.mu.Lock()
		o.meta.files["by-address"] = []byte("\x89PNG the picture")
		o.meta.mu.Unlock()
		o.write(t, func(ctx context.Context, tx store.Tx) error {
			return o.Want(ctx, tx, o.org, chat.Wanted{Message: message, Contact: who, Channel: o.number, Keys: ring,
				Media: cloudapi.Media{URL: "https://meta.example/download/by-address", MimeType: "image/png"}})
		})
		o.round(t)
		if f := o.file(t, message); f.State != "held" || f.MimeType != "image/png" {
			t.Errorf("it is %s, of type %s", f.State, f.MimeType)
		}
	})
}
