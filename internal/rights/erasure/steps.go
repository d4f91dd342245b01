package erasure

import (
	"slices"
	"time"

	"einklang/internal/rule/backoff"
)

// Step is a step of the procedure.
type Step string

// The steps.
const (
	Keep    Step = "keep"
	Destroy Step = "destroy"
	Delete  Step = "delete"
	Sweep   Step = "sweep"
	Clean   Step = "clean"
	Tell    Step = "tell"
	Prove   Step = "prove"
	Done    Step = "done"
)

// Steps lists the steps in their order. Keys go before rows, so that the
// person is unreadable at once; what is ours goes before what is others', so
// that a recipient who does not answer holds up nothing.
func Steps() []Step { return []Step{Keep, Destroy, Delete, Sweep, Clean, Tell, Prove, Done} }

// next is the step after a step.
func next(s Step) Step {
	all := Steps()
	return all[min(slices.Index(all, s)+1, len(all)-1)]
}

// Unreadable reports whether, at this step, the keys are destroyed.
func (s Step) Unreadable() bool {
	return slices.Index(Steps(), s) > slices.Index(Steps(), Destroy)
}

const (
	// giveUpAfter is how long a recipient is asked again. What Meta keeps of a
	// phone number without us lasts as long (about 30 days).
	giveUpAfter = 30 * 24 * time.Hour
)

// pause before the next attempt of a step, or to tell a recipient.
var pause = backoff.Pause{First: time.Second, Most: 6 * time.Hour}

// State is what became of telling a recipient.
type State string

// The states.
const (
	Waiting    State = "waiting"
	Told       State = "told"
	Refused    State = "refused"    // answered that it will or can not
	Unanswered State = "unanswered" // given up
)

// Answer is what a recipient said.
type Answer struct {
	State State  // Told or Refused; Waiting: not yet, ask again
	Code  string // short, nothing personal: "deleted", "not_there", …
}

// outcome decides what one attempt to tell a recipient leads to; wait is how
// long to wait if it is not the last. An error means
// that there was no answer.
func outcome(a Answer, err error, wait time.Duration, since, now time.Time) (state State, code string, again time.Time) {
	switch {
	case err == nil && a.State != Waiting:
		return a.State, a.Code, time.Time{}
	case now.Sub(since) >= giveUpAfter:
		return Unanswered, "no_answer", time.Time{}
	case err == nil:
		return Waiting, a.Code, now.Add(wait)
	default:
		return Waiting, "no_answer", now.Add(wait)
	}
}
