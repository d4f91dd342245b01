package seal

import (
	"bytes"
	"context"
	"crypto"
	"crypto/sha256"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/digitorus/pkcs7"
	"github.com/digitorus/timestamp"

	"einklang/internal/engine/egress"
	"einklang/internal/rule/place"
)

// Authority stamps a hash with the time (RFC 3161). It learns the hash of a
// checkpoint and nothing else.
type Authority struct {
	URL       string // https://…
	Recipient string // company that runs it; empty: the name of the server
	Country   string // where it runs: DE
	Mechanism place.Mechanism
	Roots     *x509.CertPool // that its certificate must follow from; nil: the machine's

	Client *http.Client // of package egress
}

// Destination is the authority's name at the gate of package egress.
const Destination = "timestamp"

// Check fills in what goes without saying, and refuses an authority outside the
// EEA that no footing covers.
func (a *Authority) Check() error {
	u, err := url.Parse(a.URL)
	if err != nil || u.Host == "" || u.Scheme != "https" && u.Scheme != "http" {
		return errors.New("seals: timestamp.url is no address: want one such as https://timestamp.example.org")
	}
	if a.Mechanism == "" {
		a.Mechanism = place.NotNeeded
	}
	if a.Country = strings.ToUpper(a.Country); !place.Lawful(a.Country, a.Mechanism) {
		return fmt.Errorf("seals: timestamp is declared to run in %q on the footing %q: name a country of the EU or EEA, or a footing that holds there", a.Country, a.Mechanism)
	}
	if a.Recipient == "" {
		a.Recipient = u.Host
	}
	return nil
}

// Outside is the authority as package egress lets it be reached.
func (a *Authority) Outside() egress.Destination {
	return egress.Destination{Name: Destination, Allow: []string{a.URL}, Recipient: a.Recipient, Country: a.Country, Mechanism: string(a.Mechanism), DataCategories: []string{"hashes of the evidence log"}}
}

const (
	askWithin = 30 * time.Second
	tokenMost = 64 << 10
)

// Stamp asks for a stamp on a text, and looks whether it proves it.
func (a *Authority) Stamp(ctx context.Context, text []byte) ([]byte, error) {
	ctx, cancel := context.WithTimeout(ctx, askWithin)
	defer cancel()
	query, err := timestamp.CreateRequest(bytes.NewReader(text), &timestamp.RequestOptions{Hash: crypto.SHA256, Certificates: true})
	if err != nil {
		return nil, fmt.Errorf("ask for a time stamp: %w", err)
	}
	r, err := http.NewRequestWithContext(ctx, http.MethodPost, a.URL, bytes.NewReader(query))
	if err != nil {
		return nil, err
	}
	r.Header.Set("Content-Type", "application/timestamp-query")
	response, err := a.Client.Do(r)
	if err != nil {
		return nil, fmt.Errorf("ask for a time stamp: %w", err)
	}
	defer func() { _ = response.Body.Close() }()
	answer, err := io.ReadAll(io.LimitReader(response.Body, tokenMost+1))
	switch {
	case err != nil:
		return nil, fmt.Errorf("read a time stamp: %w", err)
	case response.StatusCode != http.StatusOK:
		return nil, fmt.Errorf("the time stamp authority answers %d", response.StatusCode)
	case len(answer) > tokenMost:
		return nil, errors.New("the time stamp authority answers with too much")
	}
	if _, err := a.Read(answer, text); err != nil {
		return nil, err
	}
	return answer, nil
}

// Stamped is what a stamp proves.
type Stamped struct {
	At time.Time // when the text was there at the latest
	By string    // who says so
}

// Read reads a stamp, as the authority answered it, and looks whether it is on a
// text and from an authority that the roots vouch for.
func (a *Authority) Read(answer, text []byte) (Stamped, error) {
	t, err := timestamp.ParseResponse(answer)
	if err != nil {
		return Stamped{}, fmt.Errorf("a time stamp cannot be read: %w", err)
	}
	if hash := sha256.Sum256(text); t.HashAlgorithm != crypto.SHA256 || !bytes.Equal(t.HashedMessage, hash[:]) {
		return Stamped{}, errors.New("a time stamp is on something else")
	}
	p7, err := pkcs7.Parse(t.RawToken)
	if err != nil {
		return Stamped{}, fmt.Errorf("a time stamp cannot be read: %w", err)
	}
	signer := p7.GetOnlySigner()
	if signer == nil {
		return Stamped{}, errors.New("a time stamp is not signed by one authority")
	}
	roots := a.Roots
	if roots == nil {
		if roots, err = x509.SystemCertPool(); err != nil {
			return Stamped{}, fmt.Errorf("the machine's certificates cannot be read: %w", err)
		}
	}
	between := x509.NewCertPool()
	for _, c := range p7.Certificates {
		between.AddCert(c)
	}
	if err := p7.VerifyWithOpts(x509.VerifyOptions{Roots: roots, Intermediates: between, CurrentTime: t.Time, KeyUsages: []x509.ExtKeyUsage{x509.ExtKeyUsageTimeStamping}}); err != nil {
		return Stamped{}, fmt.Errorf("nobody vouches for a time stamp: %w", err)
	}
	return Stamped{At: t.Time, By: signer.Subject.CommonName}, nil
}
