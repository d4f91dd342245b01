package sandbox

import (
	"embed"
	"io/fs"
	"net/http"
	"strings"
)

//go:embed static
var static embed.FS

// page serves the customers' phones.
func (s *Sandbox) page(w http.ResponseWriter, r *http.Request) {
	files, err := fs.Sub(static, "static")
	if err != nil {
		http.Error(w, err.Error(), http.StatusInternalServerError)
		return
	}
	h := w.Header()
	h.Set("Content-Security-Policy", "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data: blob:; media-src 'self' blob:; connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'")
	h.Set("X-Content-Type-Options", "nosniff")
	h.Set("Referrer-Policy", "no-referrer")
	h.Set("Cache-Control", "no-cache")
	if r.URL.Path != "/" && !strings.Contains(r.URL.Path, ".") {
		http.NotFound(w, r)
		return
	}
	http.FileServerFS(files).ServeHTTP(w, r)
}
