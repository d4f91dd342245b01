package portal

import (
	"context"

	"einklang/internal/account/org"
	"einklang/internal/engine/store"
	"einklang/internal/person/chat"
	"einklang/internal/rights/cases"
)

// tellOfTries tells a person that somebody tried wrong codes for her data, by the
// first way that is open: she may not be the one who did.
func (s *server) tellOfTries(o org.Org, entry cases.Entered) {
	if !entry.Tell {
		return
	}
	s.Codes.later(func(ctx context.Context) error {
		return s.DB.Write(ctx, func(ctx context.Context, tx store.Tx) error {
			p, err := s.People.Get(ctx, tx, o.ID, entry.Person)
			if err != nil || p.Erased {
				return err
			}
			c := s.shell.In(p.Language())
			for _, way := range []string{"whatsapp", "e_mail"} {
				told, err := s.Rights.TellVisitor(ctx, tx, o.ID, p, way, c.T("portal.tries.subject"), chat.Words{Text: c.T("portal.tries.words", entry.Wrong, o.Name)}, "")
				if err != nil || told {
					return err
				}
			}
			return nil
		})
	})
}
