package main

import (
	"archive/zip"
	"errors"
	"fmt"
	"io"
	"os"
	"path"
	"strings"

	"einklang/internal/engine/evidence"
)

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
