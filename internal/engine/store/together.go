package store

import (
	"context"
	"errors"
	"reflect"
	"runtime/debug"
	"strings"
	"sync"
)

// Together reads what does not depend on each other in few trips to the
// database. Each piece is ordinary reading, one query after the other, through
// DB and the context that it is given. The first queries of all pieces travel
// together, then the second ones, and so on: there are as many trips as the
// longest piece has queries, whoever's tables they read. A piece may divide
// itself by calling Together again.
//
// Pieces run at the same time, so they must not touch the same variables, and
// they do not write. What a query finds is held in memory until it is read; what
// may be large is read outside. The error is that of the first piece, in the
// order given, that has one; nothing is read any more once one has.
//
// PostgreSQL is sent each round in one message. SQLite is no trip away, so its
// pieces run one after the other; [Counting] counts the same for both.
func (db *DB) Together(ctx context.Context, pieces ...func(context.Context) error) error {
	outer, _ := ctx.Value(partKey{}).(*part)
	if outer != nil && outer.gathering.db != db {
		outer = nil
	}
	if s, far := db.engine.(sender); far {
		g := &gathering{db: db, sender: s}
		if outer != nil {
			g = outer.gathering
		}
		return g.run(ctx, outer != nil, pieces)
	}
	p := &part{gathering: &gathering{db: db}}
	if outer != nil {
		p = outer
	} else {
		p.gathering.trips, _ = ctx.Value(tripsKey{}).(*Trips)
	}
	return p.inTurn(ctx, pieces)
}

// Together is [DB.Together] for whoever may be given a transaction as well: in
// one, everything is read one after the other.
func Together(ctx context.Context, r Reader, pieces ...func(context.Context) error) error {
	if db, outside := r.(*DB); outside {
		return db.Together(ctx, pieces...)
	}
	for _, piece := range pieces {
		if err := piece(ctx); err != nil {
			return err
		}
	}
	return nil
}

// sender is an engine that answers many questions in one trip.
type sender interface {
	ask(ctx context.Context, all []*question)
}

// question is one query of a round, and what came of it.
type question struct {
	text  string
	args  []any
	found answer
	err   error
	ready chan struct{}
}

// answer is all rows of a query.
type answer interface{ rows() Rows }

// gathering is one call of Together, with all inside it.
type gathering struct {
	db     *DB
	sender sender

	mu     sync.Mutex
	busy   int // pieces of which it is not known yet what they ask next
	asked  []*question
	failed bool

	trips  *Trips // SQLite
	rounds []int  // where each round stands among the statements
}

// part is one piece of a gathering, as its queries see it.
type part struct {
	gathering *gathering
	at        int // queries so far
}

type partKey struct{}

// partOf is the piece of Together in which a query is asked, or nil.
func (db *DB) partOf(ctx context.Context) *part {
	p, _ := ctx.Value(partKey{}).(*part)
	if p == nil || p.gathering.db != db {
		return nil
	}
	return p
}

// run has all pieces at work at once. Inside of another piece, that one rests
// meanwhile, and goes on in the place of the last of them.
func (g *gathering) run(ctx context.Context, inside bool, pieces []func(context.Context) error) error {
	if len(pieces) == 0 {
		return nil
	}
	g.mu.Lock()
	g.busy += len(pieces)
	if inside {
		g.busy--
	}
	g.mu.Unlock()
	errs, left := make([]error, len(pieces)), len(pieces)
	var all sync.WaitGroup
	for i, piece := range pieces {
		all.Go(func() {
			errs[i] = safely(context.WithValue(ctx, partKey{}, &part{gathering: g}), piece)
			g.mu.Lock()
			defer g.mu.Unlock()
			g.failed = g.failed || errs[i] != nil
			if left--; left > 0 {
				g.rest(ctx)
			}
		})
	}
	all.Wait()
	return firstOf(errs)
}

func firstOf(errs []error) error {
	for _, err := range errs {
		if err == nil || errors.Is(err, errNotAsked) {
			continue
		}
		return err
	}
	return errors.Join(errs...)
}

// errNotAsked ends a piece beside which another one has failed.
var errNotAsked = errors.New("not asked: what was read beside it failed")

// safely runs a piece; a panic in it is an error, as in a write.
func safely(ctx context.Context, piece func(context.Context) error) (err error) {
	defer func() {
		if p := recover(); p != nil {
			err = &PanicError{At: "a piece of reading", Stack: debug.Stack(), cause: p}
		}
	}()
	return piece(ctx)
}

// query waits until all other pieces are about to ask as well, or have ended.
func (p *part) query(ctx context.Context, text string, args []any) (Rows, error) {
	g := p.gathering
	if g.sender == nil {
		if err := g.noteInTurn(p, text); err != nil {
			return nil, err
		}
		return reading{g.db.engine, g.db}.Query(uncounted(ctx), text, args...)
	}
	q := &question{text: text, args: args, ready: make(chan struct{})}
	g.mu.Lock()
	if g.failed {
		g.mu.Unlock()
		return nil, errNotAsked
	}
	g.asked = append(g.asked, q)
	g.rest(ctx)
	g.mu.Unlock()
	<-q.ready
	if q.err != nil {
		return nil, q.err
	}
	return q.found.rows(), nil
}

// rest counts one piece out. The last one that was busy sends what all have
// asked for. The lock is held, but not while the database is asked.
func (g *gathering) rest(ctx context.Context) {
	g.busy--
	if g.busy > 0 || len(g.asked) == 0 {
		return
	}
	all := g.asked
	g.asked = nil
	g.busy = len(all)
	g.mu.Unlock()
	g.send(ctx, all)
	g.mu.Lock()
}

func (g *gathering) send(ctx context.Context, all []*question) {
	var different []*question
	twins := map[*question]*question{}
	for _, q := range all {
		if before := twin(different, q); before != nil {
			twins[q] = before
			continue
		}
		different = append(different, q)
	}
	texts := make([]string, len(different))
	for i, q := range different {
		texts[i] = q.text
	}
	failed := counted(ctx, strings.Join(texts, "\n   + "))
	within, w := waiting(ctx, g.db.life)
	if failed == nil {
		g.sender.ask(within, different)
	}
	for _, q := range different {
		q.err = g.db.explain(w.explain(errors.Join(failed, q.err)))
	}
	w.end()
	for _, q := range all {
		if before := twins[q]; before != nil {
			q.found, q.err = before.found, before.err
		}
		close(q.ready)
	}
}

// twin finds the same question among those of a round.
func twin(all []*question, q *question) *question {
	for _, before := range all {
		if before.text == q.text && reflect.DeepEqual(before.args, q.args) {
			return before
		}
	}
	return nil
}

// inTurn runs pieces one after the other, and counts as if they ran at once.
func (p *part) inTurn(ctx context.Context, pieces []func(context.Context) error) error {
	began, last := p.at, p.at
	for _, piece := range pieces {
		one := &part{gathering: p.gathering, at: began}
		if err := safely(context.WithValue(ctx, partKey{}, one), piece); err != nil {
			return err
		}
		last = max(last, one.at)
	}
	p.at = last
	return nil
}

// noteInTurn counts a query of a round: the first one is a trip, the others
// travel with it.
func (g *gathering) noteInTurn(p *part, text string) error {
	at := p.at
	p.at++
	if g.trips == nil {
		return nil
	}
	g.trips.mu.Lock()
	defer g.trips.mu.Unlock()
	if at < len(g.rounds) {
		g.trips.statements[g.rounds[at]] += "\n   + " + text
		return g.trips.failure(text)
	}
	g.rounds = append(g.rounds, len(g.trips.statements))
	g.trips.statements = append(g.trips.statements, text)
	return g.trips.failure(text)
}

// firstRow is the first of rows that are there, for QueryRow.
type firstRow struct {
	rows Rows
	err  error
}

func (r firstRow) Scan(dest ...any) error {
	if r.err != nil {
		return r.err
	}
	defer r.rows.Close()
	if !r.rows.Next() {
		if err := r.rows.Err(); err != nil {
			return err
		}
		return ErrNoRows
	}
	return r.rows.Scan(dest...)
}
