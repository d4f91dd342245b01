package app_test

import (
	"context"
	"fmt"
	"log/slog"
	"strings"
	"testing"

	"einklang/internal/app/house"
	"einklang/internal/engine/store"
	"einklang/internal/rule/id"
	"einklang/internal/test/storetest"
)

// Both engines take each value that the program knows, in a new row and in an
// old one, and refuse a value that nobody knows.
func TestBothEnginesCheckEveryState(t *testing.T) {
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		rows := anyRows(t, db)
		if err := db.Check(t.Context(), slog.New(slog.DiscardHandler), house.Checks()); err != nil {
			t.Fatal(err)
		}
		for _, c := range house.Checks() {
			for _, v := range c.Allowed() {
				if err := rows.put(c, v); err != nil {
					t.Errorf("%s.%s refuses %q: %v", c.Table, c.Column, v, err)
				}
				if err := rows.set(c, v); err != nil {
					t.Errorf("%s.%s refuses to become %q: %v", c.Table, c.Column, v, err)
				}
			}
			if rows.set(c, "made_up") == nil {
				t.Errorf("%s.%s becomes a value that nobody knows", c.Table, c.Column)
			}
			if rows.put(c, "made_up") == nil {
				t.Errorf("%s.%s takes a value that nobody knows", c.Table, c.Column)
			}
		}
	})
}

// someRows makes rows of any table.
type someRows struct {
	t       *testing.T
	db      *store.DB
	columns map[string][]store.Column
	first   map[string]string // of a checked column: a value that it takes
	made    int
	org     id.Org // of the last row
}

func anyRows(t *testing.T, db *store.DB) *someRows {
	t.Helper()
	r := &someRows{t: t, db: db, columns: map[string][]store.Column{}, first: map[string]string{}}
	tables, err := store.Tables(t.Context(), db, db.Engine())
	if err != nil {
		t.Fatal(err)
	}
	for _, table := range tables {
		r.columns[table.Name] = table.Columns
	}
	for _, c := range house.Checks() {
		r.first[c.Table+"."+c.Column] = c.Allowed()[0]
	}
	return r
}

// put inserts a row that has the value and is harmless otherwise.
func (r *someRows) put(c store.Check, value string) error {
	r.made++
	r.org = id.Org{14: byte(r.made >> 8), 15: byte(r.made)}
	var names, marks []string
	var args []any
	for _, column := range r.columns[c.Table] {
		names, marks = append(names, column.Name), append(marks, "?")
		switch column.Kind {
		case store.Bytes:
			args = append(args, r.org)
		case store.Int:
			args = append(args, int64(0))
		case store.Bool:
			args = append(args, false)
		case store.Text:
			said := r.first[c.Table+"."+column.Name]
			if column.Name == c.Column {
				said = value
			}
			args = append(args, said)
		}
	}
	return r.do(fmt.Sprintf("INSERT INTO %s (%s) VALUES (%s)", c.Table, strings.Join(names, ", "), strings.Join(marks, ", ")), args...)
}

// set changes the last row that was put into the table.
func (r *someRows) set(c store.Check, value string) error {
	return r.do("UPDATE "+c.Table+" SET "+c.Column+" = ? WHERE org_id = ?", value, r.org)
}

func (r *someRows) do(sql string, args ...any) error {
	return r.db.Write(r.t.Context(), func(ctx context.Context, tx store.Tx) error {
		_, err := tx.Exec(ctx, sql, args...)
		return err
	})
}

// free are the columns of text that hold no closed set of values.
var free = map[string]string{
	"channel.stop_reason":       "the code of Meta's error, or of the switch",
	"channel.storage_mode":      "as Meta says",
	"message.type":              "as Meta says: unknown types are kept too",
	"message.reason":            "of the gate, of Meta, or of the queue",
	"media.reason":              "the class of Meta's error, or why the file is gone",
	"media.mime_type":           "of a file",
	"consent_file.mime_type":    "of a file",
	"device_shot.type":          "of a file",
	"template.state":            "as Meta says",
	"template.category":         "as Meta says",
	"template.format":           "as Meta says",
	"template.language":         "as Meta says",
	"evidence_entry.kind":       "each owner names his own; the log of proof knows none of them",
	"mail_queue.kind":           "each owner names his own; the queue knows none of them",
	"mail_sent.kind":            "as in the queue",
	"job.kind":                  "each owner names his own; the runner knows none of them",
	"reminder.stage":            "each topic has its own, some with a day",
	"retention_rule.class":      "the classes are the catalogue's keys; a class that ended keeps its rule",
	"retention_rule.reason":     "words of staff",
	"privacy_case_entry.kind":   "task.KEY: a task that staff ticked brings its key",
	"audit.act":                 "named by the routes (audit.Acts)",
	"consent.purpose":           "a company defines its own",
	"consent_event.purpose":     "a company defines its own",
	"consent_claim.purpose":     "a company defines its own",
	"consent_text.purpose":      "a company defines its own",
	"consent_asked.purpose":     "a company defines its own",
	"import_consent.purpose":    "a company defines its own",
	"attribute.purpose":         "words of staff",
	"book_pruned.scope":         "a book, or the id of a phone",
	"evidence_head.public_key":  "a key",
	"account.password":          "a hash",
	"api_token.name":            "words of staff",
	"approval.subject":          "an identifier of what is to be decided",
	"attribute.choices":         "words of staff",
	"attribute.name":            "words of staff",
	"book_entry.labels":         "words of staff",
	"book_state.series":         "a number of the book",
	"breach.lacks":              "several, as JSON",
	"channel.account_event":     "as Meta says",
	"channel.app":               "an identifier of Meta",
	"channel.display_number":    "a phone number of the company",
	"channel.lane_node":         "the name of a node",
	"channel.name":              "as Meta says",
	"channel.phone_number_id":   "an identifier of Meta",
	"channel.quality":           "as Meta says",
	"channel.said_event":        "as Meta says",
	"channel.said_limit":        "as Meta says",
	"channel.storage_region":    "as Meta says",
	"channel.waba_id":           "an identifier of Meta",
	"cockpit_day.day":           "a day",
	"cockpit_day.states":        "several, as JSON",
	"consent_text.text_de":      "words of staff",
	"consent_text.text_en":      "words of staff",
	"device.failed":             "several, as JSON",
	"device.held_view":          "a digest",
	"device.labels":             "words of staff",
	"device.login":              "a name made by chance",
	"device_check.answers":      "several, as JSON",
	"device_login.login":        "a name made by chance",
	"document_version.day":      "a day",
	"document_version.document": "the key of a document, or of a company's own copy of one; a document that ended keeps its versions",
	"entry_point.code":          "made by chance",
	"entry_point.name":          "words of staff",
	"entry_point.short_link":    "an address at Meta",
	"entry_point.words":         "words of staff",
	"erasure.counts":            "several, as JSON",
	"erasure.place":             "where the work stands: a room, or a table within it",
	"erasure.problem":           "an error",
	"erasure_recipient.answer":  "words of staff",
	"erasure_recipient.name":    "words of staff",
	"evidence_checkpoint.note":  "the signed text",
	"evidence_mailed.day":       "a day",
	"import.plan":               "several, as JSON",
	"import_row.code":           "each finding names its own; an import that is over keeps them",
	"intake_beat.name":          "a name of a clock",
	"job.counts":                "several, as JSON",
	"job.node":                  "the name of a node",
	"job.problem":               "an error",
	"label.name":                "words of staff",
	"lane.node":                 "the name of a node",
	"notice.text_de":            "words of staff",
	"notice.text_en":            "words of staff",
	"api_token.scopes":          "several, as JSON",
	"api_token.channels":        "several, as JSON",
	"article.number":            "words of staff",
	"article.title":             "words of staff",
	"backup_run.node":           "the name of a node",
	"backup_run.name":           "the name of a file",
	"consent_text.others":       "several, as JSON",
	"notice.others":             "several, as JSON",
	"org_front.front":           "several, as JSON",
	"token_day.day":             "a day",
	"opt_in_request.locale":     "a company adds languages",
	"opt_in_request.purposes":   "several, as JSON",
	"optin_settings.settings":   "several, as JSON",
	"org.name":                  "words of staff",
	"org.settings":              "several, as JSON",
	"org.slug":                  "words of staff",
	"outbox.node":               "the name of a node",
	"outbox.request":            "several, as JSON",
	"payload.kinds":             "several, as Meta says",
	"payload.problem":           "an error",
	"purpose.about_de":          "words of staff",
	"purpose.about_en":          "words of staff",
	"purpose.key":               "a company defines its own",
	"purpose.keyword":           "words of staff",
	"purpose.name_de":           "words of staff",
	"purpose.name_en":           "words of staff",
	"quick_reply.body":          "words of staff",
	"quick_reply.shortcut":      "words of staff",
	"relay_beat.name":           "the name of a letter box",
	"report_day.day":            "a day",
	"report_day.figures":        "several, as JSON",
	"restore.data":              "several, as JSON",
	"restore_hold.data":         "several, as JSON",
	"retention_run.counts":      "several, as JSON",
	"retention_run.problem":     "an error",
	"route.app":                 "an identifier of Meta",
	"route.key":                 "an identifier of Meta",
	"saved_view.name":           "words of staff",
	"saved_view.query":          "the query of an address",
	"served.month":              "a month",
	"spending.month":            "a month",
	"own_role.name":             "words of staff",
	"own_role.permissions":      "words of account/user.Permissions; one that is none grants nothing",
	"team.name":                 "words of staff",
	"template.components":       "several, as Meta says",
	"template.meta_id":          "an identifier of Meta",
	"template.name":             "as Meta says",
	"template.waba_id":          "an identifier of Meta",
	"transfer.day":              "a day",
	"transfer.recipient":        "words of staff, or the address of a server",
	"transfer_stop.recipient":   "words of staff, or the address of a server",
	"verdict.asked_by":          "who asked, with an identifier",
}

// Each column of text is checked, or it says here why not.
func TestEveryStateIsCheckedOrFree(t *testing.T) {
	db := storetest.Open(t, storetest.SQLite(t))
	tables, err := store.Tables(t.Context(), db, db.Engine())
	if err != nil {
		t.Fatal(err)
	}
	checked := map[string]bool{}
	for _, c := range house.Checks() {
		if name := c.Table + "." + c.Column; checked[name] {
			t.Errorf("%s is checked twice", name)
		} else {
			checked[name] = true
		}
	}
	seen := map[string]bool{}
	for _, table := range tables {
		for _, c := range table.Columns {
			name := table.Name + "." + c.Name
			seen[name] = true
			if c.Kind == store.Text && !checked[name] && free[name] == "" {
				t.Errorf("%s is neither in house.Checks nor free with a reason", name)
			}
		}
	}
	for name := range free {
		if !seen[name] || checked[name] {
			t.Errorf("%s is listed as free, but is checked or not there", name)
		}
	}
}
