package s3_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
	"testing/iotest"
	"testing/synctest"
	"time"

	"github.com/johannesboyne/gofakes3"
	"github.com/johannesboyne/gofakes3/backend/s3mem"

	"einklang/internal/engine/s3"
)

const part = 16 << 20

// store is a fake of an object store, made by others.
func store(t *testing.T) *s3.Bucket {
	t.Helper()
	fake := httptest.NewServer(gofakes3.New(s3mem.New(), gofakes3.WithAutoBucket(true), gofakes3.WithTimeSkewLimit(0)).Server())
	t.Cleanup(fake.Close)
	return bucket(t, fake.Client(), fake.URL)
}

func bucket(t *testing.T, client *http.Client, url string) *s3.Bucket {
	t.Helper()
	b, err := s3.New(s3.Options{Client: client, Endpoint: url, Bucket: "sicherung", AccessKey: "AKIDEXAMPLE", SecretKey: "geheim",
		Now: func() time.Time { return time.Date(2026, 11, 30, 12, 0, 0, 0, time.UTC) }})
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// What is put is there, whatever its length and its name.
func TestWhatIsPutIsThere(t *testing.T) {
	b := store(t)
	var want []string
	for i, size := range []int{0, 1, part - 1, part, part + 1, 2*part + 3} {
		key := []string{"leer", "a b", "ordner/ä+ö&=?", "x/y/z", "100%", "~.-_"}[i]
		want = append(want, "einklang/"+key)
		data := bytes.Repeat([]byte("0123456789abcdef"), size/16+1)[:size]
		if err := b.Put(t.Context(), "einklang/"+key, iotest.HalfReader(bytes.NewReader(data))); err != nil {
			t.Fatalf("put %d bytes: %v", size, err)
		}
		r, err := b.Get(t.Context(), "einklang/"+key)
		if err != nil {
			t.Fatal(err)
		}
		got, err := io.ReadAll(r)
		if err := errors.Join(err, r.Close()); err != nil || !bytes.Equal(got, data) {
			t.Errorf("of %d bytes %d came back, %v", size, len(got), err)
		}
	}
	got, err := b.List(t.Context(), "einklang/")
	slices.Sort(want)
	if err != nil || !slices.Equal(got, want) {
		t.Errorf("listed %q, want %q, %v", got, want, err)
	}
	for range 2 { // what is gone is gone
		if err := b.Delete(t.Context(), "einklang/a b"); err != nil {
			t.Error(err)
		}
	}
	if _, err := b.Get(t.Context(), "einklang/a b"); err == nil {
		t.Error("a deleted file was read")
	}
}

func TestALongListHasPages(t *testing.T) {
	b := store(t)
	for i := range 1003 {
		if err := b.Put(t.Context(), fmt.Sprintf("n/%04d", i), strings.NewReader("x")); err != nil {
			t.Fatal(err)
		}
	}
	if got, err := b.List(t.Context(), "n/"); err != nil || len(got) != 1003 || got[1002] != "n/1002" {
		t.Errorf("%d names, %v", len(got), err)
	}
}

// scripted answers one request after the other.
type scripted struct {
	t       *testing.T
	answers []func(*http.Request) (int, string)
	seen    []string
}

func (s *scripted) RoundTrip(r *http.Request) (*http.Response, error) {
	s.seen = append(s.seen, r.Method+" "+r.URL.RequestURI())
	if len(s.answers) == 0 {
		s.t.Fatalf("an unexpected request: %s", s.seen)
	}
	answer := s.answers[0]
	s.answers = s.answers[1:]
	status, body := answer(r)
	if status == 0 {
		return nil, errors.New("connection reset")
	}
	return &http.Response{StatusCode: status, Header: http.Header{"Etag": {`"1"`}}, Body: io.NopCloser(strings.NewReader(body)), Request: r}, nil
}

func say(status int, body string) func(*http.Request) (int, string) {
	return func(*http.Request) (int, string) { return status, body }
}

// A store that is busy is asked again; one that says no is not.
func TestWhatAStoreRefuses(t *testing.T) {
	const began = `<InitiateMultipartUploadResult><UploadId>u1</UploadId></InitiateMultipartUploadResult>`
	for name, c := range map[string]struct {
		size     int
		answers  []func(*http.Request) (int, string)
		failed   string // what the error says; empty: none
		requests []string
	}{
		"busy, then taken":      {1, []func(*http.Request) (int, string){say(503, "<Error><Code>SlowDown</Code></Error>"), say(0, ""), say(429, ""), say(200, "")}, "", nil},
		"busy for ever":         {1, slices.Repeat([]func(*http.Request) (int, string){say(500, "")}, 6), "500", nil},
		"no":                    {1, []func(*http.Request) (int, string){say(403, "<Error><Code>SignatureDoesNotMatch</Code></Error>")}, "403 SignatureDoesNotMatch", nil},
		"a proxy says no":       {1, []func(*http.Request) (int, string){say(407, "<html>")}, "407", nil},
		"another region":        {1, []func(*http.Request) (int, string){say(400, "<Error><Region>eu-central-1</Region></Error>"), inRegion("eu-central-1")}, "", nil},
		"the region is no cure": {1, []func(*http.Request) (int, string){say(400, "<Error><Region>a</Region></Error>"), say(400, "<Error><Region>b</Region></Error>")}, "400", nil},
		"a part is refused": {part + 1, []func(*http.Request) (int, string){say(200, began), say(200, ""), say(400, "<Error><Code>EntityTooSmall</Code></Error>"), say(204, "")}, "EntityTooSmall",
			[]string{"POST /sicherung/a/b%20c?uploads=", "PUT /sicherung/a/b%20c?partNumber=1&uploadId=u1", "PUT /sicherung/a/b%20c?partNumber=2&uploadId=u1", "DELETE /sicherung/a/b%20c?uploadId=u1"}},
		"the whole is refused with a 200": {part, []func(*http.Request) (int, string){say(200, began), say(200, ""), say(200, "<Error><Code>InternalError</Code></Error>"), say(204, "")}, "put the parts", nil},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				s := &scripted{t: t, answers: c.answers}
				err := bucket(t, &http.Client{Transport: s}, "http://store.example.com").Put(t.Context(), "a/b c", bytes.NewReader(make([]byte, c.size)))
				if (err == nil) != (c.failed == "") || err != nil && !strings.Contains(err.Error(), c.failed) {
					t.Errorf("put: %v, want %q", err, c.failed)
				}
				if len(s.answers) > 0 || c.requests != nil && !slices.Equal(s.seen, c.requests) {
					t.Errorf("asked %q", s.seen)
				}
			})
		})
	}
}

func inRegion(region string) func(*http.Request) (int, string) {
	return func(r *http.Request) (int, string) {
		if !strings.Contains(r.Header.Get("Authorization"), "/"+region+"/s3/aws4_request") {
			return 400, "<Error><Code>AuthorizationHeaderMalformed</Code></Error>"
		}
		return 200, ""
	}
}

// What cannot be read leaves nothing behind that is paid for.
func TestABrokenUploadIsThrownAway(t *testing.T) {
	ctx, stop := context.WithCancel(t.Context())
	s := &scripted{t: t, answers: []func(*http.Request) (int, string){
		say(200, `<InitiateMultipartUploadResult><UploadId>u1</UploadId></InitiateMultipartUploadResult>`),
		func(*http.Request) (int, string) { stop(); return 200, "" }, say(204, "")}}
	broken := errors.New("disk gone")
	err := bucket(t, &http.Client{Transport: s}, "http://store.example.com").Put(ctx, "a", io.MultiReader(bytes.NewReader(make([]byte, part+1)), iotest.ErrReader(broken)))
	if !errors.Is(err, broken) || len(s.seen) != 3 || s.seen[2] != "DELETE /sicherung/a?uploadId=u1" {
		t.Errorf("%v after %q", err, s.seen)
	}
}

// The body is signed: what a proxy changes on the way is refused by the store.
func TestTheBodyIsSigned(t *testing.T) {
	s := &scripted{t: t, answers: []func(*http.Request) (int, string){func(r *http.Request) (int, string) {
		// SHA-256 of "abc" (FIPS 180-2, B.1).
		if got := r.Header.Get("X-Amz-Content-Sha256"); got != "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad" {
			t.Errorf("the body is signed as %s", got)
		}
		if a := r.Header.Get("Authorization"); !strings.Contains(a, "Credential=AKIDEXAMPLE/20261130/us-east-1/s3/aws4_request") || !strings.Contains(a, "x-amz-content-sha256") {
			t.Errorf("signed as %s", a)
		}
		return 200, ""
	}}}
	if err := bucket(t, &http.Client{Transport: s}, "http://store.example.com").Put(t.Context(), "a", strings.NewReader("abc")); err != nil {
		t.Error(err)
	}
}

func TestAStoreNeedsAnAddress(t *testing.T) {
	for _, o := range []s3.Options{{Endpoint: "s3.example.com", Bucket: "b"}, {Endpoint: "https://s3.example.com"}} {
		if _, err := s3.New(o); err == nil {
			t.Errorf("%+v was taken", o)
		}
	}
}
