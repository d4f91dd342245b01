package table

import (
	"bufio"
	"bytes"
	"io"
	"unicode/utf8"

	"golang.org/x/text/encoding/charmap"
	"golang.org/x/text/encoding/unicode"
	"golang.org/x/text/transform"
)

const sniffed = 4096

// decoded is a text file in UTF-8, whatever it was in: UTF-8 or UTF-16 with or
// without a byte order mark, or Windows-1252, as German programs for offices
// write it.
func decoded(r io.Reader) io.Reader {
	b := bufio.NewReaderSize(r, sniffed)
	head, _ := b.Peek(sniffed)
	switch {
	case bytes.HasPrefix(head, []byte("\xef\xbb\xbf")):
		_, _ = b.Discard(3)
		return transform.NewReader(b, &tolerant{utf8: true})
	case bytes.HasPrefix(head, []byte("\xff\xfe")):
		return transform.NewReader(b, unicode.UTF16(unicode.LittleEndian, unicode.UseBOM).NewDecoder())
	case bytes.HasPrefix(head, []byte("\xfe\xff")):
		return transform.NewReader(b, unicode.UTF16(unicode.BigEndian, unicode.UseBOM).NewDecoder())
	}
	even, odd := zeros(head)
	switch { // without a mark: in Latin letters every second byte is zero
	case odd > len(head)/4 && even < odd/4:
		return transform.NewReader(b, unicode.UTF16(unicode.LittleEndian, unicode.IgnoreBOM).NewDecoder())
	case even > len(head)/4 && odd < even/4:
		return transform.NewReader(b, unicode.UTF16(unicode.BigEndian, unicode.IgnoreBOM).NewDecoder())
	}
	return transform.NewReader(b, &tolerant{})
}

func zeros(head []byte) (even, odd int) {
	for i, c := range head {
		if c == 0 {
			if i%2 == 0 {
				even++
			} else {
				odd++
			}
		}
	}
	return even, odd
}

// tolerant passes UTF-8 through. A byte that is not UTF-8 is read as
// Windows-1252, as long as nothing has proven the file to be UTF-8; after that
// it is damaged and becomes U+FFFD.
type tolerant struct {
	utf8 bool // proven: by a mark, or by a sequence of several bytes
}

// Reset implements transform.Transformer.
func (t *tolerant) Reset() {}

// Transform implements transform.Transformer.
func (t *tolerant) Transform(dst, src []byte, atEOF bool) (nDst, nSrc int, err error) {
	for nSrc < len(src) {
		r, size := rune(src[nSrc]), 1
		if r >= utf8.RuneSelf {
			if !atEOF && !utf8.FullRune(src[nSrc:]) {
				return nDst, nSrc, transform.ErrShortSrc
			}
			r, size = utf8.DecodeRune(src[nSrc:])
			switch {
			case size > 1:
				t.utf8 = true
			case !t.utf8:
				r = charmap.Windows1252.DecodeByte(src[nSrc])
			}
		}
		if nDst+utf8.RuneLen(r) > len(dst) {
			return nDst, nSrc, transform.ErrShortDst
		}
		nDst += utf8.EncodeRune(dst[nDst:], r)
		nSrc += size
	}
	return nDst, nSrc, nil
}
