package store

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"

	"github.com/jackc/pgx/v5/pgxpool"
)

// ErrPooled says that transactions of one connection are not of one session.
var ErrPooled = errors.New("between Einklang and PostgreSQL stands a pooler (such as PgBouncer) that gives each transaction another session. " +
	"Einklang needs the same one for as long as a connection lasts: for prepared statements, locks, and signals between nodes. " +
	"Set pool_mode = session for this database, or name the address of PostgreSQL itself")

const sessionMark = "einklang.session"

// sameSession finds out whether what one connection sets stays with it: another
// one must not see it, and it must be there again after others had their turn.
func sameSession(ctx context.Context, pool *pgxpool.Pool) error {
	if pool.Config().MaxConns < 2 {
		return nil
	}
	a, err := pool.Acquire(ctx)
	if err != nil {
		return err
	}
	defer a.Release()
	b, err := pool.Acquire(ctx)
	if err != nil {
		return err
	}
	defer b.Release()
	mark := rand.Text()
	read := "SELECT current_setting('" + sessionMark + "', true)"
	if _, err := simply(ctx, a, "SET "+sessionMark+" = '"+mark+"'"); err != nil {
		return err
	}
	others, err := simply(ctx, b, "BEGIN; "+read)
	if err != nil {
		return err
	}
	own, err := simply(ctx, a, read)
	if err != nil {
		return err
	}
	if _, err := simply(ctx, b, "ROLLBACK"); err != nil {
		return err
	}
	if others == mark || own != mark {
		return ErrPooled
	}
	return nil
}

// simply asks without a prepared statement, which a pooler may not know, and
// returns the last value of the answer.
func simply(ctx context.Context, c *pgxpool.Conn, text string) (last string, err error) {
	results, err := c.Conn().PgConn().Exec(ctx, text).ReadAll()
	if err != nil {
		return "", fmt.Errorf("ask for the session: %w", err)
	}
	for _, r := range results {
		for _, row := range r.Rows {
			last = string(row[0])
		}
	}
	return last, nil
}
