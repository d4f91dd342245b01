package lists

import (
	"einklang/internal/engine/store"
)

// Claims are the columns of this room that name a person.
func (*Imports) Claims() []store.Claim {
	return []store.Claim{
		{Table: "import_row", Column: "contact_id", Expire: "the report of an import is kept with it", Export: "the source stands with the consent that it brought"},
		{Table: "import_consent", Column: "contact_id", Expire: "it is kept so that the import can be undone", Export: "it is told as a consent"},
		{Table: "import_sorted", Column: "contact_id", Expire: "it is kept so that the import can be undone", Export: "it is told as her label or attribute"},
		{Table: "information_duty", Column: "contact_id", Expire: "it stands until she is informed (Art. 14)", Export: "it is a task of the company"},
	}
}
