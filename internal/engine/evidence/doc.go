// Package evidence keeps an organisation's log of proof: each consent, verdict,
// notice and destroyed key is a leaf of a Merkle tree (RFC 6962 hashing).
//
// Nothing can be changed, put in or taken out later without the root hash
// changing, and signed checkpoints of the root can be kept elsewhere. The log
// holds no personal data: a leaf is a commitment, the hash of a salt and the
// record. The salt comes from the person's key. While the key exists a record
// can be opened and checked against its leaf; once the key is destroyed the
// leaf still proves that something valid was there, without saying what.
package evidence
