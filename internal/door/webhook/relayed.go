package webhook

import (
	"context"
	"encoding/json"
	"errors"
	"log/slog"
	"net/http"
	"time"

	"einklang/internal/engine/cloudapi"
	"einklang/internal/engine/letterbox"
	"einklang/internal/engine/threshold"
	"einklang/internal/messaging/intake"
)

// Relayed is the door for what a letter box elsewhere has taken while the
// installation was down: sealed webhooks in the order in which they came, and
// beats. Whoever may knock here is told nothing that he does not know.
type Relayed struct {
	Door *Door
	Key  letterbox.Key
	Take func(ctx context.Context, app string, body []byte, received time.Time) error
	// Heard notes that a letter box is there.
	Heard func(ctx context.Context, name string, s letterbox.Status) error
	Now   func() time.Time
	Log   *slog.Logger
}

// maxLetter bounds a sealed letter: a webhook in base64, and what stands around
// it.
const maxLetter = cloudapi.MaxWebhook/3*4 + 64<<10

// oldest and ahead bound what is believed of when a letter was received. A letter
// box keeps what the house refuses for 30 days.
const (
	oldest = 45 * 24 * time.Hour
	ahead  = 5 * time.Minute
)

// errForged: nobody with the secret of one of our apps made the letter.
var errForged = errors.New("the letter is not proven")

func (x *Relayed) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("Cache-Control", "no-store")
	if r.ContentLength > maxLetter {
		answerLetter(w, http.StatusRequestEntityTooLarge, letterbox.Refused)
		return
	}
	threshold.Raise(r, maxLetter, 0)
	sealed, err := read(http.MaxBytesReader(w, r.Body, maxLetter), r.ContentLength)
	if err != nil {
		w.WriteHeader(http.StatusBadRequest) // says nothing of the letter: it comes again
		return
	}
	letter, err := x.Key.Open(sealed)
	if err != nil {
		answerLetter(w, http.StatusConflict, letterbox.Unreadable)
		return
	}
	x.answer(w, x.take(r.Context(), letter))
}

// take takes an opened letter.
func (x *Relayed) take(ctx context.Context, l letterbox.Letter) error {
	if !x.proven(l) {
		return errForged
	}
	if l.Kind == letterbox.Beat {
		var s letterbox.Status
		if err := json.Unmarshal(l.Body, &s); err != nil {
			return errForged
		}
		return x.Heard(ctx, l.From, s)
	}
	at := l.At()
	if now := x.Now(); at.After(now.Add(ahead)) || at.Before(now.Add(-oldest)) {
		at = now
	}
	err := x.Door.within(ctx, func(ctx context.Context) error { return x.Take(ctx, l.App, l.Body, at) })
	if err == nil {
		x.Door.accepted.Add(1)
	}
	return err
}

// proven reports whether somebody with the secret of the named app made it.
func (x *Relayed) proven(l letterbox.Letter) bool {
	for _, app := range x.Door.apps {
		if app.Key == l.App {
			return l.By(app.Secret)
		}
	}
	return false
}

func (x *Relayed) answer(w http.ResponseWriter, err error) {
	switch {
	case err == nil:
		answerLetter(w, http.StatusOK, letterbox.Taken)
	case errors.Is(err, errForged):
		x.Door.badSignature.Add(1)
		answerLetter(w, http.StatusUnauthorized, letterbox.Refused)
	case errors.Is(err, intake.ErrUnknownNumber):
		x.Door.unknownNumber.Add(1)
		answerLetter(w, http.StatusNotFound, letterbox.Refused)
	case errors.Is(err, intake.ErrMalformed):
		x.Door.malformed.Add(1)
		answerLetter(w, http.StatusUnprocessableEntity, letterbox.Refused)
	default:
		x.Log.Warn("a letter cannot be taken now; the letter box keeps it", "error", err)
		w.WriteHeader(http.StatusServiceUnavailable)
	}
}

func answerLetter(w http.ResponseWriter, status int, what string) {
	w.Header().Set(letterbox.Answer, what)
	w.WriteHeader(status)
}
