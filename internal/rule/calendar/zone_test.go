package calendar

import (
	"bytes"
	"compress/gzip"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

func TestTheBinaryKnowsTheZonesOfTheToolchain(t *testing.T) {
	root, err := exec.CommandContext(t.Context(), "go", "env", "GOROOT").Output()
	if err != nil {
		t.Fatal(err)
	}
	want, err := os.ReadFile(filepath.Join(strings.TrimSpace(string(root)), "lib", "time", "zoneinfo.zip"))
	if err != nil {
		t.Fatal(err)
	}
	r, err := gzip.NewReader(bytes.NewReader(zoneinfo))
	if err != nil {
		t.Fatal(err)
	}
	if got, err := io.ReadAll(r); err != nil || !bytes.Equal(got, want) {
		t.Fatalf("the zones in the binary are not those of the toolchain (%v): run go generate ./internal/rule/calendar", err)
	}
}

func TestZonesWithoutTheSystems(t *testing.T) {
	rules, err := ownRules("Europe/Berlin")
	if err != nil {
		t.Fatal(err)
	}
	berlin, err := time.LoadLocationFromTZData("Europe/Berlin", rules)
	if err != nil {
		t.Fatal(err)
	}
	for at, want := range map[time.Time]int{time.Date(2026, 1, 1, 12, 0, 0, 0, time.UTC): 3600, time.Date(2026, 7, 1, 12, 0, 0, 0, time.UTC): 7200} {
		if _, offset := at.In(berlin).Zone(); offset != want {
			t.Errorf("at %v Berlin is %d s before UTC, want %d", at, offset, want)
		}
	}
	for _, name := range []string{"Europe/Nirgends", "../../../etc/passwd", "Europe"} {
		if zone, err := Zone(name); err == nil {
			t.Errorf("%q is the zone %v", name, zone)
		}
	}
}
