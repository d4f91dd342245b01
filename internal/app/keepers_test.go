package app_test

import (
	"context"
	"encoding/json"
	"errors"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"einklang/internal/app/house"
	"einklang/internal/consent/optin"
	"einklang/internal/engine/journal"
	"einklang/internal/engine/store"
	"einklang/internal/person/attribute"
	"einklang/internal/person/chat"
	"einklang/internal/person/contact"
	"einklang/internal/person/keeper"
	"einklang/internal/person/record"
	"einklang/internal/rights/erasure"
	"einklang/internal/rights/retention"
	"einklang/internal/rule/id"
	"einklang/internal/rule/period"
	"einklang/internal/test/apptest"
	"einklang/internal/test/storetest"
)

// naming is how columns are called that hold an id; others holds those that are
// called otherwise.
var naming = regexp.MustCompile(`_id$`)

var others = []string{"contact.merged_into", "contact.linked", "mail_queue.ref", "mail_sent.ref", "message.reply_to", "consent_claim.recorded_by", "consent_claim.decided_by", "team.last_given", "search_ids.ids", "approval.subject",
	"book_pruned.scope", "identity_rekey.place", "erasure.place", "erasure.parcel", "retention_run.counts", "api_token.channels"}

// nobodys are columns that name nobody and nothing of hers, by their name or by
// their table, too.
var nobodys = map[string]string{
	"account_id": "a member of staff", "staff_id": "a member of staff", "by_id": "a member of staff", "second_id": "a member of staff", "decided_id": "a member of staff",
	"author_id": "a member of staff", "bulk_by_id": "a member of staff", "recorded_by": "a member of staff", "decided_by": "a member of staff", "last_given": "a member of staff", "api_token.owner_id": "a member of staff",
	"channel_id": "a number of the company", "phone_number_id": "a number of the company", "waba_id": "an account with Meta", "meta_id": "a template at Meta", "api_token.channels": "numbers of the company",
	"team_id": "a team", "own_role_id": "a role of staff", "token_id": "a program's token", "bulk_recipient_id": "a program's recipient", "processor_id": "a contract", "notice_id": "a notice", "text_id": "a text",
	"device_id": "a phone of the company", "check_id": "a check list of a phone", "book_pruned.scope": "a book, or a phone",
	"segment_id": "a part of the index", "first_id": "where a packed part of the index begins", "last_id": "where it ends",
	"search_ids.ids":        "packed: a segment is made anew without what is deleted (see the tests of the index)",
	"fleeting_key.row_id":   "what waits to leave; the key is gone when it has left or its hours are over",
	"evidence_entry.key_id": "a key, which is destroyed with her",
	"audit_object.entry_id": "an entry of the log", "erasure_recipient.erasure_id": "the proof of an erasure", "kept.erasure_id": "the proof of an erasure", "kept_item.kept_id": "what a duty keeps (Art. 17(3)), with an end of its own",
	"erasure.case_id": "the proof of an erasure", "erasure.place": "how far an erasure has come", "erasure.parcel": "sealed under the erasure's own key",
	"job.subject_id": "an import, or nothing", "reminder.subject_id": "a case, a breach, a contract or a phone",
	"identity_rekey.place": "how far a job has come", "retention_run.counts": "figures", "approval.subject": "an import, a period, a link or an account: a link is claimed where it stands", "breach_letter.breach_id": "a breach",
	"contact.linked": "the mark of those who hang together, on her own entry", "mention.conversation_id": "that of the note, with which it goes", "verdict.basis_id": "it goes with its verdict", "team_member.account_id": "a member of staff",
}

// sealedTables hold what is opened when people are merged: they are filled by
// their keepers.
var sealedTables = []string{"portrait", "attribute_value", "data_key", "identity", "name_word", "conversation", "message", "person_link"}

// elsewhere are tables whose rows are no person's, or are hers only once she
// is being erased.
var elsewhere = []string{"early", "erasure", "tombstone"}

// Each column that names a person is claimed by the room that keeps it, and each
// verb does to it what the claim says.
func TestEachTableWithAPersonFollowsHer(t *testing.T) {
	apptest.Each(t, func(t *testing.T, o *apptest.Office) {
		ctx := t.Context()
		claims := claimed(t, o)
		tables, err := store.Tables(ctx, o.DB, o.DB.Engine())
		if err != nil {
			t.Fatal(err)
		}
		o.Post(t, apptest.Text("wamid.1", "4917604069001", "Erika Mustermann", "Guten Tag", o.Clock.Now()))
		o.Settle(t)
		var from, into id.Person
		o.Write(t, func(tx store.Tx) error {
			people, err := o.People.Resolve(ctx, tx, o.Org.ID, []contact.Sighting{{Phone: "4917604069001", Name: "Erika Mustermann"}, {Phone: "4917604069002"}})
			if err != nil {
				return err
			}
			from, into = people[0].ID, people[1].ID
			number, err := o.Attributes.Save(ctx, tx, o.Org.ID, attribute.Definition{Name: "Kundennummer", Kind: attribute.Text, Purpose: "Zuordnung"})
			if err != nil {
				return err
			}
			_, err = o.Links.Join(ctx, tx, o.Org.ID, from, into, "dieselbe Person", id.Account(o.IDs.New()))
			return errors.Join(err, o.Attributes.Set(ctx, tx, o.Org.ID, from, map[id.Attribute]string{number.ID: "4711"}), o.Portraits.Set(ctx, tx, o.Org.ID, from, []byte("\xff\xd8 a picture")))
		})
		for _, table := range tables {
			for _, c := range claims {
				if c.Table == table.Name && !slices.Contains(sealedTables, table.Name) && !slices.Contains(elsewhere, table.Name) {
					fill(t, o, table, c.Column, from)
				}
			}
		}
		o.Write(t, func(tx store.Tx) error { return o.People.Merge(ctx, tx, o.Org.ID, from, into) })
		for _, c := range claims {
			if n := o.Count(t, c.Table, c.Column+" = ?", from); n != 0 && c.Merge == "" {
				t.Errorf("after the merge %d rows of %s name the one who is gone", n, c.Table)
			}
			if n := o.Count(t, c.Table, c.Column+" = ?", into); n == 0 && c.Merge == "" && !slices.Contains(elsewhere, c.Table) {
				t.Errorf("the merge lost the rows of %s", c.Table)
			}
		}
		eraseNow(t, o, erasure.Identity{Contact: into})
		for _, c := range claims {
			if n := o.Count(t, c.Table, c.Column+" = ? OR org_id = ? AND "+c.Column+" = ?", into, o.Org.ID, from); n != 0 && c.Erase == "" {
				t.Errorf("after the erasure %d rows of %s name her", n, c.Table)
			}
		}
	})
}

// claimed are the claims, compared with every column that names a person.
func claimed(t *testing.T, o *apptest.Office) []store.Claim {
	t.Helper()
	tables, err := store.Tables(t.Context(), o.DB, o.DB.Engine())
	if err != nil {
		t.Fatal(err)
	}
	there, with := map[string]bool{}, map[string]bool{}
	claims := o.Claims()
	for _, c := range claims {
		with[c.Table] = with[c.Table] || c.Of == "" && c.Erase == ""
	}
	for _, table := range tables {
		for _, c := range table.Columns {
			if name := table.Name + "." + c.Name; naming.MatchString(c.Name) && c.Name != "org_id" || slices.Contains(others, name) {
				there[name] = true
			}
		}
	}
	for _, c := range claims {
		name := c.Table + "." + c.Column
		if !there[name] {
			t.Errorf("%s is claimed twice, or is not there", name)
		}
		delete(there, name)
	}
	for name := range there {
		table, column, _ := strings.Cut(name, ".")
		if nobodys[name] == "" && nobodys[column] == "" && !with[table] { // with her row goes what stands in it
			t.Errorf("nobody claims %s: who keeps something about a person says so (internal/app/house/keepers.go)", name)
		}
	}
	return slices.DeleteFunc(claims, func(c store.Claim) bool { return c.Of != "" })
}

// What names something of hers goes with it when she is erased.
func TestWhatNamesSomethingOfHersGoesWithIt(t *testing.T) {
	apptest.Each(t, func(t *testing.T, o *apptest.Office) {
		ctx := t.Context()
		f := openFull(t, o)
		f.more(2)
		o.Until(t, "her files are here", func() bool { return o.Count(t, "media", "contact_id = ? AND state = 'held'", f.person.ID) > 0 })
		tables, err := store.Tables(ctx, o.DB, o.DB.Engine())
		if err != nil {
			t.Fatal(err)
		}
		at := func(name string) store.Table {
			return tables[slices.IndexFunc(tables, func(table store.Table) bool { return table.Name == name })]
		}
		claims := slices.DeleteFunc(o.Claims(), func(c store.Claim) bool { return c.Of == "" })
		hers := map[string][]id.ID{}
		for _, c := range claims {
			if hers[c.Of] != nil {
				continue
			}
			whose := "contact_id"
			if c.Of == "payload" {
				whose = "owner_id"
			}
			order := ""
			if c.Of == "message" {
				order = " ORDER BY outgoing DESC" // only of ours are there keys against sending twice
			}
			find := func() []id.ID {
				all, err := store.Collect(ctx, o.DB, store.One[id.ID], "SELECT id FROM "+c.Of+" WHERE org_id = ? AND "+whose+" = ?"+order, o.Org.ID, f.person.ID)
				f.must(err)
				return all
			}
			if hers[c.Of] = find(); len(hers[c.Of]) == 0 {
				fill(t, o, at(c.Of), whose, f.person.ID)
				hers[c.Of] = find()
			}
		}
		name := func(c store.Claim) (n int) {
			for _, one := range hers[c.Of] {
				n += o.Count(t, c.Table, c.Column+" = ?", one)
			}
			return n
		}
		for _, c := range claims {
			if name(c) == 0 {
				fill(t, o, at(c.Table), c.Column, id.Person(hers[c.Of][0]))
			}
		}
		f.write(func(ctx context.Context, tx store.Tx) error {
			_, err := tx.Exec(ctx, "UPDATE legal_hold SET lifted_at = ? WHERE lifted_at = 0", store.Micros(o.Clock.Now()))
			return err
		})
		eraseNow(t, o, erasure.Identity{Contact: f.person.ID})
		for _, c := range claims {
			n := name(c)
			if n != 0 && c.Erase == "" {
				t.Errorf("after the erasure %d rows of %s name what was hers in %s", n, c.Table, c.Of)
			}
			if n == 0 && c.Erase != "" {
				t.Errorf("the rows of %s went, though the claim says: %s", c.Table, c.Erase)
			}
		}
	})
}

// Who lacks a verb says in each of its claims why; who claims nothing but excuses
// has no use for it.
func TestAVerbThatIsMissingIsExcused(t *testing.T) {
	o := apptest.Open(t, storetest.SQLite(t))
	for _, k := range o.Keepers() {
		_, merges := k.Room.(keeper.Merger)
		_, erases := k.Room.(keeper.Eraser)
		_, expires := k.Room.(keeper.Expirer)
		_, classed := k.Room.(keeper.Classed)
		_, tells := k.Room.(keeper.Teller)
		var merge, erase, expire, classes, tell bool // that a claim asks for
		for _, c := range k.Claims() {
			if c.Of != "" {
				continue
			}
			merge, erase, tell = merge || c.Merge == "", erase || c.Erase == "", tell || c.Export == ""
			expire, classes = expire || c.Expire == "" && len(c.Classes) == 0, classes || len(c.Classes) > 0
			if c.Expire != "" && len(c.Classes) > 0 {
				t.Errorf("%s.%s has a period, and a reason why it has none: %s", c.Table, c.Column, c.Expire)
			}
			for _, class := range c.Classes {
				if p, known := period.ClassOf(class); !known || p.Fixed {
					t.Errorf("%s.%s goes by the class %q, which the retention run does not know", c.Table, c.Column, class)
				}
			}
		}
		for verb, is := range map[string][2]bool{"merge": {merges, merge}, "erase": {erases, erase}, "expire": {expires, expire}, "expire by class": {classed, classes}, "tell": {tells, tell}} {
			if is[1] && !is[0] {
				t.Errorf("%s cannot %s, and not each of its claims says why", k.Name, verb)
			}
		}
		if classed && !classes || tells && !tell {
			t.Errorf("%s has a verb that all of its claims excuse", k.Name)
		}
	}
}

// What a claim does not excuse goes when its time is over: by itself after the
// period of the house, by the retention run after that of its class, and neither
// before.
func TestWhatIsKeptAboutAPersonExpires(t *testing.T) {
	apptest.Each(t, func(t *testing.T, o *apptest.Office) {
		tables, err := store.Tables(t.Context(), o.DB, o.DB.Engine())
		if err != nil {
			t.Fatal(err)
		}
		f := openFull(t, o)
		f.more(2)
		o.Until(t, "her files are here", func() bool { return o.Count(t, "media", "contact_id = ? AND state = 'held'", f.person.ID) > 0 })
		person := id.Person(o.IDs.New())
		for _, name := range []string{"audit_object", "audit"} { // what an entry names is made before it
			at := slices.IndexFunc(tables, func(table store.Table) bool { return table.Name == name })
			fill(t, o, tables[at], "contact_id", f.person.ID)
			fill(t, o, tables[at], "object_id", f.person.ID)
		}
		left := func(c store.Claim) int {
			of := person
			if len(c.Classes) > 0 {
				of = f.person.ID
			}
			return o.Count(t, c.Table, c.Column+" = ?", of)
		}
		classed := slices.DeleteFunc(o.Claims(), func(c store.Claim) bool { return c.Of != "" || len(c.Classes) == 0 })
		retain := func() {
			o.Write(t, func(tx store.Tx) error { return o.Retention.Start(t.Context(), tx, o.Org.ID, false) })
			o.Until(t, "the retention run has ended", func() bool {
				all, err := retention.Runs(t.Context(), o.DB, o.Org.ID, 1)
				return err == nil && !all[0].Ended.IsZero()
			})
		}
		o.App.Expire(t.Context())
		retain()
		for _, c := range classed {
			if left(c) == 0 {
				t.Errorf("%s has no row before its time, or lost it", c.Table)
			}
		}
		var filled []store.Claim
		for _, c := range o.Claims() {
			for _, table := range tables {
				if c.Table == table.Name && !slices.Contains(sealedTables, table.Name) && len(c.Classes) == 0 && c.Of == "" {
					fill(t, o, table, c.Column, person)
					filled = append(filled, c)
				}
			}
		}
		o.Clock.Advance(11 * 365 * 24 * time.Hour)
		o.App.Expire(t.Context())
		for _, c := range filled {
			n := left(c)
			if n != 0 && c.Expire == "" {
				t.Errorf("%d rows of %s stay when their time is over", n, c.Table)
			}
			if n == 0 && c.Expire != "" && c.Table != "mail_queue" { // which is sent and given up while the test runs
				t.Errorf("the rows of %s went, though the claim says: %s", c.Table, c.Expire)
			}
		}
		retain()
		for _, c := range classed {
			if n := left(c); n != 0 {
				t.Errorf("%d rows of %s stay when the period of their class is over", n, c.Table)
			}
		}
	})
}

// Each table that a claim does not excuse changes what a person is told.
func TestWhatIsKeptAboutAPersonIsTold(t *testing.T) {
	apptest.Each(t, func(t *testing.T, o *apptest.Office) {
		ctx := t.Context()
		f := openFull(t, o)
		f.more(2)
		o.Until(t, "her files are here", func() bool { return o.Count(t, "media", "contact_id = ? AND state = 'held'", f.person.ID) > 0 })
		f.write(func(ctx context.Context, tx store.Tx) error {
			_, err := o.Holds.Place(ctx, tx, o.Org.ID, retention.Hold{Contact: f.person.ID, By: f.staff.ID, Reason: "Rechtsstreit", Until: o.Clock.Now().AddDate(1, 0, 0)})
			others, failed := o.People.Resolve(ctx, tx, o.Org.ID, []contact.Sighting{{Phone: "4917604069099"}})
			if failed != nil {
				return failed
			}
			_, failed = o.Links.Join(ctx, tx, o.Org.ID, f.person.ID, others[0].ID, "dieselbe Person", f.staff.ID)
			_, sold := o.Consents.RecordSale(ctx, tx, o.Org.ID, f.person, optin.Sale{Product: "Fahrrad", Goods: "Zubehör", Sold: o.Clock.Now().AddDate(0, -1, 0)}, nil, optin.Said{Staff: f.staff.ID})
			return errors.Join(err, failed, sold, o.Portraits.Set(ctx, tx, o.Org.ID, f.person.ID, []byte("\xff\xd8 a picture")))
		})
		told := func(r store.Reader) string {
			p, err := o.People.Get(ctx, r, o.Org.ID, f.person.ID)
			f.must(err)
			all := record.Record{Person: *p}
			f.must(o.Answers.Packages.Rooms.Export(ctx, r, o.Org.ID, &all))
			var parts []any
			parts = append(parts, p.Profile, p.Flags, all.Consents, all.Attributes, all.Labels, all.Notes, all.Links, all.Notice, all.Held, all.Picture, all.Sales)
			for _, thread := range all.Threads {
				messages, err := all.Messages(ctx, thread.ID, chat.Message{})
				f.must(err)
				put, err := all.Reactions(ctx, messages)
				f.must(err)
				parts = append(parts, put)
				for _, m := range messages {
					parts = append(parts, m)
					file, err := all.File(ctx, m)
					f.must(err)
					if file.File != nil {
						parts = append(parts, file.MimeType)
					}
				}
			}
			text, err := json.Marshal(parts)
			f.must(err)
			return string(text)
		}
		claims := slices.DeleteFunc(o.Claims(), func(c store.Claim) bool { return c.Of != "" || c.Export != "" })
		last := []string{"message", "conversation"} // with them goes what stands on them
		slices.SortStableFunc(claims, func(a, b store.Claim) int { return slices.Index(last, a.Table) - slices.Index(last, b.Table) })
		for _, c := range claims {
			whole := told(o.DB)
			f.write(func(ctx context.Context, tx store.Tx) error {
				n, err := tx.Exec(ctx, "DELETE FROM "+c.Table+" WHERE org_id = ? AND "+c.Column+" = ?", o.Org.ID, f.person.ID)
				if n == 0 {
					t.Errorf("the office has no row about her in %s", c.Table)
				}
				return err
			})
			if told(o.DB) == whole {
				t.Errorf("without her rows of %s she is told the same", c.Table)
			}
		}
	})
}

// fill puts a row about a person into a table.
func fill(t *testing.T, o *apptest.Office, table store.Table, column string, person id.Person) {
	t.Helper()
	var names, marks []string
	var args []any
	for i, c := range table.Columns {
		var value any
		switch {
		case c.Name == "org_id":
			value = o.Org.ID
		case c.Name == column:
			value = person
		case c.Kind == store.Bytes:
			value = o.IDs.New()
		case c.Kind == store.Text:
			value = word(table.Name, c.Name)
		case c.Kind == store.Bool:
			value = false
		default:
			value = int64(1_000_000 + i)
		}
		names, marks, args = append(names, c.Name), append(marks, "?"), append(args, value)
	}
	o.Write(t, func(tx store.Tx) error {
		_, err := tx.Exec(t.Context(), "INSERT INTO "+table.Name+" ("+strings.Join(names, ", ")+") VALUES ("+strings.Join(marks, ", ")+")", args...)
		return err
	})
}

// word is one that a column takes.
func word(table, column string) string {
	if table == "journal" {
		return string(journal.Person)
	}
	for _, c := range house.Checks() {
		if c.Table == table && c.Column == column {
			return c.Allowed()[0]
		}
	}
	return "x"
}
