package audit

import (
	"context"

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
	FactorsRemoved  = "factor.removed"
	TokenMade       = "token.changed"
	WebhooksApplied = "settings.changed"
	ArchiveExported = "archive.exported"
)

// Command is an act of the command line, through which it writes.
func (l *Log) Command(org id.Org, act string) *Act { return l.Begin(org, ByCommand(), Changes(act)) }

// CommandAll is one that concerns all organisations.
func (l *Log) CommandAll(ctx context.Context, orgs func(context.Context, store.Reader) ([]id.Org, error), act string) (Acts, error) {
	found, err := orgs(ctx, l.DB)
	if err != nil {
		return nil, err
	}
	all := make(Acts, len(found))
	for i, org := range found {
		all[i] = l.Command(org, act)
	}
	return all, nil
}
