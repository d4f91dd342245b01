package throttle

import (
	"strconv"
	"testing"
	"time"
)

func TestBrake(t *testing.T) {
	now := time.Date(2026, 11, 24, 12, 0, 0, 0, time.UTC)
	b := New(func() time.Time { return now })
	for i := range most {
		if !b.Allow("a") {
			t.Fatalf("attempt %d is refused", i+1)
		}
	}
	if !b.Spent("a") || b.Spent("b") {
		t.Error("it is not told who has used up the attempts")
	}
	if b.Allow("a") {
		t.Error("one attempt too many is allowed")
	}
	if !b.Allow("b") {
		t.Error("another key is slowed down too")
	}
	now = now.Add(period + time.Second)
	if !b.Allow("a") {
		t.Error("the brake does not let go")
	}
	for range most {
		b.Allow("a")
	}
	b.Clear("a")
	if !b.Allow("a") {
		t.Error("a right attempt does not clear the key")
	}
}

// Too many keys at once keep nobody out: the oldest are forgotten.
func TestAFullBrakeRefusesNobody(t *testing.T) {
	b := New(func() time.Time { return time.Date(2026, 11, 24, 12, 0, 0, 0, time.UTC) })
	for i := range keys + 50 {
		if !b.Allow(strconv.Itoa(i)) {
			t.Fatalf("key %d is refused at its first attempt", i)
		}
	}
	if len(b.seen.seen) > keys || b.seen.order.Len() != len(b.seen.seen) {
		t.Errorf("%d keys are remembered", len(b.seen.seen))
	}
}

// What turns out right does not count, however often.
func TestOnlyWrongAttemptsCount(t *testing.T) {
	b := Of(func() time.Time { return time.Date(2026, 11, 24, 12, 0, 0, 0, time.UTC) }, 3)
	for i := range 20 {
		if !b.Allow("office") {
			t.Fatalf("right attempt %d is refused", i+1)
		}
		b.Forgive("office")
	}
	for range 3 {
		b.Allow("office")
	}
	if b.Allow("office") || !b.Spent("office") {
		t.Error("wrong attempts do not count")
	}
}
