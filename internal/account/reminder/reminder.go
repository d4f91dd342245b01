// Package reminder tells staff by e-mail what has come due: the answer to a
// person who asked for her rights, a phone that still holds people who are gone,
// an agreement that ends. Each stage of each thing is told once, whatever the
// number of nodes, and gets more readers the longer it lasts. The mails hold no
// personal data: a line about what it is, and where to look. Data protection
// officers also get the day's checkpoint of the evidence log. Links with which
// members of staff choose a password go out from here, too.
package reminder

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"einklang/internal/account/user"
	"einklang/internal/engine/mail"
	"einklang/internal/engine/store"
	"einklang/internal/rule/i18n"
	"einklang/internal/rule/id"
)

// kept is for how long it is remembered what was told.
const kept = 365 * 24 * time.Hour

// Due is one thing that has come due.
type Due struct {
	Topic   Topic
	Subject id.ID
	Stage   string
	// Round parts one occasion from the next, such as the day since when a
	// phone holds people who are gone.
	Round string
	To    []user.Role
	Path  string // of the page where to look
	Count int    // the text's first argument
}

// Key is the one of its text.
func (d Due) Key() string { return "remind." + d.Topic.name + "." + d.Stage }

func (d Due) stage() string {
	if d.Round == "" {
		return d.Stage
	}
	return d.Stage + " " + d.Round
}

// Staff finds who has a role.
type Staff interface {
	WithRole(ctx context.Context, r store.Reader, org id.Org, role user.Role) ([]user.Account, error)
}

// Mails queues mails in the transaction of what they speak of.
type Mails interface {
	Add(ctx context.Context, tx store.Tx, l mail.Letter) error
	Configured() bool
}

// Reminders tells.
type Reminders struct {
	staff Staff
	mails Mails
	texts map[string]*i18n.Catalogue // by locale
	site  string                     // address of the pages
	now   func() time.Time
}

// New makes Reminders.
func New(staff Staff, mails Mails, texts map[string]*i18n.Catalogue, site string, now func() time.Time) *Reminders {
	return &Reminders{staff: staff, mails: mails, texts: texts, site: strings.TrimRight(site, "/"), now: now}
}

// Tell writes to staff about everything that they have not been told yet, one
// mail to each, and returns how many mails it queued.
func (d *Reminders) Tell(ctx context.Context, tx store.Tx, org id.Org, company string, due []Due) (int, error) {
	var fresh []Due
	for _, one := range due {
		is, err := d.note(ctx, tx, org, one)
		if err != nil {
			return 0, err
		}
		if is {
			fresh = append(fresh, one)
		}
	}
	if len(fresh) == 0 {
		return 0, nil
	}
	readers, err := d.readers(ctx, tx, org, fresh)
	if err != nil {
		return 0, err
	}
	for _, r := range readers {
		letter := mail.Letter{Org: org, Kind: "reminder", Message: d.message(r, company)}
		if err := d.mails.Add(ctx, tx, letter); err != nil {
			return 0, fmt.Errorf("queue a reminder: %w", err)
		}
	}
	return len(readers), nil
}

// note writes down that something is told, and reports whether it is new.
func (d *Reminders) note(ctx context.Context, tx store.Tx, org id.Org, one Due) (bool, error) {
	n, err := tx.Exec(ctx, "INSERT INTO reminder (org_id, topic, subject_id, stage, at) VALUES (?, ?, ?, ?, ?) ON CONFLICT DO NOTHING",
		org, one.Topic.name, one.Subject, one.stage(), store.Micros(d.now()))
	if err != nil {
		return false, fmt.Errorf("note a reminder: %w", err)
	}
	return n == 1, nil
}

// Notice writes to some members of staff at once about one thing.
func (d *Reminders) Notice(ctx context.Context, tx store.Tx, org id.Org, company string, staff []user.Account, due Due) error {
	for _, a := range staff {
		letter := mail.Letter{Org: org, Kind: "reminder", Message: d.message(&reader{a, []Due{due}}, company)}
		if err := d.mails.Add(ctx, tx, letter); err != nil {
			return fmt.Errorf("queue a notice: %w", err)
		}
	}
	return nil
}

// reader is a member of staff and what is for her.
type reader struct {
	user.Account
	due []Due
}

func (d *Reminders) readers(ctx context.Context, r store.Reader, org id.Org, due []Due) ([]*reader, error) {
	var all []*reader
	known := map[id.Account]*reader{}
	for _, one := range due {
		var staff []user.Account
		for _, role := range one.To {
			of, err := d.staff.WithRole(ctx, r, org, role)
			if err != nil {
				return nil, err
			}
			staff = append(staff, of...)
		}
		for _, a := range loud(staff) {
			if known[a.ID] == nil {
				known[a.ID] = &reader{Account: a}
				all = append(all, known[a.ID])
			}
			known[a.ID].due = append(known[a.ID].due, one)
		}
	}
	return all, nil
}

// loud are those who want mails about what is due; all, where none does: somebody
// has to know.
func loud(staff []user.Account) []user.Account {
	want := slices.DeleteFunc(slices.Clone(staff), func(a user.Account) bool { return a.Quiet })
	if len(want) == 0 {
		return staff
	}
	return want
}

func (d *Reminders) textsFor(a user.Account) *i18n.Catalogue {
	if c := d.texts[a.Locale]; c != nil {
		return c
	}
	return d.texts["de"]
}

func (d *Reminders) message(r *reader, company string) mail.Message {
	c := d.textsFor(r.Account)
	var lines strings.Builder
	for _, one := range r.due {
		fmt.Fprintf(&lines, "– %s\n  %s%s\n\n", c.T(one.Key(), one.Count), d.site, one.Path)
	}
	return mail.Message{To: r.Email, Subject: c.T("remind.subject", company), Text: c.T("remind.text", r.Name, lines.String())}
}

// mailed is for how many days it is remembered that a checkpoint went out on a
// day. It only keeps the nodes from mailing it twice, which their clocks, and an
// hour that comes round late, can make a matter of a day; the checkpoints
// themselves are in the mailboxes and in the evidence log. A week leaves an
// administrator who looks into a missing mail the time to do so.
const mailed = 7

// Expire deletes what was told long ago.
func Expire(ctx context.Context, tx store.Tx, org id.Org, now time.Time) error {
	if _, err := tx.Exec(ctx, "DELETE FROM reminder WHERE org_id = ? AND at < ?", org, store.Micros(now.Add(-kept))); err != nil {
		return fmt.Errorf("delete reminders: %w", err)
	}
	if _, err := tx.Exec(ctx, "DELETE FROM evidence_mailed WHERE org_id = ? AND day < ?", org, now.UTC().AddDate(0, 0, -mailed).Format(time.DateOnly)); err != nil {
		return fmt.Errorf("delete on which days a checkpoint was mailed: %w", err)
	}
	return nil
}
