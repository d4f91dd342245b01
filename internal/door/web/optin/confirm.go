package optin

import (
	"context"
	"errors"
	"net/http"

	"einklang/internal/account/audit"
	"einklang/internal/account/org"
	consents "einklang/internal/consent/optin"
	"einklang/internal/door/web/shell"
	"einklang/internal/engine/store"
	"einklang/internal/engine/threshold"
	"einklang/internal/rule/i18n"
	"einklang/internal/rule/id"
	"einklang/internal/rule/pii"
)

// confirmBody is the page behind the link of a mail. It says what was asked
// for, and nothing about whoever has the number.
type confirmBody struct {
	Org    org.Org
	Offers []offer
	Over   bool
	Done   bool
}

// linked finds what a link is about and to which of our numbers the code goes;
// without one in service nothing can be confirmed.
//
//nolint:contextcheck // the context is in the request
func (s *server) linked(r *http.Request) (of *http.Request, o org.Org, found consents.Request, channel org.Channel, open bool, err error) {
	ctx := r.Context()
	at, found, err := s.Requests.ByToken(ctx, s.DB, r.PathValue("token"))
	if err != nil {
		return r, o, found, channel, false, err
	}
	if r, o, err = s.of(r, at); err != nil {
		return r, o, found, channel, false, err
	}
	settings, err := s.Consents.Settings(ctx, s.DB, at)
	if err != nil {
		return r, o, found, channel, false, err
	}
	channels, err := s.Orgs.Channels(ctx, s.DB, at)
	channel, open = org.InService(channels, settings.Channel)
	return r, o, found, channel, open, err
}

// of is a request for a page of a company.
func (s *server) of(r *http.Request, at id.Org) (*http.Request, org.Org, error) {
	o, err := s.Orgs.Get(r.Context(), s.DB, at)
	if err != nil {
		return r, o, err
	}
	within, err := s.shell.Of(r, o)
	if err != nil {
		return r, o, err
	}
	return within, o, nil
}

// confirmPage shows what is to be confirmed. Opening it changes nothing: mail
// scanners open links, too.
func (s *server) confirmPage(w http.ResponseWriter, r *http.Request) error {
	r, o, found, channel, open, err := s.linked(r)
	switch state := found.Open(s.Now()); {
	case err != nil:
		return err
	case !open:
		return s.showClosed(w, r, o)
	case state == nil && found.Clicked():
		return s.showCode(w, r, channel, found, sentBody{Org: o, Mailed: true})
	default:
		return s.showConfirm(w, r, o, found, state)
	}
}

func (s *server) showClosed(w http.ResponseWriter, r *http.Request, o org.Org) error {
	return s.show(w, r, http.StatusNotFound, "closed.html", "optin.closed.title", formBody{Org: o})
}

func (s *server) showConfirm(w http.ResponseWriter, r *http.Request, o org.Org, found consents.Request, state error) error {
	b, err := s.confirmBody(r, o, found)
	if err != nil {
		return err
	}
	b.Over, b.Done = errors.Is(state, consents.ErrOver), errors.Is(state, consents.ErrDone)
	return s.show(w, r, http.StatusOK, "confirm.html", "optin.confirm.title", b)
}

// confirmBody shows the texts in the versions that were asked for.
func (s *server) confirmBody(r *http.Request, o org.Org, found consents.Request) (confirmBody, error) {
	b, c := confirmBody{Org: o}, s.shell.Texts(r)
	purposes, err := s.Consents.Purposes(r.Context(), s.DB, o.ID)
	if err != nil {
		return b, err
	}
	for _, p := range purposes {
		at, asked := found.Texts[p.Key]
		if !asked {
			continue
		}
		t, err := s.Consents.Text(r.Context(), s.DB, o.ID, at)
		if err != nil {
			return b, err
		}
		// In the language in which it was asked: that is what is agreed to.
		b.Offers = append(b.Offers, offer{Key: p.Key, Name: consents.PurposeName(p, c), Text: t.In(found.Locale), Lang: t.Spoken(found.Locale)})
	}
	return b, nil
}

// confirm takes the click. It proves the mailbox: what it leads to is the code,
// which the person sends from her number.
func (s *server) confirm(w http.ResponseWriter, r *http.Request, act *audit.Act) error {
	r, o, found, channel, open, err := s.linked(r)
	if err != nil {
		return err
	}
	if !open {
		return s.showClosed(w, r, o)
	}
	err = act.By(o.ID, audit.Actor{Who: audit.Person}).Write(r.Context(), func(ctx context.Context, tx store.Tx) error {
		return s.Requests.Click(ctx, tx, o.ID, found, threshold.From(r))
	})
	switch {
	case errors.Is(err, consents.ErrOver), errors.Is(err, consents.ErrDone):
		return s.showConfirm(w, r, o, found, err)
	case err != nil:
		return err
	}
	return s.showCode(w, r, channel, found, sentBody{Org: o, Mailed: true})
}

// stopBody is the page on which a person takes it back.
type stopBody struct {
	pii.Personal
	Org      org.Org
	Offers   []offer // purposes that hold
	Stopped  bool    // everything is stopped
	Objected bool
	Gone     bool   // nothing is stored about the person any more
	Said     string // what was just done
	Link     string

	named map[string]string // the names of all purposes
}

func (s *server) stopPage(w http.ResponseWriter, r *http.Request) error {
	b, r, err := s.stopBody(r)
	if err != nil {
		return err
	}
	return s.show(w, r, http.StatusOK, "stop.html", "optin.stop.title", b)
}

func (s *server) stopBody(r *http.Request) (stopBody, *http.Request, error) {
	b := stopBody{Link: r.PathValue("token")}
	at, p, err := s.Consents.ByStopLink(r.Context(), s.DB, s.People, b.Link)
	if err != nil {
		return b, r, err
	}
	if r, b.Org, err = s.of(r, at); err != nil {
		return b, r, err
	}
	b.Gone, b.Stopped, b.Objected = p.Erased, p.Flags.OptedOut, p.Flags.Objected
	if p.Erased {
		return b, r, nil
	}
	b.Offers, b.named, err = s.holding(r, at, p.ID)
	return b, r, err
}

// holding are the purposes for which a consent of the person carries now, and the
// names of all.
func (s *server) holding(r *http.Request, at id.Org, person id.Person) (all []offer, named map[string]string, err error) {
	c := s.shell.Texts(r)
	states, err := s.Consents.States(r.Context(), s.DB, at, person)
	if err != nil {
		return nil, nil, err
	}
	purposes, err := s.Consents.Purposes(r.Context(), s.DB, at)
	named = map[string]string{}
	for _, p := range purposes {
		named[p.Key] = consents.PurposeName(p, c)
		for _, state := range states {
			if state.Purpose == p.Key && state.State == "granted" {
				all = append(all, offer{Key: p.Key, Name: consents.PurposeName(p, c)})
			}
		}
	}
	return all, named, err
}

// said says what was done, as it stands now.
func (b stopBody) said(what string, c *i18n.Catalogue) string {
	var holds []string
	for _, o := range b.Offers {
		holds = append(holds, o.Name)
	}
	switch {
	case b.Gone:
		return ""
	case what == "object":
		return consents.SaidObjection(holds, c)
	case what == "" || what == "all":
		return c.T("optin.stop.done")
	default:
		return consents.SaidWithdrawal(b.named[what], holds, c)
	}
}

// stop takes back: everything, one purpose, or objects to advertising.
func (s *server) stop(w http.ResponseWriter, r *http.Request, act *audit.Act) error {
	at, p, err := s.Consents.ByStopLink(r.Context(), s.DB, s.People, r.PathValue("token"))
	if err != nil {
		return err
	}
	what := r.PostFormValue("what")
	if !p.Erased {
		act.By(at, audit.Actor{Who: audit.Person, ID: id.ID(p.ID)}).On(audit.Contact, p.ID)
		err = act.Write(r.Context(), func(ctx context.Context, tx store.Tx) error {
			switch what {
			case "", "all": // also the one click of a mail program
				return s.Stop(ctx, tx, at, p, "link")
			case "object":
				return s.Consents.Object(ctx, tx, at, p, consents.Event{Source: consents.FromLink, At: s.Now()})
			default:
				_, err := s.Consents.Withdraw(ctx, tx, at, p, consents.Event{Purpose: what, Source: consents.FromLink, At: s.Now()})
				return err
			}
		})
	}
	if errors.Is(err, consents.ErrBadPurpose) {
		return shell.ErrNotFound
	}
	if err != nil {
		return err
	}
	b, r, err := s.stopBody(r)
	if err != nil {
		return err
	}
	b.Said = b.said(what, s.shell.Texts(r))
	return s.show(w, r, http.StatusOK, "stop.html", "optin.stop.title", b)
}
