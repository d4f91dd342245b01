package brake

import (
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
		t.Error("the brake does not forget")
	}
	for range most {
		b.Allow("a")
	}
	b.Clear("a")
	if !b.Allow("a") {
		t.Error("a right attempt does not clear the key")
	}
}
