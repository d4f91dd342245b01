package architecture

// shares lists tables that more than one package still knows. The list only
// gets shorter: a table that is not in it has one keeper.
var shares = map[string][]string{
	"account":             {"account/user", "govern/facts"},
	"channel":             {"account/org", "govern/processors", "messaging/outbox"},
	"consent":             {"consent/optin", "govern/facts", "govern/processors", "phones/addressbook"},
	"consent_event":       {"consent/optin", "govern/facts"},
	"contact":             {"govern/facts", "govern/processors", "person/contact", "phones/addressbook"},
	"contact_label":       {"govern/report", "messaging/assignment"},
	"conversation":        {"govern/facts", "govern/processors", "govern/report", "messaging/conversation"},
	"data_key":            {"engine/vault", "phones/addressbook"},
	"evidence_checkpoint": {"engine/evidence", "govern/facts"},
	"evidence_head":       {"engine/evidence", "govern/facts"},
	"identity":            {"person/contact", "phones/addressbook"},
	"import_row":          {"govern/facts", "importing/lists"},
	"media":               {"messaging/media", "rights/backup"},
	"media_chunk":         {"messaging/media", "rights/backup"},
	"message":             {"govern/facts", "govern/report", "messaging/conversation"},
	"notice":              {"consent/notice", "govern/facts"},
	"notice_delivery":     {"consent/notice", "govern/facts"},
	"opt_out":             {"consent/optin", "govern/facts", "messaging/outbox"},
	"outbox":              {"govern/processors", "messaging/outbox"},
	"privacy_case":        {"govern/facts", "rights/cases"},
	"purpose":             {"consent/optin", "phones/addressbook"},
	"verdict":             {"consent/optin", "govern/facts", "messaging/outbox"},
	"work_item":           {"govern/report", "messaging/assignment"},
}
