package calendar

import (
	"archive/zip"
	"bytes"
	"compress/gzip"
	_ "embed"
	"fmt"
	"io"
	"sync"
	"time"
)

//go:generate sh -c "gzip -9nc $(go env GOROOT)/lib/time/zoneinfo.zip > zoneinfo.zip.gz"

// zoneinfo is the time zones of the Go toolchain, as package time/tzdata has
// them, but compressed to a quarter.
//
//go:embed zoneinfo.zip.gz
var zoneinfo []byte

// Zone is the time zone of a name such as Europe/Berlin, on any machine: where
// the system knows no zones, the binary does.
func Zone(name string) (*time.Location, error) {
	zone, err := time.LoadLocation(name)
	if err == nil {
		return zone, nil
	}
	rules, inside := ownRules(name)
	if inside != nil {
		return nil, fmt.Errorf("%w (%w)", err, inside)
	}
	return time.LoadLocationFromTZData(name, rules)
}

// ownRules are the rules of a zone from the binary (RFC 9636).
func ownRules(name string) ([]byte, error) {
	archive, err := unpacked()
	if err != nil {
		return nil, err
	}
	file, err := archive.Open(name)
	if err != nil {
		return nil, err
	}
	defer func() { _ = file.Close() }()
	return io.ReadAll(file)
}

// unpacked takes 400 kB, so only a machine that needs it does it, once.
var unpacked = sync.OnceValues(func() (*zip.Reader, error) {
	r, err := gzip.NewReader(bytes.NewReader(zoneinfo))
	if err != nil {
		return nil, err
	}
	archive, err := io.ReadAll(r)
	if err != nil {
		return nil, err
	}
	return zip.NewReader(bytes.NewReader(archive), int64(len(archive)))
})
