// Package picture keeps pictures of people, which staff add for those whom they
// should recognise. A picture is cut to a square, made small, and written anew,
// so that nothing stays of what the camera noted (place, time, device). It is
// sealed under the person's key and ends with it.
package picture

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"image"
	"image/color"
	"image/jpeg"
	_ "image/png" // read, not written
	"time"

	"einklang/internal/engine/store"
	"einklang/internal/engine/vault"
	"einklang/internal/rule/id"
)

const (
	// MaxFile is how large a picture may be that is taken in, in bytes.
	MaxFile = 10 << 20
	side    = 256 // of the square that is kept, in pixels
	quality = 82

	// unfoldMost is how much memory a picture may need while it is read, in
	// bytes: 40 megapixels of a camera, 16 of a picture with 16 bits a colour.
	unfoldMost = 128 << 20
)

// The errors that a caller branches on.
var (
	ErrPicture = errors.New("this is not a picture that can be used: choose a JPEG or PNG of at most 10 MB")
	ErrNone    = errors.New("there is no picture of this person")
)

// Changed is told, in the same transaction, that something about people has
// changed.
type Changed func(ctx context.Context, tx store.Tx, org id.Org, people ...id.Person) error

// Album keeps pictures.
type Album struct {
	vault   *vault.Vault
	now     func() time.Time
	changed Changed

	unfolding chan struct{}
}

// New makes an Album.
func New(v *vault.Vault, now func() time.Time, changed Changed) *Album {
	return &Album{vault: v, now: now, changed: changed, unfolding: make(chan struct{}, 1)}
}

const sealContext = "portrait"

// unfolded is how many bytes a picture needs while it is read.
func unfolded(raw []byte) (int64, error) {
	size, format, err := image.DecodeConfig(bytes.NewReader(raw))
	if err != nil || size.Width < 1 || size.Height < 1 || size.Width > 1<<16 || size.Height > 1<<16 {
		return 0, ErrPicture
	}
	each := int64(4)
	switch size.ColorModel {
	case color.RGBA64Model, color.NRGBA64Model:
		each = 8
	case color.YCbCrModel:
		each = 3
	}
	// A progressive JPEG is kept whole as coefficients, 4 bytes for each of
	// three colours, beside the picture (ITU-T T.81, marker SOF2).
	if format == "jpeg" && bytes.Contains(raw, []byte{0xff, 0xc2}) {
		each += 12
	}
	return int64(size.Width) * int64(size.Height) * each, nil
}

// Small is [Small], for one picture at a time, since each may need much memory.
// It waits for its turn until ctx ends.
func (d *Album) Small(ctx context.Context, raw []byte) ([]byte, error) {
	select {
	case d.unfolding <- struct{}{}:
		defer func() { <-d.unfolding }()
		return Small(raw)
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}

// Small reads a picture and makes it what is kept: a square JPEG.
func Small(raw []byte) ([]byte, error) {
	if len(raw) > MaxFile {
		return nil, ErrPicture
	}
	// A small file can unfold to a huge picture.
	if n, err := unfolded(raw); err != nil || n > unfoldMost {
		return nil, ErrPicture
	}
	decoded, _, err := image.Decode(bytes.NewReader(raw))
	whole, fits := decoded.(image.RGBA64Image)
	if err != nil || !fits {
		return nil, ErrPicture
	}
	b := whole.Bounds()
	edge := min(b.Dx(), b.Dy())
	middle := image.Rect(0, 0, edge, edge).Add(b.Min).Add(image.Pt((b.Dx()-edge)/2, (b.Dy()-edge)/2))
	var out bytes.Buffer
	if err := jpeg.Encode(&out, shrink(whole, middle, min(side, edge)), &jpeg.Options{Quality: quality}); err != nil {
		return nil, err
	}
	return out.Bytes(), nil
}

// shrink makes a square of a picture smaller: each point is the mean of those in
// its place.
func shrink(whole image.RGBA64Image, from image.Rectangle, size int) *image.RGBA {
	small := image.NewRGBA(image.Rect(0, 0, size, size))
	edge := from.Dx()
	for row := range size {
		for column := range size {
			var r, g, b, a, n uint64
			for y := row * edge / size; y < (row+1)*edge/size; y++ {
				for x := column * edge / size; x < (column+1)*edge/size; x++ {
					c := whole.RGBA64At(from.Min.X+x, from.Min.Y+y)
					r, g, b, a, n = r+uint64(c.R), g+uint64(c.G), b+uint64(c.B), a+uint64(c.A), n+1
				}
			}
			small.SetRGBA64(column, row, color.RGBA64{R: uint16(r / n), G: uint16(g / n), B: uint16(b / n), A: uint16(a / n)}) //nolint:gosec // means of 16 bits
		}
	}
	return small
}

// Set keeps a picture of a person, in the place of an earlier one.
func (d *Album) Set(ctx context.Context, tx store.Tx, org id.Org, person id.Person, small []byte) error {
	ring, err := d.ring(ctx, tx, org, person)
	if err != nil {
		return err
	}
	if _, err := tx.Exec(ctx, `INSERT INTO portrait (org_id, contact_id, sealed, at) VALUES (?, ?, ?, ?)
		ON CONFLICT (org_id, contact_id) DO UPDATE SET sealed = excluded.sealed, at = excluded.at`,
		org, person, ring.Seal(sealContext, person, small), store.Micros(d.now())); err != nil {
		return fmt.Errorf("keep a picture: %w", err)
	}
	return d.changed(ctx, tx, org, person)
}

// Remove deletes the picture of a person.
func (d *Album) Remove(ctx context.Context, tx store.Tx, org id.Org, person id.Person) error {
	n, err := tx.Exec(ctx, "DELETE FROM portrait WHERE org_id = ? AND contact_id = ?", org, person)
	if err != nil || n == 0 {
		return err
	}
	return d.changed(ctx, tx, org, person)
}

const query = "SELECT contact_id, sealed FROM portrait WHERE org_id = ? AND contact_id IN (?)"

// Of reads the pictures of people, as JPEG; those without one are left out.
func (d *Album) Of(ctx context.Context, r store.Reader, org id.Org, people []id.Person) (map[id.Person][]byte, error) {
	all, err := vault.OpenMany(ctx, r, d.vault, org, sealContext, query, people)
	if err != nil {
		return nil, fmt.Errorf("open a picture: %w", err)
	}
	return all, nil
}

// Get reads the picture of one person; ErrNone if there is none.
func (d *Album) Get(ctx context.Context, r store.Reader, org id.Org, person id.Person) ([]byte, error) {
	all, err := d.Of(ctx, r, org, []id.Person{person})
	if err == nil && all[person] == nil {
		err = ErrNone
	}
	return all[person], err
}

// Merge gives the picture of a person to the one she turned out to be, unless
// she has one.
func (d *Album) Merge(ctx context.Context, tx store.Tx, org id.Org, from, into id.Person) error {
	all, err := vault.OpenMerged(ctx, tx, d.vault, org, sealContext, query, from, into)
	if err != nil {
		return fmt.Errorf("merge pictures: %w", err)
	}
	if all[from] != nil && all[into] == nil {
		if err := d.Set(ctx, tx, org, into, all[from]); err != nil {
			return err
		}
	}
	_, _, err = d.Erase(ctx, tx, org, from)
	return err
}

// Erase deletes her picture.
func (d *Album) Erase(ctx context.Context, tx store.Tx, org id.Org, person id.Person) (int64, bool, error) {
	_, err := tx.Exec(ctx, "DELETE FROM portrait WHERE org_id = ? AND contact_id = ?", org, person)
	return 0, false, err
}

func (d *Album) ring(ctx context.Context, r store.Reader, org id.Org, person id.Person) (*vault.Keyring, error) {
	keys, err := d.vault.Org(ctx, r, org)
	if err != nil {
		return nil, err
	}
	return keys.Keyring(ctx, r, person)
}
