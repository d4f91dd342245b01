package audit

import (
	"errors"
	"net/http"
)

// Mux serves routes each of which says what it is for the log.
type Mux struct {
	mux  *http.ServeMux
	log  *Log
	errs []error
}

// Mux makes a Mux without routes.
func (l *Log) Mux() *Mux { return &Mux{mux: http.NewServeMux(), log: l} }

// Handle adds a route.
func (m *Mux) Handle(pattern string, rule Rule, h http.Handler) {
	m.errs = append(m.errs, m.log.Register(pattern, rule))
	m.mux.Handle(pattern, h)
}

// Area adds a handler of several routes that have told the log their rules.
func (m *Mux) Area(pattern string, h http.Handler) { m.mux.Handle(pattern, h) }

// Handler serves the routes. It fails if one has no rule.
func (m *Mux) Handler() (http.Handler, error) { return m.mux, errors.Join(m.errs...) }
