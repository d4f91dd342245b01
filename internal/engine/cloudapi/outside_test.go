package cloudapi_test

import (
	"slices"
	"testing"

	"einklang/internal/engine/cloudapi"
)

func TestWhereCallsToMetaMayGo(t *testing.T) {
	meta := []string{"https://graph.facebook.com", "lookaside.fbsbx.com", "*.whatsapp.net"}
	for address, c := range map[string]struct {
		allowed []string // nil: the address is refused
		standIn string
	}{
		"":                               {meta, ""},
		"https://graph.facebook.com":     {meta, ""},
		"http://127.0.0.1:9090":          {[]string{"http://127.0.0.1:9090"}, "http://127.0.0.1:9090"},
		"https://graph.example/v1":       {[]string{"https://graph.example"}, "https://graph.example/v1"},
		"graph.facebook.com":             {nil, "graph.facebook.com"},
		"https://graph.facebook.com:x/y": {nil, "https://graph.facebook.com:x/y"},
	} {
		d, err := cloudapi.Outside(address)
		if (err != nil) != (c.allowed == nil) || !slices.Equal(d.Allow, c.allowed) {
			t.Errorf("%q: %v, %v", address, d.Allow, err)
		}
		if got := cloudapi.StandIn(address); got != c.standIn {
			t.Errorf("what stands for Meta at %q is %q", address, got)
		}
	}
}
