package optin

import (
	"context"
	"errors"
	"net/http"

	"einklang/internal/id"
	consents "einklang/internal/optin"
	"einklang/internal/org"
	"einklang/internal/store"
	"einklang/internal/threshold"
	"einklang/internal/web/shell"
)

// confirmBody is the page behind the link of a mail.
type confirmBody struct {
	Org     org.Org
	Offers  []offer
	Over    bool
	Done    bool
	Granted []string // names
	Refused []string
	Stop    string // address of the stop page
}

// request finds what a link is about. Opening the page changes nothing: mail
// scanners open links, too.
func (s *server) request(r *http.Request) (org.Org, consents.Request, error) {
	at, found, err := s.Requests.ByToken(r.Context(), s.DB, r.PathValue("token"))
	if err != nil {
		return org.Org{}, found, err
	}
	o, err := s.Orgs.Get(r.Context(), s.DB, at)
	return o, found, err
}

func (s *server) confirmPage(w http.ResponseWriter, r *http.Request) error {
	o, found, err := s.request(r)
	if err != nil {
		return err
	}
	b, err := s.confirmBody(r, o, found)
	if err != nil {
		return err
	}
	state := found.Open(s.Now())
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
		b.Offers = append(b.Offers, offer{Key: p.Key, Name: consents.PurposeName(p, c), Text: t.In(found.Locale)})
	}
	return b, nil
}

func (s *server) confirm(w http.ResponseWriter, r *http.Request) error {
	o, found, err := s.request(r)
	if err != nil {
		return err
	}
	b, err := s.confirmBody(r, o, found)
	if err != nil {
		return err
	}
	var done consents.Confirmed
	var stop string
	err = s.DB.Write(r.Context(), func(ctx context.Context, tx store.Tx) error {
		var err error
		if done, err = s.Requests.ConfirmLink(ctx, tx, o.ID, found, o.Name, threshold.From(r)); err != nil {
			return err
		}
		stop, err = s.Consents.StopLink(ctx, tx, o.ID, done.Person.ID)
		return err
	})
	switch {
	case errors.Is(err, consents.ErrOver):
		b.Over = true
	case errors.Is(err, consents.ErrDone):
		b.Done = true
	case errors.Is(err, consents.ErrProveNumber):
		return s.proveNumber(w, r, o, found)
	case err != nil:
		return err
	default:
		b.Stop = "/stop/" + stop
		b.Granted, b.Refused = b.names(done.Granted), b.names(done.Refused)
	}
	return s.show(w, r, http.StatusOK, "confirm.html", "optin.confirm.title", b)
}

// names turns purposes into what people call them.
func (b confirmBody) names(keys []string) (names []string) {
	for _, o := range b.Offers {
		for _, key := range keys {
			if o.Key == key {
				names = append(names, o.Name)
			}
		}
	}
	return names
}

// proveNumber asks for the code by WhatsApp: the number belongs to somebody who
// said no before, and only she may say yes.
func (s *server) proveNumber(w http.ResponseWriter, r *http.Request, o org.Org, found consents.Request) error {
	settings, err := s.Consents.Settings(r.Context(), s.DB, o.ID)
	if err != nil {
		return err
	}
	channels, err := s.Orgs.Channels(r.Context(), s.DB, o.ID)
	if err != nil {
		return err
	}
	channel, _ := pick(channels, settings.Channel)
	body := map[string]any{"Org": o, "Way": consents.ByWhatsApp, "Also": true}
	if err := addCode(body, channel, found.Code(), s.shell.Texts(r)); err != nil {
		return err
	}
	return s.show(w, r, http.StatusOK, "sent.html", "optin.sent.title", body)
}

// stopBody is the page on which a person takes it back.
type stopBody struct {
	Org      org.Org
	Offers   []offer // purposes that hold
	Stopped  bool    // everything is stopped
	Objected bool
	Gone     bool // nothing is stored about the person any more
	Done     bool
	Link     string
}

func (s *server) stopPage(w http.ResponseWriter, r *http.Request) error {
	b, err := s.stopBody(r)
	if err != nil {
		return err
	}
	return s.show(w, r, http.StatusOK, "stop.html", "optin.stop.title", b)
}

func (s *server) stopBody(r *http.Request) (stopBody, error) {
	b := stopBody{Link: r.PathValue("token")}
	at, p, err := s.Consents.ByStopLink(r.Context(), s.DB, s.People, b.Link)
	if err != nil {
		return b, err
	}
	if b.Org, err = s.Orgs.Get(r.Context(), s.DB, at); err != nil {
		return b, err
	}
	b.Gone, b.Stopped, b.Objected = p.Erased, p.Flags.OptedOut, p.Flags.Objected
	if p.Erased {
		return b, nil
	}
	b.Offers, err = s.holding(r, at, p.ID)
	return b, err
}

// holding are the purposes for which a consent of the person carries now.
func (s *server) holding(r *http.Request, at, person id.ID) ([]offer, error) {
	c := s.shell.Texts(r)
	states, err := s.Consents.States(r.Context(), s.DB, at, person)
	if err != nil {
		return nil, err
	}
	purposes, err := s.Consents.Purposes(r.Context(), s.DB, at)
	var all []offer
	for _, p := range purposes {
		for _, state := range states {
			if state.Purpose == p.Key && state.State == "granted" {
				all = append(all, offer{Key: p.Key, Name: consents.PurposeName(p, c)})
			}
		}
	}
	return all, err
}

// stop takes back: everything, one purpose, or objects to advertising.
func (s *server) stop(w http.ResponseWriter, r *http.Request) error {
	r.Body = http.MaxBytesReader(w, r.Body, 4<<10)
	at, p, err := s.Consents.ByStopLink(r.Context(), s.DB, s.People, r.PathValue("token"))
	if err != nil {
		return err
	}
	what := r.PostFormValue("what")
	if !p.Erased {
		err = s.DB.Write(r.Context(), func(ctx context.Context, tx store.Tx) error {
			switch what {
			case "", "all": // also the one click of a mail program
				return s.Stop(ctx, tx, at, p, "link")
			case "object":
				return s.Consents.Object(ctx, tx, at, p, consents.Event{Source: "link", At: s.Now()})
			default:
				_, err := s.Consents.Withdraw(ctx, tx, at, p, consents.Event{Purpose: what, Source: "link", At: s.Now()})
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
	b, err := s.stopBody(r)
	if err != nil {
		return err
	}
	b.Done = true
	return s.show(w, r, http.StatusOK, "stop.html", "optin.stop.title", b)
}
