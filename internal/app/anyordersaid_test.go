package app_test

import (
	"context"
	"slices"
	"strings"
	"time"

	"pgregory.net/rapid"

	"einklang/internal/consent/optin"
	"einklang/internal/engine/store"
	"einklang/internal/messaging/draft"
	"einklang/internal/rule/gate"
	"einklang/internal/rule/id"
)

// begun is what a member of staff began to write to somebody.
type begun struct {
	by    id.Account
	words []string
	at    time.Time
}

// stance is the word of a person on a purpose: no restore undoes a no.
type stance struct {
	record  id.Person
	purpose string
	yes     bool
}

var purposes = []string{optin.Service, optin.Marketing}

// begins: one of two members of staff begins to write, or goes on.
func (w *world) begins() {
	by := rapid.SampledFrom([]id.Account{w.staff, w.colleague}).Draw(w.rt, "by")
	if p := w.somebody("person"); !p.IsZero() {
		w.beginsTo(p, by)
	}
}

func (w *world) beginsTo(p id.Person, by id.Account) {
	word := w.word()
	w.do(func(ctx context.Context, tx store.Tx) error {
		k, err := w.People.Get(ctx, tx, w.Org.ID, p)
		if err != nil {
			return err
		}
		return w.Drafts.Save(ctx, tx, k, w.place(p, by), draft.Draft{Text: word})
	})
	h := w.people[p]
	h.drafts = slices.DeleteFunc(h.drafts, func(b begun) bool { return b.by == by })
	h.drafts = append(h.drafts, begun{by, []string{word}, w.Clock.Now()})
}

func (w *world) place(p id.Person, by id.Account) draft.Place {
	return draft.Place{Org: w.Org.ID, Contact: p, Channel: w.Channel.ID, Account: by}
}

// discards takes out what a member of staff has thrown away.
func (w *world) discards() {
	p := w.somebody("person")
	if p.IsZero() || len(w.people[p].drafts) == 0 {
		return
	}
	gone := w.people[p].drafts[0]
	w.do(func(ctx context.Context, tx store.Tx) error { return w.Drafts.Delete(ctx, tx, w.place(p, gone.by)) })
	w.people[p].drafts = w.people[p].drafts[1:]
}

// together are the drafts of two who have become one: of somebody who began to write
// to both, no word is lost.
func together(stays, goes []begun) []begun {
	all := slices.Clone(stays)
	for _, g := range goes {
		at := slices.IndexFunc(all, func(b begun) bool { return b.by == g.by })
		if at < 0 {
			all = append(all, g)
			continue
		}
		all[at].words = slices.Concat(all[at].words, g.words)
		if g.at.After(all[at].at) {
			all[at].at = g.at
		}
	}
	return all
}

func (w *world) agrees() {
	if p, purpose := w.somebody("person"), rapid.SampledFrom(purposes).Draw(w.rt, "purpose"); !p.IsZero() {
		w.says(p, purpose, true)
	}
}

// withdraws: one purpose, and leaves the other as it was.
func (w *world) withdraws() {
	if p, purpose := w.somebody("person"), rapid.SampledFrom(purposes).Draw(w.rt, "purpose"); !p.IsZero() {
		w.says(p, purpose, false)
	}
}

// says: a person agrees to a purpose, or ends it.
func (w *world) says(p id.Person, purpose string, yes bool) {
	w.Clock.Advance(time.Second) // what is said last holds
	w.people[p].agreed++
	w.stances = append(w.stances, stance{p, purpose, yes})
	if yes {
		w.Agree(w.t, p, purpose)
		return
	}
	w.do(func(ctx context.Context, tx store.Tx) error {
		k, err := w.People.Get(ctx, tx, w.Org.ID, p)
		if err == nil {
			_, err = w.Consents.Withdraw(ctx, tx, w.Org.ID, k, optin.Event{Purpose: purpose, Source: optin.FromLink})
		}
		return err
	})
}

// last is what was said last of a purpose in some records.
func (w *world) last(purpose string, records []id.Person) (s stance, said bool) {
	for _, s := range slices.Backward(w.stances) {
		if s.purpose == purpose && slices.Contains(records, s.record) {
			return s, true
		}
	}
	return s, false
}

// lookAtDrafts: what was begun is there, as it was written.
func (w *world) lookAtDrafts(p id.Person, h *hers) {
	k, err := w.People.Get(w.t.Context(), w.DB, w.Org.ID, p)
	w.must(err)
	for _, by := range []id.Account{w.staff, w.colleague} {
		want := ""
		if at := slices.IndexFunc(h.drafts, func(b begun) bool { return b.by == by }); at >= 0 {
			want = strings.Join(h.drafts[at].words, "\n\n")
		}
		d, err := w.Drafts.Get(w.t.Context(), w.DB, k, w.place(p, by))
		if err != nil || d.Text != want {
			w.t.Errorf("the draft of %s for %s is %q, want %q: %v", by, p, d.Text, want, err)
		}
	}
}

// lookAtStances: a no that was said last holds, whatever was restored since, and
// in every record that is linked with hers; a yes that was said last has not
// become a no.
func (w *world) lookAtStances(p id.Person, h *hers) {
	own, err := w.Consents.States(w.t.Context(), w.DB, w.Org.ID, p)
	w.must(err)
	force, err := w.Consents.InForce(w.t.Context(), w.DB, w.Org.ID, p)
	w.must(err)
	for _, purpose := range purposes {
		records := h.records
		last, said := w.last(purpose, records)
		if state := stanceOf(own, purpose); said && !last.yes && state == gate.ConsentGranted || said && last.yes && !w.restored && state != gate.ConsentGranted {
			w.t.Errorf("%s of %s is %q, and she said last: %t", purpose, p, state, last.yes)
		}
		for _, l := range w.links {
			if l.stays != p && l.goes != p {
				continue
			}
			both := slices.Concat(w.people[l.stays].records, w.people[l.goes].records)
			if last, said := w.last(purpose, both); said && !last.yes && stanceOf(force[p], purpose) == gate.ConsentGranted {
				w.t.Errorf("%s of %s holds, and was ended in the linked record %s", purpose, p, last.record)
			}
		}
	}
}

func stanceOf(all []optin.State, purpose string) gate.ConsentState {
	at := slices.IndexFunc(all, func(s optin.State) bool { return s.Purpose == purpose })
	if at < 0 {
		return gate.ConsentNone
	}
	return all[at].State
}
