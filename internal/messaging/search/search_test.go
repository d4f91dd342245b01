package search

import (
	"context"
	"fmt"
	"log/slog"
	"slices"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"einklang/internal/engine/cloudapi"
	"einklang/internal/engine/jobs"
	"einklang/internal/engine/store"
	"einklang/internal/engine/vault"
	"einklang/internal/person/chat"
	"einklang/internal/rule/id"
	"einklang/internal/test/storetest"
	"einklang/internal/test/vaulttest"
)

// office is an index over messages that lie in memory, in clear.
type office struct {
	*Index
	org      id.Org
	number   id.Channel
	messages map[id.Message]chat.Message
	order    []id.Message
	at       time.Time
}

func (o *office) Front(_ context.Context, _ store.Reader, _ id.Org, ids []id.Message) (map[id.Message]chat.Message, int, error) {
	found := map[id.Message]chat.Message{}
	for _, one := range ids {
		if m, ok := o.messages[one]; ok {
			found[one] = m
		}
	}
	return found, len(ids), nil
}

func (o *office) All(_ context.Context, _ store.Reader, _ id.Org, after id.Cursor, _ bool, limit int) ([]chat.Message, bool, error) {
	var all []chat.Message
	for _, one := range o.order {
		if m, there := o.messages[one]; there && slices.Compare(one[:], after[:]) > 0 {
			if len(all) == limit {
				return all, true, nil
			}
			all = append(all, m)
		}
	}
	return all, false, nil
}

func (o *office) Number(_ context.Context, _ store.Reader, _ id.Org, upto id.Cursor) (n int64, err error) {
	for one := range o.messages {
		if slices.Compare(one[:], upto[:]) <= 0 {
			n++
		}
	}
	return n, nil
}

func (o *office) Here(_ context.Context, _ store.Reader, _ id.Org, ids []id.Message) (map[id.Message]bool, error) {
	here := map[id.Message]bool{}
	for _, one := range ids {
		_, here[one] = o.messages[one]
	}
	return here, nil
}

func open(tb testing.TB, db *store.DB) *office {
	tb.Helper()
	return another(tb, db, vaulttest.Open(tb, db))
}

// another makes an organisation with an index of its own in the same vault.
func another(tb testing.TB, db *store.DB, v *vault.Vault) *office {
	tb.Helper()
	ids := id.System()
	o := &office{org: id.Org(ids.New()), number: id.Channel(ids.New()), messages: map[id.Message]chat.Message{}, at: time.Date(2026, 11, 1, 0, 0, 0, 0, time.UTC)}
	log := slog.New(slog.DiscardHandler)
	o.Index = New(Parts{DB: db, Vault: v, IDs: ids, Now: time.Now, Jobs: jobs.New(db, ids, time.Now, log, "one"), Log: log, Messages: o,
		Words: func(c cloudapi.Content) string {
			if c.Text == nil {
				return ""
			}
			return c.Text.Body
		},
		Orgs: func(context.Context) ([]id.Org, error) { return []id.Org{o.org}, nil }})
	if err := db.Write(tb.Context(), func(ctx context.Context, tx store.Tx) error { return v.CreateOrg(ctx, tx, o.org) }); err != nil {
		tb.Fatal(err)
	}
	return o
}

func content(text string) chat.Body {
	return chat.Body{Content: cloudapi.Content{Type: cloudapi.TypeText, Text: &cloudapi.Text{Body: text}}}
}

func (o *office) write(tb testing.TB, fn func(context.Context, store.Tx) error) {
	tb.Helper()
	if err := o.DB.Write(tb.Context(), fn); err != nil {
		tb.Fatal(err)
	}
}

// say adds messages, an hour apart.
func (o *office) say(tb testing.TB, texts ...string) []id.Message {
	tb.Helper()
	var added []chat.Message
	var ids []id.Message
	for _, text := range texts {
		o.at = o.at.Add(time.Hour)
		m := chat.Message{Org: o.org, ID: id.Message(o.IDs.New()), Channel: o.number, Body: content(text), At: o.at, Outgoing: strings.HasPrefix(text, "Wir")}
		o.messages[m.ID] = m
		o.order = append(o.order, m.ID)
		added, ids = append(added, m), append(ids, m.ID)
	}
	o.write(tb, func(ctx context.Context, tx store.Tx) error { return o.Add(ctx, tx, o.org, added...) })
	return ids
}

// fold folds everything, in segments of a size.
func (o *office) foldAll(tb testing.TB, size int) {
	tb.Helper()
	for {
		more, err := o.Index.fold(tb.Context(), o.org, size)
		if err != nil {
			tb.Fatal(err)
		}
		if !more {
			return
		}
	}
}

func (o *office) texts(tb testing.TB, q Query) []string {
	tb.Helper()
	page, err := o.Index.Find(tb.Context(), o.DB, o.org, q, 50)
	if err != nil {
		tb.Fatal(err)
	}
	var all []string
	for _, m := range page.Messages {
		all = append(all, m.Body.Content.Text.Body)
	}
	return all
}

var said = []string{
	"Guten Tag, Herr Müller", "Der große Wassertank", "Wir liefern nach Köln", "Fehler E4 an der KM 200", "Ein Termin am Mittwoch",
	"Danke!", "Die Bestellung ist unterwegs", "Gruesse aus Koeln",
}

func TestFind(t *testing.T) {
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		v := vaulttest.Open(t, db)
		for _, size := range []int{100, 3, 1} { // nothing folded, some, everything
			o := another(t, db, v)
			o.say(t, said...)
			o.foldAll(t, size)
			for _, c := range []struct {
				name  string
				query Query
				want  []string
			}{
				{"a word", Query{Text: "termin"}, []string{said[4]}},
				{"its beginning", Query{Text: "Wass"}, []string{said[1]}},
				{"the middle is not found", Query{Text: "tank"}, nil},
				{"umlaut as ue", Query{Text: "mueller"}, []string{said[0]}},
				{"umlaut typed", Query{Text: "Müll"}, []string{said[0]}},
				{"written out, typed as umlaut; the newest first", Query{Text: "Köln"}, []string{said[7], said[2]}},
				{"ß as ss", Query{Text: "gross"}, []string{said[1]}},
				{"ss as ß", Query{Text: "Größe"}, nil},
				{"two words in any order", Query{Text: "wasser gro"}, []string{said[1]}},
				{"one of two is missing", Query{Text: "wasser klein"}, nil},
				{"a short word", Query{Text: "e4"}, []string{said[3]}},
				{"longer than what is indexed", Query{Text: "bestellungen"}, nil},
				{"nothing typed", Query{Text: " ! "}, nil},
				{"only ours", Query{Text: "koeln", Side: OurSide}, []string{said[2]}},
				{"only theirs", Query{Text: "koeln", Side: TheirSide}, []string{said[7]}},
				{"another number", Query{Text: "termin", Channel: id.Channel(o.org)}, nil},
				{"from a moment", Query{Text: "koeln", From: o.at}, []string{said[7]}},
				{"until a moment", Query{Text: "koeln", Until: o.at}, []string{said[2]}},
			} {
				if got := o.texts(t, c.query); !slices.Equal(got, c.want) {
					t.Errorf("segments of %d: %s: %q, want %q", size, c.name, got, c.want)
				}
			}
		}
	})
}

func TestOrganisationsDoNotFindEachOther(t *testing.T) {
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		a := open(t, db)
		a.say(t, "Geheimnis")
		b := another(t, db, a.Vault)
		b.messages = a.messages
		if got := b.texts(t, Query{Text: "geheimnis"}); got != nil {
			t.Errorf("found in another organisation: %q", got)
		}
	})
}

func TestWhatIsGoneIsNotFound(t *testing.T) {
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		o := open(t, db)
		ids := o.say(t, said...)
		o.foldAll(t, 5) // ids[0] to ids[4] lie in a segment, the others are fresh
		o.write(t, func(ctx context.Context, tx store.Tx) error { return o.Delete(ctx, tx, o.org, ids[4], ids[6]) })
		for _, word := range []string{"termin", "bestellung"} {
			if got := o.texts(t, Query{Text: word}); got != nil {
				t.Errorf("%s is still found: %q", word, got)
			}
		}
		var holding int64
		if err := db.QueryRow(t.Context(), "SELECT COUNT(*) FROM search_fresh WHERE org_id = ? AND message_id = ?", o.org, ids[6]).Scan(&holding); err != nil || holding != 0 {
			t.Errorf("%d rows, %v", holding, err)
		}
	})
}

// Messages that are indexed long after they came, as by the job that makes an index
// anew, lie in segments beside the newest, whose ranges all hold them: what is gone
// is taken out of whichever it is in, and out of each after an edit.
func TestWhatIsGoneIsTakenOutOfManySegments(t *testing.T) {
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		o := open(t, db)
		const many = 40
		var late []chat.Message
		for i := range many {
			late = append(late, chat.Message{Org: o.org, ID: id.Message(o.IDs.New()), Channel: o.number, Body: content(fmt.Sprintf("alt%d", i))})
		}
		for _, m := range late {
			o.messages[m.ID] = m
			o.write(t, func(ctx context.Context, tx store.Tx) error { return o.Add(ctx, tx, o.org, m) })
			o.say(t, "neu")
			o.foldAll(t, 2)
		}
		edited := late[0]
		o.write(t, func(ctx context.Context, tx store.Tx) error { return o.Add(ctx, tx, o.org, edited) })
		o.say(t, "neu")
		o.foldAll(t, 2)
		for _, m := range []chat.Message{edited, late[many-1]} {
			o.write(t, func(ctx context.Context, tx store.Tx) error { return o.Delete(ctx, tx, o.org, m.ID) })
			if got := o.texts(t, Query{Text: m.Body.Content.Text.Body}); got != nil {
				t.Errorf("%q is still found", got)
			}
			if left, err := partsWith(t.Context(), db, o.org, m.ID); err != nil || len(left) != 0 {
				t.Errorf("%d parts name what is gone, %v", len(left), err)
			}
		}
	})
}

func TestAnEditedMessageIsFoundByItsNewWords(t *testing.T) {
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		o := open(t, db)
		ids := o.say(t, "Lieber Montag", "Etwas anderes")
		o.foldAll(t, 2)
		m := o.messages[ids[0]]
		m.Body = content("Lieber Freitag, Montag geht nicht")
		o.messages[ids[0]] = m
		o.write(t, func(ctx context.Context, tx store.Tx) error { return o.Add(ctx, tx, o.org, m) })
		for word, want := range map[string]int{"freitag": 1, "montag": 1, "etwas": 1} {
			if got := o.texts(t, Query{Text: word}); len(got) != want {
				t.Errorf("%s: %q", word, got)
			}
		}
	})
}

func TestTheIndexIsMadeAnew(t *testing.T) {
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		o := open(t, db)
		o.say(t, said...)
		o.foldAll(t, 3)
		before := o.texts(t, Query{Text: "koeln"})
		o.write(t, func(ctx context.Context, tx store.Tx) error {
			_, err := tx.Exec(ctx, "DELETE FROM search_posting WHERE org_id = ?", o.org) // as after a restore
			return err
		})
		n, err := o.Rebuild(t.Context(), o.org, store.Alone{})
		if err != nil || n != len(said) {
			t.Fatal(n, err)
		}
		if got := o.texts(t, Query{Text: "koeln"}); !slices.Equal(got, before) {
			t.Errorf("found %q, before %q", got, before)
		}
	})
}

// TestPagesFindWhatALookThroughEverythingFinds compares the index with the
// plain search, whatever is folded and however small the pages.
func TestPagesFindWhatALookThroughEverythingFinds(t *testing.T) {
	db := storetest.Open(t, storetest.SQLite(t))
	v := vaulttest.Open(t, db)
	vocabulary := []string{"an", "ananas", "ananasse", "ananassaft", "übung", "uebungen", "groß", "grosse"}
	rapid.Check(t, func(rt *rapid.T) {
		o := another(t, db, v)
		for range rapid.IntRange(0, 4).Draw(rt, "rounds") {
			texts := rapid.SliceOfN(rapid.Map(rapid.SliceOfN(rapid.SampledFrom(vocabulary), 1, 4), func(w []string) string { return strings.Join(w, " ") }), 1, 6).Draw(rt, "texts")
			o.say(t, texts...)
			o.foldAll(t, rapid.IntRange(1, 8).Draw(rt, "size"))
		}
		query := rapid.SampledFrom(vocabulary).Draw(rt, "query")
		var want []id.Message
		for _, one := range o.order {
			if Fits(o.messages[one].Body.Content.Text.Body, query) {
				want = append(want, one)
			}
		}
		var got []id.Message
		for q := (Query{Text: query}); ; {
			page, err := o.Index.Find(t.Context(), db, o.org, q, rapid.IntRange(1, 4).Draw(rt, "page"))
			if err != nil {
				rt.Fatal(err)
			}
			for _, m := range page.Messages {
				got = append(got, m.ID)
			}
			if page.Next == nil {
				break
			}
			if q.After, err = ParseCursor(page.Next.String()); err != nil {
				rt.Fatal(err)
			}
		}
		newestFirst(want)
		if !slices.Equal(got, want) {
			rt.Fatalf("%q: found %v, want %v", query, got, want)
		}
	})
}

func TestExcerpt(t *testing.T) {
	long := strings.Repeat("Vorrede und noch mehr ", 20)
	for _, c := range []struct{ text, query, want string }{
		{"Der große Wassertank", "gross wasser", "Der [große] [Wassertank]"},
		{"Müller", "muell", "[Müller]"},
		{"nichts davon", "wasser", "nichts davon"},
		{long + "Wassertank", "wasser", "…mehr Vorrede und noch mehr Vorrede und noch mehr [Wassertank]"},
		{"", "x", ""},
	} {
		var b strings.Builder
		for _, p := range Excerpt(c.text, c.query) {
			if p.Hit {
				fmt.Fprintf(&b, "[%s]", p.Text)
			} else {
				b.WriteString(p.Text)
			}
		}
		if b.String() != c.want {
			t.Errorf("%q in %q: %q, want %q", c.query, c.text, b.String(), c.want)
		}
	}
}
