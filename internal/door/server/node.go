// Package server is a node as those outside see it: it listens, answers, says
// whether it can take work, and ends in order. What it answers with is handed to
// it.
package server

import (
	"context"
	"encoding/json"
	"errors"
	"log/slog"
	"maps"
	"net"
	"net/http"
	"sync/atomic"
	"time"

	"einklang/internal/account/audit"
	"einklang/internal/engine/threshold"
)

// Node is one node of an installation.
type Node struct {
	Log *slog.Logger
	// Announce is how long it says that it is leaving before it takes nothing new
	// any more.
	Announce time.Duration
	// Ready fails while the node can take no work.
	Ready func(ctx context.Context) error
	// Seen is what it has seen, for operators.
	Seen func() map[string]any

	leaving atomic.Bool // nothing new is to come here
}

// Mount adds the routes by which others learn how the node is.
func (n *Node) Mount(mux *audit.Mux) {
	mux.Handle("GET /healthz", audit.Nothing(audit.Running), http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { tell(w, http.StatusOK, "ok", nil) }))
	mux.Handle("GET /readyz", audit.Nothing(audit.Running), http.HandlerFunc(n.readyz))
}

// readyz tells a load balancer whether this node can take work, and an operator on
// the machine itself why not, and what it has seen. Others learn nothing more, not
// even whether the node is ending or the database is away: how much comes in is the
// company's business, and errors hold the names of files and hosts.
func (n *Node) readyz(w http.ResponseWriter, r *http.Request) {
	facts := map[string]any{}
	if threshold.Here(r) {
		facts = n.Seen()
	}
	if n.leaving.Load() {
		word := "unavailable"
		if threshold.Here(r) {
			word = "leaving"
		}
		tell(w, http.StatusServiceUnavailable, word, facts)
		return
	}
	if err := n.Ready(r.Context()); err != nil {
		if threshold.Here(r) {
			facts["problem"], facts["reason"] = "the database cannot be reached, or takes nothing", err.Error()
		}
		tell(w, http.StatusServiceUnavailable, "unavailable", facts)
		return
	}
	tell(w, http.StatusOK, "ready", facts)
}

func tell(w http.ResponseWriter, status int, word string, facts map[string]any) {
	w.Header().Set("Content-Type", "application/json; charset=utf-8")
	w.Header().Set("Cache-Control", "no-store")
	w.WriteHeader(status)
	all := map[string]any{"status": word}
	maps.Copy(all, facts)
	_ = json.NewEncoder(w).Encode(all)
}

// Serve runs an installation and answers on a listener until ctx ends or
// something that runs breaks. It then ends in order: first the node says that it
// is not ready any more, then it takes nothing new, tells streams of news to
// connect elsewhere and answers what is under way, and then all that runs ends.
func (n *Node) Serve(ctx context.Context, l net.Listener, h http.Handler, run func(context.Context) error) error {
	running, end := context.WithCancel(context.WithoutCancel(ctx))
	defer end()
	serving, broken := context.WithCancel(ctx)
	defer broken()
	ran := make(chan error, 1)
	go func() { ran <- run(running); broken() }()
	taking, stop := context.WithCancel(context.WithoutCancel(ctx))
	defer stop()
	left := make(chan struct{})
	go func() {
		defer close(left)
		<-serving.Done()
		n.leave(running)
		stop()
	}()
	err := Serve(taking, l, h)
	broken() // a listener that failed ends the rest as well
	end()
	<-left
	return errors.Join(err, <-ran)
}

// leave says that nothing new is to come here, and gives those who ask for it
// the time to hear that.
func (n *Node) leave(running context.Context) {
	n.leaving.Store(true)
	n.Log.Info("the node is ending; it is not ready any more")
	told := time.NewTimer(n.Announce)
	defer told.Stop()
	select {
	case <-told.C:
	case <-running.Done():
	}
}
