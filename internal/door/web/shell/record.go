package shell

import (
	"net/http"

	"einklang/internal/account/audit"
	"einklang/internal/account/user"
	"einklang/internal/rule/id"
)

// Handle answers a request of staff.
type Handle func(http.ResponseWriter, *http.Request, *Viewer) error

// Route is a handler with what the log says about it.
type Route struct {
	Rule audit.Rule
	Do   Handle
}

// As makes a Route.
func As(rule audit.Rule, do Handle) Route { return Route{rule, do} }

// StaffAll adds several routes, by pattern, as [Shell.Staff] adds one.
func (s *Shell) StaffAll(needs user.Permission, routes map[string]Route) {
	for pattern, at := range routes {
		s.Staff(pattern, needs, at.Rule, at.Do)
	}
}

// Open answers a request of somebody who is not signed in, and says through the
// act who she is as soon as she has shown it.
type Open func(http.ResponseWriter, *http.Request, *audit.Act) error

// register notes the rule of a route. What is wrong with it keeps the pages
// from being served.
func (s *Shell) register(route string, rule audit.Rule) {
	if err := s.options.Audit.Register(route, rule); err != nil {
		s.unruled = append(s.unruled, err)
	}
}

// begin makes the act of a request. A handler of staff finds it in her Viewer.
func (s *Shell) begin(r *http.Request, org id.Org, by audit.Actor, rule audit.Rule) *audit.Act {
	return s.options.Audit.Begin(org, by, rule, objects(r, rule)...)
}

// recorded answers a request as the rule of its route says. A change is written
// down by the handler, through the act.
//
//nolint:contextcheck // the context is in the request
func (s *Shell) recorded(route string, rule audit.Rule, act *audit.Act, handle func(http.ResponseWriter) error, w *answer, r *http.Request) error {
	switch rule.Kind {
	case audit.Change:
		err := handle(w)
		if act.CameAbout() && (err != nil || w.status >= http.StatusBadRequest) {
			s.options.Log.Error(SaidButRefused, "act", rule.Act, "route", route, "status", w.status, "error", err)
		}
		return err
	case audit.Export:
		return handle(&export{ResponseWriter: w, record: func() error {
			if act.Done() {
				return nil
			}
			return act.Note(r.Context())
		}})
	case audit.View:
		err := handle(w)
		if err == nil && w.status < http.StatusBadRequest {
			act.Seen()
		}
		return err
	case audit.Unlogged:
	}
	return handle(w)
}

// SaidButRefused is logged when the log of what is done says that something was
// done although the answer was a refusal. Every test that opens an installation
// fails when it is logged.
const SaidButRefused = "written down as done, but refused"

// answer remembers the status of an answer; 0: it has not begun.
type answer struct {
	http.ResponseWriter
	status int
}

// Write writes a part of the answer.
func (a *answer) Write(p []byte) (int, error) {
	if a.status == 0 {
		a.status = http.StatusOK
	}
	return a.ResponseWriter.Write(p)
}

// WriteHeader begins the answer.
func (a *answer) WriteHeader(status int) {
	a.status = status
	a.ResponseWriter.WriteHeader(status)
}

// Unwrap is for http.ResponseController.
func (a *answer) Unwrap() http.ResponseWriter { return a.ResponseWriter }

// objects are what the path of a request is about. What only its form says,
// the handler says.
func objects(r *http.Request, rule audit.Rule) []id.Any {
	if at, err := id.Parse[id.ID](r.PathValue(rule.From)); err == nil && rule.From != "" {
		return []id.Any{at}
	}
	return nil
}

// export lets nothing leave before it is written down.
type export struct {
	http.ResponseWriter
	record func() error
	begun  bool
	err    error
}

// WriteHeader begins the answer; a redirection or a refusal hands out nothing.
func (e *export) WriteHeader(status int) {
	if status >= http.StatusMultipleChoices {
		e.begun = true
	}
	if e.begin() == nil {
		e.ResponseWriter.WriteHeader(status)
	}
}

// Write hands out.
func (e *export) Write(p []byte) (int, error) {
	if err := e.begin(); err != nil {
		return 0, err
	}
	return e.ResponseWriter.Write(p)
}

func (e *export) begin() error {
	if !e.begun {
		e.begun, e.err = true, e.record()
	}
	return e.err
}

// Unwrap is for http.ResponseController.
func (e *export) Unwrap() http.ResponseWriter { return e.ResponseWriter }
