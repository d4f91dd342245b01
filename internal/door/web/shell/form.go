package shell

import (
	"errors"
	"mime"
	"net/http"

	"einklang/internal/engine/threshold"
)

// How much a form takes, in bytes, and how much one with texts of many pages does.
// A form with files takes what its handler allows.
const (
	shortForm = 64 << 10
	longForm  = threshold.Most
)

// Long lets forms of staff hold a text of many pages.
func (s *Shell) Long(patterns ...string) {
	for _, p := range patterns {
		s.long[p] = true
	}
}

// readForm reads a form whole before its handler asks for its values: of one that
// is not read to its end, all would be empty, and what is empty is deleted.
// Errors: *http.MaxBytesError, threshold.ErrBusy.
func readForm(w http.ResponseWriter, r *http.Request, most int64) error {
	if kind, _, _ := mime.ParseMediaType(r.Header.Get("Content-Type")); r.Method != http.MethodPost || kind == "multipart/form-data" {
		return nil
	}
	r.Body = http.MaxBytesReader(w, r.Body, most)
	err := r.ParseForm()
	if large := (*http.MaxBytesError)(nil); errors.As(err, &large) || errors.Is(err, threshold.ErrBusy) {
		return err
	}
	return nil // a value that cannot be read counts as not filled in
}
