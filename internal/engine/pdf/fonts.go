package pdf

import (
	"compress/gzip"
	"embed"
	"fmt"
	"io"
)

// The Go fonts as golang.org/x/image has them, compressed.
//
//go:embed fonts/*.ttf.gz
var fonts embed.FS

// font is one of them as a TrueType file.
func font(name string) []byte {
	packed, err := fonts.Open("fonts/" + name + ".ttf.gz")
	if err != nil {
		panic(fmt.Sprintf("the font %s is not in the binary: %v", name, err))
	}
	defer func() { _ = packed.Close() }()
	unpacked, err := gzip.NewReader(packed)
	if err != nil {
		panic(fmt.Sprintf("the font %s of the binary is damaged: %v", name, err))
	}
	file, err := io.ReadAll(unpacked)
	if err != nil {
		panic(fmt.Sprintf("the font %s of the binary is damaged: %v", name, err))
	}
	return file
}
