package app_test

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"einklang/internal/account/user"
	"einklang/internal/engine/store"
	"einklang/internal/rights/cases"
	"einklang/internal/rule/id"
	"einklang/internal/test/apptest"
)

// A file that is still on its way to us, or could not be fetched, is not left out
// of a package in silence: the package and the pages say so, and once it is here
// the case offers the supplement, which holds it.
func TestAPackageSaysWhichFilesAreOnTheirWay(t *testing.T) {
	apptest.Each(t, func(t *testing.T, o *apptest.Office) {
		ctx := t.Context()
		erika := o.Customer("Erika Mustermann", "4917604069001")
		for _, words := range []string{"kommt später", "kommt nie", "ist da"} {
			if _, err := erika.SendFile(o.Number, "document", "application/pdf", []byte("%PDF-1.4 "+words), words); err != nil {
				t.Fatal(err)
			}
		}
		o.Settle(t)
		person := o.Person(t, erika)
		files, err := store.Collect(ctx, o.DB, store.One[[]byte], "SELECT id FROM media WHERE org_id = ? ORDER BY id", o.Org.ID)
		if err != nil || len(files) != 3 {
			t.Fatal(len(files), err)
		}
		o.Write(t, func(tx store.Tx) error {
			for i, state := range []string{"wanted", "gone"} {
				if _, err := tx.Exec(ctx, "DELETE FROM media_chunk WHERE media_id = ?", files[i]); err != nil {
					return err
				}
				if _, err := tx.Exec(ctx, "UPDATE media SET state = ?, chunks = 0, held_at = 0, attempts = 3, not_before = ? WHERE id = ?", state, store.Micros(o.Clock.Now().AddDate(1, 0, 0)), files[i]); err != nil {
					return err
				}
			}
			return nil
		})
		var c cases.Case
		o.Write(t, func(tx store.Tx) (err error) {
			c, err = o.Cases.Open(ctx, tx, o.Org.ID, cases.Request{Contact: person.ID, Kind: cases.Access, Source: "desk", Identity: cases.ByChat})
			return err
		})
		dpo, path := o.SignIn(t, user.DPO), "/desk/cases/"+c.ID.String()
		parts := func() map[string]string {
			if status, page := submit(t, o, dpo, path+"/package", nil); status != http.StatusOK {
				t.Fatalf("%d\n%s", status, page)
			}
			_, raw := visit(t, o, dpo, path+"/package")
			return unzipped(t, raw)
		}
		first := parts()
		waits, lost := "1 Datei ist noch auf dem Weg von WhatsApp zu uns", "1 Datei konnten wir nicht von WhatsApp laden"
		holds(t, "the letter", first["auskunft.html"], map[string]bool{waits: true, lost: true, "[Datei noch auf dem Weg]": true, "[Datei konnte nicht geladen werden]": true})
		holds(t, "the data", first["data.json"], map[string]bool{waits: true, lost: true, `"file_away":"coming"`: true, `"file_away":"missing"`: true})
		holds(t, "the table", first["messages.csv"], map[string]bool{",coming\n": true, ",missing\n": true})
		if n := countFiles(first); n != 1 {
			t.Errorf("%d files are in the package, want the one that is here", n)
		}
		_, page := visit(t, o, dpo, path)
		holds(t, "the page of the case", page, map[string]bool{"1 Datei ist noch auf dem Weg von WhatsApp.": true, "Nachtrag bereitstellen": false})
		_, page = enters(t, o, person.ID).get("/portal/beispiel/data")
		holds(t, "her own page", page, map[string]bool{"1 Ihrer Dateien ist noch auf dem Weg": true})

		o.Clock.Advance(time.Hour)
		o.Write(t, func(tx store.Tx) error {
			_, err := tx.Exec(ctx, "UPDATE media SET not_before = 0 WHERE id = ?", files[0])
			return err
		})
		o.Until(t, "the file is here", func() bool { return o.Count(t, "media", "state = 'held'") == 2 })
		_, page = visit(t, o, dpo, path)
		holds(t, "the page when it has come", page, map[string]bool{"noch auf dem Weg von WhatsApp.": false, "1 Datei war beim Bereitstellen noch auf dem Weg": true, "Nachtrag bereitstellen": true})
		o.Expire(ctx)
		o.Expire(ctx)
		if n := o.Count(t, "reminder", "topic = 'case' AND stage LIKE 'supplement %'"); n != 1 {
			t.Errorf("the officer is told %d times that a file has come, want once", n)
		}
		o.Write(t, func(tx store.Tx) error {
			return o.Cases.Close(ctx, tx, &c, cases.Done, id.Account{}, "Der Rest kommt nach.")
		})
		_, page = visit(t, o, dpo, path)
		holds(t, "the page of the case that has ended", page, map[string]bool{"1 Datei war beim Bereitstellen noch auf dem Weg": true, "Nachtrag bereitstellen": true})
		o.Clock.Advance(time.Minute)
		supplement := parts()
		all := ""
		for name, content := range supplement {
			if strings.HasPrefix(name, "files/") {
				all += content
			}
		}
		if n := countFiles(supplement); n != 2 || strings.Count(all, "%PDF-1.4") != 2 {
			t.Errorf("%d files are in the supplement: %s", n, all)
		}
		_, page = visit(t, o, dpo, path)
		holds(t, "the page with the supplement", page, map[string]bool{"Nachtrag bereitstellen": false, "Neu bereitstellen": true})
		o.Expire(ctx)
		if n := o.Count(t, "reminder", "topic = 'case' AND stage LIKE 'supplement %'"); n != 1 {
			t.Errorf("told %d times, want no more: the supplement lies ready", n)
		}
	})
}

func countFiles(parts map[string]string) (n int) {
	for name := range parts {
		if strings.HasPrefix(name, "files/") {
			n++
		}
	}
	return n
}
