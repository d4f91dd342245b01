package mail

import (
	"bytes"
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"strconv"
	"time"

	"github.com/emersion/go-imap/v2"
	"github.com/emersion/go-imap/v2/imapclient"

	"einklang/internal/egress"
)

// Mailbox is where returned mails arrive, read over IMAP (RFC 9051).
type Mailbox struct {
	Host      string
	Port      int // 0: 993, with StartTLS 143
	Security  Security
	User      string
	Password  string
	Folder    string // empty: INBOX
	Recipient string // as with Server
	Country   string
	Mechanism string
	Roots     *x509.CertPool
}

// MailboxDestination is the name of the mailbox at the gate of package egress.
const MailboxDestination = "mailbox"

// Check fills in what goes without saying and refuses what cannot work or must
// not be.
func (m Mailbox) Check() (Mailbox, error) {
	if m.Security == "" {
		m.Security = TLS
	}
	if m.Port == 0 {
		m.Port = map[Security]int{TLS: 993, StartTLS: 143, Plain: 143}[m.Security]
	}
	if m.Folder == "" {
		m.Folder = "INBOX"
	}
	// The rules about encryption and place are those for sending.
	s, err := Server{Host: m.Host, Port: m.Port, Security: m.Security, From: "nobody@localhost", Recipient: m.Recipient, Country: m.Country, Mechanism: m.Mechanism}.Check()
	if err != nil {
		return m, fmt.Errorf("the mailbox for returned mails: %w", err)
	}
	if m.User == "" {
		return m, errors.New("the mailbox for returned mails: say user and password_file")
	}
	m.Recipient, m.Country, m.Mechanism = s.Recipient, s.Country, s.Mechanism
	return m, nil
}

func (m Mailbox) address() string { return net.JoinHostPort(m.Host, strconv.Itoa(m.Port)) }

// Outside is the mailbox as package egress lets it be reached.
func (m Mailbox) Outside() egress.Destination {
	return egress.Destination{Name: MailboxDestination, Allow: []string{"imap://" + m.address()},
		Recipient: m.Recipient, Country: m.Country, Mechanism: m.Mechanism, DataCategories: []string{"e-mail address"}}
}

// Reader reads returned mails and tells the queue.
type Reader struct {
	box   Mailbox
	dial  Dialer
	queue *Queue
	log   *slog.Logger
	seen  map[imap.UID]bool // mails that are none of ours; they stay where they are
}

// NewReader makes a Reader of a valid mailbox (see [Mailbox.Check]).
func NewReader(m Mailbox, dial Dialer, q *Queue, log *slog.Logger) *Reader {
	return &Reader{box: m, dial: dial, queue: q, log: log, seen: map[imap.UID]bool{}}
}

const (
	readEvery = 5 * time.Minute
	readMost  = 200 // mails in one turn, the newest ones
)

// Run reads until ctx ends.
func (r *Reader) Run(ctx context.Context) {
	again := time.NewTicker(readEvery)
	defer again.Stop()
	for {
		if _, err := r.Read(ctx); err != nil && ctx.Err() == nil {
			r.log.Error("returned mails could not be read; it comes round again", "error", err)
		}
		select {
		case <-ctx.Done():
			return
		case <-again.C:
		}
	}
}

// Read takes note of the reports about our mails and removes them from the
// mailbox, since they name people. It returns how many there were. Other mails
// are left as they are, also unread.
func (r *Reader) Read(ctx context.Context) (int, error) {
	ctx, cancel := context.WithTimeout(ctx, 2*time.Minute)
	defer cancel()
	client, err := r.connect(ctx)
	if err != nil {
		return 0, fmt.Errorf("reach the mailbox %s: %w", r.box.Host, err)
	}
	defer func() { _ = client.Close() }()
	stop := context.AfterFunc(ctx, func() { _ = client.Close() })
	defer stop()
	if err := client.Login(r.box.User, r.box.Password).Wait(); err != nil {
		return 0, fmt.Errorf("sign in to the mailbox %s: %w", r.box.Host, err)
	}
	if _, err := client.Select(r.box.Folder, nil).Wait(); err != nil {
		return 0, fmt.Errorf("open the folder %s of the mailbox: %w", r.box.Folder, err)
	}
	ours, err := r.reports(ctx, client)
	if err != nil || len(ours) == 0 {
		return 0, err
	}
	set := imap.UIDSetNum(ours...)
	if err := client.Store(set, &imap.StoreFlags{Op: imap.StoreFlagsAdd, Flags: []imap.Flag{imap.FlagDeleted}, Silent: true}, nil).Close(); err != nil {
		return len(ours), fmt.Errorf("remove returned mails from the mailbox: %w", err)
	}
	if err := client.Expunge().Close(); err != nil {
		return len(ours), fmt.Errorf("remove returned mails from the mailbox: %w", err)
	}
	_ = client.Logout().Wait()
	return len(ours), nil
}

// reports reads new mails and returns those that are reports about ours.
func (r *Reader) reports(ctx context.Context, client *imapclient.Client) ([]imap.UID, error) {
	found, err := client.UIDSearch(&imap.SearchCriteria{NotFlag: []imap.Flag{imap.FlagDeleted}}, nil).Wait()
	if err != nil {
		return nil, fmt.Errorf("search the mailbox: %w", err)
	}
	all := found.AllUIDs()
	all = all[max(0, len(all)-readMost):]
	var ours []imap.UID
	for _, uid := range all {
		if r.seen[uid] {
			continue
		}
		mine, err := r.report(ctx, client, uid)
		if err != nil {
			return ours, err
		}
		if mine {
			ours = append(ours, uid)
		} else {
			r.seen[uid] = true
		}
	}
	return ours, nil
}

func (r *Reader) report(ctx context.Context, client *imapclient.Client, uid imap.UID) (bool, error) {
	part := &imap.FetchItemBodySection{Peek: true, Partial: &imap.SectionPartial{Offset: 0, Size: reportMost}}
	got, err := client.Fetch(imap.UIDSetNum(uid), &imap.FetchOptions{BodySection: []*imap.FetchItemBodySection{part}}).Collect()
	if err != nil || len(got) == 0 || len(got[0].BodySection) == 0 {
		return false, err
	}
	p, err := ParseReport(bytes.NewReader(got[0].BodySection[0].Bytes))
	if errors.Is(err, ErrNoReport) {
		return false, nil
	}
	return r.queue.Came(ctx, p)
}

func (r *Reader) connect(ctx context.Context) (*imapclient.Client, error) {
	conn, err := r.dial(ctx, "tcp", r.box.address())
	if err != nil {
		return nil, err
	}
	secure := &tls.Config{ServerName: r.box.Host, RootCAs: r.box.Roots, MinVersion: tls.VersionTLS12}
	options := &imapclient.Options{TLSConfig: secure}
	switch r.box.Security {
	case TLS:
		secured := tls.Client(conn, secure)
		if err := secured.HandshakeContext(ctx); err != nil {
			return nil, errors.Join(err, conn.Close())
		}
		return imapclient.New(secured, options), nil
	case StartTLS:
		return imapclient.NewStartTLS(conn, options)
	default:
		return imapclient.New(conn, options), nil
	}
}
