package inbox

import (
	"context"
	"net/http"
	"slices"
	"time"

	"einklang/internal/account/user"
	"einklang/internal/door/web/shell"
	"einklang/internal/engine/store"
	"einklang/internal/messaging/draft"
	"einklang/internal/rule/id"
	"einklang/internal/rule/pii"
)

// other is a colleague who has begun to write to the same person.
type other struct {
	pii.Personal
	Name    string
	Typing  bool
	Changed time.Time
	Linked  bool // to the person's other record
}

func (t *thread) draftPlace(v *shell.Viewer) draft.Place {
	return draft.Place{Org: v.Org, Contact: t.contact, Channel: t.Channel.ID, Account: v.ID}
}

// drafts reads one's own draft and who else has one.
func (s *server) drafts(ctx context.Context, v *shell.Viewer, t *thread) error {
	var own draft.Draft
	var found []draft.Other
	err := s.DB.Together(ctx,
		func(ctx context.Context) (err error) {
			own, err = s.Drafts.Get(ctx, s.DB, t.Person, t.draftPlace(v))
			return err
		},
		func(ctx context.Context) (err error) {
			found, err = s.begun(ctx, v, t.draftPlace(v))
			return err
		})
	if err != nil {
		return err
	}
	t.Draft = own.Text
	if !own.ReplyTo.IsZero() {
		there, err := s.Threads.Glances(ctx, s.DB, v.Org, []id.Message{own.ReplyTo})
		if err != nil {
			return err
		}
		if _, still := there[own.ReplyTo]; still { // its time may have run out meanwhile
			t.ReplyTo = own.ReplyTo.String()
		}
	}
	names := map[id.Account]string{}
	for _, a := range t.Staff {
		names[a.ID] = a.Name
	}
	t.Others = begunBy(t.contact, found, names)
	return nil
}

func (s *server) others(ctx context.Context, v *shell.Viewer, at draft.Place) ([]other, error) {
	found, err := s.begun(ctx, v, at)
	if err != nil {
		return nil, err
	}
	accounts := make([]id.Account, len(found))
	for i, o := range found {
		accounts[i] = o.Account
	}
	names, err := s.Users.Names(ctx, s.DB, v.Org, accounts)
	if err != nil {
		return nil, err
	}
	return begunBy(at.Contact, found, names), nil
}

// begun are the drafts of colleagues for a person, and for the records that are
// linked with hers.
func (s *server) begun(ctx context.Context, v *shell.Viewer, at draft.Place) ([]draft.Other, error) {
	linked, err := s.linkedSeen(ctx, v, at.Contact)
	if err != nil {
		return nil, err
	}
	return s.Drafts.Others(ctx, s.DB, at, linked...)
}

func begunBy(at id.Person, found []draft.Other, names map[id.Account]string) []other {
	all := make([]other, len(found))
	for i, o := range found {
		all[i] = other{Name: names[o.Account], Typing: o.Typing, Changed: o.Changed, Linked: o.Contact != at}
	}
	return all
}

// crew are the members of staff, read once for a page.
type crew []user.Listed

// name is the name of a member of staff; who has left is nobody.
func (c crew) name(v *shell.Viewer, account id.Account) string {
	if i := slices.IndexFunc(c, func(a user.Listed) bool { return a.ID == account && a.Active }); i >= 0 {
		return c[i].Name
	}
	return v.Text.T("thread.someone")
}

// saveDraft keeps what is in the composer.
func (s *server) saveDraft(w http.ResponseWriter, r *http.Request, v *shell.Viewer) error {
	c, err := s.where(r, v)
	if err != nil {
		return err
	}
	p, err := s.People.Get(r.Context(), s.DB, v.Org, c.Contact)
	if err != nil {
		return err
	}
	d := draft.Draft{Text: r.PostFormValue("text")}
	if d.ReplyTo, err = s.beside(r, v, c.ID, "reply_to", r.PostFormValue("reply_to")); err != nil {
		return err
	}
	err = s.DB.Write(r.Context(), func(ctx context.Context, tx store.Tx) error {
		tx.AfterCommit(func() { s.Hub.Typing(v.Org, c.ID) })
		return s.Drafts.Save(ctx, tx, p, draft.Place{Org: v.Org, Contact: p.ID, Channel: c.Channel, Account: v.ID}, d)
	})
	if err != nil {
		return err
	}
	w.WriteHeader(http.StatusNoContent)
	return nil
}

// othersFragment is what a page shows of colleagues' drafts.
func (s *server) othersFragment(w http.ResponseWriter, r *http.Request, v *shell.Viewer) error {
	c, err := s.where(r, v)
	if err != nil {
		return err
	}
	all, err := s.others(r.Context(), v, draft.Place{Org: v.Org, Contact: c.Contact, Channel: c.Channel, Account: v.ID})
	if err != nil {
		return err
	}
	return s.pages.Show(w, http.StatusOK, "others", shell.Page{Viewer: v, Body: all})
}
