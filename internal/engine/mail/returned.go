package mail

import (
	"bufio"
	"context"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base32"
	"errors"
	"fmt"
	"io"
	"mime"
	"mime/multipart"
	"net/mail"
	"net/textproto"
	"strings"
	"time"

	"einklang/internal/engine/store"
	"einklang/internal/rule/id"
)

// A server that has taken a mail may return it hours later, as a report to the
// sender's address (RFC 3464). The report quotes the head of the mail, and in it
// the Message-ID, which we made: it says which mail it was and names nobody.

// ReportsWithin is for how long a mail that was taken may still be returned.
// Servers give up after four to five days (RFC 5321 §4.5.4.1).
const ReportsWithin = 14 * 24 * time.Hour

var letters = base32.NewEncoding("abcdefghijklmnopqrstuvwxyz234567").WithPadding(base32.NoPadding)

// newToken makes the left side of a Message-ID: whose mail it is, and 160 random
// bits.
func newToken(org id.Org) string {
	raw := make([]byte, 20)
	_, _ = rand.Read(raw) // never fails: crypto/rand
	return letters.EncodeToString(raw) + "." + letters.EncodeToString(org[:])
}

// readToken takes a Message-ID of ours apart; false for others.
func readToken(messageID string) (org id.Org, hash []byte, ok bool) {
	left, _, _ := strings.Cut(strings.Trim(messageID, "<> \t"), "@")
	token, owner, found := strings.Cut(left, ".")
	raw, err := letters.DecodeString(owner)
	if !found || err != nil || len(raw) != len(org) || len(token) != 32 {
		return org, nil, false
	}
	sum := sha256.Sum256([]byte(left))
	return id.Org(raw), sum[:], true
}

// Report is what a delivery report says about one of our mails.
type Report struct {
	MessageID string // of our mail
	Final     bool   // it will not arrive; false: it is late, or it has arrived
	Status    string // such as "5.1.1" (RFC 3463)
}

// ErrNoReport is returned for mails that are no delivery reports.
var ErrNoReport = errors.New("this mail is no delivery report")

// reportMost bounds what is read of a report; what it quotes may be long.
const reportMost = 1 << 20

// ParseReport reads a delivery report (RFC 3462, RFC 3464).
func ParseReport(r io.Reader) (Report, error) {
	m, err := mail.ReadMessage(bufio.NewReader(io.LimitReader(r, reportMost)))
	if err != nil {
		return Report{}, ErrNoReport
	}
	kind, params, err := mime.ParseMediaType(m.Header.Get("Content-Type"))
	if err != nil || kind != "multipart/report" || params["boundary"] == "" || !strings.EqualFold(params["report-type"], "delivery-status") {
		return Report{}, ErrNoReport
	}
	var found Report
	parts := multipart.NewReader(m.Body, params["boundary"])
	for range 10 {
		part, err := parts.NextPart()
		if err != nil {
			break // also where the report is cut off: what was read counts
		}
		switch kind, _, _ := mime.ParseMediaType(part.Header.Get("Content-Type")); kind {
		case "message/delivery-status", "message/global-delivery-status":
			found.status(part)
		case "message/rfc822", "text/rfc822-headers", "message/global", "message/global-headers":
			if head, err := head(part); len(head) > 0 || err == nil {
				found.MessageID = head.Get("Message-Id")
			}
		}
	}
	if found.MessageID == "" {
		return Report{}, ErrNoReport
	}
	return found, nil
}

// status reads the fields about recipients. A mail of ours has one.
func (p *Report) status(r io.Reader) {
	fields := textproto.NewReader(bufio.NewReader(r))
	for range 20 {
		block, err := fields.ReadMIMEHeader()
		if action := block.Get("Action"); action != "" {
			p.Final = strings.EqualFold(strings.TrimSpace(action), "failed")
			p.Status = strings.TrimSpace(block.Get("Status"))
		}
		if err != nil {
			return
		}
	}
}

func head(r io.Reader) (textproto.MIMEHeader, error) {
	return textproto.NewReader(bufio.NewReader(r)).ReadMIMEHeader()
}

// note remembers a mail that the server took, so that its return is understood.
func (q *Queue) note(ctx context.Context, tx store.Tx, w waiting) error {
	_, hash, ok := readToken(w.Message.ID)
	if !ok || q.returned[w.Kind] == nil {
		return nil
	}
	_, err := tx.Exec(ctx, "INSERT INTO mail_sent (org_id, token_hash, owner_id, kind, ref, at) VALUES (?, ?, ?, ?, ?, ?) ON CONFLICT DO NOTHING",
		w.Org, hash, w.Owner, w.Kind, w.Ref, store.Micros(q.now()))
	if err != nil {
		return fmt.Errorf("remember a mail: %w", err)
	}
	return nil
}

// Came takes note of a delivery report. It reports false when the report is not
// about a mail of ours that may still be returned; the same report twice does
// nothing the second time.
func (q *Queue) Came(ctx context.Context, p Report) (bool, error) {
	org, hash, ok := readToken(p.MessageID)
	if !ok {
		return false, nil
	}
	ours := false
	err := q.db.Write(ctx, func(ctx context.Context, tx store.Tx) error {
		var kind string
		var ref id.ID
		err := tx.QueryRow(ctx, "SELECT kind, ref FROM mail_sent WHERE org_id = ? AND token_hash = ?", org, hash).Scan(&kind, &ref)
		if ours = err == nil; errors.Is(err, store.ErrNoRows) || err == nil && !p.Final {
			return nil
		}
		if err != nil {
			return err
		}
		if told := q.returned[kind]; told != nil {
			if err := told(ctx, tx, org, ref); err != nil {
				return err
			}
		}
		_, err = tx.Exec(ctx, "DELETE FROM mail_sent WHERE org_id = ? AND token_hash = ?", org, hash)
		return err
	})
	if err != nil {
		return false, fmt.Errorf("take note of a returned mail: %w", err)
	}
	if ours && p.Final {
		q.log.Warn("a mail was returned", "organisation", org.String(), "status", p.Status)
	}
	return ours, nil
}

// Expire deletes mails that can no more be returned.
func (q *Queue) Expire(ctx context.Context, tx store.Tx, org id.Org, now time.Time) error {
	_, err := tx.Exec(ctx, "DELETE FROM mail_sent WHERE org_id = ? AND at < ?", org, store.Micros(now.Add(-ReportsWithin)))
	return err
}
