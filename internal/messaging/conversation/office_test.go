package conversation

import (
	"context"
	"fmt"
	"slices"
	"testing"
	"time"

	"einklang/internal/engine/cloudapi"
	"einklang/internal/engine/store"
	"einklang/internal/engine/vault"
	"einklang/internal/person/chat"
	"einklang/internal/rule/id"
	"einklang/internal/test/storetest"
	"einklang/internal/test/vaulttest"
)

var start = time.Date(2026, 11, 2, 9, 0, 0, 0, time.UTC)

// office is an organisation with its conversations and with an index, files and
// pages that only note what they are told.
type office struct {
	*Threads
	db     *store.DB
	org    id.Org
	number id.Channel
	now    time.Time

	words   map[id.Message]string // the index: what messages say
	emptied []id.Message          // messages whose files are deleted
	revoked []id.Message          // messages whose files were deleted
	told    []id.Conversation     // conversations that changed
	wamids  int
}

func each(t *testing.T, test func(t *testing.T, o *office)) {
	storetest.Each(t, func(t *testing.T, db *store.DB) { test(t, open(t, db, vaulttest.Open(t, db))) })
}

// open makes another organisation in the same database.
func open(t storetest.Failer, db *store.DB, v *vault.Vault) *office {
	t.Helper()
	ids := id.System()
	o := &office{db: db, org: id.Org(ids.New()), number: id.Channel(ids.New()), now: start, words: map[id.Message]string{}}
	o.Threads = New(v, ids, func() time.Time { return o.now }, func(_ id.Org, c id.Conversation) { o.told = append(o.told, c) })
	o.IndexWith(o)
	o.KeepFilesIn(o)
	o.write(t, func(ctx context.Context, tx store.Tx) error { return v.CreateOrg(ctx, tx, o.org) })
	return o
}

func (o *office) Add(_ context.Context, _ store.Tx, _ id.Org, messages ...chat.Message) error {
	for _, m := range messages {
		o.words[m.ID] = Words(m.Body.Content)
	}
	return nil
}

func (o *office) Place(context.Context, store.Tx, id.Org, id.File, id.Message) error { return nil }

func (o *office) Delete(_ context.Context, _ store.Tx, _ id.Org, messages ...id.Message) error {
	for _, m := range messages {
		delete(o.words, m)
	}
	return nil
}

func (o *office) DeleteOf(_ context.Context, _ store.Tx, _ id.Org, messages []id.Message) error {
	o.emptied = append(o.emptied, messages...)
	return nil
}

func (o *office) Revoke(_ context.Context, _ store.Tx, _ id.Org, message id.Message) error {
	o.revoked = append(o.revoked, message)
	return nil
}

func (o *office) write(t storetest.Failer, fn func(context.Context, store.Tx) error) {
	t.Helper()
	if err := o.db.Write(context.Background(), fn); err != nil {
		t.Fatal(err)
	}
}

// person is somebody new with a key of her own.
func (o *office) person(t storetest.Failer) (w Writer) {
	t.Helper()
	o.write(t, func(ctx context.Context, tx store.Tx) error {
		keys, err := o.vault.Org(ctx, tx, o.org)
		if err != nil {
			return err
		}
		w.Contact = id.Person(o.ids.New())
		rings, err := keys.NewKeyrings(ctx, tx, w.Contact)
		if err == nil {
			w.Keys = rings[0]
		}
		return err
	})
	return w
}

func text(words string) chat.Body {
	return chat.Body{Content: cloudapi.Content{Type: cloudapi.TypeText, Text: &cloudapi.Text{Body: words}}}
}

// from is a text of a person that has just come.
func (o *office) from(w Writer, words string) Incoming {
	o.wamids++
	return Incoming{Writer: w, Channel: o.number, WAMID: fmt.Sprintf("wamid.%d", o.wamids), Body: text(words), At: o.now}
}

// hear adds what came.
func (o *office) hear(t storetest.Failer, all ...Incoming) (added []Added) {
	t.Helper()
	o.write(t, func(ctx context.Context, tx store.Tx) (err error) {
		added, err = o.AddIncoming(ctx, tx, o.org, all)
		return err
	})
	return added
}

// say queues a text of ours.
func (o *office) say(t storetest.Failer, w Writer, words string) (m chat.Message) {
	t.Helper()
	o.write(t, func(ctx context.Context, tx store.Tx) error {
		c, err := o.Open(ctx, tx, o.org, w.Contact, o.number)
		if err != nil {
			return err
		}
		m = chat.Message{Org: o.org, ID: id.Message(o.ids.New()), Conversation: c, Contact: w.Contact, Channel: o.number, Outgoing: true,
			Type: cloudapi.TypeText, State: chat.Queued, Origin: chat.FromAgent, Body: text(words), At: o.now, Created: o.now}
		return o.AddOutgoing(ctx, tx, w.Keys, &m)
	})
	return m
}

// apply applies changes and says what became of them.
func (o *office) apply(t storetest.Failer, changes ...Change) (applied []Applied) {
	t.Helper()
	o.write(t, func(ctx context.Context, tx store.Tx) (err error) {
		applied, err = o.Apply(ctx, tx, o.org, changes)
		return err
	})
	return applied
}

func (o *office) summary(t storetest.Failer, c id.Conversation) Summary {
	t.Helper()
	s, err := o.Summary(context.Background(), o.db, o.org, c)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func (o *office) get(t storetest.Failer, m id.Message) chat.Message {
	t.Helper()
	got, err := o.Get(context.Background(), o.db, o.org, m)
	if err != nil {
		t.Fatal(err)
	}
	return got
}

// texts are the words of a conversation's messages, the oldest first.
func (o *office) texts(t storetest.Failer, c id.Conversation) (all []string) {
	t.Helper()
	page, _, err := o.Page(context.Background(), o.db, o.org, c, Place{}, 1000)
	if err != nil {
		t.Fatal(err)
	}
	for _, m := range page {
		all = append(all, Words(m.Body.Content))
	}
	return all
}

// list are the conversations of a view, the newest first.
func (o *office) list(t storetest.Failer, f Filter) (all []id.Conversation) {
	t.Helper()
	found, err := o.List(context.Background(), o.db, o.org, f, Place{}, 1000)
	if err != nil {
		t.Fatal(err)
	}
	for _, s := range found {
		all = append(all, s.ID)
	}
	return all
}

func (o *office) count(t storetest.Failer, table string) (n int64) {
	t.Helper()
	if err := o.db.QueryRow(context.Background(), "SELECT COUNT(*) FROM "+table+" WHERE org_id = ?", o.org).Scan(&n); err != nil {
		t.Fatal(err)
	}
	return n
}

func equal[T comparable](t storetest.Failer, what string, got, want []T) {
	t.Helper()
	if !slices.Equal(got, want) {
		t.Errorf("%s: got %v, want %v", what, got, want)
	}
}
