package transcript

import (
	"regexp"
	"strings"
)

// interpret tells who wrote a text and what it is. Text is what follows the
// time, all lines of it.
func interpret(text string, ios bool) Message {
	if isSystem(text) {
		return Message{Kind: System, Text: strings.TrimSpace(strings.ReplaceAll(text, lrm, ""))}
	}
	sender, words, ok := strings.Cut(text, ": ")
	if !ok { // an empty message may have lost its last space
		sender, words, ok = strings.Cut(strings.TrimRight(text, "\n"), ":")
		ok = ok && words == ""
	}
	sender = strings.TrimSpace(strings.Trim(sender, lrm+"\u202a\u202c"))
	if !ok || strings.Contains(sender, "\n") || len(sender) > 200 || sender == "" {
		return Message{Kind: System, Text: strings.TrimSpace(strings.ReplaceAll(text, lrm, ""))}
	}
	m := Message{Sender: strings.TrimPrefix(sender, "~\u202f"), Kind: Text}
	marked := strings.HasPrefix(words, lrm)
	words = strings.Trim(words, lrm)
	for _, e := range edited {
		if before, found := strings.CutSuffix(words, e); found {
			words, m.Edited = strings.TrimRight(before, " "+lrm), true
		}
	}
	switch {
	case attachment(&m, words), omission(&m, words), deletion(&m, words):
	case ios && marked && isSystem(strings.TrimSpace(words)):
		return Message{Kind: System, Text: words}
	default:
		m.Text = words
	}
	return m
}

var edited = []string{"<Diese Nachricht wurde bearbeitet.>", "<This message was edited>", "<This message was edited.>"}

var (
	attachedIOS     = regexp.MustCompile(`^\x{200e}?<(?:attached|Anhang|angehängt): ([^<>/\\\n]{1,200})>$`)
	attachedAndroid = regexp.MustCompile(`^\x{200e}?([^<>/\\\n]{1,200}\.[A-Za-z0-9]{1,8}) \((?:file attached|Datei angehängt)\)$`)
)

// attachment reads "<Anhang: 00000012-PHOTO.jpg>" and "IMG.jpg (Datei
// angehängt)". On Android a caption follows on the next lines, on iOS it
// stands before.
func attachment(m *Message, words string) bool {
	all := strings.Split(words, "\n")
	if found := attachedAndroid.FindStringSubmatch(strings.TrimSpace(all[0])); found != nil {
		m.Kind, m.File, m.Text = File, found[1], strings.TrimSpace(strings.Join(all[1:], "\n"))
		m.Media = mediaOf(m.File)
		return true
	}
	last := all[len(all)-1]
	at := max(strings.LastIndex(last, "<attached: "), strings.LastIndex(last, "<Anhang: "), strings.LastIndex(last, "<angehängt: "))
	if at < 0 {
		return false
	}
	found := attachedIOS.FindStringSubmatch(strings.TrimSpace(last[at:]))
	if found == nil {
		return false
	}
	before := append(all[:len(all)-1:len(all)-1], strings.Trim(last[:at], " "+lrm))
	m.Kind, m.File, m.Text = File, found[1], strings.TrimSpace(strings.Join(before, "\n"))
	m.Media = mediaOf(m.File)
	return true
}

// omissions are the words for files that were left out, and their kinds.
var omissions = map[string]string{
	"<Medien ausgeschlossen>": "", "<Media omitted>": "", "<Medien weggelassen>": "",
	"Bild weggelassen": "image", "image omitted": "image", "Video weggelassen": "video", "video omitted": "video",
	"GIF weggelassen": "video", "GIF omitted": "video", "Audio weggelassen": "audio", "audio omitted": "audio",
	"Sticker weggelassen": "sticker", "sticker omitted": "sticker", "Dokument weggelassen": "document", "document omitted": "document",
	"Kontaktkarte weggelassen": "contacts", "Contact card omitted": "contacts", "Videonotiz weggelassen": "video", "video note omitted": "video",
}

func omission(m *Message, words string) bool {
	all := strings.Split(words, "\n")
	for i, line := range all {
		line = strings.TrimSpace(strings.Trim(line, " "+lrm))
		kind, found := omissions[line]
		if !found { // "Angebot.pdf • 3 Seiten Dokument weggelassen"
			if at := strings.LastIndex(line, lrm); at >= 0 && i == len(all)-1 {
				kind, found = omissions[strings.TrimSpace(line[at+len(lrm):])]
				all[i] = strings.TrimSpace(line[:at])
			}
		} else {
			all[i] = ""
		}
		if found && (i == 0 || i == len(all)-1) {
			m.Kind, m.Media, m.Text = Omitted, kind, strings.TrimSpace(strings.ReplaceAll(strings.Join(all, "\n"), lrm, ""))
			return true
		}
	}
	return false
}

var deletions = []string{
	"Diese Nachricht wurde gelöscht", "Du hast diese Nachricht gelöscht", "Sie haben diese Nachricht gelöscht", "This message was deleted", "You deleted this message",
}

func deletion(m *Message, words string) bool {
	line := strings.TrimSuffix(strings.TrimSpace(words), ".")
	for _, d := range deletions {
		if line == d {
			m.Kind = Deleted
			return true
		}
	}
	return false
}

// systemBegins and systemHolds recognise WhatsApp's own lines, which have no
// sender but may have a colon in them.
var (
	systemBegins = []string{
		"Nachrichten und Anrufe sind Ende-zu-Ende-verschlüsselt", "Messages and calls are end-to-end encrypted", "Messages to this chat and calls are now secured",
		"Messages you send to this chat and calls are now secured", "Nachrichten in diesem Chat sowie Anrufe sind", "Nachrichten, die du in diesem Chat sendest",
		"Deine Sicherheitsnummer", "Your security code", "Die Sicherheitsnummer", "Dieser Chat ist mit einem Unternehmenskonto", "This chat is with a business account",
		"Dieses Unternehmen nutzt", "This business uses", "This business works with", "Dieses Unternehmen arbeitet mit", "Tippe, um mehr zu erfahren", "Tap to learn more",
		"Du hast die Gruppe", "You created group", "You created this group", "Du hast diesen Kontakt blockiert", "You blocked this contact", "Du hast diesen Kontakt freigegeben", "You unblocked this contact",
	}
	systemHolds = regexp.MustCompile(`^[^:\n]{1,120} (?:hat die Gruppe .* erstellt|created group .*|created this group|` +
		`hat den Betreff .* geändert|hat den Namen der Gruppe .* geändert|hat die Gruppenbeschreibung geändert.*|hat das Gruppenbild .*|` +
		`changed the (?:subject|group name|group description|group's icon|settings).*|changed this group's .*|` +
		`hat .{1,120} hinzugefügt|added .{1,120}|hat .{1,120} entfernt|removed .{1,120}|hat die Gruppe verlassen|left|ist .{0,60}beigetreten.*|joined using .*|` +
		`hat (?:zu einer neuen Nummer gewechselt|die Telefonnummer geändert).*|changed (?:their|to a new) (?:phone )?number.*|` +
		`hat selbstlöschende Nachrichten .*|turned (?:on|off) disappearing messages.*)\.?$`)
	group = regexp.MustCompile(`(?:hat die Gruppe|Du hast die Gruppe|created group|created this group|You created|Gruppenbeschreibung|Gruppenbild|group description|hinzugefügt$| added .|die Gruppe verlassen| left$)`)
)

func isSystem(text string) bool {
	line := strings.TrimSpace(strings.ReplaceAll(text, lrm, ""))
	if _, after, found := strings.Cut(line, ": "); found && len(line) < 400 {
		for _, b := range systemBegins[:4] { // iOS names the chat before them
			if strings.HasPrefix(after, b) {
				return true
			}
		}
	}
	for _, b := range systemBegins {
		if strings.HasPrefix(line, b) {
			return true
		}
	}
	return systemHolds.MatchString(line)
}

// mediaOf is the kind of a file by its name.
func mediaOf(name string) string {
	dot := strings.LastIndexByte(name, '.')
	switch strings.ToLower(name[dot+1:]) {
	case "jpg", "jpeg", "png", "heic":
		return "image"
	case "mp4", "3gp", "mov":
		return "video"
	case "opus", "m4a", "mp3", "aac", "amr", "ogg":
		return "audio"
	case "webp":
		return "sticker"
	case "vcf":
		return "contacts"
	default:
		return "document"
	}
}
