package user

import (
	"context"
	"time"

	"einklang/internal/engine/store"
	"einklang/internal/rule/id"
)

// Alarm is something about an account that its owner is told at once, whatever
// mails she wants: it may not have been she. The catalogue has mail.alarm.ALARM.
type Alarm string

// The alarms.
const (
	NewBrowser      Alarm = "browser"  // somebody signed in from a browser that is not known
	PasswordChanged Alarm = "password" // the account has a new password
	FactorsChanged  Alarm = "factors"  // a factor came or went
	Guessing        Alarm = "guessing" // somebody tries passwords or codes
)

// Alarms lists all alarms.
func Alarms() []Alarm { return []Alarm{NewBrowser, PasswordChanged, FactorsChanged, Guessing} }

// Alarming has the owner of an account told, in the transaction of what happened.
func (d *Directory) Alarming(told func(ctx context.Context, tx store.Tx, org id.Org, account id.Account, what Alarm) error) {
	d.alarmed = told
}

// Alarmed tells the owner of an account.
func (d *Directory) Alarmed(ctx context.Context, tx store.Tx, org id.Org, account id.Account, what Alarm) error {
	return d.alarmed(ctx, tx, org, account, what)
}

// unknown tells that somebody signs in from a browser that is not known. Where no
// browser of the account is known, there is nothing that this one differs from.
func (d *Directory) unknown(ctx context.Context, tx store.Tx, org id.Org, account id.Account) error {
	var others bool
	if err := tx.QueryRow(ctx, "SELECT EXISTS (SELECT 1 FROM known_browser WHERE org_id = ? AND account_id = ?)", org, account).Scan(&others); err != nil || !others {
		return err
	}
	return d.alarmed(ctx, tx, org, account, NewBrowser)
}

// guessedOften is how many wrong passwords or factors of one account in a day are
// no mistyping.
const guessedOften = 10

// Guessed counts a wrong password or factor of an account, from wherever, and
// reports whether somebody has to be told: it looks like guessing.
func (d *Directory) Guessed(a Account) bool {
	return d.guesses.Fail(a.ID.String()+" "+d.now().UTC().Format(time.DateOnly)) >= guessedOften
}

// SetQuiet says whether somebody wants no mails about what is due.
func (d *Directory) SetQuiet(ctx context.Context, tx store.Tx, org id.Org, account id.Account, quiet bool) error {
	return found(tx.Exec(ctx, "UPDATE account SET quiet = ? WHERE org_id = ? AND id = ?", quiet, org, account))
}
