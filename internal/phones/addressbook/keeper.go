package addressbook

import (
	"einklang/internal/engine/store"
)

// Claims are the columns of this room that name a person. From where on a book
// still tells phones of departures stands in book_pruned, whose name backups of
// earlier releases have; it names nobody.
func (*Books) Claims() []store.Claim {
	return []store.Claim{
		{Table: "book_touch", Column: "contact_id", Merge: "the card of the id that is gone must leave the phones", Erase: "the id leaves the phones, and then the table", Export: "it is only on its way to the books"},
		{Table: "book_entry", Column: "contact_id", Merge: "the card of the id that is gone must leave the phones", Erase: "that the id left is told to phones", Export: "her card is made of what she is told, and company phones belong to the controller"},
	}
}
