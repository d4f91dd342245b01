package pii

import (
	"bytes"
	"encoding/json"
	"fmt"
	"log/slog"
	"strings"
	"testing"
)

func TestNothingWritesItByAccident(t *testing.T) {
	const canary = "canary-4711"
	holder := struct{ Name String }{New(canary)}

	var out bytes.Buffer
	for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q", "%x", "%d"} {
		fmt.Fprintf(&out, verb, holder)
		fmt.Fprintf(&out, verb, holder.Name)
		fmt.Fprintf(&out, verb, &holder)
	}
	slog.New(slog.NewJSONHandler(&out, nil)).Info("seen", "name", holder.Name, "holder", holder)
	slog.New(slog.NewTextHandler(&out, nil)).Info("seen", "name", holder.Name, "holder", holder)
	encoded, err := json.Marshal(map[String]any{holder.Name: holder})
	if err != nil {
		t.Fatal(err)
	}
	out.Write(encoded)

	if strings.Contains(out.String(), canary) || strings.Contains(out.String(), fmt.Sprintf("%x", canary)) {
		t.Fatalf("written in clear: %s", out.String())
	}
	if holder.Name.Reveal() != canary {
		t.Fatal("Reveal does not return the text")
	}
}
