package app_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strconv"
	"strings"

	"einklang/internal/account/approval"
	"einklang/internal/consent/optin"
	"einklang/internal/engine/cloudapi"
	"einklang/internal/engine/store"
	"einklang/internal/govern/processors"
	"einklang/internal/messaging/assignment"
	"einklang/internal/messaging/conversation"
	"einklang/internal/person/chat"
	"einklang/internal/rights/breach"
	"einklang/internal/rights/cases"
	"einklang/internal/rights/retention"
	"einklang/internal/rule/id"
	"einklang/internal/rule/place"
	"einklang/internal/test/apptest"
)

// giant is a text as large as a webhook brings it, in bytes.
const giant = 2_900_000

// lorem is a text of so many bytes.
func lorem(size int) string {
	const words = "Lorem ipsum dolor sit amet. "
	return "Wo ist meine Bestellung? " + strings.Repeat(words, size/len(words))
}

// giants makes everything that comes from outside as large as it comes in, in a
// conversation with so many messages.
func (f *full) giants(messages int) []id.Message {
	f.tb.Helper()
	f.everyKind()
	f.names(10)
	f.requests(15)
	return f.texts(messages)
}

// texts lets Erika write messages as large as a webhook brings them.
func (f *full) texts(n int) (ids []id.Message) {
	text := lorem(giant)
	const together = 10
	for done := 0; done < n; done += together {
		f.write(func(ctx context.Context, tx store.Tx) error {
			known, err := f.People.Get(ctx, tx, f.Org.ID, f.person.ID)
			if err != nil {
				return err
			}
			var all []conversation.Incoming
			for range min(together, n-done) {
				all = append(all, conversation.Incoming{Writer: conversation.Writer{Contact: known.ID, Keys: known.Keys}, Channel: f.Channel.ID,
					WAMID: "wamid.giant." + f.IDs.New().String(), At: f.Clock.Now(),
					Body: chat.Body{Content: cloudapi.Content{Type: cloudapi.TypeText, Text: &cloudapi.Text{Body: text}}}})
			}
			added, err := f.Threads.AddIncoming(ctx, tx, f.Org.ID, all)
			for _, a := range added {
				ids = append(ids, a.Message)
			}
			return err
		})
	}
	return ids
}

// everyKind lets Erika send one giant of each kind of message.
func (f *full) everyKind() {
	f.tb.Helper()
	text := lorem(giant)
	many := func(size int, one func(i int) any) (all []any) {
		for i := range giant / size {
			all = append(all, one(i))
		}
		return all
	}
	for kind, content := range map[string]any{
		"text":     map[string]any{"body": text},
		"location": map[string]any{"latitude": 51.5, "longitude": -0.1, "name": text},
		"contacts": many(100, func(i int) any {
			return map[string]any{"name": map[string]any{"formatted_name": fmt.Sprint("Anna Beispiel ", i)}, "phones": []any{map[string]any{"phone": "+49 176 04069050", "type": "CELL"}}}
		}),
		"button": map[string]any{"payload": "x", "text": text},
		"order": map[string]any{"catalog_id": "1", "text": "Das hier.", "product_items": many(100, func(i int) any {
			return map[string]any{"product_retailer_id": fmt.Sprint(i), "quantity": 1, "item_price": 1.5, "currency": "EUR"}
		})},
		"system":      map[string]any{"body": text, "type": "user_changed_something"},
		"interactive": map[string]any{"type": "nfm_reply", "nfm_reply": map[string]any{"name": "flow", "body": "Gesendet", "response_json": `{"wunsch":"` + text + `"}`}},
		"image":       map[string]any{"id": "1", "mime_type": "image/jpeg", "caption": text},
		"reaction":    map[string]any{"message_id": "wamid.long", "emoji": text},
		"unheard_of":  map[string]any{"body": text},
	} {
		f.post(map[string]any{"id": "wamid.giant." + kind, "type": kind, kind: content}, "Erika Mustermann", "4917604069001")
	}
	f.post(map[string]any{"id": "wamid.giant.referral", "type": "text", "text": map[string]any{"body": "Guten Tag"}, "referral": map[string]any{"source_url": "https://example.com/", "headline": text, "body": "Anzeige"}}, "Erika Mustermann", "4917604069001")
	f.post(map[string]any{"id": "wamid.giant.quote", "type": "text", "text": map[string]any{"body": "Guten Tag"}, "context": map[string]any{"id": text}}, "Erika Mustermann", "4917604069001")
}

func (f *full) post(message map[string]any, name, number string) {
	f.tb.Helper()
	message["from"], message["timestamp"] = number, strconv.FormatInt(f.Clock.Now().Unix(), 10)
	body := apptest.Webhook(map[string]any{"contacts": []any{map[string]any{"profile": map[string]any{"name": name}, "wa_id": number}}, "messages": []any{message}})
	status := http.StatusServiceUnavailable
	for again := 0; again < 5 && status == http.StatusServiceUnavailable; again++ { // Meta sends it again, too
		status = f.Post(f.tb, body)
	}
	if status != http.StatusOK {
		f.tb.Fatalf("%v: %d", message["id"], status)
	}
}

// names lets people write whose names are giants.
func (f *full) names(n int) {
	name := lorem(giant)
	for i := range n {
		f.post(map[string]any{"id": fmt.Sprint("wamid.named.", i), "type": "text", "text": map[string]any{"body": "Guten Tag"}}, name, fmt.Sprintf("4917606%06d", i))
	}
}

// lists fills what staff write down without end: so many rows of each list, each
// as large as a form.
func (f *full) lists(n int) {
	f.tb.Helper()
	form, of, now := lorem(60<<10), f.Org.ID, f.Clock.Now()
	const together = 25
	for done := 0; done < n; done += together {
		f.write(func(ctx context.Context, tx store.Tx) error {
			var errs []error
			add := func(_ any, err error) { errs = append(errs, err) }
			for i := range together {
				add(f.Breaches.Open(ctx, tx, of, now, fmt.Sprint(done+i, form), f.staff.ID))
				add(f.Holds.Place(ctx, tx, of, retention.Hold{Contact: f.person.ID, By: f.staff.ID, Reason: form, Until: now.AddDate(1, 0, i)}))
				add(f.Approvals.Ask(ctx, tx, of, approval.Letters, fmt.Sprint("giant ", done+i), form, f.others[0]))
				add(f.Consents.Grant(ctx, tx, of, f.person, optin.Event{Purpose: optin.Service, Source: optin.FromPaper, At: now, Text: f.words, Detail: optin.Detail{Note: form, Staff: f.staff.ID}}))
			}
			return errors.Join(errs...)
		})
	}
	f.write(func(ctx context.Context, tx store.Tx) error {
		for {
			_, err := f.Registers.Save(ctx, tx, of, processors.Processor{Detail: processors.Detail{Name: "Rechenzentrum", Purpose: lorem(15 << 10), Country: "DE", Mechanism: place.NotNeeded},
				ValidFrom: now.AddDate(-1, 0, 0), ValidUntil: now.AddDate(1, 0, 0), ReviewAt: now.AddDate(0, 6, 0), Channels: []id.Channel{f.Channel.ID}})
			if errors.Is(err, processors.ErrMany) {
				return nil
			}
			if err != nil {
				return err
			}
		}
	})
	f.write(func(ctx context.Context, tx store.Tx) error {
		for i := 0; ; i++ {
			err := f.Work.SaveQuickReply(ctx, tx, of, assignment.QuickReply{Shortcut: fmt.Sprint("lang", i), Body: strings.Repeat("€", 4096)})
			if errors.Is(err, assignment.ErrMany) {
				return nil
			}
			if err != nil {
				return err
			}
		}
	})
}

// requests opens what people ask for in mails and forms of the largest size,
// and what staff write down about it.
func (f *full) requests(n int) {
	f.tb.Helper()
	mail, form := lorem(1<<20), lorem(60<<10)
	for i := range n {
		f.write(func(ctx context.Context, tx store.Tx) error {
			_, err := f.Cases.Open(ctx, tx, f.Org.ID, cases.Request{Contact: f.person.ID, Kind: cases.Rectify, Source: "e_mail", Text: mail})
			if err != nil {
				return err
			}
			if err := f.Cases.Note(ctx, tx, f.kase, "note", f.staff.ID, form); err != nil {
				return err
			}
			if err := f.Cases.AddTask(ctx, tx, f.kase, f.staff.ID, form); err != nil {
				return err
			}
			if _, err := f.Breaches.Open(ctx, tx, f.Org.ID, f.Clock.Now(), form, f.staff.ID); err != nil {
				return err
			}
			_, err = f.Breaches.Save(ctx, tx, f.Org.ID, f.breach, breach.Detail{What: form, Measures: fmt.Sprint(i, form), Scope: breach.Scope{From: f.Clock.Now(), Until: f.Clock.Now()}})
			if err != nil {
				return err
			}
			_, err = f.Consents.Grant(ctx, tx, f.Org.ID, f.person, optin.Event{Purpose: optin.Service, Source: optin.FromPaper, At: f.Clock.Now(), Text: f.words, Detail: optin.Detail{Note: form, Staff: f.staff.ID}})
			return err
		})
	}
}
