package audit

import (
	"context"
	"errors"
	"sync/atomic"
	"time"

	"einklang/internal/engine/store"
	"einklang/internal/rule/id"
)

// ErrTwice is returned when an act that is on the disk is written once more:
// what belongs to it, but is no act, is written to the database itself.
var ErrTwice = errors.New("this act is written down already")

// Act is one thing that somebody does, from the moment at which a door is
// opened for it. Whoever does it writes through it: what is written and the
// entry about it are one transaction.
//
//	err := act.Write(ctx, func(ctx context.Context, tx store.Tx) error { … })
//
// It is a [store.Writer], so an owner who opens his transaction himself is
// given the act in place of the database.
type Act struct {
	log   *Log
	deed  Deed
	org   id.Org
	other bool   // something else came about than the rule says
	words uint64 // tells apart what was searched for
	done  atomic.Bool
	entry id.Entry // of a long act that has begun
}

// Begin makes the Act of a rule. Where the organisation or the actor is not
// known yet, [Act.By] says so later.
func (l *Log) Begin(org id.Org, by Actor, rule Rule, objects ...id.Any) *Act {
	return &Act{log: l, org: org, deed: Deed{By: by, Act: rule.Act, Kind: rule.Object, Objects: named(objects)}}
}

// By says who acts, in which organisation.
func (a *Act) By(org id.Org, by Actor) *Act {
	a.org, a.deed.By = org, by
	return a
}

// On says what the act is about.
func (a *Act) On(kind Object, objects ...id.Any) *Act {
	a.deed.Kind, a.deed.Objects = kind, named(objects)
	return a
}

// As says that something else came about than the rule says; the rule names it
// too, with [Rule.Or].
func (a *Act) As(act string) *Act {
	a.deed.Act, a.other = act, true
	return a
}

// Found says how many hits a search had. What was searched for is not kept: it
// is the name of a person more often than not. Each other search is an entry.
func (a *Act) Found(words string, hits int) { a.deed.Hits, a.words = &hits, a.log.hour.hash(words) }

// Searched writes down that people were searched for on the way to something
// else, as [Act.Found] says of a page that is for searching.
func (a *Act) Searched(words string, hits int) {
	search := &Act{log: a.log, org: a.org, deed: Deed{By: a.deed.By, Act: Searched}}
	search.Found(words, hits)
	search.Seen()
}

// Searched is the act of searching for people and messages.
const Searched = "searched"

// Void says that nothing was done that the log should tell of: an empty form was
// shown.
func (a *Act) Void() { a.deed.Act = "" }

// Done reports whether the entry is on the disk.
func (a *Act) Done() bool { return a.done.Load() }

// CameAbout reports whether the log says that what the rule speaks of was done.
func (a *Act) CameAbout() bool { return a.Done() && !a.other }

// Write does fn, adds the entry, and commits both together.
func (a *Act) Write(ctx context.Context, fn func(context.Context, store.Tx) error) error {
	return a.write(ctx, func(ctx context.Context, tx store.Tx) (bool, error) { return true, fn(ctx, tx) })
}

// Note adds the entry alone: of what changes nothing here, because it was done
// elsewhere or hands out only.
func (a *Act) Note(ctx context.Context) error {
	return a.write(ctx, func(context.Context, store.Tx) (bool, error) { return true, nil })
}

// WriteIf is Write for what may be refused and keeps the refusal: fn says
// whether it came about. The entry is added only if it did.
func (a *Act) WriteIf(ctx context.Context, fn func(context.Context, store.Tx) (bool, error)) error {
	return a.write(ctx, fn)
}

// calls is how many calls lie between the one who acts and the database.
const calls = 2

func (a *Act) write(ctx context.Context, fn func(context.Context, store.Tx) (bool, error)) error {
	if a.Done() {
		return ErrTwice
	}
	return a.log.DB.WriteFor(ctx, calls, func(ctx context.Context, tx store.Tx) error {
		happened, err := fn(ctx, tx)
		if err != nil || !happened {
			return err
		}
		return a.Enter(ctx, tx)
	})
}

// Enter adds the entry to a transaction that somebody else has opened.
func (a *Act) Enter(ctx context.Context, tx store.Tx) error {
	if a.Done() {
		return ErrTwice
	}
	if err := a.log.Write(ctx, tx, a.org, a.deed); err != nil {
		return err
	}
	tx.AfterCommit(func() { a.done.Store(true) })
	return nil
}

// After writes the entry down when the answer is out, and nobody waits for it:
// of an attempt that failed, so that its answer takes no longer than another's.
func (a *Act) After() {
	a.log.later(func(ctx context.Context) {
		if err := a.log.DB.Write(ctx, a.Enter); err != nil {
			a.log.Log.Error("an attempt could not be written down", "act", a.deed.Act, "error", err)
		}
	})
}

// Behind does what changes something when the answer is out, and nobody waits for
// it: so that the answer takes no longer where there is something to do than where
// there is not. Do writes through the act.
func (a *Act) Behind(do func(ctx context.Context) error) {
	a.log.later(func(ctx context.Context) {
		if err := do(ctx); err != nil {
			a.log.Log.Error("what was asked for could not be done", "act", a.deed.Act, "error", err)
		}
	})
}

// Seen writes a view down, once in an hour for who looks and what is said about
// it. It is called when the answer is out, and nobody waits for it: if the
// database takes no writes, people can still read.
func (a *Act) Seen() { a.once(&a.log.hour, time.Hour, 0) }

// Fetched writes down that a machine has fetched the state of something: once a
// day for each state, so that a phone that asks every few minutes stands in the
// log when there was something new, and once a day else.
func (a *Act) Fetched(state int64) { a.once(&a.log.day, 24*time.Hour, state) }

func (a *Act) once(w *window, length time.Duration, state int64) {
	if a.org.IsZero() || a.deed.By.Who == "" || a.deed.Act == "" {
		return // nobody has shown who she is, or there is nothing to tell
	}
	s := sight{by: a.deed.By, act: a.deed.Act, state: state, hits: -1, words: a.words}
	if len(a.deed.Objects) > 0 {
		s.object = a.deed.Objects[0]
	}
	if a.deed.Hits != nil {
		s.hits = *a.deed.Hits
	}
	if !w.fresh(a.log.Now().UnixNano()/int64(length), s) {
		return
	}
	a.log.later(func(ctx context.Context) {
		if err := a.log.DB.Write(ctx, a.Enter); err != nil {
			w.unsee(s)
			a.log.Log.Error("what was seen could not be written down", "act", a.deed.Act, "error", err)
		}
	})
}

// named are objects as the log names them: their kind stands beside them.
func named(objects []id.Any) []id.ID {
	all := make([]id.ID, len(objects))
	for i, o := range objects {
		all[i] = id.ID(o)
	}
	return all
}
