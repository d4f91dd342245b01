package consent

import (
	"context"
	"html/template"
	"net/http"
	"time"

	"einklang/internal/consent/optin"
	"einklang/internal/door/web/shell"
	"einklang/internal/engine/qr"
	"einklang/internal/engine/store"
	"einklang/internal/messaging/conversation"
	"einklang/internal/person/chat"
	"einklang/internal/rule/gate"
	"einklang/internal/rule/id"
	"einklang/internal/rule/pii"
)

// proveBody is the one tap by which a person shows that a number is hers: a link
// for her phone, and a code to hold before it.
type proveBody struct {
	pii.Personal
	Back   string
	Name   string
	Link   string
	Words  string
	Number string
	QR     template.HTML
	Until  time.Time
}

// wrote reports whether a message ever came from a person.
func wrote(threads []conversation.Summary) bool {
	for _, t := range threads {
		if !t.LastInAt.IsZero() {
			return true
		}
	}
	return false
}

// prove makes the tap for a person whose consents others noted, or that rest on a
// mail: her message confirms them, from whichever identity it comes.
func (s *server) prove(w http.ResponseWriter, r *http.Request, v *shell.Viewer) error {
	p, err := s.whom(r, v)
	if err != nil {
		return err
	}
	a, err := s.proving(r.Context(), v, p)
	var begun optin.Request
	if err == nil {
		err = v.Act.Write(r.Context(), func(ctx context.Context, tx store.Tx) (err error) {
			begun, err = s.Requests.Begin(ctx, tx, v.Org, a)
			return err
		})
	}
	if problem := problemOf(err, recordProblems); problem != "" {
		return s.showPerson(w, r, v, http.StatusUnprocessableEntity, p, personBody{Problem: problem})
	}
	if err != nil {
		return err
	}
	b := proveBody{Back: "/people/" + p.ID.String() + "/consent", Name: p.Profile.DisplayName(), Words: s.Requests.CodeWords(begun), Number: a.WhatsApp, Until: begun.Expires}
	b.Link = s.Chat.Write(a.WhatsApp, b.Words)
	square, err := qr.New(b.Link)
	if err != nil {
		return err
	}
	b.QR = template.HTML(square.SVG(v.Text.T("optin.sent.qr"))) //nolint:gosec // made here, its label escaped
	return s.show(w, http.StatusOK, "prove.html", v, v.Text.T("consent.prove.title"), "/consent", b)
}

// proving asks for what others say that she agreed to, in the words of today.
func (s *server) proving(ctx context.Context, v *shell.Viewer, p *chat.Known) (optin.Ask, error) {
	a := optin.Ask{Way: optin.ByWhatsApp, Texts: map[string]id.Wording{}, Locale: p.Language(), Invited: p, Again: true, Note: v.Text.T("consent.prove.note"), Staff: v.ID}
	var states []optin.State
	var purposes []optin.Purpose
	err := s.DB.Together(ctx,
		func(ctx context.Context) (err error) {
			states, err = s.Consents.States(ctx, s.DB, v.Org, p.ID)
			return err
		},
		func(ctx context.Context) (err error) {
			purposes, err = s.Consents.Purposes(ctx, s.DB, v.Org)
			return err
		},
		func(ctx context.Context) error { return s.address(ctx, v, &a) })
	if err != nil {
		return a, err
	}
	for _, one := range states {
		if one.Hers() || one.State != gate.ConsentGranted && one.State != gate.ConsentPending {
			continue
		}
		for _, purpose := range purposes {
			if purpose.Key == one.Purpose && purpose.Text != nil && !purpose.Retired {
				a.Texts[one.Purpose] = purpose.Text.ID
			}
		}
	}
	return a, nil
}
