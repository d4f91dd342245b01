// Package user keeps the accounts of staff: who may sign in, with which role,
// and their sessions.
//
// Staff are data subjects too (S26): names and addresses are sealed, sign-ins
// leave no internet address behind.
package user

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"

	"golang.org/x/crypto/argon2"

	"einklang/internal/engine/store"
	"einklang/internal/engine/throttle"
	"einklang/internal/engine/vault"
	"einklang/internal/rule/id"
	"einklang/internal/rule/pii"
	"einklang/internal/rule/sight"
)

// Role says what an account may do.
type Role string

// The roles.
const (
	Agent Role = "agent"
	Lead  Role = "lead"
	DPO   Role = "dpo"
	Admin Role = "admin"
)

// The errors that a caller branches on.
var (
	ErrSignIn    = errors.New("the e-mail address or the password is wrong")
	ErrThrottled = errors.New("too many attempts to sign in: wait a minute")
	ErrNoSession = errors.New("nobody is signed in")
	ErrTaken     = errors.New("this e-mail address has an account already")
	ErrWeak      = errors.New("a password needs 10 to 256 characters")
	ErrRole      = errors.New("unknown role: use agent, lead, dpo or admin")
	ErrEmail     = errors.New("this is not an e-mail address")
)

// Account is one member of staff.
type Account struct {
	pii.Personal
	Org    id.Org
	ID     id.Account
	Role   Role
	Rights Rights // of the role, where the account was read
	Locale string
	Name   string
	Email  string
	Quiet  bool // wants no mails about what is due
}

// Limit is how far the account's role limits what it sees.
func (a Account) Limit() sight.Limit {
	switch {
	case a.Role == Agent:
		return sight.AsSaid
	case a.Rights.Limited:
		return sight.Limited
	}
	return sight.Free
}

// May reports whether the account's role allows something.
func (a Account) May(p Permission) bool { return a.Rights.May(p) }

type profile struct {
	pii.Personal
	Name  string `json:"name"`
	Email string `json:"email"`
}

const profileContext = "account.profile"

// Directory manages accounts.
type Directory struct {
	db     *store.DB
	vault  *vault.Vault
	ids    *id.Source
	now    func() time.Time
	brake  *throttle.Brake // wrong passwords, by address of the account and source
	doors  *throttle.Brake // wrong sign-ins, by source
	pauses *throttle.Pause // after wrong passwords, as brake
	// Wrong factors, by account and source, and by account.
	tries   *throttle.Pause
	factors *throttle.Brake
	// Mails for a forgotten password, by source and by address.
	resets, mailed *throttle.Brake
	asks           *throttle.Brake // sign-ins with a passkey that were begun, by source
	slots          chan struct{}   // bounds the memory of argon2
	cost           Cost
	hashing        throttle.Single // by source

	alarmed func(ctx context.Context, tx store.Tx, org id.Org, account id.Account, what Alarm) error
	guesses *throttle.Pause // wrong passwords and factors, by account and day
	decided func(ctx context.Context, tx store.Tx, org id.Org, account id.ID) error
	circled func(ctx context.Context, tx store.Tx, org id.Org, how Moved, account id.Account) error
	ended   func(org id.Org)
}

// New makes a Directory.
func New(db *store.DB, v *vault.Vault, ids *id.Source, now func() time.Time) *Directory {
	return &Directory{db: db, vault: v, ids: ids, now: now, brake: throttle.New(now), doors: throttle.Of(now, fromMost), pauses: throttle.NewPause(now), tries: throttle.NewPause(now), factors: throttle.New(now), slots: make(chan struct{}, 2), cost: usual,
		resets: throttle.New(now), asks: throttle.Of(now, 2*fromMost), mailed: throttle.Of(now, 1),
		guesses: throttle.NewPause(now), alarmed: func(context.Context, store.Tx, id.Org, id.Account, Alarm) error { return nil },
		decided: func(context.Context, store.Tx, id.Org, id.ID) error { return nil },
		circled: func(context.Context, store.Tx, id.Org, Moved, id.Account) error { return nil }, ended: func(id.Org) {}}
}

// Create makes an account.
func (d *Directory) Create(ctx context.Context, a Account, password string) (Account, error) {
	p, err := d.Prepare(a, password)
	if err == nil {
		err = d.db.Write(ctx, func(ctx context.Context, tx store.Tx) error { return d.Add(ctx, tx, p) })
	}
	if err != nil {
		return p.Account, fmt.Errorf("create an account: %w", err)
	}
	return p.Account, nil
}

// Prepared is an account that is in order and only has to be stored. Hashing a
// password takes long, so it happens before the transaction.
type Prepared struct {
	Account
	hash string
}

// Prepare checks an account and gives it an id.
func (d *Directory) Prepare(a Account, password string) (Prepared, error) {
	a.Email = normal(a.Email)
	switch {
	case !strings.Contains(a.Email, "@") || len(a.Email) > 254:
		return Prepared{Account: a}, ErrEmail
	}
	if _, is := a.Role.Own(); !is && table[a.Role] == nil {
		return Prepared{Account: a}, ErrRole
	}
	if err := checkPassword(password, a); err != nil {
		return Prepared{Account: a}, err
	}
	a.ID = id.Account(d.ids.New())
	return Prepared{a, d.hash(password, nil)}, nil
}

// Add stores a prepared account.
func (d *Directory) Add(ctx context.Context, tx store.Tx, p Prepared) error {
	if _, err := d.RightsOf(ctx, tx, p.Org, p.Role); err != nil {
		return err
	}
	email, err := d.emailHash(ctx, tx, p.Email)
	if err != nil {
		return err
	}
	n, err := tx.Exec(ctx, "INSERT INTO sign_in (email_hash, org_id, account_id) VALUES (?, ?, ?) ON CONFLICT DO NOTHING", email, p.Org, p.ID)
	if err != nil {
		return err
	}
	if n == 0 {
		return ErrTaken
	}
	ring, err := d.ring(ctx, tx, p.Org)
	if err != nil {
		return err
	}
	plain, err := json.Marshal(profile{Name: p.Name, Email: p.Email})
	if err != nil {
		return err
	}
	role, ownRole := p.Role.stored()
	_, err = tx.Exec(ctx, "INSERT INTO account (org_id, id, role, own_role_id, profile, password, locale, state, created_at, decides_since) VALUES (?, ?, ?, ?, ?, ?, ?, 'active', ?, ?)",
		p.Org, p.ID, role, ownRole, ring.Seal(profileContext, p.ID, plain), p.hash, p.Locale, store.Micros(d.now()), store.Micros(d.now()))
	return err
}

func normal(email string) string { return strings.ToLower(strings.TrimSpace(email)) }

// emailHash finds an account by address before the organisation is known, so
// it uses the installation's own keys.
func (d *Directory) emailHash(ctx context.Context, r store.Reader, email string) (vault.Hash, error) {
	keys, err := d.vault.Org(ctx, r, vault.Installation)
	if err != nil {
		return vault.Hash{}, err
	}
	return keys.Lookup("sign_in", email), nil
}

func (d *Directory) ring(ctx context.Context, r store.Reader, org id.Org) (*vault.Keyring, error) {
	keys, err := d.vault.Org(ctx, r, org)
	if err != nil {
		return nil, err
	}
	return keys.Keyring(ctx, r, org)
}

// Cost is how much work argon2id is to whoever tries a password.
type Cost struct {
	Passes uint32
	Memory uint32 // in KiB
}

// usual is what OWASP recommends as its second choice: 19 MiB, two passes.
var usual = Cost{Passes: 2, Memory: 19 << 10}

// Trifling is the least work that argon2id takes, for tests of what comes after
// a password. Nobody else has a use for it: stored passwords would be guessed.
func Trifling() Cost { return Cost{Passes: 1, Memory: 8} }

// Costing sets what a password costs; the zero Cost leaves it as it is. What was
// stored at another cost is right for nobody.
func (d *Directory) Costing(c Cost) *Directory {
	if c != (Cost{}) {
		d.cost = c
	}
	return d
}

// argonKey is how many bytes a password becomes.
const argonKey = 32

// hash derives the stored form of a password; a nil salt makes a new one.
func (d *Directory) hash(password string, salt []byte) string {
	if salt == nil {
		salt = make([]byte, 16)
		_, _ = rand.Read(salt) // never fails: crypto/rand
	}
	d.slots <- struct{}{}
	key := argon2.IDKey([]byte(password), salt, d.cost.Passes, d.cost.Memory, 1, argonKey)
	<-d.slots
	b64 := base64.RawStdEncoding.EncodeToString
	return "argon2id$" + strconv.FormatUint(uint64(d.cost.Passes), 10) + "$" + strconv.FormatUint(uint64(d.cost.Memory), 10) + "$" + b64(salt) + "$" + b64(key)
}

func (d *Directory) matches(password, stored string) bool {
	parts := strings.Split(stored, "$")
	if len(parts) != 5 {
		return false
	}
	salt, err := base64.RawStdEncoding.DecodeString(parts[3])
	if err != nil {
		return false
	}
	return subtle.ConstantTimeCompare([]byte(d.hash(password, salt)), []byte(stored)) == 1
}

// nobody is what the password of an unknown address is compared with, so that
// the answer takes as long as for a known one.
const nobody = "argon2id$2$19456$AAAAAAAAAAAAAAAAAAAAAA$AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"

// Begun is a session that has begun. Browser is the cookie by which the browser is
// known from now on; empty: it was known. Step, where it is not empty, stands
// instead of both: the password was right, and a factor is asked for.
type Begun struct {
	pii.Personal
	Session, Browser, Step string
}

// SignIn checks an address and a password and begins a session, or the step in which
// a factor is asked for, where the account has one ([Directory.Pass]).
//
// Whose account was meant is returned too, also when the password was wrong; the
// zero Account if there is none of this address. The session begins in a write of
// writer, which is told whose it is. Errors: ErrSignIn, ErrThrottled.
func (d *Directory) SignIn(ctx context.Context, email, password string, v Visit, writer Writing) (begun Begun, meant Account, err error) {
	hash, err := d.emailHash(ctx, d.db, normal(email))
	if err != nil {
		return begun, meant, err
	}
	known, err := d.knows(ctx, hash, v.Known)
	if err != nil {
		return begun, meant, err
	}
	guard := d.guard(v, hash, known)
	if !guard.allow() {
		return begun, meant, ErrThrottled
	}
	stored, err := d.stored(ctx, hash)
	if err == nil {
		err = guard.right(ctx, stored, password)
	}
	guard.ended(err)
	switch {
	case err != nil:
	case stored.factored:
		begun.Step, err = d.newStep(ctx, d.db, stored.Account, known)
	default:
		begun, err = d.begin(ctx, writer, stored.Org, stored.ID, opening{known: known, told: true})
	}
	return begun, stored.Account, err
}

// guard slows guessing down. By source first: a stranger who guesses, or makes
// addresses up, slows down herself and her neighbours, not the holder of the
// account. A browser that is known has a budget of its own.
type guard struct {
	pii.Personal
	*Directory
	from, key string
	known     bool
}

func (d *Directory) guard(v Visit, email vault.Hash, known bool) guard {
	if known {
		return guard{Directory: d, from: v.From, key: "browser " + v.Known, known: true}
	}
	return guard{Directory: d, from: v.From, key: v.From + " " + string(email[:])}
}

func (g guard) allow() bool {
	if !g.known && !g.doors.Allow(g.from) {
		return false
	}
	if g.pauses.Wait(g.key) > 0 || !g.brake.Allow(g.key) {
		g.back()
		return false
	}
	return true
}

// ended counts what was wrong; what was right is forgotten, and what failed
// otherwise is nobody's fault.
func (g guard) ended(err error) {
	switch {
	case errors.Is(err, ErrSignIn):
		g.pauses.Fail(g.key)
	case err == nil:
		g.brake.Clear(g.key)
		g.pauses.Clear(g.key)
		g.back()
	default:
		g.brake.Forgive(g.key)
		g.back()
	}
}

// back takes the attempt of the source back.
func (g guard) back() {
	if !g.known {
		g.doors.Forgive(g.from)
	}
}

// Writing gives the writer for what the owner of an account does.
type Writing func(org id.Org, account id.Account) store.Writer

// Through is the Writing that takes one writer, whoever's account it is.
func Through(w store.Writer) Writing { return func(_ id.Org, _ id.Account) store.Writer { return w } }

// meant is the account of an address, as far as signing in needs it.
type meant struct {
	Account
	password, state string
	factored        bool
}

// stored reads the account of an address; without one, the password of nobody.
func (d *Directory) stored(ctx context.Context, email vault.Hash) (m meant, err error) {
	m.password, m.state = nobody, "active"
	err = d.db.QueryRow(ctx, "SELECT org_id, account_id FROM sign_in WHERE email_hash = ?", email).Scan(&m.Org, &m.ID)
	if err == nil {
		err = d.db.QueryRow(ctx, "SELECT password, state, factored FROM account WHERE org_id = ? AND id = ?", m.Org, m.ID).Scan(&m.password, &m.state, &m.factored)
	}
	if err != nil && !errors.Is(err, store.ErrNoRows) {
		return m, fmt.Errorf("sign in: %w", err)
	}
	return m, nil
}

// right compares a password with that of an account. Each source has one under
// way at a time, so that one that guesses does not use up what all hash with.
// Errors: ErrSignIn.
func (g guard) right(ctx context.Context, m meant, password string) error {
	leave, err := g.hashing.Enter(ctx, g.from)
	if err != nil {
		return fmt.Errorf("wait to compare a password: %w", err)
	}
	defer leave()
	if !g.matches(password, m.password) || m.ID.IsZero() || m.state != "active" {
		return ErrSignIn
	}
	return nil
}

// fromMost is how many wrong sign-ins a minute one source may have, and how
// many under way: more than one account's, since an office shares an address.
const fromMost = 30

// secret makes a token and the hash under which it is stored.
func secret(prefix string) (token string, hash []byte) {
	raw := make([]byte, 32)
	_, _ = rand.Read(raw) // never fails: crypto/rand
	token = prefix + base64.RawURLEncoding.EncodeToString(raw)
	return token, tokenHash(token)
}

func tokenHash(token string) []byte {
	sum := sha256.Sum256([]byte(token))
	return sum[:]
}

// Get reads an account that is active.
func (d *Directory) Get(ctx context.Context, org id.Org, account id.Account) (Account, error) {
	a := Account{Org: org, ID: account}
	var sealed []byte
	var is held
	err := d.db.QueryRow(ctx, "SELECT "+roleColumns+", a.locale, a.profile FROM account a"+withRole+" WHERE a.org_id = ? AND a.id = ? AND a.state = 'active'", org, account).
		Scan(append(is.columns(), &a.Locale, &sealed)...)
	a.Role, a.Rights = is.is()
	if errors.Is(err, store.ErrNoRows) {
		return Account{}, ErrNoSession
	}
	if err != nil {
		return Account{}, fmt.Errorf("read an account: %w", err)
	}
	return d.opened(ctx, d.db, a, sealed)
}

// opened adds what is sealed of an account.
func (d *Directory) opened(ctx context.Context, r store.Reader, a Account, sealed []byte) (Account, error) {
	ring, err := d.ring(ctx, r, a.Org)
	if err != nil {
		return Account{}, err
	}
	p, err := openProfile(ring, a.ID, sealed)
	a.Name, a.Email = p.Name, p.Email
	return a, err
}

func openProfile(ring *vault.Keyring, account id.Account, sealed []byte) (p profile, err error) {
	plain, err := ring.Open(profileContext, account, sealed)
	if err != nil {
		return p, fmt.Errorf("open an account: %w", err)
	}
	return p, json.Unmarshal(plain, &p)
}

// SetLocale stores the language in which a member of staff works.
func (d *Directory) SetLocale(ctx context.Context, org id.Org, account id.Account, locale string) error {
	return d.db.Write(ctx, func(ctx context.Context, tx store.Tx) error {
		_, err := tx.Exec(ctx, "UPDATE account SET locale = ? WHERE org_id = ? AND id = ?", locale, org, account)
		return err
	})
}

// Expire deletes sessions and links that have ended.
func (d *Directory) Expire(ctx context.Context, tx store.Tx, now time.Time) error {
	if _, err := tx.Exec(ctx, "DELETE FROM session WHERE expires_at < ? OR seen_at < ?", store.Micros(now), store.Micros(now.Add(-sessionIdle))); err != nil {
		return err
	}
	if _, err := tx.Exec(ctx, "DELETE FROM known_browser WHERE at < ?", store.Micros(now.Add(-browserLife))); err != nil {
		return err
	}
	if _, err := tx.Exec(ctx, "DELETE FROM sign_in_step WHERE expires_at < ?", store.Micros(now)); err != nil {
		return err
	}
	_, err := tx.Exec(ctx, "DELETE FROM password_link WHERE expires_at < ?", store.Micros(now))
	return err
}
