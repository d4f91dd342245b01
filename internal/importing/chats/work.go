package chats

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"path"
	"time"

	"einklang/internal/engine/blob"
	"einklang/internal/engine/cloudapi"
	"einklang/internal/engine/jobs"
	"einklang/internal/engine/store"
	"einklang/internal/importing/chats/transcript"
	"einklang/internal/messaging/conversation"
	"einklang/internal/person/chat"
	"einklang/internal/rule/id"
	"einklang/internal/rule/keyword"
	"einklang/internal/rule/pii"
)

// batch is how many messages are stored in one transaction.
const batch = 100

// The counts of a job.
const (
	CountRead   = "read"   // messages of the file
	CountAdded  = "added"  // new in the conversation
	CountKnown  = "known"  // were there already
	CountThird  = "third"  // written by others: left out
	CountCards  = "cards"  // contact cards: not taken over
	CountFiles  = "files"  // files stored
	CountEnded  = "ended"  // words that ended something
	CountAsked  = "asked"  // words of which somebody has to say whether they still hold
	CountRights = "rights" // words that ask for data or their erasure: a case is open
	CountNoFile = "nofile" // files that were left out of the export, or that WhatsApp does not know
	CountOwn    = "own"    // WhatsApp's own lines: left out
	CountGone   = "gone"   // deleted by who wrote them: left out
	CountFuture = "future" // of a time that has not come: left out
	CountCut    = "cut"    // texts that were longer than is kept
	CountLost   = "lost"   // lines before the first message: left out
)

// reading is the work on a chat.
type reading struct {
	pii.Personal
	desk     *Imports
	imported Import
	export   *export
	text     io.ReadCloser
	in       *transcript.Reader
	others   []string
	words    keyword.Set
	position int64
	minute   time.Time      // of the message read last
	seen     map[string]int // how often the same was said within the minute
}

func (d *Imports) open(ctx context.Context, j jobs.Job) (jobs.Work, error) {
	i, f, err := d.get(ctx, j.Org, id.Import(j.Subject))
	if err != nil {
		return nil, err
	}
	if f == nil {
		return nil, jobs.Fail("file_gone", blob.ErrNotFound)
	}
	r := &reading{desk: d, imported: i, others: others(i.Plan, i.Survey), seen: map[string]int{}}
	if r.words, err = d.Orgs.Words(ctx, d.DB, j.Org); err != nil {
		return nil, err
	}
	if r.export, err = openExport(ctx, f); err != nil {
		return nil, fatal(err)
	}
	if r.text, err = r.export.text(); err != nil {
		return nil, fatal(err)
	}
	r.in = transcript.NewReader(r.text, i.Plan.Order, d.Location)
	for r.position < j.Position {
		m, err := r.in.Next()
		if err != nil {
			return nil, errors.Join(fatal(explain(err)), r.text.Close())
		}
		r.position++
		r.key(m)
	}
	return r, nil
}

func fatal(err error) error {
	var known *Error
	if errors.As(err, &known) {
		return jobs.Fail(known.Code, err)
	}
	return err
}

// Close ends the work.
func (r *reading) Close() error { return r.text.Close() }

// item is a message on its way into the conversation.
type item struct {
	pii.Personal
	message transcript.Message
	key     string
	ours    bool
}

// Next reads the next messages, and stores their files.
func (r *reading) Next(ctx context.Context) (jobs.Batch, error) {
	b := jobs.Batch{}
	counts := map[string]int64{}
	var items []item
	var keys []string
	for read := 0; read < batch; read++ {
		m, err := r.in.Next()
		if errors.Is(err, io.EOF) {
			b.Last = true
			counts[CountLost] = r.in.Lost()
			break
		}
		if err != nil {
			return b, fatal(explain(err))
		}
		r.position++
		counts[CountRead]++
		key := r.key(m)
		switch s := r.imported.Plan.side(m); {
		case m.Kind == transcript.Deleted:
			counts[CountGone]++
		case s == none:
			counts[CountOwn]++
		case tooLate(m, r.desk.Now()):
			counts[CountFuture]++
		case s == third:
			counts[CountThird]++
		case m.Media == "contacts": // other people's data (S2)
			counts[CountCards]++
		default:
			if m.Cut {
				counts[CountCut]++
			}
			items = append(items, item{message: m, key: key, ours: s == ours})
			keys = append(keys, key)
		}
	}
	known, err := r.desk.History.KnownPast(ctx, r.desk.DB, r.imported.Org, keys)
	if err != nil {
		return b, err
	}
	past := make([]conversation.Past, 0, len(items))
	var said []told
	for _, it := range items {
		if known[it.key] {
			counts[CountKnown]++
			continue
		}
		body, err := r.body(ctx, it, counts)
		if err != nil {
			return b, fatal(err)
		}
		if !it.ours { // ours are the words of staff
			said = append(said, r.hear(it.message)...)
		}
		past = append(past, conversation.Past{Key: it.key, Outgoing: it.ours, Body: body, At: it.message.At, Edited: it.message.Edited})
	}
	b.Position = r.position
	b.Apply = r.apply(past, said, counts)
	return b, nil
}

// told is what the person said about consent and her rights, and when.
type told struct {
	pii.Personal
	what  keyword.Meaning
	words string
	at    time.Time
}

// hear is what a message of hers asks for. What stands below a file can end
// something, and asks for nothing: "Daten" is its title.
func (r *reading) hear(m transcript.Message) (all []told) {
	heard := r.words.Hear(m.Text)
	for _, what := range []keyword.Meaning{heard.Also, heard.Meaning} {
		asks := what == keyword.Access || what == keyword.Erase || what == keyword.Object
		if what != keyword.None && (!asks || m.Kind == transcript.Text) {
			all = append(all, told{what: what, words: m.Text, at: m.At})
		}
	}
	return all
}

func (r *reading) apply(past []conversation.Past, said []told, counts map[string]int64) func(context.Context, store.Tx, map[string]int64) error {
	return func(ctx context.Context, tx store.Tx, total map[string]int64) error {
		k, err := r.desk.People.Get(ctx, tx, r.imported.Org, r.imported.Contact)
		if err != nil {
			return err
		}
		if k.Erased || k.Keys == nil {
			return jobs.Fail("chat_erased", errors.New("the person was erased meanwhile"))
		}
		for name, n := range counts {
			total[name] += n
		}
		if len(past) == 0 {
			return nil
		}
		added, err := r.desk.History.AddHistory(ctx, tx, r.imported.Org, r.imported.Channel, conversation.Writer{Contact: k.ID, Keys: k.Keys}, past)
		total[CountAdded] += int64(added)
		if err != nil {
			return err
		}
		for _, s := range said {
			ended, asked, err := r.desk.Listener.ObeyPast(ctx, tx, r.imported.Org, k, s.what, s.at)
			if err != nil {
				return fmt.Errorf("act on words in a chat: %w", err)
			}
			if ended {
				total[CountEnded]++
			}
			if asked {
				total[CountAsked]++
			}
			if asked, err = r.desk.Rights.AskedPast(ctx, tx, r.imported.Org, k, s.what, mask(s.words, r.others), s.at); err != nil {
				return fmt.Errorf("open a case for words in a chat: %w", err)
			}
			if asked {
				total[CountRights]++
			}
		}
		return nil
	}
}

// key recognises a message when the same chat, or a longer one, is imported
// again: who said what in which minute, and for the how manieth time. Seconds
// are left out, since Android does not write them.
func (r *reading) key(m transcript.Message) string {
	minute := m.At.Truncate(time.Minute)
	if !minute.Equal(r.minute) {
		r.minute = minute
		clear(r.seen)
	}
	what := fmt.Sprintf("%d\x00%s\x00%s\x00%s\x00%s", minute.Unix(), m.Sender, m.Kind, m.File, m.Text)
	r.seen[what]++
	sum := sha256.Sum256(fmt.Appendf(nil, "%s\x00%s\x00%s\x00%d", r.imported.Contact, r.imported.Channel, what, r.seen[what]))
	return hex.EncodeToString(sum[:])
}

// body makes the content of a message, and stores its file.
func (r *reading) body(ctx context.Context, it item, counts map[string]int64) (chat.Body, error) {
	m := it.message
	words := mask(m.Text, r.others)
	switch m.Kind {
	case transcript.Text:
		return chat.Body{Content: cloudapi.Content{Type: cloudapi.TypeText, Text: &cloudapi.Text{Body: words}}}, nil
	case transcript.Call:
		return chat.Body{Content: cloudapi.Content{Type: cloudapi.TypeCall, Call: call(it)}}, nil
	case transcript.Once:
		return chat.Body{Content: cloudapi.Content{Type: cloudapi.TypeUnsupported, Unsupported: &cloudapi.Unsupported{Type: "view_once"}}}, nil
	default:
	}
	var body chat.Body
	var err error
	if m.Kind == transcript.File {
		if body.Media, err = r.keep(ctx, m.File); err != nil {
			return body, err
		}
	}
	if body.Media.IsZero() {
		counts[CountNoFile]++
	} else {
		counts[CountFiles]++
	}
	body.Content = mediaContent(m, words)
	return body, nil
}

// call is a telephone call of the past.
func call(it item) *cloudapi.Call {
	c := &cloudapi.Call{Direction: cloudapi.CallFromUser, State: cloudapi.CallEnded, Seconds: int64(it.message.Lasted.Seconds())}
	if it.ours {
		c.Direction = cloudapi.CallFromUs
	}
	if it.message.Missed {
		c.State = cloudapi.CallMissed
	}
	return c
}

func mediaContent(m transcript.Message, caption string) cloudapi.Content {
	file := &cloudapi.Media{MimeType: mimeOf(m.File), Caption: caption}
	switch m.Media {
	case "image":
		return cloudapi.Content{Type: cloudapi.TypeImage, Image: file}
	case "video":
		return cloudapi.Content{Type: cloudapi.TypeVideo, Video: file}
	case "audio":
		return cloudapi.Content{Type: cloudapi.TypeAudio, Audio: file}
	case "sticker":
		return cloudapi.Content{Type: cloudapi.TypeSticker, Sticker: file}
	default:
		file.Filename = m.File
		return cloudapi.Content{Type: cloudapi.TypeDocument, Document: file}
	}
}

// keep stores an attached file; zero if it is not in the export.
func (r *reading) keep(ctx context.Context, name string) (kept id.File, err error) {
	f, err := r.export.attached(name)
	if err != nil || f == nil {
		return id.File{}, err
	}
	defer func() { err = errors.Join(err, f.Close()) }()
	kept, err = r.desk.Files.Keep(ctx, r.imported.Org, r.imported.Contact, r.imported.Channel, path.Base(name), mimeOf(name), f)
	return kept, explain(err)
}
