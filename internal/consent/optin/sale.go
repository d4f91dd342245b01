package optin

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"einklang/internal/engine/evidence"
	"einklang/internal/engine/store"
	"einklang/internal/person/chat"
	"einklang/internal/rule/gate"
	"einklang/internal/rule/id"
	"einklang/internal/rule/pii"
)

// Fact is one of the conditions under which advertising to an existing customer
// needs no consent (UWG §7(3)).
type Fact string

// The facts; all are needed. That she has not objected, and is told with each
// message that she can, the gate sees to.
const (
	Bought   Fact = "bought"   // she bought this from us, then
	Number   Fact = "number"   // her number was obtained with that sale
	Informed Fact = "informed" // she was told then that she can object at any time
	Similar  Fact = "similar"  // advertised are only our own similar goods
)

// SaleFacts lists them in order.
func SaleFacts() []Fact { return []Fact{Bought, Number, Informed, Similar} }

// Said is who said that a fact is so, and when.
type Said struct {
	Fact    Fact
	Staff   id.Account
	Program id.Program // instead of Staff
	At      time.Time
}

// by is who said it, whoever that was.
func (s Said) by() id.ID {
	if s.Staff.IsZero() {
		return id.ID(s.Program)
	}
	return id.ID(s.Staff)
}

// Sale is something that a person bought.
type Sale struct {
	pii.Personal
	ID      id.Sale
	Product string // what
	Goods   string // the similar goods of ours for which we may advertise
	Sold    time.Time
	Created time.Time
	Ended   time.Time // zero: nobody has ended it
	Lapses  time.Time // as a consent to advertising that is not used; zero: never
	Facts   []Said
}

// Missing are the facts that nobody has said.
func (s Sale) Missing() []Fact {
	return slices.DeleteFunc(SaleFacts(), func(f Fact) bool {
		return slices.ContainsFunc(s.Facts, func(said Said) bool { return said.Fact == f })
	})
}

// OneVoice reports whether one and the same said everything.
func (s Sale) OneVoice() bool {
	return !slices.ContainsFunc(s.Facts, func(said Said) bool { return said.by() != s.Facts[0].by() })
}

// holds reports whether advertising may rest on it at a moment.
func (s Sale) holds(now time.Time, fourEyes bool) bool {
	return s.Ended.IsZero() && len(s.Missing()) == 0 && (!fourEyes || !s.OneVoice()) && (s.Lapses.IsZero() || now.Before(s.Lapses))
}

// The errors of sales.
var (
	ErrNoProduct = errors.New("say what the person bought, when, and for which similar goods she may be told")
	ErrNoSale    = errors.New("there is no such sale, or it has ended")
	ErrNoFact    = errors.New("a fact about a sale is bought, number, informed or similar")
)

const saleContext = "sale.detail"

// saleWords bounds what is said of a sale, in characters.
const saleWords = 200

type saleDetail struct {
	pii.Personal
	Product string `json:"product"`
	Goods   string `json:"goods"`
}

// RecordSale keeps a sale, with the facts that somebody says about it.
func (d *Consents) RecordSale(ctx context.Context, tx store.Tx, org id.Org, p *chat.Known, s Sale, facts []Fact, by Said) (id.Sale, error) {
	s.Product, s.Goods = strings.TrimSpace(s.Product), strings.TrimSpace(s.Goods)
	flags := p.InForce()
	switch {
	case p.Erased || p.Keys == nil:
		return id.Sale{}, ErrErased
	case flags.Objected || flags.OptedOut:
		return id.Sale{}, ErrObjected
	case flags.Minor:
		return id.Sale{}, ErrMinor
	case s.Product == "" || s.Goods == "" || s.Sold.IsZero() || utf8.RuneCountInString(s.Product) > saleWords || utf8.RuneCountInString(s.Goods) > saleWords:
		return id.Sale{}, ErrNoProduct
	case s.Sold.After(d.now()):
		return id.Sale{}, ErrFuture
	}
	text, err := json.Marshal(saleDetail{Product: s.Product, Goods: s.Goods})
	if err != nil {
		return id.Sale{}, err
	}
	at := id.Sale(d.ids.New())
	if _, err := tx.Exec(ctx, "INSERT INTO sale (org_id, id, contact_id, detail, sold_at, created_at, ended_at) VALUES (?, ?, ?, ?, ?, ?, 0)",
		org, at, p.ID, p.Keys.Seal(saleContext, at, text), store.Micros(s.Sold), store.Micros(d.now())); err != nil {
		return at, fmt.Errorf("record a sale: %w", err)
	}
	if err := d.proveSale(ctx, tx, org, p.ID, "recorded", map[string]any{"sale": at.String(), "sold": store.Micros(s.Sold), "product": s.Product, "goods": s.Goods}); err != nil {
		return at, err
	}
	return at, d.ConfirmSale(ctx, tx, org, p, at, facts, by)
}

// ConfirmSale keeps that somebody says that facts about a sale are so. Who said
// it first stays.
func (d *Consents) ConfirmSale(ctx context.Context, tx store.Tx, org id.Org, p *chat.Known, sale id.Sale, facts []Fact, by Said) error {
	if err := d.openSale(ctx, tx, org, p.ID, sale); err != nil {
		return err
	}
	for _, f := range facts {
		if !slices.Contains(SaleFacts(), f) {
			return ErrNoFact
		}
		n, err := tx.Exec(ctx, "INSERT INTO sale_fact (org_id, sale_id, fact, by_id, program, at) VALUES (?, ?, ?, ?, ?, ?) ON CONFLICT DO NOTHING",
			org, sale, string(f), by.by(), !by.Program.IsZero(), store.Micros(d.now()))
		if err != nil {
			return fmt.Errorf("record a fact about a sale: %w", err)
		}
		if n == 0 {
			continue
		}
		if err := d.proveSale(ctx, tx, org, p.ID, "fact", map[string]any{"sale": sale.String(), "fact": string(f), "staff": by.Staff.String(), "program": by.Program.String()}); err != nil {
			return err
		}
	}
	return nil
}

// EndSale ends what rests on a sale because staff say so: it was recorded by
// mistake, say.
func (d *Consents) EndSale(ctx context.Context, tx store.Tx, org id.Org, p *chat.Known, sale id.Sale, by Said) error {
	if err := d.openSale(ctx, tx, org, p.ID, sale); err != nil {
		return err
	}
	if _, err := tx.Exec(ctx, "UPDATE sale SET ended_at = ? WHERE org_id = ? AND id = ?", store.Micros(d.now()), org, sale); err != nil {
		return fmt.Errorf("end a sale: %w", err)
	}
	return d.proveSale(ctx, tx, org, p.ID, "ended", map[string]any{"sale": sale.String(), "staff": by.Staff.String(), "program": by.Program.String()})
}

func (d *Consents) openSale(ctx context.Context, r store.Reader, org id.Org, person id.Person, sale id.Sale) error {
	var one int
	err := r.QueryRow(ctx, "SELECT 1 FROM sale WHERE org_id = ? AND id = ? AND contact_id = ? AND ended_at = 0", org, sale, person).Scan(&one)
	if errors.Is(err, store.ErrNoRows) {
		return ErrNoSale
	}
	return err
}

// endSales ends what rests on a person's sales: she withdrew or objected.
func (d *Consents) endSales(ctx context.Context, tx store.Tx, org id.Org, person id.Person) error {
	n, err := tx.Exec(ctx, "UPDATE sale SET ended_at = ? WHERE org_id = ? AND contact_id = ? AND ended_at = 0", store.Micros(d.now()), org, person)
	if err != nil {
		return fmt.Errorf("end the sales of a person: %w", err)
	}
	if n == 0 {
		return nil
	}
	return d.proveSale(ctx, tx, org, person, "ended", map[string]any{"all": true})
}

func (d *Consents) proveSale(ctx context.Context, tx store.Tx, org id.Org, person id.Person, what string, record map[string]any) error {
	return d.ledger.Append(ctx, tx, org, evidence.Entry{ID: id.Entry(d.ids.New()), Kind: "sale." + what, Owner: id.ID(person), At: d.now(), Record: record})
}

// ProveException proves that staff turned the exception for existing customers on,
// with the reason, or off.
func (d *Consents) ProveException(ctx context.Context, tx store.Tx, org id.Org, on bool, reason string, staff id.Account) error {
	return d.ledger.Append(ctx, tx, org, evidence.Entry{ID: id.Entry(d.ids.New()), Kind: "sale.setting", At: d.now(),
		Record: map[string]any{"on": on, "reason": reason, "staff": staff.String()}})
}

// salePage is how many sales are read at a time where only some are wanted.
const salePage = 50

// SalesPage are some of a person's sales, the newest first, from behind one of
// them on; more says that others follow.
func (d *Consents) SalesPage(ctx context.Context, r store.Reader, org id.Org, p *chat.Known, most int, after id.Cursor) (page []Sale, more bool, err error) {
	which, args := "", []any{org, p.ID}
	if !after.IsZero() {
		which, args = " AND id < ?", append(args, after)
	}
	keys, err := store.Collect(ctx, r, store.One[id.Sale], "SELECT id FROM sale WHERE org_id = ? AND contact_id = ?"+which+" ORDER BY id DESC LIMIT ?", append(args, int64(most)+1)...)
	if err != nil || len(keys) == 0 {
		return nil, false, err
	}
	more, keys = len(keys) > most, keys[:min(most, len(keys))]
	page, err = d.sales(ctx, r, org, p, " AND s.id <= ? AND s.id >= ?", keys[0], keys[len(keys)-1])
	return page, more, err
}

// Sale is one of a person. Errors: ErrNoSale.
func (d *Consents) Sale(ctx context.Context, r store.Reader, org id.Org, p *chat.Known, sale id.Sale) (Sale, error) {
	all, err := d.sales(ctx, r, org, p, " AND s.id = ?", sale)
	if err == nil && len(all) == 0 {
		err = ErrNoSale
	}
	if err != nil {
		return Sale{}, err
	}
	return all[0], nil
}

// Sales are all of a person, the newest first: for a copy of everything.
func (d *Consents) Sales(ctx context.Context, r store.Reader, org id.Org, p *chat.Known) ([]Sale, error) {
	return d.sales(ctx, r, org, p, "")
}

func (d *Consents) sales(ctx context.Context, r store.Reader, org id.Org, p *chat.Known, which string, args ...any) ([]Sale, error) {
	if p.Erased || p.Keys == nil {
		return nil, nil
	}
	var all []Sale
	_, err := store.Collect(ctx, r, func(row store.Row) (struct{}, error) {
		var s Sale
		var said Said
		var sealed []byte
		var sold, created, ended, months, at int64
		var by id.ID
		var program bool
		if err := row.Scan(&s.ID, &sealed, &sold, &created, &ended, &months, &said.Fact, &by, &program, &at); err != nil {
			return struct{}{}, err
		}
		if len(all) == 0 || all[len(all)-1].ID != s.ID {
			plain, err := p.Keys.Open(saleContext, s.ID, sealed)
			var detail saleDetail
			if err == nil {
				err = json.Unmarshal(plain, &detail)
			}
			if err != nil {
				return struct{}{}, fmt.Errorf("open a sale: %w", err)
			}
			s.Product, s.Goods, s.Sold, s.Created, s.Ended = detail.Product, detail.Goods, store.Time(sold), store.Time(created), store.Time(ended)
			if months > 0 {
				s.Lapses = s.Sold.AddDate(0, int(months), 0)
			}
			all = append(all, s)
		}
		if said.Fact == "" {
			return struct{}{}, nil
		}
		said.At, said.Staff = store.Time(at), id.Account(by)
		if program {
			said.Staff, said.Program = id.Account{}, id.Program(by)
		}
		last := &all[len(all)-1]
		last.Facts = append(last.Facts, said)
		return struct{}{}, nil
	}, `SELECT s.id, s.detail, s.sold_at, s.created_at, s.ended_at, COALESCE(p.months, ?), COALESCE(f.fact, ''), f.by_id, COALESCE(f.program, FALSE), COALESCE(f.at, 0)
		FROM sale s LEFT JOIN sale_fact f ON f.org_id = s.org_id AND f.sale_id = s.id LEFT JOIN purpose p ON p.org_id = s.org_id AND p.key = 'marketing'
		WHERE s.org_id = ? AND s.contact_id = ?`+which+` ORDER BY s.id DESC, f.at, f.fact`, append([]any{int64(lifetimeMonths), org, p.ID}, args...)...)
	if err != nil {
		return nil, fmt.Errorf("read the sales of a person: %w", err)
	}
	return all, nil
}

// Customer is what the gate asks about an existing customer: the newest sale on
// which advertising may rest. A sale that is used lasts longer, as a consent does.
func (d *Consents) Customer(ctx context.Context, r store.Reader, org id.Org, p *chat.Known) (gate.ExistingCustomer, error) {
	none := gate.ExistingCustomer{}
	page, more, err := d.SalesPage(ctx, r, org, p, salePage, id.Cursor{})
	if err != nil || len(page) == 0 {
		return none, err
	}
	ways, err := d.Settings(ctx, r, org)
	if err != nil {
		return none, err
	}
	for {
		for _, s := range page {
			if err := d.lengthen(ctx, r, org, p.ID, &s); err != nil {
				return none, err
			}
			if s.holds(d.now(), ways.FourEyes) {
				return gate.ExistingCustomer{Sale: id.ID(s.ID), NumberWithSale: true, SimilarGoods: true, InformedAtCollection: true}, nil
			}
		}
		if !more || len(page) == 0 {
			return none, nil
		}
		if page, more, err = d.SalesPage(ctx, r, org, p, salePage, id.Cursor(page[len(page)-1].ID)); err != nil {
			return none, err
		}
	}
}

// lengthen lets a sale last longer that was used.
func (d *Consents) lengthen(ctx context.Context, r store.Reader, org id.Org, person id.Person, s *Sale) error {
	if d.lastUse == nil || s.Lapses.IsZero() {
		return nil
	}
	used, err := d.lastUse(ctx, r, org, person, id.Consent(s.ID))
	if err != nil {
		return err
	}
	if longer := used.Add(s.Lapses.Sub(s.Sold)); !used.IsZero() && longer.After(s.Lapses) {
		s.Lapses = longer
	}
	return nil
}

// expireSales deletes sales that are proof of nothing any more: three years after
// the end of the year in which they ended or could be used last (BGB §§195, 199),
// as the proof of a consent. One that is still used is kept.
func (d *Consents) expireSales(ctx context.Context, tx store.Tx, org id.Org, now time.Time) error {
	const bite, years = 500, 3
	before := time.Date(now.Year()-years, 1, 1, 0, 0, 0, 0, time.UTC)
	type old struct {
		sale   id.Sale
		person id.Person
		ended  bool
	}
	over, err := store.Collect(ctx, tx, func(row store.Row) (o old, err error) {
		return o, row.Scan(&o.sale, &o.person, &o.ended)
	}, `SELECT s.id, s.contact_id, s.ended_at > 0 FROM sale s WHERE s.org_id = ? AND (s.ended_at > 0 AND s.ended_at < ? OR s.ended_at = 0 AND s.sold_at < ?) LIMIT ?`,
		org, store.Micros(before), store.Micros(before.AddDate(0, -lifetimeMonths, 0)), int64(bite))
	if err != nil {
		return err
	}
	var gone [][]any
	for _, o := range over {
		if !o.ended && d.lastUse != nil {
			used, err := d.lastUse(ctx, tx, org, o.person, id.Consent(o.sale))
			if err != nil {
				return err
			}
			if !used.Before(before) {
				continue
			}
		}
		gone = append(gone, []any{org, o.sale})
	}
	if err := tx.DeleteMany(ctx, store.Delete{From: "sale_fact", Where: "org_id = ? AND sale_id = ?"}, gone); err != nil {
		return err
	}
	return tx.DeleteMany(ctx, store.Delete{From: "sale", Where: "org_id = ? AND id = ?"}, gone)
}
