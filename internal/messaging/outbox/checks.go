package outbox

import (
	"einklang/internal/engine/store"
	"einklang/internal/rule/gate"
)

// Checks are the closed sets of values in the tables of this package.
func Checks() []store.Check {
	return []store.Check{
		store.OneOf("outbox", "state", "queued", "deferred", "sending", "uncertain"),
		store.OneOf("verdict", "phase", "queue", "call"),
		store.OneOf("verdict", "outcome", gate.Allow, gate.Defer, gate.Deny),
		store.OneOf("verdict", "basis", gate.Bases()...),
		store.OneOf("verdict", "reason", gate.Reasons()...),
	}
}
