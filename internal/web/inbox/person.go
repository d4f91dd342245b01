package inbox

import (
	"context"
	"time"

	"einklang/internal/chat"
	"einklang/internal/evidence"
	"einklang/internal/notice"
	"einklang/internal/optin"
	"einklang/internal/web/shell"
)

// person is the panel at the right.
type person struct {
	Known    *chat.Known
	Thread   string
	Consents []optin.State
	Sources  map[string]string // by event
	Matter   time.Time
	Notice   notice.Delivery
	Evidence []evidence.Line
	CanAct   bool
}

func (s *server) person(ctx context.Context, v *shell.Viewer, t *thread) (*person, error) {
	p := &person{Known: t.Person, Thread: t.ID, Sources: map[string]string{}, CanAct: true}
	var err error
	if p.Consents, err = s.Consents.States(ctx, s.DB, v.Org, t.Person.ID); err != nil {
		return nil, err
	}
	events, err := s.Consents.History(ctx, s.DB, v.Org, t.Person)
	if err != nil {
		return nil, err
	}
	for _, e := range events {
		p.Sources[e.ID.String()] = e.Source
	}
	if p.Notice, err = s.Notices.Delivered(ctx, s.DB, v.Org, t.Person.ID); err != nil {
		return nil, err
	}
	standing, err := s.Threads.Standing(ctx, s.DB, v.Org, t.Person.ID, t.Channel.ID)
	if err != nil {
		return nil, err
	}
	p.Matter = standing.MatterAt
	p.Evidence, err = s.Evidence.ByOwner(ctx, s.DB, v.Org, t.Person.ID, 12)
	return p, err
}
