// Package conversation keeps conversations and their messages: one thread for
// each person on each of the organisation's numbers.
//
// What arrives may arrive twice and in any order. A message is stored once, by
// the keyed hash of WhatsApp's id. What speaks of a message that is not here
// yet (a status, a reaction, an edit, a deletion) waits and is applied when the
// message comes.
package conversation
