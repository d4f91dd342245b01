package id

// The kinds of things that have identifiers.
type (
	// Org names an organisation: the tenant.
	Org = Of[org]
	// Person names a person whom the organisation writes with, also called contact.
	Person = Of[person]
	// Account names an account of a member of staff.
	Account = Of[account]
	// Program names a program that calls the REST interface, by its token.
	Program = Of[program]
	// Channel names a WhatsApp number of the organisation.
	Channel = Of[channel]
	// Conversation names what is written with one person over one number.
	Conversation = Of[conversation]
	// Message names a message, in or out.
	Message = Of[message]
	// File names a file: of a message, of a consent, or uploaded.
	File = Of[file]
	// Role names a role of staff that an organisation made.
	Role = Of[role]
	// Team names a team of staff.
	Team = Of[team]
	// Label names a label on people.
	Label = Of[label]
	// Attribute names the definition of an attribute of people.
	Attribute = Of[attribute]
	// Reply names a quick reply.
	Reply = Of[reply]
	// View names a saved view of the inbox.
	View = Of[view]
	// Item names an item of the history of a conversation.
	Item = Of[item]
	// Template names a message template at Meta.
	Template = Of[template]
	// Wording names a version of the wording of a purpose.
	Wording = Of[wording]
	// Notice names a version of a privacy notice (Art. 13).
	Notice = Of[notice]
	// Consent names an event of a consent: given, refused, withdrawn.
	Consent = Of[consent]
	// Request names a double opt-in that has been asked for.
	Request = Of[request]
	// Claim names a consent that waits for a second person.
	Claim = Of[claim]
	// Sale names something that a person bought.
	Sale = Of[sale]
	// Doubt names words that may be a withdrawal, and wait for a colleague.
	Doubt = Of[doubt]
	// Matter names a matter that a person has brought up herself.
	Matter = Of[matter]
	// Contract names a contract, as the gate knows it.
	Contract = Of[contract]
	// Case names a request under Art. 15 to 22.
	Case = Of[privacyCase]
	// CaseEntry names an entry in the file of such a request.
	CaseEntry = Of[caseEntry]
	// Parcel names an answer to a request, ready to be fetched.
	Parcel = Of[parcel]
	// Letter names the letter about a breach to one person (Art. 34).
	Letter = Of[letter]
	// Erasure names a procedure that erases a person (Art. 17).
	Erasure = Of[erasure]
	// Box names what a duty keeps of an erased person (Art. 17(3)).
	Box = Of[box]
	// Hold names a legal hold.
	Hold = Of[hold]
	// Run names a run of retention.
	Run = Of[run]
	// Breach names a record of a breach (Art. 33(5)).
	Breach = Of[breach]
	// Processor names a processor (Art. 28).
	Processor = Of[processor]
	// Device names a company phone.
	Device = Of[device]
	// Check names a check of a company phone.
	Check = Of[check]
	// Candidate names a contact that a phone proposes.
	Candidate = Of[candidate]
	// Import names an import of a list or of chats.
	Import = Of[batch]
	// Link names two records of people that are linked.
	Link = Of[link]
	// Question names a question about whose a number is now.
	Question = Of[question]
	// Approval names an act that waits for a second person.
	Approval = Of[approval]
	// Factor names a second factor of a member of staff.
	Factor = Of[factor]
	// Verdict names a verdict of the gate.
	Verdict = Of[verdict]
	// Webhook names a webhook as it was received.
	Webhook = Of[webhook]
	// Segment names a segment of the search index.
	Segment = Of[segment]
	// Entry names an entry of the log of evidence.
	Entry = Of[entry]
	// Key names a key of the vault.
	Key = Of[key]
	// Job names a job that runs in bites.
	Job = Of[job]
)

type (
	org          struct{}
	person       struct{}
	account      struct{}
	program      struct{}
	channel      struct{}
	conversation struct{}
	message      struct{}
	file         struct{}
	role         struct{}
	team         struct{}
	label        struct{}
	attribute    struct{}
	reply        struct{}
	view         struct{}
	item         struct{}
	template     struct{}
	wording      struct{}
	notice       struct{}
	consent      struct{}
	request      struct{}
	claim        struct{}
	sale         struct{}
	doubt        struct{}
	matter       struct{}
	contract     struct{}
	privacyCase  struct{}
	caseEntry    struct{}
	parcel       struct{}
	letter       struct{}
	erasure      struct{}
	box          struct{}
	hold         struct{}
	run          struct{}
	breach       struct{}
	processor    struct{}
	device       struct{}
	check        struct{}
	candidate    struct{}
	batch        struct{}
	link         struct{}
	question     struct{}
	approval     struct{}
	factor       struct{}
	verdict      struct{}
	webhook      struct{}
	segment      struct{}
	entry        struct{}
	key          struct{}
	job          struct{}
)
type thing struct{}

// ID identifies a thing whose kind is told beside it, such as the object of an
// entry in the audit log. Every conversion from or to it is written out.
type ID = Of[thing]

type place struct{}

// Cursor is where a list goes on: after the thing with this identifier. A list
// that knows nothing of kinds goes on after anything.
type Cursor = Of[place]
