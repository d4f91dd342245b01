package settings

import (
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"time"

	"einklang/internal/account/org"
	"einklang/internal/door/web/shell"
	"einklang/internal/messaging/assignment"
	"einklang/internal/rule/calendar"
	"einklang/internal/rule/id"
	"einklang/internal/rule/phone"
)

// dayRow is one day of the week, Monday first.
type dayRow struct {
	Weekday int
	Hours   string
}

type arrivalRow struct {
	org.Channel
	Team id.Team // who gets new conversations; zero: nobody
}

type hoursBody struct {
	Days     []dayRow
	Closed   string
	State    calendar.State
	States   []calendar.State
	Country  string // of numbers without a country code
	Holidays []holiday
	Arrivals []arrivalRow
	Teams    []assignment.Team
	Open     bool
	Saved    bool
	Problem  string
}

type holiday struct{ Day time.Time }

func (s *server) hours(w http.ResponseWriter, r *http.Request, v *shell.Viewer) error {
	o, err := s.Orgs.Get(r.Context(), s.DB, v.Org)
	if err != nil {
		return err
	}
	return s.showHours(w, r, v, http.StatusOK, o.Settings, "")
}

func (s *server) showHours(w http.ResponseWriter, r *http.Request, v *shell.Viewer, status int, set org.Settings, problem string) error {
	b := hoursBody{Closed: strings.Join(set.Hours.Closed, "\n"), State: calendar.State(set.State), States: calendar.States(), Country: set.Country, Problem: problem, Saved: r.URL.Query().Has("saved")}
	for i := range 7 {
		day := (i + 1) % 7 // Monday first
		b.Days = append(b.Days, dayRow{day, calendar.DayText(set.Hours.Days[day])})
	}
	schedule, err := set.Schedule()
	if err != nil {
		return err
	}
	b.Open = schedule.IsOpen(v.Now)
	for day := range 120 {
		at := v.Now.AddDate(0, 0, day)
		if calendar.IsHoliday(at, b.State) {
			b.Holidays = append(b.Holidays, holiday{Day: at})
		}
	}
	channels, err := s.Orgs.Channels(r.Context(), s.DB, v.Org)
	if err != nil {
		return err
	}
	for _, c := range channels {
		b.Arrivals = append(b.Arrivals, arrivalRow{c, set.Arrivals[c.ID.String()]})
	}
	if b.Teams, err = s.Work.Teams(r.Context(), s.DB, v.Org); err != nil {
		return err
	}
	return s.pages.Show(w, status, "hours.html", shell.Page{Viewer: v, Title: v.Text.T("hours.title"), At: "/settings/hours", Body: b})
}

func (s *server) saveHours(w http.ResponseWriter, r *http.Request, v *shell.Viewer) error {
	enter, problem, err := s.enteredHours(r, v)
	if err != nil {
		return err
	}
	if problem != "" {
		o, err := s.Orgs.Get(r.Context(), s.DB, v.Org)
		if err != nil {
			return err
		}
		return s.showHours(w, r, v, http.StatusUnprocessableEntity, o.Settings, problem)
	}
	return s.save(w, r, v, "/settings/hours", enter)
}

// enteredHours reads the form: what it changes of the settings, or what is wrong
// with it, in words.
func (s *server) enteredHours(r *http.Request, v *shell.Viewer) (enter func(*org.Settings) error, problem string, err error) {
	var hours calendar.Hours
	wrong := (*calendar.Wrong)(nil)
	for day := range hours.Days {
		if hours.Days[day], err = calendar.ParseDay(r.PostFormValue(fmt.Sprintf("day%d", day))); err != nil {
			break
		}
	}
	if err == nil {
		hours.Closed, err = calendar.ParseClosed(r.PostFormValue("closed"))
	}
	if errors.As(err, &wrong) {
		return nil, v.Text.T("hours.problem."+wrong.Kind, wrong.Part), nil
	}
	if err != nil {
		return nil, "", err
	}
	says, country := r.PostForm.Has("country"), strings.ToUpper(strings.TrimSpace(r.PostForm.Get("country")))
	if country != "" && !phone.Country(country) {
		return nil, v.Text.T("hours.problem.country"), nil
	}
	arrivals, err := s.arrivals(r, v.Org)
	if err != nil {
		return nil, "", err
	}
	return func(set *org.Settings) error {
		set.Hours, set.Arrivals = hours, arrivals
		if state := calendar.State(r.PostFormValue("state")); slices.Contains(calendar.States(), state) {
			set.State = string(state)
		}
		if says {
			set.Country = country
		}
		return nil
	}, "", nil
}

// arrivals reads which of the organisation's teams gets the new conversations
// of which of its numbers. Errors: shell.NoSuch.
func (s *server) arrivals(r *http.Request, at id.Org) (map[string]id.Team, error) {
	channels, err := s.Orgs.Channels(r.Context(), s.DB, at)
	if err != nil {
		return nil, err
	}
	teams, err := s.Work.Teams(r.Context(), s.DB, at)
	if err != nil {
		return nil, err
	}
	for field := range r.PostForm {
		number, about := strings.CutPrefix(field, "arrival-")
		if about && !slices.ContainsFunc(channels, func(c org.Channel) bool { return c.ID.String() == number }) {
			return nil, &shell.NoSuch{Field: field}
		}
	}
	all := map[string]id.Team{}
	for _, c := range channels {
		field := "arrival-" + c.ID.String()
		chosen, err := shell.Optional[id.Team](r, field)
		if err != nil {
			return nil, err
		}
		if chosen.IsZero() {
			continue
		}
		if !slices.ContainsFunc(teams, func(t assignment.Team) bool { return t.ID == chosen }) {
			return nil, &shell.NoSuch{Field: field}
		}
		all[c.ID.String()] = chosen
	}
	return all, nil
}
