package user

import (
	"context"
	"time"

	"einklang/internal/engine/store"
	"einklang/internal/rule/cockpit"
	"einklang/internal/rule/foureyes"
	"einklang/internal/rule/id"
)

// Facts counts the accounts that are active, by role, and those that could be
// a second person today.
func (d *Directory) Facts(ctx context.Context, r store.Reader, org id.Org, now time.Time, f *cockpit.Facts) error {
	s := &f.Staff
	const roles = "SELECT COUNT(*) FROM account WHERE org_id = ? AND state = 'active' AND role = ?"
	err := store.Count(ctx, r,
		store.Number{Into: &s.Agents, SQL: roles, Args: []any{org, "agent"}},
		store.Number{Into: &s.Leads, SQL: roles, Args: []any{org, "lead"}},
		store.Number{Into: &s.DPOs, SQL: roles, Args: []any{org, "dpo"}},
		store.Number{Into: &s.Admins, SQL: roles, Args: []any{org, "admin"}},
		store.Number{Into: &s.Others, SQL: roles, Args: []any{org, string(own)}})
	if err != nil {
		return err
	}
	demands, err := d.Demands(ctx, r, org)
	if err != nil {
		return err
	}
	for _, one := range demands {
		if _, own := one.Role.Own(); own && one.Accounts > 0 {
			s.Roles++
		} else if own {
			continue // nobody has it
		}
		if one.Demanded {
			s.Demanding = append(s.Demanding, string(one.Role))
			s.Lacking += one.Lacking
		}
		if one.Rights.Decides() && !one.Demanded {
			s.Undemanded++
		}
	}
	s.Accounts = s.Agents + s.Leads + s.DPOs + s.Admins + s.Others
	circle, err := d.Circle(ctx, r, org)
	s.Deciders = int64(foureyes.Standings(circle, now))
	return err
}
