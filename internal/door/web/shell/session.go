package shell

import (
	"context"
	"errors"
	"net/http"
	"strings"
	"time"

	"einklang/internal/account/audit"
	"einklang/internal/account/user"
	"einklang/internal/engine/store"
	"einklang/internal/engine/threshold"
	"einklang/internal/rule/i18n"
	"einklang/internal/rule/id"
	"einklang/internal/rule/pii"
	"einklang/internal/rule/sight"
)

// Viewer is who is signed in, and in which language she reads.
type Viewer struct {
	user.Account
	Signed user.Signed // how she is
	Text   *i18n.Catalogue
	Now    time.Time
	Sight  sight.Scope // what she sees of the conversations
	Act    *audit.Act  // what she does, for the log; her handler writes through it
}

// Staff adds a route for staff whose role has a permission; others are sent to
// sign in, or are told that they may not. The rule says what the route is for
// the log of what is done.
func (s *Shell) Staff(pattern string, needs user.Permission, rule audit.Rule, handle Handle) {
	s.register(pattern, rule)
	s.mux.HandleFunc(pattern, func(w http.ResponseWriter, r *http.Request) {
		signed, err := s.session(r)
		if errors.Is(err, user.ErrNoSession) {
			if r.Header.Get("X-Fragment") != "" || r.URL.Path == "/events" {
				w.WriteHeader(http.StatusUnauthorized)
				return
			}
			http.Redirect(w, r, "/sign-in", http.StatusSeeOther)
			return
		}
		if err != nil {
			s.Fail(w, r, err)
			return
		}
		account := signed.Account
		r = speaking(r, account.Locale)
		v := &Viewer{Account: account, Signed: signed, Text: s.texts[account.Locale], Now: s.options.Now()}
		if v.Text == nil {
			v.Text = s.Texts(r)
		}
		if v.Sight, err = s.options.Sight(r.Context(), account); err != nil {
			s.Fail(w, r, err)
			return
		}
		if signed.Enrol && !s.enrols[pattern] {
			http.Redirect(w, r, EnrolPath, http.StatusSeeOther)
			return
		}
		v.Act = s.begin(r, account.Org, audit.Actor{Who: audit.Staff, ID: id.ID(account.ID)}, rule)
		most := int64(shortForm)
		if s.long[pattern] {
			most = longForm
		}
		err = ErrForbidden
		if v.May(needs) {
			err = readForm(w, r, most)
		} else {
			s.options.Log.Warn("a role does not allow what was asked for", "path", pattern, "account", account.ID, "role", account.Role)
		}
		if err != nil {
			s.Fail(w, r, err)
			return
		}
		if rule.Proof && !s.fresh(v) {
			if proven, err := s.proves(w, r, v); err != nil || !proven {
				s.failed(w, r, err)
				return
			}
		}
		answer := &answer{ResponseWriter: w}
		s.end(answer, r, s.recorded(pattern, rule, v.Act, func(w http.ResponseWriter) error { return handle(w, r, v) }, answer, r))
	})
}

// Public adds a route for everybody about which nothing is written down, and
// why.
func (s *Shell) Public(pattern string, why audit.Reason, handle func(http.ResponseWriter, *http.Request) error) {
	s.Open(pattern, audit.Nothing(why), func(w http.ResponseWriter, r *http.Request, _ *audit.Act) error { return handle(w, r) })
}

// Open adds a route for everybody whose handler says who acts.
func (s *Shell) Open(pattern string, rule audit.Rule, handle Open) {
	s.register(pattern, rule)
	s.mux.HandleFunc(pattern, func(w http.ResponseWriter, r *http.Request) {
		if err := readForm(w, r, shortForm); err != nil {
			s.Fail(w, r, err)
			return
		}
		if named, err := s.bySlug(r); err == nil {
			r = named
		} else {
			s.Fail(w, r, err)
			return
		}
		act, answer := s.begin(r, id.Org{}, audit.Actor{}, rule), &answer{ResponseWriter: w}
		s.end(answer, r, s.recorded(pattern, rule, act, func(w http.ResponseWriter) error { return handle(w, r, act) }, answer, r))
	})
}

// Foreign adds an open route that forms on other websites may post to. It must
// not go by who is signed in.
func (s *Shell) Foreign(pattern string, rule audit.Rule, handle Open) {
	s.foreign = append(s.foreign, pattern)
	s.Open(pattern, rule, handle)
}

type languageKey struct{}

// speaking has the answer to a request be in the language of an account, errors
// too.
func speaking(r *http.Request, locale string) *http.Request {
	return r.WithContext(context.WithValue(r.Context(), languageKey{}, locale))
}

// Texts are in the language of the page's company when it has one, else the one that
// ?lang= asks for, else of who is signed in, else the one that a browser prefers:
// German unless English stands first.
func (s *Shell) Texts(r *http.Request) *i18n.Catalogue {
	if h := house(r); h != nil {
		return h.Text
	}
	if c := s.texts[r.URL.Query().Get("lang")]; c != nil {
		return c
	}
	if locale, _ := r.Context().Value(languageKey{}).(string); s.texts[locale] != nil {
		return s.texts[locale]
	}
	if c, err := r.Cookie(s.CookieName("locale")); err == nil && s.texts[c.Value] != nil {
		return s.texts[c.Value]
	}
	if strings.HasPrefix(strings.ToLower(r.Header.Get("Accept-Language")), "en") {
		return s.texts["en"]
	}
	return s.texts["de"]
}

// In is the texts in a language, or nil.
func (s *Shell) In(locale string) *i18n.Catalogue { return s.texts[locale] }

// CookieName is the name of a cookie: over https one that only this host, and the whole
// of it, can set (RFC 6265bis §4.1.3.2).
func (s *Shell) CookieName(cookie string) string {
	if s.options.Secure {
		return "__Host-" + cookie
	}
	return cookie
}

func (s *Shell) session(r *http.Request) (user.Signed, error) {
	c, err := r.Cookie(s.CookieName("einklang"))
	if err != nil {
		return user.Signed{}, user.ErrNoSession
	}
	return s.options.Users.Session(r.Context(), c.Value)
}

// SessionHere is the secret of the session in the browser of a request; empty:
// there is none.
func (s *Shell) SessionHere(r *http.Request) string {
	c, err := r.Cookie(s.CookieName("einklang"))
	if err != nil {
		return ""
	}
	return c.Value
}

// SignedInHere is the account that is signed in in the browser of a request to
// a public page; the zero Account if none is.
func (s *Shell) SignedInHere(r *http.Request) user.Account {
	signed, err := s.session(r)
	if err != nil {
		return user.Account{}
	}
	return signed.Account
}

func (s *Shell) setSession(w http.ResponseWriter, token string) {
	c := &http.Cookie{Name: s.CookieName("einklang"), Value: token, Path: "/", HttpOnly: true, Secure: s.options.Secure, SameSite: http.SameSiteLaxMode}
	if token == "" {
		c.MaxAge = -1
	}
	http.SetCookie(w, c)
}

// SignedIn hands what has begun to the browser: a session, or the step in which a
// factor is asked for. It returns where to go on.
func (s *Shell) SignedIn(w http.ResponseWriter, begun user.Begun) (next string) {
	if begun.Step != "" {
		s.setStep(w, begun.Step)
		return factorPath
	}
	s.setSession(w, begun.Session)
	s.setBrowser(w, begun.Browser)
	return "/"
}

func (s *Shell) signInPage(w http.ResponseWriter, r *http.Request) error {
	if fresh := s.options.Fresh; fresh != nil && fresh(r.Context()) {
		http.Redirect(w, r, "/setup", http.StatusSeeOther)
		return nil
	}
	if _, err := s.session(r); err == nil {
		http.Redirect(w, r, "/", http.StatusSeeOther)
		return nil
	}
	return s.showSignIn(w, r, http.StatusOK, "")
}

type signInBody struct {
	pii.Personal
	Problem  string // key of a text
	Passkeys bool   // they can be used here
}

func (s *Shell) showSignIn(w http.ResponseWriter, r *http.Request, status int, problem string) error {
	c := s.Texts(r)
	return s.own.Show(w, status, "signin.html", Page{Text: c, Title: c.T("signin.title"), Scripts: passkeyScripts, Body: signInBody{Problem: problem, Passkeys: s.options.Factors.Passkeys()}})
}

func (s *Shell) signIn(w http.ResponseWriter, r *http.Request, act *audit.Act) error {
	begun, tried, err := s.options.Users.SignIn(r.Context(), r.PostFormValue("email"), r.PostFormValue("password"), user.Visit{From: threshold.From(r), Known: s.browser(r)},
		func(org id.Org, account id.Account) store.Writer { return act.By(org, staff(account)) })
	switch {
	case errors.Is(err, user.ErrSignIn):
		if !tried.ID.IsZero() {
			act.By(tried.Org, staff(tried.ID)).As("signin.failed").After()
			s.guessed(act, tried)
		} else {
			s.options.Log.Warn("somebody tried to sign in to an account that there is not")
		}
		return s.showSignIn(w, r, http.StatusUnauthorized, "signin.wrong")
	case errors.Is(err, user.ErrThrottled):
		return s.showSignIn(w, r, http.StatusTooManyRequests, "signin.throttled")
	case err != nil:
		return err
	}
	http.Redirect(w, r, s.SignedIn(w, begun), http.StatusSeeOther)
	return nil
}

// guessed has those told whom it concerns when an account is being guessed at; when
// the answer is out, so that it says nothing of that.
//
//nolint:contextcheck // what is done is done when the answer is out
func (s *Shell) guessed(act *audit.Act, a user.Account) {
	if !s.options.Users.Guessed(a) {
		return
	}
	act.Behind(func(ctx context.Context) error {
		return s.options.DB.Write(ctx, func(ctx context.Context, tx store.Tx) error {
			return s.options.Users.Alarmed(ctx, tx, a.Org, a.ID, user.Guessing)
		})
	})
}

// browser is the cookie by which a browser is known.
func (s *Shell) browser(r *http.Request) string {
	c, err := r.Cookie(s.CookieName("browser"))
	if err != nil {
		return ""
	}
	return c.Value
}

func (s *Shell) setBrowser(w http.ResponseWriter, token string) {
	if token != "" {
		http.SetCookie(w, &http.Cookie{Name: s.CookieName("browser"), Value: token, Path: "/", HttpOnly: true, Secure: s.options.Secure, SameSite: http.SameSiteStrictMode, MaxAge: 400 * 24 * 3600})
	}
}

func staff(account id.Account) audit.Actor { return audit.Actor{Who: audit.Staff, ID: id.ID(account)} }

// ClearBrowser has a browser delete what it may have kept of the pages of somebody
// who leaves, but for the cookies: the browser stays known.
func ClearBrowser(w http.ResponseWriter) { w.Header().Set("Clear-Site-Data", `"cache", "storage"`) }

func (s *Shell) signOut(w http.ResponseWriter, r *http.Request, act *audit.Act) error {
	if c, err := r.Cookie(s.CookieName("einklang")); err == nil {
		account, err := s.session(r)
		var writer store.Writer = s.options.DB // a session that is over is cleared up
		if err == nil {
			writer = act.By(account.Org, staff(account.ID))
		}
		if err := s.options.Users.SignOut(r.Context(), writer, c.Value); err != nil {
			return err
		}
	}
	s.setSession(w, "")
	ClearBrowser(w)
	http.Redirect(w, r, "/sign-in", http.StatusSeeOther)
	return nil
}

// language changes to the language that the page offers, for the account too if
// somebody is signed in.
func (s *Shell) language(w http.ResponseWriter, r *http.Request) error {
	other := map[string]string{"de": "en", "en": "de"}
	to := r.PostFormValue("to")
	if s.texts[to] == nil {
		to = other[s.Texts(r).Locale]
	}
	if account, err := s.session(r); err == nil {
		if err := s.options.Users.SetLocale(r.Context(), account.Org, account.ID, to); err != nil {
			return err
		}
	}
	http.SetCookie(w, &http.Cookie{Name: s.CookieName("locale"), Value: to, Path: "/", SameSite: http.SameSiteLaxMode, Secure: s.options.Secure, HttpOnly: true, MaxAge: 365 * 24 * 3600})
	back := "/"
	if to := r.PostFormValue("back"); strings.HasPrefix(to, "/") && !strings.HasPrefix(to, "//") && !strings.Contains(to, "\\") {
		back = to
	}
	http.Redirect(w, r, back, http.StatusSeeOther)
	return nil
}
