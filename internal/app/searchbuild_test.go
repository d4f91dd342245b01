package app_test

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"strings"
	"testing"

	"einklang/internal/account/user"
	"einklang/internal/app"
	"einklang/internal/engine/store"
	"einklang/internal/rule/id"
	"einklang/internal/test/apptest"
	"einklang/internal/test/postgrestest"
)

// A new version that indexes otherwise has the old messages read by a job after
// its start, once. Until that has ended, the search, the palette and the page of
// those who run it say how far it is.
func TestANewVersionOfTheIndexIsMadeByAJob(t *testing.T) {
	apptest.Each(t, func(t *testing.T, o *apptest.Office) {
		ada := o.Customer("Ada Beispiel", "4917604069021")
		for i := range 3 {
			ada.Say(o.Number, fmt.Sprintf("Grüße aus Köln, Nummer %d", i))
		}
		o.Settle(t)
		says := func(wanted map[string]string, but string) {
			t.Helper()
			admin := o.SignIn(t, user.Admin)
			for path, words := range wanted {
				page := look(t, admin, o.URL+o.Sought(admin, path))
				if !strings.Contains(page, words) || strings.Contains(page, but) {
					t.Errorf("%s does not say %q, or says %q:\n%s", path, words, but, page)
				}
			}
		}
		const searched, backups, palette = "/search?q=koeln", "/desk/backups", "/fragments/palette?q=koeln"
		const whole = "Der Suchindex enthält alle Nachrichten."
		says(map[string]string{searched: "Grüße aus", backups: whole}, "auslassen")
		messages := o.Count(t, "message", "org_id = ?", o.Org.ID)

		// An older program has left its index behind, and was in the midst of it.
		o.Write(t, func(tx store.Tx) error {
			if _, err := tx.Exec(context.Background(), "DELETE FROM search_fresh WHERE org_id = ?", o.Org.ID); err != nil {
				return err
			}
			_, err := tx.Exec(context.Background(), "UPDATE search_build SET version = 0, ended_at = 0, done = 2, total = ? WHERE org_id = ?", int64(messages), o.Org.ID)
			return err
		})
		how := fmt.Sprintf("2 von %d Nachrichten sind gelesen", messages)
		says(map[string]string{searched: how, backups: how, palette: "Suche noch unvollständig"}, whole)

		o.End(t)
		for start := range 2 {
			r := *o
			c := o.Config
			var err error
			if r.App, err = app.Open(t.Context(), c); err != nil {
				t.Fatal(err)
			}
			end := apptest.Run(r.App)
			handler, err := r.Handler()
			if err != nil {
				t.Fatal(err)
			}
			server := httptest.NewServer(handler)
			r.URL = server.URL
			r.Until(t, "the index is whole", func() bool {
				b, err := r.App.Search.Building(t.Context(), r.DB, r.Org.ID)
				return err == nil && b == nil
			})
			if start == 0 {
				before := o
				o = &r
				says(map[string]string{searched: "Grüße aus", backups: whole}, "auslassen")
				o = before
			}
			if n := finds(t, &r, "koeln"); n != 3 {
				t.Errorf("%d messages are found", n)
			}
			if n := r.Count(t, "job", "kind = 'search_index'"); n != 1 {
				t.Errorf("%d jobs after start %d", n, start+1)
			}
			server.Close()
			end(t)
		}
		if log := o.Logs(); !strings.Contains(log, "the search index holds all messages") || strings.Contains(log, "Köln") {
			t.Error("the log does not tell of it, or tells too much")
		}
	})
}

// What was said before Einklang is found like the rest, once a chat is imported.
func TestAnImportedChatIsFound(t *testing.T) {
	apptest.Each(t, func(t *testing.T, o *apptest.Office) {
		o.Customer("Ada Beispiel", "4917604069021").Say(o.Number, "Ist der Wagen fertig?")
		o.Settle(t)
		admin := o.SignIn(t, user.Admin)
		staff, err := o.Users.List(t.Context(), o.DB, o.Org.ID)
		if err != nil {
			t.Fatal(err)
		}
		i, err := o.Chats.Stage(t.Context(), o.DB, o.Org.ID, staff[0].ID, "chat.txt", []string{"Beispiel GmbH"},
			strings.NewReader("[25.02.2026, 10:00:00] Ada: Die Zündkerzen sind bestellt?\n[25.02.2026, 10:01:00] Beispiel GmbH: Ja, vier Zündkerzen.\n"))
		if err != nil {
			t.Fatal(err)
		}
		if status, page := submit(t, o, admin, "/import/chats/"+i.ID.String()+"/start", url.Values{"us": {"Beispiel GmbH"}, "them": {"Ada"}, "phone": {"0176 04069021"}, "order": {"day_first"}, "channel": {o.Channel.ID.String()}}); status != http.StatusOK {
			t.Fatalf("%d\n%s", status, page)
		}
		o.Until(t, "the chat is imported", func() bool { return o.Count(t, "message", "org_id = ?", o.Org.ID) >= 3 })
		if n := finds(t, o, "zündkerzen"); n != 2 {
			t.Errorf("%d messages of the imported chat are found, want 2", n)
		}
	})
}

func look(t *testing.T, browser *http.Client, address string) string {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, address, nil)
	if err != nil {
		t.Fatal(err)
	}
	answer, err := browser.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = answer.Body.Close() }()
	body, err := io.ReadAll(answer.Body)
	if err != nil || answer.StatusCode != http.StatusOK {
		t.Fatalf("%s: %d, %v", address, answer.StatusCode, err)
	}
	return string(body)
}

// Two nodes start at once with a version that indexes otherwise, while messages
// come: the index is made once, holds each message once, and lacks none.
func TestTwoNodesMakeTheIndexOnce(t *testing.T) {
	o := apptest.Open(t, postgrestest.URL(t))
	const before, meanwhile = 2500, 40
	o.Fill(t, 25, before/25)
	o.Write(t, func(tx store.Tx) error {
		if _, err := tx.Exec(t.Context(), "DELETE FROM search_fresh WHERE org_id = ?", o.Org.ID); err != nil {
			return err
		}
		_, err := tx.Exec(t.Context(), "UPDATE search_build SET version = 0, ended_at = 0 WHERE org_id = ?", o.Org.ID)
		return err
	})
	nodes := []*apptest.Office{o.Join(t, nil), o.Join(t, nil)}
	ada := o.Customer("Ada Beispiel", "4917604069021")
	for i := range meanwhile {
		ada.Say(o.Number, fmt.Sprintf("Zwischendurch, Nummer %d", i))
	}
	for _, n := range nodes {
		n.Until(t, "the index is whole", func() bool {
			b, err := n.App.Search.Building(t.Context(), n.DB, n.Org.ID)
			return err == nil && b == nil
		})
	}
	o.Settle(t)
	messages := o.Count(t, "message", "org_id = ?", o.Org.ID)
	named := map[id.Message]int{}
	fresh, err := store.Collect(t.Context(), o.DB, store.One[id.Message], "SELECT message_id FROM search_fresh WHERE org_id = ?", o.Org.ID)
	if err != nil {
		t.Fatal(err)
	}
	folded, err := store.Collect(t.Context(), o.DB, store.One[[]byte], "SELECT ids FROM search_ids WHERE org_id = ?", o.Org.ID)
	if err != nil {
		t.Fatal(err)
	}
	for _, flat := range folded {
		for part := range slices.Chunk(flat, 16) {
			fresh = append(fresh, id.Message(part))
		}
	}
	for _, m := range fresh {
		if named[m]++; named[m] > 1 {
			t.Errorf("%s is indexed twice", m)
		}
	}
	if len(named) < messages {
		t.Errorf("the index has %d of %d messages", len(named), messages)
	}
	if n := finds(t, o, "zwischendurch"); n != meanwhile {
		t.Errorf("%d of the %d messages that came meanwhile are found", n, meanwhile)
	}
}
