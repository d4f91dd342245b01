package cloudapi_test

import (
	"testing"

	"einklang/internal/engine/cloudapi"
)

// BenchmarkParseWebhook reads the webhooks that come most often. How fast that
// is decides over the intake: each is read once before its 200.
func BenchmarkParseWebhook(b *testing.B) {
	for _, name := range []string{"text", "status_delivered_paid", "image", "several_entries"} {
		body := read(b, "testdata/webhooks/"+name+".json")
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			b.SetBytes(int64(len(body)))
			for b.Loop() {
				if n, err := cloudapi.ParseWebhook(body); err != nil || len(n.Events) == 0 {
					b.Fatal(n, err)
				}
			}
		})
	}
}
