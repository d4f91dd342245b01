package inbox

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"regexp"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"einklang/internal/door/web/shell"
	"einklang/internal/engine/cloudapi"
	"einklang/internal/engine/store"
	work "einklang/internal/messaging/assignment"
	"einklang/internal/messaging/conversation"
	"einklang/internal/messaging/draft"
	"einklang/internal/messaging/outbox"
	templates "einklang/internal/messaging/template"
	"einklang/internal/person/chat"
	"einklang/internal/rule/gate"
	"einklang/internal/rule/id"
	"einklang/internal/rule/pii"
	"einklang/internal/rule/wire"
)

// undoTime is for how long a message can be taken back before it goes out.
const undoTime = 5 * time.Second

// answer is what a script gets for a message it sent.
type answer struct {
	pii.Personal
	OK       bool    `json:"ok"`
	Problem  string  `json:"problem,omitempty"`
	Remedies []helps `json:"remedies,omitempty"`
	Message  string  `json:"message,omitempty"` // what can be taken back, with Notice
	Notice   string  `json:"notice,omitempty"`
}

// helps is a way out of a refusal: in words, and where it is mended, if there is a
// page for it that the viewer may use.
type helps struct {
	Text string `json:"text"`
	Link string `json:"link,omitempty"`
}

// remedies says what helps where the gate refused a message of a conversation.
func (s *server) remedies(ctx context.Context, v *shell.Viewer, in conversation.Summary, list []gate.Remedy) ([]helps, error) {
	p, err := s.People.Get(ctx, s.DB, v.Org, in.Contact)
	if err != nil {
		return nil, err
	}
	c, err := s.Orgs.Channel(ctx, s.DB, v.Org, in.Channel)
	if err != nil {
		return nil, err
	}
	all := make([]helps, len(list))
	for i, r := range list {
		w := wayOut(r, p, c, s.Chat, v.Rights)
		all[i].Text = v.Text.T("remedy." + w.Remedy)
		switch w.Kind {
		case wayLink, wayReach:
			all[i].Link = w.Target
		case wayGrant:
			all[i].Link = "/people/" + p.ID.String() + "/consent"
		case wayHint, wayTemplate, wayCopy, wayUnblock:
		}
	}
	return all, nil
}

// reply tells a script or a plain form what became of a message. Words are
// what was typed, so that a refusal does not cost them.
func (s *server) reply(w http.ResponseWriter, r *http.Request, v *shell.Viewer, at id.Conversation, a answer, words string) error {
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
	return s.showInbox(w, r, v, at, http.StatusConflict, &refused{a.Problem, a.Remedies}, words)
}

// where reads the conversation that an action is about.
func (s *server) where(r *http.Request, v *shell.Viewer) (conversation.Summary, error) {
	at, err := parseID[id.Conversation](r.PathValue("id"))
	if err != nil {
		return conversation.Summary{}, err
	}
	return s.seen(v).Summary(r.Context(), s.DB, v.Org, at)
}

// composed is what somebody asks to send into a conversation.
type composed struct {
	pii.Personal
	in      conversation.Summary
	content cloudapi.Content
	media   id.File
	replyTo id.Message
	key     string // names one press of the button, so that a second press changes nothing
	later   time.Time
	words   string // what was typed
	// advertising: whoever sends says that it is (UWG §7).
	advertising bool
	named       []templates.Article // whose titles are remembered once it is sent
	consented   string              // how the person agreed to this message in spite of a restriction
}

// mostHow is how many letters say how a person agreed to a message.
const mostHow = 400

func shortened(how string) string {
	if letters := []rune(how); len(letters) > mostHow {
		return string(letters[:mostHow])
	}
	return how
}

// advertises reports whether a message is advertising: whoever sends says so, or
// it began as a quick reply that is.
func (s *server) advertises(ctx context.Context, v *shell.Viewer, said, quick string) (bool, error) {
	if said != "" || quick == "" {
		return said != "", nil
	}
	all, err := s.Work.QuickReplies(ctx, s.DB, v.Org)
	return slices.ContainsFunc(all, func(q work.QuickReply) bool { return q.Shortcut == quick && q.Advertising }), err
}

// typed are the words of a form, and what is wrong with them: none, or more
// letters than WhatsApp takes.
func typed(r *http.Request, v *shell.Viewer, most int) (words, problem string) {
	words = strings.ReplaceAll(strings.TrimSpace(r.PostFormValue("text")), "\r\n", "\n")
	switch n := utf8.RuneCountInString(words); {
	case n == 0:
		return "", v.Text.T("compose.empty")
	case n > most:
		return words, v.Text.T("compose.toolong", most)
	default:
		return words, ""
	}
}

func (s *server) send(w http.ResponseWriter, r *http.Request, v *shell.Viewer) error {
	c, err := s.where(r, v)
	if err != nil {
		return err
	}
	words, problem := typed(r, v, wire.LongestText)
	if problem != "" {
		return s.reply(w, r, v, c.ID, answer{Problem: problem}, words)
	}
	return s.sendContent(w, r, v, c, cloudapi.Content{Type: cloudapi.TypeText, Text: &cloudapi.Text{Body: words, PreviewURL: strings.Contains(words, "https://")}}, words)
}

// askNumber asks for the phone number, with the button of WhatsApp's own by which
// the person shares it (Cloud API: interactive, request_contact_info).
func (s *server) askNumber(w http.ResponseWriter, r *http.Request, v *shell.Viewer) error {
	c, err := s.where(r, v)
	if err != nil {
		return err
	}
	words, problem := typed(r, v, wire.LongestBody)
	if problem != "" {
		return s.reply(w, r, v, c.ID, answer{Problem: problem}, words)
	}
	ask := &cloudapi.Interactive{Type: cloudapi.InteractiveRequestContact, Body: &cloudapi.InteractiveText{Text: words}, Action: &cloudapi.InteractiveAction{Name: cloudapi.InteractiveRequestContact}}
	a, err := s.queueMessage(r.Context(), v, composed{in: c, content: cloudapi.Content{Type: cloudapi.TypeInteractive, Interactive: ask}, key: r.PostFormValue("key")})
	if err != nil {
		return err
	}
	return s.reply(w, r, v, c.ID, a, words)
}

// sendContent sends what a form of the composer made.
func (s *server) sendContent(w http.ResponseWriter, r *http.Request, v *shell.Viewer, c conversation.Summary, content cloudapi.Content, words string, named ...templates.Article) error {
	later, err := v.Text.ParseLocal(r.PostFormValue("later"))
	if err != nil {
		return s.reply(w, r, v, c.ID, answer{Problem: v.Text.T("compose.later.bad")}, words)
	}
	replyTo, err := s.beside(r, v, c.ID, "reply_to", r.PostFormValue("reply_to"))
	if err != nil {
		return err
	}
	advertising, err := s.advertises(r.Context(), v, r.PostFormValue("advertising"), r.PostFormValue("quick"))
	if err != nil {
		return err
	}
	a, err := s.queueMessage(r.Context(), v, composed{in: c, content: content, replyTo: replyTo, key: r.PostFormValue("key"), later: later, words: words, advertising: advertising, consented: shortened(r.PostFormValue("consented")), named: named})
	if err != nil {
		return err
	}
	return s.reply(w, r, v, c.ID, a, words)
}

// planned checks the moment for which a message is put off and says what is
// wrong with it, as a key of the texts; empty if nothing is.
func planned(m composed, now time.Time) string {
	switch {
	case m.later.IsZero():
		return ""
	case !m.later.After(now):
		return "compose.later.past"
	case m.later.After(now.AddDate(0, 0, 90)):
		return "compose.later.far"
	case m.content.Template == nil && !m.later.Before(m.in.WindowEnds):
		// Cloud API: customer service window. By then only a template goes out.
		return "compose.later.window"
	default:
		return ""
	}
}

// outboxDraft is the message as the outbox takes it.
func (m composed) outboxDraft(v *shell.Viewer, now time.Time) outbox.Draft {
	d := outbox.Draft{Org: v.Org, Contact: m.in.Contact, Channel: m.in.Channel, Content: m.content, Media: m.media, ReplyTo: m.replyTo, Consented: m.consented,
		Origin: chat.FromAgent, Author: v.ID, NotBefore: m.later,
		Request: outbox.Request{Occasion: gate.Reply, Category: gate.Service, Advertising: m.advertising, AskedBy: "account " + v.ID.String()}}
	if m.content.Template != nil {
		d.Request.Occasion, d.Request.Category = "", "" // as the conversation and the template are
	}
	if d.NotBefore.IsZero() && m.content.Reaction == nil {
		d.NotBefore = now.Add(undoTime)
	}
	return d
}

// queueMessage asks the gate and queues, deletes the draft in the same
// transaction, and tells the outcome in words.
func (s *server) queueMessage(ctx context.Context, v *shell.Viewer, m composed) (answer, error) {
	now := s.Now()
	if problem := planned(m, now); problem != "" {
		return answer{Problem: v.Text.T(problem)}, nil
	}
	if m.key != "" {
		m.key = "web " + v.ID.String() + " " + m.key
	}
	body, err := json.Marshal(m.content)
	if err != nil {
		return answer{}, err
	}
	var q outbox.Queued
	err = v.Act.WriteIf(ctx, func(ctx context.Context, tx store.Tx) (bool, error) {
		var err error
		q, err = s.Outbox.EnqueueOnce(ctx, tx, m.key, body, m.outboxDraft(v, now))
		sent := !q.Message.IsZero() && !q.Repeated // the verdict is kept, also if nothing was sent
		if err == nil && sent && len(m.named) > 0 {
			err = s.Templates.Learn(ctx, tx, v.Org, m.named)
		}
		if err != nil || !sent || m.words == "" {
			return sent, err
		}
		return sent, s.Drafts.Delete(ctx, tx, draft.Place{Org: v.Org, Contact: m.in.Contact, Channel: m.in.Channel, Account: v.ID})
	})
	a, err := outcome(v, q, err)
	if err == nil && q.Message.IsZero() {
		a.Remedies, err = s.remedies(ctx, v, m.in, q.Verdict.Remedies.List())
	}
	return a, err
}

// outcome puts into words what became of a message. An error is left only for
// what nobody at the page can help.
func outcome(v *shell.Viewer, q outbox.Queued, err error) (answer, error) {
	var content *cloudapi.ContentError
	var missing *templates.MissingError
	switch {
	case errors.As(err, &missing) && missing.TooLong:
		return answer{Problem: v.Text.T("template.toolong", wire.LongestBody)}, nil
	case errors.As(err, &missing):
		return answer{Problem: v.Text.T("template.missing", v.Text.T("template."+missing.Slot.Part)+" "+missing.Slot.Name)}, nil
	case errors.As(err, &content):
		return answer{Problem: contentProblem(v, content)}, nil
	case errors.Is(err, outbox.ErrKeyReused):
		return answer{OK: true}, nil // sent already
	case err != nil:
		return answer{}, err
	case q.Message.IsZero():
		return answer{Problem: v.Text.T("compose.refused", v.Text.T("reason."+string(q.Verdict.Reason)))}, nil
	}
	a := answer{OK: true, Message: q.Message.String()}
	if !q.Notice.IsZero() {
		a.Notice = q.Notice.String()
	}
	return a, nil
}

// contentProblem names the field that WhatsApp would not take, and why.
func contentProblem(v *shell.Viewer, e *cloudapi.ContentError) string {
	field := indices.ReplaceAllString(e.Field, "")
	name, named := "", v.Text.Has("compose.part."+field)
	if named {
		name = v.Text.T("compose.part." + field)
	}
	switch {
	case e.Kind == wire.OneLine:
		return v.Text.T("compose.oneline")
	case e.Kind == wire.Length && named:
		return v.Text.T("compose.longer", name, e.Most)
	case v.Text.Has("compose.field." + field):
		return v.Text.T("compose.field." + field)
	default:
		return v.Text.T("compose.field.other", e.Field)
	}
}

// indices are the places in lists within the name of a field.
var indices = regexp.MustCompile(`\[\d+\]`)
