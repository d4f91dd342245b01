package app_test

import (
	"context"
	"html"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"einklang/internal/account/user"
	"einklang/internal/app"
	"einklang/internal/engine/evidence"
	"einklang/internal/engine/seal"
	"einklang/internal/engine/store"
	"einklang/internal/test/apptest"
	"einklang/internal/test/stamptest"
	"einklang/internal/test/storetest"
)

// sealed is an installation that puts its seals into a folder, and has them
// stamped.
type sealed struct {
	*apptest.Office
	folder    string
	authority *stamptest.Authority
}

func eachSealed(t *testing.T, test func(t *testing.T, s *sealed)) {
	t.Helper()
	for engine, database := range map[string]func(testing.TB) string{"sqlite": storetest.SQLite, "postgres": storetest.Postgres} {
		t.Run(engine, func(t *testing.T) {
			s := &sealed{folder: t.TempDir()}
			s.authority = stamptest.New(t, func() time.Time { return s.Clock.Now() })
			s.Office = apptest.OpenWith(t, database(t), apptest.Options{Config: func(c *app.Config) {
				c.Seals.Folder = s.folder
				c.Seals.Stamps = &seal.Authority{URL: s.authority.URL, Country: "DE", Roots: s.authority.Roots}
			}})
			test(t, s)
		})
	}
}

// round signs, and puts the seals away.
func (s *sealed) round(t *testing.T) {
	t.Helper()
	err := s.DB.Write(t.Context(), func(ctx context.Context, tx store.Tx) error { return s.Log.SignDaily(ctx, tx, s.Org.ID, s.Clock.Now()) })
	if err == nil {
		err = s.Seals.KeepAll(t.Context(), s.Orgs.IDs)
	}
	if err != nil {
		t.Fatal(err)
	}
}

// files are what lies in the folder.
func (s *sealed) files(t *testing.T) []string {
	t.Helper()
	all, err := filepath.Glob(filepath.Join(s.folder, "evidence", s.Org.ID.String(), "*"))
	if err != nil {
		t.Fatal(err)
	}
	return all
}

func TestSealsLieWhereTheDatabaseIsNot(t *testing.T) {
	eachSealed(t, func(t *testing.T, s *sealed) {
		s.round(t)
		s.round(t) // nothing new
		files := s.files(t)
		if len(files) != 2 || !strings.HasSuffix(files[0], ".tsr") || !strings.HasSuffix(files[1], ".txt") {
			t.Fatalf("the folder holds %q", files)
		}
		k := s.Seals.Read(t.Context(), s.Org.ID)
		if len(k.Seals) != 1 || k.Each[seal.Folder] != 1 || len(k.Stamped) != 1 || k.Invalid != 0 || !k.Stamped[0].At.Equal(s.Clock.Now().Truncate(time.Second)) || k.Stamped[0].By != "Beispiel-Zeitstempel" {
			t.Errorf("what lies there is read as %+v", k)
		}
		if c := checkAll(t, s.Office, k.Seals...); !c.Sound() || c.Kept != 1 {
			t.Errorf("the check with what lies there: %+v %v", c, c.Fault)
		}
		first, err := os.ReadFile(files[1])
		if err != nil {
			t.Fatal(err)
		}

		s.authority.Down = true
		s.Clock.Advance(time.Hour)
		signIns(t, s.Office)
		s.round(t)
		states, err := seal.States(t.Context(), s.DB, s.Org.ID)
		if err != nil || states[seal.Stamp].Failing.IsZero() || !states[seal.Folder].Failing.IsZero() || states[seal.Folder].Size <= states[seal.Stamp].Size {
			t.Errorf("an authority that is down: %+v, %v", states, err)
		}
		s.authority.Down = false
		s.round(t)
		if states, err = seal.States(t.Context(), s.DB, s.Org.ID); err != nil || !states[seal.Stamp].Failing.IsZero() || states[seal.Stamp].Size != states[seal.Folder].Size {
			t.Errorf("an authority that is back: %+v, %v", states, err)
		}
		if again, err := os.ReadFile(files[1]); err != nil || string(again) != string(first) || len(s.files(t)) != 4 {
			t.Errorf("what lay there was replaced: %v, %q", err, s.files(t))
		}
	})
}

// Somebody who puts an older copy of the database in place, logs and all, has not
// the folder, and cannot stamp with a time that is over.
func TestAForgedStampProvesNothing(t *testing.T) {
	eachSealed(t, func(t *testing.T, s *sealed) {
		s.round(t)
		files := s.files(t)
		other := stamptest.New(t, s.Clock.Now)
		forger := seal.Authority{URL: other.URL, Roots: other.Roots, Client: http.DefaultClient}
		text, err := os.ReadFile(files[1])
		if err != nil {
			t.Fatal(err)
		}
		token, err := forger.Stamp(t.Context(), text)
		if err == nil {
			err = os.WriteFile(files[0], token, 0o600)
		}
		if err != nil {
			t.Fatal(err)
		}
		if k := s.Seals.Read(t.Context(), s.Org.ID); len(k.Stamped) != 0 || k.Invalid != 1 {
			t.Errorf("a stamp of somebody else is taken: %+v", k)
		}
		if err := os.WriteFile(files[1], []byte("no seal\n"), 0o600); err != nil {
			t.Fatal(err)
		}
		k := s.Seals.Read(t.Context(), s.Org.ID)
		if c := checkAll(t, s.Office, k.Seals...); c.Fault == nil || c.Fault.Why != evidence.Signature {
			t.Errorf("a file that is no seal: %v", c.Fault)
		}
	})
}

// The data protection officer checks and takes the whole log in the browser, and
// the page says what a check did not compare.
func TestTheLogIsCheckedInTheBrowser(t *testing.T) {
	eachSealed(t, func(t *testing.T, s *sealed) {
		f := openFull(t, s.Office)
		f.more(1)
		dpo := s.SignIn(t, user.DPO)
		s.Audit.Settle()
		check := func(form url.Values) string {
			t.Helper()
			status, page := submit(t, s.Office, dpo, "/desk/evidence", form)
			if status != http.StatusOK {
				t.Fatalf("the check: %d %s", status, page)
			}
			return page
		}
		says := func(page string, keys ...string) {
			t.Helper()
			for _, key := range keys {
				if !strings.Contains(page, html.EscapeString(s.Texts["de"].T(key))) {
					t.Errorf("the page does not say %s", key)
				}
			}
		}
		says(check(nil), "proof.agrees", "proof.nothing.kept", "proof.nothing.pinned")

		s.round(t)
		page := check(nil)
		says(page, "proof.sound")
		if !strings.Contains(page, "Beispiel-Zeitstempel") {
			t.Error("the page does not say who stamped the log")
		}
		_, key, err := s.Log.Size(t.Context(), s.DB, s.Org.ID)
		if err != nil {
			t.Fatal(err)
		}
		if page := check(url.Values{"key": {key}}); strings.Contains(page, s.Texts["de"].T("proof.nothing.pinned")) {
			t.Error("the page does not see the pinned key")
		}
		says(check(url.Values{"key": {strings.Replace(key, "+", "+0", 1)}}), "proof.broken", "proof.fault.signature")

		status, file := visit(t, s.Office, dpo, "/desk/evidence.jsonl")
		if report, err := evidence.Verify(strings.NewReader(file), key); status != http.StatusOK || err != nil || report.Opened != 0 || report.Leaves < 10 {
			t.Errorf("the log with hashes only: %d %+v %v", status, report, err)
		}
		if status, file = visit(t, s.Office, dpo, "/desk/evidence/open.jsonl"); strings.HasPrefix(file, `{"format"`) {
			t.Errorf("the log in clear without a second person: %d, %d bytes", status, len(file))
		}
		if n := s.Count(t, "audit", "act = 'evidence.checked'"); n != 4 {
			t.Errorf("%d checks are written down, want 4", n)
		}

		touch(t, s.Office, "DELETE FROM verdict WHERE id = (SELECT id FROM verdict WHERE org_id = ? ORDER BY id LIMIT 1)", s.Org.ID)
		says(check(nil), "proof.broken", "proof.broken.do")
	})
}
