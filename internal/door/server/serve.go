package app

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"net/http"
	"strings"
	"time"

	"einklang/internal/account/audit"
	"einklang/internal/door/api"
	"einklang/internal/door/carddav"
	"einklang/internal/engine/threshold"
)

// Handler serves everything: webhooks, health, REST, pages.
func (a *App) Handler() (http.Handler, error) {
	pages, err := a.pages()
	if err != nil {
		return nil, fmt.Errorf("prepare the pages: %w", err)
	}
	programs, err := api.New(api.Parts{DB: a.DB, Orgs: a.Orgs, People: a.People, Threads: a.Threads, Consents: a.Consents.Consents, Outbox: a.Outbox,
		Templates: a.Templates, Shelf: a.Shelf, Users: a.Users, Attributes: a.Attributes, Audit: a.Audit})
	if err != nil {
		return nil, fmt.Errorf("prepare the interface for programs: %w", err)
	}
	mux := a.Audit.Mux()
	mux.Area("/", pages)
	mux.Area(api.Prefix, programs)
	mux.Handle("/webhooks/whatsapp", audit.Nothing(audit.Incoming), a.Door)
	mux.Handle("/webhooks/whatsapp/{app}", audit.Nothing(audit.Incoming), a.Door)
	mux.Handle("GET /healthz", audit.Nothing(audit.Running), http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { health(w, http.StatusOK, "ok", nil) }))
	mux.Handle("GET /readyz", audit.Nothing(audit.Running), http.HandlerFunc(a.readyz))
	carddav.Mount(mux, carddav.Parts{DB: a.DB, Books: a.Books, Register: a.Devices, Log: a.Config.Log, Audit: a.Audit})
	all, err := mux.Handler()
	if err != nil {
		return nil, err
	}
	return threshold.New(a.Config.Threshold).Handler(all), nil
}

// readyz tells a load balancer whether this node can take work, and an
// operator what it has seen.
func (a *App) readyz(w http.ResponseWriter, r *http.Request) {
	facts := map[string]any{"webhooks": a.Door.Counts(), "intake": a.Intake.Counts(), "database": a.DB.Engine()}
	if a.leaving.Load() {
		facts["problem"] = "this node is ending"
		health(w, http.StatusServiceUnavailable, "leaving", facts)
		return
	}
	if err := a.Door.Ready(r.Context(), a.DB); err != nil {
		facts["problem"] = "the database cannot be reached"
		health(w, http.StatusServiceUnavailable, "unavailable", facts)
		return
	}
	health(w, http.StatusOK, "ready", facts)
}

func health(w http.ResponseWriter, status int, word string, facts map[string]any) {
	w.Header().Set("Content-Type", "application/json; charset=utf-8")
	w.Header().Set("Cache-Control", "no-store")
	w.WriteHeader(status)
	if facts == nil {
		facts = map[string]any{}
	}
	facts["status"] = word
	_ = json.NewEncoder(w).Encode(facts)
}

// Listen opens an address, with an error that says what to do.
func Listen(address string) (net.Listener, error) {
	l, err := net.Listen("tcp", address)
	if err != nil {
		return nil, fmt.Errorf("the address %s cannot be used: is another program listening there? Choose another with --listen (%w)", address, err)
	}
	return l, nil
}

// answerWithin is how long requests under way have to be answered when the
// process is asked to end.
const answerWithin = 8 * time.Second

// Serve runs the installation and answers on a listener until ctx ends or
// something that runs breaks. It then ends in order: first the node says that it
// is not ready any more, then it takes nothing new, tells streams of news to
// connect elsewhere and answers what is under way, and then all that runs ends.
// The database is still open after that.
func (a *App) Serve(ctx context.Context, l net.Listener) error {
	pages, err := a.Handler()
	if err != nil {
		return errors.Join(err, l.Close())
	}
	running, end := context.WithCancel(context.WithoutCancel(ctx))
	defer end()
	serving, broken := context.WithCancel(ctx)
	defer broken()
	ran := make(chan error, 1)
	go func() { ran <- a.Run(running); broken() }()
	taking, stop := context.WithCancel(context.WithoutCancel(ctx))
	defer stop()
	left := make(chan struct{})
	go func() {
		defer close(left)
		<-serving.Done()
		a.leave(running)
		stop()
	}()
	err = Serve(taking, l, pages)
	broken() // a listener that failed ends the rest as well
	end()
	<-left
	return errors.Join(err, <-ran)
}

// leave says that nothing new is to come here, and gives those who ask for it
// the time to hear that.
func (a *App) leave(running context.Context) {
	a.leaving.Store(true)
	a.Config.Log.Info("the node is ending; it is not ready any more")
	told := time.NewTimer(a.Config.Announce)
	defer told.Stop()
	select {
	case <-told.C:
	case <-running.Done():
	}
}

// Serve answers on a listener until ctx ends. It then takes nothing new, lets
// requests under way be answered in full, and returns when they are. Streams of
// news have no end of their own, so they end at once; their pages connect anew.
func Serve(ctx context.Context, l net.Listener, h http.Handler) error {
	base, cancel := context.WithCancel(context.WithoutCancel(ctx))
	defer cancel()
	server := &http.Server{Handler: streamsUntil(ctx, h), ReadHeaderTimeout: 10 * time.Second, IdleTimeout: 2 * time.Minute, MaxHeaderBytes: 64 << 10,
		BaseContext: func(net.Listener) context.Context { return base }}
	failed := make(chan error, 1)
	go func() { failed <- server.Serve(l) }()
	select {
	case err := <-failed:
		return err
	case <-ctx.Done():
	}
	grace, done := context.WithTimeout(base, answerWithin)
	defer done()
	err := server.Shutdown(grace)
	if err != nil {
		cancel()
		err = server.Close()
	}
	if serveErr := <-failed; !errors.Is(serveErr, http.ErrServerClosed) {
		err = errors.Join(err, serveErr)
	}
	return err
}

// streamsUntil ends streams of server-sent events with ctx.
func streamsUntil(ctx context.Context, h http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if strings.Contains(r.Header.Get("Accept"), "text/event-stream") {
			until, cancel := context.WithCancel(r.Context())
			defer cancel()
			defer context.AfterFunc(ctx, cancel)()
			r = r.WithContext(until)
		}
		h.ServeHTTP(w, r)
	})
}
