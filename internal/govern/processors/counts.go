package processors

import (
	"context"
	"time"

	"einklang/internal/engine/egress"
	"einklang/internal/engine/store"
	"einklang/internal/rule/cockpit"
	"einklang/internal/rule/id"
	"einklang/internal/rule/place"
)

// Facts lists the processors whose agreements have not ended.
func (d *Register) Facts(ctx context.Context, r store.Reader, org id.Org, now time.Time, f *cockpit.Facts) error {
	listed, err := d.List(ctx, r, org)
	for _, p := range listed {
		if p.Ended.IsZero() {
			f.Processors = append(f.Processors, cockpit.Processor{Name: p.Detail.Name, Country: p.Detail.Country, Mechanism: string(p.Detail.Mechanism),
				State: string(p.State(now)), Until: p.ValidUntil, Review: p.ReviewAt})
		}
	}
	return err
}

// shownDays is how far back the cockpit counts what went out.
const shownDays = 30

// FactsOfTransfers tells the cockpit what went to whom. All organisations of an
// installation share its register.
func FactsOfTransfers(border *egress.Border) func(context.Context, store.Reader, id.Org, time.Time, *cockpit.Facts) error {
	return func(ctx context.Context, r store.Reader, _ id.Org, now time.Time, f *cockpit.Facts) error {
		transfers, err := Transfers(ctx, r, border.Destinations(), now.AddDate(0, 0, -shownDays), now)
		for _, t := range transfers {
			f.Transfers = append(f.Transfers, cockpit.Transfer{Recipient: t.Destination.Recipient, Country: t.Destination.Country, Mechanism: t.Destination.Mechanism,
				Categories: t.Destination.DataCategories, Calls: t.Calls, Bytes: t.BytesOut + t.BytesIn, EEA: place.InEEA(t.Destination.Country)})
		}
		return err
	}
}
