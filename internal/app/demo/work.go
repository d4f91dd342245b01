package demo

import (
	"context"
	"time"

	"einklang/internal/account/org"
	"einklang/internal/engine/store"
	"einklang/internal/messaging/assignment"
	"einklang/internal/rule/id"
)

// work gives the example company a team, labels and quick replies, and says
// who the company is.
func (d *Demo) work(ctx context.Context, o org.Org) error {
	staff, err := d.App.Users.List(ctx, d.App.DB, o.ID)
	if err != nil {
		return err
	}
	var members []id.Account
	for _, a := range staff {
		members = append(members, a.ID)
	}
	o.Settings.Controller = org.Contact{Address: "Musterstraße 1, 10115 Berlin", Email: "info@example.com", DPO: "datenschutz@example.com", Authority: "Berliner Beauftragte für Datenschutz und Informationsfreiheit", Country: "DE"}
	return d.App.DB.Write(ctx, func(ctx context.Context, tx store.Tx) error {
		if err := d.App.Orgs.SaveSettings(ctx, tx, o.ID, o.Settings); err != nil {
			return err
		}
		front := org.Front{Accessibility: org.Accessibility{Scope: org.Voluntary, Contact: "info@example.com"}}
		if err := d.App.Orgs.SaveFront(ctx, tx, o.ID, front); err != nil {
			return err
		}
		if _, err := d.App.Work.SaveTeam(ctx, tx, o.ID, assignment.Team{Name: "Kundendienst", Target: 2 * time.Hour, Assignment: assignment.RoundRobin, Members: members}); err != nil {
			return err
		}
		for _, l := range []assignment.Label{{Name: "Stammkunde", Colour: "teal"}, {Name: "Reklamation", Colour: "rose"}, {Name: "Werkstatt", Colour: "olive"}} {
			if _, err := d.App.Work.SaveLabel(ctx, tx, o.ID, l); err != nil {
				return err
			}
		}
		for _, q := range []assignment.QuickReply{
			{Shortcut: "gruss", Body: "Guten Tag {name}, hier ist {agent} von {company}. Wie können wir helfen?"},
			{Shortcut: "zeiten", Body: "Wir sind Montag bis Freitag von 9 bis 17 Uhr für Sie da."},
			{Shortcut: "aktion", Body: "Diese Woche haben wir 10 % auf alle Ersatzteile.", Advertising: true},
			{Shortcut: "danke", Body: "Vielen Dank für Ihre Nachricht. Wir melden uns heute noch."},
		} {
			if err := d.App.Work.SaveQuickReply(ctx, tx, o.ID, q); err != nil {
				return err
			}
		}
		return nil
	})
}

// label sorts one of the example customers.
func (p *player) label(who, label string) {
	if p.err != nil {
		return
	}
	all, err := p.d.App.Work.Labels(p.ctx, p.d.App.DB, p.channel.Org)
	if err != nil {
		p.err = err
		return
	}
	person := p.person(who)
	if p.err != nil {
		return
	}
	for _, l := range all {
		if l.Name == label {
			p.err = p.d.App.DB.Write(p.ctx, func(ctx context.Context, tx store.Tx) error {
				return p.d.App.Work.SetLabel(ctx, tx, p.channel.Org, person.ID, l.ID, true)
			})
		}
	}
}
