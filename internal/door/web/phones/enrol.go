package phones

import (
	"errors"
	"html/template"
	"net/http"
	"strconv"

	"einklang/internal/account/audit"
	"einklang/internal/account/org"
	"einklang/internal/door/carddav"
	"einklang/internal/door/web/shell"
	"einklang/internal/engine/qr"
	"einklang/internal/engine/store"
	"einklang/internal/phones/device"
	"einklang/internal/phones/device/profile"
	"einklang/internal/rule/id"
)

type linkBody struct {
	device.Device
	Purpose device.Purpose
	Link    string
	Code    template.HTML // SVG
}

// link makes a link for the owner of a phone and shows it once, also as a
// code to scan with the phone.
func (s *server) link(w http.ResponseWriter, r *http.Request, v *shell.Viewer) error {
	at, err := pathID[id.Device](r, "id")
	if err != nil {
		return err
	}
	purpose := device.Purpose(r.PathValue("purpose"))
	if purpose != device.ToCheck && purpose != device.ToEnrol {
		return shell.ErrNotFound
	}
	b := linkBody{Purpose: purpose}
	if b.Device, err = s.Register.Get(r.Context(), s.DB, v.Org, at); err != nil {
		return err
	}
	token, err := s.Register.Link(r.Context(), v.Act, v.Org, at, purpose)
	if err != nil {
		return err
	}
	b.Link = s.PublicURL + "/phone/" + string(purpose) + "/" + token
	code, err := qr.New(b.Link)
	if err != nil {
		return err
	}
	b.Code = template.HTML(code.SVG(v.Text.T("devices.link.code"))) //nolint:gosec // made by us, the label is escaped there
	return s.show(w, v, http.StatusOK, "link.html", v.Text.T("devices.link."+string(purpose)), b)
}

type enrolBody struct {
	device.Device
	Org      org.Org
	Over     bool   // the link has ended
	Server   string // what to enter by hand
	Password string // shown once
}

// enrolPage is what the owner sees on the phone. It changes nothing: mail
// scanners open links too.
func (s *server) enrolPage(w http.ResponseWriter, r *http.Request) error {
	d, err := s.Register.ByLink(r.Context(), s.DB, r.PathValue("token"), device.ToEnrol)
	if errors.Is(err, device.ErrLink) {
		return s.showPublic(w, r, http.StatusGone, "enrol.html", "enrol.title", enrolBody{Over: true})
	}
	if err != nil {
		return err
	}
	b := enrolBody{Device: d}
	if b.Org, err = s.Orgs.Get(r.Context(), s.DB, d.Org); err != nil {
		return err
	}
	return s.showPublic(w, r, http.StatusOK, "enrol.html", "enrol.title", b)
}

// enrol gives the phone its password: in a configuration profile, or shown
// once to be entered.
func (s *server) enrol(w http.ResponseWriter, r *http.Request, act *audit.Act) error {
	d, password, err := s.Register.Enrol(r.Context(), byPhone(act), r.PathValue("token"))
	if errors.Is(err, device.ErrLink) {
		return s.showPublic(w, r, http.StatusGone, "enrol.html", "enrol.title", enrolBody{Over: true})
	}
	if err != nil {
		return err
	}
	o, err := s.Orgs.Get(r.Context(), s.DB, d.Org)
	if err != nil {
		return err
	}
	if r.PostFormValue("as") == "profile" && d.Platform == device.IOS {
		return s.sendProfile(w, d, profile.Account{PublicURL: s.PublicURL, Company: o.Name, Path: carddav.Prefix + d.ID.String() + "/", Login: d.Login, Password: password})
	}
	return s.showPublic(w, r, http.StatusOK, "enrol.html", "enrol.title", enrolBody{Device: d, Org: o, Server: s.PublicURL + carddav.Prefix, Password: password})
}

// byPhone says that who has the link of a phone acts.
func byPhone(act *audit.Act) device.Writing {
	return func(d device.Device) store.Writer {
		return act.By(d.Org, audit.Actor{Who: audit.Device, ID: id.ID(d.ID)}).On(audit.Other, d.ID)
	}
}

func (s *server) sendProfile(w http.ResponseWriter, d device.Device, a profile.Account) error {
	text, err := profile.Apple(d, a)
	if err == nil && s.Sign != nil {
		text, err = profile.Sign(text, *s.Sign)
	}
	if err != nil {
		return err
	}
	w.Header().Set("Content-Type", profile.AppleType)
	w.Header().Set("Content-Disposition", `attachment; filename="einklang.mobileconfig"`)
	w.Header().Set("Content-Length", strconv.Itoa(len(text)))
	_, err = w.Write(text)
	return shell.IgnoreGone(err)
}

// choices are what a company decides about an Android phone: the contacts
// permission of the Business app, by the query or the form.
func choices(r *http.Request) profile.AndroidChoices {
	return profile.AndroidChoices{DenyBusiness: r.FormValue("deny") != ""}
}

func (s *server) policy(w http.ResponseWriter, r *http.Request, v *shell.Viewer) error {
	d, err := s.android(r, v)
	if err != nil {
		return err
	}
	text, err := profile.AndroidJSON(d, choices(r))
	if err != nil {
		return err
	}
	w.Header().Set("Content-Type", "application/json; charset=utf-8")
	w.Header().Set("Content-Disposition", `attachment; filename="`+d.Login+`.json"`)
	_, err = w.Write(text)
	return shell.IgnoreGone(err)
}

func (s *server) android(r *http.Request, v *shell.Viewer) (device.Device, error) {
	at, err := pathID[id.Device](r, "id")
	if err != nil {
		return device.Device{}, err
	}
	d, err := s.Register.Get(r.Context(), s.DB, v.Org, at)
	if err == nil && d.Platform != device.Android {
		err = device.ErrNotFound
	}
	return d, err
}

// push hands the policy to Google.
func (s *server) push(w http.ResponseWriter, r *http.Request, v *shell.Viewer) error {
	d, err := s.android(r, v)
	if err != nil {
		return err
	}
	if err := s.Android.Push(r.Context(), d.Login, profile.Android(d, choices(r))); err != nil {
		return s.showDetail(w, r, v, http.StatusBadGateway, v.Text.T("devices.push.failed", err.Error()))
	}
	return s.back(w, r, d.ID, "pushed", v.Act.Note(r.Context()))
}
