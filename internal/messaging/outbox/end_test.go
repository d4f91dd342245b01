package outbox_test

import (
	"math"
	"testing"

	"einklang/internal/messaging/outbox"
	"einklang/internal/test/apptest"
	"einklang/internal/test/leaktest"
)

// The lanes end when the calls under way have ended.
func TestTheLanesEnd(t *testing.T) {
	each(t, apptest.Options{}, func(t *testing.T, d *desk) {
		d.text(t, "die Datenschutzhinweise gehen mit")
		d.Settle(t) // the lanes of the installation itself run
		parts := d.Outbox.Parts
		parts.Node = "another"
		d.lane(t, "UPDATE lane SET node = 'another', until = ? WHERE org_id = ?", int64(math.MaxInt64))
		before := len(d.erika.Messages(d.Number))
		d.text(t, "Guten Tag")
		leaktest.Runs(t, outbox.New(parts).Run, func() bool { return len(d.erika.Messages(d.Number)) > before })
	})
}
