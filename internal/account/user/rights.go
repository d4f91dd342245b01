package user

import (
	"slices"
	"strings"

	"einklang/internal/rule/id"
)

// Rights are what somebody may by her role. The zero Rights are none.
type Rights struct {
	granted uint32 // a bit for each of Permissions, in its order
	Limited bool   // she sees only what her teams and numbers have (package sight)
}

// Holding are the Rights to some permissions. What is no permission grants nothing.
func Holding(limited bool, all ...Permission) Rights {
	r := Rights{Limited: limited}
	for i, p := range Permissions() {
		if slices.Contains(all, p) {
			r.granted |= 1 << i
		}
	}
	return r
}

// May reports whether the Rights hold a permission.
func (r Rights) May(p Permission) bool {
	i := slices.Index(Permissions(), p)
	return i >= 0 && r.granted&(1<<i) != 0
}

// Held lists the permissions, in their order.
func (r Rights) Held() (all []Permission) {
	for _, p := range Permissions() {
		if r.May(p) {
			all = append(all, p)
		}
	}
	return all
}

// words are the permissions as they are stored.
func (r Rights) words() string {
	var all []string
	for _, p := range r.Held() {
		all = append(all, string(p))
	}
	return strings.Join(all, " ")
}

// Decides reports whether who has the Rights answers what needs a second person.
func (r Rights) Decides() bool { return r.May(Privacy) }

// Weighs reports whether giving the Rights, or touching the account of who has them,
// takes a second person: she answers for others, reads what the staff did, or makes
// accounts.
func (r Rights) Weighs() bool { return r.May(Privacy) || r.May(Audit) || r.May(Accounts) }

// Widens reports whether the Rights allow, or show, anything that others do not.
func (r Rights) Widens(others Rights) bool {
	return r.granted&^others.granted != 0 || others.Limited && !r.Limited
}

// limitable are the permissions that go over single conversations. All others go over
// everything: a limit beside them would be broken by their pages.
var limitable = []Permission{Read, Answer, RecordConsent}

// Limitable lists the permissions beside which what somebody sees can be limited.
func Limitable() []Permission { return slices.Clone(limitable) }

// MayBeLimited reports whether the Rights go over single conversations only.
func (r Rights) MayBeLimited() bool {
	return !slices.ContainsFunc(r.Held(), func(p Permission) bool { return !slices.Contains(limitable, p) })
}

// own is how an account names that its role is one of the organisation's own.
const own Role = "own"

// Own is the organisation's own role that is meant; built-in: none.
func (r Role) Own() (at id.Role, is bool) {
	at, err := id.Parse[id.Role](string(r))
	return at, err == nil
}

// OwnRole is the Role of an own one.
func OwnRole(at id.Role) Role { return Role(at.String()) }

// Rights are what a built-in role may; of others none are known here.
func (r Role) Rights() Rights { return Holding(false, table[r]...) }

// stored is a role as the tables hold it.
func (r Role) stored() (word string, at any) {
	if mine, is := r.Own(); is {
		return string(own), mine
	}
	return string(r), nil
}

// The columns that say what an account may, and where they come from: account is a.
const (
	roleColumns = "a.role, a.own_role_id, COALESCE(o.permissions, ''), COALESCE(o.limited, TRUE)"
	withRole    = " LEFT JOIN own_role o ON o.org_id = a.org_id AND o.id = a.own_role_id"
)

// held is a row of roleColumns.
type held struct {
	role    Role
	own     id.Role
	words   string
	limited bool
}

func (h *held) columns() []any { return []any{&h.role, &h.own, &h.words, &h.limited} }

// is says which role it is, and what it may. An own role that is gone may nothing.
func (h held) is() (Role, Rights) {
	if h.role != own {
		return h.role, h.role.Rights()
	}
	return OwnRole(h.own), read(h.words, h.limited)
}

// read reads the permissions of an own role. A word that is none grants nothing.
func read(words string, limited bool) Rights {
	var all []Permission
	for _, w := range strings.Fields(words) {
		all = append(all, Permission(w))
	}
	return Holding(limited, all...)
}
