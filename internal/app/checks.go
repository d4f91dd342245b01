package app

import (
	"slices"

	"einklang/internal/account/approval"
	"einklang/internal/account/audit"
	"einklang/internal/account/org"
	"einklang/internal/account/user"
	"einklang/internal/consent/notice"
	"einklang/internal/consent/optin"
	"einklang/internal/engine/jobs"
	"einklang/internal/engine/store"
	"einklang/internal/importing/chats"
	"einklang/internal/importing/lists"
	"einklang/internal/messaging/assignment"
	"einklang/internal/messaging/conversation"
	"einklang/internal/messaging/intake"
	"einklang/internal/messaging/media"
	"einklang/internal/messaging/outbox"
	"einklang/internal/person/attribute"
	"einklang/internal/person/contact"
	"einklang/internal/phones/addressbook"
	"einklang/internal/phones/device"
	"einklang/internal/rights/cases"
	"einklang/internal/rights/erasure"
)

// Checks are the closed sets of values of all tables.
func Checks() []store.Check {
	return slices.Concat(
		org.Checks(), user.Checks(), approval.Checks(), audit.Checks(),
		contact.Checks(), attribute.Checks(),
		optin.Checks(), notice.Checks(),
		intake.Checks(), conversation.Checks(), outbox.Checks(), media.Checks(), assignment.Checks(),
		jobs.Checks(),
		cases.Checks(), erasure.Checks(contact.Kinds()),
		addressbook.Checks(), device.Checks(),
		lists.Checks(), chats.Checks(),
	)
}
