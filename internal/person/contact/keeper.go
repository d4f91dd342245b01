package contact

import "einklang/internal/engine/store"

// Claims are the columns of this room that name a person. It carries out the
// merging itself, and empties her entry as the last step of an erasure.
func (*Book) Claims() []store.Claim {
	return []store.Claim{
		{Table: "contact", Column: "merged_into", Merge: "it says who she turned out to be", Erase: "whoever was merged into her is erased with her, and leads to her", Expire: "an entry lasts as long as the person is known", Export: "her entry is told as one"},
		{Table: "identity", Column: "contact_id", Expire: "an identity lasts as long as the person is known", Export: "it is the hash of what is told with her entry"},
		{Table: "identity_joined", Column: "contact_id", Expire: "it says of a record what became of it, as long as there is one", Export: "her records are told as one"},
		{Table: "identity_joined", Column: "other_id", Merge: "it names the record that is gone", Expire: "it says of a record what became of it, as long as there is one", Export: "it is told with the record that stays"},
		{Table: "number_question", Column: "contact_id", Expire: "what was said of a number holds as long as she is known by it", Export: "the number is told with her entry"},
		{Table: "name_word", Column: "contact_id", Expire: "words lead to her as long as she is known", Export: "they are of her name, which is told"},
	}
}
