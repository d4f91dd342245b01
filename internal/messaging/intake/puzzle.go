package intake

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"einklang/internal/engine/cloudapi"
	"einklang/internal/engine/store"
	"einklang/internal/engine/vault"
	"einklang/internal/rule/id"
	"einklang/internal/rule/pii"
)

// What of a webhook was not understood is applied as far as it goes, and the
// webhook is kept: the admin sees which kinds there are, and a version that
// knows more of them reads them again.

// kindsMost is how many kinds are noted of one payload.
const kindsMost = 20

// puzzled notes a kind of thing that was not understood, once.
func (p *payload) puzzled(kind string) {
	if kind != "" && len(p.kinds) < kindsMost && !slices.Contains(p.kinds, kind) {
		p.kinds = append(p.kinds, kind)
	}
}

// lines are kinds as they are stored.
func lines(kinds []string) string {
	return strings.Join(slices.Sorted(slices.Values(kinds)), "\n")
}

// onlyNew leaves of the events of a payload that was applied before those that
// may be applied twice, and those of fields that were unknown then.
func (p *payload) onlyNew(kinds string) {
	p.events = slices.DeleteFunc(p.events, func(e event) bool {
		switch what := e.what.(type) {
		case *cloudapi.IncomingMessage:
			return what.Content.System != nil
		case *cloudapi.Echo, *cloudapi.CallEvent, *cloudapi.Status:
			return false
		case *cloudapi.AccountUpdate: // of an event that was unknown then
			return !slices.ContainsFunc(strings.Split(kinds, "\n"), func(kind string) bool { return strings.EqualFold(kind, "account_update "+what.Event) })
		}
		return !slices.Contains(strings.Split(kinds, "\n"), "field "+e.what.Where().Field)
	})
}

// Kind is a kind of thing that was not understood: "field x", "message x",
// "status x", "member x.y", "unreadable x", or "cannot be applied".
type Kind struct {
	Name        string
	N           int64
	First, Last time.Time
	Example     id.Webhook // the newest
}

// Kinds lists what was not understood of the webhooks that are kept, the newest
// first.
func (in *Intake) Kinds(ctx context.Context, org id.Org) ([]Kind, error) {
	type row struct {
		kinds       string
		n           int64
		first, last int64
	}
	rows, err := store.Collect(ctx, in.DB, func(r store.Row) (got row, err error) {
		return got, r.Scan(&got.kinds, &got.n, &got.first, &got.last)
	}, "SELECT kinds, COUNT(*), MIN(received_at), MAX(received_at) FROM payload WHERE org_id = ? AND kinds <> '' GROUP BY kinds", org)
	if err != nil {
		return nil, fmt.Errorf("list what was not understood: %w", err)
	}
	found := map[string]*Kind{}
	for _, r := range rows {
		var example id.Webhook
		if err := in.DB.QueryRow(ctx, "SELECT id FROM payload WHERE org_id = ? AND kinds = ? ORDER BY id DESC LIMIT 1", org, r.kinds).Scan(&example); err != nil {
			return nil, fmt.Errorf("list what was not understood: %w", err)
		}
		for name := range strings.SplitSeq(r.kinds, "\n") {
			k := found[name]
			if k == nil {
				k = &Kind{Name: name, First: store.Time(r.first)}
				found[name] = k
			}
			k.N += r.n
			if at := store.Time(r.first); at.Before(k.First) {
				k.First = at
			}
			if at := store.Time(r.last); at.After(k.Last) {
				k.Last, k.Example = at, example
			}
		}
	}
	all := make([]Kind, 0, len(found))
	for _, k := range slices.SortedFunc(maps.Values(found), func(a, b *Kind) int { return b.Last.Compare(a.Last) }) {
		all = append(all, *k)
	}
	return all, nil
}

// ErrNoPayload is returned for a webhook that is not kept, or not any more.
var ErrNoPayload = errors.New("this webhook is not kept")

// Raw is a webhook that was not understood, with what is personal masked.
type Raw struct {
	pii.Personal
	Received time.Time
	Kinds    []string
	Text     string
	Person   id.Person // whose it is; zero: of several, or of nobody
}

// Masked shows a webhook that was not understood as its form: names of members
// and words of Meta's, without what people wrote or who they are.
func (in *Intake) Masked(ctx context.Context, org id.Org, at id.Webhook) (Raw, error) {
	var owner id.ID
	var kinds string
	var sealed []byte
	var received int64
	err := in.DB.QueryRow(ctx, "SELECT owner_id, kinds, sealed, received_at FROM payload WHERE org_id = ? AND id = ? AND kinds <> ''", org, at).Scan(&owner, &kinds, &sealed, &received)
	if errors.Is(err, store.ErrNoRows) {
		return Raw{}, ErrNoPayload
	}
	if err != nil {
		return Raw{}, fmt.Errorf("read a payload: %w", err)
	}
	keys, err := in.Vault.Org(ctx, in.DB, org)
	if err != nil {
		return Raw{}, err
	}
	ring, err := keys.Keyring(ctx, in.DB, owner)
	if errors.Is(err, vault.ErrDestroyed) {
		return Raw{}, ErrNoPayload
	}
	if err != nil {
		return Raw{}, err
	}
	body, err := ring.Open(payloadContext, at, sealed)
	if err != nil {
		return Raw{}, fmt.Errorf("open a payload: %w", err)
	}
	raw := Raw{Received: store.Time(received), Kinds: strings.Split(kinds, "\n"), Text: masked(body)}
	if owner != id.ID(org) && owner != id.ID(at) {
		raw.Person = id.Person(owner)
	}
	return raw, nil
}

// masked is JSON without the values that may be about a person.
func masked(body []byte) string {
	value, ok := parsed(body)
	if !ok {
		return ""
	}
	var text bytes.Buffer
	e := json.NewEncoder(&text)
	e.SetEscapeHTML(false)
	e.SetIndent("", "  ")
	if e.Encode(mask("", value)) != nil {
		return ""
	}
	return text.String()
}

// ofMeta are the members whose values are Meta's words, never a person's.
var ofMeta = []string{"object", "field", "type", "event", "status", "category", "direction", "messaging_product", "response", "response_source", "sdp_type",
	"origin", "media_type", "source_type", "recipient_type", "mime_type", "code", "error_subcode", "pricing_model"}

// mask keeps words of Meta's, true, false and null. Of the rest it says only
// what form it has.
func mask(name string, value any) any {
	switch v := value.(type) {
	case map[string]any:
		shown := make(map[string]any, len(v))
		for i, key := range slices.Sorted(maps.Keys(v)) {
			one := mask(key, v[key])
			if strings.Trim(key, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ_-0") != "" {
				key = "‹name " + fmt.Sprint(i+1) + "›" // somebody's number may stand for a name
			}
			shown[key] = one
		}
		return shown
	case []any:
		for i, one := range v {
			v[i] = mask(name, one)
		}
	case json.Number:
		if !slices.Contains(ofMeta, name) {
			return "‹number, " + fmt.Sprint(len(v)) + "›"
		}
	case string:
		if !slices.Contains(ofMeta, name) || strings.Trim(v, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ_/-.;= 0123456789") != "" || len(v) > 60 {
			return "‹text, " + fmt.Sprint(utf8.RuneCountInString(v)) + "›"
		}
	}
	return value
}
