package app

import (
	"context"
	"errors"
	"io"
	"time"

	"einklang/internal/account/org"
	"einklang/internal/engine/blob"
	"einklang/internal/engine/store"
	"einklang/internal/person/chat"
	"einklang/internal/rights/access"
	"einklang/internal/rights/cases"
	"einklang/internal/rule/i18n"
	"einklang/internal/rule/id"
)

// parcelMost bounds a package, with all files of a person.
const parcelMost = 8 << 30

// Prepare makes the package of a case and lays it ready, sealed under a key of
// its own that is destroyed when its time is over.
func (x rights) Prepare(ctx context.Context, w store.Writer, o org.Org, p *chat.Known, c cases.Case, by id.ID, texts *i18n.Catalogue) (cases.Parcel, error) {
	kind := access.Access
	if c.Kind == cases.Portability {
		kind = access.Portability
	}
	reader, writer := io.Pipe()
	go func() { _ = writer.CloseWithError(x.Package(ctx, writer, o, p, kind, texts)) }()
	defer func() { _ = reader.Close() }()
	file := x.IDs.New()
	if _, err := x.Box.Put(ctx, o.ID, file, texts.T("package.file")+".zip", reader, parcelMost); err != nil {
		return cases.Parcel{}, err
	}
	var made cases.Parcel
	err := w.Write(ctx, func(ctx context.Context, tx store.Tx) (err error) {
		made, err = x.Cases.Ready(ctx, tx, c, file, by)
		return err
	})
	return made, err
}

// Parcel opens a package that lies ready; [privacycase.ErrNotFound] if its time
// is over.
func (x rights) Parcel(ctx context.Context, org, parcel id.ID) (io.Reader, error) {
	f, err := x.Box.Open(ctx, org, parcel)
	if errors.Is(err, blob.ErrNotFound) {
		return nil, cases.ErrNotFound
	}
	if err != nil {
		return nil, err
	}
	return f.Reader(ctx), nil
}

// Prove asks a person to show that a request is hers: she gets a link to the
// portal at what is on file. It reports whether a way was open.
func (x rights) Prove(ctx context.Context, tx store.Tx, o org.Org, p *chat.Known, way string, about id.ID) (bool, error) {
	secret, until, err := x.Visits.Invite(ctx, tx, o.ID, p.ID)
	if err != nil {
		return false, err
	}
	c := x.textsFor(p)
	words := chat.Words{Text: c.T("case.prove.words", o.Name, x.enterLink(o, secret)), Shown: c.T("case.prove.words", o.Name, c.T("secret.link")), Until: until}
	return x.Tell(ctx, tx, o.ID, p, way, about, c.T("case.prove.subject"), words, "")
}

// forgetParcels drops packages whose time is over.
func (a *App) forgetParcels(ctx context.Context, tx store.Tx, org id.ID, _ time.Time) error {
	over, err := a.Cases.ParcelsOver(ctx, tx, org)
	if err != nil {
		return err
	}
	return a.dropParcels(ctx, tx, org, over)
}

// eraseParcels drops the packages of a person.
func (a *App) eraseParcels(ctx context.Context, tx store.Tx, org, person id.ID) error {
	all, err := a.Cases.ParcelsOf(ctx, tx, org, person)
	if err != nil {
		return err
	}
	return a.dropParcels(ctx, tx, org, all)
}

func (a *App) dropParcels(ctx context.Context, tx store.Tx, org id.ID, all []cases.Parcel) error {
	for _, p := range all {
		if err := a.Box.Drop(ctx, tx, org, p.ID); err != nil {
			return err
		}
	}
	return a.Cases.ForgetParcels(ctx, tx, org, all)
}
