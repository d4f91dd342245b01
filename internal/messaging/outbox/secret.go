package outbox

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"time"
	"unicode/utf8"

	"einklang/internal/engine/cloudapi"
	"einklang/internal/engine/store"
	"einklang/internal/engine/vault"
	"einklang/internal/person/chat"
	"einklang/internal/rule/id"
	"einklang/internal/rule/pii"
	"einklang/internal/rule/wire"
)

// Secret is what only the person may read: a message with a one-time code or a
// link. The conversation, the search, exports and programs get the Content of
// the Draft, which has a mark in its place. The secret lies in the queue, sealed
// under a key of its own that no backup holds and that is destroyed when the
// call returned; after Until it does not leave any more. A secret that is lost is
// asked for again.
type Secret struct {
	pii.Personal
	Content cloudapi.Content
	Until   time.Time
}

// codeLife is how long a code of the company's own is tried (Cloud API:
// authentication templates live ten minutes unless they say otherwise).
const codeLife = 10 * time.Minute

// reasonSecretOver is why a message with a secret was given up: its time was
// over before it could leave.
const reasonSecretOver = "secret_over"

const secretContext = "outbox.secret"

// Say fills in a text for the person.
func (d Draft) Say(w chat.Words) Draft {
	d.Content = text(w.Text)
	if w.Shown != "" {
		d.Content, d.Secret = text(w.Shown), &Secret{Content: text(w.Text), Until: w.Until}
	}
	return d
}

func text(body string) cloudapi.Content {
	return cloudapi.Content{Type: cloudapi.TypeText, Text: &cloudapi.Text{Body: body}}
}

// hide makes a secret of what carries a code, whoever sends it: what fills in a
// template of the category authentication (Cloud API: these carry one-time
// codes), or a text of that category.
func (o *Outbox) hide(d *Draft, locale string) error {
	if d.Secret != nil {
		return nil
	}
	mark, secret := o.Hidden(locale), &Secret{Content: d.Content, Until: o.Now().Add(codeLife)}
	switch {
	case d.Content.Template != nil:
		if err := short(*d.Content.Template); err != nil {
			return err
		}
		d.Secret, d.Content.Template = secret, masked(*d.Content.Template, mark)
	case d.Content.Text != nil:
		d.Secret, d.Content = secret, text(mark)
	default:
		return &cloudapi.ContentError{Field: "category", Problem: "a one-time code goes out as a template or as a text, so that nobody else reads it"}
	}
	return nil
}

// short checks the codes that fill in a template (Cloud API, 132018).
func short(t cloudapi.Template) error {
	for i, c := range t.Components {
		for k, p := range c.Parameters {
			if utf8.RuneCountInString(p.Text) > wire.LongestCode {
				return &cloudapi.ContentError{Field: fmt.Sprintf("template.components[%d].parameters[%d].text", i, k), Kind: wire.Length, Most: wire.LongestCode,
					Problem: fmt.Sprintf("has more than %d characters, the most that a one-time code has", wire.LongestCode)}
			}
		}
	}
	return nil
}

// masked is a template with a mark in place of what fills it in.
func masked(hidden cloudapi.Template, mark string) *cloudapi.Template {
	hidden.Components = slices.Clone(hidden.Components)
	for i, c := range hidden.Components {
		hidden.Components[i].Parameters = slices.Clone(c.Parameters)
		for k := range c.Parameters {
			p := &hidden.Components[i].Parameters[k]
			if p.Text != "" {
				p.Text = mark
			}
			if p.Payload != "" {
				p.Payload = mark
			}
			if p.CouponCode != "" {
				p.CouponCode = mark
			}
			if p.Currency != nil {
				p.Currency = &cloudapi.Currency{FallbackValue: mark, Code: p.Currency.Code}
			}
			if p.DateTime != nil {
				p.DateTime = &cloudapi.DateTime{FallbackValue: mark}
			}
		}
	}
	return &hidden
}

// sealSecret is a secret as it lies in the queue; nil if there is none.
func (o *Outbox) sealSecret(ctx context.Context, tx store.Tx, orgID id.Org, message id.Message, s *Secret) (sealed []byte, until int64, err error) {
	if s == nil {
		return nil, 0, nil
	}
	plain, err := json.Marshal(s.Content)
	if err != nil {
		return nil, 0, err
	}
	keys, err := o.Vault.Org(ctx, tx, orgID)
	if err != nil {
		return nil, 0, err
	}
	ring, err := keys.Fleeting(ctx, tx, message, s.Until)
	if err != nil {
		return nil, 0, err
	}
	return ring.Seal(secretContext, message, plain), store.Micros(s.Until), nil
}

// reveal opens the secret of a message that is to leave; false if it must not
// leave any more: its time is over, or its key is gone.
func (o *Outbox) reveal(ctx context.Context, r store.Reader, orgID id.Org, w *waiting, now time.Time) (bool, error) {
	switch {
	case w.until == 0:
		return true, nil
	case w.secret == nil, !now.Before(store.Time(w.until)):
		return false, nil
	}
	keys, err := o.Vault.Org(ctx, r, orgID)
	if err != nil {
		return false, err
	}
	ring, err := keys.OfRow(ctx, r, w.id)
	if errors.Is(err, vault.ErrDestroyed) {
		return false, nil
	}
	if err != nil {
		return false, err
	}
	plain, err := ring.Open(secretContext, w.id, w.secret)
	if errors.Is(err, vault.ErrDestroyed) {
		return false, nil // an earlier program sealed it otherwise
	}
	if err != nil {
		return false, fmt.Errorf("open a secret: %w", err)
	}
	w.said = new(cloudapi.Content)
	return true, json.Unmarshal(plain, w.said)
}

// destroySecret destroys the key of a secret that is not needed any more.
func (w waiting) destroySecret(ctx context.Context, tx store.Tx, orgID id.Org) error {
	if w.until == 0 {
		return nil
	}
	return vault.DestroyFleeting(ctx, tx, orgID, w.id)
}

// expireSecrets deletes codes and links whose time is over, though their
// messages still wait. Their keys go with the vault's own.
func (o *Outbox) expireSecrets(ctx context.Context, tx store.Tx, orgID id.Org, now time.Time) error {
	_, err := tx.Exec(ctx, "UPDATE outbox SET secret = NULL WHERE org_id = ? AND secret_until <> 0 AND secret_until <= ?", orgID, store.Micros(now))
	return err
}
