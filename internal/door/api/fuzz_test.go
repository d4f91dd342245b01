package api

import (
	"encoding/json"
	"os"
	"path/filepath"
	"reflect"
	"testing"

	"github.com/danielgtaylor/huma/v2"

	"einklang/internal/engine/cloudapi"
)

// FuzzSendBody: what the interface's description takes can be read, and a
// message that WhatsApp takes is the same after it was stored.
func FuzzSendBody(f *testing.F) {
	files, err := filepath.Glob("../../engine/cloudapi/testdata/send/*.json")
	if err != nil || len(files) == 0 {
		f.Fatal(len(files), err)
	}
	for _, file := range files {
		raw, err := os.ReadFile(file)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(raw)
	}
	f.Add([]byte(`{"to":"1","type":"location","location":{"latitude":"52.5","longitude":"1e9"}}`))
	f.Add([]byte(`{"to":"1","type":"template","template":{"name":"x","language":{"code":"de","policy":"deterministic"},"components":[{"type":"button","sub_type":"url","index":"007","parameters":[{"type":"text","text":"a"}]}]}}`))
	registry := huma.NewMapRegistry("#/components/schemas/", huma.DefaultSchemaNamer)
	describe(registry)
	schema := registry.Schema(reflect.TypeFor[MessageRequest](), true, "")
	f.Fuzz(func(t *testing.T, raw []byte) {
		var body any
		if json.Unmarshal(raw, &body) != nil {
			return
		}
		result := &huma.ValidateResult{}
		huma.Validate(registry, schema, huma.NewPathBuffer([]byte("body"), 4), huma.ModeWriteToServer, body, result)
		if len(result.Errors) > 0 {
			return
		}
		var m MessageRequest
		if err := json.Unmarshal(raw, &m); err != nil {
			t.Fatalf("the description takes what cannot be read: %v", err)
		}
		c := m.content()
		if cloudapi.Validate(c) != nil {
			return
		}
		stored, err := json.Marshal(c)
		if err != nil {
			t.Fatal(err)
		}
		var again cloudapi.Content
		if err := json.Unmarshal(stored, &again); err != nil {
			t.Fatal(err)
		}
		if once, err := json.Marshal(again); err != nil || string(once) != string(stored) || cloudapi.Validate(again) != nil {
			t.Errorf("stored as %s, read as %s %v", stored, once, err)
		}
	})
}
