package outbox

import (
	"context"
	"errors"
	"time"

	"golang.org/x/time/rate"

	"einklang/internal/account/org"
	"einklang/internal/engine/store"
	"einklang/internal/engine/vault"
	"einklang/internal/person/chat"
	"einklang/internal/rule/id"
)

const (
	leaseLife   = 15 * time.Second // after which another node may take a lane over
	leaseRenew  = 5 * time.Second
	idlePoll    = time.Second // how often a lane looks for what other nodes queued
	inFlight    = 128         // calls of one number at the same time
	claimMost   = 64          // messages taken in one transaction
	superviseAt = 2 * time.Second
	callTimeout = 30 * time.Second
)

// lane sends the messages of one phone number: ordered for each recipient,
// limited in rate, replies before campaigns. Over all nodes a number has one
// owner, by a lease.
type lane struct {
	o        *Outbox
	org      id.Org
	channel  id.Channel
	poke     chan struct{}
	freed    chan id.Message          // the outcome of a call is stored
	flying   map[id.Message]time.Time // calls under way, and since when
	outcomes chan outcome             // of calls that have ended
	doubt    bool                     // a claim failed, but may have been stored
	limit    *rate.Limiter
	pace     *pace
	mended   time.Time
	places   int       // calls that were given a place, of the last eight
	lease    int64     // its number; 0: another node has the lane
	renewed  time.Time // when we last asked for it
}

// Run sends until ctx ends, then waits for the calls under way.
func (o *Outbox) Run(ctx context.Context) {
	running := make(chan struct{}, 1<<16)
	started := 0
	tick := time.NewTicker(superviseAt)
	defer tick.Stop()
	for {
		channels, err := o.Registry.AllChannels(ctx, o.DB)
		if err != nil && ctx.Err() == nil {
			o.Log.Error("the lanes cannot be listed; trying again", "error", err)
		}
		for _, c := range channels {
			if l := o.newLane(c); l != nil {
				started++
				go func() {
					l.run(ctx)
					running <- struct{}{}
				}()
			}
		}
		select {
		case <-ctx.Done():
			for range started {
				<-running
			}
			return
		case <-tick.C:
		case <-o.newcomer:
		}
	}
}

func (o *Outbox) newLane(c org.Channel) *lane {
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.lanes[c.ID] != nil {
		return nil
	}
	full := rate.Limit(c.PerSecond)
	l := &lane{o: o, org: c.Org, channel: c.ID, poke: make(chan struct{}, 1), freed: make(chan id.Message, inFlight), flying: map[id.Message]time.Time{}, outcomes: make(chan outcome, inFlight),
		pace: newPace(full, o.Now), limit: rate.NewLimiter(full, max(1, c.PerSecond/10))}
	o.lanes[c.ID] = l
	return l
}

// wake tells a lane that there may be something to send.
func (o *Outbox) wake(channel id.Channel) {
	o.mu.Lock()
	l := o.lanes[channel]
	o.mu.Unlock()
	if l == nil { // a number registered a moment ago
		select {
		case o.newcomer <- struct{}{}:
		default:
		}
		return
	}
	select {
	case l.poke <- struct{}{}:
	default:
	}
}

func (l *lane) run(ctx context.Context) {
	go l.settler()
	defer l.drain()
	for ctx.Err() == nil {
		more, err := l.turn(ctx)
		if err != nil && ctx.Err() == nil {
			l.o.Log.Error("a lane stumbled; trying again", "channel", l.channel.String(), "error", err)
		}
		l.wait(ctx, more && err == nil)
	}
}

// turn holds the lease and sends what is due and allowed now. It reports
// whether more may be waiting.
func (l *lane) turn(ctx context.Context) (more bool, err error) {
	held, err := l.hold(ctx)
	if err != nil || !held {
		return false, err
	}
	room, knock := l.pace.room(len(l.flying), l.oldest())
	if knock {
		return false, l.knock(ctx)
	}
	l.limit.SetLimit(l.pace.limit())
	free := min(room, inFlight-len(l.flying), int(l.limit.Tokens()), claimMost)
	if free <= 0 {
		return room > 0, nil
	}
	if err := l.mend(ctx); err != nil {
		return false, err
	}
	calls, more, err := l.claim(ctx, free)
	switch {
	case errors.Is(err, errOvertaken):
		l.lease = 0 // and so nothing was marked
		l.o.Log.Info("another node has taken a lane over", "channel", l.channel.String())
		return false, nil
	case errors.Is(err, errClock):
		l.lease = 0
		return false, nil
	case err != nil:
		l.doubt = true
		return false, err
	}
	l.doubt = false
	l.limit.AllowN(time.Now(), len(calls))
	for _, c := range calls {
		l.flying[c.id] = l.o.Now()
		go func() { l.outcomes <- l.call(ctx, c) }()
	}
	return more, nil
}

// oldest is since when the oldest call is under way.
func (l *lane) oldest() (at time.Time) {
	for _, began := range l.flying {
		if at.IsZero() || began.Before(at) {
			at = began
		}
	}
	return at
}

// knockWithin is how long Meta may take to say that it is there.
const knockWithin = 10 * time.Second

// knock reads the number, to see whether Meta answers again.
func (l *lane) knock(ctx context.Context) error {
	channel, err := l.o.Registry.Channel(ctx, l.o.DB, l.org, l.channel)
	if err != nil || !channel.Active {
		return err
	}
	token, err := l.o.Registry.Token(ctx, l.o.DB, channel)
	if err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(ctx, knockWithin)
	defer cancel()
	_, err = l.o.Client.Number(channel.PhoneNumberID, token).Info(ctx)
	l.pace.knocked(err, l.channel.String())
	if answered(err) {
		l.o.Log.Info("WhatsApp answers again", "channel", l.channel.String())
	}
	return nil
}

// wait sleeps until there is something to do.
func (l *lane) wait(ctx context.Context, more bool) {
	pause := idlePoll
	if more {
		pause = 2 * time.Millisecond
		if l.limit.Tokens() < 1 {
			pause = max(pause, time.Duration(float64(time.Second)/float64(l.limit.Limit())))
		}
		if len(l.flying) == inFlight {
			pause = idlePoll
		}
	}
	timer := time.NewTimer(pause)
	defer timer.Stop()
	select {
	case <-ctx.Done():
	case <-l.poke:
	case call := <-l.freed:
		delete(l.flying, call)
		l.landed()
	case <-timer.C:
	}
}

// landed takes note of all calls that have ended.
func (l *lane) landed() {
	for {
		select {
		case call := <-l.freed:
			delete(l.flying, call)
		default:
			return
		}
	}
}

// drain waits for the calls under way and gives the lease back.
//
//nolint:contextcheck // what is under way is finished, also at the end
func (l *lane) drain() {
	for len(l.flying) > 0 {
		delete(l.flying, <-l.freed)
	}
	close(l.outcomes)
	ctx, cancel := context.WithTimeout(context.Background(), 5*time.Second)
	defer cancel()
	err := l.release(ctx)
	if err != nil && !errors.Is(err, store.ErrClosed) {
		l.o.Log.Warn("a lane could not be given back; another node takes it over when the lease ends", "channel", l.channel.String(), "error", err)
	}
}

// uncertain notes that a call may or may not have arrived. It is not made
// again, so a secret is not needed any more.
func (o *Outbox) uncertain(ctx context.Context, tx store.Tx, orgID id.Org, channel id.Channel, message id.Message) error {
	now := o.Now()
	if _, err := tx.Exec(ctx, "UPDATE outbox SET state = 'uncertain', secret = NULL, changed_at = ?, not_before = ?, turn = 0 WHERE org_id = ? AND channel_id = ? AND id = ?",
		store.Micros(now), store.Micros(now.Add(uncertainHolds)), orgID, channel, message); err != nil {
		return err
	}
	if err := vault.DestroyFleeting(ctx, tx, orgID, message); err != nil {
		return err
	}
	return o.Threads.Progress(ctx, tx, orgID, chat.Progress{Message: message, State: chat.Uncertain})
}
