package phones

import (
	"net/http"
	"slices"
	"strings"

	"einklang/internal/door/web/shell"
	"einklang/internal/messaging/assignment"
	"einklang/internal/phones/device"
	"einklang/internal/rule/id"
)

type formBody struct {
	device.Device
	All     []assignment.Label
	Problem bool
}

// Has reports whether a label is chosen.
func (b formBody) Has(label id.Label) bool { return slices.Contains(b.Labels, label) }

// The choices of the form.
func (formBody) Products() []device.Product {
	return []device.Product{device.Business, device.Consumer, device.None}
}

// Platforms are the kinds of devices.
func (formBody) Platforms() []device.Platform {
	return []device.Platform{device.IOS, device.Android, device.Computer}
}

// Managements are the kinds of management.
func (formBody) Managements() []device.Management {
	return []device.Management{device.WorkProfile, device.Supervised, device.Unmanaged}
}

func (s *server) showForm(w http.ResponseWriter, r *http.Request, v *shell.Viewer, status int, d device.Device, problem bool) error {
	labels, err := s.Work.Labels(r.Context(), s.DB, v.Org)
	if err != nil {
		return err
	}
	title := "devices.new"
	if !d.ID.IsZero() {
		title = "devices.edit"
	}
	return s.show(w, v, status, "form.html", v.Text.T(title), formBody{d, labels, problem})
}

func (s *server) newPage(w http.ResponseWriter, r *http.Request, v *shell.Viewer) error {
	return s.showForm(w, r, v, http.StatusOK, device.Device{Product: device.Business, Platform: device.IOS, Management: device.WorkProfile, Names: true}, false)
}

func (s *server) editPage(w http.ResponseWriter, r *http.Request, v *shell.Viewer) error {
	at, err := pathID[id.Device](r, "id")
	if err != nil {
		return err
	}
	d, err := s.Register.Get(r.Context(), s.DB, v.Org, at)
	if err != nil {
		return err
	}
	return s.showForm(w, r, v, http.StatusOK, d, false)
}

// entered reads the form. Errors: shell.NoSuch.
func (s *server) entered(r *http.Request, d device.Device) (device.Device, error) {
	field := func(name string) string { return strings.TrimSpace(r.PostFormValue(name)) }
	d.Detail = device.Detail{Name: field("name"), Owner: field("owner"), Number: field("number")}
	d.Product, d.Platform, d.Management = device.Product(field("product")), device.Platform(field("platform")), device.Management(field("management"))
	d.Names, d.Candidates = field("names") != "", field("candidates") != ""
	d.Groups, d.Pictures = field("groups") != "", field("pictures") != ""
	labels, err := s.Work.Labels(r.Context(), s.DB, d.Org)
	if err != nil {
		return d, err
	}
	d.Labels, err = shell.SeveralOf(r, "label", labels, func(l assignment.Label) id.Label { return l.ID })
	return d, err
}

func (s *server) add(w http.ResponseWriter, r *http.Request, v *shell.Viewer) error {
	d, err := s.entered(r, device.Device{Org: v.Org})
	if err != nil {
		return err
	}
	added, _, err := s.Register.Add(r.Context(), v.Act, d) // the password comes with the enrolment
	if isBadInput(err) {
		return s.showForm(w, r, v, http.StatusUnprocessableEntity, d, true)
	}
	return s.back(w, r, added.ID, "added", err)
}

func (s *server) change(w http.ResponseWriter, r *http.Request, v *shell.Viewer) error {
	at, err := pathID[id.Device](r, "id")
	if err != nil {
		return err
	}
	d, err := s.entered(r, device.Device{Org: v.Org, ID: at})
	if err != nil {
		return err
	}
	if err = s.Register.Change(r.Context(), v.Act, d); isBadInput(err) {
		return s.showForm(w, r, v, http.StatusUnprocessableEntity, d, true)
	}
	return s.back(w, r, at, "changed", err)
}
