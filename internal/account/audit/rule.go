package audit

import (
	"maps"
	"slices"
)

// Kind says when something that staff do is written down.
type Kind int

// The kinds.
const (
	// Change is written in the transaction of the change: no change without
	// an entry, and no entry of a change that failed.
	Change Kind = iota + 1
	// Export leaves the program as a file. It is written before the file
	// begins: without an entry nothing is handed out.
	Export
	// View is written once an hour for each member of staff and thing seen,
	// so that the log shows who saw what and not how fast anybody works
	// (BetrVG §87(1) no. 6).
	View
	// Unlogged shows or changes nothing personal, or comes with a page that
	// is itself written down.
	Unlogged
)

// Object is what the identifier in a route names.
type Object string

// The objects; the person whom they concern is found by them.
const (
	NoObject     Object = ""
	Contact      Object = "contact"
	Conversation Object = "conversation"
	Message      Object = "message"
	Case         Object = "case"
	Other        Object = "other" // has an identifier, concerns nobody or many
)

// Rule says what a route of the pages means for the log.
type Rule struct {
	Kind   Kind
	Act    string // the catalogue has audit.act.ACT
	Object Object
	From   string // the value of the path, or the field of the form, that names the object
}

// Lookup finds the rule of a route.
func Lookup(route string) (Rule, bool) {
	r, known := rules[route]
	return r, known
}

// Routes lists all routes, in the order of the alphabet.
func Routes() []string { return slices.Sorted(maps.Keys(rules)) }

// Acts lists all acts that are written down, without repeating one, in the
// order of the alphabet.
func Acts() []string {
	all := map[string]bool{}
	for _, r := range rules {
		if r.Act != "" {
			all[r.Act] = true
		}
	}
	return slices.Sorted(maps.Keys(all))
}

func conversation(k Kind, act string) Rule { return Rule{k, act, Conversation, "id"} }
func message(k Kind, act string) Rule      { return Rule{k, act, Message, "id"} }
func person(k Kind, act string) Rule       { return Rule{k, act, Contact, "id"} }
func privacyCase(k Kind, act string) Rule  { return Rule{k, act, Case, "id"} }
func other(k Kind, act string) Rule        { return Rule{k, act, Other, "id"} }
func many(k Kind, act string) Rule         { return Rule{Kind: k, Act: act} }

var unlogged = Rule{Kind: Unlogged}

// rules is the table. A route that is not in it keeps the program from
// starting: nothing that staff can do is left out by mistake.
var rules = map[string]Rule{
	// The inbox.
	"GET /{$}":                         unlogged,
	"GET /events":                      unlogged, // numbers of conversations only
	"GET /inbox":                       many(View, "inbox.viewed"),
	"GET /inbox/{id}":                  conversation(View, "conversation.viewed"),
	"GET /fragments/conversation/{id}": conversation(View, "conversation.viewed"),
	"GET /fragments/queue":             many(View, "inbox.viewed"),
	"GET /fragments/others/{id}":       unlogged, // colleagues who type
	"GET /fragments/quick/{id}":        unlogged,
	"GET /fragments/templates/{id}":    unlogged,
	"GET /fragments/palette":           many(View, "searched"),
	"GET /fragments/search":            many(View, "searched"),
	"GET /search":                      many(View, "searched"),
	"GET /messages/{id}/text":          {View, "conversation.viewed", Message, "id"},
	"GET /media/{message}":             {View, "file.viewed", Message, "message"},
	"POST /inbox/bulk":                 {Change, "conversation.changed", Conversation, "conversation"},
	"POST /inbox/{id}/assign":          conversation(Change, "conversation.assigned"),
	"POST /inbox/{id}/close":           conversation(Change, "conversation.closed"),
	"POST /inbox/{id}/move":            conversation(Change, "conversation.moved"),
	"POST /inbox/{id}/snooze":          conversation(Change, "conversation.changed"),
	"POST /inbox/{id}/label":           conversation(Change, "conversation.changed"),
	"POST /inbox/{id}/keep":            conversation(Change, "conversation.kept"),
	"POST /inbox/{id}/note":            conversation(Change, "note.written"),
	"POST /inbox/{id}/read":            unlogged,
	"POST /inbox/{id}/draft":           unlogged, // not yet anything
	"POST /inbox/{id}/send":            conversation(Change, "message.sent"),
	"POST /inbox/{id}/file":            conversation(Change, "message.sent"),
	"POST /inbox/{id}/template":        conversation(Change, "message.sent"),
	"POST /inbox/{id}/buttons":         conversation(Change, "message.sent"),
	"POST /inbox/{id}/list":            conversation(Change, "message.sent"),
	"POST /inbox/{id}/location":        conversation(Change, "message.sent"),
	"POST /inbox/{id}/react":           conversation(Change, "message.sent"),
	"POST /messages/{id}/again":        message(Change, "message.sent"),
	"POST /messages/{id}/dismiss":      message(Change, "message.withdrawn"),
	"POST /messages/{id}/undo":         message(Change, "message.withdrawn"),
	"POST /views":                      unlogged,
	"POST /views/{id}/drop":            unlogged,

	// A person.
	"GET /people/{id}/merge":                   person(View, "person.viewed"),
	"POST /people/{id}/merge":                  person(Change, "person.merged"),
	"POST /people/{id}/block":                  person(Change, "person.changed"),
	"POST /people/{id}/attributes":             person(Change, "person.changed"),
	"POST /people/{id}/locale":                 person(Change, "person.changed"),
	"GET /people/{id}/picture":                 unlogged, // part of the conversation
	"POST /people/{id}/picture":                person(Change, "person.changed"),
	"GET /people/{id}/consent":                 person(View, "consent.viewed"),
	"POST /people/{id}/consent":                person(Change, "consent.recorded"),
	"POST /people/{id}/consent/ask":            person(Change, "consent.asked"),
	"POST /people/{id}/consent/invite":         person(Change, "consent.asked"),
	"POST /people/{id}/consent/withdraw":       person(Change, "consent.withdrawn"),
	"GET /people/{id}/consent/files/{file}":    person(View, "consent.viewed"),
	"GET /people/{id}/consent/proof":           person(Export, "consent.exported"),
	"POST /people/{id}/grant":                  person(Change, "consent.recorded"),
	"POST /people/{id}/withdraw":               person(Change, "consent.withdrawn"),
	"POST /people/{id}/case":                   person(Change, "case.opened"),
	"POST /people/{id}/restrict":               person(Change, "person.restricted"),
	"GET /consent":                             unlogged, // counts
	"GET /consent/waiting":                     many(View, "consent.viewed"),
	"POST /consent/waiting/{id}":               other(Change, "consent.decided"),
	"GET /consent/entries":                     unlogged,
	"POST /consent/entries":                    many(Change, "settings.changed"),
	"GET /consent/entries/{id}":                unlogged,
	"GET /consent/entries/{id}/qr.svg":         unlogged,
	"GET /consent/entries/{id}/qr.png":         unlogged,
	"GET /consent/entries/{id}/sheet.pdf":      unlogged,
	"POST /consent/entries/{id}/retire":        other(Change, "settings.changed"),
	"POST /consent/entries/{id}/short":         other(Change, "settings.changed"),
	"GET /consent/form":                        unlogged,
	"POST /consent/form":                       many(Change, "settings.changed"),
	"GET /consent/purposes":                    unlogged,
	"POST /consent/purposes":                   many(Change, "settings.changed"),
	"GET /consent/purposes/{key}":              unlogged,
	"POST /consent/purposes/{key}":             many(Change, "settings.changed"),
	"POST /consent/purposes/{key}/text":        many(Change, "settings.changed"),
	"GET /import":                              many(View, "import.viewed"),
	"POST /import":                             many(Change, "import.uploaded"),
	"GET /import/people/{id}":                  other(View, "import.viewed"),
	"GET /import/people/{id}/report.csv":       unlogged, // numbers of rows and what became of them
	"POST /import/people/{id}/plan":            other(Change, "import.planned"),
	"POST /import/people/{id}/start":           other(Change, "import.started"),
	"POST /import/people/{id}/undo":            other(Change, "import.undone"),
	"POST /import/people/{id}/discard":         other(Change, "import.discarded"),
	"POST /import/people/{id}/informed":        other(Change, "import.informed"),
	"GET /import/chats":                        many(View, "import.viewed"),
	"POST /import/chats":                       many(Change, "import.uploaded"),
	"GET /import/chats/{id}":                   other(View, "import.viewed"),
	"POST /import/chats/{id}/start":            other(Change, "import.started"),
	"POST /import/chats/{id}/discard":          other(Change, "import.discarded"),
	"GET /import/moving":                       unlogged,
	"POST /import/moving":                      unlogged,
	"GET /devices":                             many(View, "device.viewed"),
	"GET /devices/new":                         unlogged,
	"POST /devices":                            many(Change, "device.changed"),
	"GET /devices/{id}":                        other(View, "device.viewed"),
	"POST /devices/{id}":                       other(Change, "device.changed"),
	"GET /devices/{id}/edit":                   other(View, "device.viewed"),
	"GET /devices/{id}/policy.json":            unlogged,
	"GET /devices/{id}/shot/{shot}":            other(View, "device.viewed"),
	"POST /devices/{id}/candidate/{candidate}": other(Change, "device.changed"),
	"POST /devices/{id}/link/{purpose}":        other(Change, "device.changed"),
	"POST /devices/{id}/push":                  other(Change, "device.changed"),
	"POST /devices/{id}/revoke":                other(Change, "device.changed"),

	// The data protection officer's desk.
	"GET /desk/cases":                      many(View, "case.viewed"),
	"POST /desk/cases":                     many(Change, "case.opened"),
	"GET /desk/cases/{id}":                 privacyCase(View, "case.viewed"),
	"POST /desk/cases/{id}/package":        privacyCase(Change, "package.prepared"),
	"POST /desk/cases/{id}/{what}":         privacyCase(Change, "case.changed"),
	"GET /desk/cases/{id}/package":         privacyCase(Export, "package.exported"),
	"GET /desk/erasures":                   unlogged, // pseudonymous
	"GET /desk/erasures/{id}":              unlogged,
	"GET /desk/breaches":                   many(View, "breach.viewed"),
	"POST /desk/breaches":                  many(Change, "breach.changed"),
	"GET /desk/breaches/{id}":              other(View, "breach.viewed"),
	"POST /desk/breaches/{id}":             other(Change, "breach.changed"),
	"GET /desk/breaches/{id}/notification": other(Export, "breach.exported"),
	"GET /desk/retention":                  unlogged,
	"POST /desk/retention":                 many(Change, "retention.run"),
	"POST /desk/retention/{class}":         many(Change, "retention.changed"),
	"GET /desk/archive":                    many(Export, "archive.exported"),
	"GET /desk/holds":                      many(View, "hold.viewed"),
	"POST /desk/holds":                     many(Change, "hold.placed"),
	"POST /desk/holds/{id}/lift":           other(Change, "hold.lifted"),
	"GET /desk/audit":                      many(View, "audit.viewed"),
	"GET /desk/audit.csv":                  many(Export, "audit.exported"),
	"GET /desk/approvals":                  unlogged,
	"GET /desk/approvals/new":              unlogged,
	"POST /desk/approvals":                 many(Change, "approval.asked"),
	"POST /desk/approvals/{id}":            other(Change, "approval.decided"),
	"GET /desk/cockpit":                    unlogged,
	"GET /desk/cockpit.json":               unlogged,
	"GET /desk/documents":                  unlogged,
	"GET /desk/documents/{key}":            unlogged,
	"GET /desk/documents/{key}/pdf":        unlogged,
	"GET /desk/controller":                 unlogged,
	"POST /desk/controller":                many(Change, "settings.changed"),
	"GET /desk/processors":                 unlogged,
	"GET /desk/processors/new":             unlogged,
	"GET /desk/processors/{id}":            unlogged,
	"POST /desk/processors":                many(Change, "processor.changed"),
	"POST /desk/processors/{id}":           other(Change, "processor.changed"),
	"POST /desk/processors/{id}/document":  other(Change, "processor.changed"),
	"GET /desk/processors/{id}/document":   unlogged,
	"GET /desk/transfers":                  unlogged,
	"POST /desk/transfers/stop":            many(Change, "transfer.stopped"),
	"POST /desk/transfers/resume":          many(Change, "transfer.resumed"),
	"GET /desk/storage":                    unlogged,
	"POST /desk/storage/{id}":              other(Change, "settings.changed"),
	"POST /desk/storage/{id}/read":         unlogged,

	// The public portal: what happens there in a person's name, by herself or
	// by somebody at the company.
	"POST /portal/{slug}/code":            {Change, "portal.asked", Contact, ""},
	"POST /portal/{slug}/enter":           {Change, "portal.entered", Contact, ""},
	"GET /portal/{slug}/package":          {Export, "portal.exported", Contact, ""},
	"GET /portal/{slug}/package/{parcel}": {Export, "portal.exported", Contact, ""},
	"POST /portal/{slug}/do/{what}":       {Change, "portal.changed", Contact, ""},

	// Reports and settings.
	"GET /reports":                        unlogged, // aggregates
	"GET /reports/agreement":              unlogged,
	"POST /reports/agreement":             many(Change, "settings.changed"),
	"GET /settings/attributes":            unlogged,
	"POST /settings/attributes":           many(Change, "settings.changed"),
	"GET /settings/hours":                 unlogged,
	"POST /settings/hours":                many(Change, "settings.changed"),
	"GET /settings/notice":                unlogged,
	"POST /settings/notice":               many(Change, "notice.published"),
	"POST /settings/notice/profile":       many(Change, "settings.changed"),
	"GET /settings/numbers":               unlogged,
	"GET /settings/numbers/{id}/profile":  unlogged,
	"POST /settings/numbers/{id}/profile": other(Change, "settings.changed"),
	"POST /settings/numbers/{id}/start":   other(Change, "settings.changed"),
	"POST /settings/webhooks/apply":       many(Change, "settings.changed"),
	"GET /settings/team":                  unlogged,
	"POST /settings/teams":                many(Change, "settings.changed"),
	"POST /settings/labels":               many(Change, "settings.changed"),
	"POST /settings/replies":              many(Change, "settings.changed"),
	"GET /settings/users":                 many(View, "staff.viewed"),
	"POST /settings/users":                many(Change, "staff.changed"),
	"POST /settings/users/{id}":           other(Change, "staff.changed"),
	"GET /setup/notice":                   unlogged,
	"POST /setup/notice":                  many(Change, "notice.published"),
	"GET /setup/number":                   unlogged,
	"POST /setup/number":                  many(Change, "settings.changed"),
	"GET /setup/ready":                    unlogged,
}
