package wire

import (
	"strings"
	"testing"
)

// mp4 begins a file of the family of MP4.
func mp4(brand string) string { return "\x00\x00\x00\x20ftyp" + brand + "\x00\x00\x02\x00isomiso2" }

func TestJudge(t *testing.T) {
	ogg := "OggS\x00\x02" + strings.Repeat("\x00", 22)
	for _, c := range []struct {
		name, declared, beginning string
		is, kind                  string // kind empty: not taken
		most                      int64
	}{
		{"a picture", "image/jpeg", "\xff\xd8\xff\xe0", "image/jpeg", "image", 5 << 20},
		{"a picture whose ending lies", "image/png", "\xff\xd8\xff\xe0", "image/jpeg", "image", 5 << 20},
		{"a picture that nobody knows", "application/octet-stream", "\x89PNG\r\n\x1a\n", "image/png", "image", 5 << 20},
		{"a moving picture of the web", "image/png", "GIF89a", "image/gif", "", 0},
		{"a sticker", "image/webp", "RIFF\x00\x00\x00\x00WEBPVP8 \x00\x00\x00\x00\x00", "image/webp", "sticker", 100 << 10},
		{"a moving sticker", "image/webp", "RIFF\x00\x00\x00\x00WEBPVP8X\x0a\x00\x00\x00\x02\x00", "image/webp", "sticker", 500 << 10},
		{"a sound of a wave", "audio/mpeg", "RIFF\x00\x00\x00\x00WAVEfmt ", "audio/wav", "", 0},
		{"a voice note", "audio/ogg; codecs=opus", ogg + "OpusHead", Opus, "audio", 16 << 20},
		{"a voice note without its codec", "audio/ogg", ogg + "OpusHead", Opus, "audio", 16 << 20},
		{"a file .opus", "audio/opus", ogg + "OpusHead", Opus, "audio", 16 << 20},
		{"a file .opus that nobody knows", "application/octet-stream", ogg + "OpusHead", Opus, "audio", 16 << 20},
		{"Ogg with Vorbis", "audio/ogg", ogg + "\x01vorbis", "audio/vorbis", "", 0},
		{"a song", "audio/mpeg", "ID3\x04", "audio/mpeg", "audio", 16 << 20},
		{"a song without its tags", "audio/mp3", "\xff\xfb\x90", "audio/mpeg", "audio", 16 << 20},
		{"a sound of AAC", "audio/aac", "\xff\xf1\x50", "audio/aac", "audio", 16 << 20},
		{"a sound of a phone", "audio/x-m4a", mp4("M4A "), "audio/mp4", "audio", 16 << 20},
		{"a sound in a film's container", "audio/mp4", mp4("isom"), "audio/mp4", "audio", 16 << 20},
		{"a film", "video/mp4", mp4("isom"), "video/mp4", "video", 16 << 20},
		{"a film of an old phone", "video/mp4", mp4("3gp5"), "video/3gpp", "video", 16 << 20},
		{"a film of Apple's", "video/mp4", mp4("qt  "), "video/quicktime", "", 0},
		{"a photo of Apple's", "image/jpeg", mp4("heic"), "image/heic", "", 0},
		{"a document", "application/pdf", "%PDF-1.7", "application/pdf", "document", 100 << 20},
		{"a program called a document", "application/pdf", "MZ\x90\x00\x03\x00", unknownToThem, "", 0},
		{"a text that begins like a program", "text/plain", "MZ ist eine Abkürzung.", "text/plain", "document", 100 << 20},
		{"a document of Word", openDocument + "wordprocessingml.document", "PK\x03\x04", openDocument + "wordprocessingml.document", "document", 100 << 20},
		{"an archive", "text/plain", "PK\x03\x04", "application/zip", "", 0},
		{"an old document of Word", "application/msword", "\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "application/msword", "document", 100 << 20},
		{"nothing", "image/png", "", "image/png", "image", 5 << 20},
		{"what nobody knows", "application/octet-stream", "abc", "application/octet-stream", "", 0},
	} {
		is, f, taken := Judge(c.declared, []byte(c.beginning))
		if is != c.is || taken != (c.kind != "") || f.Kind != c.kind || taken && f.Most != c.most {
			t.Errorf("%s: %s %+v %v, want %s as %q up to %d", c.name, is, f, taken, c.is, c.kind, c.most)
		}
	}
}

// FuzzJudge: no beginning of a file makes it fail, and what it names is taken
// or not by that name.
func FuzzJudge(f *testing.F) {
	f.Add("image/png", []byte("\xff\xd8\xff"))
	f.Add("", []byte("OggS"))
	f.Fuzz(func(t *testing.T, declared string, beginning []byte) {
		is, file, taken := Judge(declared, beginning)
		if again, known := FileOf(is); known != taken || again.Kind != file.Kind {
			t.Errorf("%q is %+v %v, but by its name %+v %v", is, file, taken, again, known)
		}
	})
}
