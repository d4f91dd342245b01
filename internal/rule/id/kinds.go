package id

type thing struct{}

// ID identifies a thing whose kind is told beside it, such as the object of an
// entry in the audit log. Every conversion from or to it is written out.
type ID = Of[thing]

type place struct{}

// Cursor is where a list goes on: after the thing with this identifier. A list
// that knows nothing of kinds goes on after anything.
type Cursor = Of[place]
