package shell

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"net/http"
	"strings"
	"time"

	"einklang/internal/account/audit"
)

// Links in letters and mails hold a secret, and addresses are kept by browsers,
// proxies and logs. So a page to which such a link leads is not shown under it: the
// secret goes into a cookie at once, and the browser on to an address that only names
// the cookie. The link that ends consents stays as it is: it can do nothing else, and
// must work everywhere (Art. 7(3) GDPR).

// ErrElsewhere is for an address that names the secret of a link that was opened in
// another browser, or long ago.
var ErrElsewhere = errors.New("shell: the link was opened elsewhere")

// refMark begins what stands in an address in place of a secret; no secret begins
// with it.
const refMark = "~"

// linkLives is for how long the secret of a link stays in the browser.
const linkLives = time.Hour

// Linked makes a page of one to which a link leads, whose path value holds its secret.
func (s *Shell) Linked(value string, show func(http.ResponseWriter, *http.Request) error) func(http.ResponseWriter, *http.Request) error {
	return func(w http.ResponseWriter, r *http.Request) error {
		secret := r.PathValue(value)
		if strings.HasPrefix(secret, refMark) {
			if err := s.recall(r, value); err != nil {
				return err
			}
			return show(w, r)
		}
		ref := refOf(secret)
		http.SetCookie(w, &http.Cookie{Name: s.CookieName("link-" + ref), Value: secret, Path: "/", HttpOnly: true, Secure: s.options.Secure, SameSite: http.SameSiteLaxMode, MaxAge: int(linkLives.Seconds())})
		to := *r.URL
		to.Path, to.RawPath = strings.Replace(r.URL.Path, secret, refMark+ref, 1), ""
		http.Redirect(w, r, to.RequestURI(), http.StatusSeeOther)
		return nil
	}
}

// LinkedDo is Linked for what the page does.
func (s *Shell) LinkedDo(value string, do Open) Open {
	return func(w http.ResponseWriter, r *http.Request, act *audit.Act) error {
		if err := s.recall(r, value); err != nil {
			return err
		}
		return do(w, r, act)
	}
}

// recall puts the secret back into its place in a request that only names it.
func (s *Shell) recall(r *http.Request, value string) error {
	ref, named := strings.CutPrefix(r.PathValue(value), refMark)
	if !named {
		return nil
	}
	c, err := r.Cookie(s.CookieName("link-" + ref))
	if err != nil || refOf(c.Value) != ref {
		return ErrElsewhere
	}
	r.SetPathValue(value, c.Value)
	return nil
}

// refOf names a secret without giving it away.
func refOf(secret string) string {
	sum := sha256.Sum256([]byte("link " + secret))
	return hex.EncodeToString(sum[:8])
}
