package chats_test

import (
	_ "embed"
	"strings"
	"testing"

	"einklang/internal/importing/chats"
)

//go:embed testdata/thin-space.txt
var thin string

// TestSpacesInExportedChats: phones write the time with spaces of many widths, and
// marks that cannot be seen.
func TestSpacesInExportedChats(t *testing.T) {
	each(t, func(t *testing.T, d desk) {
		for _, c := range []struct{ name, raw string }{
			{"a thin space", thin},
			{"a narrow one that does not break", strings.ReplaceAll(thin, "\u2009", "\u202f")},
			{"one that does not break", strings.ReplaceAll(thin, "\u2009", "\u00a0")},
			{"the space of figures", strings.ReplaceAll(thin, "\u2009", "\u2007")},
			{"a mark of direction before each line", "\u200e" + strings.ReplaceAll(thin, "\n[", "\n\u200e[")},
			{"lines as Windows ends them", strings.ReplaceAll(thin, "\n", "\r\n")},
		} {
			if counts := d.run(c.raw, func(p *chats.Plan) { p.Them, p.Us, p.Phone = "Kim Kunde", "", kim }); counts[chats.CountRead] != 2 || counts[chats.CountAdded]+counts[chats.CountKnown] != 2 {
				t.Errorf("%s: %v", c.name, counts)
			}
		}
		if _, all, words := d.thread(d.person(kim)); len(all) != 2 || !strings.Contains(words, "Hallo") || !strings.Contains(words, "noch da?") {
			t.Errorf("%d messages:\n%s", len(all), words)
		}
	})
}
