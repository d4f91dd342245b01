package processors

import (
	"context"
	"errors"
	"fmt"
	"time"

	"einklang/internal/account/org"
	"einklang/internal/engine/egress"
	"einklang/internal/engine/store"
	"einklang/internal/rule/id"
)

// Transfer is what went to one recipient in a time, counted on the wire.
type Transfer struct {
	Destination egress.Destination
	Calls       int64
	BytesOut    int64
	BytesIn     int64
	First, Last string // days, 2026-11-25
}

// Transfers counts what went out from one day to another, both included, by
// recipient. Destinations without traffic are listed with zero: the register
// shows what could go out, too.
func Transfers(ctx context.Context, r store.Reader, destinations []egress.Destination, from, to time.Time) ([]Transfer, error) {
	type sum struct {
		recipient string
		t         Transfer
	}
	sums, err := store.Collect(ctx, r, func(row store.Row) (s sum, err error) {
		err = row.Scan(&s.recipient, &s.t.Calls, &s.t.BytesOut, &s.t.BytesIn, &s.t.First, &s.t.Last)
		return s, err
	}, "SELECT recipient, CAST(SUM(calls) AS BIGINT), CAST(SUM(bytes_out) AS BIGINT), CAST(SUM(bytes_in) AS BIGINT), MIN(day), MAX(day) FROM transfer WHERE day >= ? AND day <= ? GROUP BY recipient",
		from.UTC().Format(time.DateOnly), to.UTC().Format(time.DateOnly))
	if err != nil {
		return nil, fmt.Errorf("read the transfers: %w", err)
	}
	counted := map[string]Transfer{}
	for _, s := range sums {
		counted[s.recipient] = s.t
	}
	all := make([]Transfer, 0, len(destinations))
	for _, d := range destinations {
		t := counted[d.Name]
		t.Destination = d
		all = append(all, t)
		delete(counted, d.Name)
	}
	for name, t := range counted { // traffic of a destination that is no longer configured
		t.Destination = egress.Destination{Name: name, Recipient: name}
		all = append(all, t)
	}
	return all, nil
}

// Record adds what went out, as the border counted it, to the register of a day.
func Record(ctx context.Context, tx store.Tx, day time.Time, counts []egress.Count) error {
	for _, c := range counts {
		if c.Calls == 0 {
			continue
		}
		if _, err := tx.Exec(ctx, `INSERT INTO transfer (day, recipient, calls, bytes_out, bytes_in) VALUES (?, ?, ?, ?, ?)
			ON CONFLICT (day, recipient) DO UPDATE SET calls = transfer.calls + excluded.calls,
			bytes_out = transfer.bytes_out + excluded.bytes_out, bytes_in = transfer.bytes_in + excluded.bytes_in`,
			day.UTC().Format(time.DateOnly), c.Destination.Name, c.Calls, c.BytesOut, c.BytesIn); err != nil {
			return fmt.Errorf("record transfers: %w", err)
		}
	}
	return nil
}

// Affected is what stands still when nothing may go to WhatsApp any more.
type Affected struct {
	Numbers       int64 // that send
	Conversations int64 // open
	Waiting       int64 // messages in the queue
	People        int64 // whom we reach on WhatsApp
	Consenting    int64 // of them with a consent that holds
}

// WhatsApp is the recipient whose transfers can be stopped.
const WhatsApp = "meta"

// StopReason is the reason of a number that is stopped with the transfers.
const StopReason = "transfers_stopped"

// Stop ends all sending of the organisation to WhatsApp at once, until Resume.
// What is queued stays; what customers write still comes in.
func (d *Register) Stop(ctx context.Context, tx store.Tx, org id.Org, by id.Account, channels []id.Channel) error {
	if _, err := tx.Exec(ctx, "INSERT INTO transfer_stop (org_id, recipient, by_id, at) VALUES (?, ?, ?, ?) ON CONFLICT DO NOTHING", org, WhatsApp, by, store.Micros(d.now())); err != nil {
		return fmt.Errorf("stop the transfers: %w", err)
	}
	for _, c := range channels {
		if err := d.channels.Stop(ctx, tx, org, c, StopReason); err != nil {
			return err
		}
	}
	return nil
}

// Resume lifts the stop. The numbers stay out of service until somebody starts
// each of them: whoever resumes must look at every one.
func (d *Register) Resume(ctx context.Context, tx store.Tx, org id.Org) error {
	_, err := tx.Exec(ctx, "DELETE FROM transfer_stop WHERE org_id = ? AND recipient = ?", org, WhatsApp)
	return err
}

// Stopped is since when the transfers to WhatsApp are stopped; zero if they are
// not.
func Stopped(ctx context.Context, r store.Reader, org id.Org) (time.Time, error) {
	var at int64
	if err := r.QueryRow(ctx, "SELECT COALESCE(MAX(at), 0) FROM transfer_stop WHERE org_id = ? AND recipient = ?", org, WhatsApp).Scan(&at); err != nil {
		return time.Time{}, fmt.Errorf("read whether the transfers are stopped: %w", err)
	}
	return store.Time(at), nil
}

// ErrStopped says that the transfers to WhatsApp are stopped.
var ErrStopped = errors.New("the transfers to WhatsApp are stopped: lift the stop first")

// MayStart refuses to put a number into service while the transfers are
// stopped.
func MayStart(ctx context.Context, tx store.Tx, org id.Org) error {
	at, err := Stopped(ctx, tx, org)
	if err == nil && !at.IsZero() {
		err = ErrStopped
	}
	return err
}

// SaveEvery is how often what left the installation is added to the register: a
// crash loses no more than the counts of a minute.
const SaveEvery = time.Minute

// Save adds what went out since the last time to the register of a day.
func Save(ctx context.Context, db *store.DB, border *egress.Border, day time.Time) error {
	counts := border.Drain()
	err := db.Write(ctx, func(ctx context.Context, tx store.Tx) error { return Record(ctx, tx, day, counts) })
	if err != nil {
		border.Restore(counts)
	}
	return err
}

// Standing asks those who know what stands still when the transfers to WhatsApp
// stop.
type Standing struct {
	Numbers interface {
		Channels(ctx context.Context, r store.Reader, org id.Org) ([]org.Channel, error)
	}
	Open, Waiting, People func(context.Context, store.Reader, id.Org) (int64, error)
	Consenting            func(context.Context, store.Reader, id.Org) ([]id.Person, error)
}

// Affected counts it.
func (s Standing) Affected(ctx context.Context, r store.Reader, org id.Org) (n Affected, err error) {
	channels, err := s.Numbers.Channels(ctx, r, org)
	if err != nil {
		return n, err
	}
	for _, c := range channels {
		if c.Active {
			n.Numbers++
		}
	}
	for _, q := range []struct {
		into  *int64
		count func(context.Context, store.Reader, id.Org) (int64, error)
	}{{&n.Conversations, s.Open}, {&n.Waiting, s.Waiting}, {&n.People, s.People}} {
		if *q.into, err = q.count(ctx, r, org); err != nil {
			return n, err
		}
	}
	consenting, err := s.Consenting(ctx, r, org)
	n.Consenting = int64(len(consenting))
	return n, err
}
