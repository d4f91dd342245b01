package shell

import (
	"context"
	"net/http"

	"einklang/internal/account/audit"
	"einklang/internal/engine/store"
	"einklang/internal/rule/id"
)

// Handle answers a request of staff.
type Handle func(http.ResponseWriter, *http.Request, *Viewer) error

// recorded wraps a handler so that what it does is written down as the table of
// package audit says.
func (s *Shell) recorded(route string, handle Handle) Handle {
	rule, known := audit.Lookup(route)
	if !known {
		s.unknown = append(s.unknown, route)
	}
	switch rule.Kind {
	case audit.Change:
		return func(w http.ResponseWriter, r *http.Request, v *Viewer) error {
			r, entry := s.joined(r, v, rule)
			answer := &answer{ResponseWriter: w, status: http.StatusOK}
			err := handle(answer, r, v)
			if entry.Done() && (err != nil || answer.status >= http.StatusBadRequest) {
				s.options.Log.Error(SaidButRefused, "act", rule.Act, "route", route, "status", answer.status, "error", err)
			}
			return err
		}
	case audit.Export:
		return func(w http.ResponseWriter, r *http.Request, v *Viewer) error {
			r, entry := s.joined(r, v, rule)
			return handle(&export{ResponseWriter: w, record: func() error {
				if entry.Done() {
					return nil
				}
				return s.options.DB.Write(r.Context(), func(context.Context, store.Tx) error { return nil }) // the entry joins it
			}}, r, v)
		}
	case audit.View:
		return func(w http.ResponseWriter, r *http.Request, v *Viewer) error {
			err := handle(w, r, v)
			if err == nil {
				s.seen(r, v, rule)
			}
			return err
		}
	case audit.Unlogged:
	}
	return handle
}

// SaidButRefused is logged when the log of what staff do says that something was
// done although the answer was a refusal: a handler wrote something down that
// was not the act, and did not say so (see store.Aside). Every test that opens
// an installation fails when it is logged.
const SaidButRefused = "written down as done, but refused"

// answer remembers the status of an answer.
type answer struct {
	http.ResponseWriter
	status int
}

// WriteHeader begins the answer.
func (a *answer) WriteHeader(status int) {
	a.status = status
	a.ResponseWriter.WriteHeader(status)
}

// Unwrap is for http.ResponseController.
func (a *answer) Unwrap() http.ResponseWriter { return a.ResponseWriter }

// joined lets the entry join the handler's first write.
func (s *Shell) joined(r *http.Request, v *Viewer, rule audit.Rule) (*http.Request, *store.Joined) {
	var with *http.Request
	ctx, entry := store.Joining(r.Context(), func(ctx context.Context, tx store.Tx) error {
		return s.options.Audit.Write(ctx, tx, v.Org, audit.Deed{Account: v.ID, Act: rule.Act, Kind: rule.Object, Objects: objects(with, rule)})
	})
	with = r.WithContext(ctx)
	return with, entry
}

// seen writes a view down, the first time in an hour. The page is shown
// already: if the database takes no writes, staff can still read.
func (s *Shell) seen(r *http.Request, v *Viewer, rule audit.Rule) {
	var object id.ID
	all := objects(r, rule)
	if len(all) > 0 {
		object = all[0]
	}
	if !s.options.Audit.Fresh(v.ID, rule.Act, object) {
		return
	}
	err := s.options.DB.Write(context.WithoutCancel(r.Context()), func(ctx context.Context, tx store.Tx) error {
		return s.options.Audit.Write(ctx, tx, v.Org, audit.Deed{Account: v.ID, Act: rule.Act, Kind: rule.Object, Objects: all})
	})
	if err != nil {
		s.options.Log.Error("a view could not be written down", "act", rule.Act, "error", err)
	}
}

// objects are what a request is about: a value of the path, or of the form
// that the handler has read.
func objects(r *http.Request, rule audit.Rule) []id.ID {
	values := r.PostForm[rule.From]
	if v := r.PathValue(rule.From); v != "" {
		values = []string{v}
	}
	var all []id.ID
	for _, v := range values {
		if at, err := id.Parse(v); err == nil {
			all = append(all, at)
		}
	}
	return all
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
