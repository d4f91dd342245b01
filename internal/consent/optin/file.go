package optin

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"net/http"
	"slices"

	"einklang/internal/engine/store"
	"einklang/internal/engine/vault"
	"einklang/internal/person/chat"
	"einklang/internal/rule/id"
	"einklang/internal/rule/pii"
)

// File is a photo or scan that proves a consent, sealed under the person's key.
type File struct {
	pii.Personal
	ID   id.File
	Name string
	Type string
	Size int
	Hash string // SHA-256 in hex, part of the evidence
	Data []byte
}

// The errors of files.
var (
	ErrNoFile   = errors.New("there is no such file")
	ErrFileKind = errors.New("a proof is a picture (JPEG, PNG, WebP) or a PDF document")
	ErrFileSize = errors.New("a proof may have at most 10 MB")
)

const (
	// MostFile is how large a proof may be, in bytes.
	MostFile    = 10 << 20
	fileChunk   = 256 << 10
	fileContext = "consent.file"
	nameContext = "consent.file.name"
)

// SaveFile stores a proof. What it is, its first bytes say, not its name.
func (d *Consents) SaveFile(ctx context.Context, tx store.Tx, org id.Org, p *chat.Known, name string, data []byte) (File, error) {
	kind := http.DetectContentType(data)
	switch {
	case p.Keys == nil:
		return File{}, ErrErased
	case len(data) > MostFile:
		return File{}, ErrFileSize
	case !slices.Contains([]string{"image/jpeg", "image/png", "image/webp", "application/pdf"}, kind):
		return File{}, ErrFileKind
	}
	sum := sha256.Sum256(data)
	f := File{ID: id.File(d.ids.New()), Name: name, Type: kind, Size: len(data), Hash: hex.EncodeToString(sum[:])}
	if _, err := tx.Exec(ctx, "INSERT INTO consent_file (org_id, id, contact_id, mime_type, size, name, created_at) VALUES (?, ?, ?, ?, ?, ?, ?)",
		org, f.ID, p.ID, kind, int64(f.Size), p.Keys.Seal(nameContext, f.ID, []byte(name)), store.Micros(d.now())); err != nil {
		return File{}, fmt.Errorf("store a proof: %w", err)
	}
	var rows [][]any
	for n := 0; n*fileChunk < len(data); n++ {
		part := data[n*fileChunk : min((n+1)*fileChunk, len(data))]
		last := (n+1)*fileChunk >= len(data)
		rows = append(rows, []any{org, f.ID, int64(n), p.Keys.Seal(fileContext, vault.ChunkRow(f.ID, n, last), part)})
	}
	if err := tx.InsertMany(ctx, store.Insert{Into: "consent_file_chunk (org_id, file_id, n, sealed)"}, rows); err != nil {
		return File{}, fmt.Errorf("store a proof: %w", err)
	}
	return f, nil
}

// OpenFile reads a proof about a person.
func (d *Consents) OpenFile(ctx context.Context, r store.Reader, org id.Org, p *chat.Known, file id.File) (File, error) {
	if p.Keys == nil {
		return File{}, ErrNoFile
	}
	f := File{ID: file}
	var name []byte
	var size int64
	err := r.QueryRow(ctx, "SELECT mime_type, size, name FROM consent_file WHERE org_id = ? AND id = ? AND contact_id = ?", org, file, p.ID).Scan(&f.Type, &size, &name)
	if errors.Is(err, store.ErrNoRows) {
		return File{}, ErrNoFile
	}
	if err != nil {
		return File{}, err
	}
	f.Size = int(size)
	plain, err := p.Keys.Open(nameContext, file, name)
	if err != nil {
		return File{}, fmt.Errorf("open a proof: %w", err)
	}
	f.Name = string(plain)
	chunks, err := store.Collect(ctx, r, func(row store.Row) ([]byte, error) {
		var sealed []byte
		return sealed, row.Scan(&sealed)
	}, "SELECT sealed FROM consent_file_chunk WHERE org_id = ? AND file_id = ? ORDER BY n", org, file)
	if err != nil {
		return File{}, err
	}
	for n, sealed := range chunks {
		part, err := p.Keys.Open(fileContext, vault.ChunkRow(file, n, n == len(chunks)-1), sealed)
		if err != nil {
			return File{}, fmt.Errorf("open a proof: %w", err)
		}
		f.Data = append(f.Data, part...)
	}
	sum := sha256.Sum256(f.Data)
	f.Hash = hex.EncodeToString(sum[:])
	return f, nil
}
