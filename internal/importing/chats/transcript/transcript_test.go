package transcript

import (
	"errors"
	"fmt"
	"io"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"
)

var berlin = time.FixedZone("CET", 3600)

func opener(text string) func() (io.ReadCloser, error) {
	return func() (io.ReadCloser, error) { return io.NopCloser(strings.NewReader(text)), nil }
}

func all(t interface{ Fatal(...any) }, text string, order Order) []Message {
	var out []Message
	r := NewReader(strings.NewReader(text), order, berlin)
	for {
		m, err := r.Next()
		if errors.Is(err, io.EOF) {
			return out
		}
		if err != nil {
			t.Fatal(err)
		}
		out = append(out, m)
	}
}

func show(m Message) string {
	out := m.At.Format("2006-01-02 15:04:05") + "|" + m.Sender + "|" + string(m.Kind) + "|" + strings.ReplaceAll(m.Text, "\n", "⏎")
	if m.File != "" || m.Media != "" {
		out += "|" + m.File + "|" + m.Media
	}
	if m.Edited {
		out += "|edited"
	}
	return out
}

func TestFormats(t *testing.T) {
	for _, c := range []struct {
		name, text string
		order      Order
		want       []string
	}{
		{"Android, German", "31.12.23, 23:59 - Nachrichten und Anrufe sind Ende-zu-Ende-verschlüsselt. Tippe, um mehr zu erfahren.\n31.12.23, 23:59 - Max Mustermann: Guten Rutsch!\n01.01.24, 00:01 - Beispiel GmbH: Danke,\nIhnen auch.\n\nGruß\n",
			DayFirst, []string{"2023-12-31 23:59:00||system|Nachrichten und Anrufe sind Ende-zu-Ende-verschlüsselt. Tippe, um mehr zu erfahren.",
				"2023-12-31 23:59:00|Max Mustermann|text|Guten Rutsch!", "2024-01-01 00:01:00|Beispiel GmbH|text|Danke,⏎Ihnen auch.⏎⏎Gruß"}},
		{"Android, American, with narrow spaces", "12/31/23, 11:59\u202fPM - John Doe: Hi\n1/1/24, 12:01\u202fAM - Jane Roe: Hello: there\n", MonthFirst,
			[]string{"2023-12-31 23:59:00|John Doe|text|Hi", "2024-01-01 00:01:00|Jane Roe|text|Hello: there"}},
		{"Android, British", "31/12/2023, 23:59 - John Doe: Hi\n01/01/2024, 00:01 - Jane Roe: Hello\n", DayFirst,
			[]string{"2023-12-31 23:59:00|John Doe|text|Hi", "2024-01-01 00:01:00|Jane Roe|text|Hello"}},
		{"Android, Indian", "31/12/23, 11:59 pm - John Doe: Hi\n", DayFirst, []string{"2023-12-31 23:59:00|John Doe|text|Hi"}},
		{"Android, year first", "2023-12-31, 11:59 p.m. - John Doe: Hi\n", YearFirst, []string{"2023-12-31 23:59:00|John Doe|text|Hi"}},
		{"Android, old German", "31.12.19 um 23:59 Uhr - Max Mustermann: Hallo\n", DayFirst, []string{"2019-12-31 23:59:00|Max Mustermann|text|Hallo"}},
		{"iOS, German", "[31.12.23, 23:59:58] Max Mustermann: \u200eNachrichten und Anrufe sind Ende-zu-Ende-verschlüsselt. Niemand kann mitlesen.\n[31.12.23, 23:59:58] Max Mustermann: Guten Rutsch!\n\u200e[01.01.24, 00:01:02] Beispiel GmbH: \u200e<Anhang: 00000012-PHOTO-2024-01-01.jpg>\n",
			DayFirst, []string{"2023-12-31 23:59:58||system|Max Mustermann: Nachrichten und Anrufe sind Ende-zu-Ende-verschlüsselt. Niemand kann mitlesen.",
				"2023-12-31 23:59:58|Max Mustermann|text|Guten Rutsch!", "2024-01-01 00:01:02|Beispiel GmbH|file||00000012-PHOTO-2024-01-01.jpg|image"}},
		{"iOS, American", "[12/31/23, 11:59:58\u202fPM] John Doe: Hi\r\n[1/1/24, 12:01:02\u202fAM] Jane Roe: Look\u200e<attached: 00000002-AUDIO-2024.opus>\r\n", MonthFirst,
			[]string{"2023-12-31 23:59:58|John Doe|text|Hi", "2024-01-01 00:01:02|Jane Roe|file|Look|00000002-AUDIO-2024.opus|audio"}},
		{"files on Android", "31.12.23, 23:59 - Max: IMG-20231231-WA0001.jpg (Datei angehängt)\nSo sieht es aus\n31.12.23, 23:59 - Max: \u200ePTT-1.opus (file attached)\n31.12.23, 23:59 - Max: Erika.vcf (Datei angehängt)\n", DayFirst,
			[]string{"2023-12-31 23:59:00|Max|file|So sieht es aus|IMG-20231231-WA0001.jpg|image", "2023-12-31 23:59:00|Max|file||PTT-1.opus|audio", "2023-12-31 23:59:00|Max|file||Erika.vcf|contacts"}},
		{"files left out", "31.12.23, 23:59 - Max: <Medien ausgeschlossen>\n31.12.23, 23:59 - Max: <Media omitted>\nMit Text\n", DayFirst,
			[]string{"2023-12-31 23:59:00|Max|omitted|", "2023-12-31 23:59:00|Max|omitted|Mit Text"}},
		{"files left out on iOS", "\u200e[31.12.23, 23:59:00] Max: \u200eBild weggelassen\n\u200e[31.12.23, 23:59:00] Max: Angebot.pdf • \u200e3 Seiten \u200eDokument weggelassen\n\u200e[31.12.23, 23:59:00] Max: \u200eaudio omitted\n", DayFirst,
			[]string{"2023-12-31 23:59:00|Max|omitted||" + "|image", "2023-12-31 23:59:00|Max|omitted|Angebot.pdf • 3 Seiten||document", "2023-12-31 23:59:00|Max|omitted|||audio"}},
		{"deleted and edited", "31.12.23, 23:59 - Max: Diese Nachricht wurde gelöscht.\n31.12.23, 23:59 - Max: You deleted this message\n31.12.23, 23:59 - Max: Bis morgen \u200e<Diese Nachricht wurde bearbeitet.>\n", DayFirst,
			[]string{"2023-12-31 23:59:00|Max|deleted|", "2023-12-31 23:59:00|Max|deleted|", "2023-12-31 23:59:00|Max|text|Bis morgen|edited"}},
		{"groups", "31.12.23, 23:58 - Max hat die Gruppe „Verein: Vorstand“ erstellt.\n31.12.23, 23:59 - Max hat Erika hinzugefügt\n31.12.23, 23:59 - ~\u202fOtto: Hallo\n31.12.23, 23:59 - +49 176 04069001: Hallo\n", DayFirst,
			[]string{"2023-12-31 23:58:00||system|Max hat die Gruppe „Verein: Vorstand“ erstellt.", "2023-12-31 23:59:00||system|Max hat Erika hinzugefügt", "2023-12-31 23:59:00|Otto|text|Hallo", "2023-12-31 23:59:00|+49 176 04069001|text|Hallo"}},
		{"what only looks like a beginning", "31.12.23, 23:59 - Max: Termine:\n99.99.23, 10:00 - Arzt: Impfung\n1.1. um 10\n", DayFirst, []string{"2023-12-31 23:59:00|Max|text|Termine:⏎99.99.23, 10:00 - Arzt: Impfung⏎1.1. um 10"}},
		{"a name that is a path", "31.12.23, 23:59 - Max: ../../etc/passwd (Datei angehängt)\n", DayFirst, []string{"2023-12-31 23:59:00|Max|text|../../etc/passwd (Datei angehängt)"}},
		{"an empty message", "31.12.23, 23:59 - Max: \n", DayFirst, []string{"2023-12-31 23:59:00|Max|once|"}},
	} {
		s, err := Look(opener(c.text), berlin)
		if err != nil || s.Order != c.order && s.Order != Unsure {
			t.Errorf("%s: got order %s, %v", c.name, s.Order, err)
		}
		got := all(t, c.text, c.order)
		for i := range max(len(got), len(c.want)) {
			if i >= len(got) || i >= len(c.want) || show(got[i]) != c.want[i] {
				t.Errorf("%s: message %d:\ngot  %v\nwant %q", c.name, i, got[min(i, len(got)-1):], c.want[min(i, len(c.want)-1)])
				break
			}
		}
	}
}

func TestLook(t *testing.T) {
	for _, c := range []struct {
		name, text string
		order      Order
		group      bool
	}{
		{"a day above 12", "31/12/23, 10:00 - A: x\n", DayFirst, false},
		{"a month that would be above 12", "12/31/23, 10:00 - A: x\n", MonthFirst, false},
		{"time runs forward only with the day first", "01/02/23, 10:00 - A: x\n01/03/23, 10:00 - A: x\n02/03/23, 10:00 - A: x\n01/04/23, 10:00 - A: x\n", DayFirst, false},
		{"time runs forward only with the month first", "1/5/23, 10:00 - A: x\n2/3/23, 10:00 - A: x\n2/4/23, 10:00 - A: x\n3/1/23, 10:00 - A: x\n", MonthFirst, false},
		{"nobody can know", "01/02/23, 10:00 - A: x\n", Unsure, false},
		{"dots", "01.02.23, 10:00 - A: x\n", DayFirst, false},
		{"three people", "01.02.23, 10:00 - A: x\n01.02.23, 10:00 - B: x\n01.02.23, 10:00 - C: x\n", DayFirst, true},
		{"WhatsApp says that it is a group", "01.02.23, 10:00 - A hat die Gruppe „X“ erstellt.\n01.02.23, 10:00 - A: x\n", DayFirst, true},
	} {
		s, err := Look(opener(c.text), berlin)
		if err != nil || s.Order != c.order || s.Group != c.group {
			t.Errorf("%s: got %+v, %v", c.name, s, err)
		}
	}
	for _, none := range []string{"", "Guten Tag", "Name;Telefon\nMax;1\n", strings.Repeat("x", 1<<20)} {
		if _, err := Look(opener(none), berlin); !errors.Is(err, ErrNoChat) {
			t.Errorf("%.20q was taken for a chat: %v", none, err)
		}
	}
}

// phones are the ways in which phones write the beginning of a message.
var phones = []struct {
	layout, before, after string
	order                 Order
	seconds               bool
}{
	{"02.01.06, 15:04", "", " - ", DayFirst, false},
	{"02/01/2006, 15:04", "", " - ", DayFirst, false},
	{"1/2/06, 3:04\u202fPM", "", " - ", MonthFirst, false},
	{"02/01/06, 3:04 pm", "", " - ", DayFirst, false},
	{"2006-01-02, 15:04", "", " - ", YearFirst, false},
	{"02.01.06, 15:04:05", "[", "] ", DayFirst, true},
	{"1/2/06, 3:04:05\u202fPM", "[", "] ", MonthFirst, true},
	{"02/01/2006, 15:04:05", "\u200e[", "] ", DayFirst, true},
}

// What a phone writes is read again: who, when, what, in order.
func TestRoundTrip(t *testing.T) {
	words := rapid.StringMatching(`[A-Za-zäöüß0-9 .,!?:()<>\n-]{0,60}`)
	rapid.Check(t, func(t *rapid.T) {
		p := rapid.SampledFrom(phones).Draw(t, "phone")
		at := time.Date(2023, 11, 1, 9, 0, 0, 0, berlin)
		var file strings.Builder
		var want []string
		for range rapid.IntRange(1, 30).Draw(t, "messages") {
			step := time.Duration(rapid.IntRange(0, 4*86400).Draw(t, "seconds")) * time.Second
			if at = at.Add(step); !p.seconds {
				at = at.Truncate(time.Minute)
			}
			m := Message{At: at, Sender: rapid.SampledFrom([]string{"Max Mustermann", "Beispiel GmbH", "+49 176 04069001", "Dr. Käthe Groß-Beispiel"}).Draw(t, "sender"),
				Kind: Text, Text: strings.TrimRight(words.Draw(t, "text"), "\n ")}
			if strings.TrimSpace(m.Text) == "" { // nobody can send it
				m.Kind, m.Text = Once, ""
			}
			fmt.Fprintf(&file, "%s%s%s%s: %s\n", p.before, at.Format(p.layout), p.after, m.Sender, m.Text)
			want = append(want, show(m))
		}
		s, err := Look(opener(file.String()), berlin)
		if err != nil {
			t.Fatal(err)
		}
		if s.Order != p.order && s.Order != Unsure {
			t.Fatalf("the dates were read as %s", s.Order)
		}
		got := all(t, file.String(), p.order)
		if len(got) != len(want) {
			t.Fatalf("%d messages came back, want %d:\n%s", len(got), len(want), file.String())
		}
		for i := range got {
			if show(got[i]) != want[i] {
				t.Fatalf("got  %q\nwant %q", show(got[i]), want[i])
			}
		}
	})
}

func TestLongChatsInLittleMemory(t *testing.T) {
	endless := io.MultiReader(strings.NewReader("31.12.23, 23:59 - Max: "), io.LimitReader(forever{}, 64<<20))
	r := NewReader(endless, DayFirst, berlin)
	m, err := r.Next()
	if err != nil || len(m.Text) > maxText {
		t.Errorf("%d bytes, %v", len(m.Text), err)
	}
}

type forever struct{}

func (forever) Read(b []byte) (int, error) {
	for i := range b {
		b[i] = 'x'
	}
	return len(b), nil
}

func FuzzTranscript(f *testing.F) {
	f.Add("31.12.23, 23:59 - Max: \u200e<Anhang: a.jpg>\n[1/1/24, 12:01:02\u202fAM] Jane: x\n", "day_first")
	f.Fuzz(func(t *testing.T, text, order string) {
		_, _ = Look(opener(text), berlin)
		for _, m := range all(t, text, Order(order)) {
			if strings.ContainsAny(m.File, "/\\\n") || m.Kind != System && m.Sender == "" || m.At.Year() < 2009 {
				t.Fatalf("got %+v", m)
			}
		}
	})
}
