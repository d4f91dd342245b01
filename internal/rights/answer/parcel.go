package answer

import (
	"context"
	"errors"
	"io"

	"einklang/internal/account/org"
	"einklang/internal/engine/blob"
	"einklang/internal/engine/store"
	"einklang/internal/person/chat"
	"einklang/internal/rights/access"
	"einklang/internal/rights/cases"
	"einklang/internal/rule/i18n"
	"einklang/internal/rule/id"
)

// parcelMost bounds a package, with all files of a person, in bytes.
const parcelMost = 8 << 30

// Prepare makes the package of a case and lays it ready, sealed under a key of
// its own that is destroyed when its time is over.
func (x *Answers) Prepare(ctx context.Context, w store.Writer, o org.Org, p *chat.Known, c cases.Case, by id.Account, texts *i18n.Catalogue) (cases.Parcel, error) {
	kind := access.Access
	if c.Kind == cases.Portability {
		kind = access.Portability
	}
	begun := x.Now()
	reader, writer := io.Pipe()
	go func() { _ = writer.CloseWithError(x.Package(ctx, writer, o.ID, p, kind, texts)) }()
	defer func() { _ = reader.Close() }()
	file := id.Parcel(x.IDs.New())
	if _, err := x.Box.Put(ctx, o.ID, file, texts.T("package.file")+".zip", reader, parcelMost); err != nil {
		return cases.Parcel{}, err
	}
	var made cases.Parcel
	err := w.Write(ctx, func(ctx context.Context, tx store.Tx) (err error) {
		made, err = x.Cases.Ready(ctx, tx, c, file, begun, by)
		return err
	})
	return made, err
}

// Parcel opens a package that lies ready; [cases.ErrNotFound] if its time is
// over.
func (x *Answers) Parcel(ctx context.Context, org id.Org, parcel id.Parcel) (io.Reader, error) {
	f, err := x.Box.Open(ctx, org, parcel)
	if errors.Is(err, blob.ErrNotFound) {
		return nil, cases.ErrNotFound
	}
	if err != nil {
		return nil, err
	}
	return f.Reader(ctx), nil
}
