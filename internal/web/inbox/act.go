package inbox

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"mime"
	"net/http"
	"path/filepath"
	"strconv"
	"strings"
	"unicode/utf8"

	"einklang/internal/chat"
	"einklang/internal/cloudapi"
	"einklang/internal/contact"
	"einklang/internal/conversation"
	"einklang/internal/gate"
	"einklang/internal/id"
	work "einklang/internal/inbox"
	"einklang/internal/media"
	"einklang/internal/optin"
	"einklang/internal/outbox"
	"einklang/internal/store"
	templates "einklang/internal/template"
	"einklang/internal/web/shell"
)

// answer is what a script gets for a message it sent.
type answer struct {
	OK       bool     `json:"ok"`
	Problem  string   `json:"problem,omitempty"`
	Remedies []string `json:"remedies,omitempty"`
}

// reply tells a script or a plain form what became of a message.
func (s *server) reply(w http.ResponseWriter, r *http.Request, v *shell.Viewer, at id.ID, a answer, draft string) error {
	if r.Header.Get("X-Fragment") != "" {
		status := http.StatusOK
		if !a.OK {
			status = http.StatusConflict
		}
		w.Header().Set("Content-Type", "application/json; charset=utf-8")
		w.WriteHeader(status)
		return json.NewEncoder(w).Encode(a)
	}
	if a.OK {
		http.Redirect(w, r, "/inbox/"+at.String()+"?"+r.URL.RawQuery, http.StatusSeeOther)
		return nil
	}
	return s.showInbox(w, r, v, at, http.StatusConflict, &refused{a.Problem, a.Remedies}, draft)
}

// where reads the conversation that an action is about.
func (s *server) where(r *http.Request, v *shell.Viewer) (conversation.Summary, error) {
	at, err := parseID(r.PathValue("id"))
	if err != nil {
		return conversation.Summary{}, err
	}
	return s.Threads.Summary(r.Context(), s.DB, v.Org, at)
}

func (s *server) send(w http.ResponseWriter, r *http.Request, v *shell.Viewer) error {
	r.Body = http.MaxBytesReader(w, r.Body, 64<<10)
	c, err := s.where(r, v)
	if err != nil {
		return err
	}
	words := strings.ReplaceAll(strings.TrimSpace(r.PostFormValue("text")), "\r\n", "\n")
	switch n := utf8.RuneCountInString(words); {
	case n == 0:
		return s.reply(w, r, v, c.ID, answer{Problem: v.Text.T("compose.empty")}, "")
	case n > cloudapi.MaxText:
		return s.reply(w, r, v, c.ID, answer{Problem: v.Text.T("compose.toolong")}, words)
	}
	content := cloudapi.Content{Type: cloudapi.TypeText, Text: &cloudapi.Text{Body: words, PreviewURL: strings.Contains(words, "https://")}}
	d := s.draft(v, c, content)
	d.ReplyTo, _ = id.Parse(r.PostFormValue("reply_to"))
	a, err := s.queueDraft(r.Context(), v, d, r.PostFormValue("key"))
	if err != nil {
		return err
	}
	return s.reply(w, r, v, c.ID, a, words)
}

func (s *server) draft(v *shell.Viewer, c conversation.Summary, content cloudapi.Content) outbox.Draft {
	d := outbox.Draft{Org: v.Org, Contact: c.Contact, Channel: c.Channel, Content: content, Origin: chat.FromAgent, Author: v.ID,
		Request: outbox.Request{Occasion: gate.Reply, Category: gate.Service, AskedBy: "account " + v.ID.String()}}
	if content.Template != nil {
		d.Request.Occasion, d.Request.Category = gate.AgentInitiated, ""
	}
	return d
}

// queueDraft asks the gate and queues, and tells the outcome in words.
func (s *server) queueDraft(ctx context.Context, v *shell.Viewer, d outbox.Draft, key string) (answer, error) {
	if key != "" {
		key = "web " + v.ID.String() + " " + key
	}
	body, err := json.Marshal(d.Content)
	if err != nil {
		return answer{}, err
	}
	var q outbox.Queued
	err = s.DB.Write(ctx, func(ctx context.Context, tx store.Tx) error {
		var err error
		q, err = s.Outbox.EnqueueOnce(ctx, tx, key, body, d)
		return err
	})
	var content *cloudapi.ContentError
	var missing *templates.MissingError
	switch {
	case errors.As(err, &missing):
		return answer{Problem: v.Text.T("template.missing", v.Text.T("template."+missing.Slot.Part)+" "+missing.Slot.Name)}, nil
	case errors.As(err, &content):
		return answer{Problem: content.Error()}, nil
	case errors.Is(err, outbox.ErrKeyReused):
		return answer{OK: true}, nil // sent already
	case err != nil:
		return answer{}, err
	case q.Message.IsZero():
		a := answer{Problem: v.Text.T("compose.refused", v.Text.T("reason."+string(q.Verdict.Reason)))}
		for _, r := range q.Verdict.Remedies.List() {
			a.Remedies = append(a.Remedies, v.Text.T("remedy."+r.String()))
		}
		return a, nil
	default:
		return answer{OK: true}, nil
	}
}

// templateView is a template in the picker.
type templateView struct {
	templates.Template
	Body     string
	Header   string
	Footer   string
	Buttons  []templates.Button
	Slots    []templates.Slot
	Category string
}

func (s *server) templatesFragment(w http.ResponseWriter, r *http.Request, v *shell.Viewer) error {
	c, err := s.where(r, v)
	if err != nil {
		return err
	}
	channel, err := s.Orgs.Channel(r.Context(), s.DB, v.Org, c.Channel)
	if err != nil {
		return err
	}
	all, err := s.Templates.List(r.Context(), s.DB, v.Org, channel.WABA)
	if err != nil {
		return err
	}
	views := make([]templateView, 0, len(all))
	for _, t := range all {
		shown := t.Render(cloudapi.Template{})
		views = append(views, templateView{t, shown.Body, shown.Header, shown.Footer, shown.Buttons, t.Slots(), t.Category})
	}
	return s.pages.Show(w, http.StatusOK, "template-list", shell.Page{Viewer: v, Body: map[string]any{"Thread": c.ID.String(), "Templates": views, "Key": s.Now().UnixNano()}})
}

func (s *server) sendTemplate(w http.ResponseWriter, r *http.Request, v *shell.Viewer) error {
	r.Body = http.MaxBytesReader(w, r.Body, 64<<10)
	c, err := s.where(r, v)
	if err != nil {
		return err
	}
	channel, err := s.Orgs.Channel(r.Context(), s.DB, v.Org, c.Channel)
	if err != nil {
		return err
	}
	t, err := s.Templates.Get(r.Context(), s.DB, v.Org, channel.WABA, r.PostFormValue("name"), r.PostFormValue("language"))
	if errors.Is(err, templates.ErrNotFound) {
		return s.reply(w, r, v, c.ID, answer{Problem: v.Text.T("reason.template_not_usable")}, "")
	}
	if err != nil {
		return err
	}
	m := &cloudapi.Template{Name: t.Name, Language: cloudapi.TemplateLanguage{Code: t.Language}, Components: components(t, r.PostFormValue)}
	a, err := s.queueDraft(r.Context(), v, s.draft(v, c, cloudapi.Content{Type: cloudapi.TypeTemplate, Template: m}), r.PostFormValue("key"))
	if err != nil {
		return err
	}
	return s.reply(w, r, v, c.ID, a, "")
}

// components fills a template's slots from the fields of the form.
func components(t templates.Template, value func(string) string) []cloudapi.TemplateComponent {
	var all []cloudapi.TemplateComponent
	at := map[string]int{}
	for _, slot := range t.Slots() {
		text := strings.TrimSpace(value("slot-" + slot.Part + "-" + strconv.Itoa(slot.Index) + "-" + slot.Name))
		key := slot.Part + strconv.Itoa(slot.Index)
		i, there := at[key]
		if !there {
			c := cloudapi.TemplateComponent{Type: slot.Part}
			if slot.Part == "button" {
				index := slot.Index
				c.Index, c.SubType = &index, "url"
				if slot.Kind == "code" {
					c.SubType = "copy_code"
				}
			}
			i = len(all)
			at[key] = i
			all = append(all, c)
		}
		p := cloudapi.TemplateParameter{Type: "text", Text: text}
		switch {
		case slot.Kind == "code":
			p = cloudapi.TemplateParameter{Type: "coupon_code", CouponCode: text}
		case slot.Kind == "image":
			p = cloudapi.TemplateParameter{Type: "image", Image: &cloudapi.Media{Link: text}}
		case t.Format == "named":
			p.ParameterName = slot.Name
		}
		all[i].Parameters = append(all[i].Parameters, p)
	}
	return all
}

func (s *server) sendFile(w http.ResponseWriter, r *http.Request, v *shell.Viewer) error {
	c, err := s.where(r, v)
	if err != nil {
		return err
	}
	r.Body = http.MaxBytesReader(w, r.Body, 101<<20)
	form, err := r.MultipartReader()
	if err != nil {
		return s.reply(w, r, v, c.ID, answer{Problem: v.Text.T("compose.failed")}, "")
	}
	fields := map[string]string{}
	var saved *media.File
	for {
		part, err := form.NextPart()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return s.reply(w, r, v, c.ID, answer{Problem: v.Text.T("compose.filebad", v.Text.T("compose.file.large"))}, "")
		}
		if part.FormName() != "file" {
			raw, _ := io.ReadAll(io.LimitReader(part, 8<<10))
			fields[part.FormName()] = string(raw)
			continue
		}
		if saved, err = s.saveFile(r.Context(), v, c, filepath.Base(part.FileName()), part.Header.Get("Content-Type"), part); err != nil {
			problem := v.Text.T("compose.file.kind")
			if errors.Is(err, media.ErrTooLarge) {
				problem = v.Text.T("compose.file.large")
			} else if !errors.Is(err, media.ErrKind) {
				return err
			}
			return s.reply(w, r, v, c.ID, answer{Problem: v.Text.T("compose.filebad", problem)}, "")
		}
	}
	if saved == nil {
		return s.reply(w, r, v, c.ID, answer{Problem: v.Text.T("compose.filebad", v.Text.T("compose.file.kind"))}, "")
	}
	d := s.draft(v, c, fileContent(saved, strings.TrimSpace(fields["caption"])))
	d.Media = saved.ID
	a, err := s.queueDraft(r.Context(), v, d, fields["key"])
	if err != nil {
		return err
	}
	return s.reply(w, r, v, c.ID, a, "")
}

func (s *server) saveFile(ctx context.Context, v *shell.Viewer, c conversation.Summary, name, declared string, body io.Reader) (*media.File, error) {
	kind, _, err := mime.ParseMediaType(declared)
	if err != nil {
		kind = "application/octet-stream"
	}
	return s.Shelf.Save(ctx, v.Org, c.Contact, c.Channel, name, kind, body)
}

// fileContent is the message that carries a file. Meta's id is put in right
// before the call.
func fileContent(f *media.File, caption string) cloudapi.Content {
	kind, _, _ := media.Limit(f.MimeType)
	m := &cloudapi.Media{MimeType: f.MimeType, Caption: caption}
	c := cloudapi.Content{Type: kind}
	switch kind {
	case cloudapi.TypeImage:
		c.Image = m
	case cloudapi.TypeVideo:
		c.Video = m
	case cloudapi.TypeAudio:
		m.Caption = ""
		c.Audio = m
	case cloudapi.TypeSticker:
		m.Caption = ""
		c.Sticker = m
	default:
		m.Filename = f.Filename
		c.Document = m
	}
	return c
}

func (s *server) react(w http.ResponseWriter, r *http.Request, v *shell.Viewer) error {
	c, err := s.where(r, v)
	if err != nil {
		return err
	}
	at, err := parseID(r.PostFormValue("message"))
	if err != nil {
		return err
	}
	found, err := s.Threads.Get(r.Context(), s.DB, v.Org, at)
	if err != nil || found.WAMID == "" {
		return errors.Join(err, ignoreEmpty(found.WAMID))
	}
	emoji := r.PostFormValue("emoji")
	content := cloudapi.Content{Type: cloudapi.TypeReaction, Reaction: &cloudapi.Reaction{MessageID: found.WAMID, Emoji: emoji}}
	a, err := s.queueDraft(r.Context(), v, s.draft(v, c, content), "")
	if err != nil {
		return err
	}
	return s.reply(w, r, v, c.ID, a, "")
}

// ignoreEmpty: a message without WhatsApp's id cannot be reacted to yet.
func ignoreEmpty(wamid string) error {
	if wamid == "" {
		return conversation.ErrNotFound
	}
	return nil
}

func (s *server) markRead(w http.ResponseWriter, r *http.Request, v *shell.Viewer) error {
	c, err := s.where(r, v)
	if err != nil {
		return err
	}
	if err := s.DB.Write(r.Context(), func(ctx context.Context, tx store.Tx) error {
		if err := s.Work.Looked(ctx, tx, v.Org, v.ID, c.ID); err != nil {
			return err
		}
		return s.Threads.MarkRead(ctx, tx, v.Org, c.ID)
	}); err != nil {
		return err
	}
	w.WriteHeader(http.StatusNoContent)
	return nil
}

func (s *server) closeConversation(w http.ResponseWriter, r *http.Request, v *shell.Viewer) error {
	_, c, err := s.target(r, v)
	if err != nil {
		return err
	}
	return s.act(w, r, v, func(ctx context.Context, tx store.Tx, t work.Thread) error {
		return s.Work.SetClosed(ctx, tx, t, v.ID, !c.Closed)
	})
}

func (s *server) again(w http.ResponseWriter, r *http.Request, v *shell.Viewer) error {
	return s.decide(w, r, v, func(ctx context.Context, tx store.Tx, at id.ID) (outbox.Queued, error) {
		return s.Outbox.Again(ctx, tx, v.Org, at, v.ID)
	})
}

func (s *server) dismiss(w http.ResponseWriter, r *http.Request, v *shell.Viewer) error {
	return s.decide(w, r, v, func(ctx context.Context, tx store.Tx, at id.ID) (outbox.Queued, error) {
		return outbox.Queued{Message: at}, s.Outbox.Dismiss(ctx, tx, v.Org, at)
	})
}

// decide does what a person decided about a message that did not go out.
func (s *server) decide(w http.ResponseWriter, r *http.Request, v *shell.Viewer, do func(context.Context, store.Tx, id.ID) (outbox.Queued, error)) error {
	at, err := parseID(r.PathValue("id"))
	if err != nil {
		return err
	}
	m, err := s.Threads.Get(r.Context(), s.DB, v.Org, at)
	if err != nil {
		return err
	}
	var q outbox.Queued
	err = s.DB.Write(r.Context(), func(ctx context.Context, tx store.Tx) error {
		var err error
		q, err = do(ctx, tx, at)
		return err
	})
	if errors.Is(err, outbox.ErrSettled) {
		return s.reply(w, r, v, m.Conversation, answer{OK: true}, "")
	}
	if err != nil {
		return err
	}
	a := answer{OK: !q.Message.IsZero()}
	if !a.OK {
		a.Problem = v.Text.T("compose.refused", v.Text.T("reason."+string(q.Verdict.Reason)))
	}
	return s.reply(w, r, v, m.Conversation, a, "")
}

// media hands out the file of a message: never cached, never run.
func (s *server) media(w http.ResponseWriter, r *http.Request, v *shell.Viewer) error {
	at, err := parseID(r.PathValue("message"))
	if err != nil {
		return err
	}
	m, err := s.Threads.Get(r.Context(), s.DB, v.Org, at)
	if err != nil {
		return err
	}
	f, err := s.file(r.Context(), v, m)
	if err != nil {
		return err
	}
	if f == nil || f.State != "held" {
		return media.ErrNotFound
	}
	h := w.Header()
	h.Set("Content-Type", f.MimeType)
	h.Set("Content-Security-Policy", "default-src 'none'; sandbox")
	disposition := "attachment"
	if kind, _, _ := strings.Cut(f.MimeType, "/"); kind == "image" && f.MimeType != "image/svg+xml" || kind == "audio" || kind == "video" {
		disposition = "inline"
	}
	h.Set("Content-Disposition", mime.FormatMediaType(disposition, map[string]string{"filename": f.Filename}))
	h.Set("Content-Length", strconv.FormatInt(f.Size, 10))
	_, err = f.WriteTo(w)
	return shell.IgnoreGone(err)
}

func (s *server) whom(r *http.Request, v *shell.Viewer) (*chat.Known, error) {
	at, err := parseID(r.PathValue("id"))
	if err != nil {
		return nil, err
	}
	return s.People.Get(r.Context(), s.DB, v.Org, at)
}

func (s *server) backTo(w http.ResponseWriter, r *http.Request, v *shell.Viewer, a answer) error {
	at, err := parseID(r.PostFormValue("conversation"))
	if err != nil {
		return err
	}
	return s.reply(w, r, v, at, a, "")
}

func (s *server) grant(w http.ResponseWriter, r *http.Request, v *shell.Viewer) error {
	r.Body = http.MaxBytesReader(w, r.Body, 64<<10)
	p, err := s.whom(r, v)
	if err != nil {
		return err
	}
	e := optin.Event{Purpose: r.PostFormValue("purpose"), Source: r.PostFormValue("source"), Detail: optin.Detail{Note: strings.TrimSpace(r.PostFormValue("note")), Staff: v.ID}}
	err = s.DB.Write(r.Context(), func(ctx context.Context, tx store.Tx) error {
		_, err := s.Consents.Record(ctx, tx, v.Org, p, e)
		return err
	})
	switch {
	case errors.Is(err, optin.ErrNoNote), errors.Is(err, optin.ErrBadPurpose), errors.Is(err, optin.ErrUnknownPurpose):
		return s.backTo(w, r, v, answer{Problem: v.Text.T("person.note")})
	case errors.Is(err, optin.ErrMinor):
		return s.backTo(w, r, v, answer{Problem: v.Text.T("reason.minor")})
	case errors.Is(err, optin.ErrObjected):
		return s.backTo(w, r, v, answer{Problem: v.Text.T("reason.objected")})
	case err != nil:
		return err
	}
	return s.backTo(w, r, v, answer{OK: true})
}

func (s *server) withdraw(w http.ResponseWriter, r *http.Request, v *shell.Viewer) error {
	p, err := s.whom(r, v)
	if err != nil {
		return err
	}
	err = s.DB.Write(r.Context(), func(ctx context.Context, tx store.Tx) error {
		_, err := s.Consents.Withdraw(ctx, tx, v.Org, p, optin.Event{Purpose: r.PostFormValue("purpose"), Source: "agent", Detail: optin.Detail{Staff: v.ID}})
		return err
	})
	if err != nil {
		return err
	}
	return s.backTo(w, r, v, answer{OK: true})
}

func (s *server) block(w http.ResponseWriter, r *http.Request, v *shell.Viewer) error {
	p, err := s.whom(r, v)
	if err != nil {
		return err
	}
	err = s.DB.Write(r.Context(), func(ctx context.Context, tx store.Tx) error {
		return s.People.SetFlag(ctx, tx, v.Org, p.ID, contact.Blocked, !p.Flags.Blocked)
	})
	if err != nil {
		return err
	}
	return s.backTo(w, r, v, answer{OK: true})
}
