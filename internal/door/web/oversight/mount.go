// Package oversight is the pages on the staff's own deeds: the log of what they
// did with personal data, and what one asks for and a second one grants.
//
// The log answers what happened to a person's data. It does not show how
// anybody works: names of staff appear only if the organisation has agreed so
// with the works council, or after a second person has granted it (BetrVG
// §87(1) no. 6; BDSG §26).
package oversight

import (
	"embed"

	"einklang/internal/account/approval"
	"einklang/internal/account/audit"
	"einklang/internal/account/org"
	"einklang/internal/account/user"
	"einklang/internal/door/web/shell"
	"einklang/internal/engine/evidence"
	"einklang/internal/engine/seal"
	"einklang/internal/engine/store"
	"einklang/internal/person/contact"
)

//go:embed pages/*.html
var files embed.FS

// Parts are what the pages work with.
type Parts struct {
	DB        *store.DB
	Orgs      *org.Registry
	Users     *user.Directory
	People    *contact.Book
	Audit     *audit.Log
	Approvals *approval.Approvals
	Evidence  *evidence.Log
	Proven    []evidence.Rows
	Seals     *seal.Seals
	Mail      bool // e-mail is set up
}

type server struct {
	Parts
	pages *shell.Pages
}

const (
	auditPath     = "/desk/audit"
	approvalsPath = "/desk/approvals"
	evidencePath  = "/desk/evidence"
	numbersPath   = "/desk/numbers"
)

// Mount adds the pages.
func Mount(sh *shell.Shell, p Parts) error {
	s := &server{Parts: p}
	var err error
	if s.pages, err = sh.Pages(files, nil); err != nil {
		return err
	}
	sh.Missing(approval.ErrNotFound, contact.ErrNotFound)
	sh.Menu(
		shell.Entry{Section: "privacy", Path: auditPath, Text: "nav.audit", May: user.Audit},
		shell.Entry{Section: "privacy", Path: evidencePath, Text: "nav.evidence", May: user.Audit},
		shell.Entry{Section: "privacy", Path: approvalsPath, Text: "nav.approvals", May: user.Privacy},
		shell.Entry{Section: "privacy", Path: numbersPath, Text: "nav.whose", May: user.Identify},
	)
	sh.Staff("GET /desk/audit", user.Audit, audit.Reads("audit.viewed"), s.audit)
	sh.Staff("GET /desk/audit.csv", user.Audit, audit.Exports("audit.exported").Proven(), s.export)
	sh.Staff("GET /desk/evidence", user.Audit, audit.Nothing(audit.Impersonal), s.evidence)
	sh.Staff("POST /desk/evidence", user.Audit, audit.Changes("evidence.checked"), s.check)
	sh.Staff("GET /desk/evidence.jsonl", user.Audit, audit.Exports(audit.EvidenceExported).Proven(), s.takeClosed)
	sh.Staff("GET /desk/evidence/open.jsonl", user.Audit, audit.Exports("evidence.opened").Proven(), s.takeOpen)
	// Everybody may ask, and see what became of it; the handlers show the
	// questions of others only to those who decide.
	sh.Staff("GET /desk/approvals", user.Read, audit.Reads("approval.viewed"), s.approvals)
	sh.Staff("GET /desk/approvals/new", user.Read, audit.Nothing(audit.Impersonal), s.question)
	sh.Staff("POST /desk/approvals", user.Read, audit.Changes("approval.asked"), s.ask)
	sh.Staff("GET /desk/numbers", user.Identify, audit.Reads("number.viewed"), s.numbers)
	sh.Staff("POST /desk/numbers/{id}", user.Identify, audit.Changes("number.answered"), s.answer)
	sh.Staff("POST /desk/approvals/{id}", user.Privacy, audit.Changes("approval.decided").Or("person.linked").Of(audit.Other).Proven(), s.decide)
	return nil
}
