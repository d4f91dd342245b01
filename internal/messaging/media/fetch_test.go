package media

import (
	"bytes"
	"context"
	"encoding/base64"
	"encoding/hex"
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"einklang/internal/engine/store"
	"einklang/internal/rule/id"
	"einklang/internal/rule/period"
	"einklang/internal/test/storetest"
	"einklang/internal/test/vaulttest"
)

func TestWhatBecomesOfAFile(t *testing.T) {
	each(t, func(t *testing.T, o *office) {
		for _, c := range []struct {
			does          string
			state, reason string
			again         bool // it is tried again
		}{
			{gives, "held", "", false},
			{broken, "wanted", "unreachable", true},
			{busy, "wanted", "temporary", true},
			{refuses, "gone", "parameter", false},
			{slows, "wanted", "rate_limit", true},
			{cuts, "wanted", "damaged", true},
			{alters, "wanted", "damaged", true},
			{boasts, "gone", "too_large", false},
		} {
			t.Run(c.does, func(t *testing.T) {
				o := open(t, o.db, o.vault)
				who, ring := o.person(t)
				content := bytes.Repeat([]byte("Bild"), chunkSize/3)
				m := o.want(t, who, ring, content, c.does)
				o.round(t)
				state, reason, chunks, _ := o.row(t, m)
				if state != c.state || reason != c.reason || (chunks > 0) != (c.state == "held") {
					t.Errorf("Meta %s: the file is %s (%q) in %d chunks, want %s (%q)", c.does, state, reason, chunks, c.state, c.reason)
				}
				if _, err := o.file(t, m).Copy(t.Context(), &bytes.Buffer{}); c.state != "held" && !errors.Is(err, ErrNotHere) {
					t.Errorf("a file that is not here can be read: %v", err)
				}
				o.meta.does["m"+m.String()] = gives
				o.round(t) // not yet due
				if later, _, _, _ := o.row(t, m); later != c.state {
					t.Errorf("a file that was tried just now is %s", later)
				}
				o.now = o.now.Add(2 * time.Hour)
				o.round(t)
				if f := o.file(t, m); c.again || c.state == "held" {
					if !bytes.Equal(read(t, f), content) || f.MimeType != "image/png" || f.Size != int64(len(content)) {
						t.Errorf("the second try left %d bytes of %s", f.Size, f.MimeType)
					}
				} else if f.State != "gone" {
					t.Errorf("what was given up is %s", f.State)
				}
			})
		}
	})
}

// Meta's word about the size is not relied on.
func TestAFloodIsCutOff(t *testing.T) {
	db := storetest.Open(t, storetest.SQLite(t))
	o := open(t, db, vaulttest.Open(t, db))
	who, ring := o.person(t)
	m := o.want(t, who, ring, []byte("klein"), floods)
	o.round(t)
	if state, reason, chunks, _ := o.row(t, m); state != "gone" || reason != "too_large" || chunks != 0 {
		t.Errorf("a flood is %s (%q), %d chunks are left", state, reason, chunks)
	}
}

// A file that Meta can't give is asked for as long as Meta has it; one that comes
// damaged is not loaded for ever.
func TestAFileIsGivenUpAtLast(t *testing.T) {
	each(t, func(t *testing.T, o *office) {
		who, ring := o.person(t)
		away, damaged := o.want(t, who, ring, []byte("Bild"), busy), o.want(t, who, ring, []byte("Bild"), cuts)
		for range fetchTries {
			o.round(t)
			o.now = o.now.Add(pause.Most)
		}
		if state, reason, _, attempts := o.row(t, damaged); state != "gone" || reason != "damaged" || attempts != fetchTries {
			t.Errorf("after %d tries a damaged file is %s (%q)", attempts, state, reason)
		}
		if state, _, _, attempts := o.row(t, away); state != "wanted" || attempts < fetchTries {
			t.Errorf("after %d tries the file is %s", attempts, state)
		}
		o.now = o.now.Add(metaKeeps)
		o.round(t)
		if state, reason, _, _ := o.row(t, away); state != "gone" || reason != "temporary" {
			t.Errorf("when Meta has it no more the file is %s (%q)", state, reason)
		}
		if o.file(t, away).Fetchable(o.now) {
			t.Error("it can be fetched again when Meta has it no more")
		}
	})
}

// A token that is over stops the number, as it does for messages. Files wait for
// as long as that takes, without being asked for one by one.
func TestFilesWaitForAToken(t *testing.T) {
	each(t, func(t *testing.T, o *office) {
		who, ring := o.person(t)
		var all []id.Message
		for range 3 * fetchAtOnce {
			all = append(all, o.want(t, who, ring, []byte("Bild"), expired))
		}
		o.round(t)
		if o.stopped != "token" {
			t.Fatalf("the number is stopped by %q", o.stopped)
		}
		for range 200 {
			o.now = o.now.Add(stoppedFor)
			o.round(t)
		}
		for _, m := range all {
			if state, reason, _, attempts := o.row(t, m); state != "wanted" || attempts != 0 || reason != "stopped" {
				t.Fatalf("after a day the file is %s (%q), tried %d times", state, reason, attempts)
			}
			o.meta.does["m"+m.String()] = gives
		}
		o.stopped = ""
		o.now = o.now.Add(stoppedFor)
		o.round(t)
		for _, m := range all {
			if state, _, _, _ := o.row(t, m); state != "held" {
				t.Fatalf("when the number is back the file is %s", state)
			}
		}
	})
}

// What was given up is fetched again when a person asks for it, while Meta has it.
func TestAFileIsFetchedAgain(t *testing.T) {
	each(t, func(t *testing.T, o *office) {
		who, ring := o.person(t)
		given, large := o.want(t, who, ring, []byte("Bild"), refuses), o.want(t, who, ring, []byte("Bild"), boasts)
		o.round(t)
		o.meta.does["m"+given.String()] = gives
		for m, want := range map[id.Message]error{given: nil, large: ErrNotHere} {
			err := o.FetchAgain(t.Context(), o.db, o.org, m)
			if !errors.Is(err, want) {
				t.Errorf("fetching again: %v, want %v", err, want)
			}
		}
		o.round(t)
		if got := read(t, o.file(t, given)); string(got) != "Bild" {
			t.Errorf("the file is %q", got)
		}
	})
}

// While a slow source gives a file, nobody else fetches it; what its sender
// deletes meanwhile is not kept.
func TestASlowSource(t *testing.T) {
	each(t, func(t *testing.T, o *office) {
		who, ring := o.person(t)
		o.meta.held, o.meta.waiting = make(chan struct{}), make(chan struct{})
		kept, deleted := o.want(t, who, ring, []byte("bleibt"), gives), o.want(t, who, ring, []byte("geht"), gives)
		due, err := o.claim(t.Context())
		if err != nil || len(due) != 2 {
			t.Fatal(due, err)
		}
		done := make(chan struct{})
		for _, d := range due {
			go func() {
				o.fetch(context.Background(), d)
				done <- struct{}{}
			}()
			<-o.meta.waiting
		}
		if again, err := o.claim(t.Context()); err != nil || len(again) != 0 {
			t.Errorf("%d files are fetched twice, %v", len(again), err)
		}
		o.write(t, func(ctx context.Context, tx store.Tx) error { return o.Revoke(ctx, tx, o.org, deleted) })
		close(o.meta.held)
		<-done
		<-done
		if got := read(t, o.file(t, kept)); string(got) != "bleibt" {
			t.Errorf("the file is %q", got)
		}
		if state, reason, chunks, _ := o.row(t, deleted); state != "gone" || reason != "revoked" || chunks != 0 {
			t.Errorf("a file that was deleted on its way is %s (%q) in %d chunks", state, reason, chunks)
		}
	})
}

// A node that died in the middle leaves its files to another.
func TestAClaimEnds(t *testing.T) {
	each(t, func(t *testing.T, o *office) {
		who, ring := o.person(t)
		m := o.want(t, who, ring, []byte("Bild"), gives)
		for _, c := range []struct {
			after time.Duration
			want  int
		}{{0, 1}, {fetchLease - time.Second, 0}, {time.Second, 1}} {
			o.now = o.now.Add(c.after)
			if due, err := o.claim(t.Context()); err != nil || len(due) != c.want {
				t.Errorf("after %v %d files can be claimed (%v), want %d", c.after, len(due), err, c.want)
			}
		}
		o.now = o.now.Add(fetchLease)
		if o.round(t); string(read(t, o.file(t, m))) != "Bild" {
			t.Error("the file is another")
		}
	})
}

// Run fetches what is wanted as soon as it is committed, and ends with its
// context.
func TestRunFetchesAtOnceAndEnds(t *testing.T) {
	each(t, func(t *testing.T, o *office) {
		ctx, cancel := context.WithCancel(t.Context())
		ended := make(chan struct{})
		go func() { defer close(ended); o.Run(ctx) }()
		who, ring := o.person(t)
		o.meta.held, o.meta.waiting = make(chan struct{}), make(chan struct{})
		m := o.want(t, who, ring, []byte("Bild"), gives)
		<-o.meta.waiting
		cancel()
		close(o.meta.held)
		<-ended
		if got := read(t, o.file(t, m)); string(got) != "Bild" || !slices.Equal(o.told, []id.Message{m}) {
			t.Errorf("when Run ended the file was %q and %v was told", got, o.told)
		}
	})
}

func TestWhatAHashSays(t *testing.T) {
	sum := bytes.Repeat([]byte{7}, 32)
	other := bytes.Repeat([]byte{8}, 32)
	for _, c := range []struct {
		name, told string
		want       bool
	}{
		{"hexadecimal", hex.EncodeToString(sum), true},
		{"in capitals", strings.ToUpper(hex.EncodeToString(sum)), true},
		{"base64", base64.StdEncoding.EncodeToString(sum), true},
		{"another, hexadecimal", hex.EncodeToString(other), false},
		{"another, base64", base64.StdEncoding.EncodeToString(other), false},
		{"none", "", true},
		{"of a form that we do not know", "md5:0807", true},
	} {
		if got := matches(c.told, sum); got != c.want {
			t.Errorf("%s: %v, want %v", c.name, got, c.want)
		}
	}
}

// thing is a file as the model knows it.
type thing struct {
	message id.Message
	contact id.Person
	content []byte
	does    string
	state   string
	at      time.Time
}

// Whatever sources do and staff and senders delete: what is held is whole, and
// of what is not held nothing is left.
func TestFilesAreWholeOrNotThere(t *testing.T) {
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		v := vaulttest.Open(t, db)
		rapid.Check(t, func(t *rapid.T) {
			o := open(t, db, v)
			who, ring := o.person(t)
			var all []*thing
			some := func(t *rapid.T) *thing {
				if len(all) == 0 {
					t.Skip("no file yet")
				}
				return all[rapid.IntRange(0, len(all)-1).Draw(t, "file")]
			}
			behaviour := rapid.SampledFrom([]string{gives, gives, broken, busy, refuses, cuts, alters, boasts})
			t.Repeat(map[string]func(*rapid.T){
				"": func(t *rapid.T) {
					for _, f := range all {
						state, _, chunks, _ := o.row(t, f.message)
						if state != f.state || (chunks > 0) != (f.state == "held") {
							t.Fatalf("a file is %s in %d chunks, want %s", state, chunks, f.state)
						}
						if f.state == "held" && !bytes.Equal(read(t, o.file(t, f.message)), f.content) {
							t.Fatal("a file came back changed")
						}
					}
				},
				"want": func(t *rapid.T) {
					size := rapid.SampledFrom([]int{1, 2, 3, 1000, chunkSize, chunkSize + 1}).Draw(t, "size")
					f := &thing{contact: who, content: bytes.Repeat([]byte{byte(len(all) + 1)}, size), does: behaviour.Draw(t, "Meta"), state: "wanted", at: o.now}
					f.message = o.want(t, who, ring, f.content, f.does)
					all = append(all, f)
				},
				"Meta changes": func(t *rapid.T) {
					f := some(t)
					f.does = behaviour.Draw(t, "Meta")
					o.meta.does["m"+f.message.String()] = f.does
				},
				"fetch": func(t *rapid.T) {
					o.now = o.now.Add(2 * time.Hour)
					o.round(t)
					for _, f := range all {
						switch {
						case f.state != "wanted":
						case f.does == gives:
							f.state = "held"
						case f.does == refuses || f.does == boasts:
							f.state = "gone"
						default:
							_, _, _, tries := o.row(t, f.message)
							if damaged := f.does == cuts || f.does == alters; damaged && tries >= fetchTries || !o.now.Before(f.at.Add(metaKeeps)) {
								f.state = "gone"
							}
						}
					}
				},
				"its sender deletes": func(t *rapid.T) {
					f := some(t)
					o.write(t, func(ctx context.Context, tx store.Tx) error { return o.Revoke(ctx, tx, o.org, f.message) })
					f.state = "gone"
				},
				"its time is over": func(t *rapid.T) {
					before := o.now.Add(-time.Duration(rapid.IntRange(0, 6).Draw(t, "hours")) * time.Hour)
					o.StayWith(nothingKept)
					o.write(t, func(ctx context.Context, tx store.Tx) error {
						_, err := o.ExpireClasses(ctx, tx, o.org, period.Orders{Before: map[string]time.Time{period.Media: before}}, id.Cursor{}, map[string]int64{})
						return err
					})
					for _, f := range all {
						if f.at.Before(before) {
							f.state = "gone"
						}
					}
				},
			})
		})
	})
}

func nothingKept(context.Context, store.Reader, id.Org, []id.Message, map[id.ID]bool) (map[id.Message]bool, error) {
	return map[id.Message]bool{}, nil
}
