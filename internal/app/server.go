package app

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"net/http"
	"time"

	"einklang/internal/api"
	"einklang/internal/threshold"
)

// Handler serves everything: webhooks, health, REST, pages.
func (a *App) Handler() (http.Handler, error) {
	pages, err := a.pages()
	if err != nil {
		return nil, fmt.Errorf("prepare the pages: %w", err)
	}
	mux := http.NewServeMux()
	mux.Handle("/", pages)
	mux.Handle("/webhooks/whatsapp", a.Door)
	mux.Handle("/webhooks/whatsapp/{app}", a.Door)
	mux.HandleFunc("GET /healthz", func(w http.ResponseWriter, _ *http.Request) { health(w, http.StatusOK, "ok", nil) })
	mux.HandleFunc("GET /readyz", a.readyz)
	a.mountCardDAV(mux)
	api.Mount(mux, api.Parts{DB: a.DB, Orgs: a.Orgs, People: a.People, Threads: a.Threads, Consents: a.Consents.Desk, Outbox: a.Outbox,
		Templates: a.Templates, Shelf: a.Shelf, Users: a.Users, Attributes: a.Attributes})
	return threshold.New(a.Config.Threshold).Handler(mux), nil
}

// readyz tells a load balancer whether this node can take work, and an
// operator what it has seen.
func (a *App) readyz(w http.ResponseWriter, r *http.Request) {
	facts := map[string]any{"webhooks": a.Door.Counts(), "intake": a.Intake.Counts(), "database": a.DB.Engine()}
	if err := a.Ready(r.Context()); err != nil {
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

// Serve answers on a listener until ctx ends, then lets requests under way
// finish.
func Serve(ctx context.Context, l net.Listener, h http.Handler) error {
	server := &http.Server{Handler: h, ReadHeaderTimeout: 10 * time.Second, IdleTimeout: 2 * time.Minute, MaxHeaderBytes: 64 << 10,
		BaseContext: func(net.Listener) context.Context { return ctx }}
	failed := make(chan error, 1)
	go func() { failed <- server.Serve(l) }()
	select {
	case err := <-failed:
		return err
	case <-ctx.Done():
	}
	grace, cancel := context.WithTimeout(context.WithoutCancel(ctx), 10*time.Second)
	defer cancel()
	err := server.Shutdown(grace)
	if err != nil {
		err = server.Close()
	}
	if serveErr := <-failed; !errors.Is(serveErr, http.ErrServerClosed) {
		err = errors.Join(err, serveErr)
	}
	return err
}
