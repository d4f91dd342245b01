package oversight

import (
	"context"
	"net/http"
	"slices"
	"strings"
	"time"

	"einklang/internal/account/approval"
	"einklang/internal/account/reminder"
	"einklang/internal/door/web/shell"
	"einklang/internal/engine/evidence"
	"einklang/internal/engine/seal"
	"einklang/internal/engine/store"
	"einklang/internal/rule/pii"
)

// sealPlace is where seals lie, as the page shows it.
type sealPlace struct {
	Name string
	seal.State
	Configured bool
}

type evidenceBody struct {
	pii.Personal
	Leaves  int64
	Key     string // the public one
	Places  []sealPlace
	Alone   bool // the seals lie in no place but the mails
	Pinned  string
	Kept    string
	Checked *checked
}

// checked is what a check has found, and with what it compared.
type checked struct {
	evidence.Checked
	seal.Kept
	Pinned  bool
	Brought int // seals that the reader brought
}

// Certain reports whether an older copy of the whole database would have been
// found.
func (c checked) Certain() bool { return c.Checked.Kept > 0 }

// evidence shows where the seals lie, and lets the whole log be checked and
// exported.
func (s *server) evidence(w http.ResponseWriter, r *http.Request, v *shell.Viewer) error {
	return s.showEvidence(w, r, v, evidenceBody{})
}

func (s *server) showEvidence(w http.ResponseWriter, r *http.Request, v *shell.Viewer, b evidenceBody) (err error) {
	ctx := r.Context()
	if b.Leaves, b.Key, err = s.Evidence.Size(ctx, s.DB, v.Org); err != nil {
		return err
	}
	if b.Places, err = s.places(ctx, v); err != nil {
		return err
	}
	b.Alone = !slices.ContainsFunc(b.Places, func(p sealPlace) bool { return p.Configured && p.Name != byMail })
	return s.pages.Show(w, http.StatusOK, "evidence.html", shell.Page{Viewer: v, Title: v.Text.T("proof.title"), At: evidencePath, Body: b})
}

// byMail is the place that needs no configuration but a mail server.
const byMail = "mail"

func (s *server) places(ctx context.Context, v *shell.Viewer) ([]sealPlace, error) {
	states, err := seal.States(ctx, s.DB, v.Org)
	if err != nil {
		return nil, err
	}
	mailed, err := reminder.Mailed(ctx, s.DB, v.Org)
	if err != nil {
		return nil, err
	}
	all := []sealPlace{{Name: byMail, State: seal.State{At: mailed}, Configured: s.Mail}}
	for _, name := range []string{seal.Folder, seal.Store, seal.Stamp} {
		all = append(all, sealPlace{name, states[name], s.Seals.Has(name)})
	}
	return all, nil
}

// longestKept is how much of what the reader brought is read, in bytes.
const longestKept = 1 << 20

// check checks the whole log with all seals that can be had.
func (s *server) check(w http.ResponseWriter, r *http.Request, v *shell.Viewer) error {
	b := evidenceBody{Pinned: strings.TrimSpace(r.PostFormValue("key")), Kept: r.PostFormValue("kept")}
	brought := evidence.ReadCheckpoints(b.Kept[:min(len(b.Kept), longestKept)])
	lies := s.Seals.Read(r.Context(), v.Org)
	found, err := s.Evidence.Check(r.Context(), s.DB, v.Org, b.Pinned, slices.Concat(lies.Seals, brought), s.Proven, v.Act)
	if err != nil {
		return err
	}
	b.Checked = &checked{found, lies, b.Pinned != "", len(brought)}
	return s.showEvidence(w, r, v, b)
}

// takeClosed hands out the whole log without its records: hashes and seals, which
// name nobody.
func (s *server) takeClosed(w http.ResponseWriter, r *http.Request, v *shell.Viewer) error {
	return s.take(w, r, v, "evidence-", evidence.Opened{Closed: true})
}

// takeOpen hands out the whole log with its records, once a second person has
// granted it.
func (s *server) takeOpen(w http.ResponseWriter, r *http.Request, v *shell.Viewer) error {
	err := v.Act.Write(r.Context(), func(ctx context.Context, tx store.Tx) error {
		return s.Approvals.Use(ctx, tx, v.Org, approval.Audit, "", v.ID)
	})
	if err != nil {
		return err
	}
	return s.take(w, r, v, "evidence-open-", evidence.Opened{})
}

func (s *server) take(w http.ResponseWriter, r *http.Request, v *shell.Viewer, name string, open evidence.Opened) error {
	w.Header().Set("Content-Type", "application/jsonl; charset=utf-8")
	w.Header().Set("Content-Disposition", `attachment; filename="`+name+v.Now.Format(time.DateOnly)+`.jsonl"`)
	return shell.IgnoreGone(s.Evidence.Export(r.Context(), s.DB, v.Org, w, open, store.Alone{}))
}
