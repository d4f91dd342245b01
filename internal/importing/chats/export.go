package chats

import (
	"context"
	"errors"
	"io"
	"path"
	"strings"

	"einklang/internal/engine/blob"
	"einklang/internal/engine/zipfile"
	"einklang/internal/rule/pii"
)

// Error is why an export cannot be read. Code is a key of texts.
type Error struct {
	Code  string
	cause error
}

func (e *Error) Error() string { return e.Code }
func (e *Error) Unwrap() error { return e.cause }

// The codes of Error.
const (
	CodeNoChat    = "chat_file_kind"      // no exported chat
	CodeBroken    = "chat_file_broken"    // damaged
	CodeBomb      = "chat_file_bomb"      // unpacks to far more than it is
	CodeProtected = "chat_file_protected" // with a password
	CodeLong      = "chat_file_long"      // too many messages
)

// limits of an exported chat: pictures and films hardly pack, text to about a
// tenth.
var limits = zipfile.Limits{Files: 20_000, Total: 8 << 30, Ratio: 100}

// export is an opened export.
type export struct {
	pii.Personal
	file  *blob.Reader
	size  int64
	zip   *zipfile.Archive  // nil: the text alone
	chat  string            // name of the text in the archive
	files map[string]string // by base name
}

func openExport(ctx context.Context, f *blob.File) (*export, error) {
	e := &export{file: f.Reader(ctx), size: f.Size}
	head := make([]byte, 4)
	if _, err := e.file.ReadAt(head, 0); err != nil && !errors.Is(err, io.EOF) {
		return nil, err
	}
	if string(head) != "PK\x03\x04" {
		return e, nil
	}
	var err error
	if e.zip, err = zipfile.Open(e.file, f.Size, limits); err != nil {
		return nil, explain(err)
	}
	e.files = map[string]string{}
	for _, name := range e.zip.Names() {
		base := path.Base(name)
		if strings.EqualFold(path.Ext(base), ".txt") && (e.chat == "" || better(base, path.Base(e.chat))) {
			e.chat = name
		}
		if _, twice := e.files[base]; !twice {
			e.files[base] = name
		}
	}
	if e.chat == "" {
		return nil, &Error{Code: CodeNoChat}
	}
	return e, nil
}

// better reports whether a text is rather the chat than another one that
// somebody may have sent in it: iOS calls it _chat.txt, Android "WhatsApp Chat
// mit …".
func better(name, than string) bool {
	rank := func(n string) int {
		switch {
		case n == "_chat.txt":
			return 2
		case strings.HasPrefix(n, "WhatsApp"):
			return 1
		}
		return 0
	}
	return rank(name) > rank(than)
}

// text begins to read the chat.
func (e *export) text() (io.ReadCloser, error) {
	if e.zip == nil {
		return io.NopCloser(io.NewSectionReader(e.file, 0, e.size)), nil
	}
	r, err := e.zip.Open(e.chat)
	if err != nil {
		return nil, explain(err)
	}
	return r, nil
}

// attached begins to read a file of the chat; nil if it is not there.
func (e *export) attached(name string) (io.ReadCloser, error) {
	if e.zip == nil || e.files[name] == "" {
		return nil, nil
	}
	r, err := e.zip.Open(e.files[name])
	if err != nil {
		return nil, explain(err)
	}
	return r, nil
}

func explain(err error) error {
	switch {
	case errors.Is(err, zipfile.ErrBomb), errors.Is(err, zipfile.ErrTooMany):
		return &Error{CodeBomb, err}
	case errors.Is(err, zipfile.ErrEncrypted):
		return &Error{CodeProtected, err}
	case errors.Is(err, zipfile.ErrBroken), errors.Is(err, zipfile.ErrName), errors.Is(err, zipfile.ErrMissing):
		return &Error{CodeBroken, err}
	}
	return err
}

// mimeOf is the type of a file by its name, in the words of the Cloud API.
func mimeOf(name string) string {
	return map[string]string{
		".jpg": "image/jpeg", ".jpeg": "image/jpeg", ".png": "image/png", ".webp": "image/webp", ".opus": "audio/ogg", ".ogg": "audio/ogg",
		".m4a": "audio/mp4", ".mp3": "audio/mpeg", ".aac": "audio/aac", ".amr": "audio/amr", ".mp4": "video/mp4", ".3gp": "video/3gpp",
		".pdf": "application/pdf", ".txt": "text/plain", ".doc": "application/msword", ".xls": "application/vnd.ms-excel", ".ppt": "application/vnd.ms-powerpoint",
		".docx": "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
		".xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
		".pptx": "application/vnd.openxmlformats-officedocument.presentationml.presentation",
	}[strings.ToLower(path.Ext(name))]
}
