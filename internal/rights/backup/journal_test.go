package backup

import (
	"io"
	"slices"
	"testing"
	"time"
)

// What was decided before the oldest backup stands in it, so the journal of that
// time goes; the rest stays as long as a backup may need it.
func TestTheJournalGoesWithTheBackupsThatNeedIt(t *testing.T) {
	to := Folder(t.TempDir())
	const before, since = "journal/20261119T120000.000000Z.age", "journal/20261121T120000.000000Z.age"
	for _, name := range []string{"data/20261120T120000Z.age", "keys/20261120T120000Z.age", before, since, seenFile} {
		if err := to.Put(t.Context(), name, func(w io.Writer) error { _, err := io.WriteString(w, "x"); return err }); err != nil {
			t.Fatal(err)
		}
	}
	if err := Expire(t.Context(), to, DefaultRetention, time.Date(2026, 11, 22, 0, 0, 0, 0, time.UTC)); err != nil {
		t.Fatal(err)
	}
	left, err := to.List(t.Context(), journalFolder)
	if err != nil || slices.Contains(left, before) || !slices.Contains(left, since) || !slices.Contains(left, seenFile) {
		t.Errorf("left: %v, %v", left, err)
	}
}
