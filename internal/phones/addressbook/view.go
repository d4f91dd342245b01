package addressbook

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"time"

	"einklang/internal/engine/store"
	"einklang/internal/person/chat"
	"einklang/internal/rule/id"
	"einklang/internal/rule/pii"
)

// View is the book of one device: one of the two books of its organisation,
// narrowed.
type View struct {
	Org    id.Org
	Device id.Device
	Kind   Kind
	Labels []id.Label // only people with one of these; none: everybody
	Frozen int64      // only people who were in at this number; 0: not frozen
	Empty  bool       // nobody
	Since  int64      // number with which the view itself last changed
	Fields Fields

	series string // of the organisation's numbers, once it is read
}

// Fields says what a card holds beside the phone number.
type Fields struct {
	Name     bool
	Groups   bool // the person's labels
	Pictures bool
}

// Mark is a short word for what is shown: each setting has its own.
func (f Fields) Mark() string {
	mark := "-"
	for _, field := range []struct {
		shown bool
		mark  string
	}{{f.Name, "n"}, {f.Groups, "g"}, {f.Pictures, "p"}} {
		if field.shown {
			mark += field.mark
		}
	}
	return mark
}

// ErrUnknownNumber says that a number was never given, or is of another series,
// or departures since then are forgotten. The phone has to read the whole book.
var ErrUnknownNumber = errors.New("no change of this address book has this number")

// State is how far a book has come.
type State struct {
	Series    string // random; a number means something only in its own series
	Seq       int64  // number of the last change that this view may notice
	given     int64
	shortened int64
}

// State reads how far the book of a device has come.
func (b *Books) State(ctx context.Context, r store.Reader, v View) (State, error) {
	s := State{}
	var entries, candidates *int64
	err := r.QueryRow(ctx, `SELECT series, seq, (SELECT COALESCE(MAX(seq), 0) FROM book_pruned WHERE org_id = ? AND scope IN (?, ?)),
		(SELECT MAX(seq) FROM book_entry WHERE org_id = ? AND kind = ?),
		(SELECT MAX(seq) FROM candidate WHERE org_id = ? AND device_id = ?) FROM book_state WHERE org_id = ?`,
		v.Org, string(v.Kind), v.Device.String(), v.Org, string(v.Kind), v.Org, v.Device, v.Org).Scan(&s.Series, &s.given, &s.shortened, &entries, &candidates)
	if err != nil {
		return s, fmt.Errorf("read the state of an address book: %w", err)
	}
	// What is forgotten is part of what has happened, else the number would
	// fall behind it, and be refused when it comes back.
	s.Seq = max(v.Since, s.shortened)
	for _, n := range []*int64{entries, candidates} {
		if n != nil {
			s.Seq = max(s.Seq, *n)
		}
	}
	return s, nil
}

// Item is one card as a list shows it.
type Item struct {
	pii.Personal
	Name    string    // of the resource: "0198….vcf"
	Contact id.Person // zero: the phone made the card itself
	Present bool      // false: the phone shall delete it
	Version string    // changes when the card does
	seq     int64
}

const suffix = ".vcf"

// NameOf is the name of a person's card.
func NameOf(contact id.Person) string { return contact.String() + suffix }

// ContactOf reads the name of a card.
func ContactOf(name string) (id.Person, bool) {
	if len(name) != 36+len(suffix) || name[36:] != suffix {
		return id.Person{}, false
	}
	contact, err := id.Parse[id.Person](name[:36])
	return contact, err == nil && contact.String() == name[:36]
}

// List is all cards of a device's book.
func (b *Books) List(ctx context.Context, r store.Reader, v View) ([]Item, error) {
	if v.Empty {
		return nil, nil
	}
	all, err := b.items(ctx, r, v, "SELECT "+itemColumns+" FROM book_entry WHERE org_id = ? AND kind = ? AND present ORDER BY seq", v.Org, string(v.Kind))
	return slices.DeleteFunc(all, func(i Item) bool { return !i.Present }), err
}

// Changes is what happened in a device's book since a number, the oldest
// first, at most limit items (0: all), and the number up to which they reach.
// Whole is how far the book had come when the phone began to read it; a phone
// that reads it in parts has not missed what was forgotten before that.
func (b *Books) Changes(ctx context.Context, r store.Reader, v View, s State, since, whole int64, limit int) (items []Item, upTo int64, err error) {
	if since < 0 || since > s.given || since != 0 && max(since, whole) < s.shortened {
		return nil, 0, ErrUnknownNumber
	}
	if since == s.Seq {
		return nil, s.Seq, nil
	}
	if since != 0 && since < v.Since {
		// The view itself has changed, perhaps to the other book: who was seen
		// through it and is seen no more has to be told.
		since = 0
		items, err = b.afresh(ctx, r, v)
	} else {
		items, err = b.items(ctx, r, v, "SELECT "+itemColumns+" FROM book_entry WHERE org_id = ? AND kind = ? AND seq > ? ORDER BY seq", v.Org, string(v.Kind), since)
	}
	if err != nil {
		return nil, 0, err
	}
	made, err := b.toRemove(ctx, r, v, since)
	if err != nil {
		return nil, 0, fmt.Errorf("read the changes of an address book: %w", err)
	}
	if len(made) > 0 {
		items = append(items, made...)
		slices.SortFunc(items, bySeq)
	}
	// Part of a changed view has no number between which a phone could go on.
	if limit > 0 && len(items) > limit && items[limit-1].seq >= v.Since {
		return items[:limit], items[limit-1].seq, nil
	}
	return items, s.Seq, nil
}

// afresh is everybody who is or was in either book, as the view shows them now.
func (b *Books) afresh(ctx context.Context, r store.Reader, v View) ([]Item, error) {
	var all []Item
	told := map[id.Person]bool{}
	other := Everyone
	if v.Kind == Everyone {
		other = Consenting
	}
	for _, kind := range []Kind{v.Kind, other} {
		items, err := b.items(ctx, r, v, "SELECT "+itemColumns+" FROM book_entry WHERE org_id = ? AND kind = ? ORDER BY seq", v.Org, string(kind))
		if err != nil {
			return nil, err
		}
		for _, i := range items {
			if !told[i.Contact] {
				told[i.Contact] = true
				i.Present = i.Present && kind == v.Kind
				all = append(all, i)
			}
		}
	}
	slices.SortFunc(all, bySeq)
	return all, nil
}

func bySeq(a, b Item) int { return cmp.Compare(a.seq, b.seq) }

const itemColumns = "contact_id, seq, present, since, labels"

func (b *Books) items(ctx context.Context, r store.Reader, v View, sql string, args ...any) ([]Item, error) {
	if err := b.number(ctx, r, &v); err != nil {
		return nil, err
	}
	items, err := store.Collect(ctx, r, func(row store.Row) (Item, error) {
		var e entry
		var labels string
		if err := row.Scan(&e.contact, &e.seq, &e.present, &e.since, &labels); err != nil {
			return Item{}, err
		}
		err := e.readLabels(labels)
		return Item{Name: NameOf(e.contact), Contact: e.contact, Present: v.shows(e), Version: v.version(e.seq), seq: e.seq}, err
	}, sql, args...)
	if err != nil {
		return nil, fmt.Errorf("read the changes of an address book: %w", err)
	}
	return items, nil
}

// shows reports whether an entry is seen through the view.
func (v View) shows(e entry) bool {
	return e.present && !v.Empty && v.covers(e)
}

// covers reports whether an entry belongs to the view, present or not.
func (v View) covers(e entry) bool {
	return (v.Frozen == 0 || e.since <= v.Frozen) && (len(v.Labels) == 0 || slices.ContainsFunc(e.labels, func(l id.Label) bool { return slices.Contains(v.Labels, l) }))
}

// number reads the series in which the numbers of a view mean something.
func (b *Books) number(ctx context.Context, r store.Reader, v *View) error {
	err := r.QueryRow(ctx, "SELECT series FROM book_state WHERE org_id = ?", v.Org).Scan(&v.series)
	if err != nil && !errors.Is(err, store.ErrNoRows) { // no series yet: there is no card either
		return fmt.Errorf("read the series of an address book: %w", err)
	}
	return nil
}

// version is the version of a card: it changes with the entry and with the
// fields that the view shows, and is never given again after a restore.
func (v View) version(seq int64) string {
	return v.series + "." + strconv.FormatInt(seq, 36) + v.Fields.Mark()
}

// Card is what a phone gets to know about a person.
type Card struct {
	pii.Personal
	Item
	DisplayName string
	Phone       string // E.164 with "+"
	Changed     time.Time
	Groups      []string // names of her labels, in order
	Picture     []byte   // JPEG; nil: none
}

// Cards reads cards by the names of their resources, in that order. Those that
// are not in the device's book are left out.
func (b *Books) Cards(ctx context.Context, r store.Reader, v View, names []string) ([]Card, error) {
	if v.Empty {
		return nil, nil
	}
	var wanted []id.Person
	for _, n := range names {
		if c, ok := ContactOf(n); ok {
			wanted = append(wanted, c)
		}
	}
	if err := b.number(ctx, r, &v); err != nil {
		return nil, err
	}
	held, err := b.heldBy(ctx, r, v, wanted)
	if err != nil {
		return nil, fmt.Errorf("read cards: %w", err)
	}
	known, err := b.people.GetMany(ctx, r, v.Org, wanted)
	if err != nil {
		return nil, fmt.Errorf("read cards: %w", err)
	}
	var called map[id.Label]string
	if v.Fields.Groups && b.labels != nil {
		if called, err = b.labels.Names(ctx, r, v.Org); err != nil {
			return nil, fmt.Errorf("read cards: %w", err)
		}
	}
	var pictures map[id.Person][]byte
	if v.Fields.Pictures && b.pics != nil {
		if pictures, err = b.pics.Of(ctx, r, v.Org, wanted); err != nil {
			return nil, fmt.Errorf("read cards: %w", err)
		}
	}
	cards := make([]Card, 0, len(wanted))
	for _, c := range wanted {
		if card, ok := v.card(held[c], known[c]); ok {
			card.Groups, card.Picture = groups(held[c].labels, called), pictures[c]
			cards = append(cards, card)
		}
	}
	return cards, nil
}

// groups are the names of labels, in order.
func groups(labels []id.Label, names map[id.Label]string) []string {
	var all []string
	for _, l := range labels {
		if n := names[l]; n != "" {
			all = append(all, n)
		}
	}
	slices.Sort(all)
	return all
}

// heldBy reads the entries of some people that the view shows.
func (b *Books) heldBy(ctx context.Context, r store.Reader, v View, people []id.Person) (map[id.Person]entry, error) {
	entries, err := store.CollectIn(ctx, r, scanEntry, selectEntry+" AND kind = ? AND contact_id IN (?)", people, v.Org, string(v.Kind))
	held := make(map[id.Person]entry, len(entries))
	for _, e := range entries {
		if v.shows(e) {
			held[e.contact] = e
		}
	}
	return held, err
}

// card writes what the view lets out about a person.
func (v View) card(e entry, k *chat.Known) (Card, bool) {
	if e.contact.IsZero() || k == nil || k.ID != e.contact || k.Erased || k.Keys == nil || k.Profile.Phone == "" {
		return Card{}, false
	}
	if f := k.InForce(); f.Restricted || v.Kind == Consenting && (f.Blocked || f.OptedOut) {
		return Card{}, false // changed between the list and now
	}
	c := Card{Item: Item{Name: NameOf(e.contact), Contact: e.contact, Present: true, Version: v.version(e.seq), seq: e.seq},
		Phone: "+" + k.Profile.Phone, Changed: store.Time(e.changed)}
	c.DisplayName = c.Phone
	if v.Fields.Name {
		c.DisplayName = k.Profile.DisplayName()
	}
	return c, true
}

// Left is what a phone still holds that it should not: people who left its
// book since it last asked, and when the first of them did.
type Left struct {
	Count int
	Since time.Time
}

// StillHeld says whom a phone still holds, which last read its book as held
// was and up to a number, but shall not hold any more.
func (b *Books) StillHeld(ctx context.Context, r store.Reader, now, held View, upTo int64) (Left, error) {
	if upTo == 0 || held.Empty {
		return Left{}, nil
	}
	// Who came in after the phone last asked is not on it.
	entries, err := store.Collect(ctx, r, scanEntry, selectEntry+" AND kind = ? AND since <= ? AND (present OR seq > ?)", held.Org, string(held.Kind), upTo, upTo)
	if err != nil {
		return Left{}, fmt.Errorf("count who is still on a phone: %w", err)
	}
	shown, err := b.shown(ctx, r, now, held, entries)
	if err != nil {
		return Left{}, fmt.Errorf("count who is still on a phone: %w", err)
	}
	var l Left
	for _, e := range entries {
		if !held.covers(e) || shown(e) {
			continue
		}
		l.Count++
		if at := store.Time(e.left); !e.present && (l.Since.IsZero() || at.Before(l.Since)) {
			l.Since = at
		}
	}
	return l, nil
}

// shown makes the test whether a view shows the person of an entry, which may
// be an entry of the other book.
func (b *Books) shown(ctx context.Context, r store.Reader, now, held View, entries []entry) (func(entry) bool, error) {
	if now.Kind == held.Kind {
		return now.shows, nil
	}
	people := make([]id.Person, len(entries))
	for i, e := range entries {
		people[i] = e.contact
	}
	in, err := b.heldBy(ctx, r, now, people)
	return func(e entry) bool { _, ok := in[e.contact]; return ok }, err
}

// Size is how many people the book of a device holds.
func (b *Books) Size(ctx context.Context, r store.Reader, v View) (int, error) {
	if len(v.Labels) == 0 && v.Frozen == 0 && !v.Empty {
		var n int64
		err := r.QueryRow(ctx, "SELECT COUNT(*) FROM book_entry WHERE org_id = ? AND kind = ? AND present", v.Org, string(v.Kind)).Scan(&n)
		return int(n), err
	}
	items, err := b.List(ctx, r, v)
	return len(items), err
}
