package main

import (
	"crypto/x509"
	"errors"
	"fmt"
	"os"

	"einklang/internal/app/house"
	"einklang/internal/engine/seal"
	"einklang/internal/rule/place"
)

// sealsConfig says where the seals of the evidence logs are put.
type sealsConfig struct {
	Folder    string           `json:"folder"`
	S3        *s3Config        `json:"s3"`
	Timestamp *timestampConfig `json:"timestamp"`
}

// timestampConfig names an authority for time stamps (RFC 3161).
type timestampConfig struct {
	URL       string          `json:"url"`
	Roots     string          `json:"roots_file"` // PEM; left out: the machine's
	Recipient string          `json:"recipient"`  // the company that runs it
	Country   string          `json:"country"`
	Mechanism place.Mechanism `json:"mechanism"`
}

func (c *sealsConfig) read() (s house.Seals, err error) {
	if c == nil {
		return s, nil
	}
	s.Folder = c.Folder
	if c.S3 != nil {
		if s.S3, err = c.S3.read(); err != nil {
			return s, err
		}
	}
	if c.Timestamp == nil {
		return s, nil
	}
	s.Stamps = &seal.Authority{URL: c.Timestamp.URL, Recipient: c.Timestamp.Recipient, Country: c.Timestamp.Country, Mechanism: c.Timestamp.Mechanism}
	if c.Timestamp.Roots == "" {
		return s, nil
	}
	text, err := os.ReadFile(c.Timestamp.Roots)
	if err != nil {
		return s, fmt.Errorf("the certificates of the time stamp authority cannot be read: %w", err)
	}
	if s.Stamps.Roots = x509.NewCertPool(); !s.Stamps.Roots.AppendCertsFromPEM(text) {
		return s, errors.New("seals: timestamp.roots_file holds no certificate in PEM")
	}
	return s, nil
}
