// Package access writes down for a person what is kept about her: the
// answer to a request for access (GDPR Art. 15), and what she provided in a
// form that machines read (Art. 20).
//
// The package is a ZIP that is written while it is read, so it is never stored
// anywhere and takes little memory, however long the conversation is. Other
// people's data is masked: a contact card that she sent speaks of somebody who
// has rights of her own (Art. 15(4)).
package access

import (
	"archive/zip"
	"context"
	"embed"
	"encoding/csv"
	"encoding/json"
	"fmt"
	"html/template"
	"io"
	"log/slog"
	"maps"
	"path"
	"regexp"
	"slices"
	"strings"
	"time"

	"einklang/internal/engine/cloudapi"
	"einklang/internal/engine/pdf"
	"einklang/internal/person/chat"
	"einklang/internal/person/record"
	"einklang/internal/rule/i18n"
	"einklang/internal/rule/id"
	"einklang/internal/rule/pii"
)

//go:embed pages/*.html
var pages embed.FS

//go:embed schema.json
var schema []byte

// Format names the JSON; its schema is in the package.
const Format = "einklang-person-1"

// Kind is what the package is for.
type Kind string

// The kinds.
const (
	Access      Kind = "access"      // all that is kept
	Portability Kind = "portability" // what she provided
)

// Message is a message as the package shows it.
type Message struct {
	pii.Personal
	At    time.Time         `json:"at"`
	From  string            `json:"from"` // person | organisation
	Type  string            `json:"type"`
	State string            `json:"state,omitempty"`
	Body  *cloudapi.Content `json:"content,omitempty"`
	// Product is an article that the person asks about.
	Product *cloudapi.Product `json:"referred_product,omitempty"`
	File    string            `json:"file,omitempty"` // name in the package
	Away    record.Away       `json:"file_away,omitempty"`
	// Reactions are the emoji that were put on it.
	Reactions []record.Reaction `json:"reactions,omitempty"`
	Text      string            `json:"-"`
}

type writing struct {
	pii.Personal
	ctx   context.Context
	src   record.Record
	kind  Kind
	text  *i18n.Catalogue
	now   time.Time
	zip   *zip.Writer
	named map[id.Message]attached // the files of messages, as far as asked
	// away counts the files that are not in the package, by the reason.
	away map[record.Away]int
	// reactions are those on the messages that were read last.
	reactions map[id.Message][]record.Reaction
}

// attached is a file of a message: its name in the package, or why it is not
// there.
type attached struct {
	pii.Personal
	name string
	away record.Away
}

// Write writes a package in a language.
func Write(ctx context.Context, w io.Writer, src record.Record, kind Kind, c *i18n.Catalogue, now time.Time) error {
	p := &writing{ctx: ctx, src: src, kind: kind, text: c, now: now, zip: zip.NewWriter(w), named: map[id.Message]attached{}, away: map[record.Away]int{}}
	steps := []func() error{p.json, p.csv, p.schema, p.files}
	if kind == Access {
		steps = append([]func() error{p.html, p.pdf, p.picture}, steps...)
	}
	steps = append([]func() error{p.count}, steps...)
	for _, step := range steps {
		if err := step(); err != nil {
			return fmt.Errorf("write a package for a person: %w", err)
		}
	}
	return p.zip.Close()
}

func (p *writing) create(name string) (io.Writer, error) {
	return p.zip.CreateHeader(&zip.FileHeader{Name: name, Method: zip.Deflate, Modified: p.now})
}

// each hands over every message of the package, oldest first.
func (p *writing) each(do func(record.Thread, chat.Message) error) error {
	for _, thread := range p.src.Threads {
		var last chat.Message
		for {
			some, err := p.src.Messages(p.ctx, thread.ID, last)
			if err != nil {
				return err
			}
			if len(some) == 0 {
				break
			}
			if p.reactions, err = p.src.Reactions(p.ctx, some); err != nil {
				return err
			}
			for _, m := range some {
				if p.kind == Portability && m.Outgoing {
					continue // what we wrote, she did not provide
				}
				if err := do(thread, m); err != nil {
					return err
				}
			}
			last = some[len(some)-1]
		}
	}
	return nil
}

// shown is a message with other people's data masked. It names its file only if
// the file is in the package.
func (p *writing) shown(m chat.Message) (Message, error) {
	out := Message{At: m.At, From: "person", Type: m.Type, State: string(m.State)}
	if m.Outgoing {
		out.From = "organisation"
	}
	for _, one := range p.reactions[m.ID] {
		if p.kind == Access || one.From == "person" {
			out.Reactions = append(out.Reactions, one)
		}
	}
	if !m.Revoked.IsZero() {
		out.Text = p.text.T("package.revoked")
		return out, nil
	}
	content := mask(m.Body.Content, p.text.T("package.masked"))
	out.Body, out.Text, out.Product = &content, Words(content), m.Body.Product
	if key := "type." + content.Kind(); content.Kind() != content.Type && p.text.Has(key) {
		out.Text = p.text.T(key)
	}
	if content.Media() == nil && m.Body.Media.IsZero() {
		return out, nil
	}
	file, asked := p.named[m.ID]
	if !asked {
		f, err := p.src.File(p.ctx, m)
		if err != nil {
			return out, err
		}
		if file.away = f.Away; f.File != nil {
			file.name = fileName(m, f.MimeType)
		}
		p.named[m.ID] = file
	}
	out.File, out.Away = file.name, file.away
	return out, nil
}

// count finds out which files are not in the package: its letter says so.
func (p *writing) count() error {
	return p.each(func(_ record.Thread, m chat.Message) error {
		s, err := p.shown(m)
		if s.Away != "" {
			p.away[s.Away]++
		}
		return err
	})
}

// absent says which files are not in the package, and what she can expect.
func (p *writing) absent() (all []Fact) {
	for _, why := range []record.Away{record.Coming, record.Missing, record.Deleted} {
		if n := p.away[why]; n > 0 {
			all = append(all, Fact{p.text.T("package.away." + string(why)), p.text.N("package.away."+string(why)+".words", n)})
		}
	}
	return all
}

// mask leaves of a contact card only how many people were on it.
func mask(c cloudapi.Content, instead string) cloudapi.Content {
	if len(c.Contacts) == 0 {
		return c
	}
	cards := make([]cloudapi.Card, len(c.Contacts))
	for i := range cards {
		if cards[i].Name.FormattedName = instead; c.Contacts[i].Origin == cloudapi.OriginRequest { // her own
			cards[i] = c.Contacts[i]
		}
	}
	c.Contacts = cards
	return c
}

// Words are what a message says, without its form.
func Words(c cloudapi.Content) string {
	switch {
	case c.Text != nil:
		return c.Text.Body
	case c.Media() != nil:
		return c.Media().Caption
	case c.Button != nil:
		return c.Button.Text
	case c.Interactive != nil && c.Interactive.ButtonReply != nil:
		return c.Interactive.ButtonReply.Title
	case c.Template != nil:
		return c.Template.Name
	case len(c.Contacts) > 0:
		return c.Contacts[0].Name.FormattedName
	default:
		return ""
	}
}

// endings are those of the files that WhatsApp takes (Cloud API: media). They
// are not asked of the machine, which may know others or none.
var endings = map[string]string{
	"image/jpeg": ".jpg", "image/png": ".png", "image/webp": ".webp", "video/mp4": ".mp4", "video/3gpp": ".3gp",
	"audio/aac": ".aac", "audio/amr": ".amr", "audio/mpeg": ".mp3", "audio/mp4": ".m4a", "audio/ogg": ".ogg",
	"text/plain": ".txt", "application/pdf": ".pdf", "application/msword": ".doc", "application/vnd.ms-excel": ".xls", "application/vnd.ms-powerpoint": ".ppt",
	"application/vnd.openxmlformats-officedocument.wordprocessingml.document":   ".docx",
	"application/vnd.openxmlformats-officedocument.spreadsheetml.sheet":         ".xlsx",
	"application/vnd.openxmlformats-officedocument.presentationml.presentation": ".pptx",
}

// usual is an ending that a name of a file may have.
var usual = regexp.MustCompile(`^\.[A-Za-z0-9]{1,8}$`)

// fileName is the name of a message's file in the package: with the ending of
// its type or, if that is another, of the name that it came with.
func fileName(m chat.Message, mimeType string) string {
	base, _, _ := strings.Cut(mimeType, ";")
	ending := endings[base]
	if c := m.Body.Content.Media(); ending == "" && c != nil && usual.MatchString(path.Ext(c.Filename)) {
		ending = path.Ext(c.Filename)
	}
	if ending == "" {
		ending = ".bin"
	}
	return "files/" + m.ID.String() + ending
}

func (p *writing) picture() error {
	if p.src.Picture == nil {
		return nil
	}
	w, err := p.create("picture.jpg")
	if err == nil {
		_, err = w.Write(p.src.Picture)
	}
	return err
}

// json writes the data for machines; schema.json documents it.
func (p *writing) json() error {
	w, err := p.create("data.json")
	if err != nil {
		return err
	}
	who := p.src.Person.Profile
	person := map[string]any{"id": p.src.Person.ID, "name": who.Name, "given": who.Given, "username": who.Username, "former_usernames": who.FormerUsernames,
		"phone": who.Phone, "wa_id": who.WaID, "also_phones": who.Also, "former_phones": who.FormerPhones, "email": who.Email,
		"bsuid": who.BSUID, "former_bsuids": who.FormerBSUIDs, "parent_bsuid": who.ParentBSUID, "former_parent_bsuids": who.FormerParents, "language": p.src.Person.Locale}
	if since := p.src.Person.Created; !since.IsZero() {
		person["known_since"] = since
	}
	facts := map[string]any{"format": Format, "kind": p.kind, "created": p.now.UTC(), "controller": p.src.Controller, "person": person,
		"consents": p.src.Consents, "notice": p.src.Notice, "recipients": p.src.Recipients, "files_away": []string{}}
	if p.kind == Access { // what she did not provide herself
		facts["attributes"], facts["labels"], facts["notes"] = p.src.Attributes, p.src.Labels, p.src.Notes
		facts["links"], facts["sales"] = p.src.Links, p.src.Sales
		facts["marks"], facts["held_until"] = marks(p.src.Person.Flags), p.src.Held
	}
	for _, f := range p.absent() {
		facts["files_away"] = append(facts["files_away"].([]string), f.Value)
	}
	head, err := json.Marshal(facts)
	if err != nil {
		return err
	}
	if _, err := w.Write(append(head[:len(head)-1], `,"messages":[`...)); err != nil {
		return err
	}
	comma := ""
	err = p.each(func(_ record.Thread, m chat.Message) error {
		s, err := p.shown(m)
		if err != nil {
			return err
		}
		line, err := json.Marshal(s)
		if err != nil {
			return err
		}
		_, err = io.WriteString(w, comma+"\n"+string(line))
		comma = ","
		return err
	})
	if err != nil {
		return err
	}
	_, err = io.WriteString(w, "\n]}\n")
	return err
}

func (p *writing) csv() error {
	w, err := p.create("messages.csv")
	if err != nil {
		return err
	}
	out := csv.NewWriter(w)
	if err := out.Write([]string{"at", "from", "type", "text", "file", "file_away"}); err != nil {
		return err
	}
	err = p.each(func(_ record.Thread, m chat.Message) error {
		s, err := p.shown(m)
		if err != nil {
			return err
		}
		return out.Write([]string{s.At.UTC().Format(time.RFC3339), s.From, s.Type, safe(s.Text), s.File, string(s.Away)})
	})
	out.Flush()
	if err != nil {
		return err
	}
	return out.Error()
}

// safe keeps a spreadsheet from taking a text for a formula.
func safe(cell string) string {
	if cell != "" && (cell[0] == '=' || cell[0] == '+' || cell[0] == '-' || cell[0] == '@' || cell[0] == '\t' || cell[0] == '\r') {
		return "'" + cell
	}
	return cell
}

func (p *writing) schema() error {
	w, err := p.create("schema.json")
	if err != nil {
		return err
	}
	_, err = w.Write(schema)
	return err
}

func (p *writing) files() error {
	return p.each(func(_ record.Thread, m chat.Message) error {
		s, err := p.shown(m)
		if err != nil || s.File == "" {
			return err
		}
		f, err := p.src.File(p.ctx, m)
		if err != nil || f.File == nil {
			return err
		}
		w, err := p.zip.CreateHeader(&zip.FileHeader{Name: s.File, Method: zip.Store, Modified: p.now}) // pictures do not shrink
		if err != nil {
			return err
		}
		_, err = f.File.Copy(p.ctx, w)
		return err
	})
}

// Fact is a line of what the law wants said (Art. 15(1) and (2)).
type Fact struct{ Name, Value string }

// Format and LogValue are those of [pii.Personal], which would have to stand in
// each of the many literals.
func (Fact) Format(f fmt.State, verb rune) { pii.Personal{}.Format(f, verb) }

// LogValue is no content.
func (Fact) LogValue() slog.Value { return pii.Personal{}.LogValue() }

// facts are what is known of the person, and what the law wants said.
func (p *writing) facts() (person, law []Fact) {
	t, k := p.text.T, p.src.Person.Profile
	for _, f := range []Fact{{t("package.name"), k.Name}, {t("package.given"), k.Given}, {t("package.username"), k.Username}, {t("package.phone"), plus(k.Phone)},
		{t("package.email"), k.Email}, {t("package.bsuid"), k.BSUID}, {t("package.since"), p.since()}} {
		if f.Value != "" {
			person = append(person, f)
		}
	}
	for _, a := range p.src.Attributes {
		person = append(person, Fact{a.Name, a.Value})
	}
	if len(p.src.Labels) > 0 {
		person = append(person, Fact{t("work.labels"), strings.Join(p.src.Labels, ", ")})
	}
	for _, l := range p.src.Links {
		person = append(person, Fact{t("package.link"), t("package.link."+l.State, p.text.Date(l.At), l.Reason)})
	}
	set := marks(p.src.Person.Flags)
	for _, name := range slices.Sorted(maps.Keys(set)) {
		if set[name] {
			person = append(person, Fact{t("package.mark"), t("package.mark." + name)})
		}
	}
	if p.src.Part != nil {
		person = append(person, Fact{t("package.left"), t("package.left.words")})
	}
	if p.src.Held != nil {
		person = append(person, Fact{t("package.held"), t("package.held.until", p.text.Date(*p.src.Held))})
	}
	person = append(person, p.absent()...)
	recipients := ""
	for i, r := range p.src.Recipients {
		if i > 0 {
			recipients += "; "
		}
		recipients += fmt.Sprintf("%s (%s, %s)", r.Name, r.Country, p.text.Known("mechanism.", r.Mechanism))
	}
	return person, []Fact{{t("package.controller"), p.src.Controller}, {t("package.purposes"), t("package.purposes.text")}, {t("package.recipients"), recipients},
		{t("package.retention"), t("package.retention.text")}, {t("package.origin"), t("package.origin.text")}, {t("package.decisions"), t("package.decisions.text")},
		{t("package.rights"), t("package.rights.text") + " " + t("letter.portal", p.src.Portal)}}
}

// since is when she became known; nothing of a record of which only a part is
// hers.
func (p *writing) since() string {
	if p.src.Person.Created.IsZero() {
		return ""
	}
	return p.text.Date(p.src.Person.Created)
}

// marks are the facts by which it is decided what may be sent to her.
func marks(f chat.Flags) map[string]bool {
	return map[string]bool{"blocked": f.Blocked, "opted_out": f.OptedOut, "restricted": f.Restricted, "objected": f.Objected, "minor": f.Minor, "contract": f.Contract, "held": f.Held, "halted": f.Halted}
}

func plus(phone string) string {
	if phone == "" {
		return ""
	}
	return "+" + phone
}

func (p *writing) html() error {
	w, err := p.create(p.text.T("package.file") + ".html")
	if err != nil {
		return err
	}
	all, err := template.New("").Funcs(template.FuncMap{"t": p.text.T, "moment": p.text.Moment, "has": p.text.Has}).ParseFS(pages, "pages/*.html")
	if err != nil {
		return err
	}
	person, law := p.facts()
	head := map[string]any{"Locale": p.text.Locale, "Person": person, "Law": law, "Consents": p.src.Consents, "Sales": p.src.Sales, "Notice": p.src.Notice, "Notes": p.src.Notes, "Created": p.now}
	if err := all.ExecuteTemplate(w, "head", head); err != nil {
		return err
	}
	var at id.Conversation
	err = p.each(func(thread record.Thread, m chat.Message) error {
		if thread.ID != at {
			at = thread.ID
			if err := all.ExecuteTemplate(w, "thread", thread.Number); err != nil {
				return err
			}
		}
		s, err := p.shown(m)
		if err != nil {
			return err
		}
		return all.ExecuteTemplate(w, "message", s)
	})
	if err != nil {
		return err
	}
	return all.ExecuteTemplate(w, "foot", nil)
}

// pdf writes the letter: all but the messages, which the HTML and the JSON hold.
func (p *writing) pdf() error {
	w, err := p.create(p.text.T("package.file") + ".pdf")
	if err != nil {
		return err
	}
	t := p.text.T
	doc := pdf.New(pdf.Options{Title: t("package.title"), Locale: p.text.Locale, Footer: p.src.Controller, Created: p.now})
	doc.Text(t("package.lead"))
	person, law := p.facts()
	for _, part := range []struct {
		title string
		facts []Fact
	}{{t("package.person"), person}, {t("package.law"), law}} {
		doc.Heading(2, part.title)
		facts := make([]pdf.Fact, len(part.facts))
		for i, f := range part.facts {
			facts[i] = pdf.Fact{Name: f.Name, Value: f.Value}
		}
		doc.Facts(facts)
	}
	if len(p.src.Consents) > 0 {
		doc.Heading(2, t("package.consents"))
		rows := make([][]string, len(p.src.Consents))
		for i, c := range p.src.Consents {
			rows[i] = []string{p.text.Moment(c.At), c.Purpose, t("package.event." + c.Event), c.Source}
		}
		doc.Table([]pdf.Column{{Name: t("package.at"), Share: .3}, {Name: t("package.purpose"), Share: .25}, {Name: t("package.what"), Share: .25}, {Name: t("package.way"), Share: .2}}, rows)
	}
	if len(p.src.Sales) > 0 {
		doc.Heading(2, t("package.sales"))
		rows := make([][]string, len(p.src.Sales))
		for i, s := range p.src.Sales {
			rows[i] = []string{p.text.Moment(s.At), s.Product, s.Goods}
		}
		doc.Table([]pdf.Column{{Name: t("package.at"), Share: .3}, {Name: t("package.product"), Share: .35}, {Name: t("package.goods"), Share: .35}}, rows)
	}
	doc.Small(t("package.messages.where"))
	return doc.Write(w)
}
