package app_test

import (
	"context"
	"maps"
	"net/http"
	"runtime"
	"slices"
	"strings"
	"testing"

	"einklang/internal/account/user"
	"einklang/internal/door/api"
	"einklang/internal/engine/store"
	"einklang/internal/rights/erasure"
	"einklang/internal/test/apptest"
)

// large lists the rows of all tables that hold many bytes, by their columns.
func large(t *testing.T, o *apptest.Office) map[string]int64 {
	t.Helper()
	tables, err := store.Tables(t.Context(), o.DB, o.DB.Engine())
	if err != nil {
		t.Fatal(err)
	}
	found := map[string]int64{}
	for _, table := range tables {
		for _, c := range table.Columns {
			if c.Kind != store.Bytes && c.Kind != store.Text {
				continue
			}
			var n int64
			if err := o.DB.QueryRow(context.Background(), "SELECT COALESCE(SUM(length("+c.Name+")), 0) FROM "+table.Name+" WHERE length("+c.Name+") > 100000").Scan(&n); err != nil {
				t.Fatal(err)
			}
			if n > 0 {
				found[table.Name+"."+c.Name] = n
			}
		}
	}
	return found
}

// A text longer than any of WhatsApp's is kept once, sealed with its message, and
// handed out whole: as a file, over REST, and in what the person gets. An edit
// takes its place, and with the person it goes.
func TestALongTextIsKeptOnce(t *testing.T) {
	apptest.InTurn(t, func(t *testing.T, o *apptest.Office) {
		f := openFull(t, o)
		for _, at := range slices.Sorted(maps.Keys(large(t, o))) {
			t.Errorf("%s is large already", at)
		}
		once := func(message string, whole string) {
			t.Helper()
			f.Settle(t)
			kept := large(t, o)
			if n := kept["message.body"]; len(kept) != 1 || n < giant || n > giant+10_000 {
				t.Errorf("a text of %d bytes is kept as %v", len(whole), kept)
			}
			var all api.Page[api.Message]
			if status := o.REST(t, http.MethodGet, "/api/v1/messages?limit=200", nil, &all); status != http.StatusOK {
				t.Fatalf("over REST: %d", status)
			}
			var at string
			for _, m := range all.Items {
				if m.Text == whole {
					at = m.ID
				}
			}
			if at == "" {
				t.Fatalf("the %s is not whole over REST", message)
			}
			agent := o.SignIn(t, user.Agent)
			var before, after runtime.MemStats
			runtime.ReadMemStats(&before)
			file := look(t, agent, o.URL+"/messages/"+at+"/text")
			runtime.ReadMemStats(&after)
			if took := after.TotalAlloc - before.TotalAlloc; file != whole || took > answerMost {
				t.Errorf("the file of the %s has %d bytes and took %d MB", message, len(file), took>>20)
			}
			if page := look(t, agent, o.URL+"/inbox/"+f.thread.String()); len(page) > giant/4 || !strings.Contains(page, "/messages/"+at+"/text") {
				t.Errorf("the conversation has %d bytes, or does not lead to the %s", len(page), message)
			}
		}
		text := lorem(giant)
		f.post(map[string]any{"id": "wamid.giant.one", "type": "text", "text": map[string]any{"body": text}}, "Erika Mustermann", "4917604069001")
		once("text", text)
		if n := finds(t, o, "bestellung"); n == 0 {
			t.Error("its beginning is not found")
		}
		f.post(map[string]any{"id": "wamid.giant.edit", "type": "edit", "edit": map[string]any{"original_message_id": "wamid.giant.one",
			"message": map[string]any{"type": "text", "text": map[string]any{"body": "Neu. " + text}}}}, "Erika Mustermann", "4917604069001")
		once("edit", "Neu. "+text)
		eraseNow(t, o, erasure.Identity{Contact: f.person.ID})
		if left := large(t, o); len(left) != 0 {
			t.Errorf("after the erasure there are %v", left)
		}
	})
}
