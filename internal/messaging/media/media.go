// Package media keeps the files of messages: pictures, films, sound,
// documents. They lie in the database in sealed chunks, never in clear on a
// disk (S15), so every node sees them and one backup holds them.
package media

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"image"
	_ "image/jpeg" // measured, not decoded
	_ "image/png"
	"io"
	"log/slog"
	"time"

	_ "golang.org/x/image/webp" // stickers

	"einklang/internal/account/org"
	"einklang/internal/engine/cloudapi"
	"einklang/internal/engine/store"
	"einklang/internal/engine/vault"
	"einklang/internal/person/chat"
	"einklang/internal/rule/id"
	"einklang/internal/rule/pii"
	"einklang/internal/rule/wire"
)

// The errors that a caller branches on.
var (
	ErrNotFound = errors.New("no such file")
	ErrNotHere  = errors.New("the file has not arrived from WhatsApp yet, or is gone")
	ErrTooLarge = errors.New("the file is larger than WhatsApp allows for its kind")
	ErrKind     = errors.New("WhatsApp does not take files of this kind")
)

const (
	chunkSize     = 256 << 10
	chunkContext  = "media.chunk"
	detailContext = "media.detail"
)

// detail is the sealed part of a file's row.
type detail struct {
	pii.Personal
	MetaID   string `json:"meta_id,omitempty"`
	URL      string `json:"url,omitempty"`
	Filename string `json:"filename,omitempty"`
	picture
}

// picture is how large a picture is, in pixels; zero where it is not known.
// With it a page keeps room before the picture is there.
type picture struct {
	Width  int `json:"width,omitempty"`
	Height int `json:"height,omitempty"`
}

// Limit is the largest size of a file of a kind, in bytes, and the message
// type that it goes with (Cloud API: media).
func Limit(mimeType string) (kind string, most int64, err error) {
	f, taken := wire.FileOf(mimeType)
	if !taken {
		return "", 0, ErrKind
	}
	return f.Kind, f.Most, nil
}

// Registry knows the numbers and their tokens.
type Registry interface {
	Channel(ctx context.Context, r store.Reader, org id.Org, channel id.Channel) (org.Channel, error)
	Token(ctx context.Context, r store.Reader, c org.Channel) (string, error)
	// Stop takes a number out of service, with the reason.
	Stop(ctx context.Context, tx store.Tx, org id.Org, channel id.Channel, reason string) error
}

// Shelf keeps files.
type Shelf struct {
	db       *store.DB
	vault    *vault.Vault
	ids      *id.Source
	now      func() time.Time
	log      *slog.Logger
	client   *cloudapi.Client
	registry Registry
	changed  func(ctx context.Context, org id.Org, message id.Message)
	poke     chan struct{}
	kept     Kept
}

// New makes a Shelf; changed is told when the file of a message has arrived.
func New(db *store.DB, v *vault.Vault, ids *id.Source, now func() time.Time, log *slog.Logger, client *cloudapi.Client, registry Registry, changed func(ctx context.Context, org id.Org, message id.Message)) *Shelf {
	return &Shelf{db: db, vault: v, ids: ids, now: now, log: log, client: client, registry: registry, changed: changed, poke: make(chan struct{}, 1)}
}

var insert = store.Insert{Into: "media (org_id, id, message_id, contact_id, channel_id, state, reason, mime_type, size, chunks, detail, attempts, not_before, created_at)",
	Values: "?, ?, ?, ?, ?, ?, '', ?, ?, ?, ?, 0, 0, ?"}

// Want remembers files that messages brought, to be fetched from Meta.
func (s *Shelf) Want(ctx context.Context, tx store.Tx, org id.Org, wanted ...chat.Wanted) error {
	rows := make([][]any, len(wanted))
	for i, w := range wanted {
		at := id.File(s.ids.New())
		sealed, err := seal(w.Keys, at, detail{MetaID: w.Media.ID, URL: w.Media.URL, Filename: w.Media.Filename})
		if err != nil {
			return err
		}
		rows[i] = []any{org, at, w.Message, w.Contact, w.Channel, "wanted", w.Media.MimeType, int64(0), int64(0), sealed, store.Micros(s.now())}
	}
	if err := tx.InsertMany(ctx, insert, rows); err != nil {
		return fmt.Errorf("remember files to fetch: %w", err)
	}
	if len(rows) > 0 {
		tx.AfterCommit(s.wake)
	}
	return nil
}

func (s *Shelf) wake() {
	select {
	case s.poke <- struct{}{}:
	default:
	}
}

func seal(keys *vault.Keyring, at id.File, d detail) ([]byte, error) {
	plain, err := json.Marshal(d)
	if err != nil {
		return nil, err
	}
	return keys.Seal(detailContext, at, plain), nil
}

// File is a file on the shelf.
type File struct {
	pii.Personal
	Org      id.Org
	ID       id.File
	Message  id.Message
	Contact  id.Person
	Channel  id.Channel
	State    string // wanted | held | gone
	Reason   string // why it is not here
	MimeType string
	Filename string
	Size     int64
	picture

	chunks   int64
	attempts int64
	created  time.Time
	detail   detail
	keys     *vault.Keyring
	db       store.Reader
}

const columns = "id, message_id, contact_id, channel_id, state, mime_type, size, chunks, detail, attempts, reason, created_at"

// stored is a row of a file.
type stored struct {
	File
	sealed []byte
}

func (s *Shelf) row(org id.Org) func(store.Row) (stored, error) {
	return func(row store.Row) (stored, error) {
		f := stored{File: File{Org: org, db: s.db}}
		var created int64
		err := row.Scan(&f.ID, &f.Message, &f.Contact, &f.Channel, &f.State, &f.MimeType, &f.Size, &f.chunks, &f.sealed, &f.attempts, &f.Reason, &created)
		f.created = store.Time(created)
		return f, err
	}
}

func (s *Shelf) scan(ctx context.Context, org id.Org, query string, args ...any) (*File, error) {
	f, err := s.row(org)(s.db.QueryRow(ctx, query, args...))
	if errors.Is(err, store.ErrNoRows) {
		return nil, ErrNotFound
	}
	if err != nil {
		return nil, fmt.Errorf("read a file's row: %w", err)
	}
	all, err := s.opened(ctx, org, []stored{f})
	if err != nil {
		return nil, err
	}
	return all[0], nil
}

// opened adds what is sealed of files. Whose person is erased, or who was
// deleted, is gone.
func (s *Shelf) opened(ctx context.Context, org id.Org, rows []stored) ([]*File, error) {
	keys, err := s.vault.Org(ctx, s.db, org)
	if err != nil {
		return nil, err
	}
	rings, err := vault.KeyringsOf(ctx, s.db, keys, rows, func(s stored) id.Person { return s.Contact })
	if err != nil {
		return nil, err
	}
	all := make([]*File, len(rows))
	for i := range rows {
		f := &rows[i].File
		all[i] = f
		if f.keys = rings[f.Contact]; f.keys == nil || len(rows[i].sealed) == 0 {
			f.State = "gone"
			continue
		}
		plain, err := f.keys.Open(detailContext, f.ID, rows[i].sealed)
		if err != nil {
			return nil, fmt.Errorf("open a file's row: %w", err)
		}
		if err := json.Unmarshal(plain, &f.detail); err != nil {
			return nil, err
		}
		f.Filename, f.picture = f.detail.Filename, f.detail.picture
	}
	return all, nil
}

// OfMessages finds the files of several messages by the message: our own ones
// by the name of the file, the others by that of the message. Without one, a
// message is left out.
func (s *Shelf) OfMessages(ctx context.Context, org id.Org, messages []chat.Message) (map[id.Message]*File, error) {
	var own []id.File
	var theirs []id.Message
	by := map[id.Message]id.File{}
	for _, m := range messages {
		if m.Body.Media.IsZero() {
			theirs = append(theirs, m.ID)
		} else {
			own = append(own, m.Body.Media)
		}
		by[m.ID] = m.Body.Media
	}
	var mine, other []stored
	err := s.db.Together(ctx,
		func(ctx context.Context) (err error) {
			mine, err = store.CollectIn(ctx, s.db, s.row(org), "SELECT "+columns+" FROM media WHERE org_id = ? AND id IN (?)", own, org)
			return err
		},
		func(ctx context.Context) (err error) {
			other, err = store.CollectIn(ctx, s.db, s.row(org), "SELECT "+columns+" FROM media WHERE org_id = ? AND message_id IN (?) ORDER BY id DESC", theirs, org)
			return err
		})
	if err != nil {
		return nil, fmt.Errorf("read files' rows: %w", err)
	}
	if len(mine)+len(other) == 0 {
		return nil, nil
	}
	all, err := s.opened(ctx, org, append(mine, other...))
	if err != nil {
		return nil, err
	}
	byFile, found := map[id.File]*File{}, map[id.Message]*File{}
	for i, f := range all {
		if i < len(mine) {
			byFile[f.ID] = f
		} else {
			found[f.Message] = f // the first one, which comes last
		}
	}
	for message, file := range by {
		if f := byFile[file]; f != nil {
			found[message] = f
		}
	}
	return found, nil
}

// Get finds a file.
func (s *Shelf) Get(ctx context.Context, org id.Org, file id.File) (*File, error) {
	return s.scan(ctx, org, "SELECT "+columns+" FROM media WHERE org_id = ? AND id = ?", org, file)
}

// OfMessage finds the file of a message.
func (s *Shelf) OfMessage(ctx context.Context, org id.Org, message id.Message) (*File, error) {
	return s.scan(ctx, org, "SELECT "+columns+" FROM media WHERE org_id = ? AND message_id = ? ORDER BY id LIMIT 1", org, message)
}

// Copy writes the file in clear.
func (f *File) Copy(ctx context.Context, w io.Writer) (int64, error) {
	if f.State != "held" {
		return 0, ErrNotHere
	}
	var written int64
	for n := range f.chunks {
		var sealed []byte
		err := f.db.QueryRow(ctx, "SELECT sealed FROM media_chunk WHERE org_id = ? AND media_id = ? AND n = ?", f.Org, f.ID, n).Scan(&sealed)
		if err != nil {
			return written, fmt.Errorf("read a file: %w", err)
		}
		plain, err := f.keys.Open(chunkContext, vault.ChunkRow(f.ID, int(n), n == f.chunks-1), sealed)
		if err != nil {
			return written, fmt.Errorf("open a file: %w", err)
		}
		m, err := w.Write(plain)
		written += int64(m)
		if err != nil {
			return written, err
		}
	}
	return written, nil
}

// Save puts a file on the shelf that somebody wants to send to a person. What
// kind of file it is says its content rather than the type that came with it.
func (s *Shelf) Save(ctx context.Context, org id.Org, contact id.Person, channel id.Channel, name, mimeType string, r io.Reader) (*File, error) {
	whole := bufio.NewReaderSize(r, wire.MostBeginning)
	beginning, err := whole.Peek(wire.MostBeginning)
	if err != nil && !errors.Is(err, io.EOF) {
		return nil, err
	}
	mimeType, is, taken := wire.Judge(mimeType, beginning)
	if !taken {
		return nil, ErrKind
	}
	keys, err := s.vault.Org(ctx, s.db, org)
	if err != nil {
		return nil, err
	}
	ring, err := keys.Keyring(ctx, s.db, contact)
	if err != nil {
		return nil, err
	}
	f := &File{Org: org, ID: id.File(s.ids.New()), Contact: contact, Channel: channel, State: "held", MimeType: mimeType, Filename: name, keys: ring, db: s.db}
	if err := s.write(ctx, f, &limited{whole, is.Most}); err != nil {
		ctx = context.WithoutCancel(ctx)
		return nil, errors.Join(err, s.db.Write(ctx, func(ctx context.Context, tx store.Tx) error {
			_, err := tx.Exec(ctx, "DELETE FROM media_chunk WHERE org_id = ? AND media_id = ?", org, f.ID)
			return err
		}))
	}
	sealed, err := seal(ring, f.ID, detail{Filename: name, picture: f.picture})
	if err != nil {
		return nil, err
	}
	return f, s.db.Write(ctx, func(ctx context.Context, tx store.Tx) error {
		_, err := tx.Exec(ctx, insert.One(), org, f.ID, f.ID, contact, channel, "held", mimeType, f.Size, f.chunks, sealed, store.Micros(s.now()))
		return err
	})
}

// measure reads how large a picture is from the beginning of its file. What is
// no picture, or cannot be read, has no size.
func measure(beginning []byte) picture {
	known, _, err := image.DecodeConfig(bytes.NewReader(beginning))
	if err != nil {
		return picture{}
	}
	return picture{known.Width, known.Height}
}

type limited struct {
	r    io.Reader
	left int64
}

func (l *limited) Read(b []byte) (int, error) {
	n, err := l.r.Read(b)
	if l.left -= int64(n); l.left < 0 {
		return 0, ErrTooLarge
	}
	return n, err
}

// write stores the chunks of a file, each sealed, in little memory.
func (s *Shelf) write(ctx context.Context, f *File, r io.Reader) error {
	this, next := make([]byte, chunkSize), make([]byte, chunkSize)
	n, err := io.ReadFull(r, this)
	for err == nil {
		var m int
		m, err = io.ReadFull(r, next)
		last := err == io.EOF
		if err := s.putChunk(ctx, f, this[:n], last); err != nil {
			return err
		}
		if last {
			return nil
		}
		this, next, n = next, this, m
	}
	if !errors.Is(err, io.EOF) && !errors.Is(err, io.ErrUnexpectedEOF) {
		return err
	}
	return s.putChunk(ctx, f, this[:n], true)
}

func (s *Shelf) putChunk(ctx context.Context, f *File, plain []byte, last bool) error {
	n := f.chunks
	if n == 0 {
		f.picture = measure(plain)
	}
	sealed := f.keys.Seal(chunkContext, vault.ChunkRow(f.ID, int(n), last), plain)
	f.chunks++
	f.Size += int64(len(plain))
	return s.db.Write(ctx, func(ctx context.Context, tx store.Tx) error {
		_, err := tx.Exec(ctx, `INSERT INTO media_chunk (org_id, media_id, n, sealed) VALUES (?, ?, ?, ?)
			ON CONFLICT (org_id, media_id, n) DO UPDATE SET sealed = excluded.sealed`, f.Org, f.ID, n, sealed)
		return err
	})
}

// Upload brings one of our files to Meta and returns Meta's id.
func (s *Shelf) Upload(ctx context.Context, c org.Channel, file id.File) (string, error) {
	f, err := s.Get(ctx, c.Org, file)
	if err != nil {
		return "", err
	}
	token, err := s.registry.Token(ctx, s.db, c)
	if err != nil {
		return "", err
	}
	reader, writer := io.Pipe()
	go func() {
		_, err := f.Copy(ctx, writer)
		_ = writer.CloseWithError(err)
	}()
	defer func() { _ = reader.Close() }()
	return s.client.Number(c.PhoneNumberID, token).Upload(ctx, reader, f.Filename, f.MimeType)
}
