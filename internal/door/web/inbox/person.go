package inbox

import (
	"context"
	"encoding/json"
	"errors"
	"time"

	"einklang/internal/account/user"
	"einklang/internal/consent/notice"
	"einklang/internal/consent/optin"
	"einklang/internal/door/web/shell"
	"einklang/internal/engine/evidence"
	"einklang/internal/messaging/conversation"
	"einklang/internal/person/chat"
	"einklang/internal/person/picture"
	"einklang/internal/rights/cases"
	"einklang/internal/rights/retention"
	"einklang/internal/rule/gate"
)

// person is the panel at the right.
type person struct {
	Known    *chat.Known
	Thread   string
	Consents []consent
	Matter   time.Time
	Notice   notice.Delivery
	Evidence []evidence.Line
	Earlier  []row
	Files    []fileLine

	Attributes []attributeLine

	Cases []cases.Case // open ones
	Kinds []cases.Kind

	HasPicture bool
	KeptAs     conversation.Keep
	Periods    []retention.Rule

	MayConsent, MayAnswer, MayPrivacy bool
}

// kept reads how the conversation is kept, and for how long.
func (s *server) kept(ctx context.Context, v *shell.Viewer, p *person) error {
	at, err := parseID(p.Thread)
	if err != nil {
		return err
	}
	if p.KeptAs, err = s.Threads.KeptAs(ctx, s.DB, v.Org, at); err != nil {
		return err
	}
	p.Periods, err = retention.KeptAs(ctx, s.DB, v.Org, p.KeptAs)
	return err
}

// consent is a consent as it stands, with its proof.
type consent struct {
	optin.State
	Name    string
	Given   bool
	Source  string
	Wording string
	Note    string
	By      string
}

// fileLine is a file that came or went.
type fileLine struct {
	Message string
	Name    string
	At      time.Time
}

// filesShown is how many files the panel lists.
const filesShown = 8

func (s *server) person(ctx context.Context, v *shell.Viewer, t *thread) (*person, error) {
	p := &person{Known: t.Person, Thread: t.ID, MayConsent: v.May(user.RecordConsent), MayAnswer: v.May(user.Answer), MayPrivacy: v.May(user.Privacy)}
	var err error
	if p.Consents, err = s.consents(ctx, v, t.Person, t.Staff); err != nil {
		return nil, err
	}
	switch _, err := s.Portraits.Get(ctx, s.DB, v.Org, t.Person.ID); {
	case err == nil:
		p.HasPicture = true
	case !errors.Is(err, picture.ErrNone):
		return nil, err
	}
	if p.Notice, err = s.Notices.Delivered(ctx, s.DB, v.Org, t.Person.ID); err != nil {
		return nil, err
	}
	standing, err := s.Threads.Standing(ctx, s.DB, v.Org, t.Person.ID, t.Channel.ID)
	if err != nil {
		return nil, err
	}
	p.Matter = standing.MatterAt
	if err := s.kept(ctx, v, p); err != nil {
		return nil, err
	}
	if p.Attributes, err = s.attributesOf(ctx, v, t.Person.ID); err != nil {
		return nil, err
	}
	p.Kinds = cases.Kinds()
	if err := s.openCases(ctx, v, p); err != nil {
		return nil, err
	}
	if err := s.earlier(ctx, v, t, p); err != nil {
		return nil, err
	}
	p.Evidence, err = s.Evidence.ByOwner(ctx, s.DB, v.Org, t.Person.ID, 12)
	return p, err
}

// consents reads what the person agreed to, each with the event that proves it.
func (s *server) consents(ctx context.Context, v *shell.Viewer, p *chat.Known, staff crew) ([]consent, error) {
	states, err := s.Consents.States(ctx, s.DB, v.Org, p.ID)
	if err != nil {
		return nil, err
	}
	events, err := s.Consents.History(ctx, s.DB, v.Org, p)
	if err != nil {
		return nil, err
	}
	waiting, err := s.Consents.WaitingOf(ctx, s.DB, v.Org, p.ID)
	if err != nil {
		return nil, err
	}
	all := make([]consent, len(states), len(states)+len(waiting))
	for i, state := range states {
		c := consent{State: state, Name: purposeName(v, state.Purpose), Given: state.State == gate.ConsentGranted}
		for _, e := range events {
			if e.ID != state.Event {
				continue
			}
			c.Source, c.Wording, c.Note = string(e.Source), e.Detail.Wording, e.Detail.Note
			if !e.Detail.Staff.IsZero() {
				c.By = staff.name(v, e.Detail.Staff)
			}
		}
		all[i] = c
	}
	for _, purpose := range waiting {
		all = append(all, consent{State: optin.State{Purpose: purpose, State: gate.ConsentPending}, Name: purposeName(v, purpose)})
	}
	return all, nil
}

// earlier lists the person's other conversations and the files of this one.
func (s *server) earlier(ctx context.Context, v *shell.Viewer, t *thread, p *person) error {
	at, err := parseID(t.ID)
	if err != nil {
		return err
	}
	all, err := s.Threads.OfContact(ctx, s.DB, v.Org, t.Person.ID)
	if err != nil {
		return err
	}
	for _, c := range all {
		if c.ID != at {
			p.Earlier = append(p.Earlier, row{ID: c.ID.String(), At: c.LastAt, Preview: previewText(v, c)})
		}
	}
	files, err := s.Threads.Files(ctx, s.DB, v.Org, at, filesShown)
	if err != nil {
		return err
	}
	for _, m := range files {
		name := conversation.Words(m.Body.Content)
		if name == "" {
			name = v.Text.T("type." + m.Type)
		}
		p.Files = append(p.Files, fileLine{m.ID.String(), name, m.At})
	}
	return nil
}

// verdictOf is the verdict in a record of evidence, or empty.
func verdictOf(record json.RawMessage) string {
	var r struct {
		Verdict struct {
			Outcome string `json:"outcome"`
		} `json:"verdict"`
	}
	_ = json.Unmarshal(record, &r)
	return r.Verdict.Outcome
}
