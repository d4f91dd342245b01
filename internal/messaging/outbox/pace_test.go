package outbox

import (
	"errors"
	"net/http"
	"testing"
	"time"

	"einklang/internal/engine/cloudapi"
)

func TestPace(t *testing.T) {
	limited := &cloudapi.Error{HTTPStatus: http.StatusBadRequest, Code: 130429}
	html := &cloudapi.CallError{HTTPStatus: http.StatusBadGateway, MayHaveArrived: true, Err: errors.New("no error envelope")}
	refused := &cloudapi.Error{HTTPStatus: http.StatusBadRequest, Code: 131026}
	now := time.Date(2026, 11, 25, 12, 0, 0, 0, time.UTC)
	p := newPace(80, func() time.Time { return now })
	room := func(flying int) int {
		n, _ := p.room(flying, now)
		return n
	}
	if got := room(0); got != windowFirst {
		t.Fatalf("room for %d calls at first", got)
	}
	for range 200 {
		p.came(nil, "")
	}
	if got := room(0); got != inFlight {
		t.Errorf("room for %d calls after many answers", got)
	}

	// Too much is obeyed in time, however often it is asked.
	for range 50 {
		p.came(limited, "")
	}
	if got := room(0); got != 0 || p.limit() != 40 {
		t.Errorf("room for %d calls at %v a second right after 130429", got, p.limit())
	}
	for range 1000 {
		p.room(0, now)
		p.limit()
	}
	if p.limit() != 40 {
		t.Errorf("being asked sped it up to %v", p.limit())
	}
	now = now.Add(regain / 4)
	if got := p.limit(); room(0) == 0 || got != 60 {
		t.Errorf("%v a second after a while", got)
	}
	now = now.Add(regain)
	p.came(&cloudapi.CallError{HTTPStatus: http.StatusTooManyRequests, RetryAfter: 90 * time.Second, MayHaveArrived: true}, "")
	now = now.Add(89 * time.Second)
	if room(0) != 0 {
		t.Error("Retry-After was not obeyed")
	}
	now = now.Add(2 * time.Second)
	if room(0) == 0 {
		t.Error("it rests for longer than it was asked to")
	}

	// Nobody answers: after a few calls nothing goes, and somebody knocks.
	for i := range deadAfter {
		if broke := p.came(html, ""); broke != (i == deadAfter-1) {
			t.Errorf("call %d in vain: broke %t", i+1, broke)
		}
	}
	knocks := 0
	for range 120 {
		now = now.Add(time.Second)
		n, knock := p.room(0, now)
		if n > 0 {
			t.Fatal("a message was sent while nobody answers")
		}
		if knock {
			knocks++
			p.knocked(html, "")
		}
	}
	if knocks < 10 || knocks > 40 {
		t.Errorf("%d knocks in two minutes", knocks)
	}
	now = now.Add(time.Minute)
	if p.knocked(refused, ""); room(0) != 1 {
		t.Errorf("room for %d calls when somebody answers again, want 1", room(0))
	}
	if !p.came(html, "") || room(0) != 0 {
		t.Error("it goes on although the first one was in vain again")
	}
	now = now.Add(time.Minute)
	p.knocked(nil, "")
	p.came(nil, "")
	if got := room(0); got != 2 {
		t.Errorf("room for %d calls after one was taken, want 2", got)
	}

	// A Meta that takes everything and answers nothing.
	if n, _ := p.room(1, now.Add(-2*stalled)); n == 0 {
		t.Error("a slow answer stops the lane although others came")
	}
	now = now.Add(2 * stalled)
	if n, _ := p.room(1, now.Add(-2*stalled)); n != 0 {
		t.Error("it goes on calling though nothing is answered")
	}
}
