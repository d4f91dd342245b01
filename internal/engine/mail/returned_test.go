package mail_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"strings"
	"testing"
	"time"

	"einklang/internal/engine/egress"
	"einklang/internal/engine/mail"
	"einklang/internal/engine/store"
	"einklang/internal/test/mailtest"
	"einklang/internal/test/storetest"
)

// report is a delivery report as Postfix writes it.
func report(messageID, action, status string) string {
	return strings.ReplaceAll(fmt.Sprintf(`Return-Path: <>
From: MAILER-DAEMON@mail.example (Mail Delivery System)
Subject: Undelivered Mail Returned to Sender
To: einklang@beispiel.example
MIME-Version: 1.0
Content-Type: multipart/report; report-type=delivery-status; boundary="grenze"

This is a MIME-encapsulated message.

--grenze
Content-Type: text/plain; charset=us-ascii

<weg@beispiel.example>: host mx.beispiel.example said: 550 5.1.1 User unknown

--grenze
Content-Type: message/delivery-status

Reporting-MTA: dns; mail.example
X-Postfix-Queue-ID: 4ABC

Final-Recipient: rfc822; weg@beispiel.example
Action: %s
Status: %s
Diagnostic-Code: smtp; 550 5.1.1 User unknown

--grenze
Content-Type: message/rfc822

From: einklang@beispiel.example
To: weg@beispiel.example
Message-ID: %s
Subject: Bitte bestaetigen

Text der Mail
--grenze--
`, action, status, messageID), "\n", "\r\n")
}

func TestParseReport(t *testing.T) {
	for _, c := range []struct {
		name, text string
		want       mail.Report
		none       bool
	}{
		{"failed", report("<abc@beispiel.example>", "failed", "5.1.1"), mail.Report{MessageID: "<abc@beispiel.example>", Final: true, Status: "5.1.1"}, false},
		{"given up", report("<abc@beispiel.example>", "Failed", "4.4.7"), mail.Report{MessageID: "<abc@beispiel.example>", Final: true, Status: "4.4.7"}, false},
		{"late", report("<abc@beispiel.example>", "delayed", "4.4.1"), mail.Report{MessageID: "<abc@beispiel.example>", Status: "4.4.1"}, false},
		{"arrived", report("<abc@beispiel.example>", "delivered", "2.0.0"), mail.Report{MessageID: "<abc@beispiel.example>", Status: "2.0.0"}, false},
		{"only the head is quoted", strings.Replace(report("<abc@beispiel.example>", "failed", "5.0.0"), "message/rfc822", "text/rfc822-headers", 1), mail.Report{MessageID: "<abc@beispiel.example>", Final: true, Status: "5.0.0"}, false},
		{"cut off in the quoted mail", strings.Split(report("<abc@beispiel.example>", "failed", "5.1.1"), "Subject: Bitte")[0], mail.Report{MessageID: "<abc@beispiel.example>", Final: true, Status: "5.1.1"}, false},
		{"an ordinary mail", "From: a@beispiel.example\r\nSubject: Hallo\r\n\r\nText\r\n", mail.Report{}, true},
		{"a read receipt", strings.Replace(report("<abc@beispiel.example>", "failed", "5.1.1"), "report-type=delivery-status", "report-type=disposition-notification", 1), mail.Report{}, true},
		{"nothing quoted", strings.Split(report("", "failed", "5.1.1"), "--grenze\r\nContent-Type: message/rfc822")[0], mail.Report{}, true},
		{"nothing", "", mail.Report{}, true},
	} {
		t.Run(c.name, func(t *testing.T) {
			got, err := mail.ParseReport(strings.NewReader(c.text))
			if c.none != errors.Is(err, mail.ErrNoReport) || got != c.want {
				t.Errorf("%+v, %v", got, err)
			}
		})
	}
}

func FuzzParseReport(f *testing.F) {
	f.Add(report("<abc@beispiel.example>", "failed", "5.1.1"))
	f.Add("Content-Type: multipart/report; report-type=delivery-status; boundary=x\r\n\r\n--x\r\n\r\n--x--")
	f.Fuzz(func(t *testing.T, text string) {
		p, err := mail.ParseReport(strings.NewReader(text))
		if err != nil && p != (mail.Report{}) {
			t.Errorf("both %+v and %v", p, err)
		}
	})
}

// TestReturnedMails: a mail that the server took comes back to the mailbox. Who
// sent it learns of it once; the report, which names a person, is removed; what
// else lies in the mailbox is left alone.
func TestReturnedMails(t *testing.T) {
	for _, how := range []mail.Security{mail.TLS, mail.StartTLS, mail.Plain} {
		t.Run(string(how), func(t *testing.T) {
			storetest.Each(t, func(t *testing.T, db *store.DB) { returned(t, db, how) })
		})
	}
}

func returned(t *testing.T, db *store.DB, how mail.Security) {
	s := mailtest.Start(t, mail.StartTLS)
	p, _ := post(t, s.Config(t))
	q := newQueue(t, db, p)
	box := mailtest.StartMailbox(t, how)
	g, err := egress.New(egress.Options{Destinations: []egress.Destination{box.Config.Outside()}})
	if err != nil {
		t.Fatal(err)
	}
	reader := mail.NewReader(box.Config, g.Dial(mail.MailboxDestination), q.TakeReport, slog.New(slog.NewTextHandler(io.Discard, nil)))
	read := func(want int) {
		t.Helper()
		if n, err := reader.Read(t.Context()); err != nil || n != want {
			t.Fatalf("%d reports, %v; want %d", n, err, want)
		}
	}

	gone := q.add(t, "weg@beispiel.example")
	q.deliver(t)
	messageID := s.Next(t).Header.Get("Message-Id")
	q.add(t, "kim@beispiel.example")
	q.deliver(t)
	fine := s.Next(t).Header.Get("Message-Id")

	box.Put(t, "From: kim@beispiel.example\r\nSubject: Frage\r\n\r\nGuten Tag\r\n")
	box.Put(t, report("<fremd@beispiel.example>", "failed", "5.1.1"))
	read(0)
	box.Put(t, report(fine, "delayed", "4.4.1"))
	box.Put(t, report(messageID, "failed", "5.1.1"))
	box.Put(t, report(messageID, "failed", "5.1.1"))
	read(2) // the second one about the same mail is none of ours any more
	if len(q.returned) != 1 || q.returned[0] != gone {
		t.Errorf("returned: %v, want %v", q.returned, gone)
	}
	if all, unread := box.Count(t); all != 3 || unread != 3 {
		t.Errorf("%d mails are left, %d unread; want three untouched", all, unread)
	}
	read(0)

	q.write(t, func(ctx context.Context, tx store.Tx) error {
		return q.Expire(ctx, tx, q.org, q.now.Add(15*24*time.Hour))
	})
	box.Put(t, report(fine, "failed", "5.1.1"))
	read(0) // after two weeks nobody waits for it
	if len(q.returned) != 1 {
		t.Errorf("returned: %v", q.returned)
	}
}
