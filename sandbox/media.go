package sandbox

import (
	"cmp"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"io"
	"net/http"
	"strconv"
	"strings"
	"time"

	"einklang/internal/rule/wire"
)

// file is a file at Meta.
type file struct {
	id       string
	mimeType string
	bytes    []byte
	secret   string // part of the download address
	until    time.Time
}

const urlLife = 5 * time.Minute

// fits reports whether the file can be sent as a message of a kind.
func (f *file) fits(kind string) bool {
	if kind == "gif" { // Cloud API: a film without sound
		kind = "video"
	}
	is, taken := wire.FileOf(f.mimeType)
	return kind == "document" || taken && is.Kind == kind
}

// AddFile puts a file at Meta, as when a customer sends it, and returns its
// id.
func (s *Sandbox) AddFile(mimeType string, content []byte) string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.addFile(mimeType, content).id
}

func (s *Sandbox) addFile(mimeType string, content []byte) *file {
	n := s.seq()
	f := &file{id: strconv.FormatUint(700_000_000_000+n, 10), mimeType: mimeType, bytes: content}
	s.media[f.id] = f
	return f
}

func (f *file) hash() string {
	sum := sha256.Sum256(f.bytes)
	return hex.EncodeToString(sum[:])
}

func (s *Sandbox) upload(w http.ResponseWriter, r *http.Request) *graphError {
	r.Body = http.MaxBytesReader(w, r.Body, 101<<20)
	form, err := readForm(r)
	if err != nil {
		return fail(100, "Invalid parameter", "The body is not a form.")
	}
	if form.product != "whatsapp" {
		return fail(100, "The parameter messaging_product is required.", "")
	}
	if form.content == nil {
		return fail(131008, titles[131008], "file is missing")
	}
	mimeType := form.mimeType
	declared, known := wire.FileOf(mimeType)
	if !known {
		return fail(100, "Param file must be a file with one of the following types: audio/aac, audio/mp4, …", mimeType)
	}
	seen, is, taken := wire.Judge(mimeType, form.content[:min(len(form.content), wire.MostBeginning)])
	switch {
	case !taken || is.Kind != declared.Kind:
		return fail(131053, titles[131053], "The file is of the type "+seen+", not "+mimeType+".")
	case int64(len(form.content)) > is.Most:
		return fail(131053, titles[131053], "The file is too large for its type.")
	}
	s.mu.Lock()
	f := s.addFile(mimeType, form.content)
	s.mu.Unlock()
	writeJSON(w, http.StatusOK, map[string]any{"id": f.id})
	return nil
}

// uploaded is a form with a file, held in memory: customers' files are not put
// onto the disk in clear.
type uploaded struct {
	product, mimeType string
	content           []byte // nil: there is none
}

func readForm(r *http.Request) (u uploaded, err error) {
	parts, err := r.MultipartReader()
	if err != nil {
		return u, err
	}
	declared := ""
	for {
		part, err := parts.NextPart()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return u, err
		}
		content, err := io.ReadAll(part)
		if err != nil {
			return u, err
		}
		switch part.FormName() {
		case "messaging_product":
			u.product = string(content)
		case "type":
			u.mimeType = string(content)
		case "file":
			u.content, declared = content, part.Header.Get("Content-Type")
		}
	}
	u.mimeType = cmp.Or(u.mimeType, declared)
	return u, nil
}

func (s *Sandbox) mediaObject(w http.ResponseWriter, r *http.Request, f *file) *graphError {
	s.mu.Lock()
	defer s.mu.Unlock()
	switch r.Method {
	case http.MethodGet:
		f.secret = strconv.FormatUint(s.seq(), 36) + hex.EncodeToString(s.serial[:])
		f.until = s.cfg.Now().Add(urlLife)
		base := s.cfg.PublicURL
		if base == "" {
			base = "http://" + r.Host
		}
		writeJSON(w, http.StatusOK, map[string]any{"messaging_product": "whatsapp", "url": base + "/media/" + f.id + "/" + f.secret,
			"mime_type": f.mimeType, "sha256": f.hash(), "file_size": len(f.bytes), "id": f.id})
	case http.MethodDelete:
		delete(s.media, f.id)
		success(w)
	default:
		return fail(100, "Unsupported request", "")
	}
	return nil
}

func (s *Sandbox) serveMedia(w http.ResponseWriter, r *http.Request) {
	parts := strings.Split(strings.Trim(r.URL.Path, "/"), "/")
	s.mu.Lock()
	f := s.media[parts[1]]
	ok := f != nil && len(parts) == 3 && parts[2] == f.secret && s.cfg.Now().Before(f.until)
	s.mu.Unlock()
	if !ok {
		http.NotFound(w, r)
		return
	}
	if badToken(s.cfg.Token, r) {
		fail(190, titles[190], "").write(w)
		return
	}
	w.Header().Set("Content-Type", f.mimeType)
	w.Header().Set("Content-Length", strconv.Itoa(len(f.bytes)))
	_, _ = w.Write(f.bytes)
}
