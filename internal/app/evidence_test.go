package app_test

import (
	"context"
	"net/http"
	"net/url"
	"testing"
	"time"

	"einklang/internal/account/user"
	"einklang/internal/engine/evidence"
	"einklang/internal/engine/store"
	"einklang/internal/test/apptest"
)

// checkAll checks a company's whole log.
func checkAll(t *testing.T, o *apptest.Office, kept ...string) evidence.Checked {
	t.Helper()
	c, err := o.Log.Check(t.Context(), o.DB, o.Org.ID, "", kept, o.Proven(), store.Alone{})
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// signIns lets staff sign in, which is written down.
func signIns(t *testing.T, o *apptest.Office) {
	t.Helper()
	for _, role := range []user.Role{user.Agent, user.DPO, user.Admin} {
		o.SignIn(t, role)
	}
	o.Audit.Settle()
}

// touch changes the database past the program.
func touch(t *testing.T, o *apptest.Office, sql string, args ...any) {
	t.Helper()
	err := o.DB.Write(t.Context(), func(ctx context.Context, tx store.Tx) error {
		n, err := tx.Exec(ctx, sql, args...)
		if err == nil && n == 0 {
			t.Errorf("%s touches nothing", sql)
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
}

// Who takes rows away, changes or adds some is found, though the log itself holds
// together and nothing was kept elsewhere.
func TestRowsAndLeavesAgreeBothWays(t *testing.T) {
	apptest.Each(t, func(t *testing.T, o *apptest.Office) {
		f := openFull(t, o)
		f.more(2)
		signIns(t, o)
		if c := checkAll(t, o); !c.Sound() || c.Rows < 20 || c.Leaves < c.Rows {
			t.Fatalf("a log that nobody touched: %+v %+v", c, c.Fault)
		}
		var want evidence.Checked
		for _, act := range []struct {
			sql   string
			finds *int64
		}{
			{"DELETE FROM audit WHERE id = (SELECT id FROM audit WHERE org_id = ? ORDER BY id LIMIT 1)", &want.Missing},
			{"UPDATE audit SET act = 'approval.viewed' WHERE id = (SELECT id FROM audit WHERE org_id = ? AND act <> 'approval.viewed' ORDER BY id DESC LIMIT 1)", &want.Altered},
			{"DELETE FROM verdict WHERE id = (SELECT id FROM verdict WHERE org_id = ? ORDER BY id LIMIT 1)", &want.Missing},
			{"UPDATE verdict SET phase = CASE phase WHEN 'queue' THEN 'call' ELSE 'queue' END WHERE id = (SELECT id FROM verdict WHERE org_id = ? ORDER BY id DESC LIMIT 1)", &want.Altered},
			{"UPDATE consent_event SET kind = CASE kind WHEN 'granted' THEN 'pending' ELSE 'granted' END WHERE id = (SELECT id FROM consent_event WHERE org_id = ? ORDER BY id DESC LIMIT 1)", &want.Altered},
			{"DELETE FROM consent_event WHERE id = (SELECT id FROM consent_event WHERE org_id = ? ORDER BY id LIMIT 1)", &want.Missing},
			{`INSERT INTO consent_event (org_id, id, contact_id, medium, purpose, kind, source, at, detail, text_id, act)
				SELECT org_id, contact_id, contact_id, medium, purpose, kind, source, at, detail, text_id, act FROM consent_event WHERE org_id = ? LIMIT 1`, &want.Unproven},
		} {
			touch(t, o, act.sql, o.Org.ID)
			*act.finds++
			if c := checkAll(t, o); c.Fault != nil || c.Missing != want.Missing || c.Altered != want.Altered || c.Unproven != want.Unproven {
				t.Errorf("after %s: %d missing, %d altered, %d without a leaf, %v; want %d, %d, %d", act.sql, c.Missing, c.Altered, c.Unproven, c.Fault, want.Missing, want.Altered, want.Unproven)
			}
		}
	})
}

// What retention has deleted is not missing, and what an erased person leaves is
// neither.
func TestWhatWasDueIsNotMissing(t *testing.T) {
	apptest.Each(t, func(t *testing.T, o *apptest.Office) {
		f := openFull(t, o)
		f.more(1)
		signIns(t, o)
		then := o.Clock.Now()
		o.Clock.Advance(500 * 24 * time.Hour)
		o.Expire(t.Context())
		if status, page := submit(t, o, o.SignIn(t, user.Admin), "/desk/retention/time", url.Values{}); status != http.StatusOK {
			t.Fatalf("saying that the time is right: %d %s", status, page)
		}
		o.Expire(t.Context())
		o.Until(t, "what is due is deleted", func() bool { return o.Count(t, "audit", "at <= ?", store.Micros(then)) == 0 })
		if c := checkAll(t, o); !c.Sound() {
			t.Errorf("after the retention: %+v %+v", c, c.Fault)
		}
	})
}

// A database put back to an older copy, evidence and all, holds together: only a
// seal that was kept elsewhere tells.
func TestAnOlderCopyIsFoundByAKeptSeal(t *testing.T) {
	apptest.Each(t, func(t *testing.T, o *apptest.Office) {
		f := openFull(t, o)
		var size int64
		var hashes []byte
		err := o.DB.QueryRow(t.Context(), "SELECT size, hashes FROM evidence_head WHERE org_id = ?", o.Org.ID).Scan(&size, &hashes)
		if err != nil {
			t.Fatal(err)
		}
		last := o.Clock.Now()
		o.Clock.Advance(time.Second)
		f.more(1)
		signIns(t, o)
		var seal string
		err = o.DB.Write(t.Context(), func(ctx context.Context, tx store.Tx) (err error) {
			seal, err = o.Log.Checkpoint(ctx, tx, o.Org.ID)
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
		touch(t, o, "DELETE FROM evidence_entry WHERE org_id = ? AND idx >= ?", o.Org.ID, size)
		touch(t, o, "DELETE FROM evidence_checkpoint WHERE org_id = ? AND size > ?", o.Org.ID, size)
		touch(t, o, "UPDATE evidence_head SET size = ?, hashes = ? WHERE org_id = ?", size, hashes, o.Org.ID)
		for _, table := range []string{"audit", "verdict", "consent_event"} {
			touch(t, o, "DELETE FROM "+table+" WHERE org_id = ? AND at > ?", o.Org.ID, store.Micros(last))
		}
		if c := checkAll(t, o); !c.Sound() || c.Kept != 0 {
			t.Errorf("an older copy by itself: %+v %+v", c, c.Fault)
		}
		if c := checkAll(t, o, seal); c.Fault == nil || c.Fault.Why != evidence.Cut {
			t.Errorf("an older copy beside a kept seal: %+v", c.Fault)
		}
	})
}
