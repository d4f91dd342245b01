package transcript

import (
	"regexp"
	"strconv"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"einklang/internal/rule/fold"
)

// interpret tells who wrote a text and what it is. Text is what follows the
// time, all lines of it.
func interpret(text string, ios bool) Message {
	if isSystem(text) {
		return Message{Kind: System, Text: strings.TrimSpace(strings.ReplaceAll(text, lrm, ""))}
	}
	sender, words, ok := speaker(text)
	if !ok {
		if m, call := callOf(text, true); call { // Android names nobody
			return m
		}
		return Message{Kind: System, Text: strings.TrimSpace(strings.ReplaceAll(text, lrm, ""))}
	}
	m := Message{Sender: sender, Kind: Text}
	marked := strings.HasPrefix(words, lrm)
	words = strings.Trim(words, lrm)
	for _, e := range edited {
		if before, found := strings.CutSuffix(words, e); found {
			words, m.Edited = strings.TrimRight(before, " "+lrm), true
		}
	}
	if attachment(&m, words) || once(&m, words) || omission(&m, words) || deletion(&m, words) {
		return m
	}
	if call, found := callOf(words, marked); found {
		call.Sender = m.Sender
		return call
	}
	if ios && marked && isSystem(strings.TrimSpace(words)) {
		return Message{Kind: System, Text: words}
	}
	m.Text = words
	return m
}

// longestName is how many bytes a name before a colon may have.
const longestName = 200

// speaker splits a text into who wrote it and what. Usually a colon and a space
// stand between; an empty message has lost the space, and some telephones write
// none at all. Then the colon must not be that of a time or an address.
func speaker(text string) (sender, words string, ok bool) {
	line, _, _ := strings.Cut(text, "\n")
	at := strings.Index(line, ": ")
	if at < 0 {
		if at = strings.IndexByte(line, ':'); at < 0 || glued(line[:at], line[at+1:]) {
			return "", "", false
		}
	}
	sender, words = nameOf(text[:at]), strings.TrimPrefix(text[at+1:], " ")
	return sender, words, sender != "" && at <= longestName
}

// glued reports whether a colon belongs to what stands on both sides of it: a
// time, the address of a page, or a sentence of WhatsApp's.
func glued(before, after string) bool {
	if strings.HasPrefix(after, "//") || len(strings.Fields(before)) > 5 {
		return true
	}
	last, _ := utf8.DecodeLastRuneInString(before)
	next, _ := utf8.DecodeRuneInString(after)
	return unicode.IsDigit(last) && unicode.IsDigit(next) && !strings.HasPrefix(nameOf(before), "+")
}

// nameOf is a name without what WhatsApp puts around it: marks of direction, and
// "~" before the name that somebody gave herself who stands in no address book.
func nameOf(text string) string {
	name := strings.TrimSpace(strings.Map(fold.Plain, text))
	if own, marked := strings.CutPrefix(name, "~"); marked && strings.TrimSpace(own) != "" {
		name = strings.TrimSpace(own)
	}
	return name
}

// calls are WhatsApp's words for a call: "Sprachanruf", "Verpasster Videoanruf",
// "Missed voice call". What follows says how long it took, or that nobody took
// it.
var calls = regexp.MustCompile(`(?i)^(?:(verpasster|verpasste|stummgeschalteter|missed|silenced) )?(?:gruppen-?|group )?(sprach-?anruf|video-?anruf|anruf|voice call|video call|audio call|call)` +
	`(?: (?:um|at) \d{1,2}[:.]\d{2}(?: ?[ap]\.?m\.?)?(?: uhr)?)?(?:$|[.,•\n] ?(.*)$)`)

var unanswered = regexp.MustCompile(`(?i)keine antwort|nicht angenommen|unbeantwortet|abgelehnt|no answer|not answered|unanswered|declined|tap to call back|click to call back|zum zurückrufen`)

// lasted is what stands behind a call that took place.
var lasted = regexp.MustCompile(`(?i)^(?:\d+ ?(?:sek|sec|s|min|std|hr|h|stunde|minute|hour|second)[a-z]*\.?[ ,•]*)+|^(?:auf (?:einem )?anderen gerät|answered on other device)`)

// callOf reads a line about a call. It must say more than a word that people
// write too, unless WhatsApp has marked the words as its own.
func callOf(words string, marked bool) (Message, bool) {
	line := strings.TrimSpace(strings.Map(fold.Plain, words))
	found := calls.FindStringSubmatch(line)
	if found == nil || strings.Count(line, "\n") > 1 {
		return Message{}, false
	}
	m := Message{Kind: Call, Text: line, Video: strings.HasPrefix(strings.ToLower(found[2]), "video")}
	m.Lasted = duration(found[3])
	m.Missed = found[1] != "" && found[3] == "" || unanswered.MatchString(found[3]) // "…, ruf bitte zurück" are somebody's words
	return m, m.Missed || lasted.MatchString(found[3]) || marked && found[3] == ""
}

var amounts = regexp.MustCompile(`(?i)(\d+) ?(std|stunde|sek|sec|second|s|min|minute|hr|hour|h)`)

// duration adds up "1 Std. 5 Min.".
func duration(text string) (all time.Duration) {
	for _, found := range amounts.FindAllStringSubmatch(text, -1) {
		n, _ := strconv.Atoi(found[1]) // more than fits is no length of a call
		unit := map[byte]time.Duration{'m': time.Minute, 'h': time.Hour}[found[2][0]|0x20]
		if unit == 0 {
			unit = time.Second
		}
		if found[2][0]|0x20 == 's' && strings.HasPrefix(strings.ToLower(found[2]), "st") {
			unit = time.Hour
		}
		all += time.Duration(min(n, 1<<16)) * unit
	}
	return all
}

// onces are the words for a message that may be viewed once.
var onces = regexp.MustCompile(`(?i)^<?(?:view once (?:voice )?(?:message|photo|video|voice message) ?(?:omitted|opened)?|.{0,40}set to view once|file not revealed|(?:datei|medium|foto|video|bild|sprachnachricht|nachricht) (?:zur einmaligen ansicht|nicht angezeigt).{0,60}|einmalansicht.{0,60}|(?:foto|video|sprachnachricht|nachricht|medium|bild) zur (?:einmalansicht|einmaligen wiedergabe).{0,60}|` +
	`<(?:einmalige ansicht|einmal ansehen|einmalige wiedergabe|view once)>|` +
	`du hast ein.{1,30}zur einmaligen ansicht erhalten.*|you received a view once (?:message|photo|video).*)>?\.?$`)

// once reads the mark of a message to be viewed once. Android leaves nothing, or
// the word null.
func once(m *Message, words string) bool {
	line := strings.TrimSpace(strings.ReplaceAll(words, lrm, ""))
	if line == "" || line == "null" || onces.MatchString(line) {
		m.Kind = Once
		return true
	}
	return false
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
