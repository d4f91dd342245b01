package assignment

import (
	"context"
	"fmt"

	"einklang/internal/account/org"
	"einklang/internal/engine/store"
	"einklang/internal/rule/id"
	"einklang/internal/rule/sight"
)

// Sights reads what members of staff see: it follows from their teams, the numbers of
// these, and what the organisation says.
type Sights struct {
	Orgs interface {
		Get(ctx context.Context, r store.Reader, org id.Org) (org.Org, error)
	}
}

// Of is what an account sees whose role limits it so far.
func (s Sights) Of(ctx context.Context, r store.Reader, at id.Org, account id.Account, limit sight.Limit) (sight.Scope, error) {
	if limit == sight.Free {
		return sight.Everything(), nil
	}
	o, err := s.Orgs.Get(ctx, r, at)
	if err != nil {
		return sight.Scope{}, err
	}
	if limit == sight.AsSaid && !o.Settings.Sight.Agents {
		return sight.Everything(), nil
	}
	teams, err := works(ctx, r, at, account)
	if err != nil {
		return sight.Scope{}, err
	}
	for number, team := range o.Settings.Arrivals {
		if channel, err := id.Parse[id.Channel](number); err == nil {
			teams.on(team, channel)
		}
	}
	scope := sight.Of(account, teams.hers, teams.numbers)
	if o.Settings.Sight.Nobodys {
		scope = scope.AndNobodys(teams.served)
	}
	return scope, nil
}

// teamwork is which teams there are, which of them are somebody's, and on which
// numbers they work.
type teamwork struct {
	all     map[id.Team]bool // true: hers
	hers    []id.Team
	numbers []id.Channel // of hers
	served  []id.Channel // of all
}

// on notes that a team works on a number. What names a team that is gone, names none.
func (w *teamwork) on(team id.Team, number id.Channel) {
	hers, there := w.all[team]
	if there {
		w.served = append(w.served, number)
	}
	if hers {
		w.numbers = append(w.numbers, number)
	}
}

// works reads the teams of an organisation, as somebody's work sees them.
func works(ctx context.Context, r store.Reader, org id.Org, account id.Account) (teamwork, error) {
	w := teamwork{all: map[id.Team]bool{}}
	_, err := store.Collect(ctx, r, func(row store.Row) (team id.Team, err error) {
		var member id.Account
		var number id.Channel
		if err = row.Scan(&team, &member, &number); err != nil {
			return team, err
		}
		if _, known := w.all[team]; !known && !member.IsZero() {
			w.hers = append(w.hers, team)
		}
		w.all[team] = !member.IsZero()
		if !number.IsZero() {
			w.on(team, number)
		}
		return team, nil
	}, `SELECT t.id, m.account_id, n.channel_id FROM team t
		LEFT JOIN team_member m ON m.org_id = t.org_id AND m.team_id = t.id AND m.account_id = ?
		LEFT JOIN team_number n ON n.org_id = t.org_id AND n.team_id = t.id WHERE t.org_id = ?`, account, org)
	if err != nil {
		return w, fmt.Errorf("read on what somebody's teams work: %w", err)
	}
	return w, nil
}

// Numbers are the numbers of each team that has some, beside those whose new
// conversations go to it.
func (d *Assignments) Numbers(ctx context.Context, r store.Reader, org id.Org) (map[id.Team][]id.Channel, error) {
	numbers := map[id.Team][]id.Channel{}
	_, err := store.Collect(ctx, r, func(row store.Row) (team id.Team, err error) {
		var number id.Channel
		err = row.Scan(&team, &number)
		numbers[team] = append(numbers[team], number)
		return team, err
	}, "SELECT team_id, channel_id FROM team_number WHERE org_id = ? ORDER BY channel_id", org)
	if err != nil {
		return nil, fmt.Errorf("read the numbers of the teams: %w", err)
	}
	return numbers, nil
}

// setNumbers says on which numbers a team works.
func setNumbers(ctx context.Context, tx store.Tx, org id.Org, team id.Team, numbers []id.Channel) error {
	if _, err := tx.Exec(ctx, "DELETE FROM team_number WHERE org_id = ? AND team_id = ?", org, team); err != nil {
		return fmt.Errorf("say on which numbers a team works: %w", err)
	}
	rows := make([][]any, len(numbers))
	for i, n := range numbers {
		rows[i] = []any{org, team, n}
	}
	return tx.InsertMany(ctx, store.Insert{Into: "team_number (org_id, team_id, channel_id)", Skip: true}, rows)
}
