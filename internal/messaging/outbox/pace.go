package outbox

import (
	"errors"
	"sync"
	"time"

	"golang.org/x/time/rate"

	"einklang/internal/engine/cloudapi"
	"einklang/internal/rule/backoff"
)

const (
	deadAfter   = 5               // calls in a row that nobody answered
	windowFirst = 8               // calls under way at the same time, until answers come
	stalled     = 5 * time.Second // without any answer, while calls are under way
	regain      = 30 * time.Second
	oneSlowing  = time.Second // refusals that come together halve the speed once
	restMost    = time.Hour   // the longest Retry-After that is believed
)

// knock is when a Graph API that does not answer is asked again.
var knock = backoff.Pause{First: 2 * time.Second, Most: 8 * time.Second}

// calm is how long nothing is sent after too much was, unless Meta says how long.
var calm = backoff.Pause{First: time.Second + time.Second/3, Most: 30 * time.Second}

// pace says when a lane may call, how often, and how many calls at once. It
// obeys what Meta says in time, whatever the lane does meanwhile.
//
// It is a breaker, too: when nobody answers, nothing is sent. Every few seconds
// the number is read, which harms nobody; when that is answered, one message
// goes, and with each one that is taken one more at a time.
type pace struct {
	now func() time.Time

	mu     sync.Mutex
	full   rate.Limit // what Meta allows
	speed  rate.Limit // at the moment slowed
	slowed time.Time  // when
	limits int64      // how often in a row there was too much
	rest   time.Time  // no call before
	window int        // calls under way at the same time

	silent int64 // calls in a row without an answer
	open   int64 // how often it was knocked in vain, plus one; 0: it answers
	ask    time.Time
	heard  time.Time // the last answer of any kind
}

func newPace(full rate.Limit, now func() time.Time) *pace {
	return &pace{now: now, full: full, speed: full, window: windowFirst, heard: now()}
}

// limit is the speed now: what was halved comes back bit by bit.
func (p *pace) limit() rate.Limit {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.limitNow()
}

func (p *pace) limitNow() rate.Limit {
	back := p.now().Sub(p.slowed).Seconds() / regain.Seconds()
	return min(p.full, max(1, p.speed+p.full*rate.Limit(back)))
}

// room is how many calls may begin while others are under way, the oldest since a
// moment. Knock says that it is time to ask whether anybody is there.
func (p *pace) room(flying int, oldest time.Time) (n int, knock bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	now := p.now()
	switch {
	case now.Before(p.rest):
		return 0, false
	case p.open > 0:
		return 0, !now.Before(p.ask)
	case flying > 0 && now.Sub(oldest) > stalled && now.Sub(p.heard) > stalled:
		return 0, false
	default:
		return max(0, p.window-flying), false
	}
}

// knocked notes what came of asking whether anybody is there.
func (p *pace) knocked(err error, key string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	now := p.now()
	p.obey(err, now)
	if answered(err) {
		p.open, p.silent, p.window, p.heard = 0, deadAfter-1, 1, now
		return
	}
	p.open++
	p.ask = now.Add(knock.After(p.open, key))
}

// broken reports whether nothing is sent because nobody answers.
func (p *pace) broken() bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.open > 0
}

// came notes what came of a call; broke says that from now on nothing is sent.
func (p *pace) came(err error, key string) (broke bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	now := p.now()
	p.obey(err, now)
	if answered(err) {
		if p.silent, p.heard = 0, now; !cloudapi.Limited(err) {
			p.window = min(inFlight, p.window+1)
		}
		return false
	}
	p.silent++
	p.window = max(1, p.window/2)
	if p.silent < deadAfter || p.open > 0 {
		return false
	}
	p.open = 1
	p.ask = now.Add(knock.After(p.open, key))
	return true
}

// obey rests for as long as Meta asks for, and slows down where it says that
// there was too much (Cloud API: 130429, 80007, 4; HTTP 429).
func (p *pace) obey(err error, now time.Time) {
	wait := min(restMost, cloudapi.RetryAfter(err))
	switch {
	case cloudapi.Limited(err):
		if now.Sub(p.slowed) > oneSlowing { // else it is one of those that came together
			p.speed, p.slowed = max(1, p.limitNow()/2), now
			p.limits++
		}
		wait = max(wait, calm.After(p.limits, ""))
		p.window = max(1, p.window/2)
	case err == nil:
		p.limits = 0
	}
	if until := now.Add(wait); wait > 0 && until.After(p.rest) {
		p.rest = until
	}
}

// resting is for how long no call may begin because Meta said so.
func (p *pace) resting() time.Duration {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.rest.Sub(p.now())
}

// answered reports whether Meta itself answered, be it with a refusal. What is
// wrong on our side says nothing about it.
func answered(err error) bool {
	var answer *cloudapi.Error
	var call *cloudapi.CallError
	switch {
	case errors.As(err, &answer):
		return answer.HTTPStatus < 500 || answer.Class() != cloudapi.ClassTemporary
	case errors.As(err, &call):
		return cloudapi.Limited(err)
	default:
		return true
	}
}
