package main

import (
	"context"
	"errors"
	"fmt"
	"os"

	"einklang/internal/app"
	"einklang/internal/rights/letters"
	"einklang/internal/rule/i18n"
	"einklang/internal/rule/id"
)

type archiveCommand struct {
	Export archiveExport `cmd:"" help:"Write all commercial letters and vouchers of an organisation into a file."`
	Verify archiveVerify `cmd:"" help:"Check a file, offline: every change is found."`
}

type archiveExport struct {
	installation
	Org string `required:"" help:"Short name of the organisation."`
	Out string `arg:"" help:"File to write; it must not exist yet."`
}

func (c archiveExport) Run(ctx context.Context) error {
	return c.with(ctx, func(a *app.App) error {
		o, err := a.Orgs.BySlug(ctx, a.DB, c.Org)
		if err != nil {
			return err
		}
		de, _, err := i18n.Load()
		if err != nil {
			return err
		}
		f, err := os.OpenFile(c.Out, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
		if err != nil {
			return fmt.Errorf("the archive cannot be written: %w", err)
		}
		return errors.Join(a.Letters.Archive(ctx, f, o, id.ID{}, de), f.Sync(), f.Close())
	})
}

type archiveVerify struct {
	File string `arg:"" help:"The archive."`
	Kept string `help:"The last link, as it was kept elsewhere, such as in the evidence log." placeholder:"LINK"`
}

func (c archiveVerify) Run() error {
	f, err := os.Open(c.File)
	if err != nil {
		return fmt.Errorf("the archive cannot be read: %w", err)
	}
	defer func() { _ = f.Close() }()
	info, err := f.Stat()
	if err != nil {
		return err
	}
	n, last, err := letters.Verify(f, info.Size(), c.Kept)
	if err != nil {
		return fmt.Errorf("NOT VERIFIED: %w", err)
	}
	fmt.Printf("verified: %d entries\nlast link %s\n", n, last)
	return nil
}
