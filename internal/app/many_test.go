package app_test

import (
	"context"
	"fmt"
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"testing"

	"einklang/internal/account/user"
	"einklang/internal/consent/optin"
	"einklang/internal/engine/store"
	"einklang/internal/person/link"
	"einklang/internal/rule/id"
	"einklang/internal/test/apptest"
)

// TestManyPurchasesArePages over REST and on the person's page, and advertising
// still rests on the one of them that carries it.
func TestManyPurchasesArePages(t *testing.T) {
	apptest.Each(t, func(t *testing.T, o *apptest.Office) {
		const many = 120
		kim := o.Customer("Kim", "4915100040003")
		kim.Say(o.Number, "Guten Tag")
		o.Settle(t)
		p := o.Person(t, kim)
		dpo := o.SignIn(t, user.DPO)
		o.Write(t, func(tx store.Tx) error {
			for i := range many {
				facts := []optin.Fact{optin.Bought}
				if i == 0 { // the oldest
					facts = optin.SaleFacts()
				}
				if _, err := o.Consents.RecordSale(t.Context(), tx, o.Org.ID, p, optin.Sale{Product: fmt.Sprintf("Fahrrad %03d", i), Goods: "Zubehör", Sold: o.Clock.Now().AddDate(0, -1, 0)}, facts, optin.Said{Staff: id.Account{1}}); err != nil {
					return err
				}
			}
			return nil
		})
		found := map[string]bool{}
		for at := "?limit=50"; at != ""; {
			var page struct {
				Items []struct{ Product string }
				Next  *string
			}
			if status := o.REST(t, http.MethodGet, "/api/v1/contacts/"+p.ID.String()+"/sales"+at, nil, &page); status != http.StatusOK || len(page.Items) == 0 || len(page.Items) > 50 {
				t.Fatalf("%d, %d purchases", status, len(page.Items))
			}
			for _, one := range page.Items {
				found[one.Product] = true
			}
			if at = ""; page.Next != nil {
				at = "?limit=50&after=" + *page.Next
			}
		}
		if len(found) != many {
			t.Errorf("a program finds %d purchases, want %d", len(found), many)
		}
		clear(found)
		product, more := regexp.MustCompile(`<strong>(Fahrrad \d+)</strong>`), regexp.MustCompile(`href="([^"]*\?sales=[^"#]*)#sales"`)
		for at, pages := "/people/"+p.ID.String()+"/consent", 0; at != ""; pages++ {
			status, page := visit(t, o, dpo, at)
			shown := product.FindAllStringSubmatch(page, -1)
			if status != http.StatusOK || len(shown) == 0 || len(shown) > 20 || pages > many {
				t.Fatalf("%d, %d purchases on %d. page", status, len(shown), pages)
			}
			for _, one := range shown {
				found[one[1]] = true
			}
			if at = ""; more.MatchString(page) {
				at = more.FindStringSubmatch(page)[1]
			}
		}
		if len(found) != many {
			t.Errorf("the page leads to %d purchases, want %d", len(found), many)
		}
		if status, _ := submit(t, o, dpo, "/consent/existing", url.Values{"on": {"yes"}, "reason": {"Nur Zubehör an Käufer, Prüfvermerk"}}); status != http.StatusOK {
			t.Fatal(status)
		}
		if status, basis := advertise(t, o, p.ID); status != http.StatusAccepted || basis != "existing_customer" {
			t.Errorf("%d on %q", status, basis)
		}
		long := url.Values{"product": {strings.Repeat("x", 201)}, "goods": {"Zubehör"}, "sold": {"2026-10-01"}}
		if status, _ := submit(t, o, dpo, "/people/"+p.ID.String()+"/consent/sale", long); status != http.StatusUnprocessableEntity {
			t.Errorf("a product of 201 characters: %d", status)
		}
	})
}

// TestLinksAreBounded: a reason is a sentence or two, and a page shows the
// newest links, first of all those that hold.
func TestLinksAreBounded(t *testing.T) {
	apptest.Each(t, func(t *testing.T, o *apptest.Office) {
		admin := o.SignIn(t, user.Admin)
		one, other, threads := twins(t, o)
		ask := func(reason string) (int, string) {
			return submit(t, o, admin, "/people/"+one.ID.String()+"/merge", url.Values{"other": {other.ID.String()}, "reason": {reason}})
		}
		if status, page := ask(strings.Repeat("ä", link.ReasonMost+1)); status != http.StatusConflict || !strings.Contains(page, "Höchstens 500 Zeichen") {
			t.Errorf("a reason that is too long: %d", status)
		}
		if status, _ := ask(strings.Repeat("ä", link.ReasonMost)); status != http.StatusOK {
			t.Errorf("a reason as long as may be: %d", status)
		}
		holds := ""
		o.Write(t, func(tx store.Tx) error {
			links, err := o.Links.Of(t.Context(), tx, o.Org.ID, one.ID)
			if err != nil || len(links) != 1 {
				return fmt.Errorf("%d links: %w", len(links), err)
			}
			holds = links[0].ID.String()
			return endedLinks(t.Context(), o, tx, links[0], 60)
		})
		status, page := visit(t, o, admin, "/inbox/"+threads[0])
		if shown := strings.Count(page, `class="linked"`); status != http.StatusOK || shown != 50 || !strings.Contains(page, "/links/"+holds) || !strings.Contains(page, "Ältere, beendete Verknüpfungen") {
			t.Errorf("%d, %d links are shown", status, shown)
		}
		all, err := o.Links.Of(t.Context(), o.DB, o.Org.ID, one.ID)
		if err != nil || len(all) != 61 {
			t.Errorf("a copy of everything has %d links: %v", len(all), err)
		}
		for _, l := range []link.Link{all[0], all[len(all)-1]} {
			if status, page := visit(t, o, admin, "/links/"+l.ID.String()); status != http.StatusOK || !strings.Contains(page, l.Reason) {
				t.Errorf("the page of a link: %d", status)
			}
		}
	})
}

// endedLinks adds links like one that came to nothing.
func endedLinks(ctx context.Context, o *apptest.Office, tx store.Tx, like link.Link, n int) error {
	if _, err := tx.Exec(ctx, "UPDATE person_link SET state = 'undone', ended_at = 1 WHERE org_id = ?", o.Org.ID); err != nil {
		return err
	}
	for range n {
		l, err := o.Links.Join(ctx, tx, o.Org.ID, like.Stays, like.Goes, knownFrom, like.By)
		if err != nil {
			return err
		}
		if _, err := o.Links.Undo(ctx, tx, o.Org.ID, l.ID, like.By); err != nil {
			return err
		}
	}
	_, err := tx.Exec(ctx, "UPDATE person_link SET state = ?, ended_at = 0 WHERE org_id = ? AND id = ?", string(like.State), o.Org.ID, like.ID)
	return err
}

// TestAConversationIsKeptAsOneOfAFew ways, and a form that names another changes
// nothing.
func TestAConversationIsKeptAsOneOfAFew(t *testing.T) {
	apptest.Each(t, func(t *testing.T, o *apptest.Office) {
		admin := o.SignIn(t, user.Admin)
		_, _, threads := twins(t, o)
		for as, want := range map[string]int{"letter": http.StatusOK, "nonsense": http.StatusUnprocessableEntity} {
			if status, _ := submit(t, o, admin, "/inbox/"+threads[0]+"/keep", url.Values{"as": {as}}); status != want {
				t.Errorf("kept as %s: %d, want %d", as, status, want)
			}
		}
		if n := o.Count(t, "conversation", "keep_as = 'letter'"); n != 1 {
			t.Errorf("%d conversations are kept", n)
		}
	})
}
