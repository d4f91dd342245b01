package keyword

import "testing"

// TestATextTellsHowToEndAdvertising: by a word that is obeyed, where the text
// calls for it.
func TestATextTellsHowToEndAdvertising(t *testing.T) {
	for text, want := range map[string]bool{
		"Keine Werbung mehr? Antworten Sie mit STOP.": true, "No more advertising? Reply STOP.": true, "Abmelden: STOP": true, "STOP = keine Werbung": true,
		"Mit „Stop“ beenden Sie die Werbung": true, "Schreiben Sie STOPP, wenn Sie keine Angebote mehr möchten.": true, "Text STOP to opt out": true, "Zum Abmelden einfach STOP senden": true,
		"Not interested? Tap Stop promotions": true, "Abmelden": true, "Sie können sich jederzeit abmelden.": true, "Guten Tag, unsere Aktion läuft. STOP beendet Werbung.": true,
		"Nonstop nach Berlin für 49 Euro": false, "Der Bus hält am Stop Hauptstraße": false, "Nächster Halt: STOP Hauptstraße": false, "Don't stop now, our sale is on": false,
		"Unser Shop ist jetzt auch in Köln": false, "Diese Woche alles günstiger.": false, "Stop by today": false, "": false,
	} {
		if got := Told(text); got != want {
			t.Errorf("%q tells it: %v", text, got)
		}
	}
}
