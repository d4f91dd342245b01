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
	"einklang/internal/rule/id"
	"einklang/internal/rule/pii"
)

// person is the panel at the right.
type person struct {
	pii.Personal
	Known    *chat.Known
	Thread   string
	Consents []consent
	Matter   time.Time
	Notice   notice.Delivery
	Evidence []evidence.Line
	Earlier  []row
	Files    []fileLine

	Attributes []attributeLine
	Links      []linkLine // with other records of hers
	MoreLinks  bool       // others, which have ended

	Cases []cases.Case // open ones
	Kinds []cases.Kind

	HasPicture bool
	KeptAs     conversation.Keep
	Periods    []retention.Rule

	MayConsent, MayAnswer, MayPrivacy bool

	Key string // names one press of the button that asks for a number
}

// kept reads how the conversation is kept, and for how long.
func (s *server) kept(ctx context.Context, v *shell.Viewer, p *person) error {
	at, err := parseID[id.Conversation](p.Thread)
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
	pii.Personal
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
	pii.Personal
	Message string
	Name    string
	At      time.Time
}

// filesShown is how many files the panel lists.
const filesShown = 8

// person reads the panel. Known, and the proof of the consents, are added by
// who has read them.
func (s *server) person(ctx context.Context, v *shell.Viewer, t *thread) (*person, error) {
	p := &person{Thread: t.ID, Key: s.IDs.New().String(), MayConsent: v.May(user.RecordConsent), MayAnswer: v.May(user.Answer), MayPrivacy: v.May(user.Privacy), Kinds: cases.Kinds()}
	return p, s.DB.Together(ctx,
		func(ctx context.Context) (err error) {
			p.Consents, err = s.consents(ctx, v, t.contact)
			return err
		},
		func(ctx context.Context) error {
			_, err := s.Portraits.Get(ctx, s.DB, v.Org, t.contact)
			p.HasPicture = err == nil
			if errors.Is(err, picture.ErrNone) {
				return nil
			}
			return err
		},
		func(ctx context.Context) (err error) {
			p.Notice, err = s.Notices.Delivered(ctx, s.DB, v.Org, t.contact)
			return err
		},
		func(ctx context.Context) error {
			standing, err := s.Threads.Standing(ctx, s.DB, v.Org, t.contact, t.Channel.ID)
			p.Matter = standing.MatterAt
			return err
		},
		func(ctx context.Context) error { return s.kept(ctx, v, p) },
		func(ctx context.Context) (err error) {
			p.Attributes, err = s.attributesOf(ctx, v, t.contact)
			return err
		},
		func(ctx context.Context) (err error) {
			p.Links, p.MoreLinks, err = s.linksOf(ctx, v, t.contact)
			return err
		},
		func(ctx context.Context) error { return s.openCases(ctx, v, p, t.contact) },
		func(ctx context.Context) error { return s.earlier(ctx, v, t, p) },
		func(ctx context.Context) (err error) {
			p.Evidence, err = s.Evidence.ByOwner(ctx, s.DB, v.Org, t.contact, 12)
			return err
		})
}

// consents reads what the person agreed to.
func (s *server) consents(ctx context.Context, v *shell.Viewer, contact id.Person) ([]consent, error) {
	var found map[id.Person][]optin.State
	var waiting []string
	err := s.DB.Together(ctx,
		func(ctx context.Context) (err error) {
			found, err = s.Consents.InForce(ctx, s.DB, v.Org, contact)
			return err
		},
		func(ctx context.Context) (err error) {
			waiting, err = s.Consents.WaitingOf(ctx, s.DB, v.Org, contact)
			return err
		})
	if err != nil {
		return nil, err
	}
	states := found[contact]
	all := make([]consent, len(states), len(states)+len(waiting))
	for i, state := range states {
		all[i] = consent{State: state, Name: purposeName(v, state.Purpose), Given: state.State == gate.ConsentGranted}
	}
	for _, purpose := range waiting {
		all = append(all, consent{State: optin.State{Purpose: purpose, State: gate.ConsentPending}, Name: purposeName(v, purpose)})
	}
	return all, nil
}

// prove adds the event that proves a consent.
func (c *consent) prove(v *shell.Viewer, events []optin.Event, staff crew) {
	for _, e := range events {
		if e.ID != c.Event {
			continue
		}
		c.Source, c.Wording, c.Note = string(e.Source), e.Detail.Wording, e.Detail.Note
		if !e.Detail.Staff.IsZero() {
			c.By = staff.name(v, e.Detail.Staff)
		}
	}
}

// earlier lists the person's other conversations and the files of this one.
func (s *server) earlier(ctx context.Context, v *shell.Viewer, t *thread, p *person) error {
	at, err := parseID[id.Conversation](t.ID)
	if err != nil {
		return err
	}
	var all []conversation.Summary
	var files []chat.Message
	err = s.DB.Together(ctx,
		func(ctx context.Context) (err error) {
			all, err = s.seen(v).OfContact(ctx, s.DB, v.Org, t.contact)
			return err
		},
		func(ctx context.Context) (err error) {
			files, err = s.Threads.Files(ctx, s.DB, v.Org, at, filesShown)
			return err
		})
	if err != nil {
		return err
	}
	for _, c := range all {
		if c.ID != at {
			p.Earlier = append(p.Earlier, row{ID: c.ID.String(), At: c.LastAt, Preview: previewText(v, c)})
		}
	}
	for _, m := range files {
		name := conversation.Words(m.Body.Content)
		if name == "" {
			name = v.Text.T("type." + m.Type)
		}
		p.Files = append(p.Files, fileLine{Message: m.ID.String(), Name: name, At: m.At})
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
