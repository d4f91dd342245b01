package letterbox

import (
	"context"
	"errors"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"einklang/internal/test/leaktest"
)

// house takes letters as it is told.
type house struct {
	key    Key
	answer atomic.Pointer[string] // to webhooks; empty: it is down

	mu    sync.Mutex
	taken []string
	beats int
}

func (h *house) say(answer string) { h.answer.Store(&answer) }

func (h *house) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	sealed, _ := io.ReadAll(r.Body)
	answer := *h.answer.Load()
	if answer == "" {
		w.WriteHeader(http.StatusBadGateway)
		return
	}
	l, err := h.key.Open(sealed)
	if err != nil {
		w.Header().Set(Answer, Unreadable)
		w.WriteHeader(http.StatusConflict)
		return
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	if l.Kind == Beat {
		h.beats++
		answer = Taken
	} else if answer == Taken {
		h.taken = append(h.taken, string(l.Body))
	}
	w.Header().Set(Answer, answer)
}

func (h *house) all() []string {
	h.mu.Lock()
	defer h.mu.Unlock()
	return append([]string(nil), h.taken...)
}

type clock struct{ at atomic.Int64 }

func (c *clock) now() time.Time          { return time.UnixMicro(c.at.Load()).UTC() }
func (c *clock) advance(d time.Duration) { c.at.Add(d.Microseconds()) }

func newBox(t *testing.T, h *house, change func(*Options)) (*Box, *clock) {
	t.Helper()
	front := httptest.NewServer(h)
	t.Cleanup(front.Close)
	c := &clock{}
	c.at.Store(noon.UnixMicro())
	o := Options{Name: "box", Folder: t.TempDir(), House: front.URL, Key: h.key.Public(), Secrets: map[string]string{"main": "secret"}, Client: front.Client(),
		Tell: func(context.Context, News, Status) error { return nil }, Now: c.now, Log: slog.New(slog.DiscardHandler)}
	if change != nil {
		change(&o)
	}
	b, err := Open(o)
	if err != nil {
		t.Fatal(err)
	}
	return b, c
}

func put(t *testing.T, b *Box, bodies ...string) {
	t.Helper()
	for _, body := range bodies {
		if err := b.Accept(t.Context(), "main", []byte(body)); err != nil {
			t.Fatal(err)
		}
	}
}

// drain hands over until nothing waits or the house does not take it.
func drain(t *testing.T, b *Box) error {
	t.Helper()
	for {
		if more, err := b.next(t.Context()); err != nil || !more {
			return err
		}
	}
}

func TestLettersWaitForTheHouse(t *testing.T) {
	h := &house{key: newKey(t, "house")}
	h.say("")
	b, _ := newBox(t, h, nil)
	put(t, b, "one", "two", "three")
	if err := drain(t, b); err == nil {
		t.Error("a house that is down takes letters")
	}
	h.say(Taken)
	if err := drain(t, b); err != nil {
		t.Fatal(err)
	}
	if got := h.all(); len(got) != 3 || got[0] != "one" || got[2] != "three" {
		t.Errorf("taken: %v", got)
	}
	files, err := filepath.Glob(filepath.Join(b.Folder, "*", "*"))
	if err != nil || len(files) != 0 {
		t.Errorf("what is handed over is still there: %v, %v", files, err)
	}
}

// One letter that the house refuses does not hold up the others, and is offered
// again.
func TestARefusedLetterIsKeptAndOfferedAgain(t *testing.T) {
	h := &house{key: newKey(t, "house")}
	h.say(Refused)
	b, c := newBox(t, h, nil)
	put(t, b, "stranger")
	if err := drain(t, b); err != nil {
		t.Fatal(err)
	}
	h.say(Taken)
	put(t, b, "next")
	if err := drain(t, b); err != nil {
		t.Fatal(err)
	}
	if s, err := b.Status(); err != nil || s.Refused != 1 || s.Waiting != 0 {
		t.Errorf("%+v, %v", s, err)
	}
	if err := errors.Join(b.again(t.Context()), drain(t, b)); err != nil {
		t.Fatal(err)
	}
	if got := h.all(); len(got) != 2 || got[1] != "stranger" {
		t.Errorf("taken: %v", got)
	}

	h.say(Refused)
	put(t, b, "for ever")
	if err := drain(t, b); err != nil {
		t.Fatal(err)
	}
	c.at.Store(time.Now().Add(31 * 24 * time.Hour).UnixMicro()) // files have the time of the disk
	if err := b.again(t.Context()); err != nil {
		t.Fatal(err)
	}
	if s, err := b.Status(); err != nil || s.Refused != 0 || s.Waiting != 0 {
		t.Errorf("after 30 days: %+v, %v", s, err)
	}
}

// With a wrong key no letter can be read: all wait. A single one that was damaged
// on the disk is put aside.
func TestAnUnreadableLetter(t *testing.T) {
	h := &house{key: newKey(t, "house")}
	h.say(Taken)
	wrong, c := newBox(t, h, func(o *Options) { o.Key = newKey(t, "another").Public() })
	put(t, wrong, "one", "two")
	c.advance(SilentAfter + time.Second)
	if err := drain(t, wrong); !errors.Is(err, ErrUnreadable) {
		t.Errorf("got %v", err)
	}
	if s, err := wrong.Status(); err != nil || s.Waiting != 2 || s.Refused != 0 {
		t.Errorf("%+v, %v", s, err)
	}

	b, _ := newBox(t, h, nil)
	put(t, b, "one", "two")
	if err := errors.Join(b.beat(t.Context()), os.WriteFile(b.shelf.path(waitingFolder, 1), []byte("damaged"), 0o600), drain(t, b)); err != nil {
		t.Fatal(err)
	}
	if s, err := b.Status(); err != nil || s.Waiting != 0 || s.Refused != 1 || len(h.all()) != 1 {
		t.Errorf("%+v, %v, %v", s, err, h.all())
	}
}

// An answer that is not the house's, such as a proxy's 404 or a login page, means
// nothing.
func TestOnlyTheHouseRefuses(t *testing.T) {
	for _, status := range []int{200, 204, 400, 401, 404, 413, 500} {
		front := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(status) }))
		t.Cleanup(front.Close)
		b, _ := newBox(t, &house{key: newKey(t, "house")}, func(o *Options) { o.House, o.Client = front.URL, front.Client() })
		put(t, b, "one")
		if err := drain(t, b); err == nil {
			t.Errorf("%d: the letter is gone", status)
		}
		if s, err := b.Status(); err != nil || s.Waiting != 1 {
			t.Errorf("%d: %+v, %v", status, s, err)
		}
	}
}

// What cannot be put onto the disk is not acknowledged.
func TestAFullDiskIsSaid(t *testing.T) {
	h := &house{key: newKey(t, "house")}
	h.say(Taken)
	b, _ := newBox(t, h, nil)
	if err := os.RemoveAll(filepath.Join(b.Folder, waitingFolder)); err != nil {
		t.Fatal(err)
	}
	if err := b.Accept(t.Context(), "main", []byte("one")); err == nil {
		t.Error("a letter that lies nowhere is acknowledged")
	}
	if s, err := b.Status(); err != nil || s.Waiting != 0 {
		t.Errorf("%+v, %v", s, err)
	}
}

// People are told once that the house is silent, once that it is back, and the
// monitor hears nothing meanwhile.
func TestPeopleAreToldOnce(t *testing.T) {
	h := &house{key: newKey(t, "house")}
	h.say("")
	var pulses atomic.Int64
	var mu sync.Mutex
	var news []News
	fail := true
	b, c := newBox(t, h, func(o *Options) {
		o.Pulse = func(context.Context) error { pulses.Add(1); return nil }
		o.Tell = func(_ context.Context, n News, _ Status) error {
			mu.Lock()
			defer mu.Unlock()
			if fail {
				fail = false
				return errors.New("the mail server is down as well")
			}
			news = append(news, n)
			return nil
		}
	})
	w := watching{b: b}
	look := func() {
		t.Helper()
		_ = b.beat(t.Context())
		if err := b.pulse(t.Context()); err != nil {
			t.Fatal(err)
		}
		_ = w.look(t.Context())
	}
	look()
	if len(news) != 0 || pulses.Load() != 1 {
		t.Fatalf("at first: %v, %d pulses", news, pulses.Load())
	}
	c.advance(SilentAfter + time.Second)
	look() // cannot be told
	look()
	look()
	if len(news) != 1 || news[0] != HouseSilent || pulses.Load() != 1 {
		t.Fatalf("silent: %v, %d pulses", news, pulses.Load())
	}
	h.say(Taken)
	look()
	look()
	if len(news) != 2 || news[1] != HouseBack || pulses.Load() != 3 {
		t.Fatalf("back: %v, %d pulses", news, pulses.Load())
	}
	h.say(Refused)
	put(t, b, "stranger")
	if err := drain(t, b); err != nil {
		t.Fatal(err)
	}
	look()
	look()
	if len(news) != 3 || news[2] != LettersOdd {
		t.Fatalf("odd: %v", news)
	}
}

func TestALetterBoxRunsAndEnds(t *testing.T) {
	h := &house{key: newKey(t, "house")}
	h.say(Taken)
	b, _ := newBox(t, h, func(o *Options) {
		o.Client = &http.Client{Transport: &http.Transport{DisableKeepAlives: true}}
		o.Pulse = func(context.Context) error { return nil }
	})
	put(t, b, "one")
	leaktest.Runs(t, b.Run, func() bool {
		h.mu.Lock()
		defer h.mu.Unlock()
		return len(h.taken) == 1 && h.beats > 0
	})
}
