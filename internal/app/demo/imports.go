package demo

import (
	"context"
	"strings"
	"time"

	"einklang/internal/importing/lists"
	"einklang/internal/rule/id"
)

// exampleList is a list as offices keep them, with a row of each sort: with a
// proven consent, with a half one, with none, and without a number. DAY is half
// a year ago.
const exampleList = "Vorname;Nachname;Mobil;E-Mail;Zweck;Einwilligung am;Quelle;Wortlaut;Nachweis\n" +
	"Petra;Beispiel;0176 04069101;petra@example.com;Werbung;DAY;Formular am Tresen;Ja, ich möchte Angebote per WhatsApp.;Ordner 3, Blatt 12\n" +
	"Paul;Beispiel;0176 04069102;;Werbung;;Formular am Tresen;;\n" +
	"Anna;Muster;0176 04069103;anna@example.com;;;;;\n" +
	"Hans;Muster;auf Anfrage;;;;;;\n"

// checkWithin is how long the example list may take to be checked.
const checkWithin = 10 * time.Second

// imports brings in a list, so that its pages have something to show. Second is
// who looked at what its people are said to have agreed to.
func (d *Demo) imports(ctx context.Context, org id.Org, staff, second id.Account) error {
	list := strings.ReplaceAll(exampleList, "DAY", d.now().AddDate(0, -6, 0).Format(time.DateOnly))
	i, err := d.App.Imports.Stage(ctx, d.App.DB, org, staff, "kunden.csv", strings.NewReader(list))
	if err != nil {
		return err
	}
	if _, err := d.App.Imports.Check(ctx, d.App.DB, org, i.ID, i.Plan); err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(ctx, checkWithin)
	defer cancel()
	for i.State != lists.Checked {
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-time.After(20 * time.Millisecond):
		}
		if i, err = d.App.Imports.Get(ctx, d.App.DB, org, i.ID); err != nil {
			return err
		}
	}
	return d.App.Imports.Start(ctx, d.App.DB, org, i.ID, second)
}
