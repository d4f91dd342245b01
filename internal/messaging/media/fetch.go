package media

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"time"

	"einklang/internal/engine/cloudapi"
	"einklang/internal/engine/store"
	"einklang/internal/rule/backoff"
	"einklang/internal/rule/id"
)

const (
	fetchAtOnce = 4
	fetchPoll   = 5 * time.Second
	fetchLease  = 5 * time.Minute // after which another node tries
	fetchTries  = 12
	fetchMost   = 100 << 20
)

// Run fetches wanted files from Meta until ctx ends.
func (s *Shelf) Run(ctx context.Context) {
	slots := make(chan struct{}, fetchAtOnce)
	timer := time.NewTicker(fetchPoll)
	defer timer.Stop()
	for {
		due, err := s.claim(ctx)
		if err != nil && ctx.Err() == nil {
			s.log.Error("the list of files to fetch cannot be read; trying again", "error", err)
		}
		for _, d := range due {
			slots <- struct{}{}
			go func() {
				defer func() { <-slots }()
				s.fetch(context.WithoutCancel(ctx), d)
			}()
		}
		if len(due) == fetchAtOnce && ctx.Err() == nil {
			continue
		}
		select {
		case <-ctx.Done():
			for range fetchAtOnce {
				slots <- struct{}{}
			}
			return
		case <-s.poke:
		case <-timer.C:
		}
	}
}

type wanted struct {
	org id.Org
	id  id.File
}

// claim takes some files that are due and keeps other nodes off them.
func (s *Shelf) claim(ctx context.Context) ([]wanted, error) {
	var due []wanted
	if ctx.Err() != nil {
		return nil, nil
	}
	err := s.db.Write(ctx, func(ctx context.Context, tx store.Tx) error {
		now := s.now()
		var err error
		due, err = store.Collect(ctx, tx, func(row store.Row) (wanted, error) {
			var w wanted
			return w, row.Scan(&w.org, &w.id)
		}, "SELECT org_id, id FROM media WHERE state = 'wanted' AND not_before <= ? ORDER BY not_before LIMIT ?", store.Micros(now), int64(fetchAtOnce))
		if err != nil {
			return err
		}
		for _, w := range due {
			if _, err := tx.Exec(ctx, "UPDATE media SET not_before = ?, attempts = attempts + 1 WHERE org_id = ? AND id = ?",
				store.Micros(now.Add(fetchLease)), w.org, w.id); err != nil {
				return err
			}
		}
		return nil
	})
	return due, err
}

func (s *Shelf) fetch(ctx context.Context, w wanted) {
	ctx, cancel := context.WithTimeout(ctx, fetchLease-time.Minute)
	defer cancel()
	f, err := s.Get(ctx, w.org, w.id)
	if err == nil && f.State == "wanted" {
		err = s.bring(ctx, f)
	}
	if err == nil {
		return
	}
	if err := s.postpone(ctx, f, w, err); err != nil {
		s.log.Error("a file cannot be marked", "file", w.id.String(), "error", err)
	}
}

// bring streams a file from Meta into sealed chunks.
func (s *Shelf) bring(ctx context.Context, f *File) error {
	c, err := s.registry.Channel(ctx, s.db, f.Org, f.Channel)
	if err != nil {
		return err
	}
	token, err := s.registry.Token(ctx, s.db, c)
	if err != nil {
		return err
	}
	number := s.client.Number(c.PhoneNumberID, token)
	info := cloudapi.MediaInfo{URL: f.detail.URL}
	if f.detail.MetaID != "" { // its address may be old by now (Cloud API: valid for five minutes), so it is asked for
		if info, err = number.MediaInfo(ctx, f.detail.MetaID); err != nil {
			return err
		}
	}
	if info.FileSize > fetchMost {
		return cloudapi.ErrTooLarge
	}
	body, err := number.Download(ctx, info.URL, fetchMost)
	if err != nil {
		return err
	}
	defer func() { _ = body.Close() }()
	sum := sha256.New()
	if err := s.write(ctx, f, io.TeeReader(whole{body}, sum)); err != nil {
		return err
	}
	if !matches(info.SHA256, sum.Sum(nil)) {
		return errDamaged
	}
	if info.MimeType == "" {
		info.MimeType = f.MimeType
	}
	f.detail.picture = f.picture
	sealed, err := seal(f.keys, f.ID, f.detail)
	if err != nil {
		return err
	}
	err = s.db.Write(ctx, func(ctx context.Context, tx store.Tx) error {
		n, err := tx.Exec(ctx, "UPDATE media SET state = 'held', mime_type = ?, size = ?, chunks = ?, detail = ? WHERE org_id = ? AND id = ? AND state = 'wanted'",
			info.MimeType, f.Size, f.chunks, sealed, f.Org, f.ID)
		if err == nil && n == 0 { // deleted by the customer while it was on its way
			_, err = tx.Exec(ctx, "DELETE FROM media_chunk WHERE org_id = ? AND media_id = ?", f.Org, f.ID)
		}
		tx.AfterCommit(func() { s.changed(ctx, f.Org, f.Message) })
		return err
	})
	if err != nil {
		return fmt.Errorf("keep a file: %w", err)
	}
	return nil
}

// errDamaged says that what came is not the file that Meta has.
var errDamaged = errors.New("the file was damaged on its way")

// whole keeps the end of a connection apart from the end of a file, which
// io.ReadFull does not.
type whole struct{ r io.Reader }

func (w whole) Read(b []byte) (int, error) {
	n, err := w.r.Read(b)
	if errors.Is(err, io.ErrUnexpectedEOF) {
		err = errDamaged
	}
	return n, err
}

// matches reports whether a file has the hash that Meta names, in hexadecimal
// digits or in base64. A hash in another form says nothing.
func matches(told string, sum []byte) bool {
	for _, read := range []func(string) ([]byte, error){hex.DecodeString, base64.StdEncoding.DecodeString} {
		if want, err := read(told); err == nil && len(want) == len(sum) {
			return bytes.Equal(want, sum)
		}
	}
	return true
}

// pause before the next attempt to fetch a file.
var pause = backoff.Pause{First: 2 * time.Second, Most: time.Hour}

// postpone tries a file again later, or gives it up with a reason.
func (s *Shelf) postpone(ctx context.Context, f *File, w wanted, cause error) error {
	state, reason := "wanted", "unreachable"
	var answer *cloudapi.Error
	if errors.As(cause, &answer) {
		reason = answer.Class().String()
		if c := answer.Class(); c == cloudapi.ClassParameter || c == cloudapi.ClassPermanent {
			state = "gone"
		}
	}
	if errors.Is(cause, errDamaged) {
		reason = "damaged"
	}
	if errors.Is(cause, cloudapi.ErrTooLarge) {
		state, reason = "gone", "too_large"
	}
	wait := time.Minute
	if f != nil {
		if f.attempts >= fetchTries {
			state = "gone"
		}
		wait = pause.After(f.attempts, w.id.String())
	}
	s.log.Warn("a file could not be fetched from WhatsApp", "file", w.id.String(), "state", state, "reason", reason)
	return s.db.Write(ctx, func(ctx context.Context, tx store.Tx) error {
		if _, err := tx.Exec(ctx, "DELETE FROM media_chunk WHERE org_id = ? AND media_id = ?", w.org, w.id); err != nil {
			return err
		}
		_, err := tx.Exec(ctx, "UPDATE media SET state = ?, reason = ?, not_before = ? WHERE org_id = ? AND id = ? AND state = 'wanted'",
			state, reason, store.Micros(s.now().Add(wait)), w.org, w.id)
		return err
	})
}
