package audit

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"sync"
)

// Route is a way in with its rule.
type Route struct {
	Pattern string // "POST /inbox/{id}/note", or a command's words
	Rule    Rule
}

// Method is the first word of the pattern.
func (r Route) Method() string { method, _, _ := strings.Cut(r.Pattern, " "); return method }

// Path is the rest of the pattern.
func (r Route) Path() string { _, path, _ := strings.Cut(r.Pattern, " "); return path }

type routes struct {
	mu  sync.RWMutex
	all map[string]Rule
}

// Register notes the rule of a route, where the route is made. It fails when
// the rule says nothing, or another than before.
func (l *Log) Register(pattern string, rule Rule) error {
	if !rule.Valid() {
		return fmt.Errorf("%s has no rule for the log of what is done", pattern)
	}
	l.routes.mu.Lock()
	defer l.routes.mu.Unlock()
	if before, there := l.routes.all[pattern]; there && (before.Kind != rule.Kind || before.Act != rule.Act) {
		return fmt.Errorf("%s has two rules for the log of what is done", pattern)
	}
	l.routes.all[pattern] = rule
	return nil
}

// Routes lists all routes that were made, in the order of the alphabet.
func (l *Log) Routes() []Route {
	l.routes.mu.RLock()
	defer l.routes.mu.RUnlock()
	var all []Route
	for _, pattern := range slices.Sorted(maps.Keys(l.routes.all)) {
		all = append(all, Route{pattern, l.routes.all[pattern]})
	}
	return all
}

// Acts lists all acts that can be written down, without repeating one, in the
// order of the alphabet.
func (l *Log) Acts() []string {
	all := slices.Clone(commandActs)
	for _, r := range l.Routes() {
		all = append(all, r.Rule.Acts()...)
	}
	slices.Sort(all)
	return slices.Compact(all)
}
