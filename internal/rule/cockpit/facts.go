// Package cockpit says how an organisation stands on each of the requirements
// S1 to S26: green, amber, red, or not known, with
// what it is judged by and what would mend it. Nothing is a box to tick: every
// state follows from Facts that are counted in the live system, and where there
// is nothing to count, nothing is fulfilled.
package cockpit

import (
	"time"

	"einklang/internal/rule/id"
)

// Facts is what the system knows about itself, for one organisation, at one
// moment. They hold counts and settings, nothing about a person.
type Facts struct {
	Now          time.Time
	Pages        string // address of the public pages, without a slash at the end
	Organisation Organisation
	Numbers      []Number
	Notice       Notice
	Consent      Consent
	Gate         Gate
	Books        Books
	ThirdParty   ThirdParty
	Processors   []Processor
	Transfers    []Transfer
	Components   []Component
	Intake       Intake
	Deletion     Deletion
	Backup       Backup
	Cases        Cases
	Breaches     []Breach // that are not closed
	Attributes   []Attribute
	Staff        Staff
	Budget       Budget
	Evidence     Evidence
	Automation   Automation
	Labels       Labels
	Imports      Imports
	Security     Security
}

// Organisation is the controller (GDPR Art. 4(7)).
type Organisation struct {
	Name    string
	Address string
	Email   string
	DPO     string // contact of the data protection officer
	Country string // ISO 3166; empty: nobody has said it
	Portal  string // address of the page where people see and end what there is
	Privacy string // address of the notice in force
	Zone    *time.Location
}

// Number is one WhatsApp number.
type Number struct {
	Channel        id.Channel
	Name, Display  string
	Product        string // "cloud_api", "business_app" …
	Active         bool
	AgreementUntil time.Time
	StorageMode    string // as Meta says
	StorageRegion  string
	Profile        Profile // whether it shows the notice's address
	OnPhone        bool    // the same number is also used on a registered phone
}

// Profile is what was last seen of a number's profile at WhatsApp.
type Profile string

// What can be seen. The empty Profile: nobody has looked yet.
const (
	ProfileLinks  Profile = "linked"  // it shows the address of the notice
	ProfileLacks  Profile = "missing" // it does not
	ProfileUnread Profile = "unread"  // Meta did not answer
)

// Notice is the privacy notice.
type Notice struct {
	Version   int
	Published time.Time
	Missing   []NoticeGap
	Delivered int64 // people who got the version in force
}

// NoticeGap is something that the notice in force does not say (GDPR Art. 13).
// Part and Lacks are those of package notice; an empty Lacks is a part without
// any text.
type NoticeGap struct{ Part, Locale, Lacks string }

// Consent counts consents for WhatsApp.
type Consent struct {
	Granted, Withdrawn, Pending, Expired int64
	Unproven                             int64 // granted without an event that proves it; must be 0
	DoubleOptIn                          bool  // e-mail is set up
	WebForm                              bool  // the public form is open, and what it asks for can be confirmed
	EntryPoints                          int64 // wa.me links, QR codes
	OptedOut                             int64
	Existing                             bool  // the exception for existing customers is turned on (UWG §7(3))
	OnSales                              int64 // messages of the Window that rest on it
	Initiated                            int64 // matters opened by the people themselves
	Purposes                             []Purpose
	Untied                               bool // somebody has checked that nothing depends on a consent (GDPR Art. 7(4))
}

// Purpose is what people are asked to agree to.
type Purpose struct {
	Key              string
	NameDE, NameEN   string // empty for a built-in one
	AboutDE, AboutEN string // goods that are advertised, kinds of messages; empty: nobody has said it
	Advertising      bool
	Months           int // a consent lasts so long without use; 0: until withdrawn
}

// Window is how far back verdicts, and what went out by itself, are counted.
const Window = 30 * 24 * time.Hour

// Gate counts the verdicts of the Window.
type Gate struct {
	Allowed, Denied int64
	Baseless        int64 // allowed without a basis; must be 0
	Unjudged        int64 // sent without a verdict; must be 0
	Foreign         int64 // messages of the last week that other software sent over our numbers
}

// Books counts company phones and their address books.
type Books struct {
	Devices       int64
	WithWhatsApp  int64
	ConsumerApp   int64 // the consumer app in business use
	Undeclared    int64 // without a business-only declaration
	Unasked       int64 // phones with WhatsApp whose check list nobody has ever answered
	Lapsed        int64 // without a valid attestation
	CloudBackup   int64 // attested: chat backup in the cloud, not end-to-end encrypted
	SavesPictures int64 // attested: pictures are saved automatically
	Unmanaged     int64 // neither work profile nor supervised
	Stale         int64 // has not synced since somebody was removed
	StillHeld     int64 // removed people whom such phones still hold
	Unlawful      int64 // people in a book without valid consent; must be 0
}

// ThirdParty counts contact cards that people sent: they speak of others.
type ThirdParty struct {
	Cards   int64 // that are kept
	Overdue int64 // kept for longer than their period, by two days and more
}

// Processor is an entry of the register (GDPR Art. 28).
type Processor struct {
	Name, Country, Mechanism, State string
	Until, Review                   time.Time
}

// Transfer is what went to one recipient in the last 30 days.
type Transfer struct {
	Recipient, Country, Mechanism string
	Categories                    []string
	Calls, Bytes                  int64
	EEA                           bool
}

// Component is a part of the installation and where it stands.
type Component struct {
	Name, Host, Country string
	EEA                 bool
	Declared            bool
}

// Intake says whether webhooks could be taken.
type Intake struct {
	Lost     int64     // gaps of an hour and more in the last 90 days
	Late     int64     // gaps of ten minutes and more
	Since    time.Time // what is counted begins here: 90 days ago, or with the installation
	Longest  time.Duration
	LastFrom time.Time
	LastTo   time.Time

	Boxes          int64 // letter boxes that take webhooks while we are down
	BoxesSilent    int64 // of them: those that were not heard of lately
	LettersRefused int64 // letters that were not taken here, which they keep for a while
}

// Deletion says what is deleted, and when.
type Deletion struct {
	Rules   []RetentionRule
	LastRun time.Time
	Running int64 // erasures under way
	Stuck   int64 // erasures without progress for a day
	Done    int64 // erasures in the last 12 months
	Holds   int64
}

// RetentionRule is one class of data (DIN 66398).
type RetentionRule struct {
	Class   string // stable code
	Days    int
	Changed bool   // differs from the default
	Warning string // stable code: shorter or longer than a duty
}

// Backup is the state of the product's own backups.
type Backup struct {
	Last      time.Time
	Verified  time.Time
	Encrypted bool // to a key that the server does not hold
	KeyDays   int  // how long the key files, which lie apart, are kept
	// JournalSince is since when something that no restore may undo waits to be
	// copied beside the backups; zero: nothing does.
	JournalSince time.Time
	Held         bool // after a restore without the journal: nobody has looked yet
}

// Cases counts privacy cases.
type Cases struct{ Open, Overdue, DueSoon, Closed int64 }

// Attribute is something that the organisation keeps about people besides what
// WhatsApp brings.
type Attribute struct{ Name, Purpose string }

// Breach is a personal data breach that is not closed (GDPR Art. 33).
type Breach struct {
	Aware, Due, Reported time.Time
	Overdue              bool
	People               int64
	Missing              int // parts that a notification still lacks
}

// Staff counts accounts.
type Staff struct {
	Accounts, Agents, Leads, DPOs, Admins int64
	Others                                int64    // with roles of the organisation's own
	Roles                                 int64    // of its own that accounts have
	AuditKept                             bool     // what they do with personal data is written down
	Demanding                             []string // roles that need a second factor
	Lacking                               int64    // accounts of these roles that have none
	Undemanded                            int64    // roles that decide, and need none
	Deciders                              int64    // who may grant what needs a second person
	Singles                               bool     // statistics show single people: an agreement is filed, and a second person has confirmed it
	AgreementWaits                        bool     // one is entered, and not in force: groups of five and more only
}

// Budget is the spending limit.
type Budget struct{ Limit, Spent int64 } // millionths of the currency's unit

// Evidence is the Merkle log.
type Evidence struct {
	Leaves     int64
	Checkpoint time.Time
}

// Automation says what answers by itself.
type Automation struct {
	QuickReplies int64
	Sent         int64 // messages of the last 30 days that no person wrote, beside those that the law asks for
	Receipts     bool  // read receipts are sent
}

// Labels counts how people and conversations are sorted.
type Labels struct{ Labels, Used int64 }

// Imports counts what was brought in.
type Imports struct{ Imports, WithoutConsent, Article14Due, Article14Overdue int64 }

// Security is what protects the data beside the keys of the people.
type Security struct {
	HTTPS    bool // pages are reached over TLS
	MailTLS  bool // e-mail leaves over TLS
	Database string
}
