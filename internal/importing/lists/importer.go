package lists

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"slices"
	"time"

	"einklang/internal/consent/optin"
	"einklang/internal/engine/blob"
	"einklang/internal/engine/evidence"
	"einklang/internal/engine/jobs"
	"einklang/internal/engine/store"
	"einklang/internal/importing/lists/table"
	"einklang/internal/person/chat"
	"einklang/internal/person/contact"
	"einklang/internal/rule/id"
	"einklang/internal/rule/pii"
)

// MaxFile is how large a list may be, in bytes.
const MaxFile = 256 << 20

// The errors that a caller branches on.
var (
	ErrNotFound = errors.New("no such import")
	ErrState    = errors.New("the import is not in a state for this")
)

// State is where an import stands.
type State string

// The states.
//
//	staged → checking → checked → running → done → undoing → undone
//	                  ↘ failed ↙          ↘ failed
const (
	Staged    State = "staged"   // the file is here
	Checking  State = "checking" // all rows are being read
	Checked   State = "checked"  // what would become of the rows is known
	Running   State = "running"
	Done      State = "done"
	Undoing   State = "undoing"
	Undone    State = "undone"
	Failed    State = "failed"
	Discarded State = "discarded" // the file was deleted without an import
)

// Import is an import.
type Import struct {
	Org     id.Org
	ID      id.Import
	Format  table.Format
	State   State
	Plan    Plan
	Staff   id.Account // who began it
	Second  id.Account // who granted that its consents are taken over, where two must
	Created time.Time
	Ended   time.Time
}

// People is the book of people.
type People interface {
	Resolve(ctx context.Context, tx store.Tx, org id.Org, seen []contact.Sighting) ([]*chat.Known, error)
	GetMany(ctx context.Context, r store.Reader, org id.Org, people []id.Person) (map[id.Person]*chat.Known, error)
	Country(ctx context.Context, r store.Reader, org id.Org) (string, error) // of numbers without a country code
	WhoLeft(ctx context.Context, tx store.Tx, org id.Org, numbers ...string) ([]id.Person, error)
	Ask(ctx context.Context, tx store.Tx, org id.Org, left id.Person, number string, by contact.Naming) error
}

// Consents records what people have agreed to.
type Consents interface {
	Grant(ctx context.Context, tx store.Tx, org id.Org, p *chat.Known, e optin.Event) (optin.Taken, error)
	NeedsSecond(ctx context.Context, r store.Reader, org id.Org, path optin.Source) (bool, error)
	Withdraw(ctx context.Context, tx store.Tx, org id.Org, p *chat.Known, e optin.Event) (id.Consent, error)
	States(ctx context.Context, r store.Reader, org id.Org, person id.Person) ([]optin.State, error)
}

// Tombstones tell who was erased at her own wish.
type Tombstones interface {
	// Erased reports whether an identity of a kind ("phone", as E.164 digits)
	// belongs to an erased person.
	Erased(ctx context.Context, r store.Reader, org id.Org, kind, value string) (bool, error)
}

// Removal takes people out of the book again.
type Removal interface {
	// Untouched reports whether nothing is kept about a person but so many
	// consent events.
	Untouched(ctx context.Context, r store.Reader, org id.Org, person id.Person, consents int64) (bool, error)
	// Remove deletes a person and destroys her keys, without a tombstone: the
	// mended list may bring her back.
	Remove(ctx context.Context, tx store.Tx, org id.Org, person id.Person) error
}

// Notices knows who has which privacy notice.
type Notices interface {
	// HandedAll records that people were informed by other means than a message.
	HandedAll(ctx context.Context, tx store.Tx, org id.Org, people []id.Person, at time.Time) error
}

// Parts are what the desk works with.
type Parts struct {
	Notices    Notices
	DB         *store.DB
	IDs        *id.Source
	Now        func() time.Time
	Location   *time.Location // of dates without a time zone
	Jobs       *jobs.Runner
	Box        *blob.Box
	People     People
	Consents   Consents
	Labels     Sorter
	Attributes Attributes
	Tombstones Tombstones
	Removal    Removal
	Ledger     evidence.Ledger
}

// Imports imports people.
type Imports struct{ Parts }

// The kinds of job.
const (
	checkJob = "import.check"
	runJob   = "import.run"
	undoJob  = "import.undo"
)

// New makes Imports and tells the runner how its jobs are done.
func New(p Parts) *Imports {
	d := &Imports{p}
	d.Jobs.Handle(checkJob, jobs.Kind{Open: d.openCheck, Ended: d.ended(Checked)})
	d.Jobs.Handle(runJob, jobs.Kind{Open: d.openRun, Ended: d.ended(Done)})
	d.Jobs.Handle(undoJob, jobs.Kind{Open: d.openUndo, Ended: d.ended(Undone)})
	return d
}

// Stage takes in a file and proposes how to read it. A file that cannot be
// read is deleted at once; the error is then a *table.Error.
func (d *Imports) Stage(ctx context.Context, w store.Writer, org id.Org, staff id.Account, name string, r io.Reader) (Import, error) {
	i := Import{Org: org, ID: id.Import(d.IDs.New()), State: Staged, Staff: staff, Created: d.Now()}
	f, err := d.Box.Put(ctx, org, i.ID, name, r, MaxFile)
	if err != nil {
		return i, err
	}
	country, err := d.People.Country(ctx, d.DB, org)
	if err == nil {
		err = d.propose(ctx, f, &i, country)
	}
	if err == nil {
		err = w.Write(ctx, func(ctx context.Context, tx store.Tx) error { return d.insert(ctx, tx, i) })
	}
	if err != nil {
		ctx = context.WithoutCancel(ctx)
		return i, errors.Join(err, d.DB.Write(ctx, func(ctx context.Context, tx store.Tx) error { return d.Box.Delete(ctx, tx, org, i.ID) }))
	}
	return i, nil
}

func (d *Imports) propose(ctx context.Context, f *blob.File, i *Import, country string) error {
	file := f.Reader(ctx)
	var err error
	if i.Format, err = table.Detect(file); err != nil {
		return err
	}
	rows, err := table.Open(i.Format, file, f.Size)
	if err != nil {
		return err
	}
	first, err := rows.Next()
	if errors.Is(err, io.EOF) {
		return blob.ErrEmpty
	}
	if err != nil {
		return err
	}
	all, err := d.Attributes.List(ctx, d.DB, i.Org)
	i.Plan = Suggest(i.Format, first.Cells, country, all)
	return err
}

func (d *Imports) insert(ctx context.Context, tx store.Tx, i Import) error {
	plan, err := json.Marshal(i.Plan)
	if err != nil {
		return err
	}
	_, err = tx.Exec(ctx, "INSERT INTO import (org_id, id, format, state, plan, staff_id, created_at, ended_at) VALUES (?, ?, ?, ?, ?, ?, ?, 0)",
		i.Org, i.ID, string(i.Format), string(i.State), string(plan), i.Staff, store.Micros(i.Created))
	if err != nil {
		return fmt.Errorf("stage an import: %w", err)
	}
	return nil
}

const columns = "id, format, state, plan, staff_id, second_id, created_at, ended_at"

func scan(org id.Org, row store.Row) (Import, error) {
	i := Import{Org: org}
	var plan string
	var created, ended int64
	err := row.Scan(&i.ID, &i.Format, &i.State, &plan, &i.Staff, &i.Second, &created, &ended)
	if errors.Is(err, store.ErrNoRows) {
		return i, ErrNotFound
	}
	if err != nil {
		return i, fmt.Errorf("read an import: %w", err)
	}
	i.Created, i.Ended = store.Time(created), store.Time(ended)
	return i, json.Unmarshal([]byte(plan), &i.Plan)
}

// Get reads one import.
func (d *Imports) Get(ctx context.Context, r store.Reader, org id.Org, at id.Import) (Import, error) {
	return scan(org, r.QueryRow(ctx, "SELECT "+columns+" FROM import WHERE org_id = ? AND id = ?", org, at))
}

// List reads the imports of an organisation, the newest first.
func (d *Imports) List(ctx context.Context, r store.Reader, org id.Org, limit int) ([]Import, error) {
	return store.Collect(ctx, r, func(row store.Row) (Import, error) { return scan(org, row) },
		"SELECT "+columns+" FROM import WHERE org_id = ? ORDER BY id DESC LIMIT ?", org, int64(limit))
}

// Sample is the beginning of a file: the titles of its columns, and its first
// rows as they are and as the plan understands them.
type Sample struct {
	pii.Personal
	Titles  []string // nil: the columns have no titles
	Rows    []table.Row
	Entries []Entry
}

// Sample reads the first rows of a file.
func (d *Imports) Sample(ctx context.Context, i Import, most int) (Sample, error) {
	var s Sample
	rows, _, err := d.open(ctx, &i)
	if err != nil {
		return s, err
	}
	for first := true; len(s.Rows) < most; first = false {
		row, err := rows.Next()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return s, err
		}
		if first && i.Plan.Titled {
			s.Titles = row.Cells
			continue
		}
		s.Rows = append(s.Rows, row)
		s.Entries = append(s.Entries, i.Plan.Read(row, d.Now(), d.Location))
	}
	return s, nil
}

// open begins to read a file, by the attributes that there are now.
func (d *Imports) open(ctx context.Context, i *Import) (table.Reader, *blob.File, error) {
	f, err := d.Box.Open(ctx, i.Org, i.ID)
	if err != nil {
		return nil, nil, err
	}
	if i.Plan.Attributes, err = d.Attributes.List(ctx, d.DB, i.Org); err != nil {
		return nil, nil, err
	}
	rows, err := table.Open(i.Format, f.Reader(ctx), f.Size)
	return rows, f, err
}

// Check stores a plan and begins to read all rows by it, without importing
// anything. A plan that cannot be used is a Fault.
func (d *Imports) Check(ctx context.Context, w store.Writer, org id.Org, at id.Import, p Plan) (Fault, error) {
	var err error
	if p.Attributes, err = d.Attributes.List(ctx, d.DB, org); err != nil {
		return "", err
	}
	if fault := p.Check(); fault != "" {
		return fault, nil
	}
	plan, err := json.Marshal(p)
	if err != nil {
		return "", err
	}
	return "", w.Write(ctx, func(ctx context.Context, tx store.Tx) error {
		if err := d.move(ctx, tx, org, at, Checking, Staged, Checked); err != nil {
			return err
		}
		if _, err := tx.Exec(ctx, "UPDATE import SET plan = ? WHERE org_id = ? AND id = ?", string(plan), org, at); err != nil {
			return err
		}
		return d.Jobs.Add(ctx, tx, org, checkJob, at)
	})
}

// Start begins to import what was checked. Second is who granted that its
// consents are taken over; without her, where two must see them, they are left
// out.
func (d *Imports) Start(ctx context.Context, w store.Writer, org id.Org, at id.Import, second id.Account) error {
	return w.Write(ctx, func(ctx context.Context, tx store.Tx) error {
		if err := d.move(ctx, tx, org, at, Running, Checked); err != nil {
			return err
		}
		if _, err := tx.Exec(ctx, "UPDATE import SET second_id = ? WHERE org_id = ? AND id = ?", second, org, at); err != nil {
			return err
		}
		return d.Jobs.Add(ctx, tx, org, runJob, at)
	})
}

// Undo begins to take back an import: its consents are withdrawn, and people
// about whom nothing else is known are removed.
func (d *Imports) Undo(ctx context.Context, w store.Writer, org id.Org, at id.Import) error {
	return w.Write(ctx, func(ctx context.Context, tx store.Tx) error {
		if err := d.move(ctx, tx, org, at, Undoing, Done, Failed); err != nil {
			return err
		}
		return d.Jobs.Add(ctx, tx, org, undoJob, at)
	})
}

// Discard deletes a file that shall not be imported.
func (d *Imports) Discard(ctx context.Context, w store.Writer, org id.Org, at id.Import) error {
	return w.Write(ctx, func(ctx context.Context, tx store.Tx) error {
		if err := d.move(ctx, tx, org, at, Discarded, Staged, Checked); err != nil {
			return err
		}
		return d.Box.Delete(ctx, tx, org, at)
	})
}

// move changes the state, from one of those given.
func (d *Imports) move(ctx context.Context, tx store.Tx, org id.Org, at id.Import, to State, from ...State) error {
	i, err := d.Get(ctx, tx, org, at)
	if err != nil {
		return err
	}
	if !slices.Contains(from, i.State) {
		return ErrState
	}
	n, err := tx.Exec(ctx, "UPDATE import SET state = ?, ended_at = ? WHERE org_id = ? AND id = ? AND state = ?",
		string(to), store.Micros(d.Now()), org, at, string(i.State))
	if err == nil && n == 0 {
		err = ErrState
	}
	return err
}

// ended notes that a job of an import has ended. The file goes as soon as
// nothing more is to be read from it.
func (d *Imports) ended(good State) func(context.Context, store.Tx, jobs.Job) error {
	return func(ctx context.Context, tx store.Tx, j jobs.Job) error {
		to := good
		if j.State == jobs.Failed {
			to = Failed
		}
		if err := d.move(ctx, tx, j.Org, id.Import(j.Subject), to, Checking, Running, Undoing); err != nil {
			return err
		}
		if to == Checked {
			return nil
		}
		if err := d.Box.Delete(ctx, tx, j.Org, j.Subject); err != nil {
			return err
		}
		return d.Ledger.Append(ctx, tx, j.Org, evidence.Entry{ID: id.Entry(d.IDs.New()), Kind: "import." + string(to), At: d.Now(),
			Record: map[string]any{"import": j.Subject.String(), "counts": j.Counts, "problem": j.Problem}})
	}
}

// Progress is how far the newest job of an import is.
func (d *Imports) Progress(ctx context.Context, r store.Reader, org id.Org, at id.Import) (jobs.Job, error) {
	all, err := d.Jobs.Of(ctx, r, org, at)
	if err != nil || len(all) == 0 {
		return jobs.Job{}, err
	}
	return all[0], nil
}

// Expire marks imports whose file has been forgotten meanwhile.
func (d *Imports) Expire(ctx context.Context, tx store.Tx, org id.Org, now time.Time) error {
	_, err := tx.Exec(ctx, "UPDATE import SET state = 'discarded' WHERE org_id = ? AND state IN ('staged', 'checked') AND created_at < ?", org, store.Micros(now.Add(-blob.Life)))
	return err
}
