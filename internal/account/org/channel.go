package org

import (
	"context"
	"errors"
	"fmt"
	"math"
	"slices"
	"strings"
	"time"

	"einklang/internal/engine/store"
	"einklang/internal/rule/id"
)

// Channel is one of the organisation's WhatsApp numbers.
type Channel struct {
	Org            id.Org
	ID             id.Channel
	App            string // the Meta app whose secret signs its webhooks
	PhoneNumberID  string
	WABA           string // WhatsApp business account
	DisplayNumber  string
	Name           string
	Product        string // "cloud_api" (S6: the rules differ by product)
	Active         bool
	StopReason     string    // why it is not active: a stable code
	CampaignsAfter time.Time // campaigns pause until then
	PerSecond      int       // messages, as Meta allows
	Quality        string
	StorageMode    string // as Meta says: DEFAULT, IN_COUNTRY_STORAGE_ENABLED, NO_STORAGE_ENABLED
	StorageRegion  string
	AgreementUntil time.Time // data-processing agreement (GDPR Art. 28); zero = none
	Word           Word      // what Meta said of the number last
	AccountWord    Word      // and of its account; empty again when it recovered

	token []byte
}

// Word is something that Meta said of a number or of its account, in its own
// words: DOWNGRADE, ACCOUNT_RESTRICTION. Limit is how many people may be written
// to first in a day: TIER_2K.
type Word struct {
	Event, Limit string
	At, Until    time.Time // Until: when it ends, if Meta says so
}

// Shows reports whether these are the digits of the number as it is displayed.
func (c Channel) Shows(digits string) bool {
	of := func(s string) string {
		return strings.Map(func(r rune) rune {
			if r < '0' || r > '9' {
				return -1
			}
			return r
		}, s)
	}
	return digits != "" && of(c.DisplayNumber) == of(digits)
}

// AgreementValid reports whether a data-processing agreement covers the
// channel now.
func (c Channel) AgreementValid(now time.Time) bool { return now.Before(c.AgreementUntil) }

const (
	channelColumns = "org_id, id, app, phone_number_id, waba_id, display_number, name, product, token, state, stop_reason, campaigns_until, per_second, quality, storage_mode, storage_region, agreement_until"
	wordColumns    = ", said_event, said_limit, said_at, account_event, account_at, account_until"
	tokenContext   = "channel.token"
)

// InService is the chosen number if it is in service, else the first that is.
func InService(all []Channel, chosen id.Channel) (Channel, bool) {
	i := slices.IndexFunc(all, func(c Channel) bool { return c.Active && c.ID == chosen })
	if i < 0 {
		i = slices.IndexFunc(all, func(c Channel) bool { return c.Active })
	}
	if i < 0 {
		return Channel{}, false
	}
	return all[i], true
}

// noOldLane says to a node of a version before, which leases a lane in the row of
// its number, that the lane is somebody else's for ever.
const noOldLane = math.MaxInt64

// ErrNumberTaken is returned for a number that is registered already.
var ErrNumberTaken = errors.New("this phone number id is registered already")

// AddChannel registers a number with its access token.
func (r *Registry) AddChannel(ctx context.Context, c Channel, token string) (added Channel, err error) {
	err = r.db.Write(ctx, func(ctx context.Context, tx store.Tx) (err error) {
		added, err = r.AddChannelIn(ctx, tx, c, token)
		return err
	})
	return added, err
}

// AddChannelIn is AddChannel as part of a transaction.
func (r *Registry) AddChannelIn(ctx context.Context, tx store.Tx, c Channel, token string) (Channel, error) {
	c.ID = id.Channel(r.ids.New())
	if c.PerSecond == 0 {
		c.PerSecond = 80 // Cloud API: default throughput
	}
	if c.Product == "" {
		c.Product = "cloud_api"
	}
	ring, err := r.ring(ctx, tx, c.Org)
	if err != nil {
		return Channel{}, err
	}
	n, err := tx.Exec(ctx, "INSERT INTO route (kind, key, app, org_id, channel_id) VALUES ('number', ?, ?, ?, ?) ON CONFLICT DO NOTHING",
		c.PhoneNumberID, c.App, c.Org, c.ID)
	if err != nil {
		return Channel{}, err
	}
	if n == 0 {
		return Channel{}, fmt.Errorf("add a number: %w: %s", ErrNumberTaken, c.PhoneNumberID)
	}
	if _, err := tx.Exec(ctx, "INSERT INTO route (kind, key, app, org_id, channel_id) VALUES ('waba', ?, ?, ?, ?) ON CONFLICT DO NOTHING",
		c.WABA, c.App, c.Org, c.ID); err != nil {
		return Channel{}, err
	}
	_, err = tx.Exec(ctx, "INSERT INTO channel ("+channelColumns+", lane_node, lane_until, created_at) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, 'active', '', 0, ?, '', ?, ?, ?, '', ?, ?)",
		c.Org, c.ID, c.App, c.PhoneNumberID, c.WABA, c.DisplayNumber, c.Name, c.Product, ring.Seal(tokenContext, c.ID, []byte(token)),
		int64(c.PerSecond), c.StorageMode, c.StorageRegion, store.Micros(c.AgreementUntil), int64(noOldLane), store.Micros(r.now()))
	if err != nil {
		return Channel{}, fmt.Errorf("add a number: %w", err)
	}
	c.Active = true
	return c, nil
}

func scanChannel(row store.Row) (Channel, error) {
	var c Channel
	var state string
	var campaigns, perSecond, agreement, said, account, until int64
	err := row.Scan(&c.Org, &c.ID, &c.App, &c.PhoneNumberID, &c.WABA, &c.DisplayNumber, &c.Name, &c.Product, &c.token, &state,
		&c.StopReason, &campaigns, &perSecond, &c.Quality, &c.StorageMode, &c.StorageRegion, &agreement,
		&c.Word.Event, &c.Word.Limit, &said, &c.AccountWord.Event, &account, &until)
	if errors.Is(err, store.ErrNoRows) {
		return c, ErrNotFound
	}
	c.Active, c.PerSecond = state == "active", int(perSecond)
	c.CampaignsAfter, c.AgreementUntil = store.Time(campaigns), store.Time(agreement)
	c.Word.At, c.AccountWord.At, c.AccountWord.Until = store.Time(said), store.Time(account), store.Time(until)
	return c, err
}

// Channel reads one number of an organisation.
func (r *Registry) Channel(ctx context.Context, rd store.Reader, org id.Org, channel id.Channel) (Channel, error) {
	return scanChannel(rd.QueryRow(ctx, "SELECT "+channelColumns+wordColumns+" FROM channel WHERE org_id = ? AND id = ?", org, channel))
}

// Channels reads the numbers of an organisation, the oldest first.
func (r *Registry) Channels(ctx context.Context, rd store.Reader, org id.Org) ([]Channel, error) {
	return store.Collect(ctx, rd, scanChannel, "SELECT "+channelColumns+wordColumns+" FROM channel WHERE org_id = ? ORDER BY id", org)
}

// AllChannels reads every number of the installation: each has a lane.
func (r *Registry) AllChannels(ctx context.Context, rd store.Reader) ([]Channel, error) {
	return store.Collect(ctx, rd, scanChannel, "SELECT "+channelColumns+wordColumns+" FROM channel ORDER BY org_id, id")
}

// Token opens the access token of a number.
func (r *Registry) Token(ctx context.Context, rd store.Reader, c Channel) (string, error) {
	ring, err := r.ring(ctx, rd, c.Org)
	if err != nil {
		return "", err
	}
	plain, err := ring.Open(tokenContext, c.ID, c.token)
	if err != nil {
		return "", fmt.Errorf("open the access token of a number: %w", err)
	}
	return string(plain), nil
}

// Stop takes a number out of service, with a stable code as reason; nothing
// that is queued is lost.
func (r *Registry) Stop(ctx context.Context, tx store.Tx, org id.Org, channel id.Channel, reason string) error {
	_, err := tx.Exec(ctx, "UPDATE channel SET state = 'stopped', stop_reason = ? WHERE org_id = ? AND id = ?", reason, org, channel)
	return err
}

// ErrNoAgreement says that without a valid data-processing agreement no number goes into
// service (GDPR Art. 28).
var ErrNoAgreement = errors.New("no valid data-processing agreement covers this number: enter it in the register of processors first")

// Guard adds a condition that must hold before a number goes into service.
func (r *Registry) Guard(may func(ctx context.Context, tx store.Tx, org id.Org) error) {
	r.guards = append(r.guards, may)
}

func (r *Registry) mayStart(ctx context.Context, tx store.Tx, org id.Org, channel id.Channel) error {
	c, err := r.Channel(ctx, tx, org, channel)
	if err != nil {
		return err
	}
	if !c.AgreementValid(r.now()) {
		return ErrNoAgreement
	}
	for _, may := range r.guards {
		if err := may(ctx, tx, org); err != nil {
			return err
		}
	}
	return nil
}

// Start puts a number back into service, perhaps with a new access token. It
// fails with ErrNoAgreement, or with what a guard says.
func (r *Registry) Start(ctx context.Context, tx store.Tx, org id.Org, channel id.Channel, token string) error {
	if err := r.mayStart(ctx, tx, org, channel); err != nil {
		return err
	}
	if token != "" {
		ring, err := r.ring(ctx, tx, org)
		if err != nil {
			return err
		}
		if _, err := tx.Exec(ctx, "UPDATE channel SET token = ? WHERE org_id = ? AND id = ?", ring.Seal(tokenContext, channel, []byte(token)), org, channel); err != nil {
			return err
		}
	}
	_, err := tx.Exec(ctx, "UPDATE channel SET state = 'active', stop_reason = '' WHERE org_id = ? AND id = ?", org, channel)
	return err
}

// PauseCampaigns holds campaigns on a number back until a moment, or for longer
// if something else does so already.
func (r *Registry) PauseCampaigns(ctx context.Context, tx store.Tx, org id.Org, channel id.Channel, until time.Time) error {
	_, err := tx.Exec(ctx, "UPDATE channel SET campaigns_until = ? WHERE org_id = ? AND id = ? AND campaigns_until < ?", store.Micros(until), org, channel, store.Micros(until))
	return err
}

// Said notes what Meta said of a number. An empty limit leaves the one that is
// known.
func (r *Registry) Said(ctx context.Context, tx store.Tx, org id.Org, channel id.Channel, w Word) error {
	_, err := tx.Exec(ctx, "UPDATE channel SET said_event = ?, said_limit = CASE WHEN ? = '' THEN said_limit ELSE ? END, said_at = ? WHERE org_id = ? AND id = ? AND said_at <= ?",
		w.Event, w.Limit, w.Limit, store.Micros(w.At), org, channel, store.Micros(w.At))
	return err
}

// LimitSaid notes how many people a business may write to first in a day, on all
// numbers of its account.
func (r *Registry) LimitSaid(ctx context.Context, tx store.Tx, org id.Org, waba, limit string, at time.Time) error {
	_, err := tx.Exec(ctx, "UPDATE channel SET said_limit = ?, said_at = ? WHERE org_id = ? AND waba_id = ? AND said_at <= ?", limit, store.Micros(at), org, waba, store.Micros(at))
	return err
}

// byAccount is the reason for which a number stands still while Meta restricts
// its account.
const byAccount = "restricted"

// AccountSaid notes what Meta said of a business account, on all of its numbers:
// campaigns stop, and if nothing may be sent at all, the numbers do.
func (r *Registry) AccountSaid(ctx context.Context, tx store.Tx, org id.Org, waba string, w Word, stops bool) error {
	pause := w.Until
	if pause.IsZero() {
		pause = w.At.AddDate(100, 0, 0) // until Meta says something else
	}
	return r.ofAccount(ctx, tx, org, waba, w.At, func(c Channel) error {
		_, err := tx.Exec(ctx, "UPDATE channel SET account_event = ?, account_at = ?, account_until = ? WHERE org_id = ? AND id = ?",
			w.Event, store.Micros(w.At), store.Micros(w.Until), org, c.ID)
		if err == nil {
			err = r.PauseCampaigns(ctx, tx, org, c.ID, pause)
		}
		if err == nil && stops && c.Active {
			err = r.Stop(ctx, tx, org, c.ID, byAccount)
		}
		return err
	})
}

// AccountRecovered ends what AccountSaid began. A number goes back into service
// if nothing else is against it.
func (r *Registry) AccountRecovered(ctx context.Context, tx store.Tx, org id.Org, waba string, at time.Time) error {
	return r.ofAccount(ctx, tx, org, waba, at, func(c Channel) error {
		if c.AccountWord.Event == "" {
			return nil
		}
		if _, err := tx.Exec(ctx, "UPDATE channel SET account_event = '', account_at = ?, account_until = 0, campaigns_until = 0 WHERE org_id = ? AND id = ?", store.Micros(at), org, c.ID); err != nil {
			return err
		}
		if c.Active || c.StopReason != byAccount || r.mayStart(ctx, tx, org, c.ID) != nil {
			return nil
		}
		return r.Start(ctx, tx, org, c.ID, "")
	})
}

// ofAccount does something to each number of an account, unless later news of
// it has been heard.
func (r *Registry) ofAccount(ctx context.Context, tx store.Tx, org id.Org, waba string, at time.Time, do func(Channel) error) error {
	all, err := r.Channels(ctx, tx, org)
	if err != nil {
		return err
	}
	for _, c := range all {
		if c.WABA != waba || c.AccountWord.At.After(at) {
			continue
		}
		if err := do(c); err != nil {
			return fmt.Errorf("note what Meta says of an account: %w", err)
		}
	}
	return nil
}

// SetStorage notes how Meta keeps the content of a number's messages.
func (r *Registry) SetStorage(ctx context.Context, tx store.Tx, org id.Org, channel id.Channel, mode, region string) error {
	_, err := tx.Exec(ctx, "UPDATE channel SET storage_mode = ?, storage_region = ? WHERE org_id = ? AND id = ?", mode, region, org, channel)
	return err
}

// SetAgreement records until when a data-processing agreement covers a number.
func (r *Registry) SetAgreement(ctx context.Context, tx store.Tx, org id.Org, channel id.Channel, until time.Time) error {
	_, err := tx.Exec(ctx, "UPDATE channel SET agreement_until = ? WHERE org_id = ? AND id = ?", store.Micros(until), org, channel)
	return err
}
