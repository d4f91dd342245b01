package consent

import (
	"context"
	"errors"
	"net/http"
	"slices"
	"time"

	"einklang/internal/account/org"
	"einklang/internal/consent/optin"
	"einklang/internal/door/web/shell"
	"einklang/internal/engine/store"
	"einklang/internal/person/chat"
	"einklang/internal/rule/id"
	"einklang/internal/rule/pii"
)

// mailsBody lists whose consents rest on a mail alone, with the ways to have
// them confirmed.
type mailsBody struct {
	pii.Personal
	Rows    []mailedRow
	Mail    bool
	Problem string
	Done    string
	Paged   shell.Paged
}

type mailedRow struct {
	optin.ByMailAlone
	Name     string
	Purposes []string
	Open     bool // a conversation whose window is open
	Question string
	Pause    bool // she was asked lately
}

func (s *server) mails(w http.ResponseWriter, r *http.Request, v *shell.Viewer) error {
	b := mailsBody{}
	if done := r.URL.Query().Get("done"); done == "invited" || done == "asked" {
		b.Done = "consent.done." + done
	}
	return s.showMails(w, r, v, http.StatusOK, b)
}

func (s *server) showMails(w http.ResponseWriter, r *http.Request, v *shell.Viewer, status int, b mailsBody) error {
	ctx := r.Context()
	after, err := shell.Parameter[id.Cursor](r, "after")
	if err != nil {
		return err
	}
	found, more, err := s.Consents.OnMail(ctx, s.DB, v.Org, after, s.People)
	if err != nil {
		return err
	}
	purposes, err := s.Consents.Purposes(ctx, s.DB, v.Org)
	if err != nil {
		return err
	}
	shown, err := seenOf(ctx, s, v, slices.Clone(found), func(m optin.ByMailAlone) id.Person { return m.Person })
	if err != nil {
		return err
	}
	for _, m := range shown {
		row, err := s.mailedRow(ctx, v, m, purposes)
		if err != nil {
			return err
		}
		b.Rows = append(b.Rows, row)
	}
	b.Mail = s.Mail
	b.Paged = shell.PageOf("/consent/mails", after, found, more, func(m optin.ByMailAlone) id.Person { return m.Person })
	return s.show(w, status, "mails.html", v, v.Text.T("consent.mails.title"), "/consent/mails", b)
}

// mailedRow is one person. In an open conversation she may be asked about what is
// no advertising: to ask for advertising is advertising.
func (s *server) mailedRow(ctx context.Context, v *shell.Viewer, m optin.ByMailAlone, purposes []optin.Purpose) (mailedRow, error) {
	row := mailedRow{ByMailAlone: m, Pause: v.Now.Sub(m.Asked) < optin.RequestLife}
	p, err := s.People.Get(ctx, s.DB, v.Org, m.Person)
	if err != nil {
		return row, err
	}
	row.Name = p.Profile.DisplayName()
	for _, key := range m.Purposes {
		row.Purposes = append(row.Purposes, purposeName(purposes, key, v.Text))
		if key == optin.Service || key == optin.Utility {
			row.Question = key
		}
	}
	threads, err := s.seen(v).OfContact(ctx, s.DB, v.Org, m.Person)
	row.Open = len(threads) > 0 && v.Now.Before(threads[0].WindowEnds)
	return row, err
}

// confirmMail asks a person by mail to confirm what rests on a mail alone: the
// letter leads to the message that proves her number.
func (s *server) confirmMail(w http.ResponseWriter, r *http.Request, v *shell.Viewer) error {
	p, err := s.whom(r, v)
	if err != nil {
		return err
	}
	a, err := s.confirming(r.Context(), v, p)
	if err == nil {
		err = v.Act.Write(r.Context(), func(ctx context.Context, tx store.Tx) error {
			_, err := s.Requests.Begin(ctx, tx, v.Org, a)
			return err
		})
	}
	if problem := problemOf(err, recordProblems); problem != "" {
		return s.showMails(w, r, v, http.StatusUnprocessableEntity, mailsBody{Problem: problem})
	}
	if err != nil {
		return err
	}
	return back(w, r, "/consent/mails?done=invited")
}

// confirming is the letter to somebody whose consents rest on a mail alone.
func (s *server) confirming(ctx context.Context, v *shell.Viewer, p *chat.Known) (optin.Ask, error) {
	m, err := s.Consents.MailedOf(ctx, s.DB, v.Org, p.ID, s.People)
	switch {
	case err != nil:
		return optin.Ask{}, err
	case !s.Mail, m.Email == "":
		return optin.Ask{}, errNoMail
	}
	a := optin.Ask{Way: optin.ByEmail, Texts: map[string]id.Wording{}, Locale: p.Language(), Email: m.Email, Phone: p.Profile.Phone, Invited: p, Again: true,
		Note: v.Text.T("consent.mails.note", m.Since.UTC().Format(time.DateOnly)), Staff: v.ID}
	for _, key := range m.Purposes {
		one, err := s.Consents.Purpose(ctx, s.DB, v.Org, key)
		if errors.Is(err, optin.ErrUnknownPurpose) || err == nil && (one.Retired || one.Text == nil) {
			continue // nobody is asked for it any more
		}
		if err != nil {
			return a, err
		}
		a.Texts[key] = one.Text.ID
	}
	return a, s.address(ctx, v, &a)
}

// address fills in whose letter it is, and to which number the message goes.
func (s *server) address(ctx context.Context, v *shell.Viewer, a *optin.Ask) error {
	o, err := s.Orgs.Get(ctx, s.DB, v.Org)
	if err != nil {
		return err
	}
	a.OrgName, a.OrgSlug = o.Name, o.Slug
	settings, err := s.Consents.Settings(ctx, s.DB, v.Org)
	if err != nil {
		return err
	}
	channels, err := s.Orgs.Channels(ctx, s.DB, v.Org)
	if err != nil {
		return err
	}
	channel, open := org.InService(channels, settings.Channel)
	if !open {
		return errNoNumber
	}
	a.WhatsApp = channel.DisplayNumber
	return nil
}
