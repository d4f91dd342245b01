package assignment

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"einklang/internal/engine/store"
	"einklang/internal/rule/id"
	"einklang/internal/rule/pii"
)

// Team is colleagues who share conversations.
type Team struct {
	ID         id.Team
	Name       string
	Target     time.Duration // within which a first answer is due; zero: none
	Assignment Assignment
	Members    []id.Account
	Numbers    []id.Channel // on which it works, where it is stored; see [Assignments.Numbers]
	LastGiven  id.Account
}

// Teams reads the teams of an organisation by name.
func (d *Assignments) Teams(ctx context.Context, r store.Reader, org id.Org) ([]Team, error) {
	all, err := store.Collect(ctx, r, func(row store.Row) (t Team, err error) {
		var seconds int64
		err = row.Scan(&t.ID, &t.Name, &seconds, &t.Assignment, &t.LastGiven)
		t.Target = time.Duration(seconds) * time.Second
		return t, err
	}, "SELECT id, name, target, assignment, last_given FROM team WHERE org_id = ? ORDER BY name", org)
	if err != nil {
		return nil, fmt.Errorf("read the teams: %w", err)
	}
	type member struct {
		team    id.Team
		account id.Account
	}
	members, err := store.Collect(ctx, r, func(row store.Row) (m member, err error) { return m, row.Scan(&m.team, &m.account) },
		"SELECT team_id, account_id FROM team_member WHERE org_id = ? ORDER BY account_id", org)
	if err != nil {
		return nil, fmt.Errorf("read who is in which team: %w", err)
	}
	for _, m := range members {
		if i := slices.IndexFunc(all, func(t Team) bool { return t.ID == m.team }); i >= 0 {
			all[i].Members = append(all[i].Members, m.account)
		}
	}
	return all, nil
}

// SaveTeam stores a team, a new one if it has no id.
func (d *Assignments) SaveTeam(ctx context.Context, tx store.Tx, org id.Org, t Team) (id.Team, error) {
	var err error
	if t.Name, err = name(t.Name); err != nil {
		return t.ID, err
	}
	switch t.Assignment {
	case ByHand, RoundRobin, LeastLoad:
	default:
		t.Assignment = ByHand
	}
	seconds := int64(t.Target / time.Second)
	if t.ID.IsZero() {
		t.ID = id.Team(d.ids.New())
		_, err = tx.Exec(ctx, "INSERT INTO team (org_id, id, name, target, assignment) VALUES (?, ?, ?, ?, ?)", org, t.ID, t.Name, seconds, string(t.Assignment))
	} else {
		err = changed(tx.Exec(ctx, "UPDATE team SET name = ?, target = ?, assignment = ? WHERE org_id = ? AND id = ?", t.Name, seconds, string(t.Assignment), org, t.ID))
	}
	if err != nil {
		return t.ID, err
	}
	if _, err := tx.Exec(ctx, "DELETE FROM team_member WHERE org_id = ? AND team_id = ?", org, t.ID); err != nil {
		return t.ID, err
	}
	rows := make([][]any, len(t.Members))
	for i, m := range t.Members {
		rows[i] = []any{org, t.ID, m}
	}
	if err := tx.InsertMany(ctx, store.Insert{Into: "team_member (org_id, team_id, account_id)", Skip: true}, rows); err != nil {
		return t.ID, err
	}
	d.ended(tx, org)
	return t.ID, setNumbers(ctx, tx, org, t.ID, t.Numbers)
}

// DeleteTeam removes a team; its conversations are nobody's then.
func (d *Assignments) DeleteTeam(ctx context.Context, tx store.Tx, org id.Org, team id.Team) error {
	if err := d.threads.LeaveTeam(ctx, tx, org, team); err != nil {
		return err
	}
	if _, err := tx.Exec(ctx, "DELETE FROM team_member WHERE org_id = ? AND team_id = ?", org, team); err != nil {
		return err
	}
	if err := setNumbers(ctx, tx, org, team, nil); err != nil {
		return err
	}
	d.ended(tx, org)
	return changed(tx.Exec(ctx, "DELETE FROM team WHERE org_id = ? AND id = ?", org, team))
}

// GiveToTeam gives a conversation to a team and, if the team works so, at once
// to one of its members who are there.
func (d *Assignments) GiveToTeam(ctx context.Context, tx store.Tx, t Thread, by id.Account, team id.Team, present map[id.Account]bool, handover string, colleagues []Colleague) error {
	teams, err := d.Teams(ctx, tx, t.Org)
	if err != nil {
		return err
	}
	i := slices.IndexFunc(teams, func(one Team) bool { return one.ID == team })
	if i < 0 {
		return ErrNotFound
	}
	load, err := d.threads.Load(ctx, tx, t.Org, teams[i].Members)
	if err != nil {
		return err
	}
	candidates := make([]Candidate, len(teams[i].Members))
	for j, m := range teams[i].Members {
		candidates[j] = Candidate{m, present[m], load[m]}
	}
	chosen := Choose(teams[i].Assignment, candidates, teams[i].LastGiven)
	if !chosen.IsZero() {
		if _, err := tx.Exec(ctx, "UPDATE team SET last_given = ? WHERE org_id = ? AND id = ?", chosen, t.Org, team); err != nil {
			return err
		}
	}
	return d.Assign(ctx, tx, t, by, chosen, team, handover, colleagues)
}

// QuickReply is a text that is written often.
type QuickReply struct {
	ID       id.Reply
	Shortcut string // typed after "/"
	Body     string // with {name}, {agent}, {company}, and attributes by their names
	// Advertising, as UWG means it: offers, surveys.
	Advertising bool
}

// RepliesMost is how many quick replies an organisation has: the composer knows
// all of them.
const RepliesMost = 200

// QuickReplies reads them by shortcut.
func (d *Assignments) QuickReplies(ctx context.Context, r store.Reader, org id.Org) ([]QuickReply, error) {
	return store.Collect(ctx, r, func(row store.Row) (q QuickReply, err error) {
		return q, row.Scan(&q.ID, &q.Shortcut, &q.Body, &q.Advertising)
	},
		"SELECT id, shortcut, body, advertising FROM quick_reply WHERE org_id = ? ORDER BY shortcut LIMIT ?", org, int64(RepliesMost))
}

// Fill puts the names into a quick reply.
func (q QuickReply) Fill(person, agent, company string, attributes map[string]string) string {
	pairs := []string{"{name}", person, "{agent}", agent, "{company}", company}
	for name, value := range attributes {
		pairs = append(pairs, "{"+name+"}", value)
	}
	return strings.NewReplacer(pairs...).Replace(q.Body)
}

// SaveQuickReply stores a quick reply, a new one if it has no id.
func (d *Assignments) SaveQuickReply(ctx context.Context, tx store.Tx, org id.Org, q QuickReply) error {
	q.Shortcut, q.Body = strings.ToLower(strings.TrimSpace(q.Shortcut)), strings.TrimSpace(q.Body)
	switch {
	case !shortcut.MatchString(q.Shortcut):
		return ErrShortcut
	case q.Body == "":
		return ErrEmpty
	case len([]rune(q.Body)) > 4096:
		return ErrLong
	}
	var other id.Reply
	err := tx.QueryRow(ctx, "SELECT id FROM quick_reply WHERE org_id = ? AND shortcut = ?", org, q.Shortcut).Scan(&other)
	switch {
	case err == nil && other != q.ID:
		return ErrTaken
	case err != nil && !errors.Is(err, store.ErrNoRows):
		return err
	}
	if q.ID.IsZero() {
		var n int64
		if err := tx.QueryRow(ctx, "SELECT COUNT(*) FROM quick_reply WHERE org_id = ?", org).Scan(&n); err != nil {
			return err
		}
		if n >= RepliesMost {
			return ErrMany
		}
		_, err = tx.Exec(ctx, "INSERT INTO quick_reply (org_id, id, shortcut, body, advertising) VALUES (?, ?, ?, ?, ?)", org, d.ids.New(), q.Shortcut, q.Body, q.Advertising)
		return err
	}
	return changed(tx.Exec(ctx, "UPDATE quick_reply SET shortcut = ?, body = ?, advertising = ? WHERE org_id = ? AND id = ?", q.Shortcut, q.Body, q.Advertising, org, q.ID))
}

// DeleteQuickReply removes a quick reply.
func (d *Assignments) DeleteQuickReply(ctx context.Context, tx store.Tx, org id.Org, reply id.Reply) error {
	return changed(tx.Exec(ctx, "DELETE FROM quick_reply WHERE org_id = ? AND id = ?", org, reply))
}

// SavedView is a filter of the queue that somebody keeps, under a name that she
// gave it.
type SavedView struct {
	pii.Personal
	ID    id.View
	Name  string
	Query string // of the queue's address
}

// SavedViews reads somebody's views in the order in which they were made.
func (d *Assignments) SavedViews(ctx context.Context, r store.Reader, org id.Org, account id.Account) ([]SavedView, error) {
	return store.Collect(ctx, r, func(row store.Row) (v SavedView, err error) { return v, row.Scan(&v.ID, &v.Name, &v.Query) },
		"SELECT id, name, query FROM saved_view WHERE org_id = ? AND account_id = ? ORDER BY id", org, account)
}

// SaveView keeps a filter.
func (d *Assignments) SaveView(ctx context.Context, tx store.Tx, org id.Org, account id.Account, v SavedView) error {
	label, err := name(v.Name)
	if err != nil {
		return err
	}
	if len(v.Query) > 300 {
		return ErrLong
	}
	_, err = tx.Exec(ctx, "INSERT INTO saved_view (org_id, id, account_id, name, query) VALUES (?, ?, ?, ?, ?)", org, d.ids.New(), account, label, v.Query)
	return err
}

// DeleteView deletes a filter.
func (d *Assignments) DeleteView(ctx context.Context, tx store.Tx, org id.Org, account id.Account, view id.View) error {
	return changed(tx.Exec(ctx, "DELETE FROM saved_view WHERE org_id = ? AND account_id = ? AND id = ?", org, account, view))
}

// Targets are the times in which the teams want to answer.
func (d *Assignments) Targets(ctx context.Context, r store.Reader, org id.Org) (map[id.Team]time.Duration, error) {
	teams, err := d.Teams(ctx, r, org)
	targets := make(map[id.Team]time.Duration, len(teams))
	for _, t := range teams {
		targets[t.ID] = t.Target
	}
	return targets, err
}
