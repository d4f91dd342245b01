package architecture

// notPersonal are the structs whose texts are about nobody, by the reason. Who
// adds one says why a log may show it.
var notPersonal = map[string]string{
	"the organisation's own: its particulars, numbers, texts and settings, which it publishes or prints in its documents": `account/user.Demand account/user.Own account/user.held door/web/settings.roleChoice door/web/settings.rolesBody account/org.Agreement account/org.Channel account/org.Accessibility account/org.Contact account/org.Existing account/org.Imprint account/org.Language
		account/org.Org account/org.Route account/org.Settings account/org.Texts consent/notice.Block consent/notice.Gap consent/notice.Part consent/notice.Profile consent/notice.Profiles
		consent/notice.Version consent/notice.Words consent/optin.Entry consent/optin.Purpose consent/optin.Text engine/cloudapi.Automation engine/cloudapi.Command engine/cloudapi.Link
		engine/cloudapi.Profile messaging/assignment.Label messaging/assignment.QuickReply messaging/assignment.Team person/attribute.Definition person/attribute.Problem
		person/keeper.Named person/record.Recipient rights/erasure.Mentions rights/erasure.Notified rights/erasure.Recipient rights/retention.Rule`,
	"templates as Meta has approved them, before anything is filled in": `engine/cloudapi.MessageTemplate engine/cloudapi.TemplateCategory engine/cloudapi.TemplateComponents
		engine/cloudapi.TemplateLanguage engine/cloudapi.TemplateQuality engine/cloudapi.TemplateStatus messaging/template.Button messaging/template.MissingError messaging/template.Offer messaging/template.Part
		messaging/template.Article messaging/template.Slot messaging/template.Template rights/answer.LetterTemplate`,
	"Meta's words on accounts, numbers and calls, and its error codes": `engine/cloudapi.Account engine/cloudapi.AccountAlert engine/cloudapi.AccountReview engine/cloudapi.AccountUpdate
		engine/cloudapi.CallError engine/cloudapi.Client engine/cloudapi.Error engine/cloudapi.Flows engine/cloudapi.Head engine/cloudapi.Number engine/cloudapi.NumberInfo engine/cloudapi.NumberName
		engine/cloudapi.NumberQuality engine/cloudapi.OrderItem engine/cloudapi.Pricing engine/cloudapi.SectionItem engine/cloudapi.Security
		engine/cloudapi.StatusConversation engine/cloudapi.Storage engine/cloudapi.WebhookError
		engine/cloudapi.BusinessCapability engine/cloudapi.ErrorDetails engine/cloudapi.Puzzle engine/cloudapi.Restriction account/org.Word messaging/intake.Discarded messaging/intake.Gone messaging/intake.Kind messaging/intake.Reason`,
	"kinds, states, codes, counts and keys of ours": `account/approval.Needed consent/optin.Ended rights/backup.Copier account/audit.Count account/audit.Deed account/audit.Entry account/audit.Filter account/audit.Route account/audit.Rule
		account/reminder.Due account/reminder.Reminders account/reminder.Topic consent/optin.Confirmed consent/optin.Expiring consent/optin.Overview consent/optin.Requests consent/optin.State engine/cloudapi.ContentError
		engine/mail.Queue engine/mail.Report importing/chats.Error importing/lists.Plan importing/lists/table.Error messaging/conversation.Threads messaging/intake.Counts messaging/outbox.Judgement
		messaging/outbox.Parts messaging/outbox.Request person/chat.Asked person/contact.Handle phones/addressbook.State phones/addressbook.View phones/device.Answer rights/answer.Answers
		rights/cases.Case rights/erasure.Answer rights/erasure.Count rights/erasure.Duty rights/erasure.Kept rights/erasure.Order rights/erasure.Part rights/erasure.Procedure rights/letters.Writer
		rights/retention.Run`,
	"the operator's configuration and backups": `app/house.Seals door/web/oversight.sealPlace einklang/cmd/einklang.sealsConfig einklang/cmd/einklang.timestampConfig engine/seal.Authority engine/seal.Place engine/mail.Mailbox engine/mail.Server engine/threshold.Proxies phones/device.Fleet phones/device/amapi.Application
		phones/device/amapi.CrossProfilePolicies phones/device/amapi.Enterprise phones/device/amapi.Options phones/device/amapi.PasswordRequirements phones/device/amapi.PermissionGrant
		phones/device/amapi.PersonalApplication phones/device/amapi.PersonalUsagePolicies phones/device/amapi.Policy rights/backup.Config rights/backup.End rights/backup.From rights/backup.Head
		door/web/privacy.BackupPlan door/web/privacy.backupsBody rights/backup.Hold rights/backup.Installation rights/backup.S3 rights/backup.Schedule rights/backup.Source rights/backup.Taken rights/backup.Verified rights/cases.Inbox rights/cases.Mailbox`,
	"sealed, hashed or blind: what is in it is read with a key": `consent/optin.onMail engine/evidence.Fault engine/evidence.Report engine/evidence.checkpoint engine/evidence.Deleted engine/evidence.comparison engine/evidence.exportHead engine/evidence.proofHead consent/optin.proven messaging/outbox.proven engine/seal.Kept engine/seal.Stamped engine/evidence.tiles
		engine/evidence.verifying engine/vault.FileRoot engine/vault.found engine/vault.kept engine/vault.oneKey engine/vault.row govern/facts.Cockpit govern/facts.hashed govern/document.sentence rights/answer.confirming rule/cockpit.Facts rule/cockpit.Purpose account/reminder.Topic importing/lists.given
		messaging/conversation.name messaging/conversation.waiting messaging/draft.twice messaging/intake.aside messaging/intake.row
		messaging/search.freshRow messaging/search.part rights/retention.stored rights/retention.surplus`,
	"the operator's configuration, command line, addresses and paths": `app/demo.Options app/house.Config door/console.Request door/console.Server door/console.result door/console.stream door/web.Parts door/web/consent.Parts
		door/web/phones.Parts door/web/privacy.Parts door/web/settings.Parts door/web/setup.Opening door/web/setup.Parts door/web/setup.noticeForm door/web/setup.numberForm
		door/web/setup.page door/web/setup.readyBody door/web/setup.step door/webhook.App einklang/cmd/einklang.appConfig einklang/cmd/einklang.archiveExport
		einklang/cmd/einklang.archiveVerify einklang/cmd/einklang.backupConfig einklang/cmd/einklang.config einklang/cmd/einklang.demoCommand einklang/cmd/einklang.evidenceExport
		einklang/cmd/einklang.evidenceVerify einklang/cmd/einklang.installation einklang/cmd/einklang.keysCommand einklang/cmd/einklang.mailConfig
		einklang/cmd/einklang.monitorConfig einklang/cmd/einklang.numberCommand einklang/cmd/einklang.orgCommand einklang/cmd/einklang.phonesConfig
		einklang/cmd/einklang.proxyConfig einklang/cmd/einklang.relayConfig einklang/cmd/einklang.relayRun einklang/cmd/einklang.requestsConfig
		einklang/cmd/einklang.returnsConfig einklang/cmd/einklang.s3Config einklang/cmd/einklang.sandboxCommand einklang/cmd/einklang.searchRebuild einklang/cmd/einklang.source
		einklang/cmd/einklang.tokenCommand engine/egress.Border engine/egress.Destination engine/egress.Refused engine/egress.place engine/folder.Folder engine/letterbox.Monitor
		engine/letterbox.Options engine/letterbox.shelf engine/machines.Machines engine/machines.Options engine/pdf.Options engine/s3.Error engine/s3.Options engine/s3.answer
		engine/s3.part engine/store.liteEngine engine/store.pgEngine govern/processors.Component rule/cockpit.Component`,
	"the shortened address of a source, while it waits at the door": `engine/throttle.Single`,
	"people who do not exist: the demonstration's":                  `app/demo.Facts app/demo.Phone app/demo.User app/demo.consentText app/demo.mailbox app/demo.received`,
	"what a page, a document or an answer says of the organisation, or with words of the catalogue": `door/api.Channel door/api.Page door/api.Problem door/api.TemplateInfo door/api.Verdict door/api.grantInput door/api.idInput door/api.listInput
		door/api.saleInput door/carddav.asked door/carddav.precondition door/web/consent.choice door/web/consent.entriesBody door/web/consent.entryBody door/web/consent.formBody door/web/consent.formSnippet
		door/web/consent.purposeBody door/web/consent.purposeRow door/web/consent.purposesBody door/web/consent.standing door/web/consent.stateRow door/web/importing.fieldChoice
		door/web/importing.peopleBody door/web/importing.step door/web/inbox.QuickReply door/web/inbox.choice door/web/inbox.helps door/web/inbox.refused door/web/inbox.way
		door/web/notices.editorBody door/web/notices.partView door/web/notices.server door/web/optin.offer door/web/phones.question door/web/privacy.counted
		door/web/privacy.retentionBody door/web/registers.controllerBody door/web/registers.export door/web/registers.historyDay door/web/registers.line
		door/web/registers.processorForm door/web/registers.processorRow door/web/registers.storageBody door/web/registers.written door/web/reports.agreementBody
		door/web/reports.channelRow door/web/reports.hourRow door/web/reports.spreadRow door/web/reports.teamRow door/web/reports.waits door/web/settings.attributesBody
		door/web/settings.dayRow door/web/settings.goneView door/web/settings.hoursBody door/web/settings.kindView door/web/settings.numberView door/web/settings.priceField door/web/settings.profileBody door/web/settings.reasonView
		door/web/settings.sendingBody door/web/settings.wordsBody rule/keyword.Unfit door/api.Words door/api.wordPath door/web/shell.Entry door/web/shell.Item door/web/shell.Loss door/web/shell.NoSuch door/web/shell.Paged
		door/web/consent.translated door/web/front.languageBody door/web/front.line door/web/front.section door/web/front.settingsBody door/portal.stored door/web/notices.translated door/web/shell.Tongue
		door/web/shell.Pages door/web/shell.Shell door/web/shell.asset engine/pdf.Column govern/document.Document govern/document.Gap govern/document.Section
		govern/document.Table govern/document.kind govern/facts.Day govern/facts.Version govern/processors.Detail govern/processors.Transfer govern/processors.sum
		govern/uptime.BoxState govern/uptime.Boxes rule/calendar.Hours rule/calendar.Wrong rule/cockpit.Attribute rule/cockpit.Measure rule/cockpit.NoticeGap rule/cockpit.Number
		rule/cockpit.Organisation rule/cockpit.Processor rule/cockpit.RetentionRule rule/cockpit.Security rule/cockpit.Staff rule/cockpit.Transfer rule/cockpit.check rule/cockpit.rule`,
	"statements, names and codes of the machinery": `account/audit.ending account/audit.routes account/audit.sight account/org.routeKey consent/optin.lapsing engine/cloudapi.indicator engine/cloudapi.member
		engine/cloudapi.metadata engine/cloudapi.product engine/cloudapi.request engine/jobs.Job engine/jobs.Round engine/jobs.Runner engine/jobs.Running engine/jobs.failure
		engine/live.outgoing engine/store.Check engine/store.Claim engine/store.Column engine/store.Delete engine/store.Insert engine/store.NestedError engine/store.Number
		engine/store.PanicError engine/store.Table engine/store.Trips engine/store.Update engine/store.columns engine/store.constraint engine/store.manyKey engine/store.pgAnswer
		engine/store.question messaging/conversation.current messaging/conversation.expired messaging/media.fate messaging/outbox.judgement messaging/outbox.lines
		rights/backup.bucket rights/backup.readState rule/gate.ExistingCustomer rule/gate.Row rule/gate.Verdict rule/i18n.Catalogue rule/keyword.Said rule/keyword.Set
		rule/keyword.ending rule/keyword.entry rule/keyword.exceptions rule/keyword.pressed rule/period.Class rule/period.Orders rule/wire.Fault rule/wire.File rule/wire.member`,
}

// speakFreely are the texts of personal structs that say nothing about anybody.
var speakFreely = map[string]string{
	"engine/cloudapi.wireChange.Field":        "the name of a kind of webhook",
	"rights/backup.Loaded.Keys":               "the name of a file",
	"rights/backup.Loaded.Rows":               "the names of tables",
	"rights/backup.Loaded.Name":               "the name of a backup: its time",
	"engine/mail.waiting.Kind":                "whose business a mail is, such as optin",
	"phones/device/profile.Account.PublicURL": "the operator's address",
}

// writesItself are the personal structs that call upon pii.Personal themselves,
// because they have a field Format or are no struct alone.
var writesItself = map[string]bool{"rights/access.Fact": true, "door/web/importing.oneBody": true, "door/web/inbox.templateView": true, "door/web/settings.templateView": true}
