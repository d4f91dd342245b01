package consent

import (
	"context"
	"net/http"
	"slices"
	"strings"
	"time"

	"einklang/internal/account/org"
	"einklang/internal/account/user"
	"einklang/internal/consent/optin"
	"einklang/internal/door/web/shell"
	"einklang/internal/engine/store"
	"einklang/internal/person/chat"
	"einklang/internal/rule/id"
	"einklang/internal/rule/pii"
)

// saleRow is a sale on the page of a person, with who said what.
type saleRow struct {
	optin.Sale
	Said  []saidRow
	Alone bool // complete by one voice alone, where two are asked for
}

type saidRow struct {
	pii.Personal
	optin.Said
	Who string
}

// salesMost is how many sales the page shows at a time.
const salesMost = 20

// addSales reads what the person bought, if the exception for existing customers is
// on, or something stands there from when it was.
func (s *server) addSales(ctx context.Context, v *shell.Viewer, p *chat.Known, crew []user.Listed, b *personBody) error {
	o, err := s.Orgs.Get(ctx, s.DB, v.Org)
	if err != nil {
		return err
	}
	b.Existing, b.SaleFacts = o.Settings.Existing.On(), optin.SaleFacts()
	all, more, err := s.Consents.SalesPage(ctx, s.DB, v.Org, p, salesMost, b.salesAfter)
	path := "/people/" + p.ID.String() + "/consent"
	if !b.salesAfter.IsZero() {
		b.SalesPaged.First = path + "#sales"
	}
	if more && len(all) > 0 {
		b.SalesPaged.More = path + "?sales=" + all[len(all)-1].ID.String() + "#sales"
	}
	for _, one := range all {
		row := saleRow{Sale: one, Alone: b.FourEyes && len(one.Missing()) == 0 && one.OneVoice()}
		for _, said := range one.Facts {
			who := v.Text.T("sale.program")
			if !said.Staff.IsZero() {
				who = staffName(v, crew, said.Staff)
			}
			row.Said = append(row.Said, saidRow{Said: said, Who: who})
		}
		b.Sales = append(b.Sales, row)
	}
	return err
}

// recordSale keeps what a person bought, and what the colleague says of it.
func (s *server) recordSale(w http.ResponseWriter, r *http.Request, v *shell.Viewer) error {
	p, err := s.whom(r, v)
	if err != nil {
		return err
	}
	sale := optin.Sale{Product: r.PostFormValue("product"), Goods: r.PostFormValue("goods")}
	if sale.Sold, err = time.ParseInLocation(time.DateOnly, r.PostFormValue("sold"), time.UTC); err != nil {
		return s.answer(w, r, v, p, "", errDate)
	}
	facts, err := saleFacts(r)
	if err != nil {
		return err
	}
	err = v.Act.Write(r.Context(), func(ctx context.Context, tx store.Tx) error {
		_, err := s.Consents.RecordSale(ctx, tx, v.Org, p, sale, append(facts, optin.Bought), optin.Said{Staff: v.ID})
		return err
	})
	return s.answer(w, r, v, p, "sale", err)
}

func saleFacts(r *http.Request) ([]optin.Fact, error) {
	var facts []optin.Fact
	for _, f := range r.PostForm["fact"] {
		if !slices.Contains(optin.SaleFacts(), optin.Fact(f)) {
			return nil, &shell.NoSuch{Field: "fact"}
		}
		facts = append(facts, optin.Fact(f))
	}
	return facts, nil
}

// changeSale keeps that facts about a sale are so, or ends it.
func (s *server) changeSale(w http.ResponseWriter, r *http.Request, v *shell.Viewer) error {
	p, err := s.whom(r, v)
	if err != nil {
		return err
	}
	sale, err := pathID[id.Sale](r, "sale")
	if err != nil {
		return err
	}
	facts, err := saleFacts(r)
	if err != nil {
		return err
	}
	err = v.Act.Write(r.Context(), func(ctx context.Context, tx store.Tx) error {
		if r.PostFormValue("end") != "" {
			return s.Consents.EndSale(ctx, tx, v.Org, p, sale, optin.Said{Staff: v.ID})
		}
		return s.Consents.ConfirmSale(ctx, tx, v.Org, p, sale, facts, optin.Said{Staff: v.ID})
	})
	return s.answer(w, r, v, p, "sale", err)
}

// reasonLeast is how much of a reason there must be, in characters.
const reasonLeast = 20

// existing turns the exception for existing customers on, with its reason, or off.
func (s *server) existing(w http.ResponseWriter, r *http.Request, v *shell.Viewer) error {
	reason := strings.TrimSpace(r.PostFormValue("reason"))
	on := r.PostFormValue("on") != ""
	if on && len([]rune(reason)) < reasonLeast {
		return s.showPurposes(w, r, v, http.StatusUnprocessableEntity, purposesBody{Form: optin.Purpose{Months: 24, Offered: true}, Existing: org.Existing{Reason: reason}, ExistingProblem: "sale.setting.noreason"})
	}
	err := v.Act.Write(r.Context(), func(ctx context.Context, tx store.Tx) error {
		o, err := s.Orgs.Get(ctx, tx, v.Org)
		if err != nil {
			return err
		}
		o.Settings.Existing = org.Existing{}
		if on {
			o.Settings.Existing = org.Existing{Reason: reason, By: v.ID, At: v.Now}
		}
		if err := s.Orgs.SaveSettings(ctx, tx, v.Org, o.Settings); err != nil {
			return err
		}
		return s.Consents.ProveException(ctx, tx, v.Org, on, reason, v.ID)
	})
	if err != nil {
		return err
	}
	return back(w, r, "/consent/purposes?done")
}
