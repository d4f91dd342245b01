package portal

import (
	"cmp"
	"context"
	"errors"
	"net/http"
	"strconv"
	"strings"
	"time"

	"einklang/internal/account/audit"
	"einklang/internal/consent/optin"
	"einklang/internal/door/web/shell"
	"einklang/internal/engine/store"
	"einklang/internal/person/chat"
	"einklang/internal/person/record"
	"einklang/internal/rights/access"
	"einklang/internal/rights/cases"
	"einklang/internal/rights/erasure"
	"einklang/internal/rule/gate"
	"einklang/internal/rule/i18n"
	"einklang/internal/rule/id"
	"einklang/internal/rule/pii"
)

type dataBody struct {
	body
	Tried   int // wrong codes entered for her within a day
	Person  *chat.Known
	Narrow  bool
	Part    record.Belonging // a part of the record belongs to her
	Cases   []cases.Case
	Preview erasure.Preview
	Parcels []cases.Parcel // that lie ready
	Coming  int            // files that are on their way to us
	Takes   []cases.Wish   // downloads that she may fetch
	Erasing *cases.Wish    // the erasure that waits
	MayStop bool
	Holds   []holding
	Events  []optin.Event // what she agreed to and took back, the newest
	Gets    []record.Recipient
	Number  time.Time // when somebody else than she entered her number; zero: nobody did
	Address time.Time // the same of her mail address

	Remains  remains
	Own      []own             // what she may correct at once
	NewEmail string            // an address that she has still to prove
	Mistakes map[string]string // field → key of what is wrong with it
}

// holding is a consent that holds now.
type holding struct {
	pii.Personal
	Key, Name string
	optin.State
}

func (s *server) data(w http.ResponseWriter, r *http.Request, act *audit.Act) error {
	v, err := s.visitor(r)
	if err != nil {
		return again(w, r, err)
	}
	s.doer(r, act)(v.Org.ID, v.Person.ID)
	return s.showData(w, r, http.StatusOK, v, dataBody{})
}

func (s *server) showData(w http.ResponseWriter, r *http.Request, status int, v visitor, b dataBody) error {
	ctx, o := r.Context(), v.Org.ID
	b.Org, b.Person, b.Narrow, b.Part, b.Mail = v.Org, v.Person, v.Narrow, v.Part, s.Mail
	if did := s.before(w, r, v.Org); s.shell.Texts(r).Has("portal.did." + did) {
		b.Done = "portal.did." + did
	}
	var err error
	if b.Tried, err = s.Visits.Tried(ctx, s.DB, o, v.Person.ID); err != nil {
		return err
	}
	if v.Narrow {
		if err := s.tap(r, &b.body); err != nil {
			return err
		}
		return s.show(w, r, status, "narrow.html", b)
	}
	if b.Takes, err = s.Visits.Downloads(ctx, s.DB, o, v.Person.ID); err != nil {
		return err
	}
	if err := s.erasing(ctx, v, &b); err != nil {
		return err
	}
	if v.Part.Mixed { // how much there is of what, and what was asked, is said of both
		return s.show(w, r, status, "part.html", b)
	}
	for _, fill := range []func(context.Context, visitor, *dataBody) error{s.asked, s.told, s.agreed, s.owned, s.remaining} {
		if err := fill(ctx, v, &b); err != nil {
			return err
		}
	}
	if err := s.named(r, &b); err != nil {
		return err
	}
	if b.Done == "portal.did.purpose" {
		b.Rest = b.rest(s.shell.Texts(r))
	}
	return s.show(w, r, status, "data.html", b)
}

// rest says which consents still hold.
func (b dataBody) rest(c *i18n.Catalogue) string {
	if len(b.Holds) == 0 {
		return c.T("confirm.k4.none")
	}
	var names []string
	for _, h := range b.Holds {
		names = append(names, h.Name)
	}
	return c.T("confirm.k4.others", strings.Join(names, ", "))
}

// asked fills in what she asked for, and what waits.
func (s *server) asked(ctx context.Context, v visitor, b *dataBody) (err error) {
	o, person := v.Org.ID, v.Person.ID
	if b.Cases, err = s.Cases.OfContact(ctx, s.DB, o, person); err != nil {
		return err
	}
	if b.Parcels, err = s.Cases.ParcelsOf(ctx, s.DB, o, person); err != nil {
		return err
	}
	files, err := s.Files.Awaited(ctx, s.DB, o, person, time.Time{})
	if err != nil {
		return err
	}
	b.Coming = files.Coming
	b.Preview, err = s.Erasure.Preview(ctx, s.DB, o, person)
	return err
}

// erasing fills in the erasure that waits, and whether this visit may stop it.
func (s *server) erasing(ctx context.Context, v visitor, b *dataBody) error {
	o, person := v.Org.ID, v.Person.ID
	waits, err := s.Visits.Erasing(ctx, s.DB, o, person)
	if errors.Is(err, cases.ErrNoWish) {
		return nil
	}
	if err != nil {
		return err
	}
	b.Erasing = &waits
	b.MayStop, err = s.Rights.MayStop(ctx, s.DB, o, v.Person, waits, v.Way)
	return err
}

// told fills in what is kept, where it came from, and who gets it.
func (s *server) told(ctx context.Context, v visitor, b *dataBody) (err error) {
	if b.Events, _, err = s.Consents.HistoryPage(ctx, s.DB, v.Org.ID, v.Person, id.Cursor{}); err != nil {
		return err
	}
	b.Gets = s.Rights.Recipients()
	b.Number, b.Address, err = s.People.Entered(ctx, s.DB, v.Org.ID, v.Person.ID)
	return err
}

// agreed fills in the consents that hold now.
func (s *server) agreed(ctx context.Context, v visitor, b *dataBody) error {
	states, err := s.Consents.States(ctx, s.DB, v.Org.ID, v.Person.ID)
	for _, state := range states {
		if state.State == gate.ConsentGranted {
			b.Holds = append(b.Holds, holding{Key: state.Purpose, State: state})
		}
	}
	return err
}

// named names the purposes of what she agreed to.
func (s *server) named(r *http.Request, b *dataBody) error {
	purposes, err := s.Consents.Purposes(r.Context(), s.DB, b.Org.ID)
	names := map[string]string{}
	for _, p := range purposes {
		names[p.Key] = optin.PurposeName(p, s.shell.Texts(r))
	}
	for i, h := range b.Holds {
		b.Holds[i].Name = cmp.Or(names[h.Key], h.Key)
	}
	for i, e := range b.Events {
		b.Events[i].Purpose = cmp.Or(names[e.Purpose], e.Purpose)
	}
	return err
}

type messagesBody struct {
	body
	Thread record.Thread
	Others []record.Thread // her other conversations
	Page   []access.Message
	Next   string // where the next page begins; empty: nowhere
}

// messages shows a conversation, the oldest first.
func (s *server) messages(w http.ResponseWriter, r *http.Request, act *audit.Act) error {
	v, err := s.visitor(r)
	if err != nil {
		return again(w, r, err)
	}
	if v.partly() {
		return shell.ErrNotFound
	}
	s.doer(r, act)(v.Org.ID, v.Person.ID)
	all, err := s.Rights.Record(r.Context(), v.Org.ID, v.Person)
	if err != nil {
		return err
	}
	b := messagesBody{body: body{Org: v.Org}}
	chosen := r.URL.Query().Get("thread")
	for i, t := range all.Threads {
		if t.ID.String() == chosen || chosen == "" && i == 0 {
			b.Thread = t
		} else {
			b.Others = append(b.Others, t)
		}
	}
	if b.Thread.ID.IsZero() {
		if chosen != "" {
			return shell.ErrNotFound
		}
		return s.show(w, r, http.StatusOK, "messages.html", b)
	}
	after, err := place(r)
	if err != nil {
		return shell.ErrNotFound
	}
	page, last, err := access.Page(r.Context(), all, s.shell.Texts(r), b.Thread, after)
	if err != nil {
		return err
	}
	b.Page = page
	if !last.ID.IsZero() {
		b.Next = "thread=" + b.Thread.ID.String() + "&at=" + strconv.FormatInt(store.Micros(last.At), 10) + "&after=" + last.ID.String()
	}
	return s.show(w, r, http.StatusOK, "messages.html", b)
}

// place is after which message a page begins; zero: the first.
func place(r *http.Request) (after chat.Message, err error) {
	q := r.URL.Query()
	if !q.Has("after") {
		return after, nil
	}
	at, err := strconv.ParseInt(q.Get("at"), 10, 64)
	if err != nil {
		return after, err
	}
	after.At = store.Time(at)
	after.ID, err = id.Parse[id.Message](q.Get("after"))
	return after, err
}
