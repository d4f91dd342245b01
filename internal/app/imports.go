package app

import (
	"context"
	"errors"
	"io"
	"time"

	"einklang/internal/engine/store"
	"einklang/internal/importing/lists"
	"einklang/internal/messaging/media"
	"einklang/internal/person/chat"
	"einklang/internal/person/contact"
	"einklang/internal/rights/erasure"
	"einklang/internal/rule/id"
)

// mergeImports moves what imports keep about a person.
func (a *App) mergeImports(ctx context.Context, tx store.Tx, org, from, into id.ID) error {
	return errors.Join(a.Imports.Merge(ctx, tx, org, from, into), a.Chats.Merge(ctx, tx, org, from, into))
}

// eraseImports deletes what imports keep about a person.
func (a *App) eraseImports(ctx context.Context, tx store.Tx, org, person id.ID) error {
	return errors.Join(a.Imports.Erase(ctx, tx, org, person), a.Chats.Erase(ctx, tx, org, person))
}

// chatPeople is the book of people as an import of a chat sees it.
type chatPeople struct{ *contact.Book }

func (p chatPeople) Person(ctx context.Context, tx store.Tx, org id.ID, phone, name string) (*chat.Known, error) {
	all, err := p.Resolve(ctx, tx, org, []contact.Sighting{{Phone: phone, Offered: name}})
	if err != nil {
		return nil, err
	}
	return all[0], nil
}

// chatFiles is the shelf as an import of a chat sees it.
type chatFiles struct{ *media.Shelf }

func (f chatFiles) Keep(ctx context.Context, org, person, channel id.ID, name, mimeType string, r io.Reader) (id.ID, error) {
	kept, err := f.Save(ctx, org, person, channel, name, mimeType, r)
	if errors.Is(err, media.ErrKind) || errors.Is(err, media.ErrTooLarge) {
		return id.ID{}, nil
	}
	if err != nil {
		return id.ID{}, err
	}
	return kept.ID, nil
}

// forgetImports drops files that nobody went on with.
func (a *App) forgetImports(ctx context.Context, tx store.Tx, org id.ID, now time.Time) error {
	before := now.Add(-lists.FileLife)
	if err := errors.Join(a.Imports.Forget(ctx, tx, org, before), a.Chats.Forget(ctx, tx, org, before)); err != nil {
		return err
	}
	return a.Box.Forget(ctx, tx, org, before)
}

// tombstones tell an import who was erased.
type tombstones struct{ a *App }

func (t tombstones) Erased(ctx context.Context, r store.Reader, org id.ID, kind, value string) (bool, error) {
	h, err := t.a.People.Handle(ctx, r, org, kind, value)
	if err != nil {
		return false, err
	}
	return erasure.Buried(ctx, r, org, erasure.Handle(h))
}

// Follow lets the tombstone of a person follow her to her new identities.
func (t tombstones) Follow(ctx context.Context, tx store.Tx, org id.ID, hers []contact.Handle) (bool, error) {
	handles := make([]erasure.Handle, len(hers))
	for i, h := range hers {
		handles[i] = erasure.Handle(h)
	}
	return erasure.Follow(ctx, tx, org, handles)
}

// removal takes people out of the book whom an import had brought by mistake.
type removal struct{ a *App }

func (x removal) Untouched(ctx context.Context, r store.Reader, org, person id.ID, consents int64) (bool, error) {
	for _, p := range x.a.Erasure.Places {
		if p.Count == nil {
			continue
		}
		n, err := p.Count(ctx, r, org, person)
		if p.Name == "consents" {
			n -= consents
		}
		if err != nil || n != 0 {
			return false, err
		}
	}
	told, err := x.a.Notices.Delivered(ctx, r, org, person)
	if err != nil || !told.Notice.IsZero() {
		return false, err
	}
	k, err := x.a.People.Get(ctx, r, org, person)
	if err != nil {
		return false, err
	}
	// She has written, or somebody has decided something about her.
	return k.Profile.BSUID == "" && k.Flags == (chat.Flags{}), nil
}

func (x removal) Remove(ctx context.Context, tx store.Tx, org, person id.ID) error {
	for _, p := range x.a.Erasure.Places {
		for more := true; more; {
			var err error
			if _, more, err = p.Forget(ctx, tx, org, person); err != nil {
				return err
			}
		}
	}
	if _, err := x.a.People.Bury(ctx, tx, org, person); err != nil {
		return err
	}
	keys, err := x.a.Vault.Org(ctx, tx, org)
	if err != nil {
		return err
	}
	_, err = keys.Destroy(ctx, tx, person)
	return err
}
