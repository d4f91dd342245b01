package demo

import (
	"context"

	"einklang/internal/engine/store"
	"einklang/internal/govern/processors"
	"einklang/internal/rule/id"
	"einklang/internal/rule/place"
)

// processors enters who processes data for the example company.
func (d *Demo) processors(ctx context.Context, org id.Org, channel id.Channel) error {
	now := d.now()
	return d.App.DB.Write(ctx, func(ctx context.Context, tx store.Tx) error {
		for _, p := range []processors.Processor{
			{Detail: processors.Detail{Name: "WhatsApp Ireland Ltd.", Purpose: "WhatsApp Business Platform (Cloud API)", Country: "IE", Mechanism: place.NotNeeded,
				Categories: "Nummer oder Nutzerkennung, Inhalte, Metadaten", Note: "Unterauftragsverarbeiter: Meta Platforms, Inc. (USA), Data Privacy Framework und Standardvertragsklauseln"},
				ValidFrom: now.AddDate(-1, 0, 0), ValidUntil: now.AddDate(1, 0, 0), ReviewAt: now.AddDate(0, 6, 0), Channels: []id.Channel{channel}},
			{Detail: processors.Detail{Name: "Beispiel-Rechenzentrum", Purpose: "Betrieb des Servers", Country: "DE", Mechanism: place.NotNeeded},
				ValidFrom: now.AddDate(-2, 0, 0), ValidUntil: now.AddDate(1, 0, 0), ReviewAt: now.AddDate(0, -1, 0)},
		} {
			if _, err := d.App.Registers.Save(ctx, tx, org, p); err != nil {
				return err
			}
		}
		return nil
	})
}
