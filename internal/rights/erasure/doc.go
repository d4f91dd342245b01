// Package erasure makes an organisation erase a person (GDPR Art. 17).
//
// An erasure is a stored procedure of steps. Each step is done in bites, each
// bite in one transaction together with the note of where to go on, so a crash
// at any moment loses nothing and repeats nothing:
//
//	keep     what a named duty requires is sealed anew under a key of its own
//	destroy  the person's keys are destroyed: from here on nobody can read her
//	delete   the rows, part by part
//	sweep    what names her among others (raw webhooks of several people)
//	clean    the database's own leftovers: free pages, write-ahead log
//	tell     the recipients (Art. 19), until each has answered or is given up
//	prove    a leaf in the evidence log
//
// Nothing is sent to the person from the first moment on. What stays is a
// tombstone: keyed hashes of her identities, so that an import cannot bring
// her back; the proof, which names nobody; and what a duty keeps, locked away.
package erasure
