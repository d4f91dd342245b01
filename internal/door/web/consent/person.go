package consent

import (
	"context"
	"errors"
	"mime"
	"net/http"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"einklang/internal/account/user"
	"einklang/internal/consent/notice"
	"einklang/internal/consent/optin"
	"einklang/internal/door/web/shell"
	"einklang/internal/engine/mail"
	"einklang/internal/engine/store"
	"einklang/internal/engine/threshold"
	"einklang/internal/messaging/conversation"
	"einklang/internal/messaging/outbox"
	"einklang/internal/person/chat"
	"einklang/internal/rule/gate"
	"einklang/internal/rule/id"
	"einklang/internal/rule/pii"
)

// recordProblems are the mistakes of the forms on a person's page.
var recordProblems = map[error]string{
	optin.ErrNoNote: "consent.record.nonote", optin.ErrBadPurpose: "consent.record.nopurpose", optin.ErrUnknownPurpose: "consent.record.nopurpose",
	optin.ErrMinor: "reason.minor", optin.ErrObjected: "reason.objected", optin.ErrFuture: "consent.record.future", optin.ErrErased: "reason.erased",
	optin.ErrFileKind: "consent.record.filekind", optin.ErrFileSize: "consent.record.filesize", optin.ErrNoText: "consent.record.notext",
	errNoNumber: "consent.entry.nonumber", errDate: "consent.record.baddate", optin.ErrTooOften: "consent.invite.often", optin.ErrReturned: "consent.invite.returned",
	mail.ErrAddress: "optin.form.email", optin.ErrNothingAsked: "consent.record.nopurpose", optin.ErrAsked: "consent.ask.recently",
	optin.ErrHeld: "consent.ask.held", errClosed: "consent.ask.closed", errNoMail: "consent.invite.nomail", errAsks: "consent.ask.advertising",
	notice.ErrHow: "consent.handed.how", notice.ErrNone: "consent.handed.nonotice", notice.ErrGone: "reason.erased",
	optin.ErrNoProduct: "sale.problem", optin.ErrNoSale: "sale.over",
}

var (
	errDate   = errors.New("this is not a date")
	errClosed = errors.New("the person has not written")
	errNoMail = errors.New("no mail server is configured")
	errAsks   = errors.New("to ask for consent to advertising is advertising")
)

// personBody is the consents of one person: what holds, how it came, and what
// can be done.
type personBody struct {
	pii.Personal
	after    id.Cursor // the event behind which the history begins
	Paged    shell.Paged
	Known    *chat.Known
	Name     string
	Purposes []choice
	States   []stateRow
	Waiting  []string // purposes that a second pair of eyes must see
	History  []historyRow
	Entries  []optin.Entry
	Threads  []conversation.Summary
	FourEyes bool
	Mail     bool
	Problem  string
	Done     string
	Today    string
	MayProve bool
	Notice   notice.Delivery // that the person has
	Unproven bool            // only paper names the number: no message ever came from it
	Provable bool            // a message of hers would prove what others noted

	Existing   bool // the exception for existing customers is on
	Sales      []saleRow
	salesAfter id.Cursor // behind which the sales shown begin
	SalesPaged shell.Paged
	SaleFacts  []optin.Fact
}

type choice struct {
	Key, Name string
	Text      *optin.Text

	Advertising bool
}

type stateRow struct {
	optin.State
	Name string
}

// historyRow is one event in words.
type historyRow struct {
	optin.Event
	Name   string
	Source string
	Staff  string
	Second string
}

func (s *server) person(w http.ResponseWriter, r *http.Request, v *shell.Viewer) error {
	p, err := s.whom(r, v)
	if err != nil {
		return err
	}
	b := personBody{}
	if b.after, err = shell.Parameter[id.Cursor](r, "after"); err != nil {
		return err
	}
	if b.salesAfter, err = shell.Parameter[id.Cursor](r, "sales"); err != nil {
		return err
	}
	if done := r.URL.Query().Get("done"); slices.Contains([]string{"recorded", "waits", "pending", "withdrawn", "asked", "invited", "flag", "noticed", "sale"}, done) {
		b.Done = "consent.done." + done
	}
	return s.showPerson(w, r, v, http.StatusOK, p, b)
}

func (s *server) showPerson(w http.ResponseWriter, r *http.Request, v *shell.Viewer, status int, p *chat.Known, b personBody) error {
	ctx := r.Context()
	b.Known, b.Name, b.Mail, b.Today, b.MayProve = p, p.Profile.DisplayName(), s.Mail, v.Now.Format(time.DateOnly), v.May(user.Privacy)
	var settings optin.Settings
	var purposes []optin.Purpose
	err := s.DB.Together(ctx,
		func(ctx context.Context) (err error) {
			settings, err = s.Consents.Settings(ctx, s.DB, v.Org)
			return err
		},
		func(ctx context.Context) (err error) {
			purposes, err = s.Consents.Purposes(ctx, s.DB, v.Org)
			return err
		},
		func(ctx context.Context) (err error) {
			b.Entries, err = s.Entries.OfPerson(ctx, s.DB, v.Org, p.ID)
			return err
		},
		func(ctx context.Context) (err error) {
			b.Threads, err = s.seen(v).OfContact(ctx, s.DB, v.Org, p.ID)
			return err
		},
		func(ctx context.Context) (err error) {
			b.Notice, err = s.Notices.Delivered(ctx, s.DB, v.Org, p.ID)
			return err
		})
	if err != nil {
		return err
	}
	b.FourEyes = settings.FourEyes
	for _, one := range purposes {
		if !one.Retired {
			b.Purposes = append(b.Purposes, choice{one.Key, optin.PurposeName(one, v.Text), one.Text, one.Advertising})
		}
	}
	if err := s.addStates(ctx, v, p, purposes, &b); err != nil {
		return err
	}
	for _, one := range b.States {
		b.Provable = b.Provable || !one.Hers() && (one.State.State == gate.ConsentGranted || one.State.State == gate.ConsentPending)
		b.Unproven = b.Unproven || optin.Noted([]optin.State{one.State}) && !wrote(b.Threads)
	}
	return s.show(w, status, "person-consent.html", v, v.Text.T("consent.person.title", b.Name), "/consent", b)
}

func (s *server) addStates(ctx context.Context, v *shell.Viewer, p *chat.Known, purposes []optin.Purpose, b *personBody) error {
	states, err := s.Consents.InForce(ctx, s.DB, v.Org, p.ID)
	if err != nil {
		return err
	}
	for _, one := range states[p.ID] {
		b.States = append(b.States, stateRow{one, purposeName(purposes, one.Purpose, v.Text)})
	}
	waiting, err := s.Consents.WaitingOf(ctx, s.DB, v.Org, p.ID)
	if err != nil {
		return err
	}
	for _, purpose := range waiting {
		b.Waiting = append(b.Waiting, purposeName(purposes, purpose, v.Text))
	}
	events, more, err := s.Consents.HistoryPage(ctx, s.DB, v.Org, p, b.after)
	if err != nil {
		return err
	}
	b.Paged = shell.PageOf("/people/"+p.ID.String()+"/consent", b.after, events, more, func(e optin.Event) id.Consent { return e.ID })
	crew, err := s.Users.List(ctx, s.DB, v.Org)
	if err != nil {
		return err
	}
	if err := s.addSales(ctx, v, p, crew, b); err != nil {
		return err
	}
	staff := func(at id.Account) string {
		if at.IsZero() {
			return ""
		}
		return staffName(v, crew, at)
	}
	for _, e := range events {
		b.History = append(b.History, historyRow{e, purposeName(purposes, e.Purpose, v.Text), sourceName(v, e.Source), staff(e.Detail.Staff), staff(e.Detail.Second)})
	}
	return nil
}

// staffName is the name of a member of staff, unless she has left.
func staffName(v *shell.Viewer, crew []user.Listed, at id.Account) string {
	if i := slices.IndexFunc(crew, func(a user.Listed) bool { return a.ID == at && a.Active }); i >= 0 {
		return crew[i].Name
	}
	return v.Text.T("consent.staff.gone")
}

// answer goes back to the person's page, or shows what is wrong.
func (s *server) answer(w http.ResponseWriter, r *http.Request, v *shell.Viewer, p *chat.Known, done string, err error) error {
	if problem := problemOf(err, recordProblems); problem != "" {
		return s.showPerson(w, r, v, http.StatusUnprocessableEntity, p, personBody{Problem: problem})
	}
	if err != nil {
		return err
	}
	return back(w, r, "/people/"+p.ID.String()+"/consent?done="+done)
}

// record takes a consent on paper or by word, with its proof: what is on paper
// has a photo or scan.
func (s *server) record(w http.ResponseWriter, r *http.Request, v *shell.Viewer) error {
	p, err := s.whom(r, v)
	if err != nil {
		return err
	}
	e, name, file, err := s.readRecord(r, v)
	done := "recorded"
	if err == nil {
		err = v.Act.Write(r.Context(), func(ctx context.Context, tx store.Tx) error {
			one := e
			if len(file) > 0 {
				saved, err := s.Consents.SaveFile(ctx, tx, v.Org, p, name, file)
				if err != nil {
					return err
				}
				one.Source, one.Detail.File, one.Detail.FileHash = optin.FromPaper, saved.ID, saved.Hash
			}
			if how := r.PostFormValue("notice"); how != "" {
				if err := s.Notices.Handed(ctx, tx, v.Org, p, how, v.ID); err != nil {
					return err
				}
			}
			taken, err := s.Consents.Grant(ctx, tx, v.Org, p, one)
			switch {
			case taken.Waits():
				done = "waits"
			case taken.State == gate.ConsentPending:
				done = "pending"
			}
			return err
		})
	}
	return s.answer(w, r, v, p, done, err)
}

// readRecord reads the form. The words are those of the organisation's text,
// or the ones typed.
func (s *server) readRecord(r *http.Request, v *shell.Viewer) (e optin.Event, name string, file []byte, err error) {
	files, err := threshold.ReadForm(r, optin.MostFile+64<<10)
	if err != nil {
		return e, "", nil, optin.ErrFileSize
	}
	e = optin.Event{Purpose: r.PostFormValue("purpose"), Source: optin.FromWord,
		Detail: optin.Detail{Note: strings.TrimSpace(r.PostFormValue("note")), Staff: v.ID, Wording: strings.TrimSpace(r.PostFormValue("wording")), Language: v.Text.Locale}}
	if day := r.PostFormValue("date"); day != "" {
		if e.At, err = time.ParseInLocation(time.DateOnly, day, time.UTC); err != nil {
			return e, "", nil, errDate
		}
		if e.At.Format(time.DateOnly) == v.Now.UTC().Format(time.DateOnly) {
			e.At = v.Now // today means now: what she says next is said later
		}
	}
	if r.PostFormValue("words") == "ours" {
		p, err := s.Consents.Purpose(r.Context(), s.DB, v.Org, e.Purpose)
		if err != nil {
			return e, "", nil, err
		}
		if p.Text == nil {
			return e, "", nil, optin.ErrNoText
		}
		e.Text = p.Text.ID
	}
	if paper, there := files["file"]; there {
		return e, filepath.Base(paper.Name), paper.Content, nil
	}
	return e, "", nil, nil
}

// ask sends the question with buttons into an open conversation.
func (s *server) ask(w http.ResponseWriter, r *http.Request, v *shell.Viewer) error {
	p, err := s.whom(r, v)
	if err != nil {
		return err
	}
	var why gate.Reason
	err = v.Act.WriteIf(r.Context(), func(ctx context.Context, tx store.Tx) (bool, error) {
		content, text, err := s.Requests.Question(ctx, tx, v.Org, p, r.PostFormValue("purpose"))
		if err != nil {
			return false, err
		}
		purpose, err := s.Consents.Purpose(ctx, tx, v.Org, text.Purpose)
		if err != nil {
			return false, err
		}
		open, err := s.seen(v).OfContact(ctx, tx, v.Org, p.ID)
		if err != nil {
			return false, err
		}
		if len(open) == 0 {
			return false, errClosed
		}
		q, err := s.Outbox.Enqueue(ctx, tx, outbox.Draft{Org: v.Org, Contact: p.ID, Channel: open[0].Channel, Content: content, Origin: chat.FromAgent, Author: v.ID,
			Request: outbox.Request{Occasion: gate.Reply, Category: gate.Service, Advertising: purpose.Advertising, AskedBy: "account " + v.ID.String()}})
		if err != nil {
			return false, err
		}
		if q.Message.IsZero() {
			why = q.Verdict.Reason
			return false, nil // the verdict is kept, and nobody was asked
		}
		return true, s.Requests.Asked(ctx, tx, v.Org, p.ID, text, q.Message)
	})
	switch {
	case err != nil || why == "":
	case why == gate.ReasonNoMarketingConsent:
		err = errAsks
	case why == gate.ReasonWindowClosed, why == gate.ReasonNoBasis:
		err = errClosed
	default:
		return s.showPerson(w, r, v, http.StatusUnprocessableEntity, p, personBody{Problem: "reason." + string(why)})
	}
	return s.answer(w, r, v, p, "asked", err)
}

// handed records how the person got the privacy notice, where no message brought
// it.
func (s *server) handed(w http.ResponseWriter, r *http.Request, v *shell.Viewer) error {
	p, err := s.whom(r, v)
	if err != nil {
		return err
	}
	err = v.Act.Write(r.Context(), func(ctx context.Context, tx store.Tx) error {
		return s.Notices.Handed(ctx, tx, v.Org, p, r.PostFormValue("how"), v.ID)
	})
	return s.answer(w, r, v, p, "noticed", err)
}

// invite begins a double opt-in by e-mail for a person who asked for it.
func (s *server) invite(w http.ResponseWriter, r *http.Request, v *shell.Viewer) error {
	p, err := s.whom(r, v)
	if err != nil {
		return err
	}
	if !s.Mail {
		return s.answer(w, r, v, p, "", errNoMail)
	}
	a := optin.Ask{Way: optin.ByEmail, Texts: map[string]id.Wording{}, Locale: "de", Email: r.PostFormValue("email"), Phone: p.Profile.Phone,
		Invited: p, Note: strings.TrimSpace(r.PostFormValue("note")), Staff: v.ID}
	if p.Locale == "en" {
		a.Locale = "en"
	}
	if a.Note == "" {
		return s.answer(w, r, v, p, "", optin.ErrNoNote)
	}
	if err := s.address(r.Context(), v, &a); errors.Is(err, errNoNumber) {
		return s.answer(w, r, v, p, "", err)
	} else if err != nil {
		return err
	}
	for _, key := range r.PostForm["purpose"] {
		one, err := s.Consents.Purpose(r.Context(), s.DB, v.Org, key)
		if err != nil || one.Text == nil {
			return s.answer(w, r, v, p, "", optin.ErrNoText)
		}
		a.Texts[key] = one.Text.ID
	}
	err = v.Act.Write(r.Context(), func(ctx context.Context, tx store.Tx) error {
		_, err := s.Requests.Begin(ctx, tx, v.Org, a)
		return err
	})
	return s.answer(w, r, v, p, "invited", err)
}

// withdraw takes back one purpose, or records an objection or that a person is
// under 16.
func (s *server) withdraw(w http.ResponseWriter, r *http.Request, v *shell.Viewer) error {
	p, err := s.whom(r, v)
	if err != nil {
		return err
	}
	e := optin.Event{Purpose: r.PostFormValue("purpose"), Source: optin.FromStaff, At: s.Now(), Detail: optin.Detail{Staff: v.ID, Note: strings.TrimSpace(r.PostFormValue("note"))}}
	done := "flag"
	err = v.Act.Write(r.Context(), func(ctx context.Context, tx store.Tx) error {
		switch r.PostFormValue("what") {
		case "object":
			return s.Consents.Object(ctx, tx, v.Org, p, e)
		case "minor":
			return s.Consents.MarkMinor(ctx, tx, v.Org, p, e)
		case "adult":
			return s.Consents.OfAge(ctx, tx, v.Org, p, e)
		default:
			done = "withdrawn"
			_, err := s.Consents.Withdraw(ctx, tx, v.Org, p, e)
			return err
		}
	})
	return s.answer(w, r, v, p, done, err)
}

// file hands out a proof: never cached, never run.
func (s *server) file(w http.ResponseWriter, r *http.Request, v *shell.Viewer) error {
	p, err := s.whom(r, v)
	if err != nil {
		return err
	}
	at, err := pathID[id.File](r, "file")
	if err != nil {
		return err
	}
	f, err := s.Consents.OpenFile(r.Context(), s.DB, v.Org, p, at)
	if err != nil {
		return err
	}
	w.Header().Set("Content-Type", f.Type)
	w.Header().Set("Content-Disposition", mime.FormatMediaType("attachment", map[string]string{"filename": f.Name}))
	_, err = w.Write(f.Data)
	return shell.IgnoreGone(err)
}
