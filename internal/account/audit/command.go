package audit

// Commands are the acts that the command line has besides those of the pages.
const (
	KeysChanged      = "keys.changed"
	IndexMade        = "index.made"
	EvidenceExported = "evidence.exported"
	BackupTaken      = "backup.taken"
)

var commandActs = []string{KeysChanged, IndexMade, EvidenceExported, BackupTaken}
