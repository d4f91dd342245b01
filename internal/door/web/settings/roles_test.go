package settings_test

import (
	"net/http"
	"regexp"
	"strings"
	"testing"

	"einklang/internal/account/user"
	"einklang/internal/rule/i18n"
	"einklang/internal/test/doortest"
)

// cell is a column of a row.
var cell = regexp.MustCompile(`<td>(.*?)</td>`)

// mayRow is what the table of who may what says of a permission, by its words.
func mayRow(page, words string) [][]string {
	_, table, _ := strings.Cut(page, `id="table"`)
	_, after, _ := strings.Cut(table, `<th scope="row">`+words+`<br>`)
	row, _, _ := strings.Cut(after, "</tr>")
	return cell.FindAllStringSubmatch(row, -1)
}

// The page shows what the code asks: every permission in words, in both languages,
// and of every role whether it may.
func TestTheTableOfWhoMayWhatIsTheCodes(t *testing.T) {
	de, en, err := i18n.Load()
	if err != nil {
		t.Fatal(err)
	}
	each(t, func(t *testing.T, o *office) {
		for text, admin := range map[*i18n.Catalogue]*doortest.Visitor{de: o.admin, en: o.As(t, o.Org, user.Admin, "en")} {
			a := admin.Get(t, "/roles")
			if a.Status != http.StatusOK {
				t.Fatalf("the page is answered %d", a.Status)
			}
			named := map[string]bool{}
			for _, p := range user.Permissions() {
				words := text.T("permission." + string(p))
				if words == "permission."+string(p) || named[words] {
					t.Errorf("%s: %s has no words of its own: %q", text.Locale, p, words)
				}
				named[words] = true
				said := mayRow(a.Body, words)
				if len(said) != len(user.Roles()) {
					t.Fatalf("%s: %s has %d columns for %d roles", text.Locale, p, len(said), len(user.Roles()))
				}
				for i, r := range user.Roles() {
					if may := strings.Contains(said[i][1], text.T("cockpit.yes")); may != r.Rights().May(p) {
						t.Errorf("%s: the page says of %s and %s: %v", text.Locale, r, p, may)
					}
				}
			}
		}
	})
}
