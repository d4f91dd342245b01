package device

import "slices"

// Item is one line of the check list.
type Item string

// The items.
const (
	BusinessOnly  Item = "business_only"
	NoWhatsApp    Item = "no_whatsapp"
	Contacts      Item = "contacts"
	ChatBackup    Item = "chat_backup"
	MediaSaving   Item = "media_saving"
	ReadReceipts  Item = "read_receipts"
	LinkedDevices Item = "linked_devices"
	ScreenLock    Item = "screen_lock"
)

// Question is an item with its possible answers. The texts are in the
// catalogue: check.ITEM and check.ITEM.ANSWER.
type Question struct {
	Item    Item
	Answers []Answer
	Shot    bool // a screenshot is asked for
}

// Answer is one possible answer.
type Answer struct {
	Name   string
	Passes bool
}

// Items lists all items.
func Items() []Item {
	return []Item{BusinessOnly, NoWhatsApp, Contacts, ChatBackup, MediaSaving, ReadReceipts, LinkedDevices, ScreenLock}
}

// empties reports whether a book may not stay on the device for an hour once
// the item has failed: the full book would be uploaded by the WhatsApp that is
// there (S1). Of all other items the book waits, frozen, for [Grace].
func (i Item) empties() bool { return i == NoWhatsApp }

func yesNo(item Item) Question {
	return Question{Item: item, Answers: []Answer{{"yes", true}, {"no", false}}}
}

// Checklist is the check list for a device.
func Checklist(d Device) []Question {
	if d.Product == None {
		return []Question{yesNo(BusinessOnly), yesNo(NoWhatsApp), yesNo(ScreenLock)}
	}
	return []Question{
		yesNo(BusinessOnly), // S4
		// The two lawful set-ups, privacy.md §7.
		{Item: Contacts, Answers: []Answer{{"book", true}, {"denied", true}, {"others", false}}, Shot: true},
		{Item: ChatBackup, Answers: []Answer{{"off", true}, {"encrypted", true}, {"cloud", false}}, Shot: true}, // S13, S14
		{Item: MediaSaving, Answers: []Answer{{"off", true}, {"on", false}}, Shot: true},                        // S15
		{Item: ReadReceipts, Answers: []Answer{{"off", true}, {"on", true}}},                                    // S9: known, not forbidden
		{Item: LinkedDevices, Answers: []Answer{{"none", true}, {"own", true}, {"unknown", false}}, Shot: true},
		yesNo(ScreenLock),
	}
}

// Judge says which items of a check list are not answered, and which do not
// pass.
func Judge(list []Question, answers map[Item]string) (missing, failed []Item) {
	for _, q := range list {
		i := slices.IndexFunc(q.Answers, func(a Answer) bool { return a.Name == answers[q.Item] })
		switch {
		case i < 0:
			missing = append(missing, q.Item)
		case !q.Answers[i].Passes:
			failed = append(failed, q.Item)
		}
	}
	return missing, failed
}
