package apptest

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"einklang/internal/engine/cloudapi"
	"einklang/internal/engine/store"
	"einklang/internal/messaging/conversation"
	"einklang/internal/person/chat"
	"einklang/internal/person/contact"
)

// Fill puts people with conversations into the organisation, so that a
// measurement meets a company of some size: each person wrote perPerson
// messages over the last month, all through the same capabilities as
// webhooks, but without payloads and without keywords.
func (o *Office) Fill(tb testing.TB, people, perPerson int) {
	tb.Helper()
	const together = 500 // people in one transaction
	month := 30 * 24 * time.Hour
	for from := 0; from < people; from += together {
		n := min(together, people-from)
		o.Write(tb, func(tx store.Tx) error {
			seen := make([]contact.Sighting, n)
			for i := range seen {
				seen[i] = contact.Sighting{Phone: fmt.Sprintf("49176%08d", from+i), Name: fmt.Sprintf("%s Beispiel-%d", given[(from+i)%len(given)], from+i)}
			}
			known, err := o.People.Resolve(tb.Context(), tx, o.Org.ID, seen)
			if err != nil {
				return err
			}
			_, err = o.Threads.AddIncoming(tb.Context(), tx, o.Org.ID, o.history(known, from, perPerson, month))
			return err
		})
	}
}

var given = strings.Fields("Erika Max Lieschen Otto Käthe Moritz Anna Jan Nele Paul Ida Karl Emma Ben Mia Leo")

// history is what people wrote, spread over a period.
func (o *Office) history(people []*chat.Known, from, perPerson int, period time.Duration) []conversation.Incoming {
	now := o.Clock.Now()
	all := make([]conversation.Incoming, 0, len(people)*perPerson)
	for i, p := range people {
		for k := range perPerson {
			ago := period * time.Duration((from+i)*7919%100_000+k) / time.Duration(100_000+perPerson)
			all = append(all, conversation.Incoming{Writer: conversation.Writer{Contact: p.ID, Keys: p.Keys}, Channel: o.Channel.ID,
				WAMID: fmt.Sprintf("wamid.fill.%d.%d", from+i, k), At: now.Add(-ago),
				Body: chat.Body{Content: cloudapi.Content{Type: cloudapi.TypeText, Text: &cloudapi.Text{Body: fmt.Sprintf("Nachricht %d: Wann ist meine Bestellung %d da?", k, from+i)}}}})
		}
	}
	return all
}
