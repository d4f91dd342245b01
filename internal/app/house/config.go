package house

import (
	"cmp"
	"log/slog"
	"time"

	"einklang/internal/account/user"
	"einklang/internal/consent/optin"
	"einklang/internal/door/webhook"
	"einklang/internal/engine/cloudapi"
	"einklang/internal/engine/egress"
	"einklang/internal/engine/letterbox"
	"einklang/internal/engine/machines"
	"einklang/internal/engine/mail"
	"einklang/internal/engine/threshold"
	"einklang/internal/govern/processors"
	"einklang/internal/phones/device"
	"einklang/internal/phones/device/amapi"
	"einklang/internal/rights/backup"
	"einklang/internal/rights/cases"
)

// Config is what an installation is told.
type Config struct {
	Data         string     // folder of the database and of the root key
	Database     string     // postgres://…; empty: SQLite in Data
	RootKey      string     // file; empty: root.key in Data
	PublicURL    string     // address at which people reach the pages
	Chat         optin.Chat // where links to our numbers lead; only the demo sets it
	GraphURL     string     // Meta's Graph API
	GraphVersion string
	Apps         []webhook.App
	Mail         mail.Server            // the zero value: no e-mail
	Returns      mail.Mailbox           // where returned mails arrive; the zero value: nobody looks
	Requests     cases.Inbox            // where people's requests arrive by e-mail
	Backup       backup.Config          // the zero value: no backups from here
	Seals        Seals                  // where seals of the evidence logs are put; the zero value: into mails only
	Components   []processors.Component // where its parts stand
	Phones       device.Fleet           // how company phones are managed
	Boxes        []string               // letter boxes elsewhere that take webhooks while this is down
	Monitor      letterbox.Monitor      // called while all is well; the zero value: nobody is
	MaxQueue     int64                  // messages of one number that may wait; 0: a million
	Threshold    threshold.Options
	Passwords    user.Cost // what a password costs; the zero value: the usual. Only tests set it
	Log          *slog.Logger
	SlowWrite    time.Duration    // from when on a write is logged; 0: 500 ms
	Now          func() time.Time // nil: the machine's own clock
	real         bool             // it is the machine's own clock
	// Announce is how long the node says that it is leaving before it takes
	// nothing new any more, so that a load balancer can turn to others.
	Announce time.Duration
}

func (c Config) withDefaults() Config {
	if c.Now == nil {
		c.Now, c.real = time.Now, true
	}
	c.Log = cmp.Or(c.Log, slog.Default())
	return c
}

// rootKey is the file of the root key.
func (c Config) rootKey() string { return machines.RootKeyFile(c.Data, c.RootKey) }

// outside is where the installation can reach. What the mailboxes leave out is
// filled in.
func (c *Config) outside() ([]egress.Destination, error) {
	ways := mail.Ways{Server: c.Mail, Returns: c.Returns, Requests: c.Requests.Mailbox}
	all, err := ways.Check()
	c.Mail, c.Returns, c.Requests.Mailbox = ways.Server, ways.Returns, ways.Requests
	if c.Phones.AndroidEnterprise != "" {
		all = append(all, amapi.Outside(c.Phones.AndroidURL))
	}
	if err != nil {
		return nil, err
	}
	if c.Monitor, err = c.Monitor.Check(); err != nil {
		return nil, err
	}
	if err := c.Seals.check(); err != nil {
		return nil, err
	}
	all = append(append(all, c.Monitor.Outside()...), c.Seals.outside()...)
	meta, err := cloudapi.Outside(c.GraphURL)
	return append(append(all, c.Backup.Outside()...), meta), err
}
