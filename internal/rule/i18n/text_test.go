package i18n

import (
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"
)

func catalogues(t *testing.T) (de, en *Catalogue) {
	t.Helper()
	de, en, err := Load()
	if err != nil {
		t.Fatal(err)
	}
	return de, en
}

func TestBothLanguagesSayTheSame(t *testing.T) {
	de, en := catalogues(t)
	hole := regexp.MustCompile(`\{\d\}`)
	for key, german := range de.texts {
		english, ok := en.texts[key]
		if !ok {
			t.Errorf("%s has no English text", key)
			continue
		}
		if len(hole.FindAllString(german, -1)) != len(hole.FindAllString(english, -1)) {
			t.Errorf("%s has other gaps in English", key)
		}
	}
	for key := range en.texts {
		if !de.Has(key) {
			t.Errorf("%s has no German text", key)
		}
	}
}

func TestEveryTextThatThePagesNameExists(t *testing.T) {
	de, _ := catalogues(t)
	named := regexp.MustCompile(`\bt "([a-z0-9_.A-Z]+)"|\.T\("([a-z0-9_.A-Z]+)"[,)]`)
	var files []string
	err := filepath.WalkDir("../../door/web", func(path string, d fs.DirEntry, err error) error {
		if ext := filepath.Ext(path); err == nil && !d.IsDir() && (ext == ".go" || ext == ".html") {
			files = append(files, path)
		}
		return err
	})
	if err != nil || len(files) < 10 {
		t.Fatal(files, err)
	}
	for _, file := range files {
		raw, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		for _, m := range named.FindAllStringSubmatch(string(raw), -1) {
			key := m[1] + m[2]
			if !de.Has(key) && !strings.HasSuffix(key, ".") {
				t.Errorf("%s names %s, which has no text", file, key)
			}
		}
	}
}

func TestTimes(t *testing.T) {
	de, en := catalogues(t)
	now := time.Date(2026, 11, 24, 12, 0, 0, 0, time.UTC)
	for _, c := range []struct{ got, want string }{
		{de.Day(now.Add(-13*time.Hour), now), "Heute"}, // 00:00 in Berlin
		{de.Day(now.Add(-14*time.Hour), now), "Gestern"},
		{de.Day(now.AddDate(0, 0, -3), now), "Samstag"},
		{de.Day(now.AddDate(0, -1, 0), now), "24.10.2026"},
		{en.Day(now.AddDate(0, -1, 0), now), "24 Oct 2026"},
		{de.Brief(now, now), "13:00"},
		{de.Left(17*time.Hour + 12*time.Minute), "17 h 12 min"},
		{de.Left(-time.Minute), "0 min"},
		{de.Size(1_500_000), "1,4 MB"},
		{en.Size(300), "300 B"},
		{de.N("queue.unread", 1), "1 ungelesene Nachricht"},
		{de.T("no.such.key"), "⟨no.such.key⟩"},
	} {
		if c.got != c.want {
			t.Errorf("got %q, want %q", c.got, c.want)
		}
	}
}
