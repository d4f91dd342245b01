package outbox

import (
	"testing"
	"time"

	"einklang/internal/rule/id"
)

func TestHeldBack(t *testing.T) {
	now := time.Date(2026, 11, 25, 12, 0, 0, 0, time.UTC)
	ids := id.System()
	before, message, after := id.Message(ids.New()), id.Message(ids.New()), id.Message(ids.New())
	for _, c := range []struct {
		name  string
		other earlier
		want  bool
	}{
		{"an earlier one that is queued", earlier{id: before, state: "queued"}, true},
		{"a later one", earlier{id: after, state: "queued"}, false},
		{"a campaign does not hold a reply", earlier{id: before, priority: 2, state: "queued"}, false},
		{"one under way", earlier{id: before, state: "sending"}, true},
		{"one that may have been sent just now", earlier{id: before, state: "uncertain", changed: now.Add(-time.Second)}, true},
		{"one that has long been uncertain", earlier{id: before, state: "uncertain", changed: now.Add(-uncertainHolds)}, false},
		{"one that can still be taken back", earlier{id: before, state: "deferred", after: now.Add(5 * time.Second)}, true},
		{"one that is tried again soon", earlier{id: before, state: "deferred", after: now.Add(holdsBack)}, true},
		{"one for tomorrow", earlier{id: before, state: "deferred", after: now.Add(24 * time.Hour)}, false},
	} {
		if got := heldBack(waiting{id: message}, []earlier{c.other}, now); got != c.want {
			t.Errorf("%s: %t", c.name, got)
		}
	}
}
