package audited_test

import (
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"time"

	"einklang/internal/account/approval"
	"einklang/internal/account/org"
	"einklang/internal/account/token"
	"einklang/internal/account/user"
	"einklang/internal/consent/notice"
	"einklang/internal/consent/optin"
	"einklang/internal/engine/store"
	"einklang/internal/govern/processors"
	"einklang/internal/importing/chats"
	"einklang/internal/importing/lists"
	"einklang/internal/messaging/assignment"
	"einklang/internal/person/attribute"
	"einklang/internal/person/chat"
	"einklang/internal/person/contact"
	"einklang/internal/person/link"
	"einklang/internal/phones/addressbook"
	"einklang/internal/phones/device"
	"einklang/internal/rights/breach"
	"einklang/internal/rights/cases"
	"einklang/internal/rights/retention"
	"einklang/internal/rule/id"
	"einklang/internal/rule/place"
	"einklang/sandbox"
)

type change struct {
	route string
	make  func(w *walk) attempt
}

func to(path string, pairs ...string) attempt {
	a := attempt{path: path, form: url.Values{}}
	for i := 0; i+1 < len(pairs); i += 2 {
		a.form.Set(pairs[i], pairs[i+1])
	}
	return a
}

// changes are all routes that change something, each with a request that does.
func changes() []change {
	var all []change
	for _, some := range [][]change{inboxChanges(), peopleChanges(), consentChanges(), deskChanges(), caseChanges(), settingChanges(), firstChanges(), importChanges(), phoneChanges(), programChanges(), factorChanges(), publicChanges()} {
		all = append(all, some...)
	}
	return all
}

// in is an attempt in the conversation, with pairs of the form.
func in(rest string, pairs ...string) func(*walk) attempt {
	return func(w *walk) attempt { return to("/inbox/"+w.thread.ID.String()+rest, pairs...) }
}

func inboxChanges() []change {
	return []change{
		{"POST /inbox/{id}/assign", in("/assign", "kind", "me")},
		{"POST /inbox/{id}/note", in("/note", "words", "ruft morgen an")},
		{"POST /inbox/{id}/snooze", in("/snooze", "until", "hour")},
		{"POST /inbox/{id}/keep", in("/keep", "as", "letter")},
		{"POST /inbox/{id}/label", func(w *walk) attempt {
			l := made(w, func(tx store.Tx) (id.Label, error) {
				return w.Work.SaveLabel(w.t.Context(), tx, w.Org.ID, assignment.Label{Name: "Stammkunde", Colour: "teal"})
			})
			return in("/label", "label", l.String(), "on", "1")(w)
		}},
		{"POST /inbox/bulk", func(w *walk) attempt { return w.bulk() }},
		{"POST /inbox/{id}/send", in("/send", "text", "Guten Tag")},
		{"POST /inbox/{id}/buttons", in("/buttons", "body", "Welcher Tag?", "button1", "Montag", "button2", "Dienstag")},
		{"POST /inbox/{id}/number", in("/number", "text", "Teilen Sie uns Ihre Nummer mit?")},
		{"POST /inbox/{id}/list", in("/list", "body", "Welcher Tag?", "button", "Tage", "rows", "Montag\nDienstag")},
		{"POST /inbox/{id}/location", in("/location", "latitude", "52.5", "longitude", "13.4")},
		{"POST /inbox/{id}/template", in("/template", "name", "termin", "language", "de", "slot-body-0-1", "Erika", "slot-body-0-2", "Montag")},
		{"POST /inbox/{id}/file", func(w *walk) attempt {
			a := in("/file")(w)
			a.file = map[string]string{"file": "%PDF-1.7\nBeispiel"}
			return a
		}},
		{"POST /inbox/{id}/react", func(w *walk) attempt {
			return in("/react", "message", message(w, false).String(), "emoji", "👍")(w)
		}},
		{"POST /messages/{id}/fetch", func(w *walk) attempt {
			before := w.Count(w.t, "media", "")
			if _, err := w.erika.SendFile(w.Number, "document", "application/pdf", []byte("%PDF-1.7\nBeispiel"), ""); err != nil {
				w.t.Fatal(err)
			}
			w.Until(w.t, "the file is there", func() bool {
				return w.Count(w.t, "media", "") > before && w.Count(w.t, "media", "state = 'wanted'") == 0
			})
			w.Write(w.t, func(tx store.Tx) error {
				given := message(w, false)
				_, err := tx.Exec(w.t.Context(), "DELETE FROM media_chunk WHERE org_id = ? AND media_id = (SELECT id FROM media WHERE org_id = ? AND message_id = ?)", w.Org.ID, w.Org.ID, given)
				if err == nil {
					_, err = tx.Exec(w.t.Context(), "UPDATE media SET state = 'gone', reason = 'unreachable', chunks = 0, size = 0 WHERE org_id = ? AND message_id = ?", w.Org.ID, given)
				}
				return err
			})
			return to("/messages/" + message(w, false).String() + "/fetch")
		}},
		{"POST /messages/{id}/undo", func(w *walk) attempt {
			w.send(http.MethodPost, in("/send", "text", "Später", "later", w.Clock.Now().Add(3*time.Hour).Format("2006-01-02T15:04"))(w), w.staff[user.Admin])
			return to("/messages/" + message(w, true).String() + "/undo")
		}},
		{"POST /messages/{id}/dismiss", func(w *walk) attempt {
			w.send(http.MethodPost, in("/send", "text", "Später", "later", w.Clock.Now().Add(3*time.Hour).Format("2006-01-02T15:04"))(w), w.staff[user.Admin])
			return to("/messages/" + message(w, true).String() + "/dismiss")
		}},
		{"POST /messages/{id}/again", func(w *walk) attempt {
			w.send(http.MethodPost, in("/send", "text", "Noch einmal", "later", w.Clock.Now().Add(3*time.Hour).Format("2006-01-02T15:04"))(w), w.staff[user.Admin])
			return to("/messages/" + message(w, true).String() + "/again")
		}},
		{"POST /inbox/{id}/close", in("/close")},
		{"POST /inbox/{id}/move", func(w *walk) attempt {
			other := must[org.Channel](w)(w.Orgs.AddChannel(w.t.Context(), org.Channel{Org: w.Org.ID, App: "main", PhoneNumberID: "2", WABA: "2", DisplayNumber: "+49 30 2", Name: "Zweite", PerSecond: 1}, "x"))
			return in("/move", "number", other.ID.String())(w)
		}},
	}
}

// message is the newest one of the conversation, of ours or of hers.
func message(w *walk, ours bool) id.Message {
	w.t.Helper()
	all, _, err := w.Threads.All(w.t.Context(), w.DB, w.Org.ID, id.Cursor{}, true, 100)
	if err != nil {
		w.t.Fatal(err)
	}
	for _, m := range all {
		if m.Outgoing == ours && m.Conversation == w.thread.ID {
			return m.ID
		}
	}
	w.t.Fatal("there is no message")
	return id.Message{}
}

func about(rest string, pairs ...string) func(*walk) attempt {
	return func(w *walk) attempt { return to("/people/"+w.person.ID.String()+rest, pairs...) }
}

func peopleChanges() []change {
	return []change{
		{"POST /people/{id}/locale", about("/locale", "locale", "en")},
		{"POST /people/{id}/picture", about("/picture", "remove", "1")},
		{"POST /people/{id}/attributes", func(w *walk) attempt {
			d := made(w, func(tx store.Tx) (attribute.Definition, error) {
				return w.Attributes.Save(w.t.Context(), tx, w.Org.ID, attribute.Definition{Name: "Kundennummer", Kind: attribute.Text, Purpose: "Zuordnung"})
			})
			return about("/attributes", d.ID.String(), "4711")(w)
		}},
		{"POST /people/{id}/case", about("/case", "kind", "access", "words", "Was haben Sie über mich?")},
		{"POST /people/{id}/grant", about("/grant", "purpose", "service", "note", "am Telefon gesagt")},
		{"POST /people/{id}/withdraw", about("/withdraw", "purpose", "service", "sure", "yes")},
		{"POST /people/{id}/consent", about("/consent", "purpose", "service", "words", "ours", "note", "am Telefon gesagt")},
		{"POST /people/{id}/consent/ask", about("/consent/ask", "purpose", "utility")},
		{"POST /people/{id}/consent/notice", about("/consent/notice", "how", "am Empfang ausgehändigt")},
		{"POST /people/{id}/consent/prove", func(w *walk) attempt {
			w.do(func(tx store.Tx) error {
				_, err := w.Consents.Grant(w.t.Context(), tx, w.Org.ID, w.person, optin.Event{Purpose: "service", Source: optin.FromPaper, Detail: optin.Detail{Note: "Formular", Staff: id.Account(w.IDs.New())}})
				return err
			})
			return to("/people/" + w.person.ID.String() + "/consent/prove")
		}},
		{"POST /people/{id}/consent/confirm", func(w *walk) attempt {
			w.OnMailAlone(w.t, w.person, "erika@beispiel.example", "service")
			return to("/people/" + w.person.ID.String() + "/consent/confirm")
		}},
		{"POST /people/{id}/consent/invite", about("/consent/invite", "email", "erika@beispiel.example", "purpose", "service", "note", "bat am Telefon darum")},
		{"POST /people/{id}/consent/withdraw", about("/consent/withdraw", "purpose", "service", "sure", "yes")},
		{"POST /people/{id}/consent/sale", about("/consent/sale", "product", "Fahrrad", "goods", "Zubehör", "sold", "2026-11-01", "fact", "number")},
		{"POST /people/{id}/consent/sale/{sale}", func(w *walk) attempt { return about("/consent/sale/"+sold(w).String(), "fact", "informed")(w) }},
		{"POST /people/{id}/doubt", func(w *walk) attempt {
			d := made(w, func(tx store.Tx) (optin.Doubt, error) {
				if _, err := w.Consents.Doubt(w.t.Context(), tx, w.Org.ID, w.person, optin.Doubt{Why: optin.Unclear, Holds: optin.Advertising}); err != nil {
					return optin.Doubt{}, err
				}
				all, err := w.Consents.Doubts(w.t.Context(), tx, w.Org.ID, w.person.ID)
				return all[0], err
			})
			return about("/doubt", "doubt", d.ID.String(), "answer", "nothing")(w)
		}},
		{"POST /people/{id}/restrict", func(w *walk) attempt { return to("/people/" + someone(w, "4917604069002").String() + "/restrict") }},
		{"POST /people/{id}/block", func(w *walk) attempt { return to("/people/" + someone(w, "4917604069003").String() + "/block") }},
		{"POST /people/{id}/merge", func(w *walk) attempt {
			return about("/merge", "other", someone(w, "4917604069004").String(), "reason", "gleiche Kundennummer")(w)
		}},
		{"POST /links/{id}/undo", func(w *walk) attempt {
			other := someone(w, "4917604069005")
			l := made(w, func(tx store.Tx) (link.Link, error) {
				return w.Links.Join(w.t.Context(), tx, w.Org.ID, w.person.ID, other, "gleiche Kundennummer", id.Account(w.IDs.New()))
			})
			return to("/links/" + l.ID.String() + "/undo")
		}},
	}
}

// sold is something that the person bought.
func sold(w *walk) id.Sale {
	return made(w, func(tx store.Tx) (id.Sale, error) {
		return w.Consents.RecordSale(w.t.Context(), tx, w.Org.ID, w.person, optin.Sale{Product: "Fahrrad", Goods: "Zubehör", Sold: w.Clock.Now().AddDate(0, -1, 0)}, nil, optin.Said{Staff: id.Account(w.IDs.New())})
	})
}

// someone is a person that is known by her number.
func someone(w *walk, phone string) id.Person {
	return made(w, func(tx store.Tx) (*chat.Known, error) {
		all, err := w.People.Resolve(w.t.Context(), tx, w.Org.ID, []contact.Sighting{{Phone: phone, Given: "Max Mustermann"}})
		if err != nil {
			return nil, err
		}
		return all[0], nil
	}).ID
}

func consentChanges() []change {
	entry := func(rest string) func(*walk) attempt {
		return func(w *walk) attempt {
			e := made(w, func(tx store.Tx) (optin.Entry, error) {
				return w.Entries.Create(w.t.Context(), tx, w.Org.ID, w.Channel.ID, "Plakat", "Guten Tag")
			})
			return to("/consent/entries/" + e.ID.String() + rest)
		}
	}
	return []change{
		{"POST /consent/entries", func(w *walk) attempt {
			return to("/consent/entries", "name", "Schaufenster", "words", "Guten Tag", "channel", w.Channel.ID.String())
		}},
		{"POST /consent/entries/{id}/retire", entry("/retire")},
		{"POST /consent/entries/{id}/short", entry("/short")},
		{"POST /consent/purposes", func(*walk) attempt {
			return to("/consent/purposes", "key", "umfrage", "de", "Umfragen", "en", "Surveys", "months", "12")
		}},
		{"POST /consent/purposes/{key}", func(*walk) attempt {
			return to("/consent/purposes/service", "de", "Service", "en", "Service", "months", "12", "offered", "1")
		}},
		{"POST /consent/purposes/{key}/text", func(*walk) attempt {
			return to("/consent/purposes/service/text", "text_de", "Sie dürfen mir schreiben.", "text_en", "You may write to me.")
		}},
		{"POST /consent/existing", func(*walk) attempt {
			return to("/consent/existing", "on", "yes", "reason", "Nur Zubehör an Käufer, geprüft am 1. November")
		}},
		{"POST /consent/form", func(*walk) attempt { return to("/consent/form", "form", "1", "by_email", "1") }},
		{"POST /consent/waiting/{id}", func(w *walk) attempt {
			w.do(func(tx store.Tx) error {
				if err := w.Consents.SaveSettings(w.t.Context(), tx, w.Org.ID, optin.Settings{Form: true, ByEmail: true, FourEyes: true}); err != nil {
					return err
				}
				_, err := w.Consents.Grant(w.t.Context(), tx, w.Org.ID, w.person, optin.Event{Purpose: "service", Source: optin.FromPaper, Detail: optin.Detail{Note: "Formular", Staff: id.Account(w.IDs.New())}})
				return err
			})
			waiting := must[[]optin.Claim](w)(w.Consents.Waiting(w.t.Context(), w.DB, w.Org.ID, w.People))
			if len(waiting) == 0 {
				w.t.Fatal("nothing waits for a second person")
			}
			return to("/consent/waiting/"+waiting[0].ID.String(), "decision", "confirm", "sure", "yes")
		}},
	}
}

func deskChanges() []change {
	processor := func(w *walk) id.Processor {
		return made(w, func(tx store.Tx) (id.Processor, error) {
			return w.Registers.Save(w.t.Context(), tx, w.Org.ID, processors.Processor{Detail: processors.Detail{Name: "Beispiel Hosting", Country: "DE", Mechanism: place.NotNeeded},
				ValidFrom: w.Clock.Now(), ValidUntil: w.Clock.Now().AddDate(1, 0, 0), Channels: []id.Channel{w.Channel.ID}})
		})
	}
	fields := []string{"name", "Beispiel Hosting", "purpose", "Server", "country", "DE", "mechanism", "not_needed", "from", "2026-01-01", "until", "2027-12-31", "review", "2027-06-01"}
	return []change{
		{"POST /desk/approvals", func(*walk) attempt { return to("/desk/approvals", "kind", "names", "reason", "Beispielgrund") }},
		{"POST /desk/approvals/{id}", func(w *walk) attempt {
			q := made(w, func(tx store.Tx) (approval.Request, error) {
				return w.Approvals.Ask(w.t.Context(), tx, w.Org.ID, approval.Names, "", "Beispielgrund", id.Account(w.IDs.New()))
			})
			return to("/desk/approvals/"+q.ID.String(), "do", "grant")
		}},
		{"POST /desk/numbers/{id}", func(w *walk) attempt {
			w.do(func(tx store.Tx) error {
				return w.People.Ask(w.t.Context(), tx, w.Org.ID, w.person.ID, "4917604069099", contact.ByProgram)
			})
			asked, err := w.People.Questions(w.t.Context(), w.DB, w.Org.ID)
			if err != nil || len(asked) == 0 {
				w.t.Fatalf("%d questions, %v", len(asked), err)
			}
			return to("/desk/numbers/"+asked[0].ID.String(), "do", "other")
		}},
		{"POST /desk/breaches", func(*walk) attempt { return to("/desk/breaches", "what", "Ein Telefon ist verloren") }},
		{"POST /desk/breaches/{id}", func(w *walk) attempt {
			b := made(w, func(tx store.Tx) (breach.Record, error) {
				return w.Breaches.Open(w.t.Context(), tx, w.Org.ID, w.Clock.Now(), "Ein Telefon ist verloren", id.Account(w.IDs.New()))
			})
			return to("/desk/breaches/"+b.ID.String(), "what", "Ein Telefon ist gestohlen", "channel", "")
		}},
		{"POST /desk/breaches/{id}/letter", func(w *walk) attempt {
			b := made(w, func(tx store.Tx) (breach.Record, error) {
				b, err := w.Breaches.Open(w.t.Context(), tx, w.Org.ID, w.Clock.Now(), "Ein Telefon ist verloren", id.Account(w.IDs.New()))
				if err != nil {
					return b, err
				}
				return w.Breaches.Save(w.t.Context(), tx, w.Org.ID, b.ID, breach.Detail{What: b.What, Scope: breach.Scope{From: w.Clock.Now().Add(-time.Hour), Until: w.Clock.Now()}})
			})
			return to("/desk/breaches/"+b.ID.String()+"/letter", "subject", "Ihre Daten", "text", "Ein Telefon ist weg.", "sure", "yes")
		}},
		{"POST /desk/controller", func(*walk) attempt { return to("/desk/controller", "name", "Beispiel GmbH", "address", "Musterweg 1") }},
		{"POST /desk/holds", func(w *walk) attempt {
			return to("/desk/holds", "person", w.person.ID.String(), "reason", "Rechtsstreit", "until", "2027-06-01")
		}},
		{"POST /desk/holds/{id}/lift", func(w *walk) attempt {
			h := made(w, func(tx store.Tx) (retention.Hold, error) {
				return w.Holds.Place(w.t.Context(), tx, w.Org.ID, retention.Hold{Contact: w.person.ID, By: id.Account(w.IDs.New()), Reason: "Rechtsstreit", Until: w.Clock.Now().AddDate(1, 0, 0)})
			})
			return to("/desk/holds/"+h.ID.String()+"/lift", "sure", "yes")
		}},
		{"POST /desk/processors", func(*walk) attempt { return to("/desk/processors", fields...) }},
		{"POST /desk/processors/{id}", func(w *walk) attempt {
			a := to("/desk/processors/"+processor(w).String(), fields...)
			a.form.Set("channel", w.Channel.ID.String())
			return a
		}},
		{"POST /desk/processors/{id}/document", func(w *walk) attempt {
			return attempt{path: "/desk/processors/" + processor(w).String() + "/document", file: map[string]string{"document": "%PDF-1.7\nVertrag"}}
		}},
		{"POST /desk/uncertain", func(w *walk) attempt {
			w.Fault(w.t, sandbox.Fault{Kind: "lost_request", Count: 1})
			var sent struct{ ID string }
			w.REST(w.t, http.MethodPost, "/api/v1/messages", map[string]any{"contact_id": w.person.ID.String(), "type": "text", "text": map[string]any{"body": "Ungewiss"}}, &sent)
			w.Until(w.t, "a message is uncertain", func() bool { return w.Count(w.t, "outbox", "state = 'uncertain'") > 0 })
			w.Sandbox.ClearFaults()
			doubts, err := w.Outbox.Doubts(w.t.Context(), w.DB, w.Org.ID, 1)
			if err != nil || len(doubts) == 0 {
				w.t.Fatal(doubts, err)
			}
			return to("/desk/uncertain", "message", doubts[0].Message.String(), "do", "give_up")
		}},
		{"POST /desk/restore", func(w *walk) attempt {
			w.Write(w.t, func(tx store.Tx) error {
				_, err := tx.Exec(w.t.Context(), "INSERT INTO restore_hold (org_id, data, made_at, known_until, strangers, held_at, released_at) VALUES (?, 'x', 0, 0, 0, 1, 0) ON CONFLICT (org_id) DO UPDATE SET released_at = 0", w.Org.ID)
				return err
			})
			return to("/desk/restore")
		}},
		{"POST /desk/backups", func(*walk) attempt { return to("/desk/backups") }},
		{"POST /desk/evidence", func(w *walk) attempt {
			return attempt{path: "/desk/evidence", form: url.Values{}, by: w.staff[user.DPO]}
		}},
		{"POST /desk/retention", func(*walk) attempt { return to("/desk/retention", "dry", "1") }},
		{"POST /desk/retention/time", func(*walk) attempt { return to("/desk/retention/time") }},
		{"POST /desk/retention/{class}", func(*walk) attempt {
			return to("/desk/retention/messages", "amount", "18", "reason", "Gewährleistung")
		}},
		{"POST /desk/storage/{id}/read", func(w *walk) attempt { return to("/desk/storage/" + w.Channel.ID.String() + "/read") }},
		{"POST /desk/storage/{id}", func(w *walk) attempt {
			return to("/desk/storage/"+w.Channel.ID.String(), "mode", "NO_STORAGE_ENABLED")
		}},
	}
}

func caseChanges() []change {
	open := func(w *walk) cases.Case {
		return made(w, func(tx store.Tx) (cases.Case, error) {
			return w.Cases.Open(w.t.Context(), tx, w.Org.ID, cases.Request{Contact: w.person.ID, Kind: cases.Portability, Source: "desk", Identity: cases.ByCode})
		})
	}
	return []change{
		{"POST /desk/cases", func(w *walk) attempt {
			return to("/desk/cases", "person", w.person.ID.String(), "kind", "rectify", "text", "falsch geschrieben")
		}},
		{"POST /desk/cases/{id}/{what}", func(w *walk) attempt { return to("/desk/cases/"+open(w).ID.String()+"/note", "text", "angerufen") }},
		{"POST /desk/cases/{id}/grant", func(w *walk) attempt {
			other := w.Customer("Kim Beispiel", "4917604069077")
			other.Say(w.Number, "Guten Tag")
			w.Settle(w.t)
			c := made(w, func(tx store.Tx) (cases.Case, error) {
				return w.Cases.Open(w.t.Context(), tx, w.Org.ID, cases.Request{Contact: w.Person(w.t, other).ID, Kind: cases.Object, Source: "desk", Identity: cases.ByCode})
			})
			return to("/desk/cases/"+c.ID.String()+"/grant", "sure", "yes")
		}},
		{"POST /desk/cases/{id}/package", func(w *walk) attempt { return to("/desk/cases/" + open(w).ID.String() + "/package") }},
	}
}

func settingChanges() []change {
	return []change{
		{"POST /settings/attributes", func(*walk) attempt {
			return to("/settings/attributes", "name", "Vertrag", "kind", "text", "purpose", "Zuordnung")
		}},
		{"POST /settings/words", func(*walk) attempt { return to("/settings/words", "except", "abmelden") }},
		{"POST /settings/hours", func(*walk) attempt { return to("/settings/hours", "day1", "09:00-17:00") }},
		{"POST /settings/labels", func(*walk) attempt { return to("/settings/labels", "name", "Neu", "colour", "blue") }},
		{"POST /settings/replies", func(*walk) attempt { return to("/settings/replies", "shortcut", "gruss", "body", "Guten Tag") }},
		{"POST /settings/teams", func(*walk) attempt { return to("/settings/teams", "name", "Werkstatt", "assignment", "none") }},
		{"POST /settings/notice", func(*walk) attempt {
			a := to("/settings/notice", "anyway", "1")
			for _, p := range notice.Parts() {
				a.form.Set("de-"+p.Key, "Beispieltext")
				a.form.Set("en-"+p.Key, "Example text")
			}
			return a
		}},
		{"POST /settings/notice/profile", func(w *walk) attempt {
			return to("/settings/notice/profile", "channel", w.Channel.ID.String(), "link", "1")
		}},
		{"POST /settings/numbers/{id}/profile", func(w *walk) attempt {
			return to("/settings/numbers/"+w.Channel.ID.String()+"/profile", "about", "Wir sind da")
		}},
		{"POST /settings/users", func(*walk) attempt {
			return to("/settings/users", "role", "agent", "name", "Neue Kollegin", "email", "neu@example.com")
		}},
		{"POST /settings/users/{id}", func(w *walk) attempt {
			a := must[user.Account](w)(w.Users.Create(w.t.Context(), user.Account{Org: w.Org.ID, Role: user.Agent, Locale: "de", Name: "Kollegin", Email: "kollegin@example.com"}, "Beispiel-Passwort"))
			return to("/settings/users/"+a.ID.String(), "do", "role", "role", "lead", "sure", "yes")
		}},
		{"POST /profile", func(*walk) attempt { return to("/profile", "do", "own", "name", "Beispielkonto admin", "locale", "de") }},
		{"POST /settings/tokens", func(*walk) attempt {
			return to("/settings/tokens", "name", "Beispielprogramm", "kind", "automation", "scope", "messages.send", "until", "2027-06-30")
		}},
		{"POST /settings/tokens/{id}", func(w *walk) attempt {
			made, _ := w.Token(w.t, token.Token{Kind: token.Automation, Scopes: token.Scopes()})
			return to("/settings/tokens/"+made.ID.String(), "do", "revoke", "sure", "yes")
		}},
		{"POST /settings/webhooks/history", func(*walk) attempt { return to("/settings/webhooks/history", "history", "on") }},
		{"POST /settings/webhooks/apply", func(w *walk) attempt {
			w.do(func(tx store.Tx) error {
				_, err := tx.Exec(w.t.Context(), "UPDATE payload SET state = 'poison' WHERE org_id = ?", w.Org.ID)
				return err
			})
			return to("/settings/webhooks/apply")
		}},
		{"POST /settings/webhooks/discard", func(w *walk) attempt {
			w.do(func(tx store.Tx) error {
				_, err := tx.Exec(w.t.Context(), "UPDATE payload SET state = 'poison', problem = 'cannot be applied' WHERE org_id = ?", w.Org.ID)
				return err
			})
			return to("/settings/webhooks/discard", "problem", "cannot be applied", "sure", "yes")
		}},
		{"POST /reports/agreement", func(*walk) attempt {
			a := to("/reports/agreement", "reference", "Betriebsvereinbarung 7/2026", "since", "2026-11-01")
			a.file = map[string]string{"document": "Vereinbarung"}
			return a
		}},
		{"POST /setup/notice", func(w *walk) attempt {
			de, en := w.Notice()
			return to("/setup/notice", "de", de, "en", en)
		}},
		{"POST /settings/sending", func(*walk) attempt {
			return to("/settings/sending", "budget", "500", "price-service", "0,045", "price-utility", "0,045", "price-authentication", "0,045", "price-marketing", "0,11",
				"matter_days", "30", "erase_hours", "24", "ai_de", "Hier antwortet eine KI.", "ai_en", "This is an AI answering.")
		}},
		{"POST /settings/public/imprint", func(*walk) attempt { return to("/settings/public/imprint", "form", "gmbh") }},
		{"POST /settings/public/accessibility", func(*walk) attempt { return to("/settings/public/accessibility", "tested", "2026-10-01") }},
		{"POST /settings/public/languages", func(*walk) attempt { return to("/settings/public/languages", "code", "tr", "name", "Türkçe") }},
		{"POST /settings/public/languages/{code}", func(w *walk) attempt {
			w.do(func(tx store.Tx) error {
				return w.Orgs.SaveFront(w.t.Context(), tx, w.Org.ID, org.Front{Languages: []org.Language{{Code: "uk", Name: "Українська"}}})
			})
			return to("/settings/public/languages/uk", "portal.lead", "Тут ви бачите")
		}},
		{"POST /settings/public/languages/{code}/remove", func(*walk) attempt { return to("/settings/public/languages/uk/remove", "sure", "yes") }},
		{"POST /settings/templates/codes", func(*walk) attempt { return to("/settings/templates/codes") }},
		{"POST /settings/templates", func(w *walk) attempt {
			return to("/settings/templates", "waba", w.Channel.WABA, "name", "termin", "language", "de", "advertising", "1")
		}},
		{"POST /setup/number", func(w *walk) attempt {
			w.Sandbox.AddNumber("106540352242923", "102290129340399", "+49 30 23125001", "Beispiel GmbH")
			return to("/setup/number", "app", "main", "phone_number_id", "106540352242923", "waba", "102290129340399", "name", "Dritte", "token", "graph-token", "until", "2027-11-25")
		}},
		{"POST /desk/transfers/stop", func(*walk) attempt { return to("/desk/transfers/stop", "confirm", "STOP") }},
		{"POST /desk/transfers/resume", func(*walk) attempt { return to("/desk/transfers/resume") }},
		{"POST /settings/numbers/{id}/start", func(w *walk) attempt { return to("/settings/numbers/" + w.Channel.ID.String() + "/start") }},
	}
}

const list = "Name;Telefon\nMax Mustermann;+4917604069011\n"

func importChanges() []change {
	staged := func(w *walk) lists.Import {
		w.t.Helper()
		return must[lists.Import](w)(w.Imports.Stage(w.t.Context(), w.DB, w.Org.ID, id.Account(w.IDs.New()), "kunden.csv", strings.NewReader(list)))
	}
	checked := func(w *walk) lists.Import {
		w.t.Helper()
		i := staged(w)
		if fault, err := w.Imports.Check(w.t.Context(), w.DB, w.Org.ID, i.ID, i.Plan); fault != "" || err != nil {
			w.t.Fatal(fault, err)
		}
		w.imported(i.ID, lists.Checked)
		return i
	}
	chat := func(w *walk) chats.Import {
		w.t.Helper()
		return must[chats.Import](w)(w.Chats.Stage(w.t.Context(), w.DB, w.Org.ID, id.Account(w.IDs.New()), "chat", []string{w.Org.Name}, strings.NewReader(exported)))
	}
	return []change{
		{"POST /import", func(*walk) attempt { return attempt{path: "/import", file: map[string]string{"file": list}} }},
		{"POST /import/people/{id}/plan", func(w *walk) attempt {
			i := staged(w)
			a := to("/import/people/"+i.ID.String()+"/plan", "country", "DE", "titled", "on")
			for n, f := range i.Plan.Columns {
				a.form.Set("column"+string(rune('0'+n)), string(f))
			}
			return a
		}},
		{"POST /import/people/{id}/start", func(w *walk) attempt { return to("/import/people/" + checked(w).ID.String() + "/start") }},
		{"POST /import/people/{id}/informed", func(w *walk) attempt {
			i := checked(w)
			if err := w.Imports.Start(w.t.Context(), w.DB, w.Org.ID, i.ID, id.Account{}); err != nil {
				w.t.Fatal(err)
			}
			w.imported(i.ID, lists.Done)
			return to("/import/people/"+i.ID.String()+"/informed", "how", "letter", "when", "2026-11-23")
		}},
		{"POST /import/people/{id}/undo", func(w *walk) attempt {
			i := checked(w)
			if err := w.Imports.Start(w.t.Context(), w.DB, w.Org.ID, i.ID, id.Account{}); err != nil {
				w.t.Fatal(err)
			}
			w.imported(i.ID, lists.Done)
			w.granted(approval.Undo, i.ID.String())
			return to("/import/people/"+i.ID.String()+"/undo", "sure", "yes")
		}},
		{"POST /import/people/{id}/discard", func(w *walk) attempt {
			return to("/import/people/"+staged(w).ID.String()+"/discard", "sure", "yes")
		}},
		{"POST /import/moving", func(*walk) attempt { return to("/import/moving", "step", string(lists.StepTell), "done", "1") }},
		{"POST /import/chats", func(*walk) attempt { return attempt{path: "/import/chats", file: map[string]string{"file": exported}} }},
		{"POST /import/chats/{id}/start", func(w *walk) attempt {
			i := chat(w)
			return to("/import/chats/"+i.ID.String()+"/start", "us", w.Org.Name, "them", "Max Mustermann", "order", string(i.Plan.Order), "phone", "+4917604069012", "channel", w.Channel.ID.String())
		}},
		{"POST /import/chats/{id}/discard", func(w *walk) attempt {
			return to("/import/chats/"+chat(w).ID.String()+"/discard", "sure", "yes")
		}},
	}
}

const exported = "01.05.26, 09:00 - Max Mustermann: Guten Tag\n01.05.26, 09:01 - Beispiel GmbH: Guten Tag, wie können wir helfen?\n"

func (w *walk) imported(at id.Import, want lists.State) {
	w.t.Helper()
	w.Until(w.t, "the import is "+string(want), func() bool {
		i, err := w.Imports.Get(w.t.Context(), w.DB, w.Org.ID, at)
		return err == nil && i.State == want
	})
}

func phoneChanges() []change {
	return append(managedChanges(), deviceChanges()...)
}

func deviceChanges() []change {
	fields := []string{"name", "Werkstatt", "owner", "Erika Beispiel", "product", "none", "platform", "ios", "management", "supervised"}
	phone := func(w *walk) device.Device {
		w.t.Helper()
		d, _, err := w.Devices.Add(w.t.Context(), w.DB, device.Device{Org: w.Org.ID, Product: device.None, Platform: device.IOS, Management: device.Supervised,
			Candidates: true, Detail: device.Detail{Name: "Werkstatt", Owner: "Erika Beispiel"}})
		if err != nil {
			w.t.Fatal(err)
		}
		return d
	}
	link := func(w *walk, p device.Purpose) string {
		return must[string](w)(w.Devices.Link(w.t.Context(), w.DB, w.Org.ID, phone(w).ID, p))
	}
	return []change{
		{"POST /devices", func(*walk) attempt { return to("/devices", fields...) }},
		{"POST /devices/{id}", func(w *walk) attempt { return to("/devices/"+phone(w).ID.String(), fields...) }},
		{"POST /devices/{id}/link/{purpose}", func(w *walk) attempt { return to("/devices/" + phone(w).ID.String() + "/link/check") }},
		{"POST /devices/{id}/revoke", func(w *walk) attempt { return to("/devices/"+phone(w).ID.String()+"/revoke", "sure", "yes") }},
		{"POST /devices/{id}/candidate/{candidate}", func(w *walk) attempt {
			d := phone(w)
			w.do(func(tx store.Tx) error {
				return w.Books.Propose(w.t.Context(), tx, w.Org.ID, d.ID, "neu.vcf", addressbook.Entered{Name: "Max Mustermann", Phone: "+4917604069021"})
			})
			all := must[[]addressbook.Candidate](w)(w.Books.Candidates(w.t.Context(), w.DB, w.Org.ID, d.ID))
			return to("/devices/"+d.ID.String()+"/candidate/"+all[0].ID.String(), "do", "take")
		}},
		{"POST /phone/check/{token}", func(w *walk) attempt {
			a := attempt{path: "/phone/check/" + link(w, device.ToCheck), form: url.Values{}, by: w.stranger()}
			for item, answer := range passing {
				a.form.Set(string(item), answer)
			}
			return a
		}},
		{"POST /phone/enrol/{token}", func(w *walk) attempt {
			return attempt{path: "/phone/enrol/" + link(w, device.ToEnrol), by: w.stranger()}
		}},
	}
}

func programChanges() []change {
	program := func(path string, body map[string]any) func(*walk) attempt {
		return func(w *walk) attempt {
			if body["contact_id"] != nil {
				body["contact_id"] = w.person.ID.String()
			}
			return attempt{path: strings.Replace(path, "PERSON", w.person.ID.String(), 1), body: body, by: w.stranger()}
		}
	}
	return []change{
		{"POST /api/v1/messages", program("/api/v1/messages", map[string]any{"contact_id": "", "phone_number_id": "106540352242922", "type": "text", "text": map[string]any{"body": "Guten Tag"}})},
		{"POST /api/v1/contacts", program("/api/v1/contacts", map[string]any{"phone": "+4917604069031", "name": "Max Mustermann"})},
		{"PATCH /api/v1/contacts/{id}/attributes", program("/api/v1/contacts/PERSON/attributes", map[string]any{"Kundennummer": "4712"})},
		{"POST /api/v1/contacts/{id}/consents", program("/api/v1/contacts/PERSON/consents", map[string]any{"purpose": "service", "evidence_note": "Webshop, Kasse"})},
		{"POST /api/v1/contacts/{id}/sales", program("/api/v1/contacts/PERSON/sales", map[string]any{"product": "Fahrrad", "similar_goods": "Zubehör", "sold_at": "2026-11-01T00:00:00Z"})},
		{"DELETE /api/v1/contacts/{id}/sales/{sale}", func(w *walk) attempt {
			return program("/api/v1/contacts/PERSON/sales/"+sold(w).String(), map[string]any{})(w)
		}},
		{"POST /api/v1/words", program("/api/v1/words", map[string]any{"kind": "stop", "word": "Feierabend"})},
		{"DELETE /api/v1/words/{kind}/{word}", program("/api/v1/words/stop/Feierabend", map[string]any{})},
		{"DELETE /api/v1/contacts/{id}/consents/{purpose}", program("/api/v1/contacts/PERSON/consents/service", map[string]any{})},
	}
}

var (
	stamps   = regexp.MustCompile(`name="stamp" value="([^"]+)"`)
	confirms = regexp.MustCompile(`/opt-in/confirm/[A-Za-z0-9_-]{32}`)
)

func publicChanges() []change {
	public := func(path string, pairs ...string) func(*walk) attempt {
		return func(w *walk) attempt {
			a := to(path, pairs...)
			a.by = w.visitor
			return a
		}
	}
	return []change{
		{"POST /opt-in/{slug}", func(w *walk) attempt { return w.form("e_mail") }},
		{"POST /opt-in/confirm/{token}", func(w *walk) attempt {
			for { // the invitation from before lies there, too
				if link := confirms.FindString(w.mail.Next(w.t).Body(w.t)); link != "" {
					return attempt{path: link, by: w.stranger()}
				}
			}
		}},
		{"POST /portal/{slug}/code", func(w *walk) attempt {
			a := public("/portal/beispiel/code", "number", "+4917604069001")(w)
			a.late = true
			return a
		}},
		{"POST /portal/{slug}/enter", func(w *walk) attempt {
			secret := made(w, func(tx store.Tx) (string, error) {
				secret, _, err := w.Visits.Link(w.t.Context(), tx, w.Org.ID, w.person.ID)
				return secret, err
			})
			return public("/portal/beispiel/enter", "secret", secret)(w)
		}},
		{"POST /portal/{slug}/write", public("/portal/beispiel/write", "name", "Ada", "kind", "access", "answer", "Musterweg 1")},
		{"POST /portal/{slug}/take", public("/portal/beispiel/take", "kind", "access")},
		{"POST /portal/{slug}/correct", public("/portal/beispiel/correct", "name", "Ada Anders", "locale", "de")},
		{"POST /portal/{slug}/address", public("/portal/beispiel/address", "email", "ada@beispiel.example")},
		{"POST /portal/{slug}/do/{what}", public("/portal/beispiel/do/object", "text", "keine Werbung")},
		{"POST /portal/{slug}/leave", public("/portal/beispiel/leave")},
		{"POST /stop/{token}", func(w *walk) attempt {
			link := must[string](w)(w.Consents.StopLink(w.t.Context(), w.DB, w.Org.ID, w.person.ID))
			return attempt{path: "/stop/" + link, by: w.stranger()}
		}},
		{"POST /password/{token}", func(w *walk) attempt {
			_, token, err := w.Users.Invite(w.t.Context(), w.DB, user.Account{Org: w.Org.ID, Role: user.Agent, Locale: "de", Name: "Neue", Email: "neue@example.com"})
			if err != nil {
				w.t.Fatal(err)
			}
			return attempt{path: "/password/" + token, form: url.Values{"password": {"sehr geheim 1"}}, by: w.visitor}
		}},
		{"POST /forgot", func(w *walk) attempt {
			must[user.Account](w)(w.Users.Create(w.t.Context(), user.Account{Org: w.Org.ID, Role: user.Agent, Locale: "de", Name: "Vergesslich", Email: "vergesslich@example.com"}, "Beispiel-Passwort"))
			a := public("/forgot", "email", "vergesslich@example.com")(w)
			a.late = true
			return a
		}},
		{"POST /sign-out", public("/sign-out")},
		{"POST /sign-in", public("/sign-in", "email", "neue@example.com", "password", "sehr geheim 1")},
	}
}

// form is the public form as somebody fills it in, after some time.
func (w *walk) form(way string) attempt {
	w.t.Helper()
	_, page := w.send(http.MethodGet, attempt{path: "/opt-in/beispiel"}, w.stranger())
	found := stamps.FindStringSubmatch(page)
	if found == nil {
		w.t.Fatalf("there is no form\n%s", page)
	}
	w.Clock.Advance(5 * time.Second)
	p := must[optin.Purpose](w)(w.Consents.Purpose(w.t.Context(), w.DB, w.Org.ID, optin.Service))
	a := to("/opt-in/beispiel", "stamp", found[1], "way", way, "purpose", optin.Service, "text-"+optin.Service, p.Text.ID.String(), "phone", "0176 04069041", "email", "max@beispiel.example")
	a.by = w.stranger()
	return a
}

// granted is what a second person has granted the administrator.
func (w *walk) granted(k approval.Kind, subject string) {
	w.t.Helper()
	w.SignIn(w.t, user.DPO)
	var admin, officer id.Account
	for _, l := range must[[]user.Listed](w)(w.Users.List(w.t.Context(), w.DB, w.Org.ID)) {
		switch {
		case l.Role == user.Admin:
			admin = l.ID
		case l.Role == user.DPO && officer.IsZero(): // who has long been there
			officer = l.ID
		}
	}
	w.do(func(tx store.Tx) error {
		q, err := w.Approvals.Ask(w.t.Context(), tx, w.Org.ID, k, subject, "Beispielgrund", admin)
		if err != nil {
			return err
		}
		return w.Approvals.Decide(w.t.Context(), tx, w.Org.ID, q.ID, true, officer)
	})
}
