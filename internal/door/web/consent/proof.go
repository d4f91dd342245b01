package consent

import (
	"archive/zip"
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"mime"
	"net/http"
	"slices"
	"strings"
	"time"

	"einklang/internal/account/org"
	"einklang/internal/consent/optin"
	"einklang/internal/door/web/shell"
	"einklang/internal/engine/evidence"
	"einklang/internal/engine/pdf"
	"einklang/internal/engine/store"
	"einklang/internal/person/chat"
	"einklang/internal/rule/id"
	"einklang/internal/rule/pii"
)

// proofKinds are the entries that a proof about a person holds: what she
// agreed to, took back, was told, and how she came; not every single verdict.
func proofKinds(kind string) bool {
	for _, prefix := range []string{"consent.", "optin.", "opt_", "contact.", "notice."} {
		if strings.HasPrefix(kind, prefix) {
			return true
		}
	}
	return false
}

// proof hands out the proof about one person as one file: a ZIP archive with
// the machine-readable proof and a document for people.
func (s *server) proof(w http.ResponseWriter, r *http.Request, v *shell.Viewer) error {
	p, err := s.whom(r, v)
	if err != nil {
		return err
	}
	o, err := s.Orgs.Get(r.Context(), s.DB, v.Org)
	if err != nil {
		return err
	}
	also, err := s.texts(r.Context(), v.Org)
	if err != nil {
		return err
	}
	var lines bytes.Buffer
	if err := s.Log.Proof(r.Context(), s.DB, v.Org, &lines, evidence.Chosen{Owner: id.ID(p.ID), Kinds: proofKinds, Also: also}); err != nil {
		return err
	}
	report, err := evidence.Verify(bytes.NewReader(lines.Bytes()), "")
	if err != nil {
		return fmt.Errorf("a proof just made does not verify: %w", err)
	}
	document, err := s.document(v, p, o, lines.Bytes(), report)
	if err != nil {
		return err
	}
	w.Header().Set("Content-Type", "application/zip")
	w.Header().Set("Content-Disposition", mime.FormatMediaType("attachment", map[string]string{"filename": "nachweis-" + p.ID.String() + ".zip"}))
	return shell.IgnoreGone(pack(w, s.Now(), []packed{{name: "nachweis.pdf", write: document.Write}, {name: "proof.jsonl", write: written(lines.Bytes())}, {name: "LIESMICH.txt", write: written([]byte(v.Text.T("consent.proof.readme")))}}))
}

// texts are the published versions of consent texts and notices: their entries
// stand in every proof, so that it holds what was agreed to.
func (s *server) texts(ctx context.Context, org id.Org) ([]id.Entry, error) {
	purposes, err := s.Consents.Purposes(ctx, s.DB, org)
	if err != nil {
		return nil, err
	}
	var all []id.Entry
	for _, p := range purposes {
		versions, err := s.Consents.Texts(ctx, s.DB, org, p.Key)
		if err != nil {
			return nil, err
		}
		for _, t := range versions {
			all = append(all, id.Entry(t.ID))
		}
	}
	notices, err := s.Notices.All(ctx, s.DB, org)
	for _, n := range notices {
		all = append(all, id.Entry(n.ID))
	}
	return all, err
}

type packed struct {
	pii.Personal
	name  string
	write func(io.Writer) error
}

func written(content []byte) func(io.Writer) error {
	return func(w io.Writer) error { _, err := w.Write(content); return err }
}

func pack(out io.Writer, now time.Time, files []packed) error {
	z := zip.NewWriter(out)
	for _, f := range files {
		w, err := z.CreateHeader(&zip.FileHeader{Name: f.name, Method: zip.Deflate, Modified: now})
		if err != nil {
			return err
		}
		if err := f.write(w); err != nil {
			return err
		}
	}
	return z.Close()
}

// provenLine is a line of the proof, as far as the document shows it.
type provenLine struct {
	pii.Personal
	Index int64           `json:"index"`
	Leaf  string          `json:"leaf"`
	Entry json.RawMessage `json:"entry"`
	Path  []string        `json:"path"`
}

type provenEntry struct {
	pii.Personal
	Kind   string         `json:"kind"`
	At     int64          `json:"at"`
	Record map[string]any `json:"record"`
}

// document is the proof for people: what happened, in order, and how it can be
// checked without us.
func (s *server) document(v *shell.Viewer, p *chat.Known, o org.Org, proof []byte, report evidence.Report) (*pdf.Doc, error) {
	d := pdf.New(pdf.Options{Title: v.Text.T("consent.proof.title"), Locale: v.Text.Locale, Footer: o.Name + " · " + v.Text.Moment(s.Now()), Created: s.Now()})
	person := v.Text.T("consent.proof.erased")
	phone := ""
	if !p.Erased {
		person = p.Profile.DisplayName()
		if p.Profile.Phone != "" {
			phone = "+" + p.Profile.Phone
		}
	}
	d.Facts([]pdf.Fact{{Name: v.Text.T("consent.proof.controller"), Value: o.Name}, {Name: v.Text.T("consent.proof.person"), Value: person},
		{Name: v.Text.T("person.phone"), Value: phone}, {Name: v.Text.T("consent.proof.id"), Value: p.ID.String()}, {Name: v.Text.T("consent.proof.made"), Value: v.Text.Moment(s.Now())},
		{Name: v.Text.T("consent.proof.entries"), Value: fmt.Sprint(report.Leaves)}, {Name: v.Text.T("consent.proof.log"), Value: report.Log}, {Name: v.Text.T("consent.proof.key"), Value: report.Key}})
	first, lines := inner(proof)
	var texts []provenLine
	events := space{left: eventsMost, each: valueMost}
	d.Heading(2, v.Text.T("consent.proof.history"))
	for raw := range bytes.Lines(lines) {
		var l provenLine
		if err := json.Unmarshal(raw, &l); err != nil {
			return nil, err
		}
		if kind := kindOf(l); strings.HasPrefix(kind, "purpose.") || kind == "notice.published" {
			texts = append(texts, l)
			continue
		}
		events.add(d, v, l)
	}
	events.end(d, v)
	if len(texts) > 0 {
		d.Heading(2, v.Text.T("consent.proof.texts"))
		words := space{left: textsMost, each: textsMost}
		for _, l := range texts {
			words.add(d, v, l)
		}
		words.end(d, v)
	}
	d.Heading(2, v.Text.T("consent.proof.check"))
	d.Text(v.Text.T("consent.proof.how"))
	var head struct {
		Checkpoint string `json:"checkpoint"`
	}
	if err := json.Unmarshal(first, &head); err != nil {
		return nil, err
	}
	d.Code(head.Checkpoint)
	return d, nil
}

func kindOf(l provenLine) string {
	var e provenEntry
	if len(l.Entry) == 0 || json.Unmarshal(l.Entry, &e) != nil {
		return ""
	}
	return e.Kind
}

// How much the document for people holds of what is proven, in bytes of text: a
// page is made whole in memory. The file to verify holds all.
const (
	eventsMost = 128 << 10
	textsMost  = 256 << 10 // of consents and notices
	valueMost  = 1000      // of one field of an event
)

// space is the room that a part of the document still has.
type space struct {
	left, each int
	leftOut    int
}

// add prints one entry, as long as there is room for it.
func (s *space) add(d *pdf.Doc, v *shell.Viewer, l provenLine) {
	if s.left <= 0 {
		s.leftOut++
		return
	}
	s.left -= addEntry(d, v, l, min(s.each, s.left))
}

// end says how many entries had no room.
func (s *space) end(d *pdf.Doc, v *shell.Viewer) {
	if s.leftOut > 0 {
		d.Text(v.Text.T("consent.proof.leftout", fmt.Sprint(s.leftOut)))
	}
}

// inner are the first line of a proof, and those between it and the last.
func inner(proof []byte) (first, lines []byte) {
	proof = bytes.TrimSpace(proof)
	first, rest, _ := bytes.Cut(proof, []byte("\n"))
	return first, rest[:max(0, bytes.LastIndexByte(rest, '\n'))]
}

// addEntry prints one entry with every field of its record, each as far as it may
// be long, and says how many bytes they took.
func addEntry(d *pdf.Doc, v *shell.Viewer, l provenLine, most int) (took int) {
	var e provenEntry
	if len(l.Entry) == 0 || json.Unmarshal(l.Entry, &e) != nil {
		d.Heading(3, v.Text.T("consent.proof.sealed"))
		d.Facts([]pdf.Fact{{Name: v.Text.T("consent.proof.leaf"), Value: fmt.Sprintf("%d: %s", l.Index, l.Leaf)}})
		return len(l.Leaf)
	}
	d.Heading(3, v.Text.Moment(store.Time(e.At))+" – "+v.Text.Known("evidence.", e.Kind))
	facts := make([]pdf.Fact, 0, len(e.Record)+1)
	names := make([]string, 0, len(e.Record))
	for name := range e.Record {
		names = append(names, name)
	}
	slices.Sort(names)
	for _, name := range names {
		value := recordValue(v, name, e.Record[name])
		if len(value) > most {
			value = strings.ToValidUTF8(value[:most], "") + v.Text.T("consent.proof.cut")
		}
		took += len(value)
		facts = append(facts, pdf.Fact{Name: recordName(v, name), Value: value})
	}
	d.Facts(append(facts, pdf.Fact{Name: v.Text.T("consent.proof.leaf"), Value: fmt.Sprintf("%d: %s", l.Index, l.Leaf)}))
	return took + len(l.Leaf)
}

func recordName(v *shell.Viewer, name string) string {
	return v.Text.Known("record.", name)
}

// recordValue is a field in words; an identifier that names nothing is left
// out.
func recordValue(v *shell.Viewer, name string, value any) string {
	switch one := value.(type) {
	case string:
		if one == (id.ID{}).String() {
			return ""
		}
		if name == "source" {
			return sourceName(v, optin.Source(one))
		}
		return one
	case float64:
		if one == 0 {
			return ""
		}
		if name == "at" || name == "asked" || name == "expires" {
			return v.Text.Moment(store.Time(int64(one)))
		}
		return fmt.Sprint(int64(one))
	case bool:
		return v.Text.T(map[bool]string{true: "consent.yes", false: "consent.no"}[one])
	default:
		raw, _ := json.Marshal(value) // it came from JSON
		return string(raw)
	}
}
