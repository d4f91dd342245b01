// Package lists brings people into the book of an organisation from a list
// in a file, and takes them out again.
//
// A list proves nothing (privacy.md S11, S19). So nobody who is imported may
// be written to, unless her row holds the whole proof of a consent: to what,
// when, how, and in which words or where the proof lies. Who was erased at her
// own wish stays away. And because we have her data from somebody else, each
// new person must be told so within a month (GDPR Art. 14(3)(a)): the duty is
// kept here until a notice has been delivered.
//
// The file is sealed under a key ring of its own, which is destroyed when the
// import is through. What stays is, for each row, its number and what became
// of it.
package lists
