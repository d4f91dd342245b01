package user

// Permission is something that a role may do. Every page and every action
// names the one it needs.
type Permission string

// The permissions.
const (
	Read          Permission = "read"           // see conversations and people
	Answer        Permission = "answer"         // write to customers, work on conversations
	RecordConsent Permission = "record_consent" // record and withdraw consents
	Reports       Permission = "reports"        // see aggregates
	Team          Permission = "team"           // labels, quick replies, assignment rules, saved views for all
	Import        Permission = "import"         // bring in people and chats
	Identify      Permission = "identify"       // say whose a number is that somebody left
	Devices       Permission = "devices"        // company phones and their address books
	Consents      Permission = "consents"       // purposes, opt-in ways, notices
	Privacy       Permission = "privacy"        // privacy cases, erasure, retention, documents, cockpit
	Audit         Permission = "audit"          // see what staff did with personal data
	Settings      Permission = "settings"       // numbers, organisation, retention
	Accounts      Permission = "accounts"       // staff and their roles
)

// Permissions lists all of them, in the order in which people read them.
func Permissions() []Permission {
	return []Permission{Read, Answer, RecordConsent, Reports, Team, Import, Identify, Devices, Consents, Privacy, Audit, Settings, Accounts}
}

// Roles lists the roles, the least powerful first.
func Roles() []Role { return []Role{Agent, Lead, DPO, Admin} }

// table is who may do what. The data protection officer sees everything and
// decides on rights, but does not write to customers (GDPR Art. 38(6): no
// conflict of interest).
var table = map[Role][]Permission{
	Agent: {Read, Answer, RecordConsent},
	Lead:  {Read, Answer, RecordConsent, Reports, Team, Import, Identify, Devices},
	DPO:   {Read, RecordConsent, Reports, Identify, Devices, Consents, Privacy, Audit, Settings},
	Admin: {Read, Answer, RecordConsent, Reports, Team, Import, Identify, Devices, Consents, Privacy, Settings, Accounts},
}
