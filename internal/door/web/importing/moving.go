package importing

import (
	"context"
	"errors"
	"net/http"
	"slices"
	"time"

	"einklang/internal/importing/chatimport"
	"einklang/internal/rule/id"
	"einklang/internal/importing/importer"
	"einklang/internal/consent/notice"
	"einklang/internal/engine/store"
	"einklang/internal/account/user"
	"einklang/internal/door/web/shell"
)

// step is a step of the move as the page shows it.
type step struct {
	Step   importer.Step
	Done   bool
	At     time.Time // when it was ticked off
	Ticked bool      // people tick it off themselves
	Link   string    // where it is done
}

type movingBody struct {
	Steps []step
	Done  int
	All   int
}

func (s *server) movingPage(w http.ResponseWriter, r *http.Request, v *shell.Viewer) error {
	ticked, err := s.Imports.Done(r.Context(), s.DB, v.Org)
	if err != nil {
		return err
	}
	seen, err := s.seen(r.Context(), v.Org, v.Now)
	if err != nil {
		return err
	}
	b := movingBody{}
	for _, name := range importer.Steps() {
		one := step{Step: name, Ticked: name.Ticked(), At: ticked[name]}
		one.Done = seen[name] || !one.At.IsZero()
		if l := links[name]; v.May(l.may) {
			one.Link = l.path
		}
		if b.All++; one.Done {
			b.Done++
		}
		b.Steps = append(b.Steps, one)
	}
	return s.show(w, v, http.StatusOK, "moving.html", v.Text.T("import.moving.title"), movingPath, b)
}

// links lead to where a step is done.
var links = map[importer.Step]struct {
	path string
	may  user.Permission
}{
	importer.StepNotice:    {"/settings/notice", user.Consents},
	importer.StepAgreement: {"/settings/numbers", user.Settings},
	importer.StepConnect:   {"/settings/numbers", user.Settings},
	importer.StepPeople:    {peoplePath, user.Import},
	importer.StepInform:    {peoplePath, user.Import},
	importer.StepChats:     {chatsPath, user.Import},
}

// seen tells which steps are done, from what is set up.
func (s *server) seen(ctx context.Context, org id.ID, now time.Time) (map[importer.Step]bool, error) {
	seen := map[importer.Step]bool{}
	_, err := s.Notices.Current(ctx, s.DB, org)
	if err != nil && !errors.Is(err, notice.ErrNone) {
		return nil, err
	}
	seen[importer.StepNotice] = err == nil
	channels, err := s.Orgs.Channels(ctx, s.DB, org)
	if err != nil {
		return nil, err
	}
	for _, c := range channels {
		seen[importer.StepConnect] = seen[importer.StepConnect] || c.Active
		seen[importer.StepAgreement] = seen[importer.StepAgreement] || c.AgreementValid(now)
	}
	people, err := s.Imports.List(ctx, s.DB, org, listed)
	if err != nil {
		return nil, err
	}
	seen[importer.StepPeople] = slices.ContainsFunc(people, func(i importer.Import) bool { return i.State == importer.Done })
	chats, err := s.Chats.List(ctx, s.DB, org, listed)
	if err != nil {
		return nil, err
	}
	seen[importer.StepChats] = slices.ContainsFunc(chats, func(i chatimport.Import) bool { return i.State == chatimport.Done })
	duties, err := s.Imports.Duties(ctx, s.DB, org)
	seen[importer.StepInform] = len(duties) > 0 && !slices.ContainsFunc(duties, func(d importer.Duties) bool { return d.Open > 0 })
	return seen, err
}

func (s *server) tick(w http.ResponseWriter, r *http.Request, v *shell.Viewer) error {
	r.Body = http.MaxBytesReader(w, r.Body, 16<<10)
	err := s.DB.Write(r.Context(), func(ctx context.Context, tx store.Tx) error {
		return s.Imports.Tick(ctx, tx, v.Org, v.ID, importer.Step(r.PostFormValue("step")), r.PostFormValue("done") != "")
	})
	if errors.Is(err, importer.ErrStep) {
		return shell.ErrNotFound
	}
	return back(w, r, movingPath+"#"+r.PostFormValue("step"), err)
}
