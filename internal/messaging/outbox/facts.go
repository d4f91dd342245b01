package outbox

import (
	"context"
	"fmt"
	"time"

	"einklang/internal/account/org"
	"einklang/internal/engine/cloudapi"
	"einklang/internal/engine/store"
	"einklang/internal/person/chat"
	"einklang/internal/rule/calendar"
	"einklang/internal/rule/gate"
	"einklang/internal/rule/id"
)

// facts gathers what the gate decides on: what is the same for many messages
// (the number, the settings), and what people have written, agreed to and been
// told, read for all of them at once by [facts.about].
type facts struct {
	o *Outbox
	r store.Reader

	orgID     id.Org
	channelID id.Channel

	org     org.Org
	channel org.Channel
	quiet   time.Time
	now     time.Time
	spent   int64 // this month
	served  int64 // service messages of the number, this month

	threads  map[id.Person]chat.Standing
	notices  map[id.Person]gate.Notice
	consents map[chat.Asked]gate.Consents
}

func (o *Outbox) facts(ctx context.Context, r store.Reader, orgID id.Org, channel id.Channel) (*facts, error) {
	f := &facts{o: o, r: r, now: o.Now(), orgID: orgID, channelID: channel}
	return f, f.company(ctx)
}

// company reads what the gate asks about the organisation and its number.
func (f *facts) company(ctx context.Context) error {
	err := store.Together(ctx, f.r,
		func(ctx context.Context) (err error) {
			f.org, err = f.o.Registry.Get(ctx, f.r, f.orgID)
			return err
		},
		func(ctx context.Context) (err error) {
			f.channel, err = f.o.Registry.Channel(ctx, f.r, f.orgID, f.channelID)
			return err
		},
		func(ctx context.Context) (err error) {
			if f.spent, err = f.o.Registry.Spent(ctx, f.r, f.orgID, f.now); err != nil {
				return fmt.Errorf("read what was spent: %w", err)
			}
			return nil
		},
		func(ctx context.Context) (err error) {
			if f.served, err = f.o.Registry.Served(ctx, f.r, f.orgID, f.channelID, f.now); err != nil {
				return fmt.Errorf("count service messages: %w", err)
			}
			return nil
		})
	if err != nil {
		return err
	}
	f.quiet, err = quietUntil(f.org.Settings, f.now)
	return err
}

// about reads what the gate asks about people and their consents.
func (f *facts) about(ctx context.Context, asked ...chat.Asked) error {
	people := make([]id.Person, len(asked))
	for i, a := range asked {
		people[i] = a.Person
	}
	var consents []gate.Consents
	err := store.Together(ctx, f.r,
		func(ctx context.Context) (err error) {
			f.threads, err = f.o.Threads.Standings(ctx, f.r, f.orgID, f.channelID, people)
			return err
		},
		func(ctx context.Context) (err error) {
			f.notices, err = f.o.Notices.Standings(ctx, f.r, f.orgID, people)
			return err
		},
		func(ctx context.Context) (err error) {
			consents, err = f.o.Consents.Standings(ctx, f.r, f.orgID, asked)
			return err
		})
	if err != nil {
		return fmt.Errorf("read what the gate asks: %w", err)
	}
	f.consents = make(map[chat.Asked]gate.Consents, len(asked))
	for i, a := range asked {
		f.consents[a] = consents[i]
	}
	return nil
}

// quietUntil is the end of the quiet hours that hold now; zero if none do.
func quietUntil(s org.Settings, now time.Time) (time.Time, error) {
	zone, err := s.Location()
	if err != nil {
		return time.Time{}, err
	}
	rule := calendar.Rule{From: time.Duration(s.QuietFrom) * time.Minute, Until: time.Duration(s.QuietUntil) * time.Minute,
		Location: zone, State: calendar.State(s.State), Sundays: true, Holidays: true}
	return calendar.QuietUntil(now, rule), nil
}

// input is the question for the gate about a person of [facts.about]. A template that is not filled in is a
// *template.MissingError.
func (f *facts) input(ctx context.Context, p *chat.Known, q Request, c *cloudapi.Content) (gate.Input, error) {
	in := gate.Input{
		Now: f.now,
		Asked: gate.Asked{Occasion: q.Occasion, Category: q.Category, Kind: gate.KindFreeForm, Errand: q.Errand, Case: q.Case, Visitor: q.Visitor, Breach: q.Breach,
			OwnPurpose: q.Purpose != "", Advertising: q.Advertising, AI: q.AI, Consented: id.ID(q.Consented)},
		Recipient: recipient(p),
		Number:    gate.Number{Active: f.channel.Active, AgreementValid: f.channel.AgreementValid(f.now)},
		Contract:  gate.Contract{ChosenChannel: p.Flags.Contract, ID: id.Contract(p.ID)},
	}
	if p.Erased {
		return in, nil
	}
	standing := f.threads[p.ID]
	in.WindowEnds = standing.WindowEnds
	in.Matter = gate.Matter{Open: !standing.Matter.IsZero(), ID: standing.Matter, OpenedAt: standing.MatterAt, LastAt: standing.LastIn}
	if !standing.LastIn.IsZero() {
		in.Matter.Ends = standing.LastIn.AddDate(0, 0, f.org.Settings.MatterDays)
	}
	if in.Asked.Occasion == "" {
		in.Asked.Occasion = in.Matter.Unasked(f.now)
	}
	in.Consents, in.Notice = f.consents[chat.Asked{Person: p.ID, Own: q.Purpose}], f.notices[p.ID]
	if p.Flags.OptedOut { // her own; another's is nothing to confirm to her
		confirmed, again, err := f.o.Consents.StopStanding(ctx, f.r, f.org.ID, p.ID)
		if err != nil {
			return in, err
		}
		in.Recipient.OptOutConfirmed, in.Recipient.WroteAgain = confirmed, again && !p.Linked.OptedOut
	}
	if existing := f.org.Settings.Existing; existing.On() {
		var err error
		if in.Existing, err = f.o.Consents.Customer(ctx, f.r, f.orgID, p); err != nil {
			return in, err
		}
		in.Existing.Enabled, in.Existing.Reason = true, existing.Reason
	}
	in.QuietUntil = f.quiet
	switch {
	case c == nil:
	case c.Template != nil:
		if err := f.addTemplate(ctx, &in, *c.Template); err != nil {
			return in, err
		}
	default:
		in.Asked.NoRoom = !room(*c, f.added(p))
	}
	in.Budget = f.budget(in)
	return in, nil
}

// budget is whether the organisation may spend what a message costs.
func (f *facts) budget(in gate.Input) gate.Budget {
	s := f.org.Settings
	over := f.spent >= s.Budget || f.spent+f.price(in) > s.Budget
	return gate.Budget{Exhausted: s.Budget > 0 && over, Overdraw: s.Overdraw}
}

// recipient is a person as the gate sees her. The STOP of a record to which
// hers is linked holds, but it is confirmed to whoever said it.
func recipient(p *chat.Known) gate.Recipient {
	f := p.InForce()
	return gate.Recipient{Erased: p.Erased, Blocked: f.Blocked, OptedOut: f.OptedOut, OptOutConfirmed: f.OptedOut && !p.Flags.OptedOut,
		Restricted: f.Restricted, Objected: f.Objected, Minor: f.Minor, Held: f.Held, Halted: f.Halted, HasPhone: p.Profile.Phone != ""}
}

func (f *facts) addTemplate(ctx context.Context, in *gate.Input, t cloudapi.Template) error {
	in.Asked.Kind = gate.KindTemplate
	var err error
	if in.Template, err = f.o.Templates.Standing(ctx, f.r, f.org.ID, f.channel.WABA, f.o.NoticeURL(f.org.Slug), t); err != nil {
		return err
	}
	if in.Asked.Category == "" {
		in.Asked.Category = in.Template.Category
	}
	if in.Asked.Category == "" {
		in.Asked.Category = gate.Utility
	}
	return nil
}

// price is what a message will cost when it is delivered (Cloud API: price per
// delivered message; since October 2026 inside the window too).
func (f *facts) price(in gate.Input) int64 {
	prices := f.org.Settings.Prices
	if in.Asked.Kind != gate.KindTemplate {
		if f.served < prices.FreeService() {
			return 0
		}
		return prices.Service
	}
	switch in.Asked.Category {
	case gate.Marketing:
		return prices.Marketing
	case gate.Authentication:
		return prices.Authentication
	case gate.Utility:
		return prices.Utility
	default:
		return 0
	}
}
