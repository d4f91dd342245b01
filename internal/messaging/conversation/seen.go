package conversation

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"einklang/internal/engine/store"
	"einklang/internal/person/chat"
	"einklang/internal/rule/id"
	"einklang/internal/rule/sight"
)

// Seen is what one member of staff sees of the conversations: the pages read through
// it. What is beyond her sight is as what does not exist: [ErrNotFound], or left out.
type Seen struct {
	threads *Threads
	scope   sight.Scope
}

// By is what somebody with a scope sees.
func (t *Threads) By(scope sight.Scope) Seen { return Seen{t, scope} }

// Facts are what the law of sight asks of a conversation.
func (s Summary) Facts() sight.Facts {
	return sight.Facts{Number: s.Channel, Assignee: s.Assignee, Team: s.Team}
}

// Summary reads one conversation.
func (s Seen) Summary(ctx context.Context, r store.Reader, org id.Org, conversation id.Conversation) (Summary, error) {
	c, err := s.threads.Summary(ctx, r, org, conversation)
	if err == nil && !s.scope.Sees(c.Facts()) {
		return Summary{}, ErrNotFound
	}
	return c, err
}

// List reads conversations, newest first.
func (s Seen) List(ctx context.Context, r store.Reader, org id.Org, f Filter, after Place, limit int) ([]Summary, error) {
	return s.threads.list(ctx, r, org, f, s.scope, after, limit)
}

// OfContact reads the conversations of a person, newest first.
func (s Seen) OfContact(ctx context.Context, r store.Reader, org id.Org, contact id.Person) ([]Summary, error) {
	found, err := s.OfContacts(ctx, r, org, []id.Person{contact})
	return found[contact], err
}

// OfContacts reads the conversations of several people, each one's newest first.
func (s Seen) OfContacts(ctx context.Context, r store.Reader, org id.Org, contacts []id.Person) (map[id.Person][]Summary, error) {
	found, err := s.threads.OfContacts(ctx, r, org, contacts)
	for person, all := range found {
		found[person] = slices.DeleteFunc(all, func(c Summary) bool { return !s.scope.Sees(c.Facts()) })
	}
	return found, err
}

// Get reads one message.
func (s Seen) Get(ctx context.Context, r store.Reader, org id.Org, message id.Message) (chat.Message, error) {
	m, err := s.threads.Get(ctx, r, org, message)
	if err != nil || s.scope.All() {
		return m, err
	}
	seen, err := s.Among(ctx, r, org, m.Conversation)
	if err == nil && !seen[m.Conversation] {
		err = ErrNotFound
	}
	if err != nil {
		return chat.Message{}, err
	}
	return m, nil
}

// Among says which of some conversations are seen.
func (s Seen) Among(ctx context.Context, r store.Reader, org id.Org, conversations ...id.Conversation) (map[id.Conversation]bool, error) {
	seen := make(map[id.Conversation]bool, len(conversations))
	if s.scope.All() {
		for _, one := range conversations {
			seen[one] = true
		}
		return seen, nil
	}
	_, err := store.CollectIn(ctx, r, func(row store.Row) (at id.Conversation, err error) {
		var f sight.Facts
		err = row.Scan(&at, &f.Number, &f.Assignee, &f.Team)
		seen[at] = s.scope.Sees(f)
		return at, err
	}, "SELECT id, channel_id, assignee_id, team_id FROM conversation WHERE org_id = ? AND id IN (?)", conversations, org)
	if err != nil {
		return nil, fmt.Errorf("look which conversations are seen: %w", err)
	}
	return seen, nil
}

// Messages leaves out the messages of conversations that are not seen.
func (s Seen) Messages(ctx context.Context, r store.Reader, org id.Org, all map[id.Message]chat.Message) (map[id.Message]chat.Message, error) {
	if s.scope.All() {
		return all, nil
	}
	var in []id.Conversation
	for _, m := range all {
		in = append(in, m.Conversation)
	}
	seen, err := s.Among(ctx, r, org, id.Distinct(in)...)
	if err != nil {
		return nil, err
	}
	kept := make(map[id.Message]chat.Message, len(all))
	for at, m := range all {
		if seen[m.Conversation] {
			kept[at] = m
		}
	}
	return kept, nil
}

// People says which of some people are seen: those of whom a conversation is. Who has
// none is nobody's.
func (s Seen) People(ctx context.Context, r store.Reader, org id.Org, people ...id.Person) (map[id.Person]bool, error) {
	seen := make(map[id.Person]bool, len(people))
	for _, one := range people {
		seen[one] = s.scope.SeesAlone()
	}
	if s.scope.All() {
		return seen, nil
	}
	met := make(map[id.Person]bool, len(people))
	_, err := store.CollectIn(ctx, r, func(row store.Row) (who id.Person, err error) {
		var f sight.Facts
		err = row.Scan(&who, &f.Number, &f.Assignee, &f.Team)
		seen[who] = met[who] && seen[who] || s.scope.Sees(f)
		met[who] = true
		return who, err
	}, "SELECT contact_id, channel_id, assignee_id, team_id FROM conversation WHERE org_id = ? AND contact_id IN (?)", people, org)
	if err != nil {
		return nil, fmt.Errorf("look which people are seen: %w", err)
	}
	return seen, nil
}

// within is the condition of a scope, as [sight.Scope.Sees] judges it: a list cannot
// read all conversations to ask which of them are seen. Empty: everything is.
func within(scope sight.Scope) (condition string, args []any) {
	if scope.All() {
		return "", nil
	}
	account, teams, numbers, nobodys, served := scope.Parts()
	if account.IsZero() {
		return " AND 1 = 0", nil
	}
	ways, args := []string{"assignee_id = ?"}, []any{account}
	add := func(way string, params []any) { ways, args = append(ways, way), append(args, params...) }
	if len(teams) > 0 {
		in, params := store.In(teams)
		add("team_id "+in, params)
	}
	if len(numbers) > 0 {
		in, params := store.In(numbers)
		add("channel_id "+in, params)
	}
	switch {
	case nobodys && len(served) > 0:
		in, params := store.In(served)
		add("team_id IS NULL AND channel_id NOT "+in, params)
	case nobodys:
		add("team_id IS NULL", nil)
	}
	return " AND (" + strings.Join(ways, " OR ") + ")", args
}
