package user

import (
	"context"
	"fmt"
	"slices"

	"einklang/internal/engine/store"
	"einklang/internal/rule/id"
)

// Demand is whether a role needs a second factor, and how many have none.
type Demand struct {
	Role     Role
	Name     string // of an own role
	Rights   Rights
	Demanded bool
	Accounts int64 // that may sign in
	Lacking  int64 // of these, without a factor
}

// Demands reads of all roles whether they need a second factor.
func (d *Directory) Demands(ctx context.Context, r store.Reader, org id.Org) ([]Demand, error) {
	demanded, err := store.Collect(ctx, r, store.One[string], "SELECT role FROM factor_demand WHERE org_id = ?", org)
	if err != nil {
		return nil, fmt.Errorf("read which roles need a factor: %w", err)
	}
	mine, err := d.OwnRoles(ctx, r, org)
	if err != nil {
		return nil, err
	}
	type count struct {
		role     Role
		factored bool
		n        int64
	}
	counts, err := store.Collect(ctx, r, func(row store.Row) (c count, err error) {
		var of id.Role
		if err = row.Scan(&c.role, &of, &c.factored, &c.n); c.role == own {
			c.role = OwnRole(of)
		}
		return c, err
	},
		"SELECT role, own_role_id, factored, COUNT(*) FROM account WHERE org_id = ? AND state = 'active' GROUP BY role, own_role_id, factored", org)
	if err != nil {
		return nil, fmt.Errorf("count who has a factor: %w", err)
	}
	var all []Demand
	for _, role := range Roles() {
		all = append(all, Demand{Role: role, Rights: role.Rights(), Demanded: slices.Contains(demanded, string(role))})
	}
	for _, o := range mine {
		all = append(all, Demand{Role: o.Role(), Name: o.Name, Rights: o.Rights, Demanded: o.Demanded})
	}
	for i := range all {
		one := &all[i]
		for _, c := range counts {
			if c.role != one.Role {
				continue
			}
			if one.Accounts += c.n; !c.factored {
				one.Lacking += c.n
			}
		}
	}
	return all, nil
}

// SetDemand has a role need a second factor, or not any more. Who has none reaches
// nothing from then on but the page on which she sets one up.
func (d *Directory) SetDemand(ctx context.Context, tx store.Tx, org id.Org, role Role, on bool) error {
	if at, is := role.Own(); is {
		n, err := tx.Exec(ctx, "UPDATE own_role SET demanded = ? WHERE org_id = ? AND id = ?", on, org, at)
		if err == nil && n == 0 {
			err = ErrRole
		}
		return err
	}
	if table[role] == nil {
		return ErrRole
	}
	query := "DELETE FROM factor_demand WHERE org_id = ? AND role = ?"
	if on {
		query = "INSERT INTO factor_demand (org_id, role) VALUES (?, ?) ON CONFLICT DO NOTHING"
	}
	if _, err := tx.Exec(ctx, query, org, string(role)); err != nil {
		return fmt.Errorf("say which roles need a factor: %w", err)
	}
	return nil
}
