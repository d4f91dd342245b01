package optin

import (
	"context"
	"crypto/subtle"
	"encoding/base64"
	"errors"

	"einklang/internal/engine/store"
	"einklang/internal/engine/vault"
	"einklang/internal/person/chat"
	"einklang/internal/rule/id"
)

// ErrNoLink is returned for a stop link that is not one of ours.
var ErrNoLink = errors.New("this link is not valid")

// A stop link says who it is for and that we made it: organisation, person and
// a keyed hash. It holds as long as the person is known, and nothing is stored
// for it. It names nobody.
const macLong = 16

// StopLink is the last part of the address at which a person ends messages
// without signing in. Confirmations that went out before hold one, and it keeps
// working; a letter to a mailbox that somebody typed must not.
func (d *Consents) StopLink(ctx context.Context, r store.Reader, org id.Org, person id.Person) (string, error) {
	keys, err := d.vault.Org(ctx, r, org)
	if err != nil {
		return "", err
	}
	token := append(append([]byte{}, org[:]...), person[:]...)
	mac := stopMAC(keys, person)
	return base64.RawURLEncoding.EncodeToString(append(token, mac[:]...)), nil
}

func stopMAC(keys *vault.Org, person id.Person) [macLong]byte {
	h := keys.Lookup("optin.stop", string(person[:]))
	return [macLong]byte(h[:macLong])
}

// ByStopLink finds whom a stop link is for; ErrNoLink if we did not make it.
func (d *Consents) ByStopLink(ctx context.Context, r store.Reader, people People, link string) (id.Org, *chat.Known, error) {
	raw, err := base64.RawURLEncoding.Strict().DecodeString(link)
	if err != nil || len(raw) != 32+macLong {
		return id.Org{}, nil, ErrNoLink
	}
	org, person := id.Org(raw[:16]), id.Person(raw[16:32])
	keys, err := d.vault.Org(ctx, r, org)
	if err != nil {
		return id.Org{}, nil, ErrNoLink //nolint:nilerr // whoever makes up a link learns nothing
	}
	mac := stopMAC(keys, person)
	if subtle.ConstantTimeCompare(mac[:], raw[32:]) != 1 {
		return id.Org{}, nil, ErrNoLink
	}
	p, err := people.Get(ctx, r, org, person)
	return org, p, err
}
