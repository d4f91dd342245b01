package architecture

// notPersonal are the structs whose texts are about nobody, by the reason. Who
// adds one says why a log may show it.
var notPersonal = map[string]string{
	"the organisation's own: its particulars, numbers, texts and settings, which it publishes or prints in its documents": `account/org.Agreement account/org.Channel account/org.Contact account/org.Existing
		account/org.Org account/org.Route account/org.Settings account/org.Texts consent/notice.Block consent/notice.Gap consent/notice.Part consent/notice.Profile consent/notice.Profiles
		consent/notice.Version consent/notice.Words consent/optin.Entry consent/optin.Purpose consent/optin.Text engine/cloudapi.Automation engine/cloudapi.Command engine/cloudapi.Link
		engine/cloudapi.Profile messaging/assignment.Label messaging/assignment.QuickReply messaging/assignment.SavedView messaging/assignment.Team person/attribute.Definition person/attribute.Problem
		person/keeper.Named person/record.Recipient rights/erasure.Mentions rights/erasure.Notified rights/erasure.Recipient rights/retention.Rule`,
	"templates as Meta has approved them, before anything is filled in": `engine/cloudapi.MessageTemplate engine/cloudapi.TemplateCategory engine/cloudapi.TemplateComponents
		engine/cloudapi.TemplateLanguage engine/cloudapi.TemplateQuality engine/cloudapi.TemplateStatus messaging/template.Button messaging/template.MissingError messaging/template.Offer messaging/template.Part
		messaging/template.Slot messaging/template.Template`,
	"Meta's words on accounts, numbers and calls, and its error codes": `engine/cloudapi.Account engine/cloudapi.AccountAlert engine/cloudapi.AccountReview engine/cloudapi.AccountUpdate
		engine/cloudapi.CallError engine/cloudapi.Client engine/cloudapi.Error engine/cloudapi.Flows engine/cloudapi.Head engine/cloudapi.Number engine/cloudapi.NumberInfo engine/cloudapi.NumberName
		engine/cloudapi.NumberQuality engine/cloudapi.OrderItem engine/cloudapi.Pricing engine/cloudapi.SectionItem engine/cloudapi.Security
		engine/cloudapi.StatusConversation engine/cloudapi.Storage engine/cloudapi.Unsupported engine/cloudapi.WebhookError
		engine/cloudapi.BusinessCapability engine/cloudapi.ErrorDetails engine/cloudapi.Puzzle engine/cloudapi.Restriction account/org.Word messaging/intake.Discarded messaging/intake.Kind`,
	"kinds, states, codes, counts and keys of ours": `account/approval.Needed consent/optin.Ended rights/backup.Copier account/audit.Count account/audit.Deed account/audit.Entry account/audit.Filter account/audit.Route account/audit.Rule
		account/reminder.Due account/reminder.Reminders consent/optin.Confirmed consent/optin.Expiring consent/optin.Overview consent/optin.Requests consent/optin.State engine/cloudapi.ContentError
		engine/mail.Queue engine/mail.Report importing/chats.Error importing/lists.Plan importing/lists/table.Error messaging/conversation.Threads messaging/intake.Counts messaging/outbox.Judgement
		messaging/outbox.Parts messaging/outbox.Request person/chat.Asked person/contact.Handle phones/addressbook.State phones/addressbook.View phones/device.Answer rights/answer.Answers
		rights/cases.Case rights/erasure.Answer rights/erasure.Count rights/erasure.Duty rights/erasure.Kept rights/erasure.Order rights/erasure.Part rights/erasure.Procedure rights/letters.Writer
		rights/retention.Run`,
	"the operator's configuration and backups": `engine/mail.Mailbox engine/mail.Server engine/threshold.Proxies phones/device.Fleet phones/device/amapi.Application
		phones/device/amapi.CrossProfilePolicies phones/device/amapi.Enterprise phones/device/amapi.Options phones/device/amapi.PasswordRequirements phones/device/amapi.PermissionGrant
		phones/device/amapi.PersonalApplication phones/device/amapi.PersonalUsagePolicies phones/device/amapi.Policy rights/backup.Config rights/backup.End rights/backup.From rights/backup.Head
		rights/backup.Hold rights/backup.Installation rights/backup.S3 rights/backup.Source rights/backup.Taken rights/backup.Verified rights/cases.Inbox rights/cases.Mailbox`,
}

// speakFreely are the texts of personal structs that say nothing about anybody.
var speakFreely = map[string]string{
	"rights/backup.Loaded.Keys":               "the name of a file",
	"rights/backup.Loaded.Name":               "the name of a backup: its time",
	"engine/mail.waiting.Kind":                "whose business a mail is, such as optin",
	"phones/device/profile.Account.PublicURL": "the operator's address",
}
