// Package shell is what all pages share: who is signed in, what a role may do,
// the layout with its menu, the headers, the language, the error pages. Nothing
// personal stays in the browser: no page may be cached, and nothing is put into
// its storage.
//
// An area of the pages (inbox, notices, settings …) is a package of its own
// beside this one. It hands the shell its templates, its static files, its
// place in the menu and its routes:
//
//	func Mount(sh *shell.Shell, parts Parts) error {
//		pages, err := sh.Pages(files, nil)           // templates; "top" and "bottom" frame a page
//		sh.Menu(shell.Entry{Section: "settings", Path: "/settings/numbers", Text: "nav.numbers", May: user.Settings})
//		sh.Staff("GET /settings/numbers", user.Settings, audit.Nothing(audit.Impersonal), a.numbers)
//		sh.Public("GET /privacy/{slug}", audit.Nobody, a.privacy)
//
// A handler returns an error instead of writing one; the shell answers with
// the page that fits it. What it changes, it writes through the act of its
// Viewer, and the entry in the log of what is done goes with it.
package shell

import (
	"bytes"
	"compress/gzip"
	"context"
	"crypto/sha256"
	"embed"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"mime"
	"net"
	"net/http"
	"net/url"
	"path/filepath"
	"strings"
	"sync"
	"time"

	"einklang/internal/account/approval"
	"einklang/internal/account/audit"
	"einklang/internal/account/factor"
	"einklang/internal/account/org"
	"einklang/internal/account/user"
	"einklang/internal/engine/store"
	"einklang/internal/engine/threshold"
	"einklang/internal/rule/i18n"
	"einklang/internal/rule/sight"
)

//go:embed pages/*.html
var layout embed.FS

//go:embed static
var static embed.FS

// Options are what the shell works with.
type Options struct {
	DB     *store.DB
	Users  *user.Directory
	Orgs   *org.Registry
	Audit  *audit.Log // what is done is written down here
	Now    func() time.Time
	Log    *slog.Logger
	Secure bool // pages are reached over HTTPS
	// Fresh reports whether the installation must be set up first; nil: never.
	Fresh func(context.Context) bool
	// Forgot mails a link to who forgot her password; nil: there is no mail server.
	Forgot  Forgot
	Factors *factor.Factors
	// Sight is what somebody sees of the conversations, read for each request.
	Sight func(context.Context, user.Account) (sight.Scope, error)
}

// Shell serves the pages of all areas.
type Shell struct {
	options Options
	mux     *http.ServeMux
	texts   map[string]*i18n.Catalogue
	own     *Pages // sign-in and error pages
	assets  map[string]asset
	menu    []Entry
	missing []error
	foreign []string // routes that other websites may post to
	unruled []error  // routes without a rule for the log
	long    map[string]bool
	enrols  map[string]bool // what who must enrol a factor may do
}

type asset struct {
	address string // with the hash of the content
	files   fs.FS
	packed  func() ([]byte, error) // gzip, made when it is first asked for
}

// New makes a shell without areas.
func New(o Options) (*Shell, error) {
	de, en, err := i18n.Load()
	if err != nil {
		return nil, err
	}
	s := &Shell{options: o, mux: http.NewServeMux(), texts: map[string]*i18n.Catalogue{"de": de, "en": en}, assets: map[string]asset{}, long: map[string]bool{}, enrols: map[string]bool{}}
	if err := s.Static(static); err != nil {
		return nil, err
	}
	if s.own, err = s.Pages(nil, nil); err != nil {
		return nil, err
	}
	s.Public("GET /static/{hash}/{path...}", audit.Impersonal, s.static)
	s.Public("GET /favicon.ico", audit.Impersonal, func(w http.ResponseWriter, _ *http.Request) error {
		w.WriteHeader(http.StatusNoContent)
		return nil
	})
	s.Public("GET /sign-in", audit.Nobody, s.signInPage)
	s.Open("POST /sign-in", audit.Changes("signin.in").Or("signin.failed"), s.signIn)
	s.Public("GET /sign-in/factor", audit.Nobody, s.factorPage)
	s.Open("POST /sign-in/factor", audit.Changes("signin.in").Or("signin.failed").Or("signin.recovery"), s.passFactor)
	s.Public("POST /sign-in/factor/ask", audit.Nobody, s.askPasskey)
	s.Public("POST /sign-in/passkey/ask", audit.Nobody, s.invitePasskey)
	s.Open("POST /sign-in/passkey", audit.Changes("signin.passkey").Or("signin.failed"), s.welcomePasskey)
	s.Staff("POST /prove", user.Read, audit.Nothing(audit.Own), s.prove)
	s.Staff("POST /prove/ask", user.Read, audit.Nothing(audit.Own), s.proveAsk)
	s.Enrols("POST /prove", "POST /prove/ask")
	s.Public("GET /forgot", audit.Nobody, s.forgotPage)
	s.Open("POST /forgot", audit.Changes("signin.forgot"), s.forgot)
	s.Public("GET /password/{token}", audit.Nobody, s.Linked("token", s.passwordPage))
	s.Open("POST /password/{token}", audit.Changes("signin.password"), s.LinkedDo("token", s.choosePassword))
	s.Open("POST /sign-out", audit.Changes("signin.out"), s.signOut)
	s.Public("POST /language", audit.Own, s.language)
	s.mux.HandleFunc("/", func(w http.ResponseWriter, r *http.Request) { s.problem(w, r, http.StatusNotFound) })
	return s, nil
}

// Handler serves all pages. It fails if something could be done of which nobody
// has said whether it is written down.
func (s *Shell) Handler() (http.Handler, error) {
	if err := errors.Join(s.unruled...); err != nil {
		return nil, err
	}
	origins := http.NewCrossOriginProtection()
	for _, pattern := range s.foreign {
		origins.AddInsecureBypassPattern(pattern)
	}
	return s.headers(origins.Handler(s.mux)), nil
}

// Static adds an area's files under "static/": they get an address that
// changes with their content, so that browsers may keep them. All files of an
// area share one address, so that a script can import "./other.js".
func (s *Shell) Static(files fs.FS) error {
	sub, err := fs.Sub(files, "static")
	if err != nil {
		return err
	}
	packed := map[string]func() ([]byte, error){}
	sum := sha256.New()
	err = fs.WalkDir(sub, ".", func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		raw, err := fs.ReadFile(sub, path)
		if err != nil {
			return err
		}
		packed[path] = sync.OnceValues(func() ([]byte, error) { return pack(raw) })
		_, err = fmt.Fprintf(sum, "%s %d\n%s", path, len(raw), raw)
		return err
	})
	address := "/static/" + hex.EncodeToString(sum.Sum(nil)[:6]) + "/"
	for path, content := range packed {
		s.assets[path] = asset{address + path, sub, content}
	}
	return err
}

// pack compresses a static file. Pages are not compressed: they hold what
// strangers write beside what must not be guessed from a length.
func pack(raw []byte) ([]byte, error) {
	var out bytes.Buffer
	w, err := gzip.NewWriterLevel(&out, gzip.BestCompression)
	if err != nil {
		return nil, err
	}
	if _, err := w.Write(raw); err != nil {
		return nil, err
	}
	if err := w.Close(); err != nil {
		return nil, err
	}
	return out.Bytes(), nil
}

func (s *Shell) static(w http.ResponseWriter, r *http.Request) error {
	path := r.PathValue("path")
	found, ok := s.assets[path]
	if !ok || found.address != r.URL.Path {
		return ErrNotFound
	}
	w.Header().Set("Cache-Control", "public, max-age=31536000, immutable")
	w.Header().Set("Vary", "Accept-Encoding")
	if kind := mime.TypeByExtension(filepath.Ext(path)); kind != "" && strings.Contains(r.Header.Get("Accept-Encoding"), "gzip") {
		packed, err := found.packed()
		if err != nil {
			return err
		}
		w.Header().Set("Content-Type", kind)
		w.Header().Set("Content-Encoding", "gzip")
		_, err = w.Write(packed)
		return IgnoreGone(err)
	}
	http.ServeFileFS(w, r, found.files, path)
	return nil
}

// headers sets what every answer carries.
func (s *Shell) headers(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		h := w.Header()
		h.Set("Cross-Origin-Opener-Policy", "same-origin")
		h.Set("Cross-Origin-Resource-Policy", "same-origin")
		h.Set("Permissions-Policy", "camera=(), geolocation=(), microphone=(self), interest-cohort=()")
		next.ServeHTTP(w, r)
	})
}

// The errors that a handler may return beside those of its capabilities.
var (
	ErrForbidden = errors.New("the role does not allow this")
	ErrNotFound  = errors.New("there is no such page")
)

// Missing names errors of an area's capabilities that mean "there is no such
// thing" (404).
func (s *Shell) Missing(errs ...error) { s.missing = append(s.missing, errs...) }

func (s *Shell) isMissing(err error) bool {
	if errors.Is(err, ErrNotFound) {
		return true
	}
	for _, m := range s.missing {
		if errors.Is(err, m) {
			return true
		}
	}
	return false
}

// end ends an answer. One that fails when part of it has left is broken off, so
// that nobody takes the part for the whole.
func (s *Shell) end(w *answer, r *http.Request, err error) {
	switch {
	case err == nil:
	case w.status == 0:
		s.Fail(w, r, err)
	case IgnoreGone(err) != nil:
		s.options.Log.Error("an answer was broken off", "path", r.Pattern, "error", err)
		panic(http.ErrAbortHandler)
	}
}

// Fail answers with the page that fits an error.
func (s *Shell) Fail(w http.ResponseWriter, r *http.Request, err error) {
	if needed := (*approval.Needed)(nil); errors.As(err, &needed) {
		http.Redirect(w, r, "/desk/approvals/new?"+url.Values{"kind": {string(needed.Kind)}, "subject": {needed.Subject}}.Encode(), http.StatusSeeOther)
		return
	}
	w.Header().Del("Content-Disposition") // a page, and not the file that was asked for
	status := http.StatusInternalServerError
	var large *http.MaxBytesError
	var none *NoSuch
	switch {
	case errors.As(err, &large):
		s.problem(w, r, http.StatusRequestEntityTooLarge, s.Texts(r).Size(large.Limit))
		return
	case errors.As(err, &none):
		s.noSuch(w, r, none.Field)
		return
	case errors.Is(err, threshold.ErrBusy):
		status = http.StatusServiceUnavailable
	case s.isMissing(err):
		status = http.StatusNotFound
	case errors.Is(err, ErrElsewhere):
		status = http.StatusGone
	case errors.Is(err, ErrForbidden):
		status = http.StatusForbidden
	case errors.Is(err, context.Canceled):
		return
	case store.Passing(err):
		status = http.StatusServiceUnavailable
		s.options.Log.Error("a page cannot be shown", "path", r.Pattern, "error", err)
	default:
		if IgnoreGone(err) == nil {
			return
		}
		s.options.Log.Error("a page cannot be shown", "path", r.Pattern, "error", err)
	}
	s.problem(w, r, status)
}

// IgnoreGone ignores the error of a browser that went away: it is none of ours.
// That of a database that went away is.
func IgnoreGone(err error) error {
	var network net.Error
	switch {
	case errors.Is(err, context.Canceled):
		return nil
	case store.Passing(err):
		return err
	case errors.As(err, &network):
		return nil
	}
	return err
}

// problem writes an error page that says what to do, with what its text names.
func (s *Shell) problem(w http.ResponseWriter, r *http.Request, status int, names ...any) {
	kind := map[int]string{http.StatusNotFound: "404", http.StatusForbidden: "403", http.StatusGone: "410", http.StatusRequestEntityTooLarge: "413", http.StatusUnprocessableEntity: "422",
		http.StatusServiceUnavailable: "503"}[status]
	if kind == "" {
		kind = "500"
	}
	c := s.Texts(r)
	if err := s.own.Show(w, status, "error.html", Page{Text: c, House: house(r), Title: c.T("error." + kind + ".title"), Body: c.T("error."+kind+".text", names...)}); err != nil {
		s.options.Log.Error("the error page cannot be shown", "error", err)
	}
}
