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
	fetchLease  = 5 * time.Minute     // after which another node tries
	fetchTries  = 12                  // of a file that comes damaged
	stoppedFor  = 5 * time.Minute     // until it is seen whether a number is back in service
	metaKeeps   = 30 * 24 * time.Hour // for how long Meta has a file (Cloud API: media)
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
	if !c.Active {
		return errStopped
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
		n, err := tx.Exec(ctx, "UPDATE media SET state = 'held', reason = '', held_at = ?, mime_type = ?, size = ?, chunks = ?, detail = ? WHERE org_id = ? AND id = ? AND state = 'wanted'",
			store.Micros(s.now()), info.MimeType, f.Size, f.chunks, sealed, f.Org, f.ID)
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

// stopped is the reason of a file that waits for its number.
const stopped = "stopped"

// errStopped says that the number of a file is out of service.
var errStopped = errors.New("the number is out of service")

// fate is what becomes of a file that could not be fetched.
type fate struct {
	gone   bool
	reason string
	wait   time.Duration
	counts bool   // as a try
	waits  bool   // all files of the number wait
	stops  string // the number is taken out of service, with this reason
}

// fateOf judges as a lane does (see [cloudapi.Class]): what lies with Meta or
// with the moment is tried again for as long as Meta has the file, and a number
// whose token is over is out of service for files, too.
func (s *Shelf) fateOf(f *File, w wanted, cause error) fate {
	var answer *cloudapi.Error
	attempts, young := int64(1), true
	if f != nil {
		attempts, young = f.attempts, s.now().Before(f.created.Add(metaKeeps))
	}
	soon := pause.After(attempts, w.id.String())
	limited := max(time.Minute, cloudapi.RetryAfter(cause))
	switch {
	case errors.Is(cause, errStopped):
		return fate{reason: stopped, wait: stoppedFor, waits: true, gone: !young}
	case errors.Is(cause, cloudapi.ErrTooLarge):
		return fate{reason: "too_large", gone: true}
	case errors.Is(cause, errDamaged):
		return fate{reason: "damaged", wait: soon, counts: true, gone: !young || attempts >= fetchTries}
	case cloudapi.Limited(cause):
		return fate{reason: cloudapi.ClassRateLimit.String(), wait: limited, waits: true, gone: !young}
	case errors.As(cause, &answer):
		class := answer.Class()
		switch {
		case class == cloudapi.ClassParameter, class == cloudapi.ClassPermanent:
			return fate{reason: class.String(), gone: true}
		case class.Consequence().StopsLane:
			return fate{reason: stopped, wait: stoppedFor, waits: true, stops: class.String(), gone: !young}
		default:
			return fate{reason: class.String(), wait: soon, counts: true, gone: !young}
		}
	default:
		return fate{reason: "unreachable", wait: max(soon, cloudapi.RetryAfter(cause)), counts: true, gone: !young}
	}
}

// postpone tries a file again later, or gives it up with a reason.
func (s *Shelf) postpone(ctx context.Context, f *File, w wanted, cause error) error {
	what := s.fateOf(f, w, cause)
	state, uncounted := "wanted", int64(1)
	if what.gone {
		state = "gone"
	}
	if what.counts || what.gone {
		uncounted = 0
	}
	s.log.Warn("a file could not be fetched from WhatsApp", "file", w.id.String(), "state", state, "reason", what.reason)
	return s.db.Write(ctx, func(ctx context.Context, tx store.Tx) error {
		if _, err := tx.Exec(ctx, "DELETE FROM media_chunk WHERE org_id = ? AND media_id = ?", w.org, w.id); err != nil {
			return err
		}
		until := store.Micros(s.now().Add(what.wait))
		if _, err := tx.Exec(ctx, "UPDATE media SET state = ?, reason = ?, not_before = ?, attempts = attempts - ? WHERE org_id = ? AND id = ? AND state = 'wanted'",
			state, what.reason, until, uncounted, w.org, w.id); err != nil {
			return err
		}
		if !what.waits || f == nil {
			return nil
		}
		if _, err := tx.Exec(ctx, "UPDATE media SET not_before = ?, reason = ? WHERE org_id = ? AND channel_id = ? AND state = 'wanted' AND not_before < ?",
			until, what.reason, w.org, f.Channel, until); err != nil {
			return err
		}
		if what.stops == "" {
			return nil
		}
		s.log.Error("a number is out of service until somebody acts; its files wait", "channel", f.Channel.String(), "class", what.stops)
		return s.registry.Stop(ctx, tx, w.org, f.Channel, what.stops)
	})
}

// Waits reports whether a file waits for its number to be in service again.
func (f *File) Waits() bool { return f.State == "wanted" && f.Reason == stopped }

// Fetchable reports whether a file that is not here may still be at Meta.
func (f *File) Fetchable(now time.Time) bool {
	return f.State == "gone" && f.detail.MetaID != "" && f.Reason != "too_large" && now.Before(f.created.Add(metaKeeps))
}

// FetchAgain has a file of a message fetched again that was given up; ErrNotHere
// if Meta has it no more.
func (s *Shelf) FetchAgain(ctx context.Context, w store.Writer, org id.Org, message id.Message) error {
	f, err := s.OfMessage(ctx, org, message)
	if err != nil {
		return err
	}
	if !f.Fetchable(s.now()) {
		return ErrNotHere
	}
	return w.Write(ctx, func(ctx context.Context, tx store.Tx) error {
		if _, err := tx.Exec(ctx, "UPDATE media SET state = 'wanted', reason = '', attempts = 0, not_before = 0 WHERE org_id = ? AND id = ? AND state = 'gone'", org, f.ID); err != nil {
			return fmt.Errorf("fetch a file again: %w", err)
		}
		tx.AfterCommit(s.wake)
		return nil
	})
}
