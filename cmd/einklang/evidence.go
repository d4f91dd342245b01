package main

import (
	"archive/zip"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path"
	"strings"

	"einklang/internal/account/audit"
	"einklang/internal/app/house"
	"einklang/internal/door/console"
	"einklang/internal/engine/evidence"
	"einklang/internal/rule/id"
)

type evidenceCommand struct {
	Verify evidenceVerify `cmd:"" help:"Verify an export, offline."`
	Export evidenceExport `cmd:"" help:"Export an organisation's evidence log."`
}

type evidenceVerify struct {
	File string `arg:"" help:"The export, or the proof about a person (also as the ZIP file that the pages hand out)."`
	Key  string `help:"Public key that must have signed it."`
	Kept string `help:"File with checkpoints that were kept elsewhere, such as saved mails: a log that was cut or forked since then does not fit them." placeholder:"FILE"`
}

func (c evidenceVerify) Run() error {
	report, err := verifyEvidence(c.File, c.Key, c.Kept)
	if err != nil {
		return err
	}
	fmt.Printf("verified: %s\n%d leaves, %d of them opened and fitting, %d signed checkpoints\nsigned by %s\n", report.Log, report.Leaves, report.Opened, report.Checkpoints, report.Key)
	if report.Kept == 0 {
		fmt.Println("NOT COMPARED with a seal that was kept elsewhere: an older copy of the whole log would pass. Name the mails or files that hold seals with --kept.")
	} else {
		fmt.Printf("compared with %d seals that were kept elsewhere\n", report.Kept)
	}
	if c.Key == "" {
		fmt.Println("NOT COMPARED with a key that you know: a log that was made anew with another key would pass. Name the key with --key.")
	}
	return nil
}

type evidenceExport struct {
	installation
	Org     string `required:"" help:"Short name of the organisation."`
	Contact string `help:"Open only the records of this person (id)."`
	Closed  bool   `help:"Open no records: only leaves and checkpoints."`
	Out     string `arg:"" help:"File to write."`
}

func (c evidenceExport) Run(ctx context.Context) error { return c.on(ctx, c) }

func (c evidenceExport) writes() string { return c.Out }

func (c evidenceExport) act(ctx context.Context, s console.Streams, r *house.Rooms) error {
	var owner id.ID
	if c.Contact != "" {
		var err error
		if owner, err = id.Parse[id.ID](c.Contact); err != nil {
			return err
		}
	}
	o, err := find(ctx, r, c.Org)
	if err != nil {
		return err
	}
	return r.Engine().Log.Export(ctx, r.Engine().DB, o.ID, s.File, evidence.Opened{Owner: owner, Closed: c.Closed}, r.Accounts().Audit.Command(o.ID, audit.EvidenceExported))
}

// verifyEvidence verifies an export or a proof; a ZIP archive as the pages hand
// it out holds one.
func verifyEvidence(file, key, kept string) (evidence.Report, error) {
	var checkpoints []string
	if kept != "" {
		text, err := os.ReadFile(kept) //nolint:gosec // the file the operator named
		if err != nil {
			return evidence.Report{}, fmt.Errorf("the kept checkpoints cannot be read: %w", err)
		}
		if checkpoints = evidence.ReadCheckpoints(string(text)); len(checkpoints) == 0 {
			return evidence.Report{}, fmt.Errorf("%s holds no signed checkpoint: save the mail as text and name that file", kept)
		}
	}
	f, err := os.Open(file) //nolint:gosec // the file the operator named
	if err != nil {
		return evidence.Report{}, fmt.Errorf("the export cannot be opened: %w", err)
	}
	defer func() { _ = f.Close() }()
	inside, err := unpacked(f)
	if err != nil {
		return evidence.Report{}, err
	}
	defer func() { _ = inside.Close() }()
	report, err := evidence.Verify(inside, key, checkpoints...)
	if err != nil {
		return report, fmt.Errorf("NOT VERIFIED: %w", err)
	}
	return report, nil
}

// unpacked is the proof in a ZIP archive, or the file itself.
func unpacked(f *os.File) (io.ReadCloser, error) {
	start := make([]byte, 4)
	if _, err := io.ReadFull(f, start); err != nil && !errors.Is(err, io.ErrUnexpectedEOF) && !errors.Is(err, io.EOF) {
		return nil, err
	}
	if _, err := f.Seek(0, io.SeekStart); err != nil {
		return nil, err
	}
	if string(start) != "PK\x03\x04" {
		return io.NopCloser(f), nil
	}
	info, err := f.Stat()
	if err != nil {
		return nil, err
	}
	z, err := zip.NewReader(f, info.Size())
	if err != nil {
		return nil, fmt.Errorf("the archive cannot be read: %w", err)
	}
	for _, one := range z.File {
		if strings.HasSuffix(path.Base(one.Name), ".jsonl") {
			return one.Open()
		}
	}
	return nil, errors.New("the archive holds no evidence: no file whose name ends in .jsonl")
}
