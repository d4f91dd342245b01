package org

import (
	"context"
	"time"

	"einklang/internal/engine/store"
	"einklang/internal/rule/cockpit"
	"einklang/internal/rule/id"
)

// Facts tells who the organisation is, what it has chosen, its numbers, and
// what it has spent this month. It comes before the facts of all others, who
// count in its time zone and for its numbers.
func (r *Registry) Facts(ctx context.Context, rd store.Reader, org id.Org, now time.Time, f *cockpit.Facts) error {
	o, err := r.Get(ctx, rd, org)
	if err != nil {
		return err
	}
	s := o.Settings
	f.Organisation = cockpit.Organisation{Name: o.Name, Address: s.Controller.Address, Email: s.Controller.Email, DPO: s.Controller.DPO, Country: s.Controller.Country,
		Portal: f.Pages + "/portal/" + o.Slug, Privacy: f.Pages + "/privacy/" + o.Slug}
	if f.Organisation.Zone, err = s.Location(); err != nil {
		return err
	}
	f.Consent.Existing = s.Existing.On()
	f.Automation.Receipts = s.Receipts
	f.Staff.Singles, f.Staff.AgreementWaits = s.Monitoring.Holds(), s.Monitoring.Waits()
	f.Budget.Limit = s.Budget
	if f.Budget.Spent, err = r.Spent(ctx, rd, org, now); err != nil {
		return err
	}
	channels, err := r.Channels(ctx, rd, org)
	for _, c := range channels {
		f.Numbers = append(f.Numbers, cockpit.Number{Channel: c.ID, Name: c.Name, Display: c.DisplayNumber, Product: c.Product, Active: c.Active,
			AgreementUntil: c.AgreementUntil, StorageMode: c.StorageMode, StorageRegion: c.StorageRegion})
	}
	return err
}

// APINumbers are the numbers of an organisation that the API uses alone. A
// coexistence number is meant to be on a phone as well (S20).
func (r *Registry) APINumbers(ctx context.Context, rd store.Reader, org id.Org) ([]string, error) {
	channels, err := r.Channels(ctx, rd, org)
	var numbers []string
	for _, c := range channels {
		if c.Product == "cloud_api" {
			numbers = append(numbers, c.DisplayNumber)
		}
	}
	return numbers, err
}
