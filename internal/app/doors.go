package app

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"strings"
	"time"

	"einklang/internal/account/audit"
	"einklang/internal/door/api"
	"einklang/internal/door/carddav"
	"einklang/internal/door/web"
	"einklang/internal/door/web/privacy"
	"einklang/internal/engine/cloudapi"
	"einklang/internal/engine/letterbox"
	"einklang/internal/engine/threshold"
	"einklang/internal/govern/processors"
	"einklang/internal/govern/report"
	"einklang/internal/phones/device/amapi"
)

// Handler serves everything: webhooks, health, REST, pages.
func (a *App) Handler() (http.Handler, error) {
	pages, err := a.pages()
	if err != nil {
		return nil, fmt.Errorf("prepare the pages: %w", err)
	}
	programs, err := api.New(api.Parts{DB: a.DB, Orgs: a.Orgs, People: a.People, Threads: a.Threads, Consents: a.Consents.Consents, Outbox: a.Outbox,
		Templates: a.Templates, Shelf: a.Shelf, Tokens: a.Tokens, Attributes: a.Attributes, Audit: a.Audit, Log: a.Config.Log})
	if err != nil {
		return nil, fmt.Errorf("prepare the interface for programs: %w", err)
	}
	mux := a.Audit.Mux()
	mux.Area("/", pages)
	mux.Area(api.Prefix, programs)
	mux.Handle("/webhooks/whatsapp", audit.Nothing(audit.Incoming), a.Door)
	mux.Handle("/webhooks/whatsapp/{app}", audit.Nothing(audit.Incoming), a.Door)
	mux.Handle("POST "+letterbox.Path, audit.Nothing(audit.Incoming), a.Relayed)
	a.front.Mount(mux)
	carddav.Mount(mux, carddav.Parts{DB: a.DB, Books: a.Books, Register: a.Devices, Log: a.Config.Log, Audit: a.Audit, Held: a.Restores.Waits})
	all, err := mux.Handler()
	limits := a.Config.Threshold
	limits.Encrypted = strings.HasPrefix(a.Config.PublicURL, "https:")
	return threshold.New(limits).Handler(all), err
}

// Serve runs the installation and answers on a listener, until ctx ends or
// something that runs breaks. The database is still open after that.
func (a *App) Serve(ctx context.Context, l net.Listener) error {
	all, err := a.Handler()
	if err != nil {
		return errors.Join(err, l.Close())
	}
	return a.front.Serve(ctx, l, all, a.Run)
}

// pages are the pages and the public portal.
func (a *App) pages() (http.Handler, error) {
	c := a.Config
	android, err := amapi.Open(amapi.Options{Name: c.Phones.AndroidEnterprise, Key: c.Phones.AndroidKey, URL: c.Phones.AndroidURL, Client: a.Gate.Client(amapi.Destination)})
	if err != nil {
		return nil, err
	}
	var keys time.Duration
	if c.Backup.Configured() {
		keys = c.Backup.Kept().Keys
	}
	return web.Handler(web.Parts{Backups: privacy.BackupPlan{Backups: a.Schedule, To: a.Backups, Every: c.Backup.Every, Keep: c.Backup.Kept(), Installation: a.Signer.Installation()}, PublicURL: c.PublicURL, Chat: c.Chat, DB: a.DB, IDs: a.IDs, Now: c.Now, Log: c.Log, Hub: a.Hub, Evidence: a.Log, Proven: a.Proven(), Seals: a.Seals, Border: a.Gate, Mail: a.Post.Configured(),
		Orgs: a.Orgs, Meta: a.Meta, Users: a.Users, Factors: a.Factors, Audit: a.Audit, Approvals: a.Approvals, Welcome: a.Reminders, Tokens: a.Tokens,
		People: a.People, Attributes: a.Attributes, Links: a.Links, Portraits: a.Portraits,
		Consents: a.Consents.Consents, Requests: a.Requests, Entries: a.Entries, Notices: a.Notices, Profiles: a.Profiles,
		Threads: a.Threads, Outbox: a.Outbox, Templates: a.Templates, Shelf: a.Shelf, Drafts: a.Drafts, Search: a.Search, Work: a.Work, Arrivals: a.Arrivals, Webhooks: a.Intake,
		Cases: a.Cases, Visits: a.Visits, Codes: a.Codes, Answers: a.Answers, Letters: a.Letters, Erasures: a.Erasure, Holds: a.Holds, Retention: a.Retention, Breaches: a.Breaches, Telling: a.BreachLetters,
		Books: a.Books, Devices: a.Devices, Android: android, Sign: c.Phones.Sign, Lists: a.Imports, Chats: a.Chats,
		Processors: a.Registers, Storage: a.Storage, Cockpit: a.Cockpit, Reports: a.Reports, Agreements: report.NewAgreements(a.Vault, a.IDs, c.Now),
		Standing: processors.Standing{Numbers: a.Orgs, Open: a.Threads.CountOpen, Waiting: a.Outbox.Waiting, People: a.People.CountActive, Consenting: a.Consents.Consenting},
		Opening:  a.opening, Apps: a.Door.Apps(), Sandbox: cloudapi.StandIn(c.GraphURL), Connected: a.Renew.Ask, MakeCodes: a.Sync.MakeCodes, KeysKept: keys})
}

// SetupCode opens the first-run assistant. It is empty once an organisation
// exists, and another for each process.
func (a *App) SetupCode(ctx context.Context) string { return a.opening.Code(ctx) }
