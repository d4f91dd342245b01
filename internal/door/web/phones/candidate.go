package phones

import (
	"context"
	"errors"
	"net/http"

	"einklang/internal/door/web/shell"
	"einklang/internal/engine/store"
	"einklang/internal/person/contact"
	"einklang/internal/phones/addressbook"
	"einklang/internal/phones/device"
	"einklang/internal/rule/id"
	"einklang/internal/rule/phone"
)

// waiting reads the people who were added on a phone.
func (s *server) waiting(ctx context.Context, d device.Device) ([]waiting, error) {
	all, err := s.Books.Candidates(ctx, s.DB, d.Org, d.ID)
	if err != nil {
		return nil, err
	}
	country, err := s.Orgs.Home(ctx, s.DB, d.Org)
	if err != nil {
		return nil, err
	}
	list := make([]waiting, len(all))
	for i, c := range all {
		list[i].Candidate = c
		digits, err := phone.Read(c.Phone, country)
		if err != nil {
			continue // nobody is known by what is no number
		}
		known, err := s.People.ByPhone(ctx, s.DB, d.Org, digits)
		if err != nil {
			return nil, err
		}
		list[i].Known = known != nil && !known.Erased
	}
	return list, nil
}

var errNoNumber = errors.New("the card holds no phone number that can be read")

// discardTakes: what was entered on a phone is not kept anywhere else.
func (s *server) deleteTakes(r *http.Request, v *shell.Viewer) (*shell.Loss, error) {
	at, err := pathID[id.Device](r, "id")
	if err != nil || r.PostFormValue("do") != "delete" {
		return nil, err
	}
	all, err := s.Books.Candidates(r.Context(), s.DB, v.Org, at)
	if err != nil {
		return nil, err
	}
	for _, c := range all {
		if c.ID.String() == r.PathValue("candidate") {
			return &shell.Loss{At: "/devices", Back: "/devices/" + at.String(), Do: v.Text.T("devices.candidate.delete"), Words: []string{v.Text.T("sure.candidate", c.Name)}, Final: true}, nil
		}
	}
	return nil, nil // settled meanwhile: the page says so
}

// settle takes a person into the book of people, where she waits for consent,
// or deletes her.
func (s *server) settle(w http.ResponseWriter, r *http.Request, v *shell.Viewer) error {
	at, err := pathID[id.Device](r, "id")
	if err != nil {
		return err
	}
	candidate, err := pathID[id.Candidate](r, "candidate")
	if err != nil {
		return err
	}
	done := "deleted"
	err = v.Act.Write(r.Context(), func(ctx context.Context, tx store.Tx) error {
		if r.PostFormValue("do") == "take" {
			done = "taken"
			if err := s.take(ctx, tx, v, device.Device{Org: v.Org, ID: at}, candidate.String()); err != nil {
				return err
			}
		}
		return s.Books.Settle(ctx, tx, v.Org, at, candidate)
	})
	var left *contact.LeftError
	switch {
	case errors.As(err, &left):
		if err := s.askWhose(r.Context(), v, at, candidate, left.Person); err != nil {
			return err
		}
		return s.showDetail(w, r, v, http.StatusConflict, v.Text.T("devices.candidate.left"))
	case errors.Is(err, errNoNumber):
		return s.showDetail(w, r, v, http.StatusUnprocessableEntity, v.Text.T("devices.candidate.nonumber"))
	case errors.Is(err, addressbook.ErrNoCandidate):
		return s.showDetail(w, r, v, http.StatusConflict, v.Text.T("devices.candidate.gone"))
	}
	return s.back(w, r, at, done, err)
}

// askWhose has somebody say whose the number of a card is, which a person whom we
// know has left.
func (s *server) askWhose(ctx context.Context, v *shell.Viewer, at id.Device, candidate id.Candidate, left id.Person) error {
	country, err := s.Orgs.Home(ctx, s.DB, v.Org)
	if err != nil {
		return err
	}
	all, err := s.Books.Candidates(ctx, s.DB, v.Org, at)
	if err != nil {
		return err
	}
	for _, c := range all {
		if c.ID != candidate {
			continue
		}
		digits, err := phone.Read(c.Phone, country)
		if err != nil {
			return err
		}
		return s.DB.Write(ctx, func(ctx context.Context, tx store.Tx) error {
			return s.People.Ask(ctx, tx, v.Org, left, digits, contact.ByStaff)
		})
	}
	return addressbook.ErrNoCandidate
}

func (s *server) take(ctx context.Context, tx store.Tx, v *shell.Viewer, d device.Device, candidate string) error {
	all, err := s.Books.Candidates(ctx, tx, d.Org, d.ID)
	if err != nil {
		return err
	}
	country, err := s.Orgs.Home(ctx, tx, d.Org)
	if err != nil {
		return err
	}
	for _, c := range all {
		if c.ID.String() != candidate {
			continue
		}
		digits, err := phone.Read(c.Phone, country)
		if err != nil {
			return errNoNumber
		}
		_, err = s.People.Resolve(ctx, tx, d.Org, []contact.Sighting{{Phone: digits, Given: c.Name, Locale: v.Text.Locale}})
		return err
	}
	return addressbook.ErrNoCandidate
}
