package reminder

import (
	"context"
	"fmt"
	"time"

	"einklang/internal/account/user"
	"einklang/internal/engine/mail"
	"einklang/internal/engine/store"
	"einklang/internal/rule/id"
)

// Evidence signs an organisation's log of proof as it stands.
type Evidence interface {
	Checkpoint(ctx context.Context, tx store.Tx, org id.Org) (string, error)
}

// Checkpoint sends the day's signed checkpoint of the evidence log to the
// organisation's data protection officers, once a day whatever the number of
// nodes. Kept in a mailbox, it finds a log that was cut or forked later, even
// by somebody who holds the signing key.
func (d *Reminders) Checkpoint(ctx context.Context, tx store.Tx, org id.Org, company string, log Evidence) error {
	officers, err := d.staff.WithRole(ctx, tx, org, user.DPO)
	if err != nil || len(officers) == 0 {
		return err
	}
	day := d.now().UTC().Format(time.DateOnly)
	n, err := tx.Exec(ctx, "INSERT INTO evidence_mailed (org_id, day) VALUES (?, ?) ON CONFLICT DO NOTHING", org, day)
	if err != nil || n == 0 {
		return err
	}
	signed, err := log.Checkpoint(ctx, tx, org)
	if err != nil {
		return err
	}
	for _, dpo := range officers {
		c := d.textsFor(dpo)
		letter := mail.Letter{Org: org, Kind: "checkpoint", Message: mail.Message{To: dpo.Email,
			Subject: c.T("checkpoint.subject", company, day), Text: c.T("checkpoint.text", company, signed)}}
		if err := d.mails.Add(ctx, tx, letter); err != nil {
			return fmt.Errorf("queue a checkpoint: %w", err)
		}
	}
	return nil
}

// Mailed is the last day on which a checkpoint went to the data protection
// officers, of the last week; zero: none did.
func Mailed(ctx context.Context, r store.Reader, org id.Org) (time.Time, error) {
	var day string
	if err := r.QueryRow(ctx, "SELECT COALESCE(MAX(day), '') FROM evidence_mailed WHERE org_id = ?", org).Scan(&day); err != nil || day == "" {
		return time.Time{}, err
	}
	return time.Parse(time.DateOnly, day)
}
