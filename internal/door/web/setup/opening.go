package setup

import (
	"context"
	"crypto/rand"
	"strings"
	"sync/atomic"

	"einklang/internal/account/org"
	"einklang/internal/engine/store"
)

// Opening knows whether the assistant is open, and the code that opens it.
type Opening struct {
	db      *store.DB
	orgs    *org.Registry
	code    string
	founded atomic.Bool // there is an organisation
}

// NewOpening makes an Opening with a code of its own: 80 bits in letters and
// digits that are easy to type.
func NewOpening(db *store.DB, orgs *org.Registry) *Opening {
	text := strings.ToLower(rand.Text()[:16])
	return &Opening{db: db, orgs: orgs, code: text[:4] + "-" + text[4:8] + "-" + text[8:12] + "-" + text[12:]}
}

// Code opens the assistant; empty once there is an organisation.
func (o *Opening) Code(ctx context.Context) string {
	if !o.Fresh(ctx) {
		return ""
	}
	return o.code
}

// Fresh reports whether there is no organisation yet. Once there is one, the
// database is not asked any more.
func (o *Opening) Fresh(ctx context.Context) bool {
	if o.founded.Load() {
		return false
	}
	none, err := o.orgs.None(ctx, o.db)
	if err == nil && !none {
		o.founded.Store(true)
	}
	return err == nil && none
}
