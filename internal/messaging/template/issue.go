package template

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"

	"einklang/internal/account/org"
	"einklang/internal/engine/cloudapi"
	"einklang/internal/engine/store"
	"einklang/internal/rule/id"
)

// A code outside the 24-hour window, also to somebody with whom there is no
// conversation, goes by an authentication template alone (Cloud API: templates).

// codeName is how the template for codes is called that is made here.
const codeName = "einklang_code"

// codeMinutes is how long a code of the portal holds; the template says so.
const codeMinutes = 10

// codeLanguages are those of the template, with what its button says.
var codeLanguages = []struct{ locale, button string }{{"de", "Code kopieren"}, {"en", "Copy code"}}

// codeTemplate is the template for codes in a language: the words of the body are
// Meta's, and there is always a button (Cloud API: authentication templates).
func codeTemplate(locale, button string) (cloudapi.MessageTemplate, error) {
	components, err := json.Marshal([]map[string]any{
		{"type": "BODY", "add_security_recommendation": true},
		{"type": "FOOTER", "code_expiration_minutes": codeMinutes},
		{"type": "BUTTONS", "buttons": []map[string]any{{"type": "OTP", "otp_type": "COPY_CODE", "text": button}}},
	})
	return cloudapi.MessageTemplate{Name: codeName, Language: locale, Category: "AUTHENTICATION", Components: components}, err
}

// Standing of the templates for codes, the worst of all languages.
const (
	CodeReady   = "ready"   // codes go out at any time
	CodeWaits   = "waits"   // Meta has not approved one yet
	CodeRefused = "refused" // Meta has refused, paused or disabled one
	CodeMissing = "missing"
)

// CodeState says whether codes can go out over an account outside the window.
func (c *Catalogue) CodeState(ctx context.Context, r store.Reader, org id.Org, waba string) (string, error) {
	all, err := c.List(ctx, r, org, waba)
	if err != nil {
		return "", err
	}
	worst := CodeReady
	for _, l := range codeLanguages {
		switch state := codeState(all, l.locale); {
		case state == CodeMissing, state == CodeRefused && worst != CodeMissing, state == CodeWaits && worst == CodeReady:
			worst = state
		}
	}
	return worst, nil
}

func codeState(all []Template, locale string) string {
	state := CodeMissing
	for _, t := range all {
		if !t.carriesCode() || !strings.HasPrefix(t.Language, locale) {
			continue
		}
		switch {
		case t.Usable():
			return CodeReady
		case t.State == "PENDING" || t.State == "IN_APPEAL":
			state = CodeWaits
		case state == CodeMissing && t.Name == codeName: // another one may stand in for somebody else's
			state = CodeRefused
		}
	}
	return state
}

// carriesCode reports whether the template takes a code in its body and behind its
// button, as every one does for which Meta gives the words.
func (t Template) carriesCode() bool {
	takes := func(part string) bool {
		return slices.ContainsFunc(t.Slots(), func(s Slot) bool { return s.Part == part })
	}
	return t.Authenticates() && takes("body") && takes("button")
}

// ErrMeta is returned where Meta does not list templates, or does not take one.
var ErrMeta = errors.New("meta does not take the templates for codes")

// MakeCodes hands in the templates for codes that an account does not have, and
// reads what it has then.
func (s Sync) MakeCodes(ctx context.Context, w store.Writer, c org.Channel) error {
	account, err := s.Meta.Account(ctx, c)
	if err != nil {
		return err
	}
	all, err := s.read(ctx, account, c) // what somebody made at Meta is there, too
	if err != nil {
		return fmt.Errorf("%w: %w", ErrMeta, err)
	}
	for _, l := range codeLanguages {
		if codeState(all, l.locale) != CodeMissing {
			continue
		}
		t, err := codeTemplate(l.locale, l.button)
		if err == nil {
			_, err = account.CreateTemplate(ctx, t)
		}
		if err != nil {
			return fmt.Errorf("make the template for codes: %w: %w", ErrMeta, err)
		}
	}
	listed := s.Catalogue.now()
	if all, err = s.read(ctx, account, c); err != nil {
		return fmt.Errorf("%w: %w", ErrMeta, err)
	}
	return w.Write(ctx, func(ctx context.Context, tx store.Tx) error {
		return s.Catalogue.Put(ctx, tx, c.Org, c.WABA, listed, all)
	})
}
