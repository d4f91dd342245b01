package app

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"einklang/internal/account/org"
	"einklang/internal/consent/notice"
	"einklang/internal/engine/store"
	"einklang/internal/govern/facts"
	"einklang/internal/govern/processors"
	"einklang/internal/govern/uptime"
	"einklang/internal/rule/cockpit"
	"einklang/internal/rule/id"
	"einklang/internal/rule/place"
)

// Component is a part of the installation and where it stands (S23).
type Component struct {
	Name      string          `json:"name"` // server, database, mail, backup …
	Host      string          `json:"host"`
	Country   string          `json:"country"`
	Mechanism place.Mechanism `json:"mechanism"` // outside the EEA
}

// checkPlaces refuses to start with a component outside the EEA that no footing
// covers.
func checkPlaces(all []Component) error {
	for _, c := range all {
		if !place.Lawful(c.Country, c.Mechanism) {
			return fmt.Errorf("the component %q (%s) is declared in %q without a footing for the transfer: move it into the EEA, or name its mechanism (adequacy, dpf, scc, bcr) in the configuration", c.Name, c.Host, c.Country)
		}
	}
	return nil
}

// Facts counts how an organisation stands now, for the cockpit and the
// documents.
func (a *App) Facts(ctx context.Context, orgID id.ID) (f cockpit.Facts, err error) {
	now := a.Config.Now()
	o, err := a.Orgs.Get(ctx, a.DB, orgID)
	if err != nil {
		return f, err
	}
	f.Organisation = cockpit.Organisation{Name: o.Name, Address: o.Settings.Controller.Address, Email: o.Settings.Controller.Email, DPO: o.Settings.Controller.DPO}
	f.Automation.Receipts = o.Settings.Receipts
	f.Budget.Limit = o.Settings.Budget
	f.Security = cockpit.Security{HTTPS: strings.HasPrefix(a.Config.PublicURL, "https://"), Database: a.DB.Engine()}
	f.Now = now
	f.Components = a.components()
	pieces := []func(context.Context) error{
		func(ctx context.Context) error { return facts.Count(ctx, a.DB, orgID, now, &f, a.counters()...) },
		func(ctx context.Context) (err error) {
			f.Budget.Spent, err = a.Orgs.Spent(ctx, a.DB, orgID, now)
			return err
		},
	}
	if err := a.factsOfNumbers(ctx, o, &f); err != nil {
		return f, err
	}
	if err := a.factsOfDevices(ctx, o, &f); err != nil {
		return f, err
	}
	// Each part fills in fields of its own.
	for _, part := range []func(context.Context, org.Org, *cockpit.Facts) error{a.factsOfNotice, a.factsOfRegisters, a.factsOfIntake, a.factsOfConsent,
		a.factsOfWork, a.factsOfImports, a.factsOfErasure, a.factsOfDeletion, a.factsOfCases, a.factsOfBackups, a.factsOfOversight, a.factsOfAttributes} {
		pieces = append(pieces, func(ctx context.Context) error { return part(ctx, o, &f) })
	}
	err = a.DB.Together(ctx, pieces...)
	return f, err
}

func (a *App) factsOfNumbers(ctx context.Context, o org.Org, f *cockpit.Facts) error {
	channels, err := a.Orgs.Channels(ctx, a.DB, o.ID)
	if err != nil {
		return err
	}
	profiles, err := a.Notices.Profiles(ctx, a.DB, o.ID)
	for _, c := range channels {
		f.Numbers = append(f.Numbers, cockpit.Number{Name: c.Name, Display: c.DisplayNumber, Product: c.Product, Active: c.Active,
			AgreementUntil: c.AgreementUntil, StorageMode: c.StorageMode, StorageRegion: c.StorageRegion, Profile: cockpit.Profile(profiles[c.ID].State)})
	}
	return err
}

func (a *App) factsOfNotice(ctx context.Context, o org.Org, f *cockpit.Facts) error {
	current, err := a.Notices.Current(ctx, a.DB, o.ID)
	switch {
	case errors.Is(err, notice.ErrNone):
		return nil
	case err != nil:
		return err
	}
	f.Notice.Version, f.Notice.Published = current.Number, current.Published
	for _, g := range notice.Gaps(current.Draft(a.texts["de"].T, a.texts["en"].T)) {
		f.Notice.Missing = append(f.Notice.Missing, cockpit.NoticeGap{Part: g.Part, Locale: g.Locale, Lacks: g.Lacks})
	}
	return nil
}

func (a *App) factsOfRegisters(ctx context.Context, o org.Org, f *cockpit.Facts) error {
	listed, err := a.Registers.List(ctx, a.DB, o.ID)
	if err != nil {
		return err
	}
	for _, p := range listed {
		if p.Ended.IsZero() {
			f.Processors = append(f.Processors, cockpit.Processor{Name: p.Detail.Name, Country: p.Detail.Country, Mechanism: string(p.Detail.Mechanism),
				State: string(p.State(f.Now)), Until: p.ValidUntil, Review: p.ReviewAt})
		}
	}
	transfers, err := processors.Transfers(ctx, a.DB, a.destinations(), f.Now.AddDate(0, 0, -30), f.Now)
	for _, t := range transfers {
		f.Transfers = append(f.Transfers, cockpit.Transfer{Recipient: t.Destination.Recipient, Country: t.Destination.Country, Mechanism: t.Destination.Mechanism,
			Categories: t.Destination.DataCategories, Calls: t.Calls, Bytes: t.BytesOut + t.BytesIn, EEA: place.InEEA(t.Destination.Country)})
	}
	return err
}

func (a *App) factsOfIntake(ctx context.Context, o org.Org, f *cockpit.Facts) error {
	f.Intake.Since = f.Now.AddDate(0, 0, -90)
	if began := o.ID.Time(); began.After(f.Intake.Since) {
		f.Intake.Since = began
	}
	gaps, err := uptime.Gaps(ctx, a.DB, f.Intake.Since)
	for _, g := range gaps {
		if g.Severity() == uptime.Loss {
			f.Intake.Lost++
		} else {
			f.Intake.Late++
		}
		if g.Length() > f.Intake.Longest {
			f.Intake.Longest, f.Intake.LastFrom, f.Intake.LastTo = g.Length(), g.Began, g.Ended
		}
	}
	return err
}

// components are the declared parts; the server itself, and a database of its
// own, must be among them.
func (a *App) components() []cockpit.Component {
	needed := []string{"server"}
	if a.Config.Database != "" {
		needed = append(needed, "database")
	}
	var all []cockpit.Component
	declared := map[string]bool{}
	for _, c := range a.Config.Components {
		declared[c.Name] = true
		all = append(all, cockpit.Component{Name: c.Name, Host: c.Host, Country: c.Country, EEA: place.InEEA(c.Country), Declared: true})
	}
	for _, name := range needed {
		if !declared[name] {
			all = append(all, cockpit.Component{Name: name})
		}
	}
	return all
}

// NoteCockpit remembers once a day how every organisation stands.
func (a *App) NoteCockpit(ctx context.Context) {
	orgs, err := a.Orgs.All(ctx, a.DB)
	for _, o := range orgs {
		if err != nil {
			break
		}
		var f cockpit.Facts
		if f, err = a.Facts(ctx, o.ID); err == nil {
			err = a.DB.Write(ctx, func(ctx context.Context, tx store.Tx) error {
				return facts.Note(ctx, tx, o.ID, f.Now, cockpit.Judge(f))
			})
		}
	}
	if err != nil && ctx.Err() == nil {
		a.Config.Log.Error("how the requirements stand could not be noted; trying again later", "error", err)
	}
}
