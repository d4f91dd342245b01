// Package webhook is the door through which WhatsApp's webhooks come in. It
// checks who sent a webhook and how large it is, hands it to the intake, and
// answers 200 only when the intake has it on the disk.
package webhook

import (
	"bytes"
	"context"
	"crypto/subtle"
	"encoding/json"
	"errors"
	"io"
	"log/slog"
	"net/http"
	"sync/atomic"

	"einklang/internal/engine/cloudapi"
	"einklang/internal/engine/threshold"
	"einklang/internal/messaging/intake"
)

// App is a Meta app whose webhooks we take.
type App struct {
	Key         string // our name for it
	Secret      string
	VerifyToken string
}

// Intake takes a webhook whose signature is right. It returns nil only when
// the webhook is on the disk.
type Intake interface {
	Accept(ctx context.Context, app string, body []byte) error
}

// Counts tells what has come to the door since the process started.
type Counts struct {
	Accepted, BadSignature, UnknownNumber, TooLarge, Malformed, Unavailable, Failed int64
}

// Door is the handler.
type Door struct {
	apps    []App
	intake  Intake
	log     *slog.Logger
	reached reached

	accepted, badSignature, unknownNumber, tooLarge, malformed, unavailable, failed atomic.Int64
}

// New makes a Door for these apps.
func New(apps []App, in Intake, log *slog.Logger) *Door {
	return &Door{apps: apps, intake: in, log: log}
}

// Apps are the keys of the apps at Meta whose webhooks are taken.
func (d *Door) Apps() []string {
	keys := make([]string, len(d.apps))
	for i, one := range d.apps {
		keys[i] = one.Key
	}
	return keys
}

// Counts returns the counters.
func (d *Door) Counts() Counts {
	return Counts{d.accepted.Load(), d.badSignature.Load(), d.unknownNumber.Load(), d.tooLarge.Load(), d.malformed.Load(), d.unavailable.Load(), d.failed.Load()}
}

// ServeHTTP answers the verification (GET) and takes webhooks (POST).
func (d *Door) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("Cache-Control", "no-store")
	switch r.Method {
	case http.MethodGet:
		d.verify(w, r)
	case http.MethodPost:
		d.take(w, r)
	default:
		w.Header().Set("Allow", "GET, POST")
		refuse(w, http.StatusMethodNotAllowed, "method", "WhatsApp's webhooks come by POST, the verification by GET.")
	}
}

// verify answers Meta's handshake (Cloud API: webhooks, verification).
func (d *Door) verify(w http.ResponseWriter, r *http.Request) {
	q := r.URL.Query()
	if q.Get("hub.mode") == "subscribe" {
		for _, app := range d.allowed(r) {
			if app.VerifyToken != "" && subtle.ConstantTimeCompare([]byte(app.VerifyToken), []byte(q.Get("hub.verify_token"))) == 1 {
				w.Header().Set("Content-Type", "text/plain; charset=utf-8")
				_, _ = io.WriteString(w, q.Get("hub.challenge"))
				return
			}
		}
	}
	refuse(w, http.StatusForbidden, "verify_token", "The verify token is wrong. Enter the same one at Meta and in Einklang's configuration.")
}

// allowed are the apps that a path admits: /webhooks/whatsapp all of them,
// /webhooks/whatsapp/KEY one.
func (d *Door) allowed(r *http.Request) []App {
	key := r.PathValue("app")
	if key == "" {
		return d.apps
	}
	for _, app := range d.apps {
		if app.Key == key {
			return []App{app}
		}
	}
	return nil
}

func (d *Door) take(w http.ResponseWriter, r *http.Request) {
	// Nothing is read of what cannot be right.
	if r.ContentLength > cloudapi.MaxWebhook {
		d.large(w)
		return
	}
	if !cloudapi.Signed(r.Header.Get(signatureHeader)) || len(d.allowed(r)) == 0 {
		d.unsigned(w)
		return
	}
	threshold.Raise(r, cloudapi.MaxWebhook, 0)
	body, err := read(http.MaxBytesReader(w, r.Body, cloudapi.MaxWebhook), r.ContentLength)
	var large *http.MaxBytesError
	switch {
	case errors.As(err, &large):
		d.large(w)
		return
	case errors.Is(err, threshold.ErrBusy):
		d.answer(w, errUnavailable)
		return
	case err != nil:
		d.malformed.Add(1)
		w.Header().Set("Connection", "close")
		refuse(w, http.StatusBadRequest, "cut_off", "The body could not be read to its end.")
		return
	}
	app, signed := d.signer(r, body)
	if !signed {
		d.unsigned(w)
		return
	}
	d.answer(w, d.accept(r.Context(), app, body))
}

// usual is what most webhooks fit into, and further how much is set aside at once
// for the rest of a longer one, in bytes. Nothing is set aside for what a request
// only promises.
const (
	usual   = 8 << 10
	further = 64 << 10
)

// read is io.ReadAll in pieces that are put together once all have come: a body
// under way takes what has come of it, and not twice as much.
func read(body io.Reader, length int64) ([]byte, error) {
	var pieces [][]byte
	piece := make([]byte, 0, min(max(length, 0), usual)+bytes.MinRead)
	for {
		n, err := body.Read(piece[len(piece):cap(piece)])
		piece = piece[:len(piece)+n]
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return nil, err
		}
		if len(piece) == cap(piece) {
			pieces = append(pieces, piece)
			piece = make([]byte, 0, further)
		}
	}
	if len(pieces) == 0 {
		return piece, nil
	}
	return bytes.Join(append(pieces, piece), nil), nil
}

func (d *Door) unsigned(w http.ResponseWriter) {
	d.badSignature.Add(1)
	w.Header().Set("Connection", "close") // what was not read is not waited for
	refuse(w, http.StatusUnauthorized, "signature", "The header X-Hub-Signature-256 is missing or wrong. Check that the app secret in Einklang's configuration is the one of the Meta app.")
}

func (d *Door) large(w http.ResponseWriter) {
	d.tooLarge.Add(1)
	w.Header().Set("Connection", "close")
	refuse(w, http.StatusRequestEntityTooLarge, "too_large", "The body is larger than 3 MB, the most that WhatsApp sends.")
}

const signatureHeader = "X-Hub-Signature-256"

// signer finds the app that signed the body.
func (d *Door) signer(r *http.Request, body []byte) (string, bool) {
	header := r.Header.Get(signatureHeader)
	for _, app := range d.allowed(r) {
		if cloudapi.VerifySignature(app.Secret, body, header) {
			return app.Key, true
		}
	}
	return "", false
}

func (d *Door) answer(w http.ResponseWriter, err error) {
	switch {
	case err == nil:
		d.accepted.Add(1)
		w.WriteHeader(http.StatusOK)
	case errors.Is(err, intake.ErrUnknownNumber):
		d.unknownNumber.Add(1)
		refuse(w, http.StatusNotFound, "unknown_number", "No organisation here has this phone number id. Register the number first.")
	case errors.Is(err, intake.ErrMalformed):
		d.malformed.Add(1)
		refuse(w, http.StatusBadRequest, "malformed", "The body is not a WhatsApp webhook.")
	case errors.Is(err, errUnavailable):
		d.unavailable.Add(1)
		w.Header().Set("Retry-After", "5")
		refuse(w, http.StatusServiceUnavailable, "unavailable", "The webhook cannot be stored right now. Send it again later.")
	default:
		d.failed.Add(1)
		d.log.Error("a webhook could not be taken", "error", err)
		refuse(w, http.StatusInternalServerError, "failed", "The webhook could not be stored. Send it again later.")
	}
}

func refuse(w http.ResponseWriter, status int, code, message string) {
	w.Header().Set("Content-Type", "application/json; charset=utf-8")
	w.WriteHeader(status)
	_ = json.NewEncoder(w).Encode(map[string]any{"error": map[string]string{"code": code, "message": message}})
}
