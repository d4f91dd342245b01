package access

import (
	"archive/zip"
	"bytes"
	"context"
	"encoding/csv"
	"encoding/json"
	"errors"
	"io"
	"maps"
	"reflect"
	"runtime"
	"slices"
	"strings"
	"testing"
	"time"

	"einklang/internal/engine/cloudapi"
	"einklang/internal/person/chat"
	"einklang/internal/person/record"
	"einklang/internal/rule/i18n"
	"einklang/internal/rule/id"
	"einklang/internal/rule/identity"
)

var start = time.Date(2026, 11, 2, 9, 0, 0, 0, time.UTC)

// kept is what an organisation keeps about a person.
type kept struct {
	record.Record
	messages map[id.Conversation][]chat.Message
	files    map[id.Message]string
	away     map[id.Message]record.Away
	asked    map[id.Message]int // how often each file was looked for
}

type content string

func (c content) Copy(_ context.Context, w io.Writer) (int64, error) {
	n, err := io.WriteString(w, string(c))
	return int64(n), err
}

func keep() *kept {
	k := &kept{messages: map[id.Conversation][]chat.Message{}, files: map[id.Message]string{}, away: map[id.Message]record.Away{}, asked: map[id.Message]int{}}
	k.Record = record.Record{Controller: "Beispiel GmbH", Messages: k.read, File: k.file, Reactions: k.reactions}
	k.Person = chat.Known{Person: chat.Person{ID: id.Person{9}, Locale: "de", Created: start, Profile: chat.Profile{Name: "Ada", Given: "Frau Ada", Email: "ada@example.com", Identity: identity.Identity{Username: "ada",
		Phone: "491760406901", FormerPhones: []string{"491760406902"}, BSUID: "DE.1", FormerBSUIDs: []string{"DE.0"}, ParentBSUID: "DE.P.1"}}}}
	return k
}

// read hands out two messages at a time, as a store does.
func (k *kept) read(_ context.Context, thread id.Conversation, after chat.Message) ([]chat.Message, error) {
	all := k.messages[thread]
	from := 1 + slices.IndexFunc(all, func(m chat.Message) bool { return m.ID == after.ID })
	return all[from:min(from+2, len(all))], nil
}

func (k *kept) file(_ context.Context, message chat.Message) (record.Attached, error) {
	k.asked[message.ID]++
	if text, there := k.files[message.ID]; there {
		return record.Attached{File: content(text), MimeType: "image/jpeg"}, nil
	}
	return record.Attached{Away: k.away[message.ID]}, nil
}

// reactions: the person and the organisation put one on each first message.
func (k *kept) reactions(_ context.Context, messages []chat.Message) (map[id.Message][]record.Reaction, error) {
	all := map[id.Message][]record.Reaction{}
	for _, m := range messages {
		if m.ID[1] == 1 {
			all[m.ID] = []record.Reaction{{From: "person", Emoji: "👍", At: start}, {From: "organisation", Emoji: "🎉", At: start}}
		}
	}
	return all, nil
}

// say adds a message to a conversation.
func (k *kept) say(thread byte, outgoing bool, c cloudapi.Content) *chat.Message {
	at := id.Conversation{thread}
	if len(k.messages[at]) == 0 {
		k.Threads = append(k.Threads, record.Thread{ID: at, Number: "Nummer " + string('0'+thread)})
	}
	n := byte(len(k.messages[at]) + 1)
	k.messages[at] = append(k.messages[at], chat.Message{ID: id.Message{thread, n}, Type: c.Type, Outgoing: outgoing, State: chat.Received,
		At: start.Add(time.Duration(n) * time.Minute), Body: chat.Body{Content: c}})
	return &k.messages[at][n-1]
}

func text(words string) cloudapi.Content {
	return cloudapi.Content{Type: cloudapi.TypeText, Text: &cloudapi.Text{Body: words}}
}

func picture(caption string) cloudapi.Content {
	return cloudapi.Content{Type: cloudapi.TypeImage, Image: &cloudapi.Media{ID: "1", MimeType: "image/jpeg", Caption: caption}}
}

// write makes a package and reads it again, by the names of its files.
func (k *kept) write(t *testing.T, kind Kind, locale string) map[string]string {
	t.Helper()
	de, en, err := i18n.Load()
	if err != nil {
		t.Fatal(err)
	}
	var b bytes.Buffer
	if err := Write(t.Context(), &b, k.Record, kind, map[string]*i18n.Catalogue{"de": de, "en": en}[locale], start); err != nil {
		t.Fatal(err)
	}
	z, err := zip.NewReader(bytes.NewReader(b.Bytes()), int64(b.Len()))
	if err != nil {
		t.Fatal(err)
	}
	files := map[string]string{}
	for _, f := range z.File {
		r, err := f.Open()
		if err != nil {
			t.Fatal(err)
		}
		raw, err := io.ReadAll(r)
		if err != nil || files[f.Name] != "" {
			t.Fatalf("%s: twice, or %v", f.Name, err)
		}
		files[f.Name] = string(raw)
	}
	return files
}

// data is data.json as a program reads it.
type data struct {
	Format, Kind, Controller string
	Person                   map[string]any
	Messages                 []struct {
		From, Type, State, File string
		Content                 *cloudapi.Content
	}
	rest map[string]any
}

func parse(t *testing.T, files map[string]string) (d data) {
	t.Helper()
	if err := errors.Join(json.Unmarshal([]byte(files["data.json"]), &d), json.Unmarshal([]byte(files["data.json"]), &d.rest)); err != nil {
		t.Fatalf("data.json: %v\n%s", err, files["data.json"])
	}
	return d
}

func (k *kept) fill() {
	k.Consents = []record.Consent{{At: start, Purpose: "Angebote", Event: "granted", Source: "form", Wording: "Sie dürfen mir schreiben."}}
	k.Attributes = []record.Attribute{{Name: "Schuhgröße", Value: "39", Purpose: "Beratung"}}
	k.Labels, k.Notes = []string{"Stammkundin"}, []record.Note{{At: start, Text: "ruft gern an"}}
	k.Links = []record.Link{{At: start, State: "undone", Reason: "gleiche Kundennummer"}}
	k.Notice = &record.Notice{Version: 3, At: start}
	k.Recipients = []record.Recipient{{Name: "Meta", Country: "US", Mechanism: "dpf"}, {Name: "Rechenzentrum", Country: "DE", Mechanism: "none_needed"}}
	k.Record.Picture = []byte("ein Bild")
	for range 3 {
		k.say(1, false, text("von ihr"))
	}
	k.say(1, true, text("von uns"))
	k.files[k.say(2, false, picture("ihr Foto")).ID] = "Foto"
}

func TestWhatAPackageHolds(t *testing.T) {
	k := keep()
	k.fill()
	photo := "files/" + id.ID{2, 1}.String() + ".jpg"
	for _, c := range []struct {
		kind   Kind
		locale string
		files  []string
		says   int // messages
	}{
		{Access, "de", []string{"auskunft.html", "auskunft.pdf", "data.json", photo, "messages.csv", "picture.jpg", "schema.json"}, 5},
		{Access, "en", []string{"access.html", "access.pdf", "data.json", photo, "messages.csv", "picture.jpg", "schema.json"}, 5},
		{Portability, "de", []string{"data.json", photo, "messages.csv", "schema.json"}, 4},
	} {
		files := k.write(t, c.kind, c.locale)
		if got := slices.Sorted(maps.Keys(files)); !slices.Equal(got, c.files) {
			t.Errorf("%s in %s holds %v, want %v", c.kind, c.locale, got, c.files)
		}
		d := parse(t, files)
		if d.Format != Format || d.Kind != string(c.kind) || len(d.Messages) != c.says || files[photo] != "Foto" {
			t.Errorf("%s: %s of kind %s with %d messages, the photo is %q", c.kind, d.Format, d.Kind, len(d.Messages), files[photo])
		}
		for _, m := range d.Messages {
			if c.kind == Portability && m.From != "person" {
				t.Errorf("what she did not provide: %+v", m)
			}
		}
		for _, staff := range []string{"attributes", "labels", "notes", "marks", "held_until"} {
			if _, there := d.rest[staff]; there != (c.kind == Access) {
				t.Errorf("%s holds %s: %v", c.kind, staff, there)
			}
		}
		rows, err := csv.NewReader(strings.NewReader(files["messages.csv"])).ReadAll()
		if err != nil || len(rows) != c.says+1 {
			t.Errorf("the table has %d rows, %v", len(rows), err)
		}
	}
}

// Everything that is kept under her name is in it (Art. 15(3)), on the page and
// for programs.
func TestAnAccessPackageTellsAll(t *testing.T) {
	k := keep()
	k.fill()
	for locale, page := range map[string]string{"de": "auskunft.html", "en": "access.html"} {
		files := k.write(t, Access, locale)
		for _, said := range []string{"Ada", "Frau Ada", "ada@example.com", "491760406901", "DE.1", "Schuhgröße", "39", "Stammkundin", "ruft gern an", "Angebote",
			"Sie dürfen mir schreiben.", "Meta", "Rechenzentrum", "von ihr", "von uns", "ihr Foto", "Beispiel GmbH"} {
			for _, file := range []string{page, "data.json"} {
				if !strings.Contains(files[file], said) {
					t.Errorf("%s does not say %q", file, said)
				}
			}
		}
		if !strings.Contains(files[page], `<html lang="`+locale+`">`) || strings.Contains(files[page], "package.") {
			t.Errorf("the page in %s lacks texts", locale)
		}
		if strings.Count(files[page], `class="m"`) != 4 || strings.Count(files[page], `class="m o"`) != 1 || strings.Count(files[page], "Nummer ") != 2 {
			t.Errorf("the page shows other messages than there are")
		}
	}
	d := parse(t, k.write(t, Access, "de"))
	for field, want := range map[string]any{"former_phones": "491760406902", "former_bsuids": "DE.0", "parent_bsuid": "DE.P.1", "language": "de"} {
		got := d.Person[field]
		if list, ok := got.([]any); ok {
			got = list[0]
		}
		if got != want {
			t.Errorf("%s is %v, want %v", field, got, want)
		}
	}
}

// Each fact about her that decides what may be sent is told, and a hold, on the
// page and for programs.
func TestAnAccessPackageTellsTheMarks(t *testing.T) {
	until := time.Date(2027, 6, 1, 0, 0, 0, 0, time.UTC)
	without := keep()
	if page := without.write(t, Access, "de")["auskunft.html"]; strings.Contains(page, "Vermerk") || strings.Contains(page, "Löschstopp") {
		t.Errorf("there is no mark and no hold:\n%s", page)
	}
	flags := reflect.TypeFor[chat.Flags]()
	for i := range flags.NumField() {
		k := keep()
		k.Held = &until
		reflect.ValueOf(&k.Person.Flags).Elem().Field(i).SetBool(true)
		files := k.write(t, Access, "de")
		set := 0
		told, _ := parse(t, files).rest["marks"].(map[string]any)
		for _, is := range told {
			if is == true {
				set++
			}
		}
		if set != 1 || len(told) != flags.NumField() || strings.Count(files["auskunft.html"], "Vermerk") != 1 {
			t.Errorf("%s is not told: %v", flags.Field(i).Name, told)
		}
		if parse(t, files).rest["held_until"] != "2027-06-01T00:00:00Z" || !strings.Contains(files["auskunft.html"], "nicht vor dem 01.06.2027") && !strings.Contains(files["auskunft.html"], "nicht vor dem 1. Juni 2027") {
			t.Errorf("the hold is not told:\n%s", files["auskunft.html"])
		}
	}
}

// The schema says what is there: a field without a word in it is a fault.
func TestTheSchemaKnowsEveryField(t *testing.T) {
	k := keep()
	k.fill()
	files := k.write(t, Access, "de")
	var s struct {
		Required   []string
		Properties map[string]struct {
			Properties map[string]any
			Items      struct {
				Properties map[string]any
				Required   []string
			}
		}
	}
	if err := json.Unmarshal([]byte(files["schema.json"]), &s); err != nil {
		t.Fatal(err)
	}
	d := parse(t, files)
	for name, value := range d.rest {
		p, known := s.Properties[name]
		if !known {
			t.Errorf("the schema does not know %s", name)
		}
		one, fields := value, p.Properties
		if list, ok := value.([]any); ok && len(list) > 0 {
			one, fields = list[0], p.Items.Properties
		}
		object, _ := one.(map[string]any)
		for field := range object {
			if _, known := fields[field]; !known {
				t.Errorf("the schema does not know %s of %s", field, name)
			}
		}
	}
	for _, name := range s.Required {
		if _, there := d.rest[name]; !there {
			t.Errorf("%s is required and not there", name)
		}
	}
}

// A contact card that she sent speaks of somebody else (Art. 15(4)).
func TestOthersAreMasked(t *testing.T) {
	k := keep()
	card := cloudapi.Card{Name: cloudapi.CardName{FormattedName: "Berta Geheim", FirstName: "Berta"}, Phones: []cloudapi.CardPhone{{Phone: "+49 170 5550100", WaID: "491705550100"}}}
	stored := k.say(1, false, cloudapi.Content{Type: cloudapi.TypeContacts, Contacts: []cloudapi.Card{card, card}})
	files := k.write(t, Access, "de")
	for name, text := range files {
		if strings.Contains(text, "Geheim") || strings.Contains(text, "5550100") || strings.Contains(text, "Berta") {
			t.Errorf("%s names another person", name)
		}
	}
	if m := parse(t, files).Messages[0]; len(m.Content.Contacts) != 2 || m.Content.Contacts[0].Name.FormattedName != "[Kontaktdaten einer anderen Person]" {
		t.Errorf("two cards are shown as %+v", m.Content.Contacts)
	}
	if stored.Body.Content.Contacts[0].Name.FirstName != "Berta" {
		t.Error("masking changed the message itself")
	}
}

func TestWhatWasDeletedIsNotTold(t *testing.T) {
	k := keep()
	m := k.say(1, false, picture("ihr Foto"))
	m.Revoked = start.Add(time.Hour)
	k.files[m.ID] = "Foto"
	files := k.write(t, Access, "de")
	got := parse(t, files).Messages[0]
	if got.Content != nil || got.File != "" || len(files) != 5 || !strings.Contains(files["auskunft.html"], "[von der schreibenden Person gelöscht]") {
		t.Errorf("a deleted message is %+v in %v", got, slices.Sorted(maps.Keys(files)))
	}
}

// A file whose time is over is not named: the package would lack what it says.
func TestAFileThatIsGoneIsNotNamed(t *testing.T) {
	k := keep()
	gone, here := k.say(1, false, picture("weg")).ID, k.say(1, false, picture("da")).ID
	k.files[here] = "Foto"
	files := k.write(t, Access, "de")
	for i, want := range []string{"", "files/" + here.String() + ".jpg"} {
		if got := parse(t, files).Messages[i]; got.File != want {
			t.Errorf("message %d names the file %q, want %q", i, got.File, want)
		}
	}
	for name, text := range files {
		if strings.Contains(text, "files/"+gone.String()) {
			t.Errorf("%s names a file that is not in the package", name)
		}
	}
	if k.asked[gone] != 1 {
		t.Errorf("a file that is gone was looked for %d times, want once", k.asked[gone])
	}
}

func TestTheNamesOfFiles(t *testing.T) {
	for _, c := range []struct{ mime, filename, want string }{
		{"image/jpeg", "", ".jpg"}, {"audio/ogg; codecs=opus", "", ".ogg"}, {"application/pdf", "Rechnung.exe", ".pdf"},
		{"application/zip", "Fotos.zip", ".zip"}, {"application/zip", "Fotos", ".bin"}, {"", "", ".bin"}, {"application/x", "a.b/../../c", ".bin"}, {"application/x", "a. exe", ".bin"},
	} {
		m := chat.Message{ID: id.Message{1}, Body: chat.Body{Content: cloudapi.Content{Document: &cloudapi.Media{Filename: c.filename}}}}
		m.Body.Content.Type = cloudapi.TypeDocument
		if got := fileName(m, c.mime); got != "files/"+m.ID.String()+c.want {
			t.Errorf("%q of %q: %s, want %s", c.filename, c.mime, got, c.want)
		}
	}
}

// A spreadsheet takes a text that begins so for a formula.
func TestCellsAreNoFormulas(t *testing.T) {
	for _, c := range []struct{ said, want string }{
		{"=1+1", "'=1+1"}, {"+49 176", "'+49 176"}, {"-2", "'-2"}, {"@SUM(A1)", "'@SUM(A1)"}, {"\tx", "'\tx"},
		{"Guten Tag", "Guten Tag"}, {"1=1", "1=1"}, {"", ""},
	} {
		k := keep()
		k.say(1, false, text(c.said))
		rows, err := csv.NewReader(strings.NewReader(k.write(t, Portability, "de")["messages.csv"])).ReadAll()
		if err != nil || rows[1][3] != c.want {
			t.Errorf("%q stands as %q (%v), want %q", c.said, rows[1][3], err, c.want)
		}
	}
}

// What people write is text, never a part of the page.
func TestThePageEscapesWhatPeopleWrite(t *testing.T) {
	k := keep()
	k.Person.Profile.Name = `<img src=x onerror="a()">`
	k.Labels = []string{"<b>"}
	k.say(1, false, text("<script>a()</script>"))
	page := k.write(t, Access, "de")["auskunft.html"]
	if strings.Contains(page, "<script>") || strings.Contains(page, "<img") || strings.Contains(page, "<b>") || !strings.Contains(page, "&lt;script&gt;") {
		t.Error("the page holds what somebody wrote as HTML")
	}
}

func TestAPackageThatBreaksOffSaysSo(t *testing.T) {
	broken := errors.New("the database is away")
	for name, breaks := range map[string]func(*kept){
		"messages": func(k *kept) {
			k.Record.Messages = func(context.Context, id.Conversation, chat.Message) ([]chat.Message, error) { return nil, broken }
		},
		"a file": func(k *kept) {
			k.Record.File = func(context.Context, chat.Message) (record.Attached, error) { return record.Attached{}, broken }
		},
	} {
		k := keep()
		k.fill()
		breaks(k)
		de, _, err := i18n.Load()
		if err != nil {
			t.Fatal(err)
		}
		var b bytes.Buffer
		if err := Write(t.Context(), &b, k.Record, Access, de, start); !errors.Is(err, broken) {
			t.Errorf("%s: %v", name, err)
		}
		if _, err := zip.NewReader(bytes.NewReader(b.Bytes()), int64(b.Len())); err == nil {
			t.Errorf("%s: half a package looks like a whole one", name)
		}
	}
}

// large is a file of two megabytes that is read in chunks, as from the shelf.
type large struct{}

var chunk = make([]byte, 256<<10)

func (large) Copy(_ context.Context, w io.Writer) (n int64, err error) {
	for range 8 {
		if _, err := w.Write(chunk); err != nil {
			return n, err
		}
		n += int64(len(chunk))
	}
	return n, nil
}

// heldMost is how much memory a package may allocate beside what its files are
// read with, in bytes.
const heldMost = 64 << 20

// However many files there are, no two are held at once: a package of 400 MB is
// written with a fraction of it.
func TestAPackageIsWrittenWhileItIsRead(t *testing.T) {
	k := keep()
	for range 200 {
		k.say(1, false, picture("Bild"))
	}
	k.Record.File = func(context.Context, chat.Message) (record.Attached, error) {
		return record.Attached{File: large{}, MimeType: "image/jpeg"}, nil
	}
	de, _, err := i18n.Load()
	if err != nil {
		t.Fatal(err)
	}
	var written counter
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	if err := Write(t.Context(), &written, k.Record, Access, de, start); err != nil {
		t.Fatal(err)
	}
	runtime.ReadMemStats(&after)
	took := after.TotalAlloc - before.TotalAlloc
	t.Logf("%d MB are written with %d MB", written>>20, took>>20)
	if written < 400<<20 || took > heldMost {
		t.Errorf("%d MB are written with %d MB", written>>20, took>>20)
	}
}

type counter int64

func (c *counter) Write(p []byte) (int, error) { *c += counter(len(p)); return len(p), nil }
