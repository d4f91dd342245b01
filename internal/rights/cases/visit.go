package cases

import (
	"context"
	"crypto/rand"
	"crypto/subtle"
	"encoding/base64"
	"errors"
	"fmt"
	"strings"
	"time"

	"einklang/internal/engine/store"
	"einklang/internal/engine/vault"
	"einklang/internal/rule/id"
	"einklang/internal/rule/pii"
)

// A person without an account shows who she is by a code that goes to the
// number or address on file, or by a link that she asked for in the chat.

// ErrCode is returned for a wrong code, one that is over, one tried too often,
// and for a person nobody knows: the answer is the same, so nobody learns who
// is a customer.
var ErrCode = errors.New("the code is wrong or over")

// Way is how a person gets what shows who she is.
type Way string

// The ways.
const (
	ByWhatsApp Way = "whatsapp"
	ByMail     Way = "e_mail"
)

const (
	codeLife  = 10 * time.Minute
	codesMost = 3           // made for a number in an hour
	codePause = time.Minute // between two codes for a number
	codeCount = time.Hour
	linkLife  = 30 * time.Minute
	visitLife = 30 * time.Minute
)

// Visits keeps codes and visits to the portal.
type Visits struct {
	vault *vault.Vault
	now   func() time.Time
}

// NewVisits makes Visits.
func NewVisits(v *vault.Vault, now func() time.Time) *Visits { return &Visits{v, now} }

// Code makes a code for what was entered and the person it belongs to; the
// zero person if nobody is known: then nobody gets the code, and everything
// else is the same. From is the shortened internet address. No code is made, and
// an empty one returned, while the last one is fresh or there were too many in
// this hour or day: nobody can flood a person with codes, or guess at each of
// many.
func (v *Visits) Code(ctx context.Context, tx store.Tx, org id.Org, asked, from string, person id.Person, way Way) (code string, until time.Time, err error) {
	keys, err := v.vault.Org(ctx, tx, org)
	if err != nil {
		return "", until, err
	}
	tally, err := v.tally(ctx, tx, org, keys, person, asked, from)
	if err != nil || tally.full() {
		return "", until, err
	}
	code = rand.Text()[:codeLong]
	until, kept, err := v.keep(ctx, tx, org, asked, code, person, way, codeLife)
	if err != nil || !kept {
		return "", until, err
	}
	return code, until, v.made(ctx, tx, org, tally)
}

// codeLong is how long a code is: 40 bits, in letters and digits that RFC 4648
// holds apart.
const codeLong = 8

// typed is a code as it was made, however it was written down.
func typed(code string) string {
	return strings.NewReplacer(" ", "", "-", "", "0", "O", "1", "I", "8", "B").Replace(strings.ToUpper(code))
}

// Link makes a secret that stands for a code: for a link in the chat, which
// only the person reads, because she wrote. It is over at a moment.
func (v *Visits) Link(ctx context.Context, tx store.Tx, org id.Org, person id.Person) (secret string, until time.Time, err error) {
	return v.link(ctx, tx, org, person, ByWhatsApp, linkLife)
}

// InviteLife is how long a link lives by which a person shows that a request is
// hers.
const InviteLife = 24 * time.Hour

// Invite makes a link that lives for a while, for a message that goes by a way.
func (v *Visits) Invite(ctx context.Context, tx store.Tx, org id.Org, person id.Person, way Way, life time.Duration) (secret string, until time.Time, err error) {
	return v.link(ctx, tx, org, person, way, life)
}

func (v *Visits) link(ctx context.Context, tx store.Tx, org id.Org, person id.Person, way Way, life time.Duration) (string, time.Time, error) {
	secret := secret()
	until, _, err := v.keep(ctx, tx, org, secret, secret, person, way, life)
	return secret, until, err
}

func secret() string {
	raw := make([]byte, 24)
	_, _ = rand.Read(raw) // never fails: crypto/rand
	return base64.RawURLEncoding.EncodeToString(raw)
}

// keepCode keeps a code in place of the one before. How many were made for the
// number counts on until its hour is over. Tries are counted elsewhere.
const keepCode = `INSERT INTO portal_code (org_id, asked_hash, contact_id, code_hash, tries, expires_at, since, made, made_at, way) VALUES (?, ?, ?, ?, 0, ?, ?, 1, ?, ?)
ON CONFLICT (org_id, asked_hash) DO UPDATE SET contact_id = excluded.contact_id, code_hash = excluded.code_hash, expires_at = excluded.expires_at, made_at = excluded.made_at, way = excluded.way,
	made = CASE WHEN portal_code.since <= ? THEN 1 ELSE portal_code.made + 1 END,
	since = CASE WHEN portal_code.since <= ? THEN excluded.since ELSE portal_code.since END
WHERE portal_code.made_at <= ? AND (portal_code.since <= ? OR portal_code.made < ?)`

// keep keeps a code, unless there were too many for the number.
func (v *Visits) keep(ctx context.Context, tx store.Tx, org id.Org, asked, code string, person id.Person, way Way, life time.Duration) (until time.Time, kept bool, err error) {
	keys, err := v.vault.Org(ctx, tx, org)
	if err != nil {
		return until, false, err
	}
	now := v.now()
	until = now.Add(life)
	at, hourAgo := store.Micros(now), store.Micros(now.Add(-codeCount))
	n, err := tx.Exec(ctx, keepCode, org, keys.Lookup("portal.asked", asked), person, keys.Lookup("portal.code", asked+" "+code), store.Micros(until), at, at, string(way),
		hourAgo, hourAgo, store.Micros(now.Add(-codePause)), hourAgo, int64(codesMost))
	if err != nil {
		return until, false, fmt.Errorf("keep a code: %w", err)
	}
	return until, n > 0, nil
}

// Entered is what came of a code.
type Entered struct {
	pii.Personal
	Token  string // for a cookie; empty: the code was wrong, or it is not the time to try
	Person id.Person
	Way    Way // by which the code came
	// Tell: the person should be told that wrong codes were tried for her.
	Tell  bool
	Wrong int // wrong codes for her in a day, with this one
}

// Enter takes a code and begins a visit. A wrong code counts, so the transaction
// must be committed whatever the outcome. From is the shortened internet address.
func (v *Visits) Enter(ctx context.Context, tx store.Tx, org id.Org, asked, code, from string) (Entered, error) {
	keys, err := v.vault.Org(ctx, tx, org)
	if err != nil {
		return Entered{}, err
	}
	link := asked == code
	if !link {
		code = typed(code)
	}
	var e Entered
	var want []byte
	var expires int64
	err = tx.QueryRow(ctx, "SELECT contact_id, code_hash, expires_at, way FROM portal_code WHERE org_id = ? AND asked_hash = ?", org, keys.Lookup("portal.asked", asked)).
		Scan(&e.Person, &want, &expires, &e.Way)
	if err != nil && !errors.Is(err, store.ErrNoRows) {
		return Entered{}, fmt.Errorf("check a code: %w", err)
	}
	tally, err := v.tally(ctx, tx, org, keys, e.Person, asked, from)
	if err != nil {
		return Entered{}, err
	}
	now := v.now()
	if !link && !tally.open(now) {
		return Entered{}, nil // not even the right one: else one could try on
	}
	got := keys.Lookup("portal.code", asked+" "+code)
	if subtle.ConstantTimeCompare(got[:], want) != 1 || e.Person.IsZero() || now.After(store.Time(expires)) {
		e.Wrong, err = v.wrong(ctx, tx, org, tally, now)
		e.Tell = !e.Person.IsZero() && (e.Wrong == TellAfter || e.Wrong == wrongDay)
		return e, err
	}
	if _, err := tx.Exec(ctx, "DELETE FROM portal_code WHERE org_id = ? AND asked_hash = ?", org, keys.Lookup("portal.asked", asked)); err != nil {
		return Entered{}, err
	}
	e.Token = secret()
	_, err = tx.Exec(ctx, "INSERT INTO portal_visit (org_id, token_hash, contact_id, expires_at, way) VALUES (?, ?, ?, ?, ?)",
		org, keys.Lookup("portal.visit", e.Token), e.Person, store.Micros(now.Add(visitLife)), string(e.Way))
	return e, err
}

// Who is the person of a visit, and by which way her code came; ErrCode if the
// visit is over.
func (v *Visits) Who(ctx context.Context, r store.Reader, org id.Org, token string) (person id.Person, way Way, err error) {
	keys, err := v.vault.Org(ctx, r, org)
	if err != nil {
		return person, way, err
	}
	err = r.QueryRow(ctx, "SELECT contact_id, way FROM portal_visit WHERE org_id = ? AND token_hash = ? AND expires_at > ?",
		org, keys.Lookup("portal.visit", token), store.Micros(v.now())).Scan(&person, &way)
	if errors.Is(err, store.ErrNoRows) {
		err = ErrCode
	}
	return person, way, err
}

// End ends the visits of a person.
func (v *Visits) End(ctx context.Context, tx store.Tx, org id.Org, person id.Person) error {
	for _, sql := range []string{"DELETE FROM portal_visit WHERE org_id = ? AND contact_id = ?", "DELETE FROM portal_code WHERE org_id = ? AND contact_id = ?"} {
		if _, err := tx.Exec(ctx, sql, org, person); err != nil {
			return err
		}
	}
	return nil
}

// Merge ends what either of two began on the public page: who she is, is asked
// anew.
func (v *Visits) Merge(ctx context.Context, tx store.Tx, org id.Org, from, into id.Person) error {
	return errors.Join(v.End(ctx, tx, org, from), v.End(ctx, tx, org, into), v.mergeWishes(ctx, tx, org, from, into))
}

// Expire deletes codes and visits that are over.
func (v *Visits) Expire(ctx context.Context, tx store.Tx, org id.Org, now time.Time) error {
	// How many codes were made counts until the hour is over.
	for _, sql := range []string{"DELETE FROM portal_visit WHERE org_id = ? AND expires_at < ?", "DELETE FROM portal_code WHERE org_id = ? AND expires_at < ?"} {
		if _, err := tx.Exec(ctx, sql, org, store.Micros(now.Add(-codeCount))); err != nil {
			return err
		}
	}
	if err := v.expireWishes(ctx, tx, org, now); err != nil {
		return err
	}
	_, err := tx.Exec(ctx, "DELETE FROM portal_count WHERE org_id = ? AND since <= ?", org, store.Micros(now.Add(-countDay)))
	return err
}
