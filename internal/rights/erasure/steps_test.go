package erasure

import (
	"errors"
	"testing"
	"time"
)

func TestKeysGoBeforeRowsAndRecipientsHoldUpNothing(t *testing.T) {
	var walked []Step
	for s := Keep; ; s = next(s) {
		walked = append(walked, s)
		if s == Done {
			break
		}
	}
	want := []Step{Keep, Destroy, Delete, Sweep, Clean, Tell, Prove, Done}
	if len(walked) != len(want) {
		t.Fatalf("walked %v", walked)
	}
	for i := range want {
		if walked[i] != want[i] {
			t.Fatalf("walked %v", walked)
		}
	}
	if next(Done) != Done {
		t.Fatal("what is done went on")
	}
	for _, c := range []struct {
		step Step
		want bool
	}{{Keep, false}, {Destroy, false}, {Delete, true}, {Tell, true}, {Done, true}} {
		if c.step.Unreadable() != c.want {
			t.Errorf("at %s: unreadable %t", c.step, !c.want)
		}
	}
}

func TestOutcome(t *testing.T) {
	start := time.Date(2026, 11, 24, 10, 0, 0, 0, time.UTC)
	day := 24 * time.Hour
	silent := errors.New("no route")
	for _, c := range []struct {
		name   string
		answer Answer
		err    error
		after  time.Duration
		state  State
		wait   time.Duration
	}{
		{"told at once", Answer{Told, "deleted"}, nil, 0, Told, 0},
		{"refuses", Answer{Refused, "permanent"}, nil, day, Refused, 0},
		{"does not answer", Answer{}, silent, 0, Waiting, time.Minute},
		{"does not answer for days", Answer{}, silent, 29 * day, Waiting, time.Minute},
		{"does not answer for a month", Answer{}, silent, 30 * day, Unanswered, 0},
		{"not yet", Answer{Waiting, "device_offline"}, nil, day, Waiting, time.Minute},
		{"not in a month", Answer{Waiting, "device_offline"}, nil, 31 * day, Unanswered, 0},
		{"answers at last", Answer{Told, "deleted"}, nil, 40 * day, Told, 0},
	} {
		now := start.Add(c.after)
		state, _, again := outcome(c.answer, c.err, time.Minute, start, now)
		if state != c.state || (c.wait == 0) != again.IsZero() || c.wait > 0 && again.Sub(now) != c.wait {
			t.Errorf("%s: %s, again after %s", c.name, state, again.Sub(now))
		}
	}
}
