// Package stamptest is an authority for time stamps (RFC 3161) on this machine.
package stamptest

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/asn1"
	"io"
	"math/big"
	"net/http"
	"net/http/httptest"
	"testing"
	"time"

	"github.com/digitorus/timestamp"
)

// Authority stamps what it is asked to.
type Authority struct {
	URL   string
	Roots *x509.CertPool // that vouch for it
	Down  bool           // it answers 503
}

// New starts an authority by a clock.
func New(tb testing.TB, now func() time.Time) *Authority {
	tb.Helper()
	root, rootKey := certificate(tb, "Beispiel-Wurzel", nil, nil)
	own, key := certificate(tb, "Beispiel-Zeitstempel", root, rootKey)
	a := &Authority{Roots: x509.NewCertPool()}
	a.Roots.AddCert(root)
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if a.Down {
			http.Error(w, "out of service", http.StatusServiceUnavailable)
			return
		}
		answer, err := stamp(r, now(), own, key)
		if err != nil {
			http.Error(w, err.Error(), http.StatusBadRequest)
			return
		}
		w.Header().Set("Content-Type", "application/timestamp-reply")
		_, _ = w.Write(answer)
	}))
	tb.Cleanup(server.Close)
	a.URL = server.URL
	return a
}

func stamp(r *http.Request, at time.Time, own *x509.Certificate, key crypto.Signer) ([]byte, error) {
	query, err := io.ReadAll(r.Body)
	if err != nil {
		return nil, err
	}
	asked, err := timestamp.ParseRequest(query)
	if err != nil {
		return nil, err
	}
	t := timestamp.Timestamp{HashAlgorithm: asked.HashAlgorithm, HashedMessage: asked.HashedMessage, Time: at, Nonce: asked.Nonce,
		Policy: asn1.ObjectIdentifier{1, 3, 6, 1, 4, 1, 99999, 1}, SerialNumber: big.NewInt(at.UnixNano()), AddTSACertificate: true}
	return t.CreateResponseWithOpts(own, key, crypto.SHA256)
}

// certificate makes a certificate that another vouches for; nil: it vouches for
// itself.
func certificate(tb testing.TB, name string, by *x509.Certificate, byKey *ecdsa.PrivateKey) (*x509.Certificate, *ecdsa.PrivateKey) {
	tb.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		tb.Fatal(err)
	}
	c := &x509.Certificate{SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: name}, NotBefore: time.Unix(0, 0), NotAfter: time.Date(2200, 1, 1, 0, 0, 0, 0, time.UTC), BasicConstraintsValid: true}
	if by == nil {
		c.IsCA, c.KeyUsage = true, x509.KeyUsageCertSign
		by, byKey = c, key
	} else {
		c.SerialNumber, c.KeyUsage, c.ExtKeyUsage = big.NewInt(2), x509.KeyUsageDigitalSignature, []x509.ExtKeyUsage{x509.ExtKeyUsageTimeStamping}
	}
	der, err := x509.CreateCertificate(rand.Reader, c, by, &key.PublicKey, byKey)
	if err != nil {
		tb.Fatal(err)
	}
	made, err := x509.ParseCertificate(der)
	if err != nil {
		tb.Fatal(err)
	}
	return made, key
}
