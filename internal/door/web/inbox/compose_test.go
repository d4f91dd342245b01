package inbox

import (
	"slices"
	"testing"
	"time"

	"einklang/internal/door/web/shell"
	"einklang/internal/engine/cloudapi"
	"einklang/internal/messaging/conversation"
	"einklang/internal/person/chat"
	"einklang/internal/rule/gate"
	"einklang/internal/rule/i18n"
)

func viewer(t *testing.T) *shell.Viewer {
	t.Helper()
	de, _, err := i18n.Load()
	if err != nil {
		t.Fatal(err)
	}
	return &shell.Viewer{Text: de}
}

var noon = time.Date(2026, 11, 25, 12, 0, 0, 0, time.UTC)

func TestPlanned(t *testing.T) {
	free := cloudapi.Content{Type: cloudapi.TypeText, Text: &cloudapi.Text{Body: "Guten Tag"}}
	template := cloudapi.Content{Type: cloudapi.TypeTemplate, Template: &cloudapi.Template{Name: "x"}}
	window := conversation.Summary{WindowEnds: noon.Add(3 * time.Hour)}
	for _, c := range []struct {
		name    string
		content cloudapi.Content
		later   time.Time
		want    string
	}{
		{"at once", free, time.Time{}, ""},
		{"within the window", free, noon.Add(2 * time.Hour), ""},
		{"when the window closes", free, noon.Add(3 * time.Hour), "compose.later.window"},
		{"a template after the window", template, noon.Add(48 * time.Hour), ""},
		{"in the past", free, noon.Add(-time.Minute), "compose.later.past"},
		{"next summer", template, noon.AddDate(0, 7, 0), "compose.later.far"},
	} {
		if got := planned(composed{in: window, content: c.content, later: c.later}, noon); got != c.want {
			t.Errorf("%s: %q, want %q", c.name, got, c.want)
		}
	}
}

func TestWhatGoesToTheOutbox(t *testing.T) {
	v := viewer(t)
	for _, c := range []struct {
		name     string
		m        composed
		after    time.Time
		occasion gate.Occasion
	}{
		{"a text can be taken back", composed{content: cloudapi.Content{Text: &cloudapi.Text{}}}, noon.Add(undoTime), gate.Reply},
		{"a reaction goes at once", composed{content: cloudapi.Content{Reaction: &cloudapi.Reaction{}}}, time.Time{}, gate.Reply},
		{"later is later", composed{later: noon.Add(time.Hour)}, noon.Add(time.Hour), gate.Reply},
		{"a template is ours to start", composed{content: cloudapi.Content{Template: &cloudapi.Template{}}}, noon.Add(undoTime), ""},
	} {
		if d := c.m.outboxDraft(v, noon); !d.NotBefore.Equal(c.after) || d.Request.Occasion != c.occasion || d.Origin != chat.FromAgent {
			t.Errorf("%s: %+v", c.name, d)
		}
	}
}

func TestListRows(t *testing.T) {
	got := listRows("Montag | vormittags\n\n  Dienstag\n| ohne Titel\n")
	want := []cloudapi.Choice{{ID: "row-1", Title: "Montag", Description: "vormittags"}, {ID: "row-2", Title: "Dienstag"}}
	if !slices.Equal(got, want) {
		t.Errorf("%+v", got)
	}
}

func TestDegrees(t *testing.T) {
	for text, want := range map[string]float64{"52,5163": 52.5163, "-0.12": -0.12, "Berlin": 999, "": 999} {
		if got := degrees(text); got != want {
			t.Errorf("%q: %v", text, got)
		}
	}
	if got := showDegrees(&cloudapi.Location{Latitude: -33.8568, Longitude: 151.2153}); got != "33.8568° S, 151.2153° E" {
		t.Error(got)
	}
}

func TestFlowPairs(t *testing.T) {
	got := flowPairs(`{"flow_token":"x","wunsch_tag":"Montag","personen":3,"extras":["WLAN","Parkplatz"],"notiz":null}`)
	want := []pair{{Key: "extras", Value: "WLAN, Parkplatz"}, {Key: "notiz", Value: "–"}, {Key: "personen", Value: "3"}, {Key: "wunsch tag", Value: "Montag"}}
	if !slices.Equal(got, want) {
		t.Errorf("%v", got)
	}
	if flowPairs("kaputt") != nil {
		t.Error("broken JSON shows something")
	}
}

func TestOrderTotal(t *testing.T) {
	v := viewer(t)
	item := func(n int64, price, currency string) cloudapi.OrderItem {
		return cloudapi.OrderItem{Quantity: cloudapi.FlexInt(n), ItemPrice: cloudapi.FlexDecimal(price), Currency: currency}
	}
	for _, c := range []struct {
		items []cloudapi.OrderItem
		want  string
	}{
		{[]cloudapi.OrderItem{item(2, "34.90", "EUR"), item(1, "5", "EUR")}, "74,80 EUR"},
		{[]cloudapi.OrderItem{item(1, "1", "EUR"), item(1, "1", "USD")}, ""},
	} {
		if got := orderTotal(v.Text, &cloudapi.Order{ProductItems: c.items}); got != c.want {
			t.Errorf("%q, want %q", got, c.want)
		}
	}
}

func TestGroups(t *testing.T) {
	at := func(minutes int) time.Time { return noon.Add(time.Duration(minutes) * time.Minute) }
	all := []bubble{{At: at(0)}, {At: at(1)}, {At: at(30)}, {At: at(31), Out: true}, {At: at(32), Line: true}, {At: at(33), Out: true}, {At: at(24 * 60), Out: true}}
	group(all, func(t time.Time) string { return t.Format(time.DateOnly) })
	var first, last, days string
	for _, b := range all {
		first, last, days = first+mark(b.First), last+mark(b.Last), days+mark(b.Day != "")
	}
	if first != "x.xxxxx" || last != ".xxxxxx" || days != "x.....x" {
		t.Errorf("first %s, last %s, days %s", first, last, days)
	}
}

func mark(on bool) string {
	if on {
		return "x"
	}
	return "."
}

func TestEventsStandBetweenTheMessages(t *testing.T) {
	h := func(id string, minutes int) happening {
		return happening{ID: id, At: noon.Add(time.Duration(minutes) * time.Minute)}
	}
	got := between([]bubble{{ID: "a", At: noon.Add(time.Minute)}, {ID: "b", At: noon.Add(3 * time.Minute)}}, []happening{h("1", 0), h("2", 2), h("3", 4)})
	order := ""
	for _, b := range got {
		order += b.ID
	}
	if order != "1a2b3" {
		t.Error(order)
	}
}

func TestTicks(t *testing.T) {
	v := viewer(t)
	for _, c := range []struct {
		m    chat.Message
		want string
	}{
		{chat.Message{State: chat.Queued}, "wartet"},
		{chat.Message{State: chat.Read, Sent: noon, Delivered: noon, Read: noon.Add(time.Hour)}, "gesendet 25.11.2026, 13:00 · zugestellt 25.11.2026, 13:00 · gelesen 25.11.2026, 14:00"},
		{chat.Message{State: chat.Failed, Sent: noon}, "gesendet 25.11.2026, 13:00 · nicht zugestellt"},
	} {
		if got := ticks(v, c.m); got != c.want {
			t.Errorf("%q, want %q", got, c.want)
		}
	}
}
