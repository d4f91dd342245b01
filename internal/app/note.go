package app

import (
	"context"
	"errors"

	"einklang/internal/account/audit"
	"einklang/internal/rule/id"
)

// What the command line does is written down like what staff do, under these
// acts.
const (
	OrgMade          = "settings.changed"
	NumberAdded      = "settings.changed"
	AccountMade      = "staff.changed"
	TokenMade        = "settings.changed"
	WebhooksApplied  = "settings.changed"
	ArchiveExported  = "archive.exported"
	KeysChanged      = audit.KeysChanged
	IndexMade        = audit.IndexMade
	EvidenceExported = audit.EvidenceExported
	BackupTaken      = audit.BackupTaken
)

// Note writes down for an organisation what the command line has done, or is
// about to hand out.
func (r *Rooms) Note(ctx context.Context, org id.ID, act string) error {
	return r.Accounts().Audit.Begin(org, audit.ByCommand(), audit.Changes(act)).Note(ctx)
}

// NoteAll writes it down for every organisation.
func (r *Rooms) NoteAll(ctx context.Context, act string) error {
	orgs, err := r.Accounts().Orgs.All(ctx, r.Engine().DB)
	for _, o := range orgs {
		err = errors.Join(err, r.Note(ctx, o.ID, act))
	}
	return err
}
