package pdf

import (
	"compress/gzip"
	"embed"
	"fmt"
	"io"
	"sync"
)

// The Go fonts as golang.org/x/image has them, compressed.
//
//go:embed fonts/*.ttf.gz
var fonts embed.FS

// unpacked are the fonts that were asked for, by name. They are read only.
var unpacked sync.Map

// font is one of them as a TrueType file, unpacked once.
func font(name string) []byte {
	if file, known := unpacked.Load(name); known {
		return file.([]byte)
	}
	file, _ := unpacked.LoadOrStore(name, unpack(name))
	return file.([]byte)
}

func unpack(name string) []byte {
	packed, err := fonts.Open("fonts/" + name + ".ttf.gz")
	if err != nil {
		panic(fmt.Sprintf("the font %s is not in the binary: %v", name, err))
	}
	defer func() { _ = packed.Close() }()
	plain, err := gzip.NewReader(packed)
	if err != nil {
		panic(fmt.Sprintf("the font %s of the binary is damaged: %v", name, err))
	}
	file, err := io.ReadAll(plain)
	if err != nil {
		panic(fmt.Sprintf("the font %s of the binary is damaged: %v", name, err))
	}
	return file
}
