package device

import (
	"context"
	"slices"

	"einklang/internal/rule/id"
)

// Looked is a device with what is wrong with it.
type Looked struct {
	Device
	Facts    Facts
	Findings []Finding
}

// Worst is how bad the worst finding is, as a colour.
func (l Looked) Worst() string {
	switch {
	case len(l.Findings) == 0 || l.Findings[0].Severity == Notice:
		return "green"
	case l.Findings[0].Severity == Warning:
		return "amber"
	default:
		return "red"
	}
}

// Look looks at one device: its standing as of now, and what is wrong.
func (g *Register) Look(ctx context.Context, org id.Org, device id.Device) (Looked, error) {
	numbers, err := g.orgs.APINumbers(ctx, g.db, org)
	if err != nil {
		return Looked{}, err
	}
	return g.look(ctx, org, device, numbers)
}

func (g *Register) look(ctx context.Context, org id.Org, device id.Device, numbers []string) (Looked, error) {
	d, err := g.Review(ctx, org, device)
	if err != nil {
		return Looked{}, err
	}
	return g.lookAt(ctx, d, numbers)
}

func (g *Register) lookAt(ctx context.Context, d Device, numbers []string) (Looked, error) {
	left, err := g.StillHeld(ctx, g.db, d)
	l := Looked{Device: d, Facts: Facts{Held: left.Count, HeldSince: left.Since, SameNumber: slices.ContainsFunc(numbers, d.HasNumber)}}
	l.Findings = Findings(d, l.Facts, g.now())
	return l, err
}

// LookAll looks at all devices of an organisation, the newest first. The books
// are brought up to date before, so that nobody is said to hold people who
// left since.
func (g *Register) LookAll(ctx context.Context, org id.Org) ([]Looked, error) {
	numbers, err := g.orgs.APINumbers(ctx, g.db, org)
	if err != nil {
		return nil, err
	}
	if err := g.books.Refresh(ctx, org); err != nil {
		return nil, err
	}
	devices, err := g.All(ctx, g.db, org)
	if err != nil {
		return nil, err
	}
	all := make([]Looked, len(devices))
	pieces := make([]func(context.Context) error, len(devices))
	for i, d := range devices {
		if Stand(d, g.now()) != d.Standing {
			if d, err = g.Review(ctx, org, d.ID); err != nil {
				return nil, err
			}
		}
		pieces[i] = func(ctx context.Context) (err error) {
			all[i], err = g.lookAt(ctx, d, numbers)
			return err
		}
	}
	return all, g.db.Together(ctx, pieces...)
}
