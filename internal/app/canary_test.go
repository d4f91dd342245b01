package app_test

import (
	"bytes"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io"
	"io/fs"
	"mime/multipart"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"einklang/internal/account/user"
	"einklang/internal/engine/store"
	"einklang/internal/person/attribute"
	"einklang/internal/test/apptest"
	"einklang/internal/test/postgrestest"
	"einklang/internal/test/storetest"
	"einklang/sandbox"
)

// House rule 4: nothing personal in clear. After a busy run, planted names,
// numbers, texts and file contents are nowhere in the files of the database,
// below the data folder or in the log.
func TestNothingPersonalInClear(t *testing.T) {
	t.Run("sqlite", func(t *testing.T) { canary(t, storetest.SQLite(t), "") })
	t.Run("postgres", func(t *testing.T) {
		server := postgrestest.Start(t, postgrestest.Fast)
		canary(t, server.Database(t), server.Folder())
	})
}

// canaries are words that occur nowhere by chance.
var canaries = map[string]string{
	"name":            "Kanarienvogelsang",
	"name by staff":   "Zeisigkoller",
	"username":        "grasmuecke.kanari",
	"phone":           "4917604069913",
	"other phone":     "4917604069924",
	"BSUID":           "DE.1309876543210987",
	"text":            "Blaumeisenfutter",
	"edited text":     "Kohlmeisenkasten",
	"revoked text":    "Rotkehlchenlied",
	"answer":          "Gartenrotschwanz",
	"caption":         "Sumpfrohrdommel",
	"file name":       "Wiedehopfrechnung",
	"file content":    "Trauerschnaepperinhalt",
	"our file":        "Goldammerbeleg",
	"our file name":   "Goldammerdatei",
	"parameter":       "Buchfinkenparameter",
	"contact card":    "Pirolkarte",
	"place":           "Eisvogelweiher",
	"evidence note":   "Nachtigallnotiz",
	"consent wording": "Lerchenwortlaut",
	"poison":          "Giftspechtwort",
	"refused answer":  "Neuntoetersatz",
	"failed answer":   "Bachstelzensatz",
	"staff name":      "Sperberkollegin",
	"staff address":   "habichtskauz",
	"search":          "Zeisigkoll",
	"message id":      "wamid.KUCKUCKSEI",
	"password":        "Zaunkoenigpasswort",
	"attribute":       "Mauerseglerwert",
}

func canary(t *testing.T, database, files string) {
	o := apptest.Open(t, database)
	aBusyDay(t, o)
	if files != "" {
		checkpoint(t, o)
	}

	folders := []string{o.Data}
	if files != "" {
		folders = append(folders, files)
	}
	read := 0
	control := false // the search finds what is there in clear
	for _, folder := range folders {
		err := filepath.WalkDir(folder, func(path string, d fs.DirEntry, err error) error {
			if err != nil || !d.Type().IsRegular() {
				return err
			}
			content, err := os.ReadFile(path)
			if err != nil {
				return err
			}
			read += len(content)
			control = control || bytes.Contains(content, []byte("Beispiel GmbH"))
			search(t, path, content)
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	search(t, "the log", []byte(o.Logs()))
	if !control {
		t.Errorf("the search read %d bytes and did not even find the organisation's name, which stands in clear", read)
	}
	if o.Logs() == "" {
		t.Error("nothing was logged: the run was not busy enough")
	}
}

// checkpoint makes PostgreSQL write its tables to the disk.
func checkpoint(t *testing.T, o *apptest.Office) {
	t.Helper()
	rows, err := o.DB.Query(t.Context(), "CHECKPOINT")
	if err != nil {
		t.Fatal(err)
	}
	rows.Close()
	if err := rows.Err(); err != nil {
		t.Fatal(err)
	}
}

// search looks for the canaries as they are and in the usual disguises.
func search(t *testing.T, where string, content []byte) {
	t.Helper()
	for kind, word := range canaries {
		forms := map[string]string{"as it is": word, "in lower case": strings.ToLower(word), "in hex": hex.EncodeToString([]byte(word)),
			"in UTF-16": strings.Join(strings.Split(word, ""), "\x00")}
		for shift := range 3 { // base64 depends on where a word begins
			whole := base64.StdEncoding.EncodeToString([]byte(strings.Repeat(" ", shift) + word))
			forms[fmt.Sprintf("in base64, shifted by %d", shift)] = strings.TrimRight(whole[4:], "=")[:len(whole)-10]
		}
		for form, text := range forms {
			if i := bytes.Index(content, []byte(text)); i >= 0 {
				around := content[max(0, i-60):min(len(content), i+len(text)+60)]
				t.Errorf("%s: the %s stands there %s: %q", where, kind, form, around)
			}
		}
	}
}

// aBusyDay does everything that touches people.
func aBusyDay(t *testing.T, o *apptest.Office) {
	c := canaries
	file := strings.Repeat(c["file content"]+" ", 20_000) // more than one chunk
	anna := o.Sandbox.AddCustomer(sandbox.Customer{Name: c["name"], Phone: c["phone"], Username: c["username"], UserID: c["BSUID"]})
	first := anna.Say(o.Number, c["text"])
	gone := anna.Say(o.Number, c["revoked text"])
	o.Settle(t)
	anna.Edit(o.Number, first, c["edited text"])
	anna.Revoke(o.Number, gone)
	anna.React(o.Number, first, "👍")
	document := upload(t, o, "text/plain", file)
	for kind, content := range map[string]any{
		"document": map[string]any{"id": document, "mime_type": "text/plain", "filename": c["file name"] + ".txt", "caption": c["caption"]},
		"location": map[string]any{"latitude": 52.5, "longitude": 13.4, "name": c["place"], "address": c["place"]},
		"contacts": []any{map[string]any{"name": map[string]any{"formatted_name": c["contact card"]}, "phones": []any{map[string]any{"phone": c["other phone"]}}}},
	} {
		if _, err := anna.Send(o.Number, kind, content, ""); err != nil {
			t.Fatal(err)
		}
	}
	o.Settle(t)
	anna.ChangeNumber(c["other phone"])

	// The same person again from outside, a poison payload, a status that is early.
	o.Post(t, apptest.Text(c["message id"], c["phone"], c["name"], c["text"], o.Clock.Now()))
	o.Post(t, apptest.Webhook(map[string]any{"messages": []any{[]any{c["poison"]}}}))
	o.Post(t, apptest.Status(c["message id"]+"2", c["phone"], "delivered", "", o.Clock.Now()))
	o.Post(t, []byte(`{"object":"whatsapp_business_account","entry":[{"id":"1","changes":[{"field":"`+c["text"]+`"`))
	o.PostSigned(t, apptest.Text("wamid.y", c["phone"], c["name"], c["text"], o.Clock.Now()), "sha256=00")

	o.Settle(t) // the news of her number has arrived
	person := o.Person(t, anna).ID.String()
	send := func(words string) {
		o.REST(t, http.MethodPost, "/api/v1/messages", map[string]any{"contact_id": person, "type": "text", "text": map[string]any{"body": words}}, nil)
	}
	o.REST(t, http.MethodPost, "/api/v1/contacts", map[string]any{"phone": c["other phone"], "name": c["name by staff"]}, nil)
	o.REST(t, http.MethodPost, "/api/v1/contacts/"+person+"/consents", map[string]any{"purpose": "marketing", "evidence_note": c["evidence note"], "wording": c["consent wording"]}, nil)
	o.REST(t, http.MethodPost, "/api/v1/contacts/lookup", map[string]any{"phone": c["phone"]}, nil)
	send(c["answer"])
	o.Write(t, func(tx store.Tx) error {
		_, err := o.Attributes.Save(t.Context(), tx, o.Org.ID, attribute.Definition{Name: "Kundennummer", Kind: attribute.Text, Purpose: "Zuordnung"})
		return err
	})
	o.REST(t, http.MethodPatch, "/api/v1/contacts/"+person+"/attributes", map[string]any{"Kundennummer": c["attribute"]}, nil)
	o.REST(t, http.MethodPost, "/api/v1/messages", map[string]any{"contact_id": person, "type": "template", "template": map[string]any{"name": "termin", "language": map[string]any{"code": "de"},
		"components": []any{map[string]any{"type": "body", "parameters": []any{map[string]any{"type": "text", "text": c["parameter"]}, map[string]any{"type": "text", "text": "morgen"}}}}}}, nil)
	o.Settle(t)
	o.Fault(t, sandbox.Fault{Kind: "error", Code: 131026, Count: 1})
	o.Fault(t, sandbox.Fault{Kind: "lost_answer", Count: 1})
	send(c["failed answer"])
	o.Settle(t)
	send(c["answer"])
	o.Settle(t)
	inTheBrowser(t, o, person)
	anna.Say(o.Number, "STOP")
	o.Settle(t)
	send(c["refused answer"])
	o.Expire(t.Context())
	if n := o.Count(t, "media", "state = 'held'"); n < 2 {
		t.Fatalf("%d files are held, want the customer's and ours", n)
	}
	if o.Intake.Counts().Poison == 0 || o.Door.Counts().Malformed == 0 {
		t.Fatal("no bad payload was kept or refused")
	}
	if n := o.Count(t, "message", "outgoing = ?", false); n < 6 {
		t.Fatalf("only %d messages came in", n)
	}
}

// inTheBrowser does what staff do: search, read, answer, send a file.
func inTheBrowser(t *testing.T, o *apptest.Office, person string) {
	t.Helper()
	c := canaries
	if _, err := o.Users.Create(t.Context(), user.Account{Org: o.Org.ID, Role: user.Agent, Locale: "de", Name: c["staff name"], Email: c["staff address"] + "@example.com"}, c["password"]); err != nil {
		t.Fatal(err)
	}
	browser := o.SignIn(t, user.Agent)
	get := func(path string) string {
		resp, err := browser.Get(o.URL + path)
		if err != nil {
			t.Fatal(err)
		}
		defer func() { _ = resp.Body.Close() }()
		page, err := io.ReadAll(resp.Body)
		if err != nil {
			t.Fatal(err)
		}
		return string(page)
	}
	if page := get("/inbox?" + url.Values{"q": {c["search"]}}.Encode()); !strings.Contains(page, c["name by staff"]) {
		t.Error("the search does not find the person: it proves nothing")
	}
	var threads struct {
		Items []struct{ ID, Contact_ID string }
	} //nolint:revive // the name in the interface
	o.REST(t, http.MethodGet, "/api/v1/conversations", nil, &threads)
	at := slices.IndexFunc(threads.Items, func(x struct{ ID, Contact_ID string }) bool { return x.Contact_ID == person })
	if at < 0 {
		t.Fatal("the person has no conversation")
	}
	thread := threads.Items[at].ID
	if page := get("/inbox/" + thread); !strings.Contains(page, c["edited text"]) {
		t.Error("the conversation does not show the text: it proves nothing")
	}
	if _, err := browser.PostForm(o.URL+"/inbox/"+thread+"/send", url.Values{"text": {c["answer"]}}); err != nil {
		t.Fatal(err)
	}
	var form bytes.Buffer
	w := multipart.NewWriter(&form)
	part, err := w.CreatePart(map[string][]string{"Content-Disposition": {`form-data; name="file"; filename="` + c["our file name"] + `.txt"`}, "Content-Type": {"text/plain"}})
	if err != nil {
		t.Fatal(err)
	}
	_, _ = io.WriteString(part, strings.Repeat(c["our file"]+" ", 1000))
	_ = w.WriteField("caption", c["caption"])
	_ = w.Close()
	if resp, err := browser.Post(o.URL+"/inbox/"+thread+"/file", w.FormDataContentType(), &form); err != nil || resp.StatusCode != http.StatusOK {
		t.Fatalf("sending a file: %v %v", resp, err)
	}
	o.Settle(t)
}

// upload puts a file on a customer's phone.
func upload(t *testing.T, o *apptest.Office, mimeType, content string) string {
	t.Helper()
	body, err := json.Marshal(map[string]string{"mime_type": mimeType, "base64": base64.StdEncoding.EncodeToString([]byte(content))})
	if err != nil {
		t.Fatal(err)
	}
	resp, err := http.Post(o.GraphURL+"/sandbox/files", "application/json", bytes.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = resp.Body.Close() }()
	var f struct{ ID string }
	if err := json.NewDecoder(resp.Body).Decode(&f); err != nil || f.ID == "" {
		t.Fatalf("upload: %s %v", resp.Status, err)
	}
	return f.ID
}
