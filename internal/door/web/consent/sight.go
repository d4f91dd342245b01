package consent

import (
	"context"
	"net/http"
	"slices"

	"einklang/internal/consent/optin"
	"einklang/internal/door/web/shell"
	"einklang/internal/messaging/conversation"
	"einklang/internal/person/chat"
	"einklang/internal/person/contact"
	"einklang/internal/rule/id"
)

// seen is what the viewer sees of the conversations, and with them of the people.
func (s *server) seen(v *shell.Viewer) conversation.Seen { return s.Threads.By(v.Sight) }

// whom reads the person of the address, whom the viewer sees. Errors:
// contact.ErrNotFound.
func (s *server) whom(r *http.Request, v *shell.Viewer) (*chat.Known, error) {
	at, err := pathID[id.Person](r, "id")
	if err != nil {
		return nil, err
	}
	p, err := s.People.Get(r.Context(), s.DB, v.Org, at)
	if err != nil {
		return nil, err
	}
	seen, err := s.seen(v).People(r.Context(), s.DB, v.Org, p.ID)
	if err == nil && !seen[p.ID] {
		err = contact.ErrNotFound
	}
	return p, err
}

// claims are what waits for a second pair of eyes, of people whom the viewer sees.
func (s *server) claims(ctx context.Context, v *shell.Viewer) ([]optin.Claim, error) {
	all, err := s.Consents.Waiting(ctx, s.DB, v.Org, s.People)
	if err != nil {
		return nil, err
	}
	return seenOf(ctx, s, v, all, func(c optin.Claim) id.Person { return c.Contact })
}

// seenOf leaves out what is about people whom the viewer does not see.
func seenOf[T any](ctx context.Context, s *server, v *shell.Viewer, all []T, whose func(T) id.Person) ([]T, error) {
	people := make([]id.Person, len(all))
	for i, one := range all {
		people[i] = whose(one)
	}
	seen, err := s.seen(v).People(ctx, s.DB, v.Org, people...)
	return slices.DeleteFunc(all, func(one T) bool { return !seen[whose(one)] }), err
}
