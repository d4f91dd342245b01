package media

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"io"
	"log/slog"
	"net/http"
	"path"
	"strings"
	"sync"
	"testing"
	"time"

	"einklang/internal/account/org"
	"einklang/internal/engine/cloudapi"
	"einklang/internal/engine/store"
	"einklang/internal/engine/vault"
	"einklang/internal/person/chat"
	"einklang/internal/rule/id"
	"einklang/internal/test/storetest"
	"einklang/internal/test/vaulttest"
)

var start = time.Date(2026, 11, 2, 9, 0, 0, 0, time.UTC)

// What a source does with a file.
const (
	gives   = "gives it"
	broken  = "is not reachable"
	busy    = "is busy"
	refuses = "does not know it"
	expired = "does not know the token"
	slows   = "wants to be left alone"
	cuts    = "breaks off in the middle"
	alters  = "gives something else"
	boasts  = "says that it is too large"
	floods  = "gives without end"
)

// source stands for Meta: it has files and does with each what it is told.
type source struct {
	mu      sync.Mutex
	files   map[string][]byte
	does    map[string]string
	held    chan struct{} // if set, downloads wait for it
	waiting chan struct{} // and say so
}

func (s *source) RoundTrip(r *http.Request) (*http.Response, error) {
	s.mu.Lock()
	name := path.Base(r.URL.Path)
	content, does, held := s.files[name], s.does[name], s.held
	s.mu.Unlock()
	if r.Header.Get("Authorization") != "Bearer the token" {
		return nil, errors.New("the token is missing")
	}
	answer := func(status int, body io.Reader) (*http.Response, error) {
		return &http.Response{StatusCode: status, Header: http.Header{"Content-Type": {"application/json"}}, Body: io.NopCloser(body), Request: r}, nil
	}
	refusal := func(status, code int) (*http.Response, error) {
		text, err := json.Marshal(map[string]any{"error": map[string]any{"message": "no", "code": code}})
		return must(answer(status, bytes.NewReader(text)))(err)
	}
	if !strings.Contains(r.URL.Path, "/download/") {
		switch does {
		case broken:
			return nil, errors.New("connection refused")
		case busy:
			return refusal(http.StatusServiceUnavailable, 131016)
		case expired:
			return refusal(http.StatusUnauthorized, 190)
		case slows:
			return refusal(http.StatusBadRequest, 80007)
		case refuses:
			return refusal(http.StatusBadRequest, 100)
		}
		sum := sha256.Sum256(content)
		size := int64(len(content))
		if does == boasts {
			size = fetchMost + 1
		}
		text, err := json.Marshal(map[string]any{"url": "https://meta.example/download/" + name, "mime_type": "image/png", "sha256": hex.EncodeToString(sum[:]), "file_size": size})
		return must(answer(http.StatusOK, bytes.NewReader(text)))(err)
	}
	if held != nil {
		s.waiting <- struct{}{}
		<-held
	}
	switch does {
	case cuts:
		return answer(http.StatusOK, io.MultiReader(bytes.NewReader(content[:len(content)/2]), failing{io.ErrUnexpectedEOF}))
	case alters:
		return answer(http.StatusOK, bytes.NewReader(append([]byte("?"), content[1:]...)))
	case floods:
		return answer(http.StatusOK, zeros{})
	}
	return answer(http.StatusOK, bytes.NewReader(content))
}

func must(r *http.Response, err error) func(error) (*http.Response, error) {
	return func(other error) (*http.Response, error) { return r, errors.Join(err, other) }
}

type failing struct{ err error }

func (f failing) Read([]byte) (int, error) { return 0, f.err }

type zeros struct{}

func (zeros) Read(b []byte) (int, error) { clear(b); return len(b), nil }

// numbers knows one number.
type numbers struct{ stopped *string }

func (n numbers) Channel(_ context.Context, _ store.Reader, of id.Org, channel id.Channel) (org.Channel, error) {
	return org.Channel{Org: of, ID: channel, PhoneNumberID: "100", Active: *n.stopped == ""}, nil
}

func (n numbers) Stop(_ context.Context, _ store.Tx, _ id.Org, _ id.Channel, reason string) error {
	*n.stopped = reason
	return nil
}

func (numbers) Token(context.Context, store.Reader, org.Channel) (string, error) {
	return "the token", nil
}

// office is an organisation with a shelf.
type office struct {
	*Shelf
	org    id.Org
	number id.Channel
	now    time.Time
	meta   *source
	mu     sync.Mutex
	told   []id.Message // messages whose files arrived

	stopped string // why the number is out of service
}

func each(t *testing.T, test func(t *testing.T, o *office)) {
	storetest.Each(t, func(t *testing.T, db *store.DB) { test(t, open(t, db, vaulttest.Open(t, db))) })
}

func open(t storetest.Failer, db *store.DB, v *vault.Vault) *office {
	t.Helper()
	ids := id.System()
	o := &office{org: id.Org(ids.New()), number: id.Channel(ids.New()), now: start, meta: &source{files: map[string][]byte{}, does: map[string]string{}}}
	client := cloudapi.New(&http.Client{Transport: o.meta}, "https://meta.example", "")
	o.Shelf = New(db, v, ids, func() time.Time { return o.now }, slog.New(slog.DiscardHandler), client, numbers{&o.stopped}, func(_ context.Context, _ id.Org, m id.Message) {
		o.mu.Lock()
		defer o.mu.Unlock()
		o.told = append(o.told, m)
	})
	o.write(t, func(ctx context.Context, tx store.Tx) error { return v.CreateOrg(ctx, tx, o.org) })
	return o
}

func (o *office) write(t storetest.Failer, fn func(context.Context, store.Tx) error) {
	t.Helper()
	if err := o.db.Write(context.Background(), fn); err != nil {
		t.Fatal(err)
	}
}

// person is somebody new with a key of her own.
func (o *office) person(t storetest.Failer) (who id.Person, ring *vault.Keyring) {
	t.Helper()
	who = id.Person(o.ids.New())
	o.write(t, func(ctx context.Context, tx store.Tx) error {
		keys, err := o.vault.Org(ctx, tx, o.org)
		if err != nil {
			return err
		}
		rings, err := keys.NewKeyrings(ctx, tx, who)
		if err == nil {
			ring = rings[0]
		}
		return err
	})
	return who, ring
}

// want has a person send a file that Meta has.
func (o *office) want(t storetest.Failer, who id.Person, ring *vault.Keyring, content []byte, does string) (message id.Message) {
	t.Helper()
	message = id.Message(o.ids.New())
	name := "m" + message.String()
	o.meta.mu.Lock()
	o.meta.files[name], o.meta.does[name] = content, does
	o.meta.mu.Unlock()
	o.write(t, func(ctx context.Context, tx store.Tx) error {
		return o.Want(ctx, tx, o.org, chat.Wanted{Message: message, Contact: who, Channel: o.number, Keys: ring,
			Media: cloudapi.Media{ID: name, MimeType: "image/jpeg", Filename: "Bild.jpg"}})
	})
	return message
}

// round fetches everything of the organisation that is due.
func (o *office) round(t storetest.Failer) {
	t.Helper()
	for {
		due, err := o.claim(context.Background())
		if err != nil {
			t.Fatal(err)
		}
		if len(due) == 0 {
			return
		}
		for _, d := range due {
			o.fetch(context.Background(), d)
		}
	}
}

func (o *office) file(t storetest.Failer, message id.Message) *File {
	t.Helper()
	f, err := o.OfMessage(context.Background(), o.org, message)
	if err != nil {
		t.Fatal(err)
	}
	return f
}

// row is what stands of a message's file in the database.
func (o *office) row(t storetest.Failer, message id.Message) (state, reason string, chunks, attempts int64) {
	t.Helper()
	ctx := context.Background()
	var file id.File
	if err := o.db.QueryRow(ctx, "SELECT id, state, reason, attempts FROM media WHERE org_id = ? AND message_id = ?", o.org, message).Scan(&file, &state, &reason, &attempts); err != nil {
		t.Fatal(err)
	}
	if err := o.db.QueryRow(ctx, "SELECT COUNT(*) FROM media_chunk WHERE org_id = ? AND media_id = ?", o.org, file).Scan(&chunks); err != nil {
		t.Fatal(err)
	}
	return state, reason, chunks, attempts
}

func read(t storetest.Failer, f *File) []byte {
	t.Helper()
	var b bytes.Buffer
	n, err := f.Copy(t.Context(), &b)
	if err != nil || n != int64(b.Len()) {
		t.Fatalf("%d bytes, %v", n, err)
	}
	return b.Bytes()
}
