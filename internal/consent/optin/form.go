package optin

import (
	"context"
	"crypto/subtle"
	"encoding/hex"
	"strconv"
	"strings"
	"time"

	"einklang/internal/engine/store"
	"einklang/internal/rule/id"
)

// How long a form must have been open before it is believed that a person
// filled it in, and how long it may have been.
const (
	formAtLeast = 2 * time.Second
	formAtMost  = 24 * time.Hour
)

// FormStamp says when a form was handed out, so that a machine that posts at
// once is told from a person. Nothing is stored for it.
func (q *Requests) FormStamp(ctx context.Context, r store.Reader, org id.Org) (string, error) {
	at := strconv.FormatInt(q.desk.now().Unix(), 36)
	mac, err := q.stampMAC(ctx, r, org, at)
	return at + "." + mac, err
}

func (q *Requests) stampMAC(ctx context.Context, r store.Reader, org id.Org, at string) (string, error) {
	keys, err := q.desk.vault.Org(ctx, r, org)
	if err != nil {
		return "", err
	}
	h := keys.Lookup("optin.form", at)
	return hex.EncodeToString(h[:12]), nil
}

// FormFilled reports whether a form with this stamp was open for a believable
// time, and if not, whether it only came too early: then the same stamp will
// do a moment later.
func (q *Requests) FormFilled(ctx context.Context, r store.Reader, org id.Org, stamp string) (filled, early bool, err error) {
	at, mac, _ := strings.Cut(stamp, ".")
	seconds, err := strconv.ParseInt(at, 36, 64)
	if err != nil {
		return false, false, nil //nolint:nilerr // no stamp, or a made-up one
	}
	want, err := q.stampMAC(ctx, r, org, at)
	if err != nil || subtle.ConstantTimeCompare([]byte(want), []byte(mac)) != 1 {
		return false, false, err
	}
	open := q.desk.now().Sub(time.Unix(seconds, 0))
	return open >= formAtLeast && open <= formAtMost, open < formAtLeast, nil
}
