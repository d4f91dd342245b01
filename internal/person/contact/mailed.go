package contact

import (
	"context"
	"strings"

	"einklang/internal/engine/store"
	"einklang/internal/person/chat"
	"einklang/internal/rule/id"
)

// mailBite is how many people are unsealed at once to find a mail address.
const mailBite = 500

// ByEmail finds the one person with a mail address, or nil if there is none or
// several. Addresses are sealed and in no index: it goes through all people, which
// is meant for what comes as seldom as a mail to the company.
func (b *Book) ByEmail(ctx context.Context, r store.Reader, org id.Org, address string) (*chat.Known, error) {
	var found *chat.Known
	if address = strings.TrimSpace(address); address == "" {
		return nil, nil
	}
	for after := (id.Cursor{}); ; {
		people, err := store.Collect(ctx, r, store.One[id.Person], "SELECT id FROM contact WHERE org_id = ? AND id > ? AND state = 'active' ORDER BY id LIMIT ?", org, after[:], int64(mailBite))
		if err != nil || len(people) == 0 {
			return found, err
		}
		known, err := b.GetMany(ctx, r, org, people)
		if err != nil {
			return nil, err
		}
		for _, p := range people {
			k := known[p]
			if k == nil || k.Erased || !strings.EqualFold(k.Profile.Email, address) {
				continue
			}
			if found != nil {
				return nil, nil
			}
			found = k
		}
		after = id.Cursor(people[len(people)-1])
	}
}
