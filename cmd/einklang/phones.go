package main

import (
	"crypto/tls"
	"fmt"

	"einklang/internal/phones/device"
)

// phonesConfig is how company phones are managed from outside; every part may
// be left out.
type phonesConfig struct {
	AndroidEnterprise string `json:"android_enterprise"`       // "enterprises/LC…"
	AndroidKeyFile    string `json:"android_key_file"`         // JSON key of its service account
	CertificateFile   string `json:"profile_certificate_file"` // PEM: signs configuration profiles
	KeyFile           string `json:"profile_key_file"`         // PEM
}

func (c phonesConfig) read() (device.Fleet, error) {
	p := device.Fleet{AndroidEnterprise: c.AndroidEnterprise}
	if c.AndroidEnterprise != "" {
		key, err := secretFile(c.AndroidKeyFile)
		if err != nil {
			return p, err
		}
		p.AndroidKey = []byte(key)
	}
	if c.CertificateFile != "" {
		pair, err := tls.LoadX509KeyPair(c.CertificateFile, c.KeyFile)
		if err != nil {
			return p, fmt.Errorf("the certificate that signs configuration profiles cannot be read: check profile_certificate_file and profile_key_file (%w)", err)
		}
		p.Sign = &pair
	}
	return p, nil
}
