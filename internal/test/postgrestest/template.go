package postgrestest

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"testing"

	"github.com/jackc/pgx/v5"
)

// Template is what many databases begin with. It is filled once on a server,
// and each test gets a copy, which takes a fraction of the time.
type Template struct {
	// Name is that of the database on the server. Test processes that share a
	// server share it by this name, so it has to change with what is filled in.
	Name string
	// Fill gets the URL of an empty database. It leaves no connection open:
	// PostgreSQL copies only what nobody uses.
	Fill func(ctx context.Context, url string) error

	once sync.Once
	err  error
}

// Copy returns the URL of a copy on the shared server. It is removed when the
// test ends.
func (t *Template) Copy(tb testing.TB) string {
	tb.Helper()
	s, err := shared()
	if err != nil {
		tb.Fatal(err)
	}
	if t.once.Do(func() { t.err = t.make(s.url) }); t.err != nil {
		tb.Fatal(t.err)
	}
	u, name, err := create(s.url, t.Name)
	if err != nil {
		tb.Fatal(err)
	}
	removeAfter(tb, s.url, name)
	return u
}

// templateLock parts the processes that want to make a template at once.
const templateLock = 2_604_118_377

// make makes the template unless another process has. It gets its name last,
// so what has the name is whole.
func (t *Template) make(base string) (err error) {
	ctx, cancel := context.WithTimeout(context.Background(), timeout)
	defer cancel()
	c, err := pgx.Connect(ctx, base)
	if err != nil {
		return fmt.Errorf("connecting to the test PostgreSQL: %w", err)
	}
	defer func() { err = errors.Join(err, c.Close(ctx)) }() // and with it goes the lock
	if _, err := c.Exec(ctx, "SELECT pg_advisory_lock($1)", templateLock); err != nil {
		return fmt.Errorf("waiting for the template %s: %w", t.Name, err)
	}
	var there bool
	if err := c.QueryRow(ctx, "SELECT EXISTS (SELECT 1 FROM pg_database WHERE datname = $1)", t.Name).Scan(&there); err != nil || there {
		return err
	}
	u, name, err := create(base, plain)
	if err != nil {
		return err
	}
	if err := t.Fill(ctx, u); err != nil {
		return fmt.Errorf("filling the template %s: %w", t.Name, err)
	}
	if _, err := c.Exec(ctx, "ALTER DATABASE "+name+" RENAME TO "+t.Name); err != nil {
		return fmt.Errorf("naming the template %s: %w", t.Name, err)
	}
	return nil
}
