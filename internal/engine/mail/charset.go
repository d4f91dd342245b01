package mail

import (
	"errors"
	"io"
	"strings"

	"github.com/emersion/go-message"
	"golang.org/x/text/encoding"
	"golang.org/x/text/encoding/charmap"
	"golang.org/x/text/encoding/unicode"
)

// charsets are the character sets other than UTF-8 in which mail is read: those
// of the EU's languages, by their names in the IANA registry "Character Sets".
// The tables of Chinese, Japanese and Korean would make the program larger by
// 0.7 MB; their mail programs have written UTF-8 for long.
var charsets = map[string]encoding.Encoding{
	"iso-8859-2": charmap.ISO8859_2, "iso-8859-3": charmap.ISO8859_3, "iso-8859-4": charmap.ISO8859_4, "iso-8859-5": charmap.ISO8859_5,
	"iso-8859-6": charmap.ISO8859_6, "iso-8859-7": charmap.ISO8859_7, "iso-8859-8": charmap.ISO8859_8, "iso-8859-9": charmap.Windows1254,
	"iso-8859-10": charmap.ISO8859_10, "iso-8859-13": charmap.ISO8859_13, "iso-8859-14": charmap.ISO8859_14, "iso-8859-15": charmap.ISO8859_15, "iso-8859-16": charmap.ISO8859_16,
	// What calls itself Latin 1 or ASCII is often Windows 1252, which holds both
	// (WHATWG Encoding, 4.2).
	"iso-8859-1": charmap.Windows1252, "latin1": charmap.Windows1252, "us-ascii": charmap.Windows1252, "ascii": charmap.Windows1252, "windows-1252": charmap.Windows1252, "cp1252": charmap.Windows1252,
	"windows-1250": charmap.Windows1250, "windows-1251": charmap.Windows1251, "windows-1253": charmap.Windows1253, "windows-1254": charmap.Windows1254,
	"windows-1255": charmap.Windows1255, "windows-1256": charmap.Windows1256, "windows-1257": charmap.Windows1257, "windows-1258": charmap.Windows1258,
	"koi8-r": charmap.KOI8R, "koi8-u": charmap.KOI8U, "macintosh": charmap.Macintosh, "ibm850": charmap.CodePage850, "cp850": charmap.CodePage850,
	"utf-16":   unicode.UTF16(unicode.BigEndian, unicode.UseBOM),
	"utf-16be": unicode.UTF16(unicode.BigEndian, unicode.IgnoreBOM),
	"utf-16le": unicode.UTF16(unicode.LittleEndian, unicode.IgnoreBOM),
}

// readCharset turns a text into UTF-8. go-message asks for it by a variable of
// its own; its package charset would set it to one that knows all sets.
func readCharset(name string, in io.Reader) (io.Reader, error) {
	set, known := charsets[strings.ToLower(strings.TrimSpace(name))]
	if !known {
		return nil, errors.New("the character set is not known")
	}
	return set.NewDecoder().Reader(in), nil
}

func init() { message.CharsetReader = readCharset }
