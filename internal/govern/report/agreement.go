package report

import (
	"context"
	"errors"
	"fmt"
	"time"

	"einklang/internal/engine/store"
	"einklang/internal/engine/vault"
	"einklang/internal/rule/id"
)

// AgreementMost bounds a filed agreement, in bytes.
const AgreementMost = 10 << 20

// The errors of filing an agreement.
var (
	ErrAgreementFile = errors.New("an agreement must be a file of at most 10 MB")
	ErrNoAgreement   = errors.New("no such agreement is filed")
)

const (
	agreementName    = "agreement.name"
	agreementContent = "agreement.content"
)

// Agreements files what staff and the company have agreed on figures about few
// people (BetrVG §87(1) no. 6), as a document, sealed under the organisation's
// key. Nothing filed is changed: another text is another file.
type Agreements struct {
	vault *vault.Vault
	ids   *id.Source
	now   func() time.Time
}

// NewAgreements makes Agreements.
func NewAgreements(v *vault.Vault, ids *id.Source, now func() time.Time) *Agreements {
	return &Agreements{v, ids, now}
}

// File files an agreement.
func (a *Agreements) File(ctx context.Context, tx store.Tx, org id.Org, name string, content []byte) (id.File, error) {
	if len(content) == 0 || len(content) > AgreementMost {
		return id.File{}, ErrAgreementFile
	}
	ring, err := a.ring(ctx, tx, org)
	if err != nil {
		return id.File{}, err
	}
	at := id.File(a.ids.New())
	if _, err := tx.Exec(ctx, "INSERT INTO agreement_file (org_id, id, detail, content, at) VALUES (?, ?, ?, ?, ?)",
		org, at, ring.Seal(agreementName, at, []byte(name)), ring.Seal(agreementContent, at, content), store.Micros(a.now())); err != nil {
		return at, fmt.Errorf("file an agreement: %w", err)
	}
	return at, nil
}

// Open reads a filed agreement.
func (a *Agreements) Open(ctx context.Context, r store.Reader, org id.Org, file id.File) (name string, content []byte, err error) {
	var detail, sealed []byte
	err = r.QueryRow(ctx, "SELECT detail, content FROM agreement_file WHERE org_id = ? AND id = ?", org, file).Scan(&detail, &sealed)
	if errors.Is(err, store.ErrNoRows) {
		return "", nil, ErrNoAgreement
	}
	if err != nil {
		return "", nil, fmt.Errorf("read an agreement: %w", err)
	}
	ring, err := a.ring(ctx, r, org)
	if err != nil {
		return "", nil, err
	}
	plain, err := ring.Open(agreementName, file, detail)
	if err != nil {
		return "", nil, fmt.Errorf("open an agreement: %w", err)
	}
	content, err = ring.Open(agreementContent, file, sealed)
	return string(plain), content, err
}

func (a *Agreements) ring(ctx context.Context, r store.Reader, org id.Org) (*vault.Keyring, error) {
	keys, err := a.vault.Org(ctx, r, org)
	if err != nil {
		return nil, err
	}
	return keys.Keyring(ctx, r, org)
}
