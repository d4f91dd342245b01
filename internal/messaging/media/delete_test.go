package media

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"image"
	"image/png"
	"strings"
	"testing"
	"time"

	"einklang/internal/engine/cloudapi"
	"einklang/internal/engine/store"
	"einklang/internal/rule/id"
	"einklang/internal/rule/period"
)

func TestWhichFilesMayBeSent(t *testing.T) {
	for _, c := range []struct {
		mime, kind string
		most       int64
	}{
		{"image/jpeg", cloudapi.TypeImage, 5 << 20},
		{"image/webp", cloudapi.TypeSticker, 500 << 10},
		{"audio/ogg; codecs=opus", cloudapi.TypeAudio, 16 << 20},
		{"video/mp4", cloudapi.TypeVideo, 16 << 20},
		{"application/pdf", cloudapi.TypeDocument, 100 << 20},
		{"image/svg+xml", "", 0},
		{"text/html", "", 0},
		{"", "", 0},
	} {
		kind, most, err := Limit(c.mime)
		if kind != c.kind || most != c.most || (err != nil) != (c.kind == "") || err != nil && !errors.Is(err, ErrKind) {
			t.Errorf("%q: %s up to %d bytes, %v; want %s up to %d", c.mime, kind, most, err, c.kind, c.most)
		}
	}
}

func TestOurOwnFiles(t *testing.T) {
	each(t, func(t *testing.T, o *office) {
		who, _ := o.person(t)
		save := func(mime string, content []byte) (*File, error) {
			return o.Save(t.Context(), o.org, who, o.number, "Bild", mime, bytes.NewReader(content))
		}
		var picture bytes.Buffer
		if err := png.Encode(&picture, image.NewGray(image.Rect(0, 0, 40, 30))); err != nil {
			t.Fatal(err)
		}
		f, err := save("image/png", picture.Bytes())
		if err != nil {
			t.Fatal(err)
		}
		if f, err = o.Get(t.Context(), o.org, f.ID); err != nil || f.Width != 40 || f.Height != 30 || !bytes.Equal(read(t, f), picture.Bytes()) {
			t.Errorf("a picture came back as %dx%d, %v", f.Width, f.Height, err)
		}
		for _, c := range []struct {
			name, mime string
			size       int
			want       error
		}{
			{"as large as may be", "image/webp", 500 << 10, nil},
			{"a byte larger", "image/webp", 500<<10 + 1, ErrTooLarge},
			{"of a kind that WhatsApp does not take", "text/html", 3, ErrKind},
		} {
			if _, err := save(c.mime, make([]byte, c.size)); !errors.Is(err, c.want) {
				t.Errorf("%s: %v, want %v", c.name, err, c.want)
			}
		}
		var chunks int64
		if err := o.db.QueryRow(t.Context(), "SELECT COUNT(*) FROM media_chunk c WHERE org_id = ? AND NOT EXISTS (SELECT 1 FROM media m WHERE m.org_id = c.org_id AND m.id = c.media_id)", o.org).Scan(&chunks); err != nil || chunks != 0 {
			t.Errorf("%d chunks of refused files are left, %v", chunks, err)
		}
	})
}

func TestWhichFilesRetentionDeletes(t *testing.T) {
	each(t, func(t *testing.T, o *office) {
		for _, c := range []struct {
			name              string
			letter, held, dry bool
			age               time.Duration
			counted           int64
			state             string
		}{
			{name: "old", age: 2 * time.Hour, counted: 1, state: "gone"},
			{name: "young", age: 30 * time.Minute, state: "held"},
			{name: "of a letter", letter: true, age: 2 * time.Hour, state: "held"},
			{name: "of somebody whom a hold keeps", held: true, age: 2 * time.Hour, state: "held"},
			{name: "only counted", dry: true, age: 2 * time.Hour, counted: 1, state: "held"},
		} {
			o := open(t, o.db, o.vault)
			who, ring := o.person(t)
			m := o.want(t, who, ring, []byte("Bild"), gives)
			o.round(t)
			o.now = o.now.Add(c.age)
			kept := func(_ context.Context, _ store.Reader, _ id.Org, messages []id.Message, _ map[id.ID]bool) (map[id.Message]bool, error) {
				return map[id.Message]bool{m: c.letter}, nil
			}
			o.StayWith(kept)
			counts := map[string]int64{}
			o.write(t, func(ctx context.Context, tx store.Tx) (err error) {
				_, err = o.ExpireClasses(ctx, tx, o.org, period.Orders{Before: map[string]time.Time{period.Media: o.now.Add(-time.Hour)}, Held: map[id.ID]bool{id.ID(who): c.held}, Dry: c.dry}, id.Cursor{}, counts)
				return err
			})
			n := counts[period.Media]
			if state, _, chunks, _ := o.row(t, m); n != c.counted || state != c.state || (chunks == 0) != (state == "gone") {
				t.Errorf("%s: %d counted, the file is %s in %d chunks; want %d, %s", c.name, n, state, chunks, c.counted, c.state)
			}
		}
	})
}

// Bites go on until nothing of a person is left; nobody else loses a file, and
// no organisation reaches another's.
func TestErasureOfFiles(t *testing.T) {
	each(t, func(t *testing.T, o *office) {
		who, ring := o.person(t)
		other, otherRing := o.person(t)
		for range eraseFiles + 3 {
			o.want(t, who, ring, []byte("Bild"), gives)
		}
		large := o.want(t, who, ring, bytes.Repeat([]byte("x"), 3*chunkSize), gives)
		stays := o.want(t, other, otherRing, []byte("bleibt"), gives)
		o.round(t)

		stranger := open(t, o.db, o.vault)
		if _, err := stranger.OfMessage(t.Context(), stranger.org, stays); !errors.Is(err, ErrNotFound) {
			t.Errorf("another organisation finds the file: %v", err)
		}
		stranger.write(t, func(ctx context.Context, tx store.Tx) error {
			_, _, err := stranger.Erase(ctx, tx, stranger.org, other)
			return errors.Join(err, stranger.Revoke(ctx, tx, stranger.org, stays), stranger.DeleteOf(ctx, tx, stranger.org, []id.Message{stays}), stranger.Merge(ctx, tx, stranger.org, other, who))
		})

		if n, err := o.CountFor(t.Context(), o.db, o.org, []id.Message{large, stays}); err != nil || n != 2 {
			t.Errorf("%d files are counted, %v", n, err)
		}
		var n int64
		for more, bites := true, 0; more; bites++ {
			if bites > 9 {
				t.Fatal("the erasure does not end")
			}
			o.write(t, func(ctx context.Context, tx store.Tx) error {
				some, left, err := o.Erase(ctx, tx, o.org, who)
				n, more = n+some, left
				return err
			})
		}
		if left, err := o.CountOf(t.Context(), o.db, o.org, who); n != eraseFiles+4 || left != 0 || err != nil {
			t.Errorf("%d files were erased and %d are left, %v", n, left, err)
		}
		if string(read(t, o.file(t, stays))) != "bleibt" {
			t.Error("another person lost her file")
		}
		o.write(t, func(ctx context.Context, tx store.Tx) error { return o.DeleteOf(ctx, tx, o.org, []id.Message{stays}) })
		var chunks int64
		if err := o.db.QueryRow(t.Context(), "SELECT COUNT(*) FROM media_chunk WHERE org_id = ?", o.org).Scan(&chunks); err != nil || chunks != 0 {
			t.Errorf("%d chunks are left, %v", chunks, err)
		}
	})
}

// Nothing of a file lies in clear in the database.
func TestFilesAreSealed(t *testing.T) {
	each(t, func(t *testing.T, o *office) {
		who, ring := o.person(t)
		m := o.want(t, who, ring, []byte("ein geheimes Bild"), gives)
		o.round(t)
		var detail, chunk []byte
		if err := o.db.QueryRow(t.Context(), "SELECT m.detail, c.sealed FROM media m JOIN media_chunk c ON c.org_id = m.org_id AND c.media_id = m.id WHERE m.org_id = ?", o.org).Scan(&detail, &chunk); err != nil {
			t.Fatal(err)
		}
		if stored := fmt.Sprintf("%s %s", detail, chunk); strings.Contains(stored, "Bild") || strings.Contains(stored, m.String()) {
			t.Error("a file's name or content is readable")
		}
		o.write(t, func(ctx context.Context, tx store.Tx) error {
			keys, err := o.vault.Org(ctx, tx, o.org)
			if err != nil {
				return err
			}
			_, err = keys.Destroy(ctx, tx, who)
			return err
		})
		if f := o.file(t, m); f.State != "gone" || f.Filename != "" {
			t.Errorf("without the person's key a file is %s, %q", f.State, f.Filename)
		}
	})
}
