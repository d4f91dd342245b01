package intake_test

import (
	"net/http"
	"regexp"
	"testing"

	"einklang/internal/account/user"
	"einklang/internal/engine/store"
	"einklang/internal/rule/id"
	"einklang/internal/test/apptest"
)

var exampleLink = regexp.MustCompile(`href="(/settings/webhooks/[^"]+)"`)

// links are the addresses of the webhooks that a page lists.
func links(page string) (all []string) {
	for _, found := range exampleLink.FindAllStringSubmatch(page, -1) {
		all = append(all, found[1])
	}
	return all
}

func statusOf(t *testing.T, o *apptest.Office, role user.Role, path string) int {
	t.Helper()
	resp, err := o.SignIn(t, role).Get(o.URL + path)
	if err != nil {
		t.Fatal(err)
	}
	_ = resp.Body.Close()
	if resp.Request.URL.Path != path {
		return http.StatusForbidden
	}
	return resp.StatusCode
}

// rawOf is all that is kept raw, in clear.
func rawOf(t *testing.T, o *apptest.Office) (all string) {
	t.Helper()
	keys := must(o.Vault.Org(t.Context(), o.DB, o.Org.ID))
	_, err := store.Collect(t.Context(), o.DB, func(row store.Row) (struct{}, error) {
		var at id.Webhook
		var owner id.ID
		var sealed []byte
		if err := row.Scan(&at, &owner, &sealed); err != nil {
			return struct{}{}, err
		}
		ring, err := keys.Keyring(t.Context(), o.DB, owner)
		if err != nil {
			return struct{}{}, err
		}
		body, err := ring.Open("payload.body", at, sealed)
		all += string(body)
		return struct{}{}, err
	}, "SELECT id, owner_id, sealed FROM payload WHERE org_id = ?", o.Org.ID)
	if err != nil {
		t.Fatal(err)
	}
	return all
}
