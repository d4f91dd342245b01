package main

import (
	"context"
	"fmt"
	"os"

	"einklang/internal/account/audit"
	"einklang/internal/app/house"
	"einklang/internal/door/console"
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

func (c archiveExport) Run(ctx context.Context) error { return c.on(ctx, c) }

func (c archiveExport) writes() string { return c.Out }

func (c archiveExport) act(ctx context.Context, s console.Streams, r *house.Rooms) error {
	o, err := find(ctx, r, c.Org)
	if err != nil {
		return err
	}
	de, _, err := i18n.Load()
	if err != nil {
		return err
	}
	a, err := r.All()
	if err != nil {
		return err
	}
	act := r.Accounts().Audit.Command(o.ID, audit.ArchiveExported)
	if err := a.DB.Write(ctx, act.Begin); err != nil {
		return err
	}
	return a.Letters.Archive(ctx, s.File, o, id.Account{}, de, act)
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
