// Package contact keeps the people that an organisation talks to.
//
// A person is found by keyed hashes of her identities: phone number,
// business-scoped user ID (BSUID), parent BSUID. Everything readable about her
// is sealed under her own key. When two people turn out to be one, because a
// message brings both a number and a BSUID, they are merged: the keys of the
// one are handed to the other, so nothing has to be sealed again.
package contact
