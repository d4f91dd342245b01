package firewall

import (
	"errors"
	"io"
	"net/http"

	"einklang/internal/device"
	"einklang/internal/org"
)

type checkBody struct {
	device.Device
	Org       org.Org
	Questions []question
	Over      bool
	Problem   string // key
	Sent      bool
	Failed    []device.Item
}

type question struct {
	device.Question
	Given string
}

func (s *server) checkBody(r *http.Request) (checkBody, error) {
	var b checkBody
	var err error
	if b.Device, err = s.Register.ByLink(r.Context(), s.DB, r.PathValue("token"), device.ToCheck); err != nil {
		return b, err
	}
	for _, q := range device.Checklist(b.Device) {
		b.Questions = append(b.Questions, question{q, r.PostFormValue(string(q.Item))})
	}
	b.Org, err = s.Orgs.Get(r.Context(), s.DB, b.Device.Org)
	return b, err
}

func (s *server) showCheck(w http.ResponseWriter, r *http.Request, status int, b checkBody) error {
	return s.showPublic(w, r, status, "check.html", "check.title", b)
}

func (s *server) checkPage(w http.ResponseWriter, r *http.Request) error {
	b, err := s.checkBody(r)
	if errors.Is(err, device.ErrLink) {
		return s.showCheck(w, r, http.StatusGone, checkBody{Over: true})
	}
	if err != nil {
		return err
	}
	return s.showCheck(w, r, http.StatusOK, b)
}

// uploadMost bounds a filled-in check list with its screenshots.
const uploadMost = 5 * device.ShotMost

func (s *server) check(w http.ResponseWriter, r *http.Request) error {
	r.Body = http.MaxBytesReader(w, r.Body, uploadMost)
	parsed := r.ParseMultipartForm(uploadMost) // in memory: nothing is written to disk in clear
	b, err := s.checkBody(r)
	if errors.Is(err, device.ErrLink) {
		return s.showCheck(w, r, http.StatusGone, checkBody{Over: true})
	}
	if err != nil {
		return err
	}
	if parsed != nil {
		b.Problem = "check.toolarge"
		return s.showCheck(w, r, http.StatusUnprocessableEntity, b)
	}
	answers := map[device.Item]string{}
	var shots []device.Shot
	for _, q := range b.Questions {
		answers[q.Item] = q.Given
		shot, err := screenshot(r, q.Item)
		if err != nil {
			return err
		}
		if shot != nil {
			shots = append(shots, *shot)
		}
	}
	b.Failed, err = s.Register.Attest(r.Context(), r.PathValue("token"), answers, shots)
	switch {
	case errors.Is(err, device.ErrIncomplete):
		b.Problem = "check.incomplete"
		return s.showCheck(w, r, http.StatusUnprocessableEntity, b)
	case errors.Is(err, device.ErrShot):
		b.Problem = "check.noshot"
		return s.showCheck(w, r, http.StatusUnprocessableEntity, b)
	case err != nil:
		return err
	}
	b.Sent = true
	return s.showCheck(w, r, http.StatusOK, b)
}

// screenshot reads an uploaded picture; nil if there is none.
func screenshot(r *http.Request, item device.Item) (*device.Shot, error) {
	file, _, err := r.FormFile("shot-" + string(item))
	if errors.Is(err, http.ErrMissingFile) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	defer func() { _ = file.Close() }()
	image, err := io.ReadAll(file)
	if err != nil || len(image) == 0 {
		return nil, err
	}
	return &device.Shot{Item: item, Image: image}, nil
}
