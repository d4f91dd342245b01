package audit

import (
	"context"
	"errors"

	"einklang/internal/engine/store"
	"einklang/internal/rule/id"
)

// Acts that the command line has besides those of the pages.
const (
	KeysChanged      = "keys.changed"
	IndexMade        = "index.made"
	EvidenceExported = "evidence.exported"
	BackupTaken      = "backup.taken"
)

var commandActs = []string{KeysChanged, IndexMade, EvidenceExported, BackupTaken}

// Acts of the pages that the command line has too.
const (
	OrgMade         = "settings.changed"
	NumberAdded     = "settings.changed"
	AccountMade     = "staff.changed"
	TokenMade       = "settings.changed"
	WebhooksApplied = "settings.changed"
	ArchiveExported = "archive.exported"
)

// Command is an act of the command line, through which it writes.
func (l *Log) Command(org id.Org, act string) *Act { return l.Begin(org, ByCommand(), Changes(act)) }

// Commanded writes down for an organisation what the command line has done in
// many transactions, or is about to hand out.
func (l *Log) Commanded(ctx context.Context, org id.Org, act string) error {
	return l.Command(org, act).Note(ctx)
}

// CommandedAll writes it down for several organisations.
func (l *Log) CommandedAll(ctx context.Context, orgs func(context.Context, store.Reader) ([]id.Org, error), act string) error {
	all, err := orgs(ctx, l.DB)
	for _, org := range all {
		err = errors.Join(err, l.Commanded(ctx, org, act))
	}
	return err
}
