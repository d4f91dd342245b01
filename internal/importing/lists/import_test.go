package lists_test

import (
	"errors"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"einklang/internal/app"
	"einklang/internal/consent/optin"
	"einklang/internal/engine/blob"
	"einklang/internal/engine/jobs"
	"einklang/internal/engine/store"
	"einklang/internal/importing/lists"
	"einklang/internal/importing/lists/table"
	"einklang/internal/person/chat"
	"einklang/internal/person/contact"
	"einklang/internal/rights/erasure"
	"einklang/internal/rule/gate"
	"einklang/internal/rule/id"
	"einklang/internal/test/apptest"
	"einklang/internal/test/storetest"
)

const titles = "Name;Telefon;E-Mail;Zweck;Einwilligung am;Quelle;Nachweis;Wortlaut\n"

type desk struct {
	*apptest.Office
	t     *testing.T
	staff id.Account
}

func each(t *testing.T, test func(t *testing.T, d desk)) {
	t.Helper()
	apptest.Each(t, func(t *testing.T, o *apptest.Office) { test(t, desk{o, t, id.Account(o.IDs.New())}) })
}

// stage stages a list and lets it be checked.
func (d desk) stage(csv string) lists.Import {
	d.t.Helper()
	i, err := d.Imports.Stage(d.t.Context(), d.DB, d.Org.ID, d.staff, "kunden.csv", strings.NewReader(csv))
	if err != nil {
		d.t.Fatal(err)
	}
	if fault, err := d.Imports.Check(d.t.Context(), d.DB, d.Org.ID, i.ID, i.Plan); fault != "" || err != nil {
		d.t.Fatal(fault, err)
	}
	return d.wait(i, lists.Checked)
}

func (d desk) wait(i lists.Import, want lists.State) lists.Import {
	d.t.Helper()
	d.Until(d.t, "the import is "+string(want), func() bool {
		var err error
		if i, err = d.Imports.Get(d.t.Context(), d.DB, d.Org.ID, i.ID); err != nil {
			d.t.Fatal(err)
		}
		if i.State == lists.Failed && want != lists.Failed {
			d.t.Fatal("the import has failed")
		}
		return i.State == want
	})
	return i
}

// run imports a list and returns what became of its rows.
func (d desk) run(csv string) (lists.Import, []lists.Result) {
	d.t.Helper()
	i := d.stage(csv)
	if err := d.Imports.Start(d.t.Context(), d.DB, d.Org.ID, i.ID, id.Account{}); err != nil {
		d.t.Fatal(err)
	}
	i = d.wait(i, lists.Done)
	results, err := d.Imports.Results(d.t.Context(), d.DB, d.Org.ID, i.ID, 0, 1000)
	if err != nil {
		d.t.Fatal(err)
	}
	return i, results
}

func (d desk) undo(i lists.Import) {
	d.t.Helper()
	if err := d.Imports.Undo(d.t.Context(), d.DB, d.Org.ID, i.ID); err != nil {
		d.t.Fatal(err)
	}
	d.wait(i, lists.Undone)
}

func (d desk) person(phone string) *chat.Known {
	d.t.Helper()
	k, err := d.People.ByPhone(d.t.Context(), d.DB, d.Org.ID, phone)
	if err != nil {
		d.t.Fatal(err)
	}
	return k
}

func (d desk) consent(k *chat.Known, purpose string) gate.ConsentState {
	d.t.Helper()
	states, err := d.Consents.States(d.t.Context(), d.DB, d.Org.ID, k.ID)
	if err != nil {
		d.t.Fatal(err)
	}
	for _, s := range states {
		if s.Purpose == purpose {
			return s.State
		}
	}
	return gate.ConsentNone
}

// send tries to write first, through the real door, and returns the reason of
// a refusal.
func (d desk) send(k *chat.Known, template string) string {
	d.t.Helper()
	var answer struct{ Detail string }
	values := []any{map[string]any{"type": "text", "text": "Beispiel"}}
	if template == "termin" {
		values = append(values, map[string]any{"type": "text", "text": "1. Dezember"})
	}
	status := d.REST(d.t, http.MethodPost, "/api/v1/messages", map[string]any{"contact_id": k.ID.String(), "type": "template",
		"template": map[string]any{"name": template, "language": map[string]any{"code": "de"},
			"components": []any{map[string]any{"type": "body", "parameters": values}}}}, &answer)
	if status == http.StatusAccepted {
		return ""
	}
	return answer.Detail
}

func TestS11NobodyIsWrittenToWithoutAProvenConsent(t *testing.T) {
	each(t, func(t *testing.T, d desk) {
		_, results := d.run(titles +
			"Erika Mustermann;0176 04069001;erika@example.com;Werbung;01.05.2026;Formular am Tresen;Ordner 3, Blatt 12;Ja, gern.\n" +
			"Max Mustermann;0176 04069002;;Werbung;;Formular am Tresen;\n" +
			"Otto Normalverbraucher;0176 04069003;;;;;\n" +
			"Niemand;auf Anfrage;;;;;\n")
		want := []lists.Result{{Row: 2, Outcome: lists.Created, Consents: 1}, {Row: 3, Outcome: lists.Created, Code: lists.CodeNoDate},
			{Row: 4, Outcome: lists.Created}, {Row: 5, Outcome: lists.Refused, Code: lists.CodeBadPhone}}
		for n, r := range results {
			r.Contact = id.Person{}
			if r != want[n] {
				t.Errorf("row %d: got %+v, want %+v", r.Row, r, want[n])
			}
		}
		erika, mustermann, otto := d.person("4917604069001"), d.person("4917604069002"), d.person("4917604069003")
		if erika.Profile.Given != "Erika Mustermann" || erika.Profile.Email != "erika@example.com" || erika.Locale != "de" {
			t.Errorf("got %+v", erika.Person)
		}
		history, err := d.Consents.History(t.Context(), d.DB, d.Org.ID, erika)
		if err != nil || len(history) != 1 || history[0].Detail.Note != "Formular am Tresen" || history[0].Detail.Artefact != "Ordner 3, Blatt 12" || history[0].Source != "import" ||
			history[0].Detail.Staff != d.staff || history[0].At.Format(time.DateOnly) != "2026-04-30" { // midnight in Berlin
			t.Errorf("the proof is %+v, %v", history, err)
		}
		if refusal := d.send(erika, "angebot"); !strings.Contains(refusal, "privacy notice") {
			t.Errorf("nobody informed her: got %q", refusal)
		}
		d.Write(t, func(tx store.Tx) error {
			return d.Notices.Handed(t.Context(), tx, d.Org.ID, erika, "mit dem Formular", d.staff)
		})
		for _, c := range []struct {
			name  string
			who   *chat.Known
			sends bool
		}{{"with a proven consent", erika, true}, {"with a consent that nobody can prove", mustermann, false}, {"with none", otto, false}} {
			if refusal := d.send(c.who, "angebot"); (refusal == "") != c.sends || !c.sends && !strings.Contains(refusal, "consent to marketing") {
				t.Errorf("%s: got %q", c.name, refusal)
			}
			if refusal := d.send(c.who, "termin"); !c.sends && !strings.Contains(refusal, "The gate refuses") {
				t.Errorf("%s: a service message got %q", c.name, refusal)
			}
		}
		if n := d.Count(t, "message", ""); n > 3 {
			t.Errorf("%d messages are there", n)
		}
		if _, err := d.Box.Open(t.Context(), d.Org.ID, results[0].Contact); !errors.Is(err, blob.ErrNotFound) || d.Count(t, "blob", "") != 0 {
			t.Error("the list is still there")
		}
	})
}

func TestWhatIsKnownAlreadyStays(t *testing.T) {
	each(t, func(t *testing.T, d desk) {
		ctx := t.Context()
		known := func(phone, name string) (k *chat.Known) {
			d.Write(t, func(tx store.Tx) error {
				all, err := d.People.Resolve(ctx, tx, d.Org.ID, []contact.Sighting{{Phone: phone, Given: name}})
				k = all[0]
				return err
			})
			return k
		}
		named, stopped, minor, objected, held, withdrawn := known("4917604069001", "Frau Dr. Mustermann"), known("4917604069002", ""), known("4917604069003", ""), known("4917604069004", ""), known("4917604069005", ""), known("4917604069006", "")
		d.Write(t, func(tx store.Tx) error {
			_, stop := d.Consents.Stop(ctx, tx, d.Org.ID, stopped, "keyword", id.Message{}, d.Clock.Now())
			_, grant := d.Consents.Grant(ctx, tx, d.Org.ID, held, optin.Event{Purpose: "marketing", Source: optin.FromPaper, At: d.Clock.Now().AddDate(0, -8, 0), Detail: optin.Detail{Note: "Blatt 1", Wording: "Ja.", File: id.File(d.IDs.New())}})
			_, withdraw := d.Consents.Withdraw(ctx, tx, d.Org.ID, withdrawn, optin.Event{Purpose: "marketing", Source: "verbal", At: d.Clock.Now().AddDate(0, -1, 0), Detail: optin.Detail{Note: "am Telefon"}})
			return errors.Join(stop, grant, withdraw, d.People.SetFlag(ctx, tx, d.Org.ID, minor.ID, contact.Minor, true), d.People.SetFlag(ctx, tx, d.Org.ID, objected.ID, contact.Objected, true))
		})
		var list strings.Builder
		list.WriteString(titles)
		for n := range 6 {
			fmt.Fprintf(&list, "Aus der Liste;+49 176 0406900%d;;Werbung;01.05.2026;Formular;Ordner 3;Ja, gern.\n", n+1)
		}
		list.WriteString("Noch einmal;+49 176 04069001;;Service;01.05.2026;Formular;Ordner 3\n")
		i, results := d.run(list.String())
		for n, want := range []lists.Code{"", lists.CodeOptedOut, lists.CodeMinor, lists.CodeObjected, lists.CodeHeld, lists.CodeWithdrawn, lists.CodeRepeated} {
			if r := results[n]; r.Outcome != lists.Known || r.Code != want {
				t.Errorf("row %d: got %+v, want %q", r.Row, r, want)
			}
		}
		if got := d.person("4917604069001").Profile.Given; got != "Frau Dr. Mustermann" {
			t.Errorf("the name became %q", got)
		}
		if d.consent(withdrawn, "marketing") != gate.ConsentWithdrawn || d.consent(held, "marketing") != gate.ConsentGranted || d.consent(named, "service") != gate.ConsentGranted {
			t.Error("consents are not as they should be")
		}
		if d.Count(t, "information_duty", "") != 0 {
			t.Error("people whom we know are no people of whom we learnt from somebody else")
		}

		d.undo(i)
		if d.person("4917604069001") == nil || d.consent(named, "marketing") != gate.ConsentWithdrawn || d.consent(named, "service") != gate.ConsentWithdrawn || d.consent(held, "marketing") != gate.ConsentGranted {
			t.Error("undoing took too much or too little")
		}
	})
}

func TestUndo(t *testing.T) {
	each(t, func(t *testing.T, d desk) {
		i, _ := d.run(titles +
			"Erika Mustermann;0176 04069001;;Werbung, Service;01.05.2026;Formular;Ordner 3;Ja, gern.\n" +
			"Max Mustermann;0176 04069002;;Service;01.05.2026;Formular;Ordner 4\n" +
			"Max Mustermann;0176 04069002;;Werbung;01.05.2026;Formular;Ordner 4;Ja, gern.\n")
		erika, mustermann := d.person("4917604069001"), d.person("4917604069002")
		phone := d.Customer("Max Mustermann", "4917604069002")
		phone.Say(d.Number, "Guten Tag")
		d.Settle(t)
		leaves := d.Count(t, "evidence_entry", "")
		d.undo(i)
		if d.person("4917604069001") != nil || d.Count(t, "data_key", "owner_id = ?", erika.ID) != 0 || d.Count(t, "consent_event", "contact_id = ?", erika.ID) != 0 {
			t.Error("Erika is still there")
		}
		if d.person("4917604069002") == nil || d.consent(mustermann, "service") != gate.ConsentWithdrawn || d.consent(mustermann, "marketing") != gate.ConsentWithdrawn {
			t.Error("Max, who has written meanwhile, should stay, without the consents")
		}
		job, err := d.Imports.Progress(t.Context(), d.DB, d.Org.ID, i.ID)
		if err != nil || job.Counts[lists.CountRemoved] != 1 || job.Counts[lists.CountKept] != 1 || job.Counts[lists.CountConsents] != 4 {
			t.Errorf("got %v, %v", job.Counts, err)
		}
		if n := d.Count(t, "evidence_entry", ""); n != leaves+5 { // four withdrawals, and that it was undone
			t.Errorf("%d leaves of evidence came", n-leaves)
		}
		// The mended list may bring them again.
		_, results := d.run(titles + "Erika Mustermann;0176 04069001;;;;;\n")
		if results[0].Outcome != lists.Created {
			t.Errorf("got %+v", results[0])
		}
		if err := d.Imports.Undo(t.Context(), d.DB, d.Org.ID, i.ID); !errors.Is(err, lists.ErrState) {
			t.Errorf("undone twice: %v", err)
		}
	})
}

func TestErasedPeopleStayAway(t *testing.T) {
	each(t, func(t *testing.T, d desk) {
		d.run(titles + "Erika Mustermann;0176 04069001;;;;;\n")
		erika := d.person("4917604069001")
		d.Write(t, func(tx store.Tx) error {
			_, err := d.Erasure.Begin(t.Context(), tx, d.Org.ID, erika.ID, erasure.Order{Source: "desk"})
			return err
		})
		d.Until(t, "she is forgotten", func() bool { return d.Count(t, "erasure", "done_at > 0") > 0 })
		people := d.Count(t, "contact", "")
		_, results := d.run(titles + "Erika Mustermann;+49 176 04069001;;Werbung;01.05.2026;Formular;Ordner 3;Ja, gern.\n")
		if results[0].Outcome != lists.Refused || results[0].Code != lists.CodeErased || d.Count(t, "contact", "") != people {
			t.Errorf("got %+v", results[0])
		}
		if d.Count(t, "information_duty", "") != 0 || d.Count(t, "import_row", "contact_id IS NOT NULL") != 0 {
			t.Error("something of her is left")
		}
	})
}

func TestArt14IsDueWithinAMonth(t *testing.T) {
	each(t, func(t *testing.T, d desk) {
		i, _ := d.run(titles + "Erika Mustermann;0176 04069001;;;;;\nMax Mustermann;0176 04069002;;;;;\nOtto Normalverbraucher;0176 04069003;;;;;\n")
		duties := func() lists.Duties {
			t.Helper()
			all, err := d.Imports.Duties(t.Context(), d.DB, d.Org.ID)
			if err != nil || len(all) != 1 || all[0].Import != i.ID {
				t.Fatal(all, err)
			}
			return all[0]
		}
		if got := duties(); got.Open != 3 || got.Overdue != 0 || got.Due.Sub(d.Clock.Now()) > 31*24*time.Hour || got.Due.Before(d.Clock.Now().AddDate(0, 1, -1)) {
			t.Errorf("got %+v", got)
		}
		// Erika writes, and gets the notice with the first answer.
		phone := d.Customer("Erika Mustermann", "4917604069001")
		phone.Say(d.Number, "Guten Tag")
		d.Settle(t)
		d.REST(t, http.MethodPost, "/api/v1/messages", map[string]any{"contact_id": d.person("4917604069001").ID.String(), "type": "text", "text": map[string]any{"body": "Gern!"}}, nil)
		d.Settle(t)
		if got := duties(); got.Open != 2 || got.Done != 1 {
			t.Errorf("after the notice: got %+v", got)
		}
		d.Clock.Advance(32 * 24 * time.Hour)
		if got := duties(); got.Overdue != 2 {
			t.Errorf("after a month: got %+v", got)
		}
		inform := func(how lists.How, when time.Time) (n int64, err error) {
			return n, d.Allow(t, func(tx store.Tx) error {
				n, err = d.Imports.Inform(t.Context(), tx, d.Org.ID, i.ID, d.staff, how, when)
				return err
			})
		}
		for _, bad := range []struct {
			how  lists.How
			when time.Time
		}{{lists.ByLetter, d.Clock.Now().Add(time.Hour)}, {lists.ByLetter, time.Time{}}, {"telepathy", d.Clock.Now()}, {lists.ByNotice, d.Clock.Now()}} {
			if _, err := inform(bad.how, bad.when); !errors.Is(err, lists.ErrHow) {
				t.Errorf("%+v: got %v", bad, err)
			}
		}
		if _, err := inform(lists.ByLetter, d.Clock.Now().Add(-time.Hour)); err != nil {
			t.Fatal(err)
		}
		if got := duties(); got.Open != 0 || got.Done != 3 {
			t.Errorf("after the letters: got %+v", got)
		}
		if n := d.Count(t, "notice_delivery", "state = 'sent'"); n != 3 {
			t.Errorf("%d people have the notice: the gate asks for it", n)
		}
	})
}

// The program ends in the middle of an import and begins again.
func TestAnImportSurvivesARestart(t *testing.T) {
	storetest.EachURL(t, func(t *testing.T, url string) {
		const people = 500
		var list strings.Builder
		list.WriteString(titles)
		for n := range people {
			fmt.Fprintf(&list, "Person %04d;0176 0406%04d;;Service;01.05.2026;Formular;Blatt %d\n", n, n, n)
		}
		var config app.Config
		o := apptest.OpenWith(t, url, apptest.Options{Config: func(c *app.Config) { config = *c }})
		config = o.Config
		d := desk{o, t, id.Account(o.IDs.New())}
		i := d.stage(list.String())
		if err := d.Imports.Start(t.Context(), d.DB, d.Org.ID, i.ID, id.Account{}); err != nil {
			t.Fatal(err)
		}
		var first jobs.Job
		d.Until(t, "some rows are imported", func() bool {
			first, _ = d.Imports.Progress(t.Context(), d.DB, d.Org.ID, i.ID)
			return first.Counts[lists.CountCreated] >= 100
		})
		o.End(t)
		again, err := app.Open(t.Context(), config)
		if err != nil {
			t.Fatal(err)
		}
		o.App = again
		between, err := again.Imports.Progress(t.Context(), again.DB, d.Org.ID, i.ID)
		if err != nil || between.State != jobs.Due {
			t.Fatalf("the import was through already: %+v, %v", between, err)
		}
		defer apptest.Run(again)(t)
		d.wait(i, lists.Done)
		for table, want := range map[string]int{"contact": people, "import_row": people, "information_duty": people, "consent": people, "consent_event": people, "blob_chunk": 0} {
			if n := d.Count(t, table, ""); n != want {
				t.Errorf("%d rows in %s, want %d", n, table, want)
			}
		}
	})
}

func TestFilesThatCannotBeRead(t *testing.T) {
	o := apptest.Open(t, storetest.SQLite(t))
	d := desk{o, t, id.Account(o.IDs.New())}
	for name, raw := range map[string]string{"no list": "%PDF-1.7", "damaged": "PK\x03\x04 cut off", "empty": ""} {
		_, err := d.Imports.Stage(t.Context(), d.DB, d.Org.ID, d.staff, "x", strings.NewReader(raw))
		var known *table.Error
		if !errors.As(err, &known) && !errors.Is(err, blob.ErrEmpty) {
			t.Errorf("%s: got %v", name, err)
		}
	}
	if d.Count(t, "import", "") != 0 || d.Count(t, "blob", "") != 0 {
		t.Error("something of them is left")
	}
}

func TestAMergedPersonKeepsItsDuties(t *testing.T) {
	each(t, func(t *testing.T, d desk) {
		i, _ := d.run(titles + "Erika Mustermann;0176 04069001;;Service;01.05.2026;Formular;Blatt 1\n")
		ctx := t.Context()
		d.Write(t, func(tx store.Tx) error { // she was known by her user id, without a number
			_, err := d.People.Resolve(ctx, tx, d.Org.ID, []contact.Sighting{{BSUID: "DE.77"}})
			return err
		})
		d.Write(t, func(tx store.Tx) error {
			_, err := d.People.Resolve(ctx, tx, d.Org.ID, []contact.Sighting{{BSUID: "DE.77", Phone: "4917604069001"}})
			return err
		})
		k := d.person("4917604069001")
		if d.Count(t, "information_duty", "contact_id = ?", k.ID) != 1 || d.Count(t, "import_consent", "contact_id = ?", k.ID) != 1 {
			t.Error("duty or consent were left behind")
		}
		d.undo(i)
		if d.person("4917604069001") == nil || d.consent(k, "service") != gate.ConsentWithdrawn {
			t.Error("undoing after the merge")
		}
	})
}

func TestOrganisationsDoNotSeeEachOthersImports(t *testing.T) {
	each(t, func(t *testing.T, d desk) {
		i := d.stage(titles + "Erika Mustermann;0176 04069001;;;;;\n")
		other := id.Org(d.IDs.New())
		for name, err := range map[string]error{
			"start":   d.Imports.Start(t.Context(), d.DB, other, i.ID, id.Account{}),
			"undo":    d.Imports.Undo(t.Context(), d.DB, other, i.ID),
			"discard": d.Imports.Discard(t.Context(), d.DB, other, i.ID),
		} {
			if !errors.Is(err, lists.ErrNotFound) {
				t.Errorf("%s: got %v", name, err)
			}
		}
		if err := d.Imports.Discard(t.Context(), d.DB, d.Org.ID, i.ID); err != nil || d.Count(t, "blob", "") != 0 {
			t.Error("the file was not deleted", err)
		}
	})
}
