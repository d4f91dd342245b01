package lists

import (
	"context"
	"errors"
	"io"
	"maps"
	"slices"

	"einklang/internal/engine/blob"
	"einklang/internal/engine/jobs"
	"einklang/internal/engine/store"
	"einklang/internal/importing/lists/table"
	"einklang/internal/rule/id"
)

// How many rows are a batch: reading takes no transaction, writing does.
const (
	checkBatch = 5000
	runBatch   = 100
)

// The counts of a job; refusals and omissions are counted by their codes too,
// under CountCode + code.
const (
	CountRows     = "rows"
	CountCreated  = "created"
	CountKnown    = "known"
	CountRefused  = "refused"
	CountConsents = "consents"
	CountLabels   = "labels"  // given to people
	CountValues   = "values"  // of attributes
	CountRemoved  = "removed" // of an undo
	CountKept     = "kept"    // …: something else is known about the person
	CountCode     = "code."
)

// reading is the work on the rows of a file.
type reading struct {
	desk     *Imports
	imported Import
	rows     table.Reader
	position int64 // rows read, the titles included
	size     int
	apply    func(entries []Entry) func(context.Context, store.Tx, map[string]int64) error
}

// openReading opens the file and goes to the position of the job.
func (d *Imports) openReading(ctx context.Context, j jobs.Job) (*reading, error) {
	i, err := d.Get(ctx, d.DB, j.Org, id.Import(j.Subject))
	if err != nil {
		return nil, err
	}
	rows, _, err := d.open(ctx, &i)
	if err != nil {
		return nil, fatal(err)
	}
	r := &reading{desk: d, imported: i, rows: rows}
	for r.position < j.Position {
		if _, err := rows.Next(); err != nil {
			return nil, fatal(err)
		}
		r.position++
	}
	return r, nil
}

// fatal makes what is wrong with a file end the job.
func fatal(err error) error {
	var known *table.Error
	switch {
	case errors.As(err, &known):
		return jobs.Fail(known.Code, err)
	case errors.Is(err, blob.ErrNotFound):
		return jobs.Fail("file_gone", err)
	}
	return err
}

// Close ends the work.
func (r *reading) Close() error { return nil }

// Next reads the next rows.
func (r *reading) Next(ctx context.Context) (jobs.Batch, error) {
	b := jobs.Batch{}
	entries := make([]Entry, 0, r.size)
	now := r.desk.Now()
	for len(entries) < r.size {
		row, err := r.rows.Next()
		if errors.Is(err, io.EOF) {
			b.Last = true
			break
		}
		if err != nil {
			return b, fatal(err)
		}
		if r.position++; r.position == 1 && r.imported.Plan.Titled {
			continue
		}
		entries = append(entries, r.imported.Plan.Read(row, now, r.desk.Location))
		if len(entries)%500 == 0 && ctx.Err() != nil {
			return b, ctx.Err()
		}
	}
	b.Position, b.Apply = r.position, r.apply(entries)
	return b, nil
}

// openCheck is the work of reading all rows without importing them.
func (d *Imports) openCheck(ctx context.Context, j jobs.Job) (jobs.Work, error) {
	r, err := d.openReading(ctx, j)
	if err != nil {
		return nil, err
	}
	r.size, r.apply = checkBatch, countOnly
	return r, nil
}

// countOnly makes a batch of nothing but counts.
func countOnly(entries []Entry) func(context.Context, store.Tx, map[string]int64) error {
	found := tally(entries)
	return func(_ context.Context, _ store.Tx, counts map[string]int64) error {
		for k, n := range found {
			counts[k] += n
		}
		return nil
	}
}

func tally(entries []Entry) map[string]int64 {
	counts := map[string]int64{}
	for _, e := range entries {
		counts[CountRows]++
		counts[CountConsents] += int64(len(e.Consents))
		counts[CountLabels] += int64(len(e.Labels))
		counts[CountValues] += int64(len(e.Values))
		if e.Refused {
			counts[CountRefused]++
		}
		if e.Code != "" {
			counts[CountCode+string(e.Code)]++
		}
	}
	return counts
}

// Codes are the codes that a job has counted, the most frequent first.
func Codes(counts map[string]int64) []Code {
	var all []Code
	for _, k := range slices.Sorted(maps.Keys(counts)) {
		if len(k) > len(CountCode) && k[:len(CountCode)] == CountCode {
			all = append(all, Code(k[len(CountCode):]))
		}
	}
	slices.SortStableFunc(all, func(a, b Code) int { return int(counts[CountCode+string(b)] - counts[CountCode+string(a)]) })
	return all
}

// openRun is the work of importing.
func (d *Imports) openRun(ctx context.Context, j jobs.Job) (jobs.Work, error) {
	r, err := d.openReading(ctx, j)
	if err != nil {
		return nil, err
	}
	r.size = runBatch
	r.apply = func(entries []Entry) func(context.Context, store.Tx, map[string]int64) error {
		return func(ctx context.Context, tx store.Tx, counts map[string]int64) error {
			return d.record(ctx, tx, r.imported, entries, counts)
		}
	}
	return r, nil
}
