package template

import (
	"strings"
	"testing"
)

func TestHasOptOutLine(t *testing.T) {
	for text, want := range map[string]bool{
		"Keine Werbung mehr? Antworten Sie mit STOP.":   true,
		"STOP beendet Werbung.":                         true,
		"Antworten Sie mit „Stop“, dann ist Schluss.":   true,
		"Reply \"stop\" to end.":                        true,
		"Sie können die Werbung jederzeit abbestellen.": true,
		"Abmelden: schreiben Sie uns.":                  true,
		"Reply STOPP":                                   true,
		"To unsubscribe, write to us":                   true,
		"":                                              false,
		"Guten Tag, diese Woche 10 % auf alles.":        false,
		"Nonstop für Sie da":                            false,
		"Non-Stop für Sie da, auch NON-STOP im Advent":  false,
		"Stop by our shop this week!":                   false,
		"Am Bus-Stop gleich rechts":                     false,
		"Nicht zu stoppen: unsere Angebote":             false,
		"Die Anmeldung ist offen, melden Sie sich":      false,
	} {
		got := Template{Parts: []Part{{Type: "BODY", Text: text}}}.HasOptOutLine()
		if got != want {
			t.Errorf("%q: %v", text, got)
		}
	}
}

func TestAnOptOutLineMayBeAButton(t *testing.T) {
	for text, want := range map[string]bool{"Stop": true, "Stop promotions": true, "Werbung abbestellen": true, "Mehr erfahren": false, "Nonstop": false} {
		got := Template{Parts: []Part{{Type: "BODY", Text: "Angebot"}, {Type: "BUTTONS", Buttons: []Button{{Type: "QUICK_REPLY", Text: text}}}}}.HasOptOutLine()
		if got != want {
			t.Errorf("%q: %v", text, got)
		}
	}
}

func TestOnlyWhatMetaApprovedIsUsable(t *testing.T) {
	for _, state := range strings.Fields("APPROVED PENDING REJECTED PAUSED DISABLED IN_APPEAL PENDING_DELETION FLAGGED unknown") {
		if got := (Template{State: state}).Usable(); got != (state == "APPROVED") {
			t.Errorf("%s: %v", state, got)
		}
	}
}
