package id

type thing struct{}

// ID identifies a thing whose kind is told beside it, such as the object of an
// entry in the audit log. Every conversion from or to it is written out.
type ID = Of[thing]
