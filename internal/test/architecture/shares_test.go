package architecture

// shares lists tables that more than one package still knows. The list only
// gets shorter: a table that is not in it has one keeper.
var shares = map[string][]string{
	"account":             {"account/user", "govern/facts"},
	"audit":               {"account/audit", "app"},
	"channel":             {"account/org", "govern/processors", "messaging/outbox"},
	"consent":             {"consent/optin", "govern/facts", "govern/processors", "phones/addressbook"},
	"consent_event":       {"consent/optin", "govern/facts"},
	"contact":             {"app", "govern/facts", "govern/processors", "person/contact", "phones/addressbook"},
	"contact_label":       {"govern/report", "messaging/assignment", "messaging/conversation"},
	"conversation":        {"account/audit", "govern/facts", "govern/processors", "govern/report", "messaging/assignment", "messaging/conversation", "messaging/media", "messaging/outbox", "rights/retention"},
	"data_key":            {"app", "engine/vault", "phones/addressbook", "rights/backup"},
	"evidence_checkpoint": {"engine/evidence", "govern/facts"},
	"evidence_head":       {"engine/evidence", "govern/facts"},
	"identity":            {"person/contact", "phones/addressbook"},
	"import_row":          {"govern/facts", "importing/lists"},
	"media":               {"app", "messaging/conversation", "messaging/media", "rights/backup", "rights/breach"},
	"media_chunk":         {"messaging/conversation", "messaging/media", "rights/backup"},
	"mention":             {"messaging/assignment", "messaging/conversation"},
	"message":             {"account/audit", "govern/facts", "govern/report", "messaging/conversation", "messaging/media", "messaging/outbox", "rights/breach"},
	"notice":              {"consent/notice", "door/web/consent", "govern/facts"},
	"notice_delivery":     {"consent/notice", "govern/facts"},
	"opt_out":             {"consent/optin", "govern/facts", "messaging/outbox"},
	"org":                 {"account/org", "rights/backup"},
	"org_key":             {"engine/vault", "rights/backup"},
	"outbox":              {"govern/processors", "messaging/outbox"},
	"privacy_case":        {"account/audit", "govern/facts", "rights/cases"},
	"purpose":             {"consent/optin", "phones/addressbook"},
	"transfer":            {"app", "govern/processors"},
	"verdict":             {"consent/optin", "govern/facts", "messaging/outbox"},
	"work_item":           {"govern/report", "messaging/assignment"},
}
