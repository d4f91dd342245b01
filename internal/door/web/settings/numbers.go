// Package settings is the pages on which an organisation is set up.
package settings

import (
	"context"
	"embed"
	"errors"
	"html/template"
	"net/http"
	"time"

	"einklang/internal/account/approval"
	"einklang/internal/account/audit"
	"einklang/internal/account/factor"
	"einklang/internal/account/org"
	"einklang/internal/account/token"
	"einklang/internal/account/user"
	"einklang/internal/door/web/shell"
	"einklang/internal/engine/store"
	"einklang/internal/govern/processors"
	"einklang/internal/messaging/assignment"
	"einklang/internal/messaging/conversation"
	"einklang/internal/messaging/intake"
	"einklang/internal/messaging/outbox"
	templates "einklang/internal/messaging/template"
	"einklang/internal/person/attribute"
	"einklang/internal/person/chat"
	"einklang/internal/person/contact"
	"einklang/internal/rule/i18n"
	"einklang/internal/rule/id"
	"einklang/internal/rule/sight"
)

//go:embed pages/*.html
var files embed.FS

// Parts are what the pages work with.
type Parts struct {
	DB      *store.DB
	Orgs    *org.Registry
	Outbox  Outbox
	Factors *factor.Factors
	Users   *user.Directory
	Work    *assignment.Assignments
	// Approvals asks a second person before the account of somebody who decides is
	// changed.
	Approvals *approval.Approvals
	Welcome   Welcome
	Now       func() time.Time

	Tokens     *token.Tokens
	Recipients Recipients
	Webhooks   Webhooks
	Threads    Threads
	People     *contact.Book
	Templates  *templates.Catalogue
	NoticeURL  func(slug string) string
	// MakeCodes hands in the templates for codes that the account of a number lacks.
	MakeCodes  func(ctx context.Context, w store.Writer, c org.Channel) error
	Profiles   Profiles
	Attributes *attribute.Attributes
	PublicURL  string
}

// Outbox counts what waits to be sent on a number, or on several.
type Outbox interface {
	Backlog(ctx context.Context, r store.Reader, org id.Org, channel id.Channel) (int64, error)
	Backlogs(ctx context.Context, r store.Reader, org id.Org, channels []id.Channel) (map[id.Channel]int64, error)
	// Uncertain counts what may or may not have arrived, by number; Doubts lists it.
	Uncertain(ctx context.Context, r store.Reader, org id.Org) (map[id.Channel]int64, error)
	Doubts(ctx context.Context, r store.Reader, org id.Org, most int) ([]outbox.Doubt, error)
	Decide(ctx context.Context, tx store.Tx, org id.Org, choice outbox.Choice, by id.Account, messages ...id.Message) (outbox.Decided, error)
	// Silent reports whether nobody answers at WhatsApp, and ClockWrong whether this
	// node sends nothing because of its clock.
	Silent(channel id.Channel) bool
	ClockWrong() bool
}

// Threads counts the messages of which Meta tells and that nobody here sent, by
// number.
type Threads interface {
	Foreign(ctx context.Context, r store.Reader, org id.Org, now time.Time) (map[id.Channel]int64, error)
	Glances(ctx context.Context, r store.Reader, org id.Org, messages []id.Message) (map[id.Message]chat.Message, error)
	// By is what somebody with a scope sees of them.
	By(scope sight.Scope) conversation.Seen
}

// Webhooks knows of the webhooks that could not be applied.
type Webhooks interface {
	// Unapplied counts them by number; the zero id stands for the account.
	Unapplied(ctx context.Context, org id.Org) (map[id.Channel]int64, error)
	// Apply applies them again.
	Apply(ctx context.Context, org id.Org, along store.Course) error
	// Kinds lists what was not understood, Masked shows one of them.
	Kinds(ctx context.Context, org id.Org) ([]intake.Kind, error)
	Masked(ctx context.Context, org id.Org, at id.Webhook) (intake.Raw, error)
	Discards(ctx context.Context, org id.Org) ([]intake.Discarded, error)
	// Reasons lists why webhooks wait to be applied, Discard takes the content of those
	// that wait for one reason, Never lists those whose content is gone.
	Reasons(ctx context.Context, org id.Org) ([]intake.Reason, error)
	Discard(ctx context.Context, tx store.Tx, org id.Org, problem string) (int, error)
	Never(ctx context.Context, org id.Org, most int) ([]intake.Gone, int64, error)
}

type server struct {
	Parts
	pages *shell.Pages
}

// Mount adds the settings.
func Mount(sh *shell.Shell, p Parts) error {
	s := &server{Parts: p}
	var err error
	if s.pages, err = sh.Pages(files, functions); err != nil {
		return err
	}
	sh.Missing(org.ErrNotFound)
	sh.Missing(intake.ErrNoPayload)
	sh.Menu(shell.Entry{Section: "settings", Path: "/settings/numbers", Text: "nav.numbers", May: user.Settings})
	sh.Staff("GET /settings/numbers", user.Settings, audit.Nothing(audit.Impersonal), s.numbersPage)
	sh.Staff("POST /settings/numbers/{id}/start", user.Settings, audit.Changes("settings.changed").Of(audit.Other), s.startNumber)
	sh.Menu(shell.Entry{Section: "settings", Path: uncertainPath, Text: "nav.uncertain", May: user.Answer})
	sh.Staff("GET /desk/uncertain", user.Answer, audit.Reads("message.listed"), s.uncertain)
	sh.Staff("POST /desk/uncertain", user.Answer, audit.Changes("message.decided"), s.decideUncertain)
	sh.Menu(shell.Entry{Section: "settings", Path: "/settings/webhooks", Text: "nav.webhooks", May: user.Settings})
	sh.Staff("GET /settings/webhooks", user.Settings, audit.Nothing(audit.Impersonal), s.webhooks)
	sh.Staff("GET /settings/webhooks/{id}", user.Settings, audit.Reads("webhook.viewed").Of(audit.Other), s.webhook)
	sh.Staff("POST /settings/webhooks/history", user.Settings, audit.Changes("settings.changed"), s.saveHistory)
	sh.Staff("POST /settings/webhooks/apply", user.Settings, audit.Changes("settings.changed"), s.applyWebhooks)
	sh.Staff("POST /settings/webhooks/discard", user.Settings, audit.Changes("settings.changed"), sh.Sure(s.discardTakes, s.discardWebhooks))
	sh.Staff("GET /settings/numbers/{id}/profile", user.Settings, audit.Nothing(audit.Impersonal), s.profile)
	sh.Staff("POST /settings/numbers/{id}/profile", user.Settings, audit.Changes("settings.changed").Of(audit.Other), s.saveProfile)
	sh.Menu(shell.Entry{Section: "settings", Path: "/settings/team", Text: "nav.team", May: user.Team},
		shell.Entry{Section: "settings", Path: "/settings/users", Text: "nav.users", May: user.Accounts},
		shell.Entry{Section: "settings", Path: rolesPath, Text: "nav.roles", May: user.Accounts}, shell.Entry{Section: "settings", Path: "/roles", Text: "nav.whomay", May: user.Read})
	sh.Menu(shell.Entry{Section: "settings", Path: tokensPath, Text: "nav.tokens", May: user.Settings})
	sh.Staff("GET /settings/tokens", user.Settings, audit.Reads("token.viewed"), s.tokens)
	sh.Staff("POST /settings/tokens", user.Settings, audit.Changes("token.changed").Proven(), s.addToken)
	sh.Staff("POST /settings/tokens/{id}", user.Settings, audit.Changes("token.changed").Of(audit.Other).Proven(), sh.Sure(s.tokenTakes, s.changeToken))
	sh.Menu(shell.Entry{Section: "settings", Path: "/settings/hours", Text: "nav.hours", May: user.Settings})
	sh.Menu(shell.Entry{Section: "settings", Path: "/settings/words", Text: "nav.words", May: user.Consents})
	sh.Menu(shell.Entry{Section: "settings", Path: "/settings/sending", Text: "nav.sending", May: user.Settings},
		shell.Entry{Section: "settings", Path: "/settings/templates", Text: "nav.templates", May: user.Settings})
	sh.Staff("GET /settings/sending", user.Settings, audit.Nothing(audit.Impersonal), s.sending)
	sh.Staff("POST /settings/sending", user.Settings, audit.Changes("settings.changed"), s.saveSending)
	sh.Staff("GET /settings/templates", user.Settings, audit.Nothing(audit.Impersonal), s.templates)
	sh.Staff("POST /settings/templates/codes", user.Settings, audit.Changes("settings.changed"), s.makeCodes)
	sh.Staff("POST /settings/templates", user.Settings, audit.Changes("settings.changed"), s.markTemplate)
	sh.Menu(shell.Entry{Section: "settings", Path: "/settings/attributes", Text: "nav.attributes", May: user.Settings})
	sh.Staff("GET /settings/attributes", user.Settings, audit.Nothing(audit.Impersonal), s.attributes)
	sh.Staff("POST /settings/attributes", user.Settings, audit.Changes("settings.changed"), s.saveAttribute)
	sh.Staff("GET /settings/words", user.Consents, audit.Nothing(audit.Impersonal), s.words)
	sh.Staff("POST /settings/words", user.Consents, audit.Changes("settings.changed"), s.saveWords)
	sh.Staff("GET /settings/hours", user.Settings, audit.Nothing(audit.Impersonal), s.hours)
	sh.Staff("POST /settings/hours", user.Settings, audit.Changes("settings.changed"), s.saveHours)
	sh.Staff("GET /settings/team", user.Team, audit.Reads("staff.viewed"), s.team)
	sh.Staff("POST /settings/teams", user.Team, audit.Changes("settings.changed"), sh.Sure(deleteTakes("teams", s.teamNamed), s.saveTeam))
	sh.Staff("POST /settings/labels", user.Team, audit.Changes("settings.changed"), sh.Sure(deleteTakes("labels", s.labelNamed), s.saveLabel))
	sh.Staff("POST /settings/replies", user.Team, audit.Changes("settings.changed"), sh.Sure(deleteTakes("replies", s.replyNamed), s.saveReply))
	sh.Staff("GET /settings/users", user.Accounts, audit.Reads("staff.viewed"), s.staff)
	sh.Staff("POST /settings/users", user.Accounts, audit.Changes("staff.changed").Proven(), s.addStaff)
	sh.Staff("POST /settings/users/{id}", user.Accounts, audit.Changes("staff.changed").Of(audit.Other).Proven(), sh.Sure(s.staffTakes, s.changeStaff))
	sh.Staff("POST /settings/factors", user.Accounts, audit.Changes("factor.demanded").Proven(), s.demand)
	sh.Staff("GET /roles", user.Read, audit.Nothing(audit.Impersonal), s.whoMay)
	sh.Staff("GET "+rolesPath, user.Accounts, audit.Nothing(audit.Impersonal), s.rolesPage)
	sh.Staff("POST "+rolesPath, user.Accounts, audit.Changes("role.changed").Proven(), s.addRole)
	sh.Staff("POST "+rolesPath+"/{id}", user.Accounts, audit.Changes("role.changed").Of(audit.Other).Proven(), sh.Sure(s.roleTakes, s.changeRole))
	sh.Staff("POST /settings/sight", user.Accounts, audit.Changes("settings.changed").Proven(), s.saveSight)
	return nil
}

// functions are what the settings' templates can call beside those of all.
func functions(*i18n.Catalogue) template.FuncMap {
	return template.FuncMap{
		"count":   func(n int64) int { return int(n) },
		"minutes": func(d time.Duration) int { return int(d.Minutes()) },
		"dict": func(pairs ...any) map[string]any {
			m := map[string]any{}
			for i := 0; i+1 < len(pairs); i += 2 {
				m[pairs[i].(string)] = pairs[i+1]
			}
			return m
		},
	}
}

type numberView struct {
	org.Channel
	Waiting   int64
	Unapplied int64 // webhooks
	Foreign   int64 // messages that other software sent
	Uncertain int64 // messages that may or may not have arrived
	Silent    bool  // nobody answers at WhatsApp
	Agreement bool
	Stop      string
	Said      string // what Meta said last of the number, in words
	Account   string // and of its account
}

// word puts what Meta said into words, if we have some.
func word(v *shell.Viewer, event string) string {
	if key := "numbers.word." + event; event != "" && v.Text.Has(key) {
		return v.Text.T(key) + " (" + event + ")"
	}
	return event
}

func (s *server) numbersPage(w http.ResponseWriter, r *http.Request, v *shell.Viewer) error {
	return s.showNumbers(w, r, v, http.StatusOK, "")
}

func (s *server) showNumbers(w http.ResponseWriter, r *http.Request, v *shell.Viewer, status int, problem string) error {
	channels, err := s.Orgs.Channels(r.Context(), s.DB, v.Org)
	if err != nil {
		return err
	}
	unapplied, err := s.Webhooks.Unapplied(r.Context(), v.Org)
	if err != nil {
		return err
	}
	foreign, err := s.Threads.Foreign(r.Context(), s.DB, v.Org, v.Now)
	if err != nil {
		return err
	}
	uncertain, err := s.Outbox.Uncertain(r.Context(), s.DB, v.Org)
	if err != nil {
		return err
	}
	ids := make([]id.Channel, len(channels))
	for i, c := range channels {
		ids[i] = c.ID
	}
	waiting, err := s.Outbox.Backlogs(r.Context(), s.DB, v.Org, ids)
	if err != nil {
		return err
	}
	views := make([]numberView, len(channels))
	for i, c := range channels {
		n := numberView{Channel: c, Waiting: waiting[c.ID], Unapplied: unapplied[c.ID], Foreign: foreign[c.ID], Uncertain: uncertain[c.ID], Silent: s.Outbox.Silent(c.ID), Agreement: c.AgreementValid(v.Now), Stop: c.StopReason,
			Said: word(v, c.Word.Event), Account: word(v, c.AccountWord.Event)}
		if key := "stop." + c.StopReason; v.Text.Has(key) {
			n.Stop = v.Text.T(key)
		}
		views[i] = n
	}
	return s.pages.Show(w, status, "numbers.html", shell.Page{Viewer: v, Title: v.Text.T("numbers.title"), At: "/settings/numbers",
		Body: map[string]any{"Numbers": views, "Unapplied": total(unapplied), "Problem": problem, "ClockWrong": s.Outbox.ClockWrong()}})
}

func total(counts map[id.Channel]int64) (n int64) {
	for _, some := range counts {
		n += some
	}
	return n
}

func (s *server) applyWebhooks(w http.ResponseWriter, r *http.Request, v *shell.Viewer) error {
	if err := s.Webhooks.Apply(r.Context(), v.Org, v.Act); err != nil {
		return err
	}
	http.Redirect(w, r, "/settings/numbers", http.StatusSeeOther)
	return nil
}

func (s *server) startNumber(w http.ResponseWriter, r *http.Request, v *shell.Viewer) error {
	at, err := id.Parse[id.Channel](r.PathValue("id"))
	if err != nil {
		return org.ErrNotFound
	}
	err = v.Act.Write(r.Context(), func(ctx context.Context, tx store.Tx) error { return s.Orgs.Start(ctx, tx, v.Org, at, "") })
	switch {
	case errors.Is(err, org.ErrNoAgreement):
		return s.showNumbers(w, r, v, http.StatusConflict, v.Text.T("numbers.problem.agreement"))
	case errors.Is(err, processors.ErrStopped):
		return s.showNumbers(w, r, v, http.StatusConflict, v.Text.T("numbers.problem.stopped"))
	case err != nil:
		return err
	}
	http.Redirect(w, r, "/settings/numbers", http.StatusSeeOther)
	return nil
}
