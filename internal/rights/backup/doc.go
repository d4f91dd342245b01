// Package backup copies an installation to a place of its own, encrypted so
// that the server itself cannot read the copy, and brings it back.
//
// A backup is two files of the same moment. The data file holds every table,
// sealed as it lies in the database. The key file holds the keys that open it:
// the root key, the organisations' keys, the data keys. Key files are deleted
// after a short time (30 days), data files may lie longer: a restore takes an
// old data file with the newest key file, so whoever was erased since then
// cannot be read (GDPR Art. 17). For those erased after the newest key file was
// written, a marker is put beside the backups at the moment of the erasure.
//
// Both files are encrypted with age (age-encryption.org/v1) to public
// recipients; the identity that opens them is kept away from the server. Both
// are written by walking the tables in one snapshot, so a backup is consistent
// while everything runs, and one taken on SQLite restores to PostgreSQL and the
// other way round.
package backup
