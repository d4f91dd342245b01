package report

import (
	"slices"

	"einklang/internal/rule/id"
)

// Least is how many members of staff figures must come from before they are
// shown. Figures of fewer tell how one of them works, which is monitoring of
// performance and needs the works council's agreement (BetrVG §87(1) no. 6)
// and a basis of its own (GDPR Art. 88, BDSG §26).
const Least = 5

// Hidden says which groups' figures may not be shown, and whether the sum of
// all may not either. Staff holds, for each group, who its figures come from.
//
// A group from fewer than Least people is hidden. So that nobody can take the
// groups that are shown from the sum, further groups are hidden, the smallest
// first, until those hidden come from Least people together.
func Hidden(staff [][]id.Account) (groups []bool, sum bool) {
	groups = make([]bool, len(staff))
	if sum = short(union(staff, func(int) bool { return true })); sum {
		for i := range staff {
			groups[i] = len(staff[i]) > 0
		}
		return groups, true
	}
	for i, one := range staff {
		groups[i] = short(len(one))
	}
	for short(union(staff, func(i int) bool { return groups[i] })) {
		next := smallestShown(staff, groups)
		if next < 0 {
			break
		}
		groups[next] = true
	}
	return groups, false
}

// short reports whether figures of n people would tell too much. Figures of
// nobody tell nothing.
func short(n int) bool { return n > 0 && n < Least }

// union counts the people of some groups, each once.
func union(staff [][]id.Account, among func(int) bool) int {
	seen := map[id.Account]bool{}
	for i, group := range staff {
		if !among(i) {
			continue
		}
		for _, one := range group {
			seen[one] = true
		}
	}
	return len(seen)
}

func smallestShown(staff [][]id.Account, hidden []bool) int {
	next := -1
	for i, group := range staff {
		if !hidden[i] && len(group) > 0 && (next < 0 || len(group) < len(staff[next])) {
			next = i
		}
	}
	return next
}

// Staff lists who the figures of a day come from, by team, in the order of
// teams; it is what Hidden asks for.
func (d Day) Staff(teams []id.Team) [][]id.Account {
	all := make([][]id.Account, len(teams))
	for i, t := range teams {
		all[i] = slices.Clone(d.Teams[t].Staff)
	}
	return all
}
