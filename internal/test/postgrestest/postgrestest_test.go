package postgrestest_test

import (
	"context"
	"net/url"
	"os"
	"testing"

	"github.com/jackc/pgx/v5"

	"einklang/internal/test/postgrestest"
)

func connect(t *testing.T, u string) *pgx.Conn {
	t.Helper()
	c, err := pgx.Connect(t.Context(), u)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = c.Close(context.Background()) })
	return c
}

func exec(t *testing.T, c *pgx.Conn, statement string) {
	t.Helper()
	if _, err := c.Exec(t.Context(), statement); err != nil {
		t.Fatalf("%s: %v", statement, err)
	}
}

func TestEveryTestHasItsOwnEmptyDatabase(t *testing.T) {
	a, b := postgrestest.URL(t), postgrestest.URL(t)
	if a == b {
		t.Fatal("two databases with one URL")
	}
	for _, u := range []string{a, b} {
		exec(t, connect(t, u), "CREATE TABLE only_once (n bigint)")
	}
}

func TestDatabaseGoesWithItsTest(t *testing.T) {
	var u string
	t.Run("use", func(t *testing.T) { u = postgrestest.URL(t) })
	if _, err := pgx.Connect(t.Context(), u); err == nil {
		t.Fatal("the database is still there after its test")
	}
}

func TestCommittedRowsSurviveStopAndKill(t *testing.T) {
	s := postgrestest.Start(t, postgrestest.Durable)
	u := s.Database(t)
	exec(t, connect(t, u), "CREATE TABLE kept (n bigint)")
	for i, end := range []func() error{s.Stop, s.Kill} {
		exec(t, connect(t, u), "INSERT INTO kept VALUES (1)")
		if err := end(); err != nil {
			t.Fatal(err)
		}
		if _, err := pgx.Connect(t.Context(), u); err == nil {
			t.Fatal("the server still answers after its end")
		}
		if err := s.Start(); err != nil {
			t.Fatal(err)
		}
		var n int
		if err := connect(t, u).QueryRow(t.Context(), "SELECT count(*) FROM kept").Scan(&n); err != nil {
			t.Fatal(err)
		}
		if n != i+1 {
			t.Fatalf("%d rows after end %d, want %d", n, i, i+1)
		}
	}
}

func TestDurabilityReachesTheServer(t *testing.T) {
	for _, d := range []postgrestest.Durability{postgrestest.Durable, postgrestest.Fast} {
		s := postgrestest.Start(t, d)
		var got string
		if err := connect(t, s.URL()).QueryRow(t.Context(), "SHOW fsync").Scan(&got); err != nil {
			t.Fatal(err)
		}
		if got != string(d) {
			t.Errorf("fsync = %s, want %s", got, d)
		}
	}
}

func TestCloseRemovesTheFolder(t *testing.T) {
	s, err := postgrestest.Launch(postgrestest.Fast)
	if err != nil {
		t.Fatal(err)
	}
	u, err := url.Parse(s.URL())
	if err != nil {
		t.Fatal(err)
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	if _, err := os.Stat(u.Query().Get("host")); !os.IsNotExist(err) {
		t.Fatalf("folder after Close: %v, want it gone", err)
	}
}
