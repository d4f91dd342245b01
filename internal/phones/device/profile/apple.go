// Package profile writes the files that set a phone up: Apple's configuration
// profile with the account of the address book and restrictions, and the policy
// of Android Enterprise. What they cannot enforce is in the check list.
package profile

import (
	"crypto"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"net/url"
	"strconv"

	"github.com/smallstep/pkcs7"
	"howett.net/plist"

	"einklang/internal/phones/device"
	"einklang/internal/rule/pii"
)

// Account is where a device finds its address book, and with what it signs in.
type Account struct {
	pii.Personal
	PublicURL string // address of the installation, https://…
	Company   string // name of the organisation
	Path      string // of the device's own tree, /carddav/…/
	Login     string
	Password  string
}

// AppleType is the media type of a configuration profile.
const AppleType = "application/x-apple-aspen-config"

// Apple writes a configuration profile (Apple Platform Deployment: "CardDAV",
// "Restrictions"): the account, and the restrictions that keep people apart.
// Restrictions that need supervision are left out on a device without it,
// because there they would do nothing but look as if.
func Apple(d device.Device, a Account) ([]byte, error) {
	account, err := appleAccount(d, a)
	if err != nil {
		return nil, err
	}
	text, err := plist.MarshalIndent(map[string]any{
		"PayloadType":         "Configuration",
		"PayloadVersion":      1,
		"PayloadIdentifier":   "de.einklang." + d.ID.String(),
		"PayloadUUID":         d.ID.String(),
		"PayloadDisplayName":  "Einklang: " + a.Company,
		"PayloadDescription":  "Adressbuch nur mit Kontakten, die WhatsApp zugestimmt haben. Address book of people who agreed to WhatsApp.",
		"PayloadOrganization": a.Company,
		"PayloadContent":      []any{account, appleRestrictions(d)},
	}, plist.XMLFormat, "\t")
	if err != nil {
		return nil, fmt.Errorf("write a configuration profile: %w", err)
	}
	return text, nil
}

func appleAccount(d device.Device, a Account) (map[string]any, error) {
	u, err := url.Parse(a.PublicURL)
	if err != nil || u.Hostname() == "" {
		return nil, fmt.Errorf("the public address %q cannot be read", a.PublicURL)
	}
	secure, port := u.Scheme == "https", 80
	if secure {
		port = 443
	}
	if u.Port() != "" {
		if port, err = strconv.Atoi(u.Port()); err != nil {
			return nil, fmt.Errorf("the port of the public address %q cannot be read", a.PublicURL)
		}
	}
	return map[string]any{
		"PayloadType":               "com.apple.carddav.account",
		"PayloadVersion":            1,
		"PayloadIdentifier":         "de.einklang." + d.ID.String() + ".carddav",
		"PayloadUUID":               part(d, 1),
		"PayloadDisplayName":        "Einklang",
		"CardDAVAccountDescription": a.Company,
		"CardDAVHostName":           u.Hostname(),
		"CardDAVPort":               port,
		"CardDAVUseSSL":             secure,
		"CardDAVPrincipalURL":       a.Path,
		"CardDAVUsername":           a.Login,
		"CardDAVPassword":           a.Password,
	}, nil
}

// appleRestrictions are those of privacy.md §7 (S5, S13, S15).
func appleRestrictions(d device.Device) map[string]any {
	r := map[string]any{
		"PayloadType":        "com.apple.applicationaccess",
		"PayloadVersion":     1,
		"PayloadIdentifier":  "de.einklang." + d.ID.String() + ".restrictions",
		"PayloadUUID":        part(d, 2),
		"PayloadDisplayName": "Einklang",
		// Managed contacts stay apart from private ones.
		"allowOpenFromManagedToUnmanaged":      false,
		"allowManagedToWriteUnmanagedContacts": false,
		"allowUnmanagedToReadManagedContacts":  false,
		"allowCloudPhotoLibrary":               false,
	}
	if d.Management == device.Supervised {
		r["allowCloudBackup"] = false
	}
	return r
}

// part is a stable identifier of a part of a device's profile: installing it
// again replaces it.
func part(d device.Device, n byte) string {
	i := d.ID
	i[15] ^= n
	return i.String()
}

// Sign signs a profile (CMS SignedData), so that phones show it as verified.
func Sign(text []byte, with tls.Certificate) ([]byte, error) {
	key, ok := with.PrivateKey.(crypto.Signer)
	if !ok || len(with.Certificate) == 0 {
		return nil, errors.New("sign a configuration profile: the certificate has no key")
	}
	chain := make([]*x509.Certificate, len(with.Certificate))
	for i, raw := range with.Certificate {
		var err error
		if chain[i], err = x509.ParseCertificate(raw); err != nil {
			return nil, fmt.Errorf("sign a configuration profile: %w", err)
		}
	}
	signed, err := pkcs7.NewSignedData(text)
	if err != nil {
		return nil, fmt.Errorf("sign a configuration profile: %w", err)
	}
	signed.SetDigestAlgorithm(pkcs7.OIDDigestAlgorithmSHA256)
	if err := signed.AddSignerChain(chain[0], key, chain[1:], pkcs7.SignerInfoConfig{}); err != nil {
		return nil, fmt.Errorf("sign a configuration profile: %w", err)
	}
	return signed.Finish()
}
