package app_test

import (
	"bytes"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"filippo.io/age"

	"einklang/internal/consent/optin"
	"einklang/internal/engine/store"
	"einklang/internal/engine/vault"
	index "einklang/internal/messaging/search"
	"einklang/internal/rights/access"
	"einklang/internal/rule/i18n"
	"einklang/internal/rule/id"
)

// look compares the office with the model.
func (w *world) look() {
	w.book.attest(w.t)
	w.must(w.Books.Refresh(w.t.Context(), w.Org.ID))
	for p, h := range w.people {
		w.lookAt(p, h)
		w.lookAtDrafts(p, h)
		w.lookAtStances(p, h)
	}
	w.lookForTheMerged()
	w.lookAtTheBook()
	w.lookAtTheIndex()
	w.lookForWhatIsIndexed()
	w.lookForTheErased()
}

// told is what the JSON of a package says, as far as the model counts it.
type told struct {
	Messages []json.RawMessage
	Consents []json.RawMessage
	Notes    []json.RawMessage
}

// lookAt compares what a person is told with what is hers and what the database
// holds.
func (w *world) lookAt(p id.Person, h *hers) {
	ctx := w.t.Context()
	for _, record := range h.records {
		k, err := w.People.Get(ctx, w.DB, w.Org.ID, record)
		if err != nil || k.ID != p || k.Erased || k.Profile.Name == "" {
			w.t.Errorf("the record %s of %s leads to %+v, %v", record, p, k, err)
			return
		}
	}
	k, err := w.People.Get(ctx, w.DB, w.Org.ID, p)
	w.must(err)
	de, _, err := i18n.Load()
	w.must(err)
	var raw bytes.Buffer
	w.must(w.Answers.Package(ctx, &raw, w.Org.ID, k, access.Access, de))
	files := unzipped(w.t, raw.String())
	var t told
	w.must(json.Unmarshal([]byte(files["data.json"]), &t))
	kept, contents := 0, ""
	for name, content := range files {
		if strings.HasPrefix(name, "files/") {
			kept++
			contents += content + "\n"
		}
	}
	for what, n := range map[string][2]int{
		"messages": {len(t.Messages), w.Count(w.t, "message", "contact_id = ?", p)},
		"consents": {len(t.Consents), w.Count(w.t, "consent_event", "contact_id = ?", p)},
		"notes":    {len(t.Notes), w.Count(w.t, "work_item", "kind = 'note' AND contact_id = ?", p)},
		"files":    {kept, len(h.files)},
		"agreed":   {w.Count(w.t, "consent_event", "contact_id = ? AND source <> ?", p, optin.FromRestore), h.agreed},
	} {
		if n[0] != n[1] {
			w.t.Errorf("%s is told %d %s, want %d", p, n[0], what, n[1])
		}
	}
	hers := map[string]bool{}
	for _, word := range h.said {
		hers[word] = true
		if !strings.Contains(files["data.json"], word) {
			w.t.Errorf("%s is not told %q", p, word)
		}
	}
	for _, f := range h.files {
		hers[f.word] = true
		if !strings.Contains(contents, f.word) {
			w.t.Errorf("%s does not get the file %q", p, f.word)
		}
	}
	for _, word := range w.words {
		if !hers[word] && strings.Contains(files["data.json"]+contents, word) {
			w.t.Errorf("%s is told %q, which is not hers", p, word)
		}
	}
}

// lookAtTheBook: everybody's card is in the book, and nobody else's.
func (w *world) lookAtTheBook() {
	cards := w.book.cards(w.t)
	if n := strings.Count(cards, "BEGIN:VCARD"); n != len(w.people) {
		w.t.Errorf("%d cards are in the book of %d people", n, len(w.people))
	}
	for i, phone := range w.phones {
		if _, there := w.by[i]; !there && strings.Contains(cards, phone.Name) {
			w.t.Errorf("%s is in the book", phone.Name)
		}
	}
}

// lookAtTheIndex: what anybody said is found, and what is gone is not.
func (w *world) lookAtTheIndex() {
	said := map[string]bool{}
	for _, h := range w.people {
		for _, word := range h.said {
			said[word] = true
		}
	}
	for _, word := range w.words {
		page, err := w.App.Search.Find(w.t.Context(), w.DB, w.Org.ID, index.Query{Text: word}, 10)
		w.must(err)
		if len(page.Messages) > 0 && !said[word] {
			w.t.Errorf("%q is found, and nobody who is there said it", word)
		}
	}
}

// lookForWhatIsIndexed: the index names no message that is gone.
func (w *world) lookForWhatIsIndexed() {
	ctx := w.t.Context()
	here, err := store.Collect(ctx, w.DB, store.One[id.Message], "SELECT id FROM message")
	w.must(err)
	fresh, err := store.Collect(ctx, w.DB, store.One[id.Message], "SELECT message_id FROM search_fresh")
	w.must(err)
	folded, err := store.Collect(ctx, w.DB, store.One[[]byte], "SELECT ids FROM search_ids")
	w.must(err)
	for _, flat := range folded {
		for at := 0; at+16 <= len(flat); at += 16 {
			if m := id.Message(flat[at : at+16]); !m.IsZero() {
				fresh = append(fresh, m)
			}
		}
	}
	there := map[id.Message]bool{}
	for _, m := range here {
		there[m] = true
	}
	for _, m := range fresh {
		if !there[m] {
			w.t.Errorf("the index names the message %s, which is gone", m)
		}
	}
}

// lookForTheMerged: what a claim does not excuse follows her to the record that she
// became.
func (w *world) lookForTheMerged() {
	for p, h := range w.people {
		for _, record := range h.records {
			if record == p {
				continue
			}
			for _, c := range w.Claims() {
				if c.Of != "" || c.Merge != "" {
					continue
				}
				if n := w.Count(w.t, c.Table, c.Column+" = ?", record); n != 0 {
					w.t.Errorf("%d rows of %s name the record %s, which became %s", n, c.Table, record, p)
				}
			}
		}
	}
}

// lookForTheErased: no row names somebody who is erased, no key of hers is
// there, nothing is left that it would open, and no word of hers lies anywhere
// in clear.
func (w *world) lookForTheErased() {
	ctx := w.t.Context()
	for _, c := range w.Claims() {
		for p := range w.erased {
			if n := w.Count(w.t, c.Table, c.Column+" = ?", p); n != 0 && c.Of == "" && c.Erase == "" {
				w.t.Errorf("%d rows of %s name %s, who is erased", n, c.Table, p)
			}
		}
	}
	keys, err := w.Vault.Org(ctx, w.DB, w.Org.ID)
	w.must(err)
	for p := range w.erased {
		if ring, err := keys.Keyring(ctx, w.DB, p); err == nil {
			w.t.Errorf("%s is erased, and has the key %s", p, ring.KeyID())
		}
	}
	for k, whose := range w.keys {
		if n := w.Count(w.t, "data_key", "id = ?", k); n != 0 {
			w.t.Errorf("a key of %s is there", whose)
		}
	}
	tables, err := store.Tables(ctx, w.DB, w.DB.Engine())
	w.must(err)
	for _, table := range tables {
		for _, column := range table.Columns {
			if column.Kind != store.Bytes || table.Name == "evidence_entry" { // whose leaves prove, and tell nothing
				continue
			}
			sealed, err := store.Collect(ctx, w.DB, store.One[[]byte], "SELECT "+column.Name+" FROM "+table.Name+" WHERE "+column.Name+" IS NOT NULL")
			w.must(err)
			for _, value := range sealed {
				if k, named := vault.KeyOf(value); named && w.keys[k] != "" {
					w.t.Errorf("%s.%s holds something that was sealed for %s, who is erased", table.Name, column.Name, w.keys[k])
				}
			}
		}
	}
	w.must(filepath.WalkDir(w.Data, func(path string, d fs.DirEntry, err error) error {
		if err != nil || !d.Type().IsRegular() {
			return err
		}
		content, err := os.ReadFile(path)
		w.nothingInClear(path, content)
		return err
	}))
	w.nothingInClear("the log", []byte(w.Logs()))
}

func (w *world) nothingInClear(where string, content []byte) {
	for _, word := range w.words {
		if bytes.Contains(content, []byte(word)) {
			w.t.Errorf("%s holds %q", where, word)
		}
	}
}

// lookIntoTheBackup opens what was backed up last: no key of an erased person
// is in it.
func (w *world) lookIntoTheBackup() {
	last, opened := w.backups[len(w.backups)-1].name, 0
	w.must(filepath.WalkDir(w.folder, func(path string, d fs.DirEntry, err error) error {
		if err != nil || !strings.Contains(path, last) || !strings.HasSuffix(path, ".age") {
			return err
		}
		f, err := os.Open(path)
		if err != nil {
			return err
		}
		defer func() { _ = f.Close() }()
		plain, err := age.Decrypt(f, w.identity)
		if err != nil {
			return err
		}
		content, err := io.ReadAll(plain)
		w.nothingInClear(path, content)
		if opened++; !strings.Contains(path, "keys") {
			return err
		}
		for k, whose := range w.keys {
			if slices.ContainsFunc([][]byte{k[:], []byte(hex.EncodeToString(k[:])), []byte(base64.StdEncoding.EncodeToString(k[:]))}, func(form []byte) bool { return bytes.Contains(content, form) }) {
				w.t.Errorf("%s holds a key of %s, who is erased", path, whose)
			}
		}
		return err
	}))
	if opened < 2 {
		w.t.Errorf("%d files of the backup %s were opened", opened, last)
	}
}
