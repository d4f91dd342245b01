package optin

import (
	"context"

	"einklang/internal/engine/store"
	"einklang/internal/rule/gate"
	"einklang/internal/rule/id"
)

// Source is the path on which a consent came or went. Each door has its own and
// writes it in code; what somebody says about it is kept as a claim (see
// [Detail]) and is never the source. The catalogue has source.SOURCE.
type Source string

// The paths on which a person says yes herself, with a message that we hold.
const (
	FromForm       Source = "web_form"   // the public form, confirmed by her message
	FromInvitation Source = "invitation" // a letter that staff sent, confirmed by her message
	FromKeyword    Source = "keyword"
	FromButton     Source = "button"
)

// The paths on which somebody else says that she said yes.
const (
	FromStaff   Source = "agent"  // noted beside the conversation
	FromPaper   Source = "paper"  // noted on her page, with a photo or scan
	FromWord    Source = "verbal" // noted on her page, without one
	FromProgram Source = "api"    // by REST
	FromImport  Source = "import"
)

// The paths on which a mail says that she said yes. It proves a mailbox.
const (
	FromMailbox   Source = "mailbox"    // a mail to an address that stood beside her number for long, see Held
	FromMailAlone Source = "mail_alone" // a mail, as earlier programs took it: it carries answers only
)

// The paths on which a consent only ends.
const (
	FromLink      Source = "link"              // the stop page
	FromPortal    Source = "portal"            // by a person without an account, who proved that she is herself
	FromMeta      Source = "meta_preference"   // Cloud API: user_preferences
	FromMetaError Source = "meta_error_131050" // Cloud API: the person stopped marketing at WhatsApp
	FromRule      Source = "rule"              // time or a new text
	FromRestore   Source = "restore"           // ended since the backup that was brought back
)

// The acts by which a double opt-in was confirmed.
const (
	ActCode = "code" // her message, with the code
	ActLink = "link" // a click behind the letter's link: it proves the mailbox alone
)

// hers reports whether the person says it herself on this path.
func (s Source) hers() bool {
	return s == FromForm || s == FromInvitation || s == FromKeyword || s == FromButton
}

// Hers reports whether the person said it herself, with a message that we hold.
func (s State) Hers() bool { return s.Source.hers() }

// Noted reports whether advertising is allowed because somebody else noted so, on
// paper or elsewhere: then nothing shows that the number is hers, unless she has
// written.
func Noted(states []State) bool {
	for _, s := range states {
		if (s.Advertising || s.Purpose == Marketing) && s.State == gate.ConsentGranted && !s.Hers() {
			return true
		}
	}
	return false
}

// NeedsSecond reports whether a consent that comes on a path waits for a second
// pair of eyes. It is the only place that decides this, for every door: where
// an organisation wants two, whatever the person did not say herself waits.
func (d *Consents) NeedsSecond(ctx context.Context, r store.Reader, org id.Org, path Source) (bool, error) {
	if path.hers() || path == FromMailbox {
		return false, nil
	}
	s, err := d.Settings(ctx, r, org)
	return s.FourEyes, err
}

// proven reports whether a consent to advertising can be proved (GDPR Art.
// 7(1); privacy.md §3): what was agreed to, and by which act or on which
// artefact. A note alone proves nothing.
func (e Event) proven() bool {
	words := !e.Text.IsZero() || e.Detail.Wording != ""
	shown := e.Source.hers() || !e.Detail.File.IsZero() || e.Detail.Artefact != ""
	return words && shown
}
