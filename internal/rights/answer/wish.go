package answer

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"einklang/internal/account/org"
	"einklang/internal/engine/store"
	"einklang/internal/person/chat"
	"einklang/internal/rights/cases"
	"einklang/internal/rights/erasure"
	"einklang/internal/rule/i18n"
	"einklang/internal/rule/id"
)

// What a person asks for in the portal and that could harm her if somebody else
// did, is told to her by every way that is proven to be hers: a download, and an
// erasure, which waits so that she can stop it.

// ErrOtherWay is returned where an erasure can be stopped by another proven way
// only than the one by which it was ordered.
var ErrOtherWay = errors.New("an erasure is stopped by another way than it was ordered, where there is one")

// Ways are the ways that are proven to be a person's.
func (x *Answers) Ways(ctx context.Context, r store.Reader, org id.Org, p *chat.Known) (ways []cases.Way, err error) {
	is, err := x.People.Proven(ctx, r, org, p)
	if is.WhatsApp {
		ways = append(ways, cases.ByWhatsApp)
	}
	if is.Email && x.Mails.Configured() {
		ways = append(ways, cases.ByMail)
	}
	return ways, err
}

func (x *Answers) proven(ctx context.Context, r store.Reader, org id.Org, p *chat.Known, way string) (bool, error) {
	ways, err := x.Ways(ctx, r, org, p)
	return slices.Contains(ways, cases.Way(way)), err
}

// announce tells a person by every proven way. The text gets the company, the
// moment, and a link to the portal, which lives as long as there is something to
// see.
func (x *Answers) announce(ctx context.Context, tx store.Tx, o org.Org, p *chat.Known, what string, about cases.Wish) error {
	ways, err := x.Ways(ctx, tx, o.ID, p)
	if err != nil {
		return err
	}
	c := x.textsFor(p)
	at := c.Moment(about.Due)
	for _, way := range ways {
		secret, until, err := x.Visits.Invite(ctx, tx, o.ID, p.ID, way, max(about.Due.Sub(x.Now()), cases.InviteLife))
		if err != nil {
			return err
		}
		words := func(link string) string { return c.T("portal.told."+what, o.Name, at, link) }
		told := chat.Words{Text: words(x.enterLink(o, secret)), Shown: words(c.T("secret.link")), Until: until}
		if _, err := x.Tell(ctx, tx, o.ID, p, string(way), about.Case, c.T("portal.told.subject"), told); err != nil {
			return fmt.Errorf("tell a person what was asked for her: %w", err)
		}
	}
	return nil
}

// Download lets a person fetch a package for a day, and tells her.
func (x *Answers) Download(ctx context.Context, tx store.Tx, o org.Org, p *chat.Known, c cases.Case, kind cases.Kind, way cases.Way) error {
	w := cases.Wish{Case: c.ID, Contact: p.ID, Kind: kind, Way: way, Due: x.Now().Add(cases.DownloadLife)}
	if err := x.Visits.Await(ctx, tx, o.ID, w); err != nil {
		return err
	}
	return x.announce(ctx, tx, o, p, "download", w)
}

// OrderErasure has a person erased after the time that the company allows for
// stopping it. Until then she is restricted (Art. 18), and the clock of her case
// runs. It reports what waits; at once it is done where nothing is to wait.
func (x *Answers) OrderErasure(ctx context.Context, tx store.Tx, o org.Org, p *chat.Known, c cases.Case, way cases.Way) (cases.Wish, error) {
	w, err := x.Visits.Erasing(ctx, tx, o.ID, p.ID)
	if err == nil || !errors.Is(err, cases.ErrNoWish) {
		return w, err
	}
	w = cases.Wish{Case: c.ID, Contact: p.ID, Kind: cases.Erase, Way: way, Due: x.Now().Add(time.Duration(o.Settings.EraseHours) * time.Hour), Restricted: p.Flags.Restricted}
	if o.Settings.EraseHours == 0 {
		return w, x.eraseFor(ctx, tx, o.ID, w)
	}
	if err := x.Visits.Await(ctx, tx, o.ID, w); err != nil {
		return w, err
	}
	if err := x.Restrict(ctx, tx, o.ID, p.ID, true); err != nil {
		return w, err
	}
	return w, x.announce(ctx, tx, o, p, "erase", w)
}

// StopErasure ends an erasure that waits: only she does, in a visit that another
// proven way opened than the one by which it was ordered, where there is one.
func (x *Answers) StopErasure(ctx context.Context, tx store.Tx, o org.Org, p *chat.Known, way cases.Way) error {
	w, err := x.Visits.Erasing(ctx, tx, o.ID, p.ID)
	if err != nil {
		return err
	}
	may, err := x.MayStop(ctx, tx, o.ID, p, w, way)
	if err != nil {
		return err
	}
	if !may {
		return ErrOtherWay
	}
	if err := x.Visits.Settle(ctx, tx, o.ID, w); err != nil {
		return err
	}
	hers, err := x.People.Belonging(ctx, tx, o.ID, p)
	if err != nil {
		return err
	}
	if !w.Restricted && !hers.Mixed { // else the other half may have asked for it
		if err := x.Restrict(ctx, tx, o.ID, p.ID, false); err != nil {
			return err
		}
	}
	if err := x.announce(ctx, tx, o, p, "stopped", w); err != nil {
		return err
	}
	return x.settle(ctx, tx, o.ID, w, cases.Withdrawn)
}

// MayStop reports whether a visit that a way opened may stop an erasure.
func (x *Answers) MayStop(ctx context.Context, r store.Reader, org id.Org, p *chat.Known, w cases.Wish, way cases.Way) (bool, error) {
	ways, err := x.Ways(ctx, r, org, p)
	if err != nil || !slices.Contains(ways, way) {
		return false, err
	}
	other := slices.ContainsFunc(ways, func(one cases.Way) bool { return one != w.Way })
	return way != w.Way || !other, nil
}

// settle closes the case of a wish, unless somebody has.
func (x *Answers) settle(ctx context.Context, tx store.Tx, org id.Org, w cases.Wish, how cases.Outcome) error {
	c, err := x.Cases.Get(ctx, tx, org, w.Case)
	if err != nil {
		return err
	}
	if !c.Identity.Shown() {
		c.Identity = cases.ByCode
	}
	err = x.Cases.Close(ctx, tx, &c, how, id.Account{}, "")
	if errors.Is(err, cases.ErrClosed) {
		err = nil
	}
	return err
}

func (x *Answers) eraseFor(ctx context.Context, tx store.Tx, org id.Org, w cases.Wish) error {
	if _, err := x.Erase(ctx, tx, org, w.Contact, w.Case, id.Account{}, "portal"); err != nil {
		return err
	}
	return x.settle(ctx, tx, org, w, cases.Done)
}

// ErasureEvery is how often it is looked whether an erasure is due.
const ErasureEvery = time.Minute

// EraseDue begins the erasures whose time has come.
func (x *Answers) EraseDue(ctx context.Context, db *store.DB, orgs func(context.Context, store.Reader) ([]id.Org, error)) error {
	all, err := orgs(ctx, db)
	if err != nil {
		return err
	}
	for _, org := range all {
		due, err := x.Visits.ErasuresDue(ctx, db, org)
		if err != nil {
			return err
		}
		for _, w := range due {
			if err := x.eraseOne(ctx, db, org, w); err != nil {
				return fmt.Errorf("erase whom it is time to erase: %w", err)
			}
		}
	}
	return nil
}

// eraseOne erases a person whose time has come. What staff merged into her record
// meanwhile, and what a legal hold keeps, the data protection officer answers: her
// request stays open, and she stays restricted.
func (x *Answers) eraseOne(ctx context.Context, db *store.DB, org id.Org, w cases.Wish) error {
	note := ""
	err := db.Write(ctx, func(ctx context.Context, tx store.Tx) error {
		p, err := x.People.Get(ctx, tx, org, w.Contact)
		if err != nil || p.Erased {
			return errors.Join(err, x.Visits.Settle(ctx, tx, org, w))
		}
		hers, err := x.People.Belonging(ctx, tx, org, p)
		if err != nil {
			return err
		}
		if hers.Mixed {
			note = "case.erase.mixed"
			return errAnswered
		}
		if err := x.Visits.Settle(ctx, tx, org, w); err != nil {
			return err
		}
		return x.eraseFor(ctx, tx, org, w)
	})
	switch {
	case errors.Is(err, erasure.ErrHeld):
		note = "case.erase.held"
	case errors.Is(err, errAnswered):
	case errors.Is(err, cases.ErrNoWish): // another node was faster, or she stopped it
		return nil
	default:
		return err
	}
	return db.Write(ctx, func(ctx context.Context, tx store.Tx) error {
		c, err := x.Cases.Get(ctx, tx, org, w.Case)
		if err != nil {
			return err
		}
		return errors.Join(x.Visits.Settle(ctx, tx, org, w), x.Cases.Note(ctx, tx, c, "note", id.Account{}, x.german().T(note)))
	})
}

// errAnswered undoes an erasure that somebody must look at first.
var errAnswered = errors.New("somebody must look at this first")

// german are the texts of files of cases.
func (x *Answers) german() *i18n.Catalogue { return x.Texts["de"] }
