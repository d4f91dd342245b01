package picture_test

import (
	"bytes"
	"compress/zlib"
	"context"
	"encoding/binary"
	"errors"
	"hash/crc32"
	"image"
	"image/color"
	"image/jpeg"
	"image/png"
	"io"
	"runtime"
	"strings"
	"testing"
	"time"

	"einklang/internal/engine/store"
	"einklang/internal/person/picture"
	"einklang/internal/rule/id"
	"einklang/internal/test/storetest"
	"einklang/internal/test/vaulttest"
)

// photo is a picture, red at the left and blue at the right, with green edges
// above and below.
func photo(t testing.TB, width, height int, encode func(*bytes.Buffer, image.Image) error) []byte {
	t.Helper()
	m := image.NewRGBA(image.Rect(0, 0, width, height))
	for y := range height {
		for x := range width {
			c := color.RGBA{R: 200, A: 255}
			if x >= width/2 {
				c = color.RGBA{B: 200, A: 255}
			}
			if y < height/8 || y >= height*7/8 {
				c = color.RGBA{G: 200, A: 255}
			}
			m.Set(x, y, c)
		}
	}
	var b bytes.Buffer
	if err := encode(&b, m); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func asPNG(b *bytes.Buffer, m image.Image) error  { return png.Encode(b, m) }
func asJPEG(b *bytes.Buffer, m image.Image) error { return jpeg.Encode(b, m, nil) }

func TestSmall(t *testing.T) {
	tall := photo(t, 400, 800, asJPEG)
	// What cameras note, in a segment of its own right after the beginning.
	noted := append(append([]byte{0xff, 0xd8, 0xff, 0xe1, 0x00, 0x12}, "Exif\x00\x00GPS 52.5200"...), tall[2:]...)
	small, err := picture.Small(noted)
	if err != nil {
		t.Fatal(err)
	}
	if bytes.Contains(small, []byte("GPS")) || bytes.Contains(small, []byte("Exif")) {
		t.Error("what the camera noted is still there")
	}
	m, err := jpeg.Decode(bytes.NewReader(small))
	if err != nil {
		t.Fatal(err)
	}
	if m.Bounds().Dx() != 256 || m.Bounds().Dy() != 256 {
		t.Errorf("it is %v", m.Bounds())
	}
	left, _, _, _ := m.At(40, 128).RGBA()
	_, _, right, _ := m.At(216, 128).RGBA()
	if _, green, _, _ := m.At(40, 2).RGBA(); left < 0x8000 || right < 0x8000 || green > 0x8000 {
		t.Error("it is not the middle of the picture")
	}
	tiny, err := picture.Small(photo(t, 20, 10, asPNG))
	if err != nil {
		t.Fatal(err)
	}
	if m, err := jpeg.Decode(bytes.NewReader(tiny)); err != nil || m.Bounds().Dx() != 10 {
		t.Errorf("a tiny picture: %v, %v", m, err)
	}
	for name, bad := range map[string][]byte{
		"nothing": nil, "text": []byte("kein Bild"), "a script": []byte(`<svg onload="alert(1)"/>`), "cut off": tall[:len(tall)/2],
		"too large":            []byte(strings.Repeat("x", picture.MaxFile+1)),
		"huge when it unfolds": {0x89, 'P', 'N', 'G', '\r', '\n', 0x1a, '\n', 0, 0, 0, 13, 'I', 'H', 'D', 'R', 0, 1, 0, 0, 0, 1, 0, 0, 8, 2, 0, 0, 0, 0x41, 0x8d, 0x2f, 0xbc},
	} {
		if _, err := picture.Small(bad); !errors.Is(err, picture.ErrPicture) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func FuzzSmall(f *testing.F) {
	f.Add(photo(f, 8, 8, asPNG))
	f.Add(photo(f, 8, 8, asJPEG))
	f.Fuzz(func(t *testing.T, raw []byte) {
		small, err := picture.Small(raw)
		if err == nil && len(small) == 0 {
			t.Error("neither a picture nor an error")
		}
	})
}

func TestAPictureFollowsThePerson(t *testing.T) {
	storetest.InTurn(t, func(t *testing.T, address func(testing.TB) string) {
		db := storetest.Open(t, address(t))
		v := vaulttest.Open(t, db)
		ids := id.System()
		org, erika, twin, mustermann := id.Org(ids.New()), id.Person(ids.New()), id.Person(ids.New()), id.Person(ids.New())
		var told []id.Person
		desk := picture.New(v, time.Now, func(_ context.Context, _ store.Tx, _ id.Org, people ...id.Person) error {
			told = append(told, people...)
			return nil
		})
		write := func(do func(ctx context.Context, tx store.Tx) error) {
			t.Helper()
			if err := db.Write(t.Context(), do); err != nil {
				t.Fatal(err)
			}
		}
		write(func(ctx context.Context, tx store.Tx) error {
			if err := v.CreateOrg(ctx, tx, org); err != nil {
				return err
			}
			keys, err := v.Org(ctx, tx, org)
			if err != nil {
				return err
			}
			if _, err := keys.NewKeyrings(ctx, tx, erika, twin, mustermann); err != nil {
				return err
			}
			return desk.Set(ctx, tx, org, twin, []byte("ein Bild"))
		})
		has := func(person id.Person, want string) {
			t.Helper()
			got, err := desk.Get(t.Context(), db, org, person)
			if string(got) != want || (want == "") != errors.Is(err, picture.ErrNone) {
				t.Errorf("%q, %v; want %q", got, err, want)
			}
		}
		has(twin, "ein Bild")
		has(erika, "")
		merge := func(from, into id.Person) {
			t.Helper()
			write(func(ctx context.Context, tx store.Tx) error {
				keys, err := v.Org(ctx, tx, org)
				if err != nil {
					return err
				}
				return errors.Join(keys.Adopt(ctx, tx, from, into), desk.Merge(ctx, tx, org, from, into)) // as people are merged
			})
		}
		merge(twin, erika)
		has(erika, "ein Bild")
		has(twin, "")
		write(func(ctx context.Context, tx store.Tx) error { return desk.Set(ctx, tx, org, mustermann, []byte("Max")) })
		merge(mustermann, erika)
		has(erika, "ein Bild") // hers stays
		told = nil
		write(func(ctx context.Context, tx store.Tx) error { return desk.Remove(ctx, tx, org, erika) })
		has(erika, "")
		if len(told) != 1 || told[0] != erika {
			t.Errorf("told of %v", told)
		}
	})
}

// wide is a PNG of 16 bits a colour, all black: a small file that unfolds to
// eight bytes for each pixel.
func wide(t *testing.T, side int) []byte {
	t.Helper()
	var out bytes.Buffer
	out.WriteString("\x89PNG\r\n\x1a\n")
	chunk := func(kind string, data []byte) {
		_ = binary.Write(&out, binary.BigEndian, uint32(len(data))) //nolint:gosec // of a test
		sum := crc32.NewIEEE()
		_, _ = io.MultiWriter(&out, sum).Write(append([]byte(kind), data...))
		_ = binary.Write(&out, binary.BigEndian, sum.Sum32())
	}
	head := binary.BigEndian.AppendUint32(binary.BigEndian.AppendUint32(nil, uint32(side)), uint32(side)) //nolint:gosec // of a test
	chunk("IHDR", append(head, 16, 6, 0, 0, 0))
	var packed bytes.Buffer
	z := zlib.NewWriter(&packed)
	row := make([]byte, 1+8*side)
	for range side {
		_, _ = z.Write(row)
	}
	_ = z.Close()
	chunk("IDAT", packed.Bytes())
	chunk("IEND", nil)
	return out.Bytes()
}

// A small file that would unfold to hundreds of megabytes is refused before it
// does.
func TestAHugePictureIsNotUnfolded(t *testing.T) {
	if _, err := picture.Small(wide(t, 64)); err != nil {
		t.Fatalf("a small one is refused: %v", err)
	}
	huge := wide(t, 7168)
	if len(huge) > picture.MaxFile {
		t.Fatalf("the file is large itself: %d", len(huge))
	}
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	_, err := picture.Small(huge)
	runtime.ReadMemStats(&after)
	if used := after.TotalAlloc - before.TotalAlloc; !errors.Is(err, picture.ErrPicture) || used > 10<<20 {
		t.Errorf("it took %d bytes of memory: %v", used, err)
	}
}

// Only one picture is unfolded at a time; who waits can go.
func TestPicturesTakeTurns(t *testing.T) {
	desk := picture.New(nil, nil, nil)
	ended, cancel := context.WithCancel(t.Context())
	cancel()
	for range 50 { // with a turn to be had, either may win
		if _, err := desk.Small(ended, photo(t, 20, 10, asPNG)); err != nil && !errors.Is(err, context.Canceled) {
			t.Fatal(err)
		}
	}
	if small, err := desk.Small(t.Context(), photo(t, 20, 10, asPNG)); err != nil || len(small) == 0 {
		t.Errorf("its turn did not come: %v", err)
	}
}
