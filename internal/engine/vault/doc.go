// Package vault keeps personal data unreadable for everybody who does not hold
// the keys, and for ever once a key is destroyed.
//
// There are three levels. The root key lies in a file outside the database. It
// wraps the keys of the organisations. An organisation's key wraps the data
// keys, and these seal the data. A set of data keys is a key ring and belongs
// to an owner: a person, or the organisation itself.
//
//	root key (file) → organisation key → data keys of an owner → sealed data
//
// Destroying an owner's data keys erases the owner everywhere, backups of the
// sealed data included (GDPR Art. 17). A sealed text names the key that opens
// it, so two people who turn out to be one are merged by handing over keys.
//
// What must be found again without being readable (a phone number, an e-mail
// address) is looked up by a keyed hash.
package vault
