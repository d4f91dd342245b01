package inbox

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"hash/fnv"
	"html/template"
	"sort"
	"strconv"
	"time"

	"einklang/internal/chat"
	"einklang/internal/cloudapi"
	"einklang/internal/conversation"
	"einklang/internal/id"
	"einklang/internal/media"
	"einklang/internal/text"
	"einklang/internal/web/shell"
)

// functions are what the inbox's templates can call beside those of all.
func functions(*text.Catalogue) template.FuncMap {
	return template.FuncMap{"outcome": outcome, "unsupported": unsupportedType}
}

// bubble is a message as the page shows it.
type bubble struct {
	ID        string
	Rev       string // changes when anything shown changes
	Out       bool
	Day       string // set on the first of a day
	First     bool   // of a group by one sender
	Type      string
	Content   cloudapi.Content
	Words     string
	At        time.Time
	Origin    string
	State     string
	StateTime time.Time
	Failure   string
	Uncertain bool
	CanRetry  bool
	Edited    bool
	Revoked   bool
	Forwarded bool
	Referral  *cloudapi.Referral
	Quote     *quote
	Reactions []conversation.Reaction
	File      *media.File
	Template  *rendered
	Flow      []pair
	Viewer    *shell.Viewer
	Before    []item // notes and events before it
}

type quote struct{ ID, Words string }

type rendered struct {
	Header, Body, Footer string
	Buttons              []string
}

type pair struct{ Key, Value string }

// bubbles makes the page's messages.
func (s *server) bubbles(ctx context.Context, v *shell.Viewer, waba string, all []chat.Message) ([]bubble, error) {
	reactions, err := s.Threads.Reactions(ctx, s.DB, v.Org, all)
	if err != nil {
		return nil, err
	}
	quotes, err := s.quotes(ctx, v, all)
	if err != nil {
		return nil, err
	}
	out := make([]bubble, len(all))
	day, side := "", ""
	for i, m := range all {
		b := &out[i]
		*b = bubble{ID: m.ID.String(), Out: m.Outgoing, Type: m.Type, Content: m.Body.Content, Words: conversation.Words(m.Body.Content), At: m.At,
			Origin: string(m.Origin), State: string(m.State), Edited: !m.Edited.IsZero(), Revoked: !m.Revoked.IsZero(), Forwarded: m.Body.Forwarded,
			Referral: m.Body.Referral, Reactions: reactions[m.ID], Quote: quotes[m.ID], Viewer: v}
		if d := v.Text.Day(m.At, v.Now); d != day {
			b.Day, day, side = d, d, ""
		}
		if mine := strconv.FormatBool(m.Outgoing); mine != side {
			b.First, side = true, mine
		}
		s.outgoing(v, b, m)
		if m.Body.Content.Media() != nil {
			if b.File, err = s.file(ctx, v, m); err != nil {
				return nil, err
			}
		}
		if t := m.Body.Content.Template; t != nil {
			b.Template = s.fill(ctx, v, waba, *t)
		}
		if i := m.Body.Content.Interactive; i != nil && i.NfmReply != nil {
			b.Flow = flowPairs(i.NfmReply.ResponseJSON)
		}
		b.Rev = b.rev()
	}
	return out, nil
}

func (b *bubble) rev() string {
	h := fnv.New64a()
	file := ""
	if b.File != nil {
		file = b.File.State
	}
	fmt.Fprint(h, b.State, b.Edited, b.Revoked, b.Words, b.Failure, b.Reactions, file, b.First, b.Day)
	return strconv.FormatUint(h.Sum64(), 36)
}

// outgoing adds what only our own messages have: how far they got, and why
// not further.
func (s *server) outgoing(v *shell.Viewer, b *bubble, m chat.Message) {
	if !m.Outgoing {
		return
	}
	for _, t := range []time.Time{m.Read, m.Delivered, m.Sent} {
		if !t.IsZero() {
			b.StateTime = t
			break
		}
	}
	switch m.State {
	case chat.Failed:
		b.Failure, b.CanRetry = failure(v, m.ErrorCode), true
	case chat.Cancelled:
		if m.Reason != "" {
			b.Failure = v.Text.T("reason." + m.Reason)
		}
	case chat.Uncertain:
		b.Failure, b.Uncertain, b.CanRetry = v.Text.T("uncertain.text"), true, true
	default:
	}
}

// failure explains an error of Meta's in plain words.
func failure(v *shell.Viewer, code int) string {
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
func (s *server) quotes(ctx context.Context, v *shell.Viewer, all []chat.Message) (map[id.ID]*quote, error) {
	var wamids []string
	var ids []id.ID
	for _, m := range all {
		if m.Body.Quoted != "" {
			wamids = append(wamids, m.Body.Quoted)
		}
		if !m.ReplyTo.IsZero() {
			ids = append(ids, m.ReplyTo)
		}
	}
	byWAMID, err := s.Threads.Quoted(ctx, s.DB, v.Org, wamids)
	if err != nil {
		return nil, err
	}
	byID, err := s.Threads.Find(ctx, s.DB, v.Org, ids)
	if err != nil {
		return nil, err
	}
	found := map[id.ID]*quote{}
	for _, m := range all {
		target, ok := byWAMID[m.Body.Quoted]
		if !m.ReplyTo.IsZero() {
			target, ok = byID[m.ReplyTo]
		}
		if !ok {
			continue
		}
		words := conversation.Words(target.Body.Content)
		if words == "" {
			words = v.Text.T("type." + target.Type)
		}
		found[m.ID] = &quote{target.ID.String(), words}
	}
	return found, nil
}

// flowPairs shows the answers of a form.
func flowPairs(response string) []pair {
	var values map[string]any
	if json.Unmarshal([]byte(response), &values) != nil {
		return nil
	}
	var all []pair
	for k, v := range values {
		if k != "flow_token" {
			all = append(all, pair{k, fmt.Sprint(v)})
		}
	}
	sort.Slice(all, func(i, j int) bool { return all[i].Key < all[j].Key })
	return all
}

// outcome is the verdict in a record of evidence, or empty.
func outcome(record json.RawMessage) string {
	var r struct {
		Verdict struct {
			Outcome string `json:"outcome"`
		} `json:"verdict"`
	}
	_ = json.Unmarshal(record, &r)
	return r.Verdict.Outcome
}

func unsupportedType(c cloudapi.Content) string {
	if c.Unsupported != nil && c.Unsupported.Type != "" {
		return c.Unsupported.Type
	}
	return c.Type
}

func ignoreMissing(err error) error {
	if errors.Is(err, media.ErrNotFound) {
		return nil
	}
	return err
}
