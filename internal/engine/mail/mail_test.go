package mail_test

import (
	"context"
	"errors"
	"io"
	"log/slog"
	"net"
	"strings"
	"testing"
	"time"

	"einklang/internal/engine/egress"
	"einklang/internal/engine/mail"
	"einklang/internal/engine/store"
	"einklang/internal/rule/id"
	"einklang/internal/test/mailtest"
	"einklang/internal/test/storetest"
	"einklang/internal/test/vaulttest"
)

var hello = mail.Message{To: "kim@beispiel.example", Subject: "Grüße", Text: "Guten Tag,\n\nschöne Grüße.\n", Unsubscribe: "https://beispiel.example/stop/x"}

// post makes a Post whose connections go through the gate of egress.
func post(t *testing.T, c mail.Server) (*mail.Post, *egress.Border) {
	t.Helper()
	g, err := egress.New(egress.Options{Destinations: []egress.Destination{c.Outside()}})
	if err != nil {
		t.Fatal(err)
	}
	return mail.New(c, g.Dial(mail.Destination), time.Now), g
}

func TestSend(t *testing.T) {
	for _, how := range []mail.Security{mail.StartTLS, mail.TLS, mail.Plain} {
		for _, user := range []string{"", "einklang"} {
			t.Run(string(how)+" "+user, func(t *testing.T) {
				s := mailtest.Start(t, how)
				s.User, s.Password = user, "geheim"
				p, g := post(t, s.Config(t))
				if err := p.Send(t.Context(), id.Org{}, hello); err != nil {
					t.Fatal(err)
				}
				m := s.Next(t)
				if m.Encrypted != (how != mail.Plain) || m.User != user || m.From != "einklang@beispiel.example" || m.To != hello.To {
					t.Errorf("sent as %+v", m)
				}
				if got := m.Body(t); got != hello.Text || m.Subject(t) != hello.Subject {
					t.Errorf("%q: %q", m.Subject(t), got)
				}
				for name, want := range map[string]string{"Auto-Submitted": "auto-generated", "List-Unsubscribe": "<https://beispiel.example/stop/x>",
					"List-Unsubscribe-Post": "List-Unsubscribe=One-Click", "From": `"Beispiel GmbH" <einklang@beispiel.example>`, "User-Agent": "", "X-Mailer": ""} {
					if got := m.Header.Get(name); got != want {
						t.Errorf("%s: %q, want %q", name, got, want)
					}
				}
				if n := g.Snapshot()[0]; n.Calls != 1 || n.BytesOut < 300 || n.Destination.Country != "DE" {
					t.Errorf("counted %+v", n)
				}
			})
		}
	}
}

func TestSendRefuses(t *testing.T) {
	s := mailtest.Start(t, mail.StartTLS)
	s.Reject["weg@beispiel.example"], s.Reject["voll@beispiel.example"] = 550, 450
	p, _ := post(t, s.Config(t))
	send := func(to string) error {
		return p.Send(t.Context(), id.Org{}, mail.Message{To: to, Subject: "x", Text: "x"})
	}
	if err := send("weg@beispiel.example"); !errors.Is(err, mail.ErrRejected) || strings.Contains(err.Error(), "weg@") {
		t.Errorf("rejected for good: %v", err)
	}
	if err := send("voll@beispiel.example"); err == nil || errors.Is(err, mail.ErrRejected) {
		t.Errorf("rejected for now: %v", err)
	}
	for _, to := range []string{"", "kim", "Kim <kim@beispiel.example>", "a@b.example,c@d.example", "a@b.example\r\nBcc: c@d.example", "kim@nirgends"} {
		if err := send(to); !errors.Is(err, mail.ErrAddress) {
			t.Errorf("%q: %v", to, err)
		}
	}
	if err := mail.New(mail.Server{}, nil, time.Now).Send(t.Context(), id.Org{}, hello); !errors.Is(err, mail.ErrNoServer) {
		t.Errorf("no server: %v", err)
	}
	elsewhere := s.Config(t)
	elsewhere.Host = "localhost" // not what the allow-list says
	g, err := egress.New(egress.Options{Destinations: []egress.Destination{s.Config(t).Outside()}})
	if err != nil {
		t.Fatal(err)
	}
	var refused *egress.Refused
	if err := mail.New(elsewhere, g.Dial(mail.Destination), time.Now).Send(t.Context(), id.Org{}, hello); !errors.As(err, &refused) {
		t.Errorf("past the gate: %v", err)
	}
}

// A server that cannot be trusted gets nothing, not even a password.
func TestNoEncryptionNoMail(t *testing.T) {
	plain := mailtest.Start(t, mail.Plain)
	c := plain.Config(t)
	c.Security = mail.StartTLS
	p, _ := post(t, c)
	if err := p.Send(t.Context(), id.Org{}, hello); err == nil || len(plain.Mails()) > 0 {
		t.Errorf("fell back to clear text: %v", err)
	}
	foreign := mailtest.Start(t, mail.TLS)
	c = foreign.Config(t)
	c.Roots = mailtest.Start(t, mail.TLS).Roots
	p, _ = post(t, c)
	if err := p.Send(t.Context(), id.Org{}, hello); err == nil || len(foreign.Mails()) > 0 {
		t.Errorf("believed a foreign certificate: %v", err)
	}
}

func TestServerCheck(t *testing.T) {
	good := mail.Server{Host: "mail.beispiel.example", From: "post@beispiel.example", Country: "de"}
	for name, c := range map[string]struct {
		change func(*mail.Server)
		want   string // part of the error; empty: fine
	}{
		"good":                       {func(*mail.Server) {}, ""},
		"no host":                    {func(s *mail.Server) { s.Host = "" }, "host"},
		"no sender":                  {func(s *mail.Server) { s.From = "post" }, "from"},
		"unknown security":           {func(s *mail.Server) { s.Security = "ssl" }, "security"},
		"clear text to elsewhere":    {func(s *mail.Server) { s.Security = mail.Plain }, "encryption"},
		"clear text to this machine": {func(s *mail.Server) { s.Security, s.Host = mail.Plain, "127.0.0.1" }, ""},
		"no country":                 {func(s *mail.Server) { s.Country = "" }, "country"},
		"outside the EEA":            {func(s *mail.Server) { s.Country = "US" }, "EEA"},
		"outside, covered":           {func(s *mail.Server) { s.Country, s.Mechanism = "US", "EU-US DPF + SCC" }, ""},
		"port":                       {func(s *mail.Server) { s.Port = 70000 }, "port"},
	} {
		s := good
		c.change(&s)
		got, err := s.Check()
		if c.want == "" && (err != nil || got.Port == 0 || got.Mechanism == "") || c.want != "" && (err == nil || !strings.Contains(err.Error(), c.want)) {
			t.Errorf("%s: %+v %v", name, got, err)
		}
	}
}

// queue is a queue with a server, a clock and one organisation.
type queue struct {
	*mail.Queue
	db       *store.DB
	org      id.Org
	now      time.Time
	returned []id.ID
}

func newQueue(t *testing.T, db *store.DB, sender mail.Sender) *queue {
	t.Helper()
	v := vaulttest.Open(t, db)
	q := &queue{db: db, org: id.Org(id.System().New()), now: time.Date(2026, 5, 4, 12, 0, 0, 0, time.UTC)}
	q.Queue = mail.NewQueue(db, v, id.System(), func() time.Time { return q.now }, slog.New(slog.NewTextHandler(io.Discard, nil)), sender,
		map[string]mail.Returned{"test": func(_ context.Context, _ store.Tx, _ id.Org, ref id.ID) error {
			q.returned = append(q.returned, ref)
			return nil
		}})
	q.write(t, func(ctx context.Context, tx store.Tx) error { return v.CreateOrg(ctx, tx, q.org) })
	return q
}

func (q *queue) write(t *testing.T, do func(context.Context, store.Tx) error) {
	t.Helper()
	if err := q.db.Write(t.Context(), do); err != nil {
		t.Fatal(err)
	}
}

func (q *queue) add(t *testing.T, to string) id.ID {
	t.Helper()
	ref := id.System().New()
	q.write(t, func(ctx context.Context, tx store.Tx) error {
		return q.Add(ctx, tx, mail.Letter{Org: q.org, Kind: "test", Ref: ref, Message: mail.Message{To: to, Subject: "x", Text: "x"}})
	})
	return ref
}

func (q *queue) deliver(t *testing.T) int {
	t.Helper()
	n, err := q.Deliver(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	return n
}

func TestQueue(t *testing.T) {
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		s := mailtest.Start(t, mail.StartTLS)
		s.Reject["weg@beispiel.example"], s.Reject["voll@beispiel.example"] = 550, 450
		p, _ := post(t, s.Config(t))
		q := newQueue(t, db, p)

		q.add(t, "kim@beispiel.example")
		gone := q.add(t, "weg@beispiel.example")
		q.add(t, "voll@beispiel.example")
		if n := q.deliver(t); n != 1 || len(s.Mails()) != 1 {
			t.Fatalf("%d delivered, want 1", n)
		}
		if len(q.returned) != 1 || q.returned[0] != gone {
			t.Errorf("returned: %v", q.returned)
		}
		if n := q.deliver(t); n != 0 {
			t.Error("tried again at once")
		}
		q.now = q.now.Add(time.Minute)
		delete(s.Reject, "voll@beispiel.example")
		if n := q.deliver(t); n != 1 {
			t.Error("not tried again after a minute")
		}
		s.Reject["voll@beispiel.example"] = 450
		full := q.add(t, "voll@beispiel.example")
		for range 40 { // days go by
			q.deliver(t)
			q.now = q.now.Add(5 * time.Hour)
		}
		if len(q.returned) != 2 || q.returned[1] != full {
			t.Errorf("not given up: %v", q.returned)
		}
		ref := q.add(t, "kim@beispiel.example")
		q.write(t, func(ctx context.Context, tx store.Tx) error { return q.Cancel(ctx, tx, q.org, "test", ref) })
		if n := q.deliver(t); n != 0 {
			t.Error("a cancelled mail went out")
		}
	})
}

// Two nodes work on one queue: each mail goes out once.
func TestQueueOnTwoNodes(t *testing.T) {
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		s := mailtest.Start(t, mail.Plain)
		p, _ := post(t, s.Config(t))
		q := newQueue(t, db, p)
		for range 30 {
			q.add(t, "kim@beispiel.example")
		}
		failed := make(chan error, 2)
		for range 2 {
			go func() { _, err := q.Deliver(t.Context()); failed <- err }()
		}
		if err := errors.Join(<-failed, <-failed); err != nil {
			t.Fatal(err)
		}
		if n := len(s.Mails()); n != 30 {
			t.Errorf("%d mails went out, want 30", n)
		}
	})
}

func TestQueueWhileTheServerIsAway(t *testing.T) {
	db := storetest.Open(t, storetest.SQLite(t))
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	address := l.Addr().(*net.TCPAddr)
	_ = l.Close()
	c, err := mail.Server{Host: "127.0.0.1", Port: address.Port, Security: mail.Plain, From: "a@beispiel.example", Country: "DE"}.Check()
	if err != nil {
		t.Fatal(err)
	}
	p, _ := post(t, c)
	q := newQueue(t, db, p)
	q.add(t, "kim@beispiel.example")
	if n := q.deliver(t); n != 0 || len(q.returned) != 0 {
		t.Errorf("delivered %d, returned %v", n, q.returned)
	}
}

// A mail with a code that is over is of no use: it is not sent any more, and
// nothing of it is kept.
func TestAMailThatIsOverIsNotSent(t *testing.T) {
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		s := mailtest.Start(t, mail.StartTLS)
		s.Reject["kim@beispiel.example"] = 450
		p, _ := post(t, s.Config(t))
		q := newQueue(t, db, p)
		q.write(t, func(ctx context.Context, tx store.Tx) error {
			return q.Add(ctx, tx, mail.Letter{Org: q.org, Kind: "code", Ref: id.System().New(), Until: q.now.Add(10 * time.Minute), Message: mail.Message{To: "kim@beispiel.example", Subject: "x", Text: "123456"}})
		})
		q.deliver(t)
		delete(s.Reject, "kim@beispiel.example")
		q.now = q.now.Add(11 * time.Minute)
		var left int64
		if n := q.deliver(t); n != 0 || len(s.Mails()) != 0 {
			t.Error("a code that is over was sent")
		}
		if err := db.QueryRow(t.Context(), "SELECT COUNT(*) FROM mail_queue").Scan(&left); err != nil || left != 0 {
			t.Errorf("%d mails are still kept, %v", left, err)
		}
	})
}
