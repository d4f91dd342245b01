package org

import (
	"context"
	"errors"
	"time"

	"einklang/internal/engine/store"
	"einklang/internal/engine/vault"
	"einklang/internal/rule/id"
)

// Route says whose an incoming webhook is.
type Route struct {
	App     string
	Org     id.Org
	Channel id.Channel
}

type routeKey struct{ kind, key string }

type cachedRoute struct {
	route Route
	until time.Time
}

// routeLife bounds how long a node may go on with a route that another node
// has changed.
const routeLife = 30 * time.Second

// ByNumber finds the organisation of a phone number id; ErrNotFound if the
// number is not ours.
func (r *Registry) ByNumber(ctx context.Context, phoneNumberID string) (Route, error) {
	return r.route(ctx, "number", phoneNumberID)
}

// ByWABA finds the organisation of a WhatsApp business account.
func (r *Registry) ByWABA(ctx context.Context, waba string) (Route, error) {
	return r.route(ctx, "waba", waba)
}

// route reads through a small cache: it is asked for each webhook. Only what
// is found is kept, so strangers cannot fill it.
func (r *Registry) route(ctx context.Context, kind, key string) (Route, error) {
	at := routeKey{kind, key}
	now := r.now()
	r.mu.Lock()
	cached, ok := r.routes[at]
	r.mu.Unlock()
	if ok && now.Before(cached.until) {
		return cached.route, nil
	}
	var found Route
	err := r.db.QueryRow(ctx, "SELECT app, org_id, channel_id FROM route WHERE kind = ? AND key = ?", kind, key).
		Scan(&found.App, &found.Org, &found.Channel)
	if errors.Is(err, store.ErrNoRows) {
		return Route{}, ErrNotFound
	}
	if err != nil {
		return Route{}, err
	}
	r.mu.Lock()
	r.routes[at] = cachedRoute{found, now.Add(routeLife)}
	r.mu.Unlock()
	return found, nil
}

// ring is the key ring of the organisation itself.
func (r *Registry) ring(ctx context.Context, rd store.Reader, org id.Org) (*vault.Keyring, error) {
	keys, err := r.vault.Org(ctx, rd, org)
	if err != nil {
		return nil, err
	}
	return keys.Keyring(ctx, rd, org)
}
