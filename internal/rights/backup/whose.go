package backup

import (
	"bytes"
	"cmp"
	"context"
	"crypto/ed25519"
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"slices"
)

// keys finds, before anything is changed, the newest key file that the
// installation has made, and the markers of erasures that it has put there.
func (l *Loaded) keys(ctx context.Context, from From) error {
	names, err := from.Target.List(ctx, keyFolder)
	if err != nil {
		return err
	}
	if len(names) == 0 {
		return fmt.Errorf("%w: the key file is missing, without it nothing can be read", ErrNone)
	}
	slices.Sort(names)
	var first error
	for _, name := range slices.Backward(names) {
		by, err := from.whose(ctx, name)
		if notOurs(err) {
			l.NotObeyed = append(l.NotObeyed, name)
			first = cmp.Or(first, err)
			continue
		}
		if err != nil {
			return err
		}
		own, others, err := from.told(ctx, by)
		l.by = by
		l.Keys, l.Markers, l.NotObeyed = name, markers(own), append(l.NotObeyed, others...)
		return err
	}
	return first
}

// notOurs reports whether a file is another's, or as good as that.
func notOurs(err error) bool {
	return errors.Is(err, ErrForeign) || errors.Is(err, ErrUnsigned) || errors.Is(err, errDamaged) || errors.Is(err, errLocked)
}

// check refuses a file that is not what its name says, or not from where the
// caller expects it. That the whole file is signed by whom its head names shows
// at its end.
func (f From) check(name string, h Head) error {
	switch {
	case len(h.Installation) == 0 && !f.Unchecked:
		return ErrUnsigned
	case len(h.Installation) == 0:
		return nil
	case h.Part+"/"+h.Name+suffix != name:
		return fmt.Errorf("%w (it is %s/%s under another name)", errDamaged, h.Part, h.Name)
	case len(f.Installations) > 0 && !slices.Contains(f.Installations, fingerprint(h.Installation)):
		return ErrForeign
	}
	return nil
}

// whose looks, before anything is changed, who made a file.
func (f From) whose(ctx context.Context, name string) (ed25519.PublicKey, error) {
	if len(f.Installations) == 0 && !f.Unchecked {
		return nil, ErrWhose
	}
	enough := errors.New("only the head is needed")
	var by ed25519.PublicKey
	_, err := open(ctx, f, name, reading{head: func(h Head) error {
		by = h.Installation
		return enough
	}})
	if !errors.Is(err, enough) {
		if err == nil {
			err = errDamaged
		}
		return nil, fmt.Errorf("%s: %w", name, err)
	}
	return by, nil
}

// told parts the markers of a place into those that the installation has put
// there, and the names of those it has not: they are reported, and nobody is
// erased for them. Without a check all count.
func (f From) told(ctx context.Context, by ed25519.PublicKey) (own, others []string, err error) {
	names, err := f.Target.List(ctx, erasedFolder)
	if err != nil {
		return nil, nil, err
	}
	for _, name := range names {
		ours := f.Unchecked
		if !ours {
			if ours, err = vouched(ctx, f.Target, name, by); err != nil {
				return nil, nil, err
			}
		}
		if ours {
			own = append(own, name)
		} else {
			others = append(others, name)
		}
	}
	return own, others, nil
}

// markerMost bounds what is read of a marker.
const markerMost = 1 << 10

func vouched(ctx context.Context, in Target, name string, by ed25519.PublicKey) (bool, error) {
	file, err := in.Open(ctx, name)
	if err != nil {
		return false, err
	}
	text, err := io.ReadAll(io.LimitReader(file, markerMost))
	if err = errors.Join(err, file.Close()); err != nil {
		return false, fmt.Errorf("read a marker of an erasure: %w", err)
	}
	_, signature, _ := bytes.Cut(text, []byte("\n"))
	raw, err := base64.StdEncoding.DecodeString(string(bytes.TrimSpace(signature)))
	return err == nil && signed(by, forMarker, []byte(name), raw), nil
}
