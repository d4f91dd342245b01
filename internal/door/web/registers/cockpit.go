package registers

import (
	"encoding/json"
	"net/http"
	"strings"
	"time"

	"einklang/internal/door/web/shell"
	"einklang/internal/govern/facts"
	"einklang/internal/rule/cockpit"
	"einklang/internal/rule/i18n"
)

// historyDays is how far back the cockpit's history is shown.
const historyDays = 90

type cockpitBody struct {
	Measures []cockpit.Measure
	Now      historyDay
	History  []historyDay
	OnlyOpen bool
}

// historyDay is one day of the history: how many stood how.
type historyDay struct {
	Day                        string
	Green, Amber, Red, Unknown int
}

func (s *server) cockpit(w http.ResponseWriter, r *http.Request, v *shell.Viewer) error {
	f, err := s.Cockpit.Facts(r.Context(), v.Org)
	if err != nil {
		return err
	}
	b := cockpitBody{OnlyOpen: r.URL.Query().Has("open")}
	today := facts.Day{States: map[string]cockpit.State{}}
	for _, m := range cockpit.Judge(f) {
		today.States[m.ID] = m.State
		if !b.OnlyOpen || m.State != cockpit.Green {
			b.Measures = append(b.Measures, m)
		}
	}
	b.Now = tally(today)
	days, err := facts.History(r.Context(), s.DB, v.Org, v.Now.AddDate(0, 0, -historyDays))
	if err != nil {
		return err
	}
	for _, d := range days {
		b.History = append(b.History, tally(d))
	}
	return s.pages.Show(w, http.StatusOK, "cockpit.html", shell.Page{Viewer: v, Title: v.Text.T("cockpit.title"), At: "/desk/cockpit", Body: b})
}

func tally(d facts.Day) historyDay {
	h := historyDay{Day: d.Day}
	for _, state := range d.States {
		switch state {
		case cockpit.Green:
			h.Green++
		case cockpit.Amber:
			h.Amber++
		case cockpit.Red:
			h.Red++
		case cockpit.Unknown:
			h.Unknown++
		}
	}
	return h
}

// evidenceText is the sentence with the values by which a requirement was
// judged.
func evidenceText(c *i18n.Catalogue, m cockpit.Measure) string {
	values := make([]any, len(m.Evidence))
	for i, e := range m.Evidence {
		values[i] = e
		if e == "yes" || e == "no" {
			values[i] = c.T("cockpit." + e)
		}
	}
	return c.T("cockpit.evidence."+m.ID, values...)
}

// export is the cockpit as a file, for an authority or an auditor.
type export struct {
	Organisation string    `json:"organisation"`
	At           time.Time `json:"at"`
	Requirements []line    `json:"requirements"`
	Facts        any       `json:"facts"`
}

type line struct {
	ID       string        `json:"id"`
	Title    string        `json:"title"`
	State    cockpit.State `json:"state"`
	Evidence string        `json:"evidence"`
	Finding  string        `json:"finding,omitempty"`
}

func (s *server) cockpitExport(w http.ResponseWriter, r *http.Request, v *shell.Viewer) error {
	f, err := s.Cockpit.Facts(r.Context(), v.Org)
	if err != nil {
		return err
	}
	out := export{Organisation: f.Organisation.Name, At: f.Now, Facts: f}
	for _, m := range cockpit.Judge(f) {
		l := line{ID: m.ID, Title: v.Text.T("cockpit.title." + m.ID), State: m.State, Evidence: evidenceText(v.Text, m)}
		if m.Finding != "" {
			l.Finding = v.Text.T("cockpit.finding." + m.Finding)
		}
		out.Requirements = append(out.Requirements, l)
	}
	w.Header().Set("Content-Type", "application/json; charset=utf-8")
	w.Header().Set("Content-Disposition", `attachment; filename="cockpit-`+f.Now.Format(time.DateOnly)+`.json"`)
	e := json.NewEncoder(w)
	e.SetIndent("", "  ")
	return shell.IgnoreGone(e.Encode(out))
}

// trimmed is a field of a form without the spaces around it.
func trimmed(r *http.Request, name string) string { return strings.TrimSpace(r.PostFormValue(name)) }
