package wire

import (
	"bytes"
	"slices"
	"strings"
)

// The limits of files, in bytes (Cloud API: media, supported types).
const (
	megabyte      = 1 << 20
	MostImage     = 5 * megabyte
	MostSound     = 16 * megabyte // and films
	MostDocument  = 100 * megabyte
	MostSticker   = 100 << 10
	MostMoving    = 500 << 10 // of a sticker that moves
	MostBeginning = 4096      // as much of a file as tells what it is
	Opus          = "audio/ogg; codecs=opus"
	openDocument  = "application/vnd.openxmlformats-officedocument."
	unknownToThem = "application/x-refused"
	boxHead       = 8
)

// File is what WhatsApp takes of a type of files.
type File struct {
	Kind string // of the message: image, video, audio, document or sticker
	Most int64  // bytes
}

var files = map[string]File{
	"image/jpeg": {"image", MostImage}, "image/png": {"image", MostImage}, "image/webp": {"sticker", MostMoving},
	"audio/aac": {"audio", MostSound}, "audio/amr": {"audio", MostSound}, "audio/mpeg": {"audio", MostSound}, "audio/mp4": {"audio", MostSound}, "audio/ogg": {"audio", MostSound},
	"video/mp4": {"video", MostSound}, "video/3gpp": {"video", MostSound},
	"text/plain": {"document", MostDocument}, "application/pdf": {"document", MostDocument}, "application/msword": {"document", MostDocument},
	"application/vnd.ms-excel": {"document", MostDocument}, "application/vnd.ms-powerpoint": {"document", MostDocument},
	openDocument + "wordprocessingml.document":   {"document", MostDocument},
	openDocument + "spreadsheetml.sheet":         {"document", MostDocument},
	openDocument + "presentationml.presentation": {"document", MostDocument},
}

// FileOf is what WhatsApp takes of files of a type; false if it takes none.
func FileOf(mimeType string) (File, bool) {
	f, taken := files[base(mimeType)]
	return f, taken
}

// base is a type without its parameters, such as codecs.
func base(mimeType string) string {
	b, _, _ := strings.Cut(mimeType, ";")
	return strings.ToLower(strings.TrimSpace(b))
}

// Judge says what a file is, by its beginning and by what was said about it,
// and what WhatsApp takes of it. The beginning has the last word: an extension
// lies. False: WhatsApp takes no such file. Of Ogg it takes Opus only.
func Judge(declared string, beginning []byte) (mimeType string, f File, taken bool) {
	mimeType = base(declared)
	if seen := sniff(beginning); seen != "" && !contains(seen, mimeType) {
		mimeType = seen
	}
	switch mimeType {
	case "audio/ogg", "audio/opus":
		mimeType = Opus
	case "audio/x-m4a", "audio/m4a":
		mimeType = "audio/mp4"
	case "audio/mp3":
		mimeType = "audio/mpeg"
	case "image/jpg":
		mimeType = "image/jpeg"
	}
	f, taken = FileOf(mimeType)
	if f.Kind == "sticker" && sniff(beginning) == "image/webp" && !moves(beginning) {
		f.Most = MostSticker
	}
	return mimeType, f, taken
}

// contains reports whether what was seen may hold what was said: an archive may
// be an office document, a container may hold sound or film.
func contains(seen, declared string) bool {
	switch seen {
	case "application/zip":
		return strings.HasPrefix(declared, openDocument)
	case "application/x-ole":
		return slices.Contains([]string{"application/msword", "application/vnd.ms-excel", "application/vnd.ms-powerpoint"}, declared)
	case "video/mp4":
		return declared == "audio/mp4" || declared == "video/mp4" || declared == "audio/x-m4a" || declared == "audio/m4a"
	default:
		return seen == declared
	}
}

// signatures are the beginnings of files, the longest first where one begins
// another.
var signatures = []struct {
	at    int
	bytes string
	is    string
}{
	{0, "\xff\xd8\xff", "image/jpeg"},
	{0, "\x89PNG\r\n\x1a\n", "image/png"},
	{0, "GIF8", "image/gif"},
	{8, "WEBP", "image/webp"},
	{0, "%PDF-", "application/pdf"},
	{0, "#!AMR", "audio/amr"},
	{0, "ID3", "audio/mpeg"},
	{0, "PK\x03\x04", "application/zip"},
	{0, "\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "application/x-ole"},
	{0, "\x1aE\xdf\xa3", "video/webm"},
	{0, "MZ", unknownToThem},
	{0, "\x7fELF", unknownToThem},
	{8, "WAVE", "audio/wav"},
	{0, "fLaC", "audio/flac"},
}

// sniff is the type that the beginning of a file tells, or "".
func sniff(b []byte) string {
	for _, s := range signatures {
		if len(b) >= s.at+len(s.bytes) && string(b[s.at:s.at+len(s.bytes)]) == s.bytes && (s.at == 0 || bytes.HasPrefix(b, []byte("RIFF"))) {
			if s.is == unknownToThem && printable(b) {
				continue // a text may begin with any letters
			}
			return s.is
		}
	}
	switch {
	case bytes.HasPrefix(b, []byte("OggS")):
		if bytes.Contains(b, []byte("OpusHead")) {
			return "audio/ogg"
		}
		return "audio/vorbis"
	case len(b) >= boxHead+4 && string(b[4:8]) == "ftyp":
		return brand(string(b[8:12]))
	case len(b) > 1 && b[0] == 0xff && (b[1] == 0xf1 || b[1] == 0xf9):
		return "audio/aac"
	case len(b) > 1 && b[0] == 0xff && b[1]&0xe0 == 0xe0 && b[1]&0x06 != 0:
		return "audio/mpeg"
	default:
		return ""
	}
}

// brand is the type of a file of the family of MP4 (ISO 14496-12).
func brand(name string) string {
	switch {
	case strings.HasPrefix(name, "M4A"), strings.HasPrefix(name, "M4B"):
		return "audio/mp4"
	case strings.HasPrefix(name, "3g"):
		return "video/3gpp"
	case name == "qt  ":
		return "video/quicktime"
	case slices.Contains([]string{"heic", "heix", "hevc", "mif1", "msf1", "avif", "avis"}, name):
		return "image/heic"
	default:
		return "video/mp4"
	}
}

func printable(b []byte) bool {
	return !bytes.ContainsFunc(b, func(r rune) bool { return r < ' ' && r != '\n' && r != '\r' && r != '\t' && r != '\f' })
}

// moves reports whether a WebP file has several pictures (extended format,
// animation flag).
func moves(b []byte) bool {
	return len(b) > 20 && string(b[8:16]) == "WEBPVP8X" && b[20]&0x02 != 0
}
