package phones

import (
	"errors"
	"net/http"

	"einklang/internal/account/audit"
	"einklang/internal/account/org"
	"einklang/internal/engine/threshold"
	"einklang/internal/phones/device"
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
		b.Questions = append(b.Questions, question{Question: q})
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

func (s *server) check(w http.ResponseWriter, r *http.Request, act *audit.Act) error {
	// Who has no link may not send anything long.
	b, err := s.checkBody(r)
	if errors.Is(err, device.ErrLink) {
		return s.showCheck(w, r, http.StatusGone, checkBody{Over: true})
	}
	if err != nil {
		return err
	}
	files, err := threshold.ReadForm(r, uploadMost)
	if err != nil {
		b.Problem = "check.toolarge"
		return s.showCheck(w, r, http.StatusUnprocessableEntity, b)
	}
	answers := map[device.Item]string{}
	var shots []device.Shot
	for i, q := range b.Questions {
		b.Questions[i].Given = r.PostFormValue(string(q.Item))
		answers[q.Item] = b.Questions[i].Given
		if shot := files["shot-"+string(q.Item)]; len(shot.Content) > 0 {
			shots = append(shots, device.Shot{Item: q.Item, Image: shot.Content})
		}
	}
	b.Failed, err = s.Register.Attest(r.Context(), byPhone(act), r.PathValue("token"), answers, shots)
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
