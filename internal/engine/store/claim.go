package store

// Claim is a column that names a person, or something of hers, told by the room
// that keeps its table.
// Each reason tells where a verb of the room goes another way than its name
// says; empty is the rule.
type Claim struct {
	Table, Column string
	Merge         string // rule: the rows follow her; else why they stay with the one who is gone, or go
	Erase         string // rule: the rows go; else why they, with the bare identifier, stay
	Expire        string // rule: the rows go when their time is over; else why time alone deletes none
	Export        string // rule: she is told; else why not, or where else
	// Classes are those of package period that end the rows: the organisation gives
	// them a period, and the retention run deletes them.
	Classes []string
	// Of is the table of what the column names, where that is no person: her
	// message, her file. Such rows follow, go and expire with it, and are told with
	// it; Erase tells why they stay without it.
	Of string
}
