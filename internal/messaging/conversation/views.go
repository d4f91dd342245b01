package conversation

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"einklang/internal/engine/store"
	"einklang/internal/rule/id"
	"einklang/internal/rule/sight"
)

// View chooses which conversations a list shows.
type View string

// The views.
const (
	ViewOpen       View = "open"
	ViewUnread     View = "unread"
	ViewClosed     View = "closed"
	ViewAll        View = "all"
	ViewMine       View = "mine"       // open, of Filter.Account
	ViewUnassigned View = "unassigned" // open, of nobody
	ViewTeam       View = "team"       // open, of Filter.Team
	ViewSnoozed    View = "snoozed"    // put off
	ViewMentioned  View = "mentioned"  // in which Filter.Account is mentioned and has not looked
	ViewLabel      View = "label"      // open, of people with Filter.Label
)

// Views lists them.
func Views() []View {
	return []View{ViewMine, ViewUnassigned, ViewOpen, ViewUnread, ViewMentioned, ViewSnoozed, ViewClosed, ViewAll, ViewTeam, ViewLabel}
}

// Filter is a view with what it is about.
type Filter struct {
	View    View
	Account id.Account
	Team    id.Team
	Label   id.Label
}

// Place is where a list goes on: after the conversation with this time and id.
// The zero Place is the beginning.
type Place struct {
	At time.Time
	ID id.Cursor
}

// conditions hold one condition for each view, so that each uses its index.
// Those with a parameter take the id that subject gives.
var conditions = map[View]string{
	ViewAll:        "",
	ViewOpen:       " AND state = 'open' AND snoozed_until = 0",
	ViewUnread:     " AND unread > 0",
	ViewClosed:     " AND state = 'closed'",
	ViewMine:       " AND state = 'open' AND snoozed_until = 0 AND assignee_id = ?",
	ViewUnassigned: " AND state = 'open' AND snoozed_until = 0 AND assignee_id IS NULL",
	ViewTeam:       " AND state = 'open' AND snoozed_until = 0 AND team_id = ?",
	ViewSnoozed:    " AND snoozed_until > 0",
}

// listEnd ends the statement of a list, behind what limits somebody's sight.
const listEnd = " AND (last_at, id) < (?, ?) ORDER BY last_at DESC, id DESC LIMIT ?"

// listQueries are how the statements begin, made once: the store keeps them prepared.
func listQueries(mentioned, labelled string) map[View]string {
	all := map[View]string{}
	add := func(view View, condition string) {
		all[view] = "SELECT " + summaryColumns + " FROM conversation WHERE org_id = ?" + condition
	}
	for view, condition := range conditions {
		add(view, condition)
	}
	if mentioned != "" {
		add(ViewMentioned, " AND id IN ("+mentioned+")")
	}
	if labelled != "" {
		add(ViewLabel, " AND state = 'open' AND contact_id IN ("+labelled+")")
	}
	return all
}

// subject is what a view's condition is about.
func (f Filter) subject() (id.ID, bool) {
	switch f.View {
	case ViewMine, ViewMentioned:
		return id.ID(f.Account), true
	case ViewTeam:
		return id.ID(f.Team), true
	case ViewLabel:
		return id.ID(f.Label), true
	default:
		return id.ID{}, false
	}
}

// List reads conversations, newest first, whoever has them.
func (t *Threads) List(ctx context.Context, r store.Reader, org id.Org, f Filter, after Place, limit int) ([]Summary, error) {
	return t.list(ctx, r, org, f, sight.Everything(), after, limit)
}

// list is List of what is seen with a scope.
func (t *Threads) list(ctx context.Context, r store.Reader, org id.Org, f Filter, scope sight.Scope, after Place, limit int) ([]Summary, error) {
	query, known := t.views[f.View]
	if !known {
		return nil, errors.New("there is no such view")
	}
	args := []any{org}
	if f.View == ViewMentioned || f.View == ViewLabel {
		args = append(args, org)
	}
	if subject, needed := f.subject(); needed {
		args = append(args, subject)
	}
	limits, its := within(scope)
	args = append(args, its...)
	at, last := int64(1)<<62, strings.Repeat("\xff", 16)
	if !after.At.IsZero() || !after.ID.IsZero() {
		at, last = store.Micros(after.At), string(after.ID[:])
	}
	all, err := store.Collect(ctx, r, scanSummary, query+limits+listEnd, append(args, at, []byte(last), int64(limit))...)
	if err != nil {
		return nil, fmt.Errorf("list conversations: %w", err)
	}
	return all, t.openPreviews(ctx, r, org, all)
}
