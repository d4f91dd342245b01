package api

import (
	"context"
	"errors"
	"net/http"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"einklang/internal/account/audit"
	"einklang/internal/account/token"
	"einklang/internal/consent/optin"
	"einklang/internal/engine/store"
	"einklang/internal/rule/id"
	"einklang/internal/rule/pii"
)

// Sale is something that a person bought, by which advertising for similar goods
// may be lawful without consent (UWG §7(3)).
type Sale struct {
	pii.Personal
	ID       string     `json:"id"`
	Product  string     `json:"product"`
	Goods    string     `json:"similar_goods"`
	SoldAt   time.Time  `json:"sold_at"`
	EndedAt  *time.Time `json:"ended_at,omitempty" doc:"She withdrew or objected, or a colleague ended it."`
	Facts    []SaleFact `json:"facts"`
	Missing  []string   `json:"missing" doc:"Facts that nobody has confirmed: with one missing nothing rests on the sale."`
	OneVoice bool       `json:"one_voice" doc:"One and the same confirmed everything; where the organisation asks for two pairs of eyes, nothing rests on it."`
}

// SaleFact is what somebody confirmed about a sale.
type SaleFact struct {
	pii.Personal
	Fact string    `json:"fact" doc:"bought, number, informed, similar."`
	At   time.Time `json:"at"`
	By   string    `json:"by" doc:"The account, or the program's token."`
}

type saleInput struct {
	ID   string `path:"id"`
	Body struct {
		Product  string    `json:"product" minLength:"1" maxLength:"200" doc:"What she bought."`
		SoldAt   time.Time `json:"sold_at"`
		Goods    string    `json:"similar_goods" minLength:"1" maxLength:"200" doc:"The own similar goods or services for which she may be told."`
		Number   bool      `json:"number_with_sale,omitempty" doc:"Her number was obtained from her in connection with this sale."`
		Informed bool      `json:"informed,omitempty" doc:"When it was obtained she was told clearly that she can object at any time, at no more than basic rates."`
		Similar  bool      `json:"only_similar_goods,omitempty" doc:"Advertised are only own similar goods or services."`
	}
}

type saleOutput struct {
	pii.Personal
	Body Sale
}

// sales are what a program may record of purchases.
func (s *server) sales(api huma.API) {
	shows(s, api, huma.Operation{OperationID: "list-sales", Method: http.MethodGet, Path: "/api/v1/contacts/{id}/sales", Summary: "Read what a person bought, as far as advertising may rest on it", Tags: []string{"consents"}}, token.ReadConsents, audit.Reads("consent.viewed").Of(audit.Contact),
		func(ctx context.Context, in *struct {
			ID    string `path:"id"`
			Limit int    `query:"limit" default:"50" minimum:"1" maximum:"200"`
			After string `query:"after"`
		}) (*pageOutput[Sale], error) {
			k, err := s.known(ctx, in.ID)
			if err != nil {
				return nil, err
			}
			after, err := cursor(in.After)
			if err != nil {
				return nil, err
			}
			all, more, err := s.Consents.SalesPage(ctx, s.DB, k.Org, k, in.Limit, after)
			out := &pageOutput[Sale]{Page[Sale]{Items: make([]Sale, len(all))}}
			for i, one := range all {
				out.Body.Items[i] = showSale(one)
			}
			if more {
				next := all[len(all)-1].ID.String()
				out.Body.Next = &next
			}
			return out, err
		})
	operation(s, api, huma.Operation{OperationID: "record-sale", Method: http.MethodPost, Path: "/api/v1/contacts/{id}/sales", DefaultStatus: http.StatusCreated, Summary: "Record a sale by which advertising for similar goods may be lawful", Tags: []string{"consents"},
		Description: "Nothing rests on it unless all four facts are confirmed and the organisation has turned the exception of UWG §7(3) on with a reason. A withdrawal or objection ends it."}, token.WriteConsents, audit.Changes("sale.recorded").Of(audit.Contact), s.recordSale)
	operation(s, api, huma.Operation{OperationID: "end-sale", Method: http.MethodDelete, Path: "/api/v1/contacts/{id}/sales/{sale}", DefaultStatus: http.StatusNoContent, Summary: "End what rests on a sale", Tags: []string{"consents"}}, token.WriteConsents, audit.Changes("sale.recorded").Of(audit.Contact),
		func(ctx context.Context, act *audit.Act, in *struct {
			ID   string `path:"id"`
			Sale string `path:"sale"`
		}) (*struct{}, error) {
			k, err := s.known(ctx, in.ID)
			if err != nil {
				return nil, err
			}
			sale, err := parseID[id.Sale](in.Sale)
			if err != nil {
				return nil, err
			}
			err = act.Write(ctx, func(ctx context.Context, tx store.Tx) error {
				return s.Consents.EndSale(ctx, tx, k.Org, k, sale, optin.Said{Program: who(ctx).token.ID})
			})
			return nil, explainSale(err)
		})
}

func (s *server) recordSale(ctx context.Context, act *audit.Act, in *saleInput) (*saleOutput, error) {
	k, err := s.known(ctx, in.ID)
	if err != nil {
		return nil, err
	}
	facts := []optin.Fact{optin.Bought}
	for f, said := range map[optin.Fact]bool{optin.Number: in.Body.Number, optin.Informed: in.Body.Informed, optin.Similar: in.Body.Similar} {
		if said {
			facts = append(facts, f)
		}
	}
	var made id.Sale
	err = act.Write(ctx, func(ctx context.Context, tx store.Tx) (err error) {
		made, err = s.Consents.RecordSale(ctx, tx, k.Org, k, optin.Sale{Product: in.Body.Product, Goods: in.Body.Goods, Sold: in.Body.SoldAt}, facts, optin.Said{Program: who(ctx).token.ID})
		return err
	})
	if err != nil {
		return nil, explainSale(err)
	}
	one, err := s.Consents.Sale(ctx, s.DB, k.Org, k, made)
	if err != nil {
		return nil, err
	}
	return &saleOutput{Body: showSale(one)}, nil
}

func showSale(one optin.Sale) Sale {
	row := Sale{ID: one.ID.String(), Product: one.Product, Goods: one.Goods, SoldAt: one.Sold, OneVoice: one.OneVoice(), Facts: []SaleFact{}, Missing: []string{}}
	if !one.Ended.IsZero() {
		row.EndedAt = &one.Ended
	}
	for _, f := range one.Facts {
		by := "account " + f.Staff.String()
		if f.Staff.IsZero() {
			by = "program " + f.Program.String()
		}
		row.Facts = append(row.Facts, SaleFact{Fact: string(f.Fact), At: f.At, By: by})
	}
	for _, f := range one.Missing() {
		row.Missing = append(row.Missing, string(f))
	}
	return row
}

func explainSale(err error) error {
	switch {
	case errors.Is(err, optin.ErrNoSale):
		return problem(http.StatusNotFound, "not_found", "There is no such sale, or it has ended.")
	case errors.Is(err, optin.ErrNoProduct):
		return problem(http.StatusUnprocessableEntity, "product", optin.ErrNoProduct.Error())
	case errors.Is(err, optin.ErrFuture):
		return problem(http.StatusUnprocessableEntity, "sold_at", "A sale cannot be in the future.")
	default:
		return explainConsent(err)
	}
}
