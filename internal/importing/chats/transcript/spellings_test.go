package transcript

import (
	"strings"
	"testing"
)

// What WhatsApp writes in more than one way: spaces, names, calls, and what may
// be seen once.
func TestSpellings(t *testing.T) {
	for _, c := range []struct{ line, want string }{
		{"[31.12.23,\u200923:58:00] Kim Kunde: Hallo", "23:58|Kim Kunde|text|Hallo"},
		{"[31.12.23,\u200a23:58:00]\u00a0Kim Kunde: Hallo", "23:58|Kim Kunde|text|Hallo"},
		{"\u2068[31.12.23, 23:58:00] Kim Kunde: Hallo", "23:58|Kim Kunde|text|Hallo"},
		{"31.12.23, 23:58 - Bob:Hi", "23:58|Bob|text|Hi"},
		{"31.12.23, 23:58 - Bob:Treffen um 10:30", "23:58|Bob|text|Treffen um 10:30"},
		{"31.12.23, 23:58 - +49 176 04069001:Hi", "23:58|+49 176 04069001|text|Hi"},
		{"31.12.23, 23:58 - +49 176 04069001:10 Stück", "23:58|+49 176 04069001|text|10 Stück"},
		{"31.12.23, 23:58 - Die Sitzung beginnt um 10:30", "23:58||system|Die Sitzung beginnt um 10:30"},
		{"31.12.23, 23:58 - Siehe https://example.com", "23:58||system|Siehe https://example.com"},
		{"[31.12.23, 23:58:00] ~ Otto: Hallo", "23:58|Otto|text|Hallo"},
		{"[31.12.23, 23:58:00] ~\u00a0Otto: Hallo", "23:58|Otto|text|Hallo"},
		{"[31.12.23, 23:58:00] ~Otto: Hallo", "23:58|Otto|text|Hallo"},
		{"[31.12.23, 23:58:00] \u202a~\u202fOtto\u202c: Hallo", "23:58|Otto|text|Hallo"},
		{"[31.12.23, 23:58:00] ~: Hallo", "23:58|~|text|Hallo"},

		{"[31.12.23, 23:58:00] Rex: \u200eMissed voice call, \u200eTap to call back", "23:58|Rex|call missed|Missed voice call, Tap to call back"},
		{"[31.12.23, 23:58:00] Rex: \u200eVoice call, \u200e4 min", "23:58|Rex|call|Voice call, 4 min"},
		{"[31.12.23, 23:58:00] Rex: \u200eVideoanruf, \u200e1 Std. 5 Min.", "23:58|Rex|call video|Videoanruf, 1 Std. 5 Min."},
		{"[31.12.23, 23:58:00] Rex: \u200eSprachanruf. \u200eKeine Antwort", "23:58|Rex|call missed|Sprachanruf. Keine Antwort"},
		{"[31.12.23, 23:58:00] Rex: \u200eVerpasster Videoanruf. \u200eZum Zurückrufen tippen.", "23:58|Rex|call missed video|Verpasster Videoanruf. Zum Zurückrufen tippen."},
		{"[31.12.23, 23:58:00] Rex: \u200eVoice call, \u200eAnswered on other device", "23:58|Rex|call|Voice call, Answered on other device"},
		{"31.12.23, 23:58 - Verpasster Sprachanruf", "23:58||call missed|Verpasster Sprachanruf"},
		{"31.12.23, 23:58 - Verpasster Sprachanruf um 23:58", "23:58||call missed|Verpasster Sprachanruf um 23:58"},
		{"31.12.23, 23:58 - Missed voice call at 11:58 PM", "23:58||call missed|Missed voice call at 11:58 PM"},
		{"31.12.23, 23:58 - Rex: Verpasster Videoanruf um 23:58 Uhr", "23:58|Rex|call missed video|Verpasster Videoanruf um 23:58 Uhr"},
		{"31.12.23, 23:58 - Rex: Verpasster Anruf um 23:58, ruf bitte zurück", "23:58|Rex|text|Verpasster Anruf um 23:58, ruf bitte zurück"},
		{"31.12.23, 23:58 - Rex: Anruf um 23:58", "23:58|Rex|text|Anruf um 23:58"},
		{"31.12.23, 23:58 - Kim: <Einmalige Ansicht>", "23:58|Kim|once|"},
		{"31.12.23, 23:58 - Kim: \u200eVideo zur Einmalansicht weggelassen", "23:58|Kim|once|"},
		{"31.12.23, 23:58 - Kim: Einmal ansehen", "23:58|Kim|text|Einmal ansehen"},
		{"31.12.23, 23:58 - Missed group video call", "23:58||call missed video|Missed group video call"},
		{"31.12.23, 23:58 - Rex: Anruf, bitte sofort", "23:58|Rex|text|Anruf, bitte sofort"},
		{"31.12.23, 23:58 - Rex: Video call tomorrow?", "23:58|Rex|text|Video call tomorrow?"},
		{"31.12.23, 23:58 - Rex: Sprachanruf", "23:58|Rex|text|Sprachanruf"},

		{"31.12.23, 23:58 - Kim: <View once voice message omitted>", "23:58|Kim|once|"},
		{"[31.12.23, 23:58:00] Kim: \u200eview once message omitted", "23:58|Kim|once|"},
		{"[31.12.23, 23:58:00] Kim: \u200eFoto zur einmaligen Ansicht weggelassen", "23:58|Kim|once|"},
		{"31.12.23, 23:58 - Kim: null", "23:58|Kim|once|"},
		{"31.12.23, 23:58 - Kim:", "23:58|Kim|once|"},
		{"31.12.23, 23:58 - Kim: Schickst du es zur einmaligen Ansicht?", "23:58|Kim|text|Schickst du es zur einmaligen Ansicht?"},
	} {
		got := all(t, c.line+"\n", DayFirst)
		if len(got) != 1 {
			t.Errorf("%q: %d messages", c.line, len(got))
			continue
		}
		m := got[0]
		kind := string(m.Kind)
		if m.Missed {
			kind += " missed"
		}
		if m.Video {
			kind += " video"
		}
		if said := m.At.Format("15:04") + "|" + m.Sender + "|" + kind + "|" + m.Text; said != c.want {
			t.Errorf("%q:\ngot  %s\nwant %s", c.line, said, c.want)
		}
	}
}

// What cannot be taken over is counted.
func TestWhatIsLostIsCounted(t *testing.T) {
	r := NewReader(strings.NewReader("Chat mit Kim\n\nexportiert\n31.12.23, 23:58 - Kim: "+strings.Repeat("x", maxLine)+"\n31.12.23, 23:59 - Kim: Hallo\n"+strings.Repeat("Zeile\n", maxText/6+1)), DayFirst, berlin)
	first, err := r.Next()
	if err != nil || !first.Cut {
		t.Errorf("a line of %d bytes is said to be whole: %v", len(first.Text), err)
	}
	second, err := r.Next()
	if err != nil || !second.Cut || len(second.Text) > maxText {
		t.Errorf("%d bytes of more are said to be whole: %v", len(second.Text), err)
	}
	if r.Lost() != 2 {
		t.Errorf("%d lines before the first message, want 2", r.Lost())
	}
	if whole := all(t, "31.12.23, 23:59 - Kim: Hallo\nund mehr\n", DayFirst); whole[0].Cut {
		t.Error("a short message is said to be cut")
	}
}

func FuzzReader(f *testing.F) {
	f.Add("31.12.23, 23:58 - Bob:Hi\n\u200e[31.12.23,\u200923:58:00] ~\u202fRex: \u200eVoice call, \u200e4 min\n")
	f.Fuzz(func(t *testing.T, text string) {
		for _, order := range []Order{DayFirst, MonthFirst, YearFirst} {
			for _, m := range all(t, text, order) {
				if len(m.Sender) > longestName+8 || strings.Contains(m.Sender, "\n") {
					t.Errorf("the sender is %q", m.Sender)
				}
			}
		}
	})
}
