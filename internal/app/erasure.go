package app

import (
	"context"
	"encoding/json"
	"errors"
	"time"

	"einklang/internal/engine/cloudapi"
	"einklang/internal/engine/store"
	"einklang/internal/person/contact"
	"einklang/internal/rights/erasure"
	"einklang/internal/rule/id"
)

// erasures puts together what an erasure has to do. A capability that keeps
// something about people adds its part here.
func (a *App) erasures() {
	a.Erasure = erasure.New(erasure.Parts{DB: a.DB, Vault: a.Vault, IDs: a.IDs, Now: a.Config.Now, Log: a.Config.Log, People: burial{a}, Ledger: a.Log,
		Held: a.Holds.Held,
		Places: []erasure.Part{
			{Name: "queue", Forget: a.Outbox.Erase},
			{Name: "files", Forget: a.Shelf.Erase, Count: a.Shelf.CountOf},
			{Name: "messages", Forget: a.Threads.Erase, Count: a.Threads.CountOf},
			{Name: "drafts", Forget: erasure.Whole(a.Drafts.Forget)},
			{Name: "webhooks", Forget: erasure.Whole(a.Intake.Erase)},
			{Name: "consents", Forget: erasure.Whole(a.Consents.Erase), Count: a.Consents.CountOf},
			{Name: "pictures", Forget: erasure.Whole(a.Portraits.Forget)},
			{Name: "attributes", Forget: erasure.Whole(a.Attributes.Forget), Count: a.Attributes.CountOf},
			{Name: "books", Forget: erasure.Whole(a.Books.Forget)},
			{Name: "work", Forget: erasure.Whole(a.Work.Forget)},
			{Name: "notices", Forget: erasure.Whole(a.Notices.Erase)},
			{Name: "parcels", Forget: erasure.Whole(a.eraseParcels)},
			{Name: "visits", Forget: erasure.Whole(a.Visits.End)},
			{Name: "mails", Forget: erasure.Whole(a.Mails.Forget)},
			{Name: "imports", Forget: erasure.Whole(a.eraseImports)},
		},
		Mentions: []erasure.Mentions{
			{Name: "webhooks", Forget: func(ctx context.Context, tx store.Tx, org id.ID, who erasure.Identity, after id.ID) (int64, id.ID, error) {
				return a.Intake.EraseMentions(ctx, tx, org, marks(who), after)
			}},
			{Name: "early", Forget: func(ctx context.Context, tx store.Tx, org id.ID, who erasure.Identity, after id.ID) (int64, id.ID, error) {
				return a.Threads.EraseEarly(ctx, tx, org, marks(who), after)
			}},
		},
		Duties:     []erasure.Duty{{Name: "consent_proof", Count: a.consentProof, Items: a.consentProofItems}},
		Recipients: a.erasureRecipients,
	})
}

// marks are the strings by which a person is named in what Meta sends.
func marks(who erasure.Identity) []string {
	return append(append([]string(nil), who.Phones...), who.BSUIDs...)
}

// burial is the book of people as an erasure sees it.
type burial struct{ a *App }

func (b burial) Settle(ctx context.Context, r store.Reader, org, person id.ID) (erasure.Identity, error) {
	k, err := b.a.People.Get(ctx, r, org, person)
	if errors.Is(err, contact.ErrNotFound) {
		return erasure.Identity{}, erasure.ErrNobody
	}
	if err != nil {
		return erasure.Identity{}, err
	}
	who := erasure.Identity{Contact: k.ID}
	for _, phone := range append([]string{k.Profile.Phone}, k.Profile.FormerPhones...) {
		if phone != "" {
			who.Phones = append(who.Phones, phone)
		}
	}
	for _, user := range append([]string{k.Profile.BSUID, k.Profile.ParentBSUID}, k.Profile.FormerBSUIDs...) {
		if user != "" {
			who.BSUIDs = append(who.BSUIDs, user)
		}
	}
	return who, nil
}

func (b burial) Freeze(ctx context.Context, tx store.Tx, org, person id.ID) error {
	if err := b.a.People.Freeze(ctx, tx, org, person); err != nil {
		if errors.Is(err, contact.ErrNotFound) {
			return erasure.ErrNobody
		}
		return err
	}
	return b.a.Outbox.Cancel(ctx, tx, org, person)
}

func (b burial) Bury(ctx context.Context, tx store.Tx, org, person id.ID) ([]erasure.Handle, error) {
	found, err := b.a.People.Bury(ctx, tx, org, person)
	handles := make([]erasure.Handle, len(found))
	for i, h := range found {
		handles[i] = erasure.Handle(h)
	}
	return handles, err
}

// What proves a consent is kept until claims from it are barred: three years
// from the end of the year in which it was last used (BGB §§195, 199), but at
// least five years where it allowed advertising (UWG §7a(2)). The courts want
// the advertiser to prove it (GDPR Art. 7(1), 17(3)(e)).
var consentKinds = []string{"consent.", "opt_", "optin."}

const consentProofYears = 5

func (a *App) consentProof(ctx context.Context, r store.Reader, org, person id.ID) (int64, time.Time, error) {
	n, last, err := a.Log.CountKinds(ctx, r, org, person, consentKinds)
	if err != nil || n == 0 {
		return 0, time.Time{}, err
	}
	return n + 1, time.Date(store.Time(last).Year()+1+consentProofYears, 1, 1, 0, 0, 0, 0, time.UTC), nil
}

const proofBite = 500

// consentProofItems hands over the opened leaves, and first of all who it was.
// The place is the index of the next leaf.
func (a *App) consentProofItems(ctx context.Context, r store.Reader, org, person, after id.ID) ([]erasure.Item, id.ID, error) {
	var items []erasure.Item
	from := indexOf(after)
	if from == 0 {
		who, err := burial{a}.Settle(ctx, r, org, person)
		if err != nil {
			return nil, id.ID{}, err
		}
		clear, err := json.Marshal(who)
		if err != nil {
			return nil, id.ID{}, err
		}
		items = append(items, erasure.Item{ID: person, Clear: clear})
	}
	openings, next, more, err := a.Log.Openings(ctx, r, org, person, consentKinds, from, proofBite)
	if err != nil {
		return nil, id.ID{}, err
	}
	for _, o := range openings {
		clear, err := json.Marshal(o)
		if err != nil {
			return nil, id.ID{}, err
		}
		items = append(items, erasure.Item{ID: o.ID, Clear: clear})
	}
	if !more {
		return items, id.ID{}, nil
	}
	return items, placeOf(next), nil
}

// placeOf and indexOf carry an index in an id, which is what a place is.
func placeOf(index int64) (at id.ID) {
	for i := range 8 {
		at[15-i] = byte(index >> (8 * i)) //nolint:gosec // one byte at a time
	}
	return at
}

func indexOf(at id.ID) (index int64) {
	for _, b := range at[8:] {
		index = index<<8 | int64(b)
	}
	return index
}

// erasureRecipients are those to whom an organisation has given data about its
// people: Meta, with a contact book for each number.
func (a *App) erasureRecipients(ctx context.Context, r store.Reader, org id.ID) ([]erasure.Recipient, error) {
	channels, err := a.Orgs.Channels(ctx, r, org)
	if err != nil {
		return nil, err
	}
	all := a.backupRecipients()
	for _, c := range channels {
		all = append(all, erasure.Recipient{Name: "WhatsApp, " + c.DisplayNumber, Tell: func(ctx context.Context, _ id.ID, who erasure.Identity) (erasure.Answer, error) {
			if len(who.BSUIDs) == 0 {
				return erasure.Answer{State: erasure.Told, Code: "no_entry"}, nil // the book is kept by user id
			}
			token, err := a.Orgs.Token(ctx, a.DB, c)
			if err != nil {
				return erasure.Answer{}, err
			}
			return contactBookAnswer(a.Client.Number(c.PhoneNumberID, token).DeleteContactBookEntry(ctx, who.BSUIDs[0]))
		}})
	}
	return all, nil
}

// contactBookAnswer reads what Meta said. What it refuses for good is not asked
// again.
func contactBookAnswer(deleted bool, err error) (erasure.Answer, error) {
	var refused *cloudapi.Error
	switch {
	case err == nil && deleted:
		return erasure.Answer{State: erasure.Told, Code: "deleted"}, nil
	case err == nil:
		return erasure.Answer{State: erasure.Told, Code: "no_entry"}, nil
	case errors.As(err, &refused) && (refused.Class() == cloudapi.ClassParameter || refused.Class() == cloudapi.ClassPermanent):
		return erasure.Answer{State: erasure.Refused, Code: refused.Class().String()}, nil
	default:
		return erasure.Answer{}, err
	}
}
