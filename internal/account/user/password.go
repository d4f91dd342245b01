package user

import (
	"context"
	_ "embed" // the list of common passwords
	"errors"
	"fmt"
	"slices"
	"strings"
	"unicode"

	"einklang/internal/engine/store"
	"einklang/internal/rule/id"
)

// ErrCommon is returned for a password that many others have, or that says who
// its owner is.
var ErrCommon = errors.New("this password is one of the first that are tried")

// How long a password is. The end keeps what is hashed small.
const (
	passwordLeast = 10
	passwordMost  = 256
)

// common are the passwords of ten characters and more among the commonest that
// have been in breaches, one a line, in order (github.com/trustelem/zxcvbn 1.0.1,
// data/passwords.txt; the licence lies beside it). Shorter ones are refused for
// their length.
//
//go:embed common/passwords.txt
var common string

// expected are the words that somebody tries first who knows what the password is
// for, in both languages of the pages. They are refused with figures and signs
// around them, too, and so are the owner's name and address.
var expected = []string{"einklang", "whatsapp", "datenschutz", "dataprotection", "passwort", "password", "kennwort", "willkommen", "welcome", "administrator"}

// checkPassword reports what is wrong with a new password: ErrWeak or ErrCommon.
func checkPassword(password string, a Account) error {
	if n := len([]rune(password)); n < passwordLeast || n > passwordMost {
		return ErrWeak
	}
	said := strings.ToLower(strings.TrimSpace(password))
	mailbox, _, _ := strings.Cut(normal(a.Email), "@")
	own := []string{normal(a.Email), mailbox, strings.ToLower(a.Name), strings.ToLower(strings.ReplaceAll(a.Name, " ", ""))}
	_, known := slices.BinarySearch(strings.Split(strings.TrimSpace(common), "\n"), said)
	if known || slices.Contains(own, said) || strings.Trim(said, said[:1]) == "" {
		return ErrCommon
	}
	// A word is no better for the year behind it.
	bare := letters(said)
	if slices.Contains(expected, bare) || slices.ContainsFunc(own, func(o string) bool { return letters(o) == bare && bare != "" }) {
		return ErrCommon
	}
	return nil
}

// ChangePassword gives somebody who knows her password another one. All her
// sessions end, and a new one begins in a browser that is known anew. Errors: ErrSignIn, ErrThrottled, ErrWeak,
// ErrCommon.
func (d *Directory) ChangePassword(ctx context.Context, a Account, before, password, from string, w store.Writer) (begun Begun, err error) {
	if err := checkPassword(password, a); err != nil {
		return begun, err
	}
	email, err := d.emailHash(ctx, d.db, normal(a.Email))
	if err != nil {
		return begun, err
	}
	is, err := d.stored(ctx, email)
	if err != nil {
		return begun, err
	}
	guard := d.guard(Visit{From: from}, email, false)
	if !guard.allow() {
		return begun, ErrThrottled
	}
	err = guard.right(ctx, is, before)
	if guard.ended(err); err != nil {
		return begun, err
	}
	if is.ID != a.ID || is.Org != a.Org {
		return begun, ErrSignIn
	}
	hash := d.hash(password, nil)
	err = w.Write(ctx, func(ctx context.Context, tx store.Tx) error {
		if err := d.newHash(ctx, tx, a.Org, a.ID, hash); err != nil {
			return err
		}
		begun, err = d.open(ctx, tx, a.Org, a.ID, opening{})
		return err
	})
	if err != nil {
		return Begun{}, fmt.Errorf("change a password: %w", err)
	}
	return begun, nil
}

// ByEmail is the account of a mail address; ErrNoSession if nobody who may sign in
// has it.
func (d *Directory) ByEmail(ctx context.Context, email string) (Account, error) {
	hash, err := d.emailHash(ctx, d.db, normal(email))
	if err != nil {
		return Account{}, err
	}
	var org id.Org
	var account id.Account
	err = d.db.QueryRow(ctx, "SELECT org_id, account_id FROM sign_in WHERE email_hash = ?", hash).Scan(&org, &account)
	if errors.Is(err, store.ErrNoRows) {
		return Account{}, ErrNoSession
	}
	if err != nil {
		return Account{}, fmt.Errorf("find the account of an address: %w", err)
	}
	return d.Get(ctx, org, account)
}

// MayReset reports whether somebody who says that she forgot a password is sent a
// mail for it: few from one source, and one a minute to one address. Nobody else's
// sign-in suffers from it.
func (d *Directory) MayReset(from, email string) bool {
	return d.resets.Allow("from "+from) && d.mailed.Allow("to "+normal(email))
}

// Help lets the owner of an account in again from the machine itself: with a new
// password, and active. It is for the last administrator, whom nobody else can
// help; a second factor stays. ErrNoSession: nobody has this address here.
func (d *Directory) Help(ctx context.Context, tx store.Tx, org id.Org, email, password string) error {
	hash, err := d.emailHash(ctx, tx, normal(email))
	if err != nil {
		return err
	}
	var account id.Account
	err = tx.QueryRow(ctx, "SELECT account_id FROM sign_in WHERE email_hash = ? AND org_id = ?", hash, org).Scan(&account)
	if errors.Is(err, store.ErrNoRows) {
		return ErrNoSession
	}
	if err != nil {
		return fmt.Errorf("find the account of an address: %w", err)
	}
	if err := checkPassword(password, Account{Email: email}); err != nil {
		return err
	}
	if err := d.newHash(ctx, tx, org, account, d.hash(password, nil)); err != nil {
		return err
	}
	return d.SetActive(ctx, tx, org, account, true)
}

// letters is a text without its figures and signs.
func letters(text string) string {
	return strings.Map(func(r rune) rune {
		if unicode.IsLetter(r) {
			return r
		}
		return -1
	}, text)
}
