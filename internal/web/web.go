// Package web is the team inbox in the browser: pages made on the server, kept
// live by server-sent events. Nothing personal stays in the browser: no page
// and no file may be cached, and nothing is put into its storage.
package web

import (
	"bytes"
	"context"
	"crypto/sha256"
	"embed"
	"encoding/hex"
	"errors"
	"html/template"
	"io/fs"
	"log/slog"
	"net"
	"net/http"
	"strings"
	"time"

	"einklang/internal/contact"
	"einklang/internal/conversation"
	"einklang/internal/evidence"
	"einklang/internal/live"
	"einklang/internal/media"
	"einklang/internal/notice"
	"einklang/internal/optin"
	"einklang/internal/org"
	"einklang/internal/outbox"
	"einklang/internal/store"
	templates "einklang/internal/template"
	"einklang/internal/text"
	"einklang/internal/user"
)

//go:embed pages/*.html
var pages embed.FS

//go:embed static
var static embed.FS

// Parts are what the pages work with.
type Parts struct {
	DB        *store.DB
	Now       func() time.Time
	Log       *slog.Logger
	Orgs      *org.Registry
	People    *contact.Book
	Threads   *conversation.Threads
	Consents  *optin.Desk
	Notices   *notice.Board
	Evidence  *evidence.Log
	Outbox    *outbox.Outbox
	Templates *templates.Catalogue
	Shelf     *media.Shelf
	Users     *user.Desk
	Hub       *live.Hub
	Secure    bool // pages are reached over HTTPS
}

type server struct {
	Parts
	texts  map[string]*text.Catalogue
	pages  map[string]*template.Template // by locale
	assets map[string]string             // static file → address with its hash
	files  fs.FS
}

// New makes the pages' handler.
func New(p Parts) (http.Handler, error) {
	de, en, err := text.Load()
	if err != nil {
		return nil, err
	}
	files, err := fs.Sub(static, "static")
	if err != nil {
		return nil, err
	}
	s := &server{Parts: p, texts: map[string]*text.Catalogue{"de": de, "en": en}, pages: map[string]*template.Template{}, assets: map[string]string{}, files: files}
	if err := s.hashAssets(); err != nil {
		return nil, err
	}
	for locale, c := range s.texts {
		if s.pages[locale], err = template.New("").Funcs(s.functions(c)).ParseFS(pages, "pages/*.html"); err != nil {
			return nil, err
		}
	}
	protect := http.NewCrossOriginProtection()
	return s.headers(protect.Handler(s.routes())), nil
}

// hashAssets gives every static file an address that changes with it, so that
// it can be cached for long.
func (s *server) hashAssets() error {
	return fs.WalkDir(s.files, ".", func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		raw, err := fs.ReadFile(s.files, path)
		if err != nil {
			return err
		}
		sum := sha256.Sum256(raw)
		s.assets[path] = "/static/" + hex.EncodeToString(sum[:6]) + "/" + path
		return nil
	})
}

func (s *server) routes() *http.ServeMux {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /static/{hash}/{path...}", s.static)
	mux.HandleFunc("GET /favicon.ico", func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusNoContent) })
	mux.HandleFunc("GET /privacy/{slug}", s.privacy)
	mux.HandleFunc("GET /sign-in", s.signInPage)
	mux.HandleFunc("POST /sign-in", s.signIn)
	mux.HandleFunc("POST /sign-out", s.signOut)
	mux.HandleFunc("POST /language", s.language)
	for pattern, handle := range map[string]func(http.ResponseWriter, *http.Request, *viewer) error{
		"GET /{$}":                          s.home,
		"GET /inbox":                        s.inbox,
		"GET /inbox/{id}":                   s.inbox,
		"GET /fragments/queue":              s.queueFragment,
		"GET /fragments/conversation/{id}":  s.conversationFragment,
		"GET /fragments/templates/{id}":     s.templatesFragment,
		"GET /events":                       s.events,
		"POST /inbox/{id}/send":             s.send,
		"POST /inbox/{id}/template":         s.sendTemplate,
		"POST /inbox/{id}/file":             s.sendFile,
		"POST /inbox/{id}/react":            s.react,
		"POST /inbox/{id}/read":             s.markRead,
		"POST /inbox/{id}/close":            s.closeConversation,
		"POST /messages/{id}/again":         s.again,
		"POST /messages/{id}/dismiss":       s.dismiss,
		"GET /media/{message}":              s.media,
		"POST /people/{id}/grant":           s.grant,
		"POST /people/{id}/withdraw":        s.withdraw,
		"POST /people/{id}/block":           s.block,
		"GET /settings/notice":              s.noticePage,
		"POST /settings/notice":             s.publishNotice,
		"GET /settings/numbers":             s.numbersPage,
		"POST /settings/numbers/{id}/start": s.startNumber,
	} {
		mux.HandleFunc(pattern, s.signedIn(handle))
	}
	mux.HandleFunc("/", func(w http.ResponseWriter, r *http.Request) { s.problem(w, r, http.StatusNotFound) })
	return mux
}

// headers sets what every answer carries.
func (s *server) headers(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		h := w.Header()
		h.Set("Content-Security-Policy", "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' blob:; media-src 'self' blob:; connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'")
		h.Set("X-Content-Type-Options", "nosniff")
		h.Set("Referrer-Policy", "no-referrer")
		h.Set("Cross-Origin-Opener-Policy", "same-origin")
		h.Set("Cross-Origin-Resource-Policy", "same-origin")
		h.Set("Permissions-Policy", "camera=(), geolocation=(), microphone=(), interest-cohort=()")
		h.Set("Cache-Control", "no-store")
		if s.Secure {
			h.Set("Strict-Transport-Security", "max-age=31536000")
		}
		next.ServeHTTP(w, r)
	})
}

func (s *server) static(w http.ResponseWriter, r *http.Request) {
	if s.assets[r.PathValue("path")] != r.URL.Path {
		s.problem(w, r, http.StatusNotFound)
		return
	}
	w.Header().Set("Cache-Control", "public, max-age=31536000, immutable")
	http.ServeFileFS(w, r, s.files, r.PathValue("path"))
}

// viewer is who is signed in, and in which language she reads.
type viewer struct {
	user.Account
	text *text.Catalogue
	now  time.Time
}

func (s *server) cookieName() string {
	if s.Secure {
		return "__Host-einklang"
	}
	return "einklang"
}

func (s *server) setSession(w http.ResponseWriter, token string) {
	c := &http.Cookie{Name: s.cookieName(), Value: token, Path: "/", HttpOnly: true, Secure: s.Secure, SameSite: http.SameSiteLaxMode}
	if token == "" {
		c.MaxAge = -1
	}
	http.SetCookie(w, c)
}

// signedIn lets only staff pass; others are sent to sign in and come back.
func (s *server) signedIn(handle func(http.ResponseWriter, *http.Request, *viewer) error) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		account, err := s.session(r)
		if errors.Is(err, user.ErrNoSession) {
			if r.Header.Get("X-Fragment") != "" || r.URL.Path == "/events" {
				w.WriteHeader(http.StatusUnauthorized)
				return
			}
			http.Redirect(w, r, "/sign-in", http.StatusSeeOther)
			return
		}
		if err != nil {
			s.fail(w, r, err)
			return
		}
		v := &viewer{Account: account, text: s.texts[account.Locale], now: s.Now()}
		if v.text == nil {
			v.text = s.texts[s.locale(r)]
		}
		if err := handle(w, r, v); err != nil {
			s.fail(w, r, err)
		}
	}
}

func (s *server) session(r *http.Request) (user.Account, error) {
	c, err := r.Cookie(s.cookieName())
	if err != nil {
		return user.Account{}, user.ErrNoSession
	}
	return s.Users.Session(r.Context(), c.Value)
}

// locale is the language that a browser prefers; German unless English stands
// first.
func (s *server) locale(r *http.Request) string {
	if c, err := r.Cookie("locale"); err == nil && s.texts[c.Value] != nil {
		return c.Value
	}
	if strings.HasPrefix(strings.ToLower(r.Header.Get("Accept-Language")), "en") {
		return "en"
	}
	return "de"
}

// page is what every page is given.
type page struct {
	Locale  string
	Viewer  *viewer
	Title   string
	Section string
	Body    any
}

// render writes a page. It is made in full before anything is sent, so that a
// mistake shows as an error, not as half a page.
func (s *server) render(w http.ResponseWriter, status int, name string, p page) error {
	var out bytes.Buffer
	if err := s.pages[p.Locale].ExecuteTemplate(&out, name, p); err != nil {
		return err
	}
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	w.WriteHeader(status)
	_, err := out.WriteTo(w)
	return ignoreGone(err)
}

// ignoreGone: a browser that went away is no error of ours.
func ignoreGone(err error) error {
	var network net.Error
	if errors.As(err, &network) || errors.Is(err, context.Canceled) {
		return nil
	}
	return err
}

// errForbidden is returned where a role does not allow something.
var errForbidden = errors.New("the role does not allow this")

// fail answers with the page that fits an error.
func (s *server) fail(w http.ResponseWriter, r *http.Request, err error) {
	status := http.StatusInternalServerError
	switch {
	case errors.Is(err, conversation.ErrNotFound), errors.Is(err, contact.ErrNotFound), errors.Is(err, outbox.ErrNotFound), errors.Is(err, org.ErrNotFound), errors.Is(err, media.ErrNotFound):
		status = http.StatusNotFound
	case errors.Is(err, errForbidden):
		status = http.StatusForbidden
	case errors.Is(err, store.ErrUnavailable), errors.Is(err, store.ErrClosed), errors.Is(err, store.ErrFull), errors.Is(err, store.ErrReadOnly):
		status = http.StatusServiceUnavailable
		s.Log.Error("a page cannot be shown", "path", r.Pattern, "error", err)
	default:
		if ignoreGone(err) == nil {
			return
		}
		s.Log.Error("a page cannot be shown", "path", r.Pattern, "error", err)
	}
	s.problem(w, r, status)
}

// problem writes an error page that says what to do.
func (s *server) problem(w http.ResponseWriter, r *http.Request, status int) {
	kind := map[int]string{http.StatusNotFound: "404", http.StatusForbidden: "403", http.StatusServiceUnavailable: "503"}[status]
	if kind == "" {
		kind = "500"
	}
	locale := s.locale(r)
	c := s.texts[locale]
	err := s.render(w, status, "error.html", page{Locale: locale, Title: c.T("error." + kind + ".title"), Body: c.T("error." + kind + ".text")})
	if err != nil {
		s.Log.Error("the error page cannot be shown", "error", err)
	}
}

func (s *server) signInPage(w http.ResponseWriter, r *http.Request) {
	if _, err := s.session(r); err == nil {
		http.Redirect(w, r, "/inbox", http.StatusSeeOther)
		return
	}
	s.showSignIn(w, r, http.StatusOK, "")
}

func (s *server) showSignIn(w http.ResponseWriter, r *http.Request, status int, problem string) {
	locale := s.locale(r)
	if err := s.render(w, status, "signin.html", page{Locale: locale, Title: s.texts[locale].T("signin.title"), Body: problem}); err != nil {
		s.fail(w, r, err)
	}
}

func (s *server) signIn(w http.ResponseWriter, r *http.Request) {
	r.Body = http.MaxBytesReader(w, r.Body, 16<<10)
	token, err := s.Users.SignIn(r.Context(), r.PostFormValue("email"), r.PostFormValue("password"), shortened(r.RemoteAddr))
	switch {
	case errors.Is(err, user.ErrSignIn):
		s.showSignIn(w, r, http.StatusUnauthorized, "signin.wrong")
	case errors.Is(err, user.ErrThrottled):
		s.showSignIn(w, r, http.StatusTooManyRequests, "signin.throttled")
	case err != nil:
		s.fail(w, r, err)
	default:
		s.setSession(w, token)
		http.Redirect(w, r, "/inbox", http.StatusSeeOther)
	}
}

// shortened is an address without the part that names a person (S9).
func shortened(remote string) string {
	host, _, err := net.SplitHostPort(remote)
	if err != nil {
		return ""
	}
	ip := net.ParseIP(host)
	if v4 := ip.To4(); v4 != nil {
		return v4.Mask(net.CIDRMask(24, 32)).String()
	}
	return ip.Mask(net.CIDRMask(48, 128)).String()
}

func (s *server) signOut(w http.ResponseWriter, r *http.Request) {
	if c, err := r.Cookie(s.cookieName()); err == nil {
		if err := s.Users.SignOut(r.Context(), c.Value); err != nil {
			s.fail(w, r, err)
			return
		}
	}
	s.setSession(w, "")
	http.Redirect(w, r, "/sign-in", http.StatusSeeOther)
}

// language changes the language, for the account if somebody is signed in.
func (s *server) language(w http.ResponseWriter, r *http.Request) {
	locale := "de"
	if account, err := s.session(r); err == nil {
		if account.Locale == "de" {
			locale = "en"
		}
		if err := s.Users.SetLocale(r.Context(), account.Org, account.ID, locale); err != nil {
			s.fail(w, r, err)
			return
		}
	} else if s.locale(r) == "de" {
		locale = "en"
	}
	http.SetCookie(w, &http.Cookie{Name: "locale", Value: locale, Path: "/", SameSite: http.SameSiteLaxMode, Secure: s.Secure, HttpOnly: true, MaxAge: 365 * 24 * 3600})
	back := "/inbox"
	if from := r.Header.Get("Referer"); from == "" {
		back = "/"
	}
	if to := r.PostFormValue("back"); strings.HasPrefix(to, "/") && !strings.HasPrefix(to, "//") && !strings.Contains(to, "\\") {
		back = to
	}
	http.Redirect(w, r, back, http.StatusSeeOther)
}

func (s *server) home(w http.ResponseWriter, r *http.Request, _ *viewer) error {
	http.Redirect(w, r, "/inbox", http.StatusSeeOther)
	return nil
}
