package importing

import (
	"context"
	"errors"
	"net/http"
	"slices"
	"time"

	"einklang/internal/account/user"
	"einklang/internal/consent/notice"
	"einklang/internal/door/web/shell"
	"einklang/internal/engine/store"
	"einklang/internal/importing/chats"
	"einklang/internal/importing/lists"
	"einklang/internal/rule/id"
)

// step is a step of the move as the page shows it.
type step struct {
	Step   lists.Step
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
	for _, name := range lists.Steps() {
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
var links = map[lists.Step]struct {
	path string
	may  user.Permission
}{
	lists.StepNotice:    {"/settings/notice", user.Consents},
	lists.StepAgreement: {"/settings/numbers", user.Settings},
	lists.StepConnect:   {"/settings/numbers", user.Settings},
	lists.StepPeople:    {peoplePath, user.Import},
	lists.StepInform:    {peoplePath, user.Import},
	lists.StepChats:     {chatsPath, user.Import},
}

// seen tells which steps are done, from what is set up.
func (s *server) seen(ctx context.Context, org id.Org, now time.Time) (map[lists.Step]bool, error) {
	seen := map[lists.Step]bool{}
	_, err := s.Notices.Current(ctx, s.DB, org)
	if err != nil && !errors.Is(err, notice.ErrNone) {
		return nil, err
	}
	seen[lists.StepNotice] = err == nil
	channels, err := s.Orgs.Channels(ctx, s.DB, org)
	if err != nil {
		return nil, err
	}
	for _, c := range channels {
		seen[lists.StepConnect] = seen[lists.StepConnect] || c.Active
		seen[lists.StepAgreement] = seen[lists.StepAgreement] || c.AgreementValid(now)
	}
	people, err := s.Imports.List(ctx, s.DB, org, listed)
	if err != nil {
		return nil, err
	}
	seen[lists.StepPeople] = slices.ContainsFunc(people, func(i lists.Import) bool { return i.State == lists.Done })
	histories, err := s.Chats.List(ctx, s.DB, org, listed)
	if err != nil {
		return nil, err
	}
	seen[lists.StepChats] = slices.ContainsFunc(histories, func(i chats.Import) bool { return i.State == chats.Done })
	duties, err := s.Imports.Duties(ctx, s.DB, org)
	seen[lists.StepInform] = len(duties) > 0 && !slices.ContainsFunc(duties, func(d lists.Duties) bool { return d.Open > 0 })
	return seen, err
}

func (s *server) tick(w http.ResponseWriter, r *http.Request, v *shell.Viewer) error {
	err := v.Act.Write(r.Context(), func(ctx context.Context, tx store.Tx) error {
		return s.Imports.Tick(ctx, tx, v.Org, v.ID, lists.Step(r.PostFormValue("step")), r.PostFormValue("done") != "")
	})
	if errors.Is(err, lists.ErrStep) {
		return shell.ErrNotFound
	}
	return back(w, r, movingPath+"#"+r.PostFormValue("step"), err)
}
