package letterbox

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"sync"
	"time"

	"einklang/internal/rule/backoff"
)

// The times of a letter box.
const (
	BeatEvery   = 30 * time.Second
	SilentAfter = 3 * time.Minute // so that people know within five
	pulseEvery  = time.Minute
	askWithin   = 20 * time.Second // for one answer of the house
	againEvery  = 6 * time.Hour    // what was refused is offered again
	refusedKept = 30 * 24 * time.Hour
)

// Path is where the house takes letters.
const Path = "/webhooks/relay"

// Answer is the header in which the house says what became of a letter. An
// answer without it comes from somebody else, such as a proxy, and means nothing.
const Answer = "Einklang-Letter"

// What the house answers.
const (
	Taken      = "taken"      // it is on its disk
	Refused    = "refused"    // it never takes this one, as it is now
	Unreadable = "unreadable" // see ErrUnreadable
)

// News is what a letter box tells people.
type News string

// The news.
const (
	HouseSilent News = "house_silent" // nothing is lost yet: letters wait
	HouseBack   News = "house_back"
	LettersOdd  News = "letters_odd" // the house refuses some
)

// Options say how a letter box works.
type Options struct {
	Name    string
	Folder  string
	House   string // address at which the house is reached
	Key     PublicKey
	Secrets map[string]string // of the Meta apps, by our name for them
	Client  *http.Client
	Pulse   func(ctx context.Context) error // tells a monitor that all is well; nil: there is none
	Tell    func(ctx context.Context, news News, s Status) error
	Now     func() time.Time
	Log     *slog.Logger
}

// Box is a letter box.
type Box struct {
	Options
	shelf *shelf
	came  chan struct{} // a letter has come

	mu    sync.Mutex
	heard time.Time // of the house, last
}

// Open opens a letter box on its folder.
func Open(o Options) (*Box, error) {
	s, err := openShelf(o.Folder)
	if err != nil {
		return nil, err
	}
	return &Box{Options: o, shelf: s, came: make(chan struct{}, 1), heard: o.Now()}, nil
}

// Accept seals a webhook whose signature is right, and returns nil only when it
// is on the disk.
func (b *Box) Accept(_ context.Context, app string, body []byte) error {
	sealed, err := b.seal(Webhook, app, body)
	if err != nil {
		return err
	}
	if err := b.shelf.put(sealed); err != nil {
		return err
	}
	b.wake()
	return nil
}

// wake has the letters handed over that have come.
func (b *Box) wake() {
	select {
	case b.came <- struct{}{}:
	default: // it is awake
	}
}

func (b *Box) seal(kind Kind, app string, body []byte) ([]byte, error) {
	return Seal(Letter{Kind: kind, From: b.Name, App: app, Received: b.Now().UnixMicro(), Body: body}, b.Secrets[app], b.Key)
}

// Status is what waits in it.
func (b *Box) Status() (Status, error) { return b.shelf.status() }

// Run hands letters over, beats, and tells people what they have to know, until
// ctx ends. What is not handed over by then stays on the disk.
func (b *Box) Run(ctx context.Context) {
	var all sync.WaitGroup
	all.Go(func() { b.deliver(ctx) })
	all.Go(func() { b.every(ctx, BeatEvery, "beat", b.beat) })
	all.Go(func() { b.every(ctx, againEvery, "refused letters", b.again) })
	all.Go(func() { b.every(ctx, watchEvery, "news", (&watching{b: b}).look) })
	if b.Pulse != nil {
		all.Go(func() { b.every(ctx, pulseEvery, "pulse", b.pulse) })
	}
	all.Wait()
}

// every does something at once and then again and again.
func (b *Box) every(ctx context.Context, pause time.Duration, what string, do func(context.Context) error) {
	tick := time.NewTicker(pause)
	defer tick.Stop()
	for {
		if err := do(ctx); err != nil && ctx.Err() == nil {
			b.Log.Warn("the letter box could not do what comes round", "what", what, "error", err)
		}
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
	}
}

// waits is how the waiting for a house that is down grows.
var waits = backoff.Pause{First: time.Second, Most: 5 * time.Second}

// deliver hands the letters over, one after another.
func (b *Box) deliver(ctx context.Context) {
	var failures int64
	for ctx.Err() == nil {
		handed, err := b.next(ctx)
		var wait <-chan time.Time
		switch {
		case err != nil:
			failures++
			if failures == 1 && ctx.Err() == nil {
				b.Log.Warn("the house takes no letters; they wait here", "error", err)
			}
			wait = time.After(waits.After(failures, b.Name))
		case handed:
			failures = 0
			continue
		default:
			failures = 0
			wait = nil // until one comes
		}
		came := b.came
		if err != nil {
			came = nil
		}
		select {
		case <-ctx.Done():
		case <-came:
		case <-wait:
		}
	}
}

// next hands over the oldest letter, and reports whether there was one.
func (b *Box) next(ctx context.Context) (bool, error) {
	number, sealed, err := b.shelf.first()
	if err != nil || number == 0 {
		return false, err
	}
	answer, err := b.ask(ctx, sealed)
	switch {
	case err != nil:
		return false, err
	case answer == Taken:
		return true, b.shelf.handedOver(number)
	case answer == Unreadable && b.silent():
		return false, ErrUnreadable // every letter is: the key is a wrong one
	default:
		b.Log.Warn("the house refuses a letter; it is kept for 30 days and offered again", "answer", answer)
		return true, b.shelf.refuse(number)
	}
}

// ask sends a sealed letter to the house and returns its answer.
func (b *Box) ask(ctx context.Context, sealed []byte) (string, error) {
	ctx, cancel := context.WithTimeout(ctx, askWithin)
	defer cancel()
	r, err := http.NewRequestWithContext(ctx, http.MethodPost, b.House+Path, bytes.NewReader(sealed))
	if err != nil {
		return "", err
	}
	r.Header.Set("Content-Type", "application/octet-stream")
	response, err := b.Client.Do(r)
	if err != nil {
		return "", fmt.Errorf("the house cannot be reached: %w", err)
	}
	_, err = io.Copy(io.Discard, io.LimitReader(response.Body, 64<<10))
	answer := response.Header.Get(Answer)
	if err = errors.Join(err, response.Body.Close()); err != nil {
		return "", err
	}
	if answer != Taken && answer != Refused && answer != Unreadable {
		return "", fmt.Errorf("the house answers %d and does not say what becomes of the letter", response.StatusCode)
	}
	return answer, nil
}

// beat tells the house that the letter box is there.
func (b *Box) beat(ctx context.Context) error {
	s, err := b.shelf.status()
	if err != nil {
		return err
	}
	body, err := json.Marshal(s)
	if err != nil {
		return err
	}
	for app := range b.Secrets { // any of them proves it
		sealed, err := b.seal(Beat, app, body)
		if err != nil {
			return err
		}
		answer, err := b.ask(ctx, sealed)
		if err != nil {
			return err
		}
		if answer != Taken {
			return fmt.Errorf("the house does not know this letter box (%s): compare its key and the app secret", answer)
		}
		b.mu.Lock()
		b.heard = b.Now()
		b.mu.Unlock()
		return nil
	}
	return errors.New("no Meta app is configured")
}

// silent reports whether nothing was heard of the house for long.
func (b *Box) silent() bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.Now().Sub(b.heard) > SilentAfter
}

// again offers what was refused once more, and deletes what is too old for that.
func (b *Box) again(context.Context) error {
	deleted, err := b.shelf.expire(b.Now().Add(-refusedKept))
	if deleted > 0 {
		b.Log.Error("letters that the house refused for 30 days are deleted", "letters", deleted)
	}
	err = errors.Join(err, b.shelf.offerAgain())
	b.wake()
	return err
}

// pulse tells a monitor that both sides are there. It stays silent otherwise, so
// that the monitor tells people.
func (b *Box) pulse(ctx context.Context) error {
	if b.silent() {
		return nil
	}
	return b.Pulse(ctx)
}

// watchEvery is how often the letter box looks whether there is news.
const watchEvery = 15 * time.Second

// watching tells people when the house falls silent, when it is back, and when
// it begins to refuse letters. News that could not be told is told again.
type watching struct {
	b           *Box
	silent, odd bool // as people know it
}

func (w *watching) look(ctx context.Context) error {
	s, err := w.b.shelf.status()
	if err != nil {
		return err
	}
	if silent := w.b.silent(); silent != w.silent {
		news := HouseBack
		if silent {
			news = HouseSilent
		}
		w.b.Log.Warn("news of the house", "news", news, "waiting", s.Waiting)
		if err := w.b.Tell(ctx, news, s); err != nil {
			return err
		}
		w.silent = silent
	}
	odd := s.Refused > 0
	if odd && !w.odd {
		if err := w.b.Tell(ctx, LettersOdd, s); err != nil {
			return err
		}
	}
	w.odd = odd
	return nil
}
