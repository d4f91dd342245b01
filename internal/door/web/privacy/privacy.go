// Package privacy is the data protection officer's desk for what people ask
// for (GDPR Art. 15 to 22): the list with its clocks, a case with its file, the
// erasures with their proof.
package privacy

import (
	"context"
	"embed"
	"errors"
	"fmt"
	"html/template"
	"io"
	"log/slog"
	"net/http"
	"path"
	"regexp"
	"slices"
	"strings"
	"time"

	"einklang/internal/account/approval"
	"einklang/internal/account/audit"
	"einklang/internal/account/org"
	"einklang/internal/account/user"
	"einklang/internal/door/web/shell"
	"einklang/internal/engine/store"
	"einklang/internal/messaging/media"
	"einklang/internal/messaging/search"
	"einklang/internal/person/chat"
	"einklang/internal/person/contact"
	"einklang/internal/rights/answer"
	"einklang/internal/rights/breach"
	"einklang/internal/rights/cases"
	"einklang/internal/rights/erasure"
	"einklang/internal/rights/letters"
	"einklang/internal/rights/retention"
	"einklang/internal/rule/i18n"
	"einklang/internal/rule/id"
	"einklang/internal/rule/pii"
)

//go:embed pages/*.html
var files embed.FS

//go:embed static
var static embed.FS

// Rights does what people may ask for.
type Rights interface {
	Tell(ctx context.Context, tx store.Tx, org id.Org, p *chat.Known, way string, about id.Case, subject string, words chat.Words) (bool, error)
	Withdraw(ctx context.Context, tx store.Tx, org id.Org, p *chat.Known, source string) error
	Object(ctx context.Context, tx store.Tx, org id.Org, p *chat.Known, source string) error
	Oppose(ctx context.Context, tx store.Tx, p *chat.Known, c cases.Case, source string) error
	Restrict(ctx context.Context, tx store.Tx, org id.Org, person id.Person, on bool) error
	Prepare(ctx context.Context, w store.Writer, o org.Org, p *chat.Known, c cases.Case, by id.Account, texts *i18n.Catalogue) (cases.Parcel, error)
	Parcel(ctx context.Context, org id.Org, parcel id.Parcel) (io.Reader, error)
	Prove(ctx context.Context, tx store.Tx, o org.Org, p *chat.Known, way string, about id.Case) (bool, error)
	Erase(ctx context.Context, tx store.Tx, org id.Org, person id.Person, privacyCase id.Case, by id.Account, source string) (erasure.Procedure, error)
}

// Parts are what the pages work with.
type Parts struct {
	DB      *store.DB
	Orgs    *org.Registry
	People  *contact.Book
	Cases   *cases.Cases
	Erasure *erasure.Erasures
	Rights  Rights
	Files   *media.Shelf
	Letters *letters.Letters
	Holds   *retention.Holds

	Retention *retention.Runner
	Breaches  *breach.Register
	Telling   answer.BreachLetters
	Approvals *approval.Approvals
	PublicURL string
	Backups   BackupPlan
	Search    *search.Index
	Log       *slog.Logger
}

var styles = []string{"rights.css"}

type server struct {
	Parts
	pages *shell.Pages
}

// Mount adds the pages.
func Mount(sh *shell.Shell, p Parts) error {
	s := &server{Parts: p}
	var err error
	if s.pages, err = sh.Pages(files, func(c *i18n.Catalogue) template.FuncMap { return template.FuncMap{"local": c.Local} }); err != nil {
		return err
	}
	if err := sh.Static(static); err != nil {
		return err
	}
	sh.Missing(cases.ErrNotFound, erasure.ErrNotFound, erasure.ErrNobody, contact.ErrNotFound, retention.ErrNotFound, breach.ErrNotFound)
	sh.Menu(
		shell.Entry{Section: "privacy", Path: "/desk/cases", Text: "nav.cases", May: user.Privacy},
		shell.Entry{Section: "privacy", Path: "/desk/erasures", Text: "nav.erasures", May: user.Privacy},
		shell.Entry{Section: "privacy", Path: "/desk/breaches", Text: "nav.breaches", May: user.Privacy},
		shell.Entry{Section: "privacy", Path: "/desk/retention", Text: "nav.retention", May: user.Privacy},
		shell.Entry{Section: "privacy", Path: "/desk/holds", Text: "nav.holds", May: user.Privacy},
		shell.Entry{Section: "privacy", Path: backupsPath, Text: "nav.backups", May: user.Privacy},
		shell.Entry{Section: "privacy", Path: restorePath, Text: "nav.restore", May: user.Privacy},
	)
	sh.Long("POST /desk/cases", "POST /desk/cases/{id}/{what}", "POST /desk/cases/{id}/grant", "POST /desk/breaches/{id}", "POST /desk/breaches/{id}/letter")
	sh.StaffAll(user.Privacy, map[string]shell.Route{
		"GET /desk/cases":                      shell.As(audit.Reads("case.viewed"), s.list),
		"POST /desk/cases":                     shell.As(audit.Changes("case.opened"), s.open),
		"GET /desk/cases/{id}":                 shell.As(audit.Reads("case.viewed").Of(audit.Case), s.show),
		"POST /desk/cases/{id}/{what}":         shell.As(audit.Changes("case.changed").Of(audit.Case), sh.Sure(s.grantTakes, s.act)),
		"POST /desk/cases/{id}/grant":          shell.As(audit.Changes("case.changed").Of(audit.Case).Proven(), sh.Sure(s.grantTakes, s.act)),
		"GET /desk/cases/{id}/package":         shell.As(audit.Exports("package.exported").Of(audit.Case).Proven(), s.pack),
		"POST /desk/cases/{id}/package":        shell.As(audit.Changes("package.prepared").Of(audit.Case).Proven(), s.prepare),
		"GET /desk/erasures":                   shell.As(audit.Nothing(audit.Pseudonyms), s.erasures),
		"GET /desk/erasures/{id}":              shell.As(audit.Nothing(audit.Pseudonyms), s.erasure),
		"GET /desk/breaches":                   shell.As(audit.Reads("breach.viewed"), s.breaches),
		"POST /desk/breaches":                  shell.As(audit.Changes("breach.changed"), s.openBreach),
		"GET /desk/breaches/{id}":              shell.As(audit.Reads("breach.viewed").Of(audit.Other), s.breach),
		"POST /desk/breaches/{id}":             shell.As(audit.Changes("breach.changed").Of(audit.Other), sh.Sure(s.stepTakes, s.saveBreach)),
		"POST /desk/breaches/{id}/letter":      shell.As(audit.Changes("breach.told").Of(audit.Other), sh.Sure(s.letterTakes, s.breachLetter)),
		"GET /desk/breaches/{id}/notification": shell.As(audit.Exports("breach.exported").Of(audit.Other).Proven(), s.notification),
		"GET /desk/retention":                  shell.As(audit.Nothing(audit.Impersonal), s.retention),
		"POST /desk/retention":                 shell.As(audit.Changes("retention.run").Proven(), sh.Sure(s.runTakes, s.runRetention)),
		"GET /desk/archive":                    shell.As(audit.Exports("archive.exported").Proven(), s.archive),
		"POST /desk/retention/time":            shell.As(audit.Changes("retention.time"), s.confirmTime),
		"POST /desk/retention/{class}":         shell.As(audit.Changes("retention.changed").Proven(), s.setPeriod),
		"GET " + backupsPath:                   shell.As(audit.Nothing(audit.Impersonal), s.backups),
		"POST " + backupsPath:                  shell.As(audit.Changes("backup.asked").Proven(), s.backUp),
		"GET " + restorePath:                   shell.As(audit.Nothing(audit.Impersonal), s.restored),
		"POST " + restorePath:                  shell.As(audit.Changes("restore.released").Proven(), s.release),
		"GET /desk/holds":                      shell.As(audit.Reads("hold.viewed"), s.holds),
		"POST /desk/holds":                     shell.As(audit.Changes("hold.placed"), s.placeHold),
		"POST /desk/holds/{id}/lift":           shell.As(audit.Changes("hold.lifted").Of(audit.Other), sh.Sure(s.liftTakes, s.liftHold)),
	})
	return nil
}

// row is a case in the list.
type row struct {
	pii.Personal
	cases.Case
	Who     string
	Until   time.Time
	Urgency cases.Urgency
}

type listBody struct {
	pii.Personal
	Open, Past []row
	Kinds      []cases.Kind
	Problem    string
	Person     string
}

func (s *server) list(w http.ResponseWriter, r *http.Request, v *shell.Viewer) error {
	return s.showList(w, r, v, http.StatusOK, listBody{Person: r.URL.Query().Get("person")})
}

func (s *server) showList(w http.ResponseWriter, r *http.Request, v *shell.Viewer, status int, b listBody) error {
	_, zone, err := s.org(r.Context(), v)
	if err != nil {
		return err
	}
	waiting, err := s.Cases.Waiting(r.Context(), s.DB, v.Org, zone)
	if err != nil {
		return err
	}
	past, err := s.Cases.Past(r.Context(), s.DB, v.Org, 50)
	if err != nil {
		return err
	}
	if b.Open, err = s.rows(r.Context(), v, waiting, zone); err != nil {
		return err
	}
	if b.Past, err = s.rows(r.Context(), v, past, zone); err != nil {
		return err
	}
	b.Kinds = cases.Kinds()
	return s.pages.Show(w, status, "cases.html", shell.Page{Viewer: v, Styles: styles, Title: v.Text.T("case.list.title"), At: "/desk/cases", Body: b})
}

func (s *server) org(ctx context.Context, v *shell.Viewer) (org.Org, *time.Location, error) {
	o, err := s.Orgs.Get(ctx, s.DB, v.Org)
	if err != nil {
		return o, nil, err
	}
	zone, err := o.Settings.Location()
	return o, zone, err
}

func (s *server) rows(ctx context.Context, v *shell.Viewer, cases []cases.Case, zone *time.Location) ([]row, error) {
	people := make([]id.Person, len(cases))
	for i, c := range cases {
		people[i] = c.Contact
	}
	known, err := s.People.GetMany(ctx, s.DB, v.Org, people)
	if err != nil {
		return nil, err
	}
	rows := make([]row, len(cases))
	for i, c := range cases {
		rows[i] = row{Case: c, Who: nameOf(known[c.Contact], v.Text), Until: c.Due(zone), Urgency: c.Urgency(v.Now, zone)}
	}
	return rows, nil
}

// nameOf is how a person is called on the desk.
func nameOf(k *chat.Known, c *i18n.Catalogue) string {
	switch {
	case k == nil:
		return c.T("case.unknown")
	case k.Erased:
		return c.T("case.erased")
	default:
		return k.Profile.DisplayName()
	}
}

func (s *server) open(w http.ResponseWriter, r *http.Request, v *shell.Viewer) error {
	b := listBody{Person: strings.TrimSpace(r.PostFormValue("person"))}
	person, problem, err := s.find(r.Context(), v, b.Person)
	if err != nil {
		return err
	}
	if problem != "" {
		b.Problem = v.Text.T(problem)
		return s.showList(w, r, v, http.StatusUnprocessableEntity, b)
	}
	var received time.Time
	if day := r.PostFormValue("received"); day != "" {
		if received, err = time.Parse(time.DateOnly, day); err != nil {
			b.Problem = v.Text.T("case.problem.day")
			return s.showList(w, r, v, http.StatusUnprocessableEntity, b)
		}
	}
	var c cases.Case
	err = v.Act.Write(r.Context(), func(ctx context.Context, tx store.Tx) error {
		var err error
		c, err = s.Cases.Open(ctx, tx, v.Org, cases.Request{Contact: person, Kind: cases.Kind(r.PostFormValue("kind")), Source: sourceOf(r.PostFormValue("source")),
			Text: r.PostFormValue("text"), Received: received, By: v.ID})
		return err
	})
	if errors.Is(err, cases.ErrKind) {
		b.Problem = v.Text.T("case.problem.kind")
		return s.showList(w, r, v, http.StatusUnprocessableEntity, b)
	}
	if err != nil {
		return err
	}
	http.Redirect(w, r, "/desk/cases/"+c.ID.String(), http.StatusSeeOther)
	return nil
}

func sourceOf(said string) string {
	if said == "e_mail" {
		return said
	}
	return "desk"
}

// find finds the one person that was meant; nobody entered is a person whom we
// do not know. Problem is the key of a text.
func (s *server) find(ctx context.Context, v *shell.Viewer, said string) (person id.Person, problem string, err error) {
	if said == "" {
		return person, "", nil
	}
	if at, err := id.Parse[id.Person](said); err == nil {
		k, err := s.People.Get(ctx, s.DB, v.Org, at)
		if errors.Is(err, contact.ErrNotFound) {
			return person, "case.problem.nobody", nil
		}
		if err != nil {
			return person, "", err
		}
		return k.ID, "", nil
	}
	found, err := s.People.Search(ctx, s.DB, v.Org, said, 2)
	if err != nil {
		return person, "", err
	}
	v.Act.Searched(said, len(found))
	switch {
	case len(found) == 0:
		return person, "case.problem.nobody", nil
	case len(found) > 1:
		return person, "case.problem.several", nil
	default:
		return found[0].ID, "", nil
	}
}

type caseBody struct {
	pii.Personal
	row
	Person    *chat.Known // nil: not known
	File      []line
	Earlier   bool   // lines stand before these
	Later     string // the line after which others stand
	Tasks     []cases.Task
	Open      int // tasks that are not done
	Parcels   []cases.Parcel
	Files     media.Awaited // that a package lacks
	Granted   bool          // what was asked for is done; a restriction can be lifted again
	Packs     bool          // a package can be made here: also after the end, for what came late
	Kinds     []cases.Kind
	Preview   *erasure.Preview
	Procedure *erasure.Procedure
	MayExtend bool
	Letter    string
	Problem   string
}

// show shows a case, or one line of its file that is too long for the page.
func (s *server) show(w http.ResponseWriter, r *http.Request, v *shell.Viewer) error {
	at, err := shell.Parameter[id.ID](r, "line")
	if err != nil {
		return err
	}
	if !at.IsZero() {
		return s.showLine(w, r, v, at)
	}
	return s.showCase(w, r, v, http.StatusOK, "")
}

func (s *server) showLine(w http.ResponseWriter, r *http.Request, v *shell.Viewer, at id.ID) error {
	c, err := s.found(r, v)
	if err != nil {
		return err
	}
	e, err := s.Cases.Line(r.Context(), s.DB, v.Org, c.ID, at)
	if err != nil {
		return err
	}
	w.Header().Set("Content-Type", "text/plain; charset=utf-8")
	_, err = io.WriteString(w, e.Text)
	return shell.IgnoreGone(err)
}

func (s *server) showCase(w http.ResponseWriter, r *http.Request, v *shell.Viewer, status int, problem string) error {
	c, err := s.found(r, v)
	if err != nil {
		return err
	}
	o, zone, err := s.org(r.Context(), v)
	if err != nil {
		return err
	}
	b := caseBody{Problem: problem, MayExtend: c.MayExtend(v.Now, zone)}
	known, err := s.People.GetMany(r.Context(), s.DB, v.Org, []id.Person{c.Contact})
	if err != nil {
		return err
	}
	b.Person = known[c.Contact]
	b.row = row{Case: c, Who: nameOf(b.Person, v.Text), Until: c.Due(zone), Urgency: c.Urgency(v.Now, zone)}
	after, err := shell.Parameter[id.Cursor](r, "after")
	if err != nil {
		return err
	}
	if err := s.fill(r.Context(), &b, c, after, v.Text); err != nil {
		return err
	}
	if b.Parcels, err = s.parcels(r.Context(), v, c); err != nil {
		return err
	}
	if b.Files, err = s.Files.Awaited(r.Context(), s.DB, v.Org, c.Contact, c.Packed); err != nil {
		return err
	}
	b.Packs = packs(c, b)
	b.Granted = c.Kind != cases.Restrict && slices.ContainsFunc(b.Tasks, func(t cases.Task) bool { return t.Key == "grant" && t.Done })
	b.Letter = s.draft(v, c, o)
	if written := r.PostFormValue("text"); problem != "" && doing(r) == "letter" && written != "" {
		b.Letter = written
	}
	if c.Kind == cases.Erase && !c.Contact.IsZero() {
		if err := s.addErasure(r.Context(), v, c, &b); err != nil {
			return err
		}
	}
	return s.pages.Show(w, status, "case.html", shell.Page{Viewer: v, Styles: styles, Title: v.Text.T("case.kind." + string(c.Kind)), At: "/desk/cases", Body: b})
}

// draft is the answer as it is suggested.
func (s *server) draft(v *shell.Viewer, c cases.Case, o org.Org) string {
	portal := strings.TrimRight(s.PublicURL, "/") + "/portal/" + o.Slug
	text := v.Text.T("case.letter."+string(c.Kind), o.Name, v.Text.Date(c.Received), portal)
	if !strings.Contains(text, portal) { // a letter by post names it, too
		text += "\n\n" + v.Text.T("letter.portal", portal)
	}
	return text
}

// packs reports whether a case offers the package (GDPR Art. 15, 20). One that has
// ended does so for files that were on their way when it was answered.
func packs(c cases.Case, b caseBody) bool {
	if (c.Kind != cases.Access && c.Kind != cases.Portability) || !c.Identity.Shown() || b.Person == nil || b.Person.Erased {
		return false
	}
	return c.Closed.IsZero() || c.Outcome == cases.Done && (b.Files.Came > 0 || b.Files.Coming > 0 || len(b.Parcels) > 0)
}

// addErasure adds what an erasure would do, or how far it is.
func (s *server) addErasure(ctx context.Context, v *shell.Viewer, c cases.Case, b *caseBody) error {
	p, err := s.Erasure.OfContact(ctx, s.DB, v.Org, c.Contact)
	if err == nil {
		b.Procedure = &p
		return nil
	}
	if !errors.Is(err, erasure.ErrNotFound) {
		return err
	}
	preview, err := s.Erasure.Preview(ctx, s.DB, v.Org, c.Contact)
	b.Preview = &preview
	return err
}

func (s *server) found(r *http.Request, v *shell.Viewer) (cases.Case, error) {
	at, err := id.Parse[id.Case](r.PathValue("id"))
	if err != nil {
		return cases.Case{}, cases.ErrNotFound
	}
	return s.Cases.Get(r.Context(), s.DB, v.Org, at)
}

// problems are the refusals that a person can mend, with their texts.
var problems = map[error]string{
	cases.ErrReason: "case.problem.reason", cases.ErrTooLate: "case.problem.late", cases.ErrIdentity: "case.problem.identity",
	cases.ErrClosed: "case.problem.closed", cases.ErrNoOutcome: "case.problem.outcome", erasure.ErrHeld: "case.problem.held", errNoWay: "case.problem.way", errGaps: "case.problem.gaps", errWho: "case.problem.nobody", cases.ErrKind: "case.problem.kind",
}

var (
	errNoWay = errors.New("the letter cannot go this way now")
	errGaps  = errors.New("the letter has gaps of its draft")
	errWho   = errors.New("nobody, or several people, are found by this")
)

func (s *server) act(w http.ResponseWriter, r *http.Request, v *shell.Viewer) error {
	c, err := s.found(r, v)
	if err != nil {
		return err
	}
	_, zone, err := s.org(r.Context(), v)
	if err != nil {
		return err
	}
	err = v.Act.Write(r.Context(), func(ctx context.Context, tx store.Tx) error { return s.do(ctx, tx, r, v, c, zone) })
	for known, text := range problems {
		if errors.Is(err, known) {
			return s.showCase(w, r, v, http.StatusUnprocessableEntity, v.Text.T(text))
		}
	}
	if err != nil {
		return err
	}
	http.Redirect(w, r, "/desk/cases/"+c.ID.String(), http.StatusSeeOther)
	return nil
}

// doing is what is to be done, the last word of the path: granting has a route of
// its own, since it needs a fresh proof.
func doing(r *http.Request) string { return path.Base(r.URL.Path) }

// do does one thing in a case.
func (s *server) do(ctx context.Context, tx store.Tx, r *http.Request, v *shell.Viewer, c cases.Case, zone *time.Location) error {
	words := r.PostFormValue("text")
	switch doing(r) {
	case "identity":
		how := cases.KnownByUs
		if r.PostFormValue("how") == string(cases.NotHerself) {
			how = cases.NotHerself
		}
		return s.Cases.SetIdentity(ctx, tx, &c, how, v.ID, words)
	case "extend":
		return s.Cases.Extend(ctx, tx, &c, v.ID, words, zone)
	case "task":
		return s.Cases.AddTask(ctx, tx, c, v.ID, words)
	case "tick":
		return s.Cases.Tick(ctx, tx, c, v.ID, r.PostFormValue("task"), r.PostFormValue("done") != "")
	case "code":
		return s.prove(ctx, tx, v, c, r.PostFormValue("way"))
	case "kind":
		return s.Cases.SetKind(ctx, tx, &c, cases.Kind(r.PostFormValue("kind")), v.ID)
	case "person":
		return s.assign(ctx, tx, v, c, r.PostFormValue("person"))
	case "note":
		return s.Cases.Note(ctx, tx, c, "note", v.ID, words)
	case "letter":
		return s.letter(ctx, tx, v, c, r.PostFormValue("way"), words)
	case "close":
		return s.Cases.Close(ctx, tx, &c, cases.Outcome(r.PostFormValue("outcome")), v.ID, words)
	case "grant":
		return s.grant(ctx, tx, v, c)
	default:
		return shell.ErrNotFound
	}
}

// gaps are what a draft leaves to be written, in square brackets.
var gaps = regexp.MustCompile(`\[\pL[^\[\]\n]*\]`)

// letter sends a letter and puts it into the file.
func (s *server) letter(ctx context.Context, tx store.Tx, v *shell.Viewer, c cases.Case, way, words string) error {
	if strings.TrimSpace(words) == "" {
		return cases.ErrReason
	}
	if gaps.MatchString(words) {
		return errGaps
	}
	if way != "post" {
		p, err := s.person(ctx, tx, v, c)
		if err != nil {
			return err
		}
		sent, err := s.Rights.Tell(ctx, tx, v.Org, p, way, c.ID, v.Text.T("case.letter.subject"), chat.Words{Text: words})
		if err != nil {
			return fmt.Errorf("send a letter: %w", err)
		}
		if !sent {
			return errNoWay
		}
	}
	return s.Cases.Note(ctx, tx, c, "letter", v.ID, words)
}

// person is who a case is about; without one that can be read there is nothing
// to be done.
func (s *server) person(ctx context.Context, r store.Reader, v *shell.Viewer, c cases.Case) (*chat.Known, error) {
	if c.Contact.IsZero() {
		return nil, cases.ErrIdentity
	}
	p, err := s.People.Get(ctx, r, v.Org, c.Contact)
	if err == nil && p.Erased {
		err = errNoWay
	}
	return p, err
}

// grant does what the person asks for. It needs to be known who she is.
func (s *server) grant(ctx context.Context, tx store.Tx, v *shell.Viewer, c cases.Case) error {
	if !c.Identity.Shown() {
		return cases.ErrIdentity
	}
	p, err := s.person(ctx, tx, v, c)
	if err != nil {
		return err
	}
	switch c.Kind {
	case cases.Erase:
		_, err = s.Rights.Erase(ctx, tx, v.Org, p.ID, c.ID, v.ID, "desk")
	case cases.Restrict:
		err = s.Rights.Restrict(ctx, tx, v.Org, p.ID, !p.Flags.Restricted)
	case cases.Object:
		err = s.Rights.Object(ctx, tx, v.Org, p, "agent")
	case cases.Oppose:
		return s.Rights.Oppose(ctx, tx, p, c, "agent")
	case cases.Withdraw:
		err = s.Rights.Withdraw(ctx, tx, v.Org, p, "agent")
	default:
		return shell.ErrNotFound
	}
	if err != nil {
		return err
	}
	return s.Cases.Note(ctx, tx, c, cases.LineGranted, v.ID, v.Text.T("case.granted."+string(c.Kind)))
}

func (s *server) erasures(w http.ResponseWriter, r *http.Request, v *shell.Viewer) error {
	all, err := s.Erasure.List(r.Context(), s.DB, v.Org, 200)
	if err != nil {
		return err
	}
	return s.pages.Show(w, http.StatusOK, "erasures.html", shell.Page{Viewer: v, Styles: styles, Title: v.Text.T("erasure.list.title"), At: "/desk/erasures", Body: all})
}

type erasureBody struct {
	erasure.Procedure
	Steps []step
	Told  []erasure.Notified
	Kept  []erasure.Kept
}

type step struct {
	Name    erasure.Step
	Done    bool
	Current bool
}

func (s *server) erasure(w http.ResponseWriter, r *http.Request, v *shell.Viewer) error {
	at, err := id.Parse[id.Erasure](r.PathValue("id"))
	if err != nil {
		return erasure.ErrNotFound
	}
	b := erasureBody{}
	if b.Procedure, err = s.Erasure.Get(r.Context(), s.DB, v.Org, at); err != nil {
		return err
	}
	if b.Told, err = s.Erasure.RecipientsOf(r.Context(), s.DB, v.Org, at); err != nil {
		return err
	}
	if b.Kept, err = s.Erasure.KeptOf(r.Context(), s.DB, v.Org, at); err != nil {
		return err
	}
	done := true
	for _, name := range erasure.Steps() {
		current := name == b.Step
		done = done && !current
		if name != erasure.Done {
			b.Steps = append(b.Steps, step{name, done, current})
		}
	}
	return s.pages.Show(w, http.StatusOK, "erasure.html", shell.Page{Viewer: v, Styles: styles, Title: v.Text.T("erasure.title"), At: "/desk/erasures", Body: b})
}
