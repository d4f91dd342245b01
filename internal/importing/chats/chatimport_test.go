package chats_test

import (
	"archive/zip"
	"bytes"
	"errors"
	"fmt"
	"io"
	"strings"
	"testing"

	"einklang/internal/importing/chats"
	"einklang/internal/importing/chats/transcript"
	"einklang/internal/messaging/conversation"
	"einklang/internal/person/chat"
	"einklang/internal/rule/gate"
	"einklang/internal/rule/id"
	"einklang/internal/test/apptest"
	"einklang/internal/test/storetest"
)

type desk struct {
	*apptest.Office
	t *testing.T
}

func each(t *testing.T, test func(t *testing.T, d desk)) {
	t.Helper()
	apptest.Each(t, func(t *testing.T, o *apptest.Office) { test(t, desk{o, t}) })
}

func (d desk) stage(raw string) (chats.Import, error) {
	return d.Chats.Stage(d.t.Context(), d.DB, d.Org.ID, id.Account(d.IDs.New()), "chat", []string{d.Org.Name, apptest.Display}, strings.NewReader(raw))
}

// run imports a chat and returns what was counted.
func (d desk) run(raw string, change func(*chats.Plan)) map[string]int64 {
	d.t.Helper()
	i, err := d.stage(raw)
	if err != nil {
		d.t.Fatal(err)
	}
	p := i.Plan
	p.Channel = d.Channel.ID
	if change != nil {
		change(&p)
	}
	if fault, err := d.Chats.Start(d.t.Context(), d.DB, d.Org.ID, i.ID, p); fault != "" || err != nil {
		d.t.Fatal(fault, err)
	}
	d.Until(d.t, "the chat is imported", func() bool {
		now, err := d.Chats.Get(d.t.Context(), d.Org.ID, i.ID)
		if err != nil || now.State == chats.Failed {
			d.t.Fatal(now.State, err)
		}
		return now.State == chats.Done
	})
	job, err := d.Chats.Progress(d.t.Context(), d.DB, d.Org.ID, i.ID)
	if err != nil || d.Count(d.t, "blob", "") != 0 {
		d.t.Fatal(err, "the export is still there")
	}
	return job.Counts
}

func (d desk) person(phone string) *chat.Known {
	d.t.Helper()
	k, err := d.People.ByPhone(d.t.Context(), d.DB, d.Org.ID, phone)
	if err != nil || k == nil {
		d.t.Fatal(k, err)
	}
	return k
}

// thread shows a conversation with a person, a line for each message.
func (d desk) thread(k *chat.Known) (conversation.Summary, []chat.Message, string) {
	d.t.Helper()
	threads, err := d.Threads.OfContact(d.t.Context(), d.DB, d.Org.ID, k.ID)
	if err != nil || len(threads) != 1 {
		d.t.Fatal(threads, err)
	}
	all, _, err := d.Threads.Page(d.t.Context(), d.DB, d.Org.ID, threads[0].ID, conversation.Place{}, 1000)
	if err != nil {
		d.t.Fatal(err)
	}
	var b strings.Builder
	for _, m := range all {
		fmt.Fprintf(&b, "%s %s %s %s\n", map[bool]string{true: "←", false: "→"}[m.Outgoing], m.Origin, m.Type, conversation.Words(m.Body.Content))
	}
	return threads[0], all, b.String()
}

func pack(t *testing.T, files ...string) string {
	t.Helper()
	var b bytes.Buffer
	z := zip.NewWriter(&b)
	for i := 0; i < len(files); i += 2 {
		w, err := z.Create(files[i])
		if err == nil {
			_, err = io.WriteString(w, files[i+1])
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

const twoPeople = "24.11.25, 10:00 - Nachrichten und Anrufe sind Ende-zu-Ende-verschlüsselt.\n" +
	"24.11.25, 10:00 - +49 176 04069001: Guten Tag, meine Maschine ist kaputt\n" +
	"24.11.25, 10:00 - +49 176 04069001: Hallo?\n" +
	"24.11.25, 10:00 - +49 176 04069001: Hallo?\n" +
	"24.11.25, 10:05 - Beispiel GmbH: Guten Tag!\nWelche denn?\n" +
	"24.11.25, 10:06 - +49 176 04069001: Diese Nachricht wurde gelöscht\n"

// S19: history comes in, and nothing follows from it.
func TestS19AnImportedChatIsHistoryAndNothingElse(t *testing.T) {
	each(t, func(t *testing.T, d desk) {
		counts := d.run(twoPeople, nil)
		if counts[chats.CountAdded] != 4 || counts[chats.CountRead] != 6 {
			t.Errorf("got %v", counts)
		}
		k := d.person("4917604069001")
		s, all, got := d.thread(k)
		want := "→ imported text Guten Tag, meine Maschine ist kaputt\n→ imported text Hallo?\n→ imported text Hallo?\n← imported text Guten Tag!\nWelche denn?\n"
		if got != want {
			t.Errorf("got\n%s", got)
		}
		if !s.WindowEnds.IsZero() || !s.Matter.IsZero() || s.Unread != 0 || !s.Closed || !s.LastOut || s.LastAt != all[3].At {
			t.Errorf("something follows from the chat: %+v", s)
		}
		if n := d.Count(t, "consent_event", "") + d.Count(t, "evidence_entry", "owner_id = ?", k.ID); n != 0 {
			t.Errorf("%d proofs follow from the chat", n)
		}
		consents, err := d.Consents.Standings(t.Context(), d.DB, d.Org.ID, []chat.Asked{{Person: k.ID}})
		if err != nil || consents[0].Service.State == gate.ConsentGranted || consents[0].Marketing.State == gate.ConsentGranted {
			t.Error(consents, err)
		}
		status := d.REST(t, "POST", "/api/v1/messages", map[string]any{"contact_id": k.ID.String(), "type": "text", "text": map[string]any{"body": "Hallo"}}, nil)
		if status != 403 {
			t.Errorf("writing to her was answered %d", status)
		}

		// The same chat, a little longer, from another export.
		counts = d.run(twoPeople+"25.11.25, 09:00 - +49 176 04069001: Die KM 200\n", nil)
		if counts[chats.CountAdded] != 1 || counts[chats.CountKnown] != 4 {
			t.Errorf("again: got %v", counts)
		}
	})
}

func TestAnImportedChatDoesNotDisturbOneThatIsOpen(t *testing.T) {
	each(t, func(t *testing.T, d desk) {
		erika := d.Customer("Erika Mustermann", "4917604069001")
		erika.Say(d.Number, "Guten Tag")
		d.Settle(t)
		k := d.Person(t, erika)
		before, _, _ := d.thread(k)
		d.run(twoPeople, nil)
		after, all, _ := d.thread(k)
		before.Changed = after.Changed
		if fmt.Sprint(before) != fmt.Sprint(after) || len(all) != 5 {
			t.Errorf("before %+v\nafter %+v", before, after)
		}
	})
}

func TestS02OtherPeopleStayOut(t *testing.T) {
	each(t, func(t *testing.T, d desk) {
		group := "24.11.25, 10:00 - Max hat die Gruppe „Verein“ erstellt.\n" +
			"24.11.25, 10:00 - Max Mustermann: Otto Normal kommt auch, sagt Otto. @4917604069003 bitte melden, Ottomane ist da\n" +
			"24.11.25, 10:01 - Otto Normal: Meine Adresse ist geheim\n" +
			"24.11.25, 10:02 - +49 176 04069003: Ich auch\n" +
			"24.11.25, 10:03 - Beispiel GmbH: Danke Max und Otto\n" +
			"24.11.25, 10:04 - Max Mustermann: Otto.vcf (Datei angehängt)\n"
		i, err := d.stage(group)
		if err != nil || !i.Survey.Group || i.Plan.Them != "" || i.Plan.Us != "Beispiel GmbH" {
			t.Fatal(i, err)
		}
		p := i.Plan
		p.Channel, p.Them, p.Phone = d.Channel.ID, "Max Mustermann", "4917604069002"
		if fault, err := d.Chats.Start(t.Context(), d.DB, d.Org.ID, i.ID, p); fault != chats.IsGroup || err != nil {
			t.Errorf("a group got through: %q, %v", fault, err)
		}
		if err := d.Chats.Discard(t.Context(), d.DB, d.Org.ID, i.ID); err != nil {
			t.Fatal(err)
		}
		counts := d.run(group, func(q *chats.Plan) { *q = p; q.Group = true })
		_, _, got := d.thread(d.person("4917604069002"))
		want := "→ imported text […] kommt auch, sagt […]. @[…] bitte melden, Ottomane ist da\n← imported text Danke Max und […]\n"
		if got != want {
			t.Errorf("got\n%s", got)
		}
		if counts[chats.CountThird] != 2 || counts[chats.CountCards] != 1 || d.Count(t, "contact", "") != 1 {
			t.Errorf("got %v", counts)
		}
	})
}

func TestFilesOfAChat(t *testing.T) {
	each(t, func(t *testing.T, d desk) {
		picture := "\xff\xd8\xff not really a picture"
		raw := pack(t, "00000002-PHOTO.jpg", picture, "_chat.txt",
			"[24.11.25, 10:00:01] Erika Mustermann: So sieht es aus\n\u200e<Anhang: 00000002-PHOTO.jpg>\n"+
				"\u200e[24.11.25, 10:00:02] Erika Mustermann: \u200e<Anhang: 00000003-FEHLT.jpg>\n"+
				"\u200e[24.11.25, 10:00:03] Erika Mustermann: \u200e<Anhang: 00000004-PROGRAMM.exe>\n"+
				"\u200e[24.11.25, 10:00:04] Beispiel GmbH: \u200eBild weggelassen\n",
			"00000004-PROGRAMM.exe", "MZ", "liste.txt", "kein Chat")
		counts := d.run(raw, func(p *chats.Plan) { p.Phone = "4917604069001" })
		if counts[chats.CountFiles] != 1 || counts[chats.CountNoFile] != 3 || counts[chats.CountAdded] != 4 {
			t.Errorf("got %v", counts)
		}
		k := d.person("4917604069001")
		if k.Profile.Given != "Erika Mustermann" {
			t.Errorf("she is called %q", k.Profile.Given)
		}
		_, all, _ := d.thread(k)
		f, err := d.Shelf.Get(t.Context(), d.Org.ID, all[0].Body.Media)
		if err != nil {
			t.Fatal(err)
		}
		var out bytes.Buffer
		if _, err := f.Copy(t.Context(), &out); err != nil || out.String() != picture || f.MimeType != "image/jpeg" || all[0].Body.Content.Image.Caption != "So sieht es aus" {
			t.Errorf("got %q, %v", out.String(), err)
		}
		counts = d.run(raw, func(p *chats.Plan) { p.Phone = "4917604069001" })
		if counts[chats.CountKnown] != 4 || d.Count(t, "media", "") != 1 {
			t.Errorf("again: got %v, %d files", counts, d.Count(t, "media", ""))
		}
	})
}

func TestHostileExports(t *testing.T) {
	d := desk{apptest.Open(t, storetest.SQLite(t)), t}
	for _, c := range []struct{ name, raw, code string }{
		{"no chat", "Name;Telefon\n", chats.CodeNoChat},
		{"an archive without a chat", pack(t, "a.jpg", "x"), chats.CodeNoChat},
		{"a bomb", pack(t, "_chat.txt", "24.11.25, 10:00 - A: "+strings.Repeat("\x00", 8<<20)), chats.CodeBomb},
		{"a path out of the archive", pack(t, "../_chat.txt", twoPeople), chats.CodeBroken},
		{"cut off", pack(t, "_chat.txt", twoPeople)[:80], chats.CodeBroken},
	} {
		_, err := d.stage(c.raw)
		var known *chats.Error
		if !errors.As(err, &known) || known.Code != c.code {
			t.Errorf("%s: got %v, want %s", c.name, err, c.code)
		}
	}
	if d.Count(t, "blob", "") != 0 || d.Count(t, "chat_import", "") != 0 {
		t.Error("something of them is left")
	}
	// A bomb among the files ends the import, and what came before stays.
	i, err := d.stage(pack(t, "_chat.txt", "24.11.25, 10:00 - +49 176 04069001: A.jpg (Datei angehängt)\n24.11.25, 10:00 - Beispiel GmbH: x\n", "A.jpg", strings.Repeat("\x00", 4<<20)))
	if err != nil {
		t.Fatal(err)
	}
	p := i.Plan
	p.Channel = d.Channel.ID
	if fault, err := d.Chats.Start(t.Context(), d.DB, d.Org.ID, i.ID, p); fault != "" || err != nil {
		t.Fatal(fault, err)
	}
	d.Until(t, "it has failed", func() bool {
		now, err := d.Chats.Get(t.Context(), d.Org.ID, i.ID)
		return err == nil && now.State == chats.Failed
	})
	if job, err := d.Chats.Progress(t.Context(), d.DB, d.Org.ID, i.ID); err != nil || job.Problem != chats.CodeBomb || d.Count(t, "media_chunk", "") != 0 {
		t.Errorf("got %+v, %v", job, err)
	}
}

func TestPlansThatCannotBeUsed(t *testing.T) {
	d := desk{apptest.Open(t, storetest.SQLite(t)), t}
	i, err := d.stage("01/02/25, 10:00 - Erika: Hallo\n01/02/25, 10:00 - Beispiel GmbH: Hallo\n")
	if err != nil {
		t.Fatal(err)
	}
	good := chats.Plan{Us: "Beispiel GmbH", Them: "Erika", Phone: "4917604069001", Channel: d.Channel.ID, Order: transcript.DayFirst}
	for _, c := range []struct {
		want   chats.Fault
		change func(*chats.Plan)
	}{
		{chats.NoUs, func(p *chats.Plan) { p.Us = "Niemand" }},
		{chats.NoThem, func(p *chats.Plan) { p.Them = "" }},
		{chats.SameBoth, func(p *chats.Plan) { p.Them = p.Us }},
		{chats.NoPhone, func(p *chats.Plan) { p.Phone = "" }},
		{chats.NoChannel, func(p *chats.Plan) { p.Channel = id.Channel{} }},
		{chats.NoOrder, func(p *chats.Plan) { p.Order = i.Survey.Order }},
	} {
		p := good
		c.change(&p)
		if fault, err := d.Chats.Start(t.Context(), d.DB, d.Org.ID, i.ID, p); fault != c.want || err != nil {
			t.Errorf("got %q, %v, want %q", fault, err, c.want)
		}
	}
	if err := d.Chats.Discard(t.Context(), d.DB, d.Org.ID, i.ID); err != nil {
		t.Fatal(err)
	}
	if _, err := d.Chats.Start(t.Context(), d.DB, d.Org.ID, i.ID, good); !errors.Is(err, chats.ErrState) {
		t.Errorf("got %v", err)
	}
	if _, err := d.Chats.Start(t.Context(), d.DB, id.Org(d.IDs.New()), i.ID, good); !errors.Is(err, chats.ErrNotFound) {
		t.Errorf("another organisation: got %v", err)
	}
}

// Everything that a chat holds is taken over or counted.
func TestNothingIsLeftOutInSilence(t *testing.T) {
	each(t, func(t *testing.T, d desk) {
		counts := d.run("Chat mit Max\n"+
			"31.12.23, 23:58 - Nachrichten und Anrufe sind Ende-zu-Ende-verschlüsselt.\n"+
			"31.12.23, 23:58 - +49 176 04069001: Hallo\n"+
			"31.12.23, 23:58 - +49 176 04069001: Diese Nachricht wurde gelöscht.\n"+
			"31.12.23, 23:59 - "+d.Org.Name+": "+strings.Repeat("lang ", 30_000)+"\n"+
			"31.12.99, 23:59 - +49 176 04069001: aus der Zukunft\n", nil)
		for count, want := range map[string]int64{chats.CountRead: 5, chats.CountAdded: 2, chats.CountOwn: 1, chats.CountGone: 1, chats.CountFuture: 1, chats.CountCut: 1, chats.CountLost: 1} {
			if counts[count] != want {
				t.Errorf("%s: %d, want %d", count, counts[count], want)
			}
		}
	})
}
