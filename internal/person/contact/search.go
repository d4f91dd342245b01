package contact

import (
	"context"
	"fmt"
	"slices"

	"einklang/internal/engine/store"
	"einklang/internal/person/chat"
	"einklang/internal/rule/fold"
	"einklang/internal/rule/id"
	"einklang/internal/rule/identity"
	"einklang/internal/rule/phone"
)

// searchMost bounds how many people a search unseals.
const searchMost = 500

// Search finds people by the beginnings of their names, or by a whole phone
// number as it is written in the country of the organisation; newest people
// first, at most limit.
func (b *Book) Search(ctx context.Context, r store.Reader, org id.Org, text string, limit int) ([]*chat.Known, error) {
	keys, err := b.vault.Org(ctx, r, org)
	if err != nil {
		return nil, err
	}
	typed := fold.Of(text)
	if len(typed) == 0 {
		return nil, nil
	}
	country, err := b.Country(ctx, r, org)
	if err != nil {
		return nil, err
	}
	for _, in := range []string{country, ""} { // digits as we show them have their country code
		number, err := phone.Read(text, in)
		if err != nil {
			continue
		}
		if known, err := b.ByPhone(ctx, r, org, number); err != nil || known != nil {
			return []*chat.Known{known}, err
		}
	}
	longest := typed[0]
	for _, w := range typed {
		if len(w) > len(longest) {
			longest = w
		}
	}
	ids, err := store.Collect(ctx, r, store.One[id.Person],
		"SELECT contact_id FROM name_word WHERE org_id = ? AND hash = ? ORDER BY contact_id DESC LIMIT ?",
		org, keys.Lookup("name", probe(longest)), searchMost)
	if err != nil {
		return nil, fmt.Errorf("search people: %w", err)
	}
	var found []*chat.Known
	for some := range slices.Chunk(ids, 2*max(limit, 1)) { // most searches end with the first
		known, err := b.GetMany(ctx, r, org, some)
		if err != nil {
			return nil, err
		}
		for _, p := range some {
			k := known[p]
			if k == nil || k.Erased || !fold.Begins(fold.Of(k.Profile.Given+" "+k.Profile.Name+" "+k.Profile.Username), typed) {
				continue
			}
			if found = append(found, k); len(found) == limit {
				return found, nil
			}
		}
	}
	return found, nil
}

// ByPhone finds the person who holds a number in E.164 digits, in whatever
// spelling it was kept or is asked for, or nil.
func (b *Book) ByPhone(ctx context.Context, r store.Reader, org id.Org, digits string) (*chat.Known, error) {
	return b.by(ctx, r, org, identity.Key{Kind: identity.Phone, Value: phone.Canonical(digits)})
}

// ByBSUID finds the person who holds a business-scoped user ID, or nil.
func (b *Book) ByBSUID(ctx context.Context, r store.Reader, org id.Org, bsuid string) (*chat.Known, error) {
	return b.by(ctx, r, org, identity.Key{Kind: identity.BSUID, Value: bsuid})
}

func (b *Book) by(ctx context.Context, r store.Reader, org id.Org, k identity.Key) (*chat.Known, error) {
	keys, err := b.vault.Org(ctx, r, org)
	if err != nil {
		return nil, err
	}
	for _, h := range spelled(keys, k) { // mostly the first
		people, err := store.Collect(ctx, r, store.One[id.Person], "SELECT contact_id FROM identity WHERE org_id = ? AND kind = ? AND hash = ?", org, h.Kind, h.Hash)
		if err != nil {
			return nil, err
		}
		if len(people) > 0 {
			return b.Get(ctx, r, org, people[0])
		}
	}
	return nil, nil
}
