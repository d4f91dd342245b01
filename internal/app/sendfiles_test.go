package app_test

import (
	"bytes"
	"encoding/json"
	"io"
	"mime/multipart"
	"net/http"
	"net/textproto"
	"strings"
	"testing"
	"time"

	"einklang/internal/account/user"
	"einklang/internal/test/apptest"
	"einklang/sandbox"
)

// A file goes out as what it is, whatever its ending says; a voice note stays
// Ogg with Opus until it is at Meta.
func TestAFileIsWhatItHolds(t *testing.T) {
	opus := "OggS\x00\x02" + strings.Repeat("\x00", 22) + "OpusHead\x01\x01"
	jpeg := "\xff\xd8\xff\xe0" + strings.Repeat("\x00", 40)
	cases := []struct {
		name, file, declared, content string
		voice                         bool
		kind, at                      string // of the message, and the file's type at Meta; empty: refused
	}{
		{"a voice note", "aufnahme.ogg", "audio/ogg; codecs=opus", opus, true, "audio", "audio/ogg; codecs=opus"},
		{"a voice note whose browser names no codec", "aufnahme.ogg", "audio/ogg", opus, true, "audio", "audio/ogg; codecs=opus"},
		{"a file .opus that the browser does not know", "PTT-20261124-WA0001.opus", "application/octet-stream", opus, false, "audio", "audio/ogg; codecs=opus"},
		{"a file .opus that the browser knows", "PTT-20261124-WA0001.opus", "audio/opus", opus, false, "audio", "audio/ogg; codecs=opus"},
		{"Ogg with another sound", "lied.ogg", "audio/ogg", "OggS\x00\x02" + strings.Repeat("\x00", 22) + "\x01vorbis", false, "", ""},
		{"a photo whose ending lies", "foto.png", "image/png", jpeg, false, "image", "image/jpeg"},
		{"a photo called a document", "foto.pdf", "application/pdf", jpeg, false, "image", "image/jpeg"},
		{"a program called a document", "rechnung.pdf", "application/pdf", "MZ\x90\x00\x03\x00\x00\x00", false, "", ""},
		{"a sticker of 101 KB that does not move", "s.webp", "image/webp", "RIFF\x00\x00\x00\x00WEBPVP8 " + strings.Repeat("\x00", 101<<10), false, "", ""},
		{"a sticker of 101 KB that moves", "s.webp", "image/webp", "RIFF\x00\x00\x00\x00WEBPVP8X\x0a\x00\x00\x00\x02" + strings.Repeat("\x00", 101<<10), false, "sticker", "image/webp"},
		{"a photo of more than 5 MB", "foto.jpg", "image/jpeg", jpeg + strings.Repeat("\x00", 5<<20), false, "", ""},
	}
	apptest.Each(t, func(t *testing.T, o *apptest.Office) {
		erika := o.Customer("Erika Mustermann", "4917604069001")
		erika.Say(o.Number, "Guten Tag")
		o.Settle(t)
		agent, address := o.SignIn(t, user.Agent), o.URL+"/inbox/"+thread(t, o, o.Person(t, erika).ID).ID.String()+"/file"
		for _, c := range cases {
			fields, before := map[string]string{}, len(erika.Messages(o.Number))
			if c.voice {
				fields["voice"] = "1"
			}
			attach(t, agent, address, c.file, c.declared, c.content, fields)
			o.Clock.Advance(10 * time.Second) // until it can no longer be taken back
			o.Until(t, "nothing waits any more", func() bool { return o.Count(t, "outbox", "") == 0 })
			o.Settle(t)
			shown := erika.Messages(o.Number)
			if last := shown[len(shown)-1]; c.kind != "" {
				arrived(t, o, c.name, last, c.kind, c.voice, c.at, c.content)
			} else if len(shown) > before {
				t.Errorf("%s: it went out as %s %s", c.name, last.Type, last.Content)
			}
		}
	})
}

// arrived compares a message with a file, and the file at Meta.
func arrived(t *testing.T, o *apptest.Office, name string, m sandbox.Message, kind string, voice bool, mimeType, content string) {
	t.Helper()
	var sent struct {
		ID    string
		Voice bool
	}
	if err := json.Unmarshal(m.Content, &sent); err != nil || m.Type != kind || sent.Voice != voice {
		t.Errorf("%s: went out as %s %s", name, m.Type, m.Content)
		return
	}
	resp, err := http.Get(o.GraphURL + "/sandbox/files/" + sent.ID)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = resp.Body.Close() }()
	there, err := io.ReadAll(resp.Body)
	if at := resp.Header.Get("Content-Type"); err != nil || at != mimeType || string(there) != content {
		t.Errorf("%s: Meta has %d bytes of %s, want %d of %s", name, len(there), at, len(content), mimeType)
	}
}

// attach posts a file as the composer does.
func attach(t *testing.T, browser *http.Client, address, name, declared, content string, fields map[string]string) {
	t.Helper()
	var form bytes.Buffer
	w := multipart.NewWriter(&form)
	for field, value := range fields {
		if err := w.WriteField(field, value); err != nil {
			t.Fatal(err)
		}
	}
	part, err := w.CreatePart(textproto.MIMEHeader{"Content-Disposition": {`form-data; name="file"; filename="` + name + `"`}, "Content-Type": {declared}})
	if err != nil {
		t.Fatal(err)
	}
	_, _ = part.Write([]byte(content))
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	r, err := http.NewRequestWithContext(t.Context(), http.MethodPost, address, &form)
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("Content-Type", w.FormDataContentType())
	r.Header.Set("X-Fragment", "1")
	resp, err := browser.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	_ = resp.Body.Close()
}
