package audit

import (
	"einklang/internal/engine/store"
	"einklang/internal/rule/period"
)

// asNamed is why what an entry is about stays as it is when people are merged.
const asNamed = "the leaf proves what was named then; whom it concerns follows her beside it"

// Claims are the columns of this room that name a person.
func (*Log) Claims() []store.Claim {
	return []store.Claim{
		{Table: "audit", Column: "contact_id", Erase: "what staff did is kept under the keys of its months", Classes: []string{period.Audit}, Export: "it tells what staff did, and her own deeds"},
		{Table: "audit_object", Column: "contact_id", Erase: "as its entry", Classes: []string{period.Audit}, Export: "as its entry"},
		{Table: "audit", Column: "object_id", Merge: asNamed, Erase: "as its entry", Classes: []string{period.Audit}, Export: "as its entry"},
		{Table: "audit_object", Column: "object_id", Merge: asNamed, Erase: "as its entry", Classes: []string{period.Audit}, Export: "as its entry"},
	}
}
