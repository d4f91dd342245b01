package factor

import (
	"bytes"
	"context"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"net/url"
	"time"

	"github.com/go-webauthn/webauthn/protocol"
	"github.com/go-webauthn/webauthn/webauthn"

	"einklang/internal/engine/store"
	"einklang/internal/rule/id"
	"einklang/internal/rule/pii"
)

// relying is the party to which passkeys belong: the host of the public address.
// Nil: an address without a name has none (WebAuthn §5.1.2).
func relying(site string) *webauthn.WebAuthn {
	at, err := url.Parse(site)
	if err != nil || at.Hostname() == "" || net.ParseIP(at.Hostname()) != nil {
		return nil
	}
	w, err := webauthn.New(&webauthn.Config{RPID: at.Hostname(), RPDisplayName: "Einklang", RPOrigins: []string{at.Scheme + "://" + at.Host},
		AttestationPreference: protocol.PreferNoAttestation,
		AuthenticatorSelection: protocol.AuthenticatorSelection{ResidentKey: protocol.ResidentKeyRequirementRequired,
			RequireResidentKey: protocol.ResidentKeyRequired(), UserVerification: protocol.VerificationRequired}})
	if err != nil {
		return nil
	}
	return w
}

// Passkeys reports whether passkeys can be used at the public address.
func (d *Factors) Passkeys() bool { return d.web != nil }

// holder is an owner as the library sees her. What her device keeps of her is made
// of identifiers.
type holder struct {
	Owner
	records []webauthn.Credential
	of      map[string]id.Factor // by the passkey's own name
}

// WebAuthnID is what a passkey that is found by itself says of its owner.
func (h holder) WebAuthnID() []byte { return append(h.Org[:], h.Account[:]...) }

// WebAuthnName is how her device tells her accounts apart.
func (h holder) WebAuthnName() string { return h.Email }

// WebAuthnDisplayName is what she is called.
func (h holder) WebAuthnDisplayName() string { return h.Name }

// WebAuthnCredentials are her passkeys.
func (h holder) WebAuthnCredentials() []webauthn.Credential { return h.records }

func (d *Factors) holder(ctx context.Context, r store.Reader, o Owner) (holder, error) {
	h := holder{Owner: o, of: map[string]id.Factor{}}
	all, err := d.List(ctx, r, o.Org, o.Account)
	if err != nil {
		return h, err
	}
	for _, f := range all {
		if f.Kind != Passkey {
			continue
		}
		var c webauthn.Credential
		if err := json.Unmarshal(f.secret, &c); err != nil {
			return h, fmt.Errorf("read a passkey: %w", err)
		}
		h.records = append(h.records, c)
		h.of[string(c.ID)] = f.ID
	}
	return h, nil
}

// OfferPasskey makes what a browser needs to make a new passkey.
func (d *Factors) OfferPasskey(ctx context.Context, o Owner) (options any, err error) {
	if d.web == nil {
		return nil, ErrNotFound
	}
	h, err := d.holder(ctx, d.db, o)
	if err != nil {
		return nil, err
	}
	created, session, err := d.web.BeginRegistration(h, webauthn.WithExclusions(webauthn.Credentials(h.records).CredentialDescriptors()))
	if err != nil {
		return nil, fmt.Errorf("offer a passkey: %w", err)
	}
	return created.Response, d.keep(ctx, o, newPasskey, session)
}

// keep keeps a challenge until it is answered.
func (d *Factors) keep(ctx context.Context, o Owner, why purpose, session *webauthn.SessionData) error {
	text, err := json.Marshal(session)
	if err != nil {
		return err
	}
	return d.db.Write(ctx, func(ctx context.Context, tx store.Tx) error { return d.put(ctx, tx, o, why, text) })
}

// AddPasskey takes a new passkey in. Codes are recovery codes, if it is the first
// factor. Errors: ErrWrong, ErrName, ErrMany.
func (d *Factors) AddPasskey(ctx context.Context, tx store.Tx, o Owner, name, answer string) (codes []string, err error) {
	if d.web == nil {
		return nil, ErrNotFound
	}
	text, err := d.take(ctx, tx, o.Org, o.Account, newPasskey)
	if err != nil {
		return nil, err
	}
	var session webauthn.SessionData
	if err := json.Unmarshal(text, &session); err != nil {
		return nil, err
	}
	parsed, err := protocol.ParseCredentialCreationResponseBytes([]byte(answer))
	if err != nil {
		return nil, ErrWrong
	}
	c, err := d.web.CreateCredential(holder{Owner: o}, session, parsed)
	if err != nil {
		return nil, ErrWrong
	}
	c.Attestation = webauthn.CredentialAttestation{} // who made the device is nobody's business
	record, err := json.Marshal(c)
	if err != nil {
		return nil, err
	}
	return d.add(ctx, tx, o, Passkey, name, record, 0)
}

// Ask makes what a browser needs to use one of somebody's passkeys.
// Errors: ErrNotFound: she has none.
func (d *Factors) Ask(ctx context.Context, o Owner) (options any, err error) {
	h, err := d.holder(ctx, d.db, o)
	if err != nil {
		return nil, err
	}
	if d.web == nil || len(h.records) == 0 {
		return nil, ErrNotFound
	}
	asked, session, err := d.web.BeginLogin(h)
	if err != nil {
		return nil, fmt.Errorf("ask for a passkey: %w", err)
	}
	return asked.Response, d.keep(ctx, o, asking, session)
}

// signed checks what a passkey of somebody has signed. Errors: ErrWrong.
func (d *Factors) signed(ctx context.Context, tx store.Tx, o Owner, answer string) error {
	if d.web == nil {
		return ErrWrong
	}
	text, err := d.take(ctx, tx, o.Org, o.Account, asking)
	if err != nil {
		return err
	}
	var session webauthn.SessionData
	if err := json.Unmarshal(text, &session); err != nil {
		return err
	}
	parsed, err := protocol.ParseCredentialRequestResponseBytes([]byte(answer))
	if err != nil {
		return ErrWrong
	}
	h, err := d.holder(ctx, tx, o)
	if err != nil {
		return err
	}
	c, err := d.web.ValidateLogin(h, session, parsed)
	if err != nil {
		return ErrWrong
	}
	return d.used(ctx, tx, h, c)
}

// used writes the use of a passkey down. One whose counter went back was copied.
func (d *Factors) used(ctx context.Context, tx store.Tx, h holder, c *webauthn.Credential) error {
	at, known := h.of[string(c.ID)]
	if !known || c.Authenticator.CloneWarning {
		return ErrWrong
	}
	record, err := json.Marshal(c)
	if err != nil {
		return err
	}
	all, err := d.List(ctx, tx, h.Org, h.Account)
	if err != nil {
		return err
	}
	for _, f := range all {
		if f.ID != at {
			continue
		}
		ring, err := d.ring(ctx, tx, h.Org)
		if err != nil {
			return err
		}
		plain, err := json.Marshal(sealed{Name: f.Name, Secret: record})
		if err != nil {
			return err
		}
		_, err = tx.Exec(ctx, "UPDATE factor SET sealed = ?, used_at = ? WHERE org_id = ? AND account_id = ? AND id = ?",
			ring.Seal(factorContext, at, plain), store.Micros(d.now()), h.Org, h.Account, at)
		return err
	}
	return ErrWrong
}

// visitLife is how long a challenge holds for somebody who has not said who she is.
const visitLife = 5 * time.Minute

// Invite makes what a browser needs to sign somebody in with a passkey that it
// finds itself, and the secret that it brings back with the answer.
func (d *Factors) Invite(ctx context.Context) (options any, visit string, err error) {
	if d.web == nil {
		return nil, "", ErrNotFound
	}
	asked, session, err := d.web.BeginDiscoverableLogin()
	if err != nil {
		return nil, "", fmt.Errorf("ask for a passkey: %w", err)
	}
	text, err := json.Marshal(session)
	if err != nil {
		return nil, "", err
	}
	raw := make([]byte, 32)
	_, _ = rand.Read(raw) // never fails: crypto/rand
	visit = base64.RawURLEncoding.EncodeToString(raw)
	err = d.db.Write(ctx, func(ctx context.Context, tx store.Tx) error {
		_, err := tx.Exec(ctx, "INSERT INTO passkey_visit (hash, challenge, until) VALUES (?, ?, ?)", visitHash(visit), text, store.Micros(d.now().Add(visitLife)))
		return err
	})
	return asked.Response, visit, err
}

func visitHash(visit string) []byte {
	sum := sha256.Sum256([]byte(visit))
	return sum[:]
}

// Guest is somebody who comes with a passkey, as it says itself. She is believed
// when [Factors.Welcome] has checked it.
type Guest struct {
	pii.Personal
	Org     id.Org
	Account id.Account

	visit  string
	parsed *protocol.ParsedCredentialAssertionData
}

// Guest reads whose a passkey says that it is. Errors: ErrWrong.
func (d *Factors) Guest(visit, answer string) (g Guest, err error) {
	g.visit = visit
	if g.parsed, err = protocol.ParseCredentialRequestResponseBytes([]byte(answer)); err != nil || d.web == nil {
		return g, ErrWrong
	}
	if n := copy(g.Org[:], g.parsed.Response.UserHandle); n != len(g.Org) || len(g.parsed.Response.UserHandle) != len(g.Org)+len(g.Account) {
		return g, ErrWrong
	}
	copy(g.Account[:], g.parsed.Response.UserHandle[len(g.Org):])
	return g, nil
}

// Welcome checks what a guest's passkey has signed; its challenge is used up.
// Errors: ErrWrong.
func (d *Factors) Welcome(ctx context.Context, tx store.Tx, g Guest) error {
	var text []byte
	var until int64
	err := tx.QueryRow(ctx, "SELECT challenge, until FROM passkey_visit WHERE hash = ?", visitHash(g.visit)).Scan(&text, &until)
	if errors.Is(err, store.ErrNoRows) || err == nil && !d.now().Before(store.Time(until)) {
		return ErrWrong
	}
	if err != nil {
		return fmt.Errorf("read the challenge of a passkey: %w", err)
	}
	n, err := tx.Exec(ctx, "DELETE FROM passkey_visit WHERE hash = ?", visitHash(g.visit))
	if err != nil {
		return err
	}
	if n == 0 {
		return ErrWrong
	}
	var session webauthn.SessionData
	if err := json.Unmarshal(text, &session); err != nil {
		return err
	}
	h, err := d.holder(ctx, tx, Owner{Org: g.Org, Account: g.Account})
	if err != nil {
		return err
	}
	_, c, err := d.web.ValidatePasskeyLogin(func(_, handle []byte) (webauthn.User, error) {
		if !bytes.Equal(handle, h.WebAuthnID()) {
			return nil, ErrWrong
		}
		return h, nil
	}, session, g.parsed)
	if err != nil {
		return ErrWrong
	}
	return d.used(ctx, tx, h, c)
}
