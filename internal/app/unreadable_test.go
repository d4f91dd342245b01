package app_test

import (
	"archive/zip"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"einklang/internal/account/user"
	"einklang/internal/engine/cloudapi"
	"einklang/internal/engine/evidence"
	"einklang/internal/engine/store"
	"einklang/internal/messaging/conversation"
	"einklang/internal/messaging/media"
	"einklang/internal/messaging/outbox"
	"einklang/internal/person/chat"
	"einklang/internal/rights/access"
	"einklang/internal/rule/gate"
	"einklang/internal/rule/i18n"
	"einklang/internal/rule/id"
	"einklang/internal/test/apptest"
)

// errAway is the error of a server whose connection breaks.
var errAway = fmt.Errorf("%w: %w", store.ErrUnavailable, &net.OpError{Op: "read", Err: net.ErrClosed})

// What cannot be read now is not gone: whichever statement of an export the
// database does not answer, the export ends with an error, or what left the
// house is as whole as without it. No file, no text and no leaf is left out.
func TestAnExportStopsWhereTheDatabaseFails(t *testing.T) {
	apptest.Each(t, func(t *testing.T, o *apptest.Office) {
		f := openFull(t, o)
		f.more(1)
		sendsAFile(t, o, f.person.ID, "%PDF-1.4 unser Angebot")
		f.write(func(ctx context.Context, tx store.Tx) error {
			return f.Threads.SetKeep(ctx, tx, f.Org.ID, f.thread, conversation.Letter)
		})
		f.Settle(t)
		for name, export := range f.exports(t) {
			whole, statements := "", 0
			for nth := 1; ; nth++ {
				statement, at := "", 0
				ctx := store.Failing(t.Context(), func(s string) error {
					if at++; at == nth {
						statement = s
						return errAway
					}
					return nil
				})
				var out bytes.Buffer
				err := export(ctx, &out)
				if statement == "" { // one more than there are
					if statements = nth - 1; err != nil {
						t.Errorf("%s: %v", name, err)
					}
					whole = contents(t, out.Bytes())
					break
				}
				if err == nil {
					t.Errorf("%s ends without an error, though the database did not answer statement %d: %.200s", name, nth, statement)
				}
				if _, failed := zip.NewReader(bytes.NewReader(out.Bytes()), int64(out.Len())); err != nil && failed == nil {
					t.Errorf("%s: broken off at statement %d it looks whole: %.200s", name, nth, statement)
				}
			}
			if statements < 4 || len(whole) < 30 {
				t.Errorf("%s took %d statements for %d bytes: the test looks in the wrong place", name, statements, len(whole))
			}
			if n, files := strings.Count(whole, "files/"), filesIn[name]; n != files {
				t.Errorf("%s holds %d files, want %d:\n%s", name, n, files, whole)
			}
		}
		if n := o.Count(t, "privacy_parcel", ""); n != 1 {
			t.Errorf("%d packages lie ready, want the one that was made whole", n)
		}
		if n := o.Count(t, "blob", "chunks < 0"); n != 0 {
			t.Errorf("%d halves of packages are kept", n)
		}
	})
}

// filesIn are how many of the two files of the conversation an export holds: one
// is hers, one the company's.
var filesIn = map[string]int{"the package of staff": 2, "the package of the portal": 2, "a package laid ready": 2, "the archive of letters": 2, "what she provided": 1}

// sendsAFile lets the company send a person a file of its own.
func sendsAFile(t testing.TB, o *apptest.Office, person id.Person, content string) id.File {
	t.Helper()
	file, err := o.Shelf.Save(t.Context(), o.Org.ID, person, o.Channel.ID, "angebot.pdf", "application/pdf", strings.NewReader(content))
	if err != nil {
		t.Fatal(err)
	}
	o.Write(t, func(tx store.Tx) error {
		_, err := o.Outbox.Enqueue(t.Context(), tx, outbox.Draft{Org: o.Org.ID, Contact: person, Channel: o.Channel.ID, Media: file.ID, Origin: chat.FromAgent,
			Content: cloudapi.Content{Type: cloudapi.TypeDocument, Document: &cloudapi.Media{MimeType: file.MimeType, Filename: file.Filename}},
			Request: outbox.Request{Occasion: gate.Reply, Category: gate.Service, AskedBy: "test"}})
		return err
	})
	return file.ID
}

// A file that we sent follows its message: kept as long as a letter, and gone
// with it.
func TestAFileOfOursFollowsItsMessage(t *testing.T) {
	apptest.Each(t, func(t *testing.T, o *apptest.Office) {
		a := &aged{Office: o, t: t}
		var files [2]id.File
		for i, number := range []string{"4917604069001", "4917604069002"} {
			a.text(number, "Guten Tag")
			person := a.person(number)
			files[i] = sendsAFile(t, o, person, "%PDF-1.4 unser Angebot")
			if i == 0 {
				o.Write(t, func(tx store.Tx) error {
					return o.Threads.SetKeep(t.Context(), tx, o.Org.ID, a.thread(person), conversation.Letter)
				})
			}
		}
		o.Settle(t)
		state := func(file id.File) string {
			f, err := o.Shelf.Get(t.Context(), o.Org.ID, file)
			if errors.Is(err, media.ErrNotFound) {
				return "not there"
			}
			if err != nil {
				t.Fatal(err)
			}
			return f.State
		}
		o.Clock.Advance(100 * 24 * time.Hour) // files are kept for 90
		a.run(false)
		if letter, other := state(files[0]), state(files[1]); letter != "held" || other != "gone" {
			t.Errorf("after 100 days the file of a letter is %s, the other %s", letter, other)
		}
		o.Clock.Advance(400 * 24 * time.Hour)
		a.run(false)
		if letter, other := state(files[0]), state(files[1]); letter != "held" || other != "not there" {
			t.Errorf("when the messages are over the file of a letter is %s, the other %s", letter, other)
		}
	})
}

// exports are all ways on which a person's data leaves the house as a file.
func (f *full) exports(t *testing.T) map[string]func(ctx context.Context, w io.Writer) error {
	t.Helper()
	de, _, err := i18n.Load()
	f.must(err)
	p, err := f.People.Get(t.Context(), f.DB, f.Org.ID, f.person.ID)
	f.must(err)
	handler, err := f.Handler()
	f.must(err)
	door := func(browser *http.Client, path string) func(context.Context, io.Writer) error {
		return func(ctx context.Context, w io.Writer) error {
			at, err := url.Parse(f.URL + path)
			f.must(err)
			r := httptest.NewRequest(http.MethodGet, path, nil).WithContext(ctx)
			for _, c := range browser.Jar.Cookies(at) {
				r.AddCookie(c)
			}
			return handedOut(handler, r, w)
		}
	}
	dpo, visitor := f.SignIn(t, user.DPO), newVisitor(t, f.Office)
	var secret string
	f.write(func(ctx context.Context, tx store.Tx) (err error) {
		secret, _, err = f.Visits.Link(ctx, tx, f.Org.ID, f.person.ID)
		return err
	})
	if status, _ := visitor.post("/portal/beispiel/enter", url.Values{"secret": {secret}}); status != http.StatusOK {
		t.Fatal(status)
	}
	_, page := visitor.post("/portal/beispiel/take", nil)
	download := downloads.FindString(page)
	return map[string]func(context.Context, io.Writer) error{
		"the package of staff": func(ctx context.Context, w io.Writer) error {
			return f.Answers.Package(ctx, w, f.Org.ID, p, access.Access, de)
		},
		"what she provided": func(ctx context.Context, w io.Writer) error {
			return f.Answers.Package(ctx, w, f.Org.ID, p, access.Portability, de)
		},
		"the package of the portal": door(visitor.Client, download),
		"a package laid ready": func(ctx context.Context, w io.Writer) error {
			parcel, err := f.Answers.Prepare(ctx, f.DB, f.Org, p, f.kase, f.staff.ID, de)
			if err != nil {
				return err
			}
			content, err := f.Answers.Parcel(t.Context(), f.Org.ID, parcel.ID)
			if err == nil {
				_, err = io.Copy(w, content)
			}
			return err
		},
		"the proof of her consents": door(dpo, "/people/"+f.person.ID.String()+"/consent/proof"),
		"the archive of letters": func(ctx context.Context, w io.Writer) error {
			return f.Letters.Archive(ctx, w, f.Org, f.staff.ID, de, store.Alone{})
		},
		"the log of proof": func(ctx context.Context, w io.Writer) error {
			return f.Log.Export(ctx, f.DB, f.Org.ID, w, evidence.Opened{}, store.Alone{})
		},
	}
}

// handedOut hands out what a door answers; an error if it is refused, or broken
// off.
func handedOut(h http.Handler, r *http.Request, w io.Writer) (err error) {
	answer := httptest.NewRecorder()
	defer func() {
		if p := recover(); p == http.ErrAbortHandler { //nolint:errorlint // panicked with as it is
			err = http.ErrAbortHandler
		} else if p != nil {
			panic(p)
		}
		_, failed := answer.Body.WriteTo(w)
		err = errors.Join(err, failed)
	}()
	h.ServeHTTP(answer, r)
	if answer.Code != http.StatusOK {
		return fmt.Errorf("%d", answer.Code)
	}
	if kind := answer.Header().Get("Content-Type"); kind != "application/zip" {
		return fmt.Errorf("%s", kind)
	}
	return nil
}

// contents are the names of the files in a ZIP, or the text that is none.
func contents(t *testing.T, raw []byte) string {
	t.Helper()
	if !bytes.HasPrefix(raw, []byte("PK")) {
		return string(raw)
	}
	all := unzipped(t, string(raw))
	names := make([]string, 0, len(all))
	for name := range all {
		names = append(names, name)
	}
	slices.Sort(names)
	return strings.Join(names, "\n")
}
