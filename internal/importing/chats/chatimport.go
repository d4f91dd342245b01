package chats

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"slices"
	"time"

	"einklang/internal/engine/blob"
	"einklang/internal/engine/evidence"
	"einklang/internal/engine/jobs"
	"einklang/internal/engine/store"
	"einklang/internal/importing/chats/transcript"
	"einklang/internal/messaging/conversation"
	"einklang/internal/person/chat"
	"einklang/internal/person/contact"
	"einklang/internal/rule/id"
	"einklang/internal/rule/keyword"
	"einklang/internal/rule/pii"
)

// MaxFile is how large an export may be, in bytes.
const MaxFile = 1 << 30

// The errors that a caller branches on.
var (
	ErrNotFound = errors.New("no such import of a chat")
	ErrState    = errors.New("the import is not in a state for this")
)

// State is where an import stands.
type State string

// The states.
const (
	Staged    State = "staged"
	Running   State = "running"
	Done      State = "done"
	Failed    State = "failed"
	Discarded State = "discarded"
)

// Import is an import of a chat.
type Import struct {
	pii.Personal
	Org     id.Org
	ID      id.Import
	State   State
	Contact id.Person // to whom the chat belongs; zero: not chosen yet
	Channel id.Channel
	Staff   id.Account
	Created time.Time
	Ended   time.Time
	// Survey and Plan are known as long as the file is here.
	Survey transcript.Survey
	Plan   Plan

	detail []byte
}

// detail is the sealed part.
type detail struct {
	pii.Personal
	Survey transcript.Survey `json:"survey"`
	Plan   Plan              `json:"plan"`
}

const detailContext = "chat_import.detail"

// People is the book of people.
type People interface {
	// Person finds or makes the person with a phone number (E.164 digits).
	Person(ctx context.Context, tx store.Tx, org id.Org, phone, name string) (*chat.Known, error)
	Get(ctx context.Context, r store.Reader, org id.Org, person id.Person) (*chat.Known, error)
	Country(ctx context.Context, r store.Reader, org id.Org) (string, error) // of numbers without a country code
	WhoLeft(ctx context.Context, tx store.Tx, org id.Org, numbers ...string) ([]id.Person, error)
	Ask(ctx context.Context, tx store.Tx, org id.Org, left id.Person, number string, by contact.Naming) error
}

// Tombstones tell who was erased at her own wish.
type Tombstones interface {
	Erased(ctx context.Context, r store.Reader, org id.Org, kind, value string) (bool, error)
}

// History keeps old messages.
type History interface {
	KnownPast(ctx context.Context, r store.Reader, org id.Org, keys []string) (map[string]bool, error)
	AddHistory(ctx context.Context, tx store.Tx, org id.Org, channel id.Channel, w conversation.Writer, all []conversation.Past) (int, error)
}

// Listener acts on what a person said in a chat about consent.
type Listener interface {
	// ObeyPast reports whether something ended, or somebody has to decide.
	ObeyPast(ctx context.Context, tx store.Tx, org id.Org, p *chat.Known, what keyword.Meaning, at time.Time) (ended, asked bool, err error)
}

// Rights takes what a person asked for in a chat (GDPR Art. 15, 17).
type Rights interface {
	// AskedPast reports whether somebody has to answer.
	AskedPast(ctx context.Context, tx store.Tx, org id.Org, p *chat.Known, what keyword.Meaning, words string, said time.Time) (bool, error)
}

// Registry knows the organisation's own words.
type Registry interface {
	Words(ctx context.Context, r store.Reader, org id.Org) (keyword.Set, error)
}

// Files keeps the files of messages.
type Files interface {
	// Keep stores a file of a kind that WhatsApp knows and returns its id;
	// zero if it is none of them or too large.
	Keep(ctx context.Context, org id.Org, person id.Person, channel id.Channel, name, mimeType string, r io.Reader) (id.File, error)
}

// Parts are what the desk works with.
type Parts struct {
	DB         *store.DB
	IDs        *id.Source
	Now        func() time.Time
	Location   *time.Location // where the phone was
	Jobs       *jobs.Runner
	Box        *blob.Box
	People     People
	Tombstones Tombstones
	History    History
	Files      Files
	Listener   Listener
	Rights     Rights
	Orgs       Registry
	Ledger     evidence.Ledger
}

// Imports imports chats.
type Imports struct{ Parts }

const job = "chat.import"

// New makes Imports and tells the runner how its jobs are done.
func New(p Parts) *Imports {
	d := &Imports{p}
	d.Jobs.Handle(job, jobs.Kind{Open: d.open, Ended: d.ended})
	return d
}

// Stage takes in an export and looks at it. Names are those by which the
// company may be called in it. A file that cannot be read is deleted at once;
// the error is then an *Error.
func (d *Imports) Stage(ctx context.Context, w store.Writer, org id.Org, staff id.Account, name string, names []string, r io.Reader) (Import, error) {
	i := Import{Org: org, ID: id.Import(d.IDs.New()), State: Staged, Staff: staff, Created: d.Now()}
	f, err := d.Box.Put(ctx, org, i.ID, name, r, MaxFile)
	if err != nil {
		return i, err
	}
	country, err := d.People.Country(ctx, d.DB, org)
	if err == nil {
		i.Survey, err = d.survey(ctx, f)
	}
	if err == nil {
		i.Plan = Suggest(i.Survey, names, country)
		err = w.Write(ctx, func(ctx context.Context, tx store.Tx) error {
			sealed, err := sealDetail(f, i)
			if err != nil {
				return err
			}
			_, err = tx.Exec(ctx, "INSERT INTO chat_import (org_id, id, state, detail, contact_id, channel_id, staff_id, created_at, ended_at) VALUES (?, ?, ?, ?, NULL, NULL, ?, ?, 0)",
				org, i.ID, string(i.State), sealed, staff, store.Micros(i.Created))
			return err
		})
	}
	if err != nil {
		ctx = context.WithoutCancel(ctx)
		return i, errors.Join(err, d.DB.Write(ctx, func(ctx context.Context, tx store.Tx) error { return d.Box.Delete(ctx, tx, org, i.ID) }))
	}
	return i, nil
}

func (d *Imports) survey(ctx context.Context, f *blob.File) (transcript.Survey, error) {
	e, err := openExport(ctx, f)
	if err != nil {
		return transcript.Survey{}, err
	}
	s, err := transcript.Look(e.text, d.Location)
	switch {
	case errors.Is(err, transcript.ErrNoChat):
		err = &Error{CodeNoChat, err}
	case errors.Is(err, transcript.ErrTooLong):
		err = &Error{CodeLong, err}
	case err != nil:
		err = explain(err)
	}
	return s, err
}

func sealDetail(f *blob.File, i Import) ([]byte, error) {
	plain, err := json.Marshal(detail{Survey: i.Survey, Plan: i.Plan})
	if err != nil {
		return nil, err
	}
	return f.Keys().Seal(detailContext, i.ID, plain), nil
}

const columns = "id, state, detail, contact_id, channel_id, staff_id, created_at, ended_at"

func scan(org id.Org, row store.Row) (Import, error) {
	i := Import{Org: org}
	var created, ended int64
	err := row.Scan(&i.ID, &i.State, &i.detail, &i.Contact, &i.Channel, &i.Staff, &created, &ended)
	if errors.Is(err, store.ErrNoRows) {
		return i, ErrNotFound
	}
	i.Created, i.Ended = store.Time(created), store.Time(ended)
	return i, err
}

// List reads the imports of an organisation, the newest first, without what is
// sealed.
func (d *Imports) List(ctx context.Context, r store.Reader, org id.Org, limit int) ([]Import, error) {
	return store.Collect(ctx, r, func(row store.Row) (Import, error) { return scan(org, row) },
		"SELECT "+columns+" FROM chat_import WHERE org_id = ? ORDER BY id DESC LIMIT ?", org, int64(limit))
}

// Get reads one import, with Survey and Plan as long as its file is here.
func (d *Imports) Get(ctx context.Context, org id.Org, at id.Import) (Import, error) {
	i, _, err := d.get(ctx, org, at)
	return i, err
}

func (d *Imports) get(ctx context.Context, org id.Org, at id.Import) (Import, *blob.File, error) {
	i, err := scan(org, d.DB.QueryRow(ctx, "SELECT "+columns+" FROM chat_import WHERE org_id = ? AND id = ?", org, at))
	if err != nil {
		return i, nil, err
	}
	f, err := d.Box.Open(ctx, org, at)
	if errors.Is(err, blob.ErrNotFound) {
		return i, nil, nil
	}
	if err != nil {
		return i, nil, err
	}
	plain, err := f.Keys().Open(detailContext, i.ID, i.detail)
	if err != nil {
		return i, nil, fmt.Errorf("open what was chosen about a chat: %w", err)
	}
	var known detail
	err = json.Unmarshal(plain, &known)
	i.Survey, i.Plan = known.Survey, known.Plan
	return i, f, err
}

// Sample reads the first messages as the plan understands them, to be looked
// at before anything is imported.
func (d *Imports) Sample(ctx context.Context, i Import, most int) ([]transcript.Message, error) {
	f, err := d.Box.Open(ctx, i.Org, i.ID)
	if err != nil {
		return nil, err
	}
	e, err := openExport(ctx, f)
	if err != nil {
		return nil, err
	}
	text, err := e.text()
	if err != nil {
		return nil, err
	}
	defer func() { _ = text.Close() }()
	r := transcript.NewReader(text, i.Plan.Order, d.Location)
	var all []transcript.Message
	for len(all) < most {
		m, err := r.Next()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return nil, explain(err)
		}
		if m.Kind != transcript.System {
			all = append(all, m)
		}
	}
	return all, nil
}

// Start begins to import a chat by a plan. A plan that cannot be used is a
// Fault.
func (d *Imports) Start(ctx context.Context, w store.Writer, org id.Org, at id.Import, p Plan) (Fault, error) {
	i, f, err := d.get(ctx, org, at)
	if err != nil {
		return "", err
	}
	if f == nil || i.State != Staged {
		return "", ErrState
	}
	if fault := p.check(i.Survey); fault != "" {
		return fault, nil
	}
	erased, err := d.Tombstones.Erased(ctx, d.DB, org, "phone", p.Phone)
	if err != nil {
		return "", err
	}
	if erased {
		return IsErased, nil
	}
	p.Country = i.Plan.Country
	i.Plan = p
	sealed, err := sealDetail(f, i)
	if err != nil {
		return "", err
	}
	left := false
	err = w.Write(ctx, func(ctx context.Context, tx store.Tx) error {
		who, err := d.People.WhoLeft(ctx, tx, org, p.Phone)
		if err != nil {
			return err
		}
		if left = !who[0].IsZero(); left {
			return d.People.Ask(ctx, tx, org, who[0], p.Phone, contact.ByImport)
		}
		name := p.Them
		if sameName(name, "+"+p.Phone, p.Country) {
			name = ""
		}
		k, err := d.People.Person(ctx, tx, org, p.Phone, name)
		if err != nil {
			return err
		}
		n, err := tx.Exec(ctx, "UPDATE chat_import SET state = ?, detail = ?, contact_id = ?, channel_id = ? WHERE org_id = ? AND id = ? AND state = ?",
			string(Running), sealed, k.ID, p.Channel, org, at, string(Staged))
		if err == nil && n == 0 {
			err = ErrState
		}
		if err != nil {
			return err
		}
		return d.Jobs.Add(ctx, tx, org, job, at)
	})
	if err == nil && left {
		return IsLeft, nil
	}
	return "", err
}

// Discard deletes an export that shall not be imported.
func (d *Imports) Discard(ctx context.Context, w store.Writer, org id.Org, at id.Import) error {
	return w.Write(ctx, func(ctx context.Context, tx store.Tx) error {
		if err := d.move(ctx, tx, org, at, Discarded, Staged); err != nil {
			return err
		}
		return d.Box.Delete(ctx, tx, org, at)
	})
}

func (d *Imports) move(ctx context.Context, tx store.Tx, org id.Org, at id.Import, to State, from ...State) error {
	i, err := scan(org, tx.QueryRow(ctx, "SELECT "+columns+" FROM chat_import WHERE org_id = ? AND id = ?", org, at))
	if err != nil {
		return err
	}
	if !slices.Contains(from, i.State) {
		return ErrState
	}
	_, err = tx.Exec(ctx, "UPDATE chat_import SET state = ?, ended_at = ? WHERE org_id = ? AND id = ?", string(to), store.Micros(d.Now()), org, at)
	return err
}

// ended deletes the file, and proves what was done.
func (d *Imports) ended(ctx context.Context, tx store.Tx, j jobs.Job) error {
	to := Done
	if j.State == jobs.Failed {
		to = Failed
	}
	if err := d.move(ctx, tx, j.Org, id.Import(j.Subject), to, Running); err != nil {
		return err
	}
	if err := d.Box.Delete(ctx, tx, j.Org, j.Subject); err != nil {
		return err
	}
	return d.Ledger.Append(ctx, tx, j.Org, evidence.Entry{ID: id.Entry(d.IDs.New()), Kind: "chat." + string(to), At: d.Now(),
		Record: map[string]any{"import": j.Subject.String(), "counts": j.Counts, "problem": j.Problem}})
}

// Progress is how far the import is.
func (d *Imports) Progress(ctx context.Context, r store.Reader, org id.Org, at id.Import) (jobs.Job, error) {
	all, err := d.Jobs.Of(ctx, r, org, at)
	if err != nil || len(all) == 0 {
		return jobs.Job{}, err
	}
	return all[0], nil
}

// Expire marks imports whose file has been forgotten meanwhile.
func (d *Imports) Expire(ctx context.Context, tx store.Tx, org id.Org, now time.Time) error {
	_, err := tx.Exec(ctx, "UPDATE chat_import SET state = 'discarded' WHERE org_id = ? AND state = 'staged' AND created_at < ?", org, store.Micros(now.Add(-blob.Life)))
	return err
}

// Merge moves what is kept about a person to the person she turned out to be.
func (d *Imports) Merge(ctx context.Context, tx store.Tx, org id.Org, from, into id.Person) error {
	_, err := tx.Exec(ctx, "UPDATE chat_import SET contact_id = ? WHERE org_id = ? AND contact_id = ?", into, org, from)
	return err
}

// Erase deletes whose chats were imported.
func (d *Imports) Erase(ctx context.Context, tx store.Tx, org id.Org, person id.Person) (int64, bool, error) {
	_, err := tx.Exec(ctx, "UPDATE chat_import SET contact_id = NULL WHERE org_id = ? AND contact_id = ?", org, person)
	return 0, false, err
}
