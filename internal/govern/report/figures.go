// Package report counts how the work goes: messages by the hour, how long
// customers wait for the first answer and for the end of their matter, what is
// open, what arrives and is read.
//
// A day is counted once and kept as figures; a report adds days up, so its cost
// does not grow with the number of messages that the company has. Figures hold
// nothing about customers. What staff do is shown only for five people or more
// together (see Hidden).
package report

import (
	"slices"
	"time"

	"einklang/internal/rule/id"
)

// Day is what happened on one day, or on several added up.
type Day struct {
	In       [24]int64           `json:"in"`  // messages from customers by hour
	Out      [24]int64           `json:"out"` // messages to customers by hour
	Channels map[id.Channel]Flow `json:"channels"`
	Teams    map[id.Team]Effort  `json:"teams"` // the zero id: of no team
}

// Flow is what went through a number.
type Flow struct {
	In        int64 `json:"in"`
	Out       int64 `json:"out"`
	Sent      int64 `json:"sent"` // accepted by WhatsApp
	Delivered int64 `json:"delivered"`
	Read      int64 `json:"read"` // by customers who let others see it
	Failed    int64 `json:"failed"`
}

func (f Flow) plus(o Flow) Flow {
	return Flow{f.In + o.In, f.Out + o.Out, f.Sent + o.Sent, f.Delivered + o.Delivered, f.Read + o.Read, f.Failed + o.Failed}
}

// Effort is what staff did for the conversations of a team.
type Effort struct {
	First    Waits        `json:"first"`    // until the first answer, in working time
	Resolved Waits        `json:"resolved"` // from the first message to the closing, in working time
	Due      int64        `json:"due"`      // first answers for which there was a target
	Within   int64        `json:"within"`   // of them, given in time
	Staff    []id.Account `json:"staff"`    // from whom the figures come
}

// Plus adds efforts up.
func (e Effort) Plus(o Effort) Effort {
	e.First, e.Resolved = e.First.plus(o.First), e.Resolved.plus(o.Resolved)
	e.Due, e.Within = e.Due+o.Due, e.Within+o.Within
	e.Staff = slices.Clone(e.Staff)
	for _, one := range o.Staff {
		e.by(one)
	}
	return e
}

// by notes that a member of staff is among those from whom the figures come.
func (e *Effort) by(account id.Account) {
	if !account.IsZero() && !slices.Contains(e.Staff, account) {
		e.Staff = append(e.Staff, account)
	}
}

// Plus adds days up.
func (d Day) Plus(o Day) Day {
	for h := range d.In {
		d.In[h] += o.In[h]
		d.Out[h] += o.Out[h]
	}
	d.Channels, d.Teams = merged(d.Channels, o.Channels, Flow.plus), merged(d.Teams, o.Teams, Effort.Plus)
	return d
}

func merged[K comparable, V any](a, b map[K]V, plus func(V, V) V) map[K]V {
	sum := make(map[K]V, len(a)+len(b))
	for k, v := range a {
		sum[k] = v
	}
	for k, v := range b {
		sum[k] = plus(sum[k], v)
	}
	return sum
}

// limits are the upper ends of the stretches into which waits are sorted; the
// last stretch has none.
var limits = [...]time.Duration{5 * time.Minute, 15 * time.Minute, 30 * time.Minute, time.Hour, 2 * time.Hour, 4 * time.Hour,
	8 * time.Hour, 24 * time.Hour, 48 * time.Hour, 7 * 24 * time.Hour}

// Limits are the upper ends of the stretches into which waits are sorted.
func Limits() []time.Duration { return slices.Clone(limits[:]) }

// Waits counts waits by their length.
type Waits [len(limits) + 1]int64

// Add counts a wait.
func (w *Waits) Add(d time.Duration) {
	i, _ := slices.BinarySearch(limits[:], d)
	w[i]++
}

func (w Waits) plus(o Waits) Waits {
	for i := range w {
		w[i] += o[i]
	}
	return w
}

// N is how many waits there were.
func (w Waits) N() (n int64) {
	for _, one := range w {
		n += one
	}
	return n
}

// Quantile is the length that a share of the waits did not exceed, such as 0.5
// for the median, estimated within its stretch; zero without waits. A wait
// beyond the last limit counts as the limit.
func (w Waits) Quantile(share float64) time.Duration {
	rank := share * float64(w.N())
	if rank <= 0 {
		return 0
	}
	var before, low float64
	for i, limit := range limits {
		n := float64(w[i])
		if before+n >= rank {
			return time.Duration(low + (float64(limit)-low)*(rank-before)/n)
		}
		before, low = before+n, float64(limit)
	}
	return limits[len(limits)-1]
}
