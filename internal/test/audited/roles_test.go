package audited_test

import (
	"fmt"
	"strings"
	"testing"

	"einklang/internal/account/user"
	"einklang/internal/rule/i18n"
)

// roleManual is a document that says which role may what.
type roleManual struct {
	path, title, intro, own, weighs, limits string
	texts                                   *i18n.Catalogue
}

func roleManuals(t *testing.T) []roleManual {
	t.Helper()
	de, en, err := i18n.Load()
	if err != nil {
		t.Fatal(err)
	}
	return []roleManual{
		{"de/rollen.md", "Wer was darf", "Was die vier mitgelieferten Rollen dürfen. Diese Tabelle ist aus dem Programm erzeugt. Mit den eigenen Rollen Ihrer Firma steht sie unter „Wer was darf“ (`/roles`).",
			"Eigene Rollen (höchstens %d) setzen sich aus denselben Rechten zusammen. Darf jemand durch eine Rolle mehr als bisher, braucht das eine zweite Person; weniger gilt sofort. Eine Rolle, die Konten haben, endet nur, wenn diese eine andere bekommen.",
			"Wer eines dieser Rechte hat, bekommt es nur mit einer zweiten Person: %s.",
			"Auf die eigenen Teams beschränken lässt sich, wer nur diese Rechte hat: %s.", de},
		{"en/roles.md", "Who may what", "What the four roles may that are there from the start. This table is made from the program. With your company's own roles it stands at \"Who may what\" (`/roles`).",
			"Own roles (at most %d) are made of the same permissions. That somebody may more by a role than before takes a second person; less holds at once. A role that accounts have ends only if these get another one.",
			"Whoever gets one of these permissions gets it with a second person only: %s.",
			"Only who has no others than these can be limited to their own teams: %s.", en},
	}
}

func (m roleManual) named(all []user.Permission) string {
	var names []string
	for _, p := range all {
		names = append(names, m.texts.T("permission."+string(p)))
	}
	return strings.Join(names, "; ")
}

func (m roleManual) write() string {
	var b strings.Builder
	fmt.Fprintf(&b, "# %s\n\n%s\n\n| %s |", m.title, m.intro, m.texts.T("staff.may"))
	for _, r := range user.Roles() {
		fmt.Fprintf(&b, " %s |", m.texts.T("role."+string(r)))
	}
	fmt.Fprintf(&b, "\n|%s\n", strings.Repeat("---|", 1+len(user.Roles())))
	var weigh []user.Permission
	for _, p := range user.Permissions() {
		if user.Holding(false, p).Weighs() {
			weigh = append(weigh, p)
		}
		fmt.Fprintf(&b, "| **%s**: %s |", m.texts.T("permission."+string(p)), m.texts.T("permission."+string(p)+".what"))
		for _, r := range user.Roles() {
			may := "–"
			if r.Rights().May(p) {
				may = m.texts.T("cockpit.yes")
			}
			fmt.Fprintf(&b, " %s |", may)
		}
		b.WriteString("\n")
	}
	fmt.Fprintf(&b, "\n"+m.own+"\n\n"+m.weighs+"\n\n"+m.limits+"\n", user.OwnRolesMost, m.named(weigh), m.named(user.Limitable()))
	return b.String()
}

// The documents say of every role what it may.
func TestTheDocumentsSayWhoMayWhat(t *testing.T) {
	for _, m := range roleManuals(t) {
		says(t, m.path, m.write())
	}
}
