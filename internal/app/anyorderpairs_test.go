package app_test

import (
	"context"
	"errors"
	"maps"
	"slices"
	"time"

	"pgregory.net/rapid"

	"einklang/internal/engine/store"
	"einklang/internal/person/link"
	"einklang/internal/rights/erasure"
	"einklang/internal/rights/retention"
	"einklang/internal/rule/gate"
	"einklang/internal/rule/id"
)

// pairs are what must go well together and seldom meets by chance. Each begins
// with two people who are there and not linked, and leaves the office in some
// state that the model knows.
var pairs = []func(w *world, stays, goes id.Person){
	func(w *world, stays, goes id.Person) { // a draft goes along
		w.link(stays, goes)
		w.beginsTo(goes, w.staff)
		w.one()
	},
	func(w *world, stays, goes id.Person) { // two drafts of one colleague become one, of two stay two
		w.link(stays, goes)
		w.beginsTo(stays, w.staff)
		w.beginsTo(goes, w.staff)
		w.beginsTo(goes, w.colleague)
		w.one()
	},
	func(w *world, stays, goes id.Person) { // who becomes part of another said no last
		w.says(stays, purposes[0], true)
		w.says(goes, purposes[0], true)
		w.link(stays, goes)
		w.says(goes, purposes[0], false)
		w.lookAtStances(stays, w.people[stays])
		w.one()
	},
	func(w *world, stays, goes id.Person) { // who stays said no last
		w.says(goes, purposes[1], true)
		w.link(stays, goes)
		w.says(stays, purposes[1], false)
		w.one()
		w.lookAtStances(stays, w.people[stays])
	},
	func(w *world, stays, goes id.Person) { // undone at once, a no of the other holds for her alone
		w.says(stays, purposes[1], true)
		w.link(stays, goes)
		w.says(goes, purposes[1], false)
		w.lookAtStances(stays, w.people[stays])
		w.undo(len(w.links) - 1)
		force, err := w.Consents.InForce(w.t.Context(), w.DB, w.Org.ID, stays)
		w.must(err)
		alone := !slices.ContainsFunc(w.links, func(l joining) bool { return l.stays == stays || l.goes == stays })
		if last, _ := w.last(purposes[1], w.people[stays].records); alone && last.yes && stanceOf(force[stays], purposes[1]) != gate.ConsentGranted {
			w.t.Errorf("the no of one who is linked no more holds for %s", stays)
		}
	},
	func(w *world, stays, goes id.Person) { // a hold goes along, and keeps both
		hold := w.holds(goes)
		w.link(stays, goes)
		w.one()
		err := w.DB.Write(w.t.Context(), func(ctx context.Context, tx store.Tx) error {
			_, err := w.Erasure.Begin(ctx, tx, w.Org.ID, stays, erasure.Order{Source: "desk"})
			return err
		})
		if !errors.Is(err, erasure.ErrHeld) {
			w.t.Fatalf("the hold of her who became part of %s does not keep her: %v", stays, err)
		}
		w.do(func(ctx context.Context, tx store.Tx) error {
			return w.Holds.Lift(ctx, tx, w.Org.ID, hold, w.staff)
		})
	},
	func(w *world, stays, goes id.Person) { // one of two who are linked is erased
		w.beginsTo(goes, w.staff)
		w.noted(goes)
		w.link(stays, goes)
		w.erase(goes)
	},
	func(w *world, stays, goes id.Person) { // two became one, and are erased
		w.beginsTo(goes, w.staff)
		w.noted(goes)
		w.sendsFrom(goes)
		w.link(stays, goes)
		w.one()
		w.erase(stays)
	},
	func(w *world, stays, goes id.Person) { // a backup has them apart
		w.says(goes, purposes[0], true)
		w.saves()
		w.link(stays, goes)
		w.one()
		w.says(stays, purposes[0], false)
		w.bring(w.backups[len(w.backups)-1])
	},
	func(w *world, stays, goes id.Person) { // a backup has her who is erased
		w.beginsTo(stays, w.staff)
		w.saves()
		w.erase(stays)
		w.bring(w.backups[len(w.backups)-1])
	},
	func(w *world, stays, goes id.Person) { // files and notes go along
		w.sendsFrom(goes)
		w.noted(goes)
		w.link(stays, goes)
		w.sendsFrom(goes)
		w.one()
	},
	func(w *world, stays, goes id.Person) { // a chain becomes one
		w.link(stays, goes)
		for _, third := range slices.SortedFunc(maps.Keys(w.people), id.Compare) {
			if third != stays && third != goes && !w.linked(goes, third) {
				w.link(goes, third)
				w.beginsTo(third, w.colleague)
				break
			}
		}
		w.one()
	},
	func(w *world, stays, goes id.Person) { // undone, erased, and the other goes on
		w.link(stays, goes)
		w.undo(len(w.links) - 1)
		w.sendsFrom(goes)
		w.erase(goes)
	},
}

// pair plays one of them with two who are there.
func (w *world) pair(play func(w *world, stays, goes id.Person)) {
	for phone := 0; len(w.people) < 2; phone++ {
		if phone == len(w.phones) { // all of them became one
			w.erase(slices.Collect(maps.Keys(w.people))[0])
		}
		w.writesFrom(phone % len(w.phones))
	}
	for range 8 {
		stays, goes := w.somebody("stays"), w.somebody("goes")
		if stays != goes && !w.linked(stays, goes) {
			play(w, stays, goes)
			w.Settle(w.t)
			return
		}
	}
}

func (w *world) linked(one, other id.Person) bool {
	return slices.ContainsFunc(w.links, func(l joining) bool {
		return l.stays == one && l.goes == other || l.stays == other && l.goes == one
	})
}

// one: the week of all links is over.
func (w *world) one() { w.pass(link.Undoable + time.Hour) }

// sendsFrom: a file comes from a phone of hers.
func (w *world) sendsFrom(p id.Person) {
	for phone := range w.phones {
		if w.by[phone] == p {
			w.fileFrom(phone)
			return
		}
	}
}

func (w *world) holds(p id.Person) (hold id.Hold) {
	w.do(func(ctx context.Context, tx store.Tx) error {
		h, err := w.Holds.Place(ctx, tx, w.Org.ID, retention.Hold{Contact: p, By: w.staff, Reason: "Klage", Until: w.Clock.Now().AddDate(1, 0, 0)})
		hold = h.ID
		return err
	})
	return hold
}

// steps has some acts happen, by chance.
func (w *world) steps(acts map[string]func(), names []string, least, most int) {
	for range rapid.IntRange(least, most).Draw(w.rt, "steps") {
		acts[rapid.SampledFrom(names).Draw(w.rt, "what")]()
		w.Settle(w.t)
	}
}
