package api

import (
	"context"
	"errors"
	"net/http"
	"strings"

	"einklang/internal/engine/cloudapi"
	"einklang/internal/engine/store"
	"einklang/internal/messaging/conversation"
	"einklang/internal/person/chat"
	"einklang/internal/person/contact"
	"einklang/internal/rule/id"
	"einklang/internal/rule/phone"
)

// number reads a phone number. Digits alone have their country code before them,
// as Meta takes them. One that is written as within a country is read by the
// country of the organisation, if somebody has said it: a program does not see
// what became of it.
func (s *server) number(ctx context.Context, org id.Org, text string) (string, error) {
	country := ""
	if text = strings.TrimSpace(text); strings.HasPrefix(text, "0") || strings.HasPrefix(text, "(") {
		o, err := s.Orgs.Get(ctx, s.DB, org)
		if err != nil {
			return "", explain(err)
		}
		country = o.Settings.Country
	}
	digits, err := phone.Read(text, country)
	switch {
	case errors.Is(err, phone.ErrNational):
		return "", problem(http.StatusUnprocessableEntity, "national_number", "The phone number has no country code. Write it in international form, such as +4917604069001, or have an administrator say in the settings, under hours, of which country such numbers are.")
	case err != nil:
		return "", problem(http.StatusUnprocessableEntity, "invalid_number", "The phone number is not valid. Write it in international form, such as +4917604069001.")
	}
	return digits, nil
}

// held explains an error. Where somebody has left the number that was named it is
// asked whose it is: a person has to say it before the call is repeated.
func (s *server) held(ctx context.Context, org id.Org, number string, err error) error {
	var left *contact.LeftError
	if !errors.As(err, &left) {
		return explain(err)
	}
	err = s.DB.Write(ctx, func(ctx context.Context, tx store.Tx) error {
		return s.People.Ask(ctx, tx, org, left.Person, number, contact.ByProgram)
	})
	if err != nil {
		return explain(err)
	}
	return problem(http.StatusConflict, "number_left", "Somebody whom you know as contact "+left.Person.String()+" has left this number; it may be somebody else's now. A person has to say once whose it is, in Einklang under Numbers; until then no call that names it alone is carried out. Repeat the call afterwards, or name the person instead of the number: by her user id, or by the conversation.")
}

// left explains why nobody is told by a number alone that somebody has left, though
// another has it by now; nil: nobody has, or it was said whose it is.
func (s *server) left(ctx context.Context, org id.Org, number string) error {
	var left []id.Person
	err := s.DB.Write(ctx, func(ctx context.Context, tx store.Tx) (err error) {
		left, err = s.People.WhoLeft(ctx, tx, org, number)
		return err
	})
	switch {
	case err != nil:
		return explain(err)
	case left[0].IsZero():
		return nil
	default:
		return s.held(ctx, org, number, &contact.LeftError{Person: left[0]})
	}
}

// kind is the type of a message as programs know it.
func kind(m chat.Message) string {
	if m.Type == conversation.SharedNumber {
		return cloudapi.TypeContacts // it says by itself that the card is the sender's own
	}
	return m.Type
}
