package inbox

import (
	"context"
	"errors"
	"net/http"

	"einklang/internal/consent/optin"
	"einklang/internal/door/web/shell"
	"einklang/internal/engine/store"
	"einklang/internal/rule/id"
)

// doubts reads what the person may have withdrawn, also under a record to which
// hers is linked: it holds for all of them.
func (s *server) doubts(ctx context.Context, v *shell.Viewer, t *thread) error {
	if f := t.Person.InForce(); !f.Held && !f.Halted && !f.OptedOut && !f.Objected {
		return nil
	}
	people, err := s.linkedSeen(ctx, v, t.Person.ID)
	if err != nil {
		return err
	}
	for _, p := range people {
		all, err := s.Consents.Doubts(ctx, s.DB, v.Org, p)
		if err != nil {
			return err
		}
		t.Doubts = append(t.Doubts, all...)
	}
	return nil
}

// answerDoubt records whether a person withdrew, and how much.
func (s *server) answerDoubt(w http.ResponseWriter, r *http.Request, v *shell.Viewer) error {
	p, err := s.whom(r, v)
	if err != nil {
		return err
	}
	at, err := shell.Required[id.Doubt](r, "doubt")
	if err != nil {
		return err
	}
	ends := optin.Extent(r.PostFormValue("answer"))
	switch ends {
	case optin.Advertising, optin.Everything, optin.Nothing:
	default:
		return &shell.NoSuch{Field: "answer"}
	}
	err = v.Act.Write(r.Context(), func(ctx context.Context, tx store.Tx) error {
		return s.Consents.Resolve(ctx, tx, v.Org, p, at, ends, v.ID)
	})
	if errors.Is(err, optin.ErrNoDoubt) {
		return s.backTo(w, r, v, p, answer{Problem: v.Text.T("doubt.over")})
	}
	if err != nil {
		return err
	}
	return s.backTo(w, r, v, p, answer{OK: true})
}
