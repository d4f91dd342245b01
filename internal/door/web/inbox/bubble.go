package inbox

import (
	"context"
	"fmt"
	"hash/fnv"
	"html/template"
	"math"
	"slices"
	"strconv"
	"strings"
	"time"

	"einklang/internal/door/web/shell"
	"einklang/internal/engine/cloudapi"
	"einklang/internal/messaging/conversation"
	"einklang/internal/messaging/media"
	"einklang/internal/person/chat"
	"einklang/internal/rule/fold"
	"einklang/internal/rule/i18n"
	"einklang/internal/rule/id"
	"einklang/internal/rule/pii"
)

// functions are what the inbox's templates can call beside those of all.
func functions(c *i18n.Catalogue) template.FuncMap {
	return template.FuncMap{"unsupported": unsupportedType, "outcome": verdictOf, "degrees": showDegrees,
		"total": func(o *cloudapi.Order) string { return orderTotal(c, o) }, "room": room, "spoken": spoken, "moment_of": momentOf}
}

// The largest that a picture is shown in a conversation, in pixels.
const (
	roomWidth     = 480
	roomHeight    = 320
	stickerHeight = 140
)

// room is how large a picture is shown, so that a page keeps its place before
// it is there; zero where that is not known.
func room(f *media.File, sticker bool) (r struct{ Width, Height int }) {
	if f == nil || f.Width <= 0 || f.Height <= 0 {
		return r
	}
	most := float64(roomHeight)
	if sticker {
		most = stickerHeight
	}
	scale := min(1, roomWidth/float64(f.Width), most/float64(f.Height))
	r.Width, r.Height = max(1, int(math.Round(float64(f.Width)*scale))), max(1, int(math.Round(float64(f.Height)*scale)))
	return r
}

// bubble is a message, or an event beside the messages, as the page shows it.
type bubble struct {
	pii.Personal
	ID        string
	Rev       string // changes when anything shown changes
	Out       bool
	Day       string // set on the first of a day
	First     bool   // of a group by one sender
	Last      bool
	Line      bool // not a bubble but a line across: a notice of WhatsApp's, an event
	Type      string
	Content   cloudapi.Content
	Words     string
	Whole     string // where the whole text is, if it is cut
	At        time.Time
	Origin    string
	Author    string // the colleague who wrote it; empty if it was the viewer
	State     string
	Ticks     string // how far it got, with times
	Waits     time.Time
	Undo      bool // it can be taken back for some seconds
	Failure   string
	Uncertain bool
	CanRetry  bool
	NeedsForm bool // only a template helps
	Secret    bool // only the person reads the code or link
	Withdrawn bool // taken back before it went out
	Edited    time.Time
	Revoked   bool
	Forwarded bool
	Referral  *cloudapi.Referral
	Product   *cloudapi.Product // that the person asks about
	Quote     *quote
	Reactions []conversation.Reaction
	File      *media.File
	FileWaits bool // for the number to be in service again
	Fetchable bool // the file was given up, and Meta still has it
	Template  *rendered
	Flow      []pair
	Event     *happening
}

type quote struct {
	pii.Personal
	ID, Words string
	Out       bool
}

type rendered struct {
	pii.Personal
	Header, Body, Footer string
	Buttons              []string
}

type pair struct {
	pii.Personal
	Key, Value string
}

// groupGap is the pause after which a sender's next message begins a new group.
const groupGap = 10 * time.Minute

// carried is what messages carry that is kept elsewhere.
type carried struct {
	pii.Personal
	reactions map[id.Message][]conversation.Reaction
	quotes    map[id.Message]*quote
	waits     map[id.Message]time.Time
	files     map[id.Message]*media.File
	templates map[id.Message]*rendered
}

// carried reads it for all messages at once.
func (s *server) carried(ctx context.Context, v *shell.Viewer, t *thread, all []chat.Message) (with carried, err error) {
	return with, s.DB.Together(ctx,
		func(ctx context.Context) (err error) {
			with.reactions, err = s.Threads.Reactions(ctx, s.DB, v.Org, all)
			return err
		},
		func(ctx context.Context) (err error) {
			with.quotes, err = s.quotes(ctx, v, all)
			return err
		},
		func(ctx context.Context) (err error) {
			with.waits, err = s.waits(ctx, v, t, all)
			return err
		},
		func(ctx context.Context) (err error) {
			with.files, err = s.Shelf.OfMessages(ctx, v.Org, slices.DeleteFunc(slices.Clone(all), func(m chat.Message) bool { return m.Body.Content.Media() == nil }))
			return err
		},
		func(ctx context.Context) (err error) {
			with.templates, err = s.filled(ctx, v, t, all)
			return err
		})
}

// filled shows the templates among messages.
func (s *server) filled(ctx context.Context, v *shell.Viewer, t *thread, all []chat.Message) (map[id.Message]*rendered, error) {
	found := make([]*rendered, len(all))
	var pieces []func(context.Context) error
	for i, m := range all {
		if m.Body.Content.Template != nil {
			pieces = append(pieces, func(ctx context.Context) error {
				found[i] = s.fill(ctx, v, t.Channel.WABA, *m.Body.Content.Template)
				return nil
			})
		}
	}
	err := s.DB.Together(ctx, pieces...)
	templates := map[id.Message]*rendered{}
	for i, r := range found {
		if r != nil {
			templates[all[i].ID] = r
		}
	}
	return templates, err
}

// bubbles makes the page's messages, with what happened beside them.
func (t *thread) bubbles(v *shell.Viewer, all []chat.Message, with carried, happened []happening) []bubble {
	out := make([]bubble, 0, len(all)+4)
	for _, m := range all {
		if m.Type == cloudapi.TypeReaction {
			continue // it shows on the message it is about
		}
		b := bubble{ID: m.ID.String(), Out: m.Outgoing, Type: m.Type, Content: m.Body.Content, Words: conversation.Words(m.Body.Content), At: m.At,
			Origin: string(m.Origin), State: string(m.State), Edited: m.Edited, Revoked: !m.Revoked.IsZero(), Forwarded: m.Body.Forwarded,
			Referral: m.Body.Referral, Product: m.Body.Product, Secret: m.Body.Secret, Reactions: with.reactions[m.ID], Quote: with.quotes[m.ID], Waits: with.waits[m.ID], File: with.files[m.ID], Template: with.templates[m.ID]}
		if m.Size > fold.Most {
			b.cut(v)
		}
		if b.File != nil {
			b.FileWaits, b.Fetchable = b.File.Waits(), b.File.Fetchable(v.Now)
		}
		b.Line = m.Type == cloudapi.TypeSystem || m.Type == cloudapi.TypeRequestWelcome || m.Type == cloudapi.TypeCall
		outgoing(v, t, &b, m)
		if b.Template != nil {
			b.Words = b.Template.Body
		}
		if i := b.Content.Interactive; i != nil && i.NfmReply != nil {
			b.Flow = flowPairs(string(i.NfmReply.ResponseJSON))
		}
		out = append(out, b)
	}
	out = between(out, happened)
	group(out, func(at time.Time) string { return v.Text.Day(at, v.Now) })
	return out
}

// cut shows the beginning of a message that is very long; the whole is read on
// a page of its own. What is no text is shown as the text of it.
func (b *bubble) cut(v *shell.Viewer) {
	b.Whole, b.Referral = "/messages/"+b.ID+"/text", nil
	b.Words = fold.Begin(b.Words)
	if b.Words == "" {
		b.Words = v.Text.T("type." + b.Type)
	}
	whole := b.Content
	b.Content = cloudapi.Content{Type: whole.Type}
	short := func(m *cloudapi.Media) *cloudapi.Media {
		if m == nil {
			return nil
		}
		return &cloudapi.Media{MimeType: m.MimeType, Caption: fold.Begin(m.Caption), Voice: m.Voice, Animated: m.Animated}
	}
	c := &b.Content
	c.Image, c.Video, c.Audio, c.Document, c.Sticker = short(whole.Image), short(whole.Video), short(whole.Audio), short(whole.Document), short(whole.Sticker)
	switch {
	case c.Media() != nil:
	case whole.System != nil:
		c.System = &cloudapi.System{Body: b.Words}
	default:
		c.Text = &cloudapi.Text{Body: b.Words}
	}
}

// group finds where days and groups of one sender begin and end.
func group(all []bubble, day func(time.Time) string) {
	sender := func(b *bubble) string { return strconv.FormatBool(b.Out) + b.Author + b.Origin }
	today := ""
	for i := range all {
		b := &all[i]
		if d := day(b.At); d != today {
			b.Day, today = d, d
		}
		b.First = i == 0 || b.Day != "" || b.Line || all[i-1].Line || sender(b) != sender(&all[i-1]) || b.At.Sub(all[i-1].At) > groupGap
		if i > 0 {
			all[i-1].Last = b.First
		}
		b.Last = true
	}
	for i := range all {
		all[i].Rev = all[i].rev()
	}
}

func (b *bubble) rev() string {
	h := fnv.New64a()
	file := ""
	if b.File != nil {
		file = b.File.State + b.File.Reason
	}
	fmt.Fprint(h, b.State, b.Ticks, b.Edited, b.Revoked, b.Words, b.Failure, file, b.First, b.Last, b.Day, b.Waits, b.Undo, b.Withdrawn, b.Content.Kind())
	if b.Content.Call != nil {
		fmt.Fprint(h, b.Content.Call.Seconds)
	}
	for _, r := range b.Reactions {
		fmt.Fprint(h, r.Outgoing, r.Emoji, r.At)
	}
	return strconv.FormatUint(h.Sum64(), 36)
}

// waits finds out which of our messages have not gone out on purpose.
func (s *server) waits(ctx context.Context, v *shell.Viewer, t *thread, all []chat.Message) (map[id.Message]time.Time, error) {
	var queued []id.Message
	for _, m := range all {
		if m.State == chat.Queued {
			queued = append(queued, m.ID)
		}
	}
	return s.Outbox.Waits(ctx, s.DB, v.Org, t.Channel.ID, queued)
}

// outgoing adds what only our own messages have: who wrote them, how far they
// got, and why not further.
func outgoing(v *shell.Viewer, t *thread, b *bubble, m chat.Message) {
	if !m.Outgoing {
		return
	}
	if !m.Author.IsZero() && m.Author != v.ID {
		b.Author = t.Staff.name(v, m.Author)
	}
	b.Ticks = ticks(v, m)
	b.Undo = !b.Waits.IsZero() && b.Waits.Sub(v.Now) <= undoTime
	switch m.State {
	case chat.Failed:
		b.Failure, b.CanRetry = failure(v, m.ErrorCode), !m.Body.Secret
		b.NeedsForm = m.ErrorCode != 0 && cloudapi.Classify(m.ErrorCode, 0) == cloudapi.ClassWindowClosed
	case chat.Cancelled:
		b.Withdrawn = m.Reason == "" && m.ErrorCode == 0
		if m.Reason != "" {
			b.Failure = v.Text.T("compose.refused", v.Text.T("reason."+m.Reason))
			b.NeedsForm = m.Reason == "window_closed"
		}
	case chat.Uncertain:
		b.Failure, b.Uncertain, b.CanRetry = v.Text.T("uncertain.text"), true, !m.Body.Secret
	default:
	}
}

// ticks tells how far a message got, with the time of each step.
func ticks(v *shell.Viewer, m chat.Message) string {
	var steps []string
	for _, step := range []struct {
		state chat.State
		at    time.Time
	}{{chat.Sent, m.Sent}, {chat.Delivered, m.Delivered}, {chat.Read, m.Read}} {
		if !step.at.IsZero() {
			steps = append(steps, v.Text.T("state."+string(step.state))+" "+v.Text.Moment(step.at))
		}
	}
	if len(steps) == 0 {
		return v.Text.T("state." + string(m.State))
	}
	if m.State == chat.Failed || m.State == chat.Cancelled || m.State == chat.Played {
		steps = append(steps, v.Text.T("state."+string(m.State)))
	}
	return strings.Join(steps, " · ")
}

// failure explains an error of Meta's in plain words.
func failure(v *shell.Viewer, code int) string {
	if code == 0 {
		return v.Text.T("fail.unsaid")
	}
	class := cloudapi.Classify(code, 0).String()
	if key := "fail." + class; v.Text.Has(key) {
		return v.Text.T(key, code)
	}
	return v.Text.T("fail.other", code)
}

func (s *server) file(ctx context.Context, v *shell.Viewer, m chat.Message) (*media.File, error) {
	if !m.Body.Media.IsZero() {
		f, err := s.Shelf.Get(ctx, v.Org, m.Body.Media)
		return f, ignoreMissing(err)
	}
	f, err := s.Shelf.OfMessage(ctx, v.Org, m.ID)
	return f, ignoreMissing(err)
}

// fill shows what the customer reads of a template.
func (s *server) fill(ctx context.Context, v *shell.Viewer, waba string, t cloudapi.Template) *rendered {
	known, err := s.Templates.Get(ctx, s.DB, v.Org, waba, t.Name, t.Language.Code)
	if err != nil {
		return &rendered{Body: t.Name}
	}
	r := known.Render(t)
	out := &rendered{Header: r.Header, Body: r.Body, Footer: r.Footer}
	for _, b := range r.Buttons {
		out.Buttons = append(out.Buttons, b.Text)
	}
	return out
}

// quotes finds what messages answer.
func (s *server) quotes(ctx context.Context, v *shell.Viewer, all []chat.Message) (map[id.Message]*quote, error) {
	var wamids []string
	var ids []id.Message
	for _, m := range all {
		if m.Body.Quoted != "" {
			wamids = append(wamids, m.Body.Quoted)
		}
		if !m.ReplyTo.IsZero() {
			ids = append(ids, m.ReplyTo)
		}
	}
	var byWAMID map[string]chat.Message
	var byID map[id.Message]chat.Message
	err := s.DB.Together(ctx,
		func(ctx context.Context) (err error) {
			byWAMID, err = s.Threads.Quoted(ctx, s.DB, v.Org, wamids)
			return err
		},
		func(ctx context.Context) (err error) {
			byID, err = s.Threads.Glances(ctx, s.DB, v.Org, ids)
			return err
		})
	if err != nil {
		return nil, err
	}
	found := map[id.Message]*quote{}
	for _, m := range all {
		target, ok := byWAMID[m.Body.Quoted]
		if !m.ReplyTo.IsZero() {
			target, ok = byID[m.ReplyTo]
		}
		if !ok || target.Conversation != m.Conversation { // what was said elsewhere is not shown here
			continue
		}
		words := conversation.Words(target.Body.Content)
		switch {
		case !target.Revoked.IsZero():
			words = v.Text.T("bubble.revoked")
		case words == "":
			words = v.Text.T("type." + target.Type)
		}
		found[m.ID] = &quote{ID: target.ID.String(), Words: words, Out: target.Outgoing}
	}
	return found, nil
}
