package intake_test

import (
	"fmt"
	"net/http"
	"strings"
	"sync"
	"testing"

	"github.com/jackc/pgx/v5"

	"einklang/internal/engine/store"
	"einklang/internal/test/apptest"
	"einklang/internal/test/storetest"
)

// Two nodes hear a new person at the same moment. Neither message is taken for
// one that cannot be applied: she is one person with one conversation.
func TestTwoNodesHearANewPersonAtOnce(t *testing.T) {
	const people = 150
	one := apptest.Open(t, storetest.Postgres(t))
	two := one.Join(t, nil)
	var all sync.WaitGroup
	start := make([]chan struct{}, people)
	for i := range start {
		start[i] = make(chan struct{})
		for n, node := range []*apptest.Office{one, two} {
			body := apptest.Text(fmt.Sprintf("wamid.%d.%d", i, n), fmt.Sprintf("4917604069%03d", i), "Erika Mustermann", "Guten Tag", one.Clock.Now())
			all.Go(func() {
				<-start[i]
				node.Until(t, "the webhook is taken", func() bool { // like Meta: again until it is taken
					status := node.Post(t, body)
					if status != http.StatusOK && status != http.StatusServiceUnavailable {
						t.Errorf("a webhook was answered %d", status)
					}
					return status == http.StatusOK || t.Failed()
				})
			})
		}
	}
	for _, s := range start {
		close(s)
	}
	all.Wait()
	for table, want := range map[string]int{"contact": people, "conversation": people, "message": 2 * people} {
		where := ""
		if table == "message" {
			where = "outgoing = FALSE"
		}
		if n := one.Count(t, table, where); n != want {
			t.Errorf("%d rows of %s, want %d", n, table, want)
		}
	}
	if n := one.Count(t, "payload", "state <> 'applied'"); n != 0 {
		t.Errorf("%d webhooks were put aside", n)
	}
}

// What fails because of the moment is asked for again, and never put aside:
// time-outs, locks, a server that ends connections.
func TestPassingErrorsOfPostgreSQLAskForTheWebhookAgain(t *testing.T) {
	for _, c := range []struct{ name, setting, act string }{
		{"a statement takes too long", "statement_timeout=300", ""},
		{"a lock is not had in time", "lock_timeout=300", ""},
		{"the server ends the connection", "", "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND datname = current_database()"},
		{"the server cancels the query", "", "SELECT pg_cancel_backend(pid) FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND datname = current_database()"},
	} {
		t.Run(c.name, func(t *testing.T) {
			url := storetest.Postgres(t)
			set := url
			if c.setting != "" {
				set += "&" + c.setting
			}
			o := apptest.Open(t, set)
			body := apptest.Text("wamid.1", "4917604069001", "Erika Mustermann", "Guten Tag", o.Clock.Now())
			hold, err := pgx.Connect(t.Context(), url)
			if err != nil {
				t.Fatal(err)
			}
			defer func() { _ = hold.Close(t.Context()) }()
			lock, err := hold.Begin(t.Context())
			if err != nil {
				t.Fatal(err)
			}
			if _, err := lock.Exec(t.Context(), "LOCK TABLE identity IN ACCESS EXCLUSIVE MODE"); err != nil {
				t.Fatal(err)
			}
			answer := make(chan int, 1)
			go func() { answer <- o.Post(t, body) }()
			var status int
			o.Until(t, "the webhook is answered", func() bool {
				if c.act != "" {
					if _, err := lock.Exec(t.Context(), c.act); err != nil {
						t.Fatal(err)
					}
				}
				select {
				case status = <-answer:
					return true
				default:
					return false
				}
			})
			if status != http.StatusServiceUnavailable {
				t.Errorf("the webhook was answered %d, want 503", status)
			}
			if err := lock.Rollback(t.Context()); err != nil {
				t.Fatal(err)
			}
			if n := o.Count(t, "payload", ""); n != 0 {
				t.Errorf("%d webhooks were put aside", n)
			}
			if status := o.Post(t, body); status != http.StatusOK {
				t.Errorf("afterwards the webhook was answered %d", status)
			}
			if n := o.Count(t, "message", ""); n != 1 {
				t.Errorf("%d messages, want 1", n)
			}
			if strings.Contains(o.Logs(), "cannot be applied") {
				t.Error("the log says that the webhook cannot be applied")
			}
		})
	}
}

// The engine's word decides what becomes of a webhook: what passes is asked for
// again, a race is run again at once, and only what is at fault itself is kept.
func TestTheKindOfErrorDecides(t *testing.T) {
	o := apptest.Open(t, storetest.Postgres(t))
	exec(t, o, "CREATE SEQUENCE refusals")
	for i, c := range []struct {
		code   string
		times  int
		status int
		kept   int
	}{
		{"23505", 3, http.StatusOK, 0},
		{"40001", 3, http.StatusOK, 0},
		{"40P01", 3, http.StatusOK, 0},
		{"23505", 1000, http.StatusServiceUnavailable, 0},
		{"40001", 1000, http.StatusServiceUnavailable, 0},
		{"57014", 1000, http.StatusServiceUnavailable, 0},
		{"55P03", 1000, http.StatusServiceUnavailable, 0},
		{"57P01", 1000, http.StatusServiceUnavailable, 0},
		{"53300", 1000, http.StatusServiceUnavailable, 0},
		{"53100", 1000, http.StatusServiceUnavailable, 0},
		{"58030", 1000, http.StatusServiceUnavailable, 0},
		{"23514", 1000, http.StatusOK, 1},
		{"22021", 1000, http.StatusOK, 2},
	} {
		refuse(t, o, c.code, c.times)
		body := apptest.Text(fmt.Sprint("wamid.", i), "4917604069001", "Erika Mustermann", "Guten Tag", o.Clock.Now())
		if status := o.Post(t, body); status != c.status {
			t.Errorf("%s %d times: the webhook was answered %d, want %d", c.code, c.times, status, c.status)
		}
		if n := o.Count(t, "payload", "state = 'poison'"); n != c.kept {
			t.Errorf("%s %d times: %d webhooks are kept unapplied, want %d", c.code, c.times, n, c.kept)
		}
	}
}

// refuse has the database refuse messages so many times.
func refuse(t *testing.T, o *apptest.Office, code string, times int) {
	t.Helper()
	exec(t, o, "ALTER SEQUENCE refusals RESTART",
		fmt.Sprintf(`CREATE OR REPLACE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
			IF nextval('refusals') <= %d THEN RAISE EXCEPTION 'refused' USING ERRCODE = '%s'; END IF; RETURN NEW; END $$`, times, code),
		"CREATE OR REPLACE TRIGGER refuse BEFORE INSERT ON message FOR EACH ROW EXECUTE FUNCTION refuse()")
}

func exec(t *testing.T, o *apptest.Office, all ...string) {
	t.Helper()
	for _, sql := range all {
		o.Write(t, func(tx store.Tx) error {
			_, err := tx.Exec(t.Context(), sql)
			return err
		})
	}
}
