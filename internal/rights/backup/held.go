package backup

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"einklang/internal/engine/store"
	"einklang/internal/rule/id"
)

// ErrNotHeld is returned when nothing waits for anybody to look.
var ErrNotHeld = errors.New("nothing waits since a restore")

// Hold is what is known of a restore without the whole journal: somebody may have
// said STOP, or a phone may have been revoked, and nobody here knows. Until
// somebody of the organisation has looked, nothing is sent and no book is given
// out.
type Hold struct {
	Data      string    // name of the backup; empty: there was no such restore
	Made      time.Time // the backup; zero: not known
	Known     time.Time // until when the journal says that it goes; zero: it says nothing
	Strangers int64     // subjects of the journal that the backup does not hold
	Since     time.Time
	Released  time.Time // zero: it waits
}

// Waits reports whether nobody has looked yet.
func (h Hold) Waits() bool { return h.Data != "" && h.Released.IsZero() }

// keptByMeta is for how long WhatsApp brings a webhook again that was not taken
// (Cloud API: webhooks, up to 7 days; of a number without storage, an hour).
const keptByMeta = 7 * 24 * time.Hour

// Old is how many days lie between the backup and the restore, where they are more
// than WhatsApp brings again: what came before is known to nobody here. Zero: fewer,
// or it is not known.
func (h Hold) Old() int {
	if age := h.Since.Sub(h.Made); !h.Made.IsZero() && age > keptByMeta {
		return int(age / (24 * time.Hour))
	}
	return 0
}

// HoldOf reads what is known of the last such restore.
func HoldOf(ctx context.Context, r store.Reader, org id.Org) (h Hold, err error) {
	var made, known, since, released int64
	err = r.QueryRow(ctx, "SELECT data, made_at, known_until, strangers, held_at, released_at FROM restore_hold WHERE org_id = ?", org).
		Scan(&h.Data, &made, &known, &h.Strangers, &since, &released)
	if errors.Is(err, store.ErrNoRows) {
		return Hold{}, nil
	}
	h.Made, h.Known, h.Since, h.Released = store.Time(made), store.Time(known), store.Time(since), store.Time(released)
	return h, err
}

// Release lets an organisation go on, because somebody has looked.
func Release(ctx context.Context, tx store.Tx, org id.Org, now time.Time) error {
	n, err := tx.Exec(ctx, "UPDATE restore_hold SET released_at = ? WHERE org_id = ? AND released_at = 0", store.Micros(now), org)
	if err == nil && n == 0 {
		return ErrNotHeld
	}
	return err
}

// Holds tells which organisations wait. A restore goes into a database in which
// nothing runs: so who does not wait any more never does again.
type Holds struct{ free sync.Map }

// Waits reports whether an organisation waits.
func (h *Holds) Waits(ctx context.Context, r store.Reader, org id.Org) (bool, error) {
	if _, free := h.free.Load(org); free {
		return false, nil
	}
	var waits bool
	err := r.QueryRow(ctx, "SELECT EXISTS (SELECT 1 FROM restore_hold WHERE org_id = ? AND released_at = 0)", org).Scan(&waits)
	if err != nil {
		return true, fmt.Errorf("ask whether a restore waits for somebody to look: %w", err)
	}
	if !waits {
		h.free.Store(org, true)
	}
	return waits, nil
}

// wait has every organisation wait if the journal was not whole.
func (h *House) wait(ctx context.Context, l *Loaded, strangers map[id.Org]int) error {
	if !l.Journal.Until.IsZero() {
		return nil
	}
	made, err := time.Parse(nameFormat, l.Name)
	if err != nil {
		made = time.Time{} // it has a name of its own
	}
	return h.DB.Write(ctx, func(ctx context.Context, tx store.Tx) error {
		orgs, err := h.Orgs.IDs(ctx, tx)
		if err != nil {
			return err
		}
		rows := make([][]any, len(orgs))
		for i, org := range orgs {
			rows[i] = []any{org, l.Name, store.Micros(made), store.Micros(l.Journal.Seen), int64(strangers[org]), store.Micros(h.Now()), int64(0)}
		}
		return tx.InsertMany(ctx, store.Insert{Into: "restore_hold (org_id, data, made_at, known_until, strangers, held_at, released_at)",
			Upsert: "(org_id) DO UPDATE SET data = excluded.data, made_at = excluded.made_at, known_until = excluded.known_until, strangers = excluded.strangers, held_at = excluded.held_at, released_at = 0"}, rows)
	})
}
