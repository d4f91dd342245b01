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

	"einklang/internal/engine/egress"
)

// Mailbox is where mails arrive, read over IMAP (RFC 9051): returned ones, or
// requests of people.
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
		return m, fmt.Errorf("the mailbox: %w", err)
	}
	if m.User == "" {
		return m, errors.New("the mailbox: say user and password_file")
	}
	m.Recipient, m.Country, m.Mechanism = s.Recipient, s.Country, s.Mechanism
	return m, nil
}

func (m Mailbox) address() string { return net.JoinHostPort(m.Host, strconv.Itoa(m.Port)) }

// Outside is the mailbox as package egress lets it be reached.
func (m Mailbox) Outside() egress.Destination {
	return m.named(MailboxDestination)
}

// RequestsDestination is the name of the mailbox for requests at the gate of
// package egress.
const RequestsDestination = "requests"

// OutsideForRequests is the mailbox for requests as package egress lets it be
// reached.
func (m Mailbox) OutsideForRequests() egress.Destination { return m.named(RequestsDestination) }

func (m Mailbox) named(name string) egress.Destination {
	return egress.Destination{Name: name, Allow: []string{"imap://" + m.address()},
		Recipient: m.Recipient, Country: m.Country, Mechanism: m.Mechanism, DataCategories: []string{"mail_address"}}
}

// Reader reads mails and hands them over.
type Reader struct {
	box  Mailbox
	dial Dialer
	take func(ctx context.Context, raw []byte) (ours bool, err error)
	log  *slog.Logger
	seen map[imap.UID]bool // mails that are none of ours; they stay where they are
}

// NewReader makes a Reader of a valid mailbox (see [Mailbox.Check]), or of none.
// Take says whether a mail was ours; once it is taken it is removed from the
// mailbox.
func NewReader(m Mailbox, dial Dialer, take func(ctx context.Context, raw []byte) (bool, error), log *slog.Logger) *Reader {
	return &Reader{box: m, dial: dial, take: take, log: log, seen: map[imap.UID]bool{}}
}

const (
	readEvery = 5 * time.Minute
	readMost  = 200 // mails in one turn, the newest ones
)

// Run reads until ctx ends. Of no mailbox there is nothing to read.
func (r *Reader) Run(ctx context.Context) {
	if r.box.Host == "" {
		return
	}
	again := time.NewTicker(readEvery)
	defer again.Stop()
	for {
		if _, err := r.Read(ctx); err != nil && ctx.Err() == nil {
			r.log.Error("a mailbox could not be read; it comes round again", "error", err)
		}
		select {
		case <-ctx.Done():
			return
		case <-again.C:
		}
	}
}

// Read hands over new mails and removes those that were ours from the mailbox,
// since they name people. It returns how many there were. Other mails are left
// as they are, also unread.
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
	ours, err := r.takeNew(ctx, client)
	if err != nil || len(ours) == 0 {
		return 0, err
	}
	set := imap.UIDSetNum(ours...)
	if err := client.Store(set, &imap.StoreFlags{Op: imap.StoreFlagsAdd, Flags: []imap.Flag{imap.FlagDeleted}, Silent: true}, nil).Close(); err != nil {
		return len(ours), fmt.Errorf("remove mails from the mailbox: %w", err)
	}
	if err := client.Expunge().Close(); err != nil {
		return len(ours), fmt.Errorf("remove mails from the mailbox: %w", err)
	}
	_ = client.Logout().Wait()
	return len(ours), nil
}

// takeNew hands over new mails and returns those that were ours.
func (r *Reader) takeNew(ctx context.Context, client *imapclient.Client) ([]imap.UID, error) {
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
		mine, err := r.one(ctx, client, uid)
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

func (r *Reader) one(ctx context.Context, client *imapclient.Client, uid imap.UID) (bool, error) {
	part := &imap.FetchItemBodySection{Peek: true, Partial: &imap.SectionPartial{Offset: 0, Size: reportMost}}
	got, err := client.Fetch(imap.UIDSetNum(uid), &imap.FetchOptions{BodySection: []*imap.FetchItemBodySection{part}}).Collect()
	if err != nil || len(got) == 0 || len(got[0].BodySection) == 0 {
		return false, err
	}
	return r.take(ctx, got[0].BodySection[0].Bytes)
}

// TakeReport takes a mail if it is a delivery report about one of ours.
func (q *Queue) TakeReport(ctx context.Context, raw []byte) (bool, error) {
	p, err := ParseReport(bytes.NewReader(raw))
	if errors.Is(err, ErrNoReport) {
		return false, nil
	}
	return q.Came(ctx, p)
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
