package reports

import (
	"context"
	"html/template"
	"maps"
	"net/http"
	"slices"
	"strconv"
	"time"

	"einklang/internal/account/org"
	"einklang/internal/door/web/chart"
	"einklang/internal/door/web/shell"
	"einklang/internal/govern/report"
	"einklang/internal/messaging/assignment"
	"einklang/internal/rule/i18n"
	"einklang/internal/rule/id"
	"einklang/internal/rule/pii"
)

// body is the report as the page shows it.
type body struct {
	pii.Personal
	Days      int
	Periods   []int
	In, Out   int64
	ShowOut   bool // figures of what staff wrote may be shown
	Hours     []hourRow
	HourChart template.HTML
	DayChart  template.HTML
	First     waits
	Resolved  waits
	Open      []openRow
	OpenChart template.HTML
	Labels    []labelRow
	Channels  []channelRow
	Agreement agreementBody
	Hidden    bool // something is hidden
	Least     int
}

type hourRow struct {
	Hour    string
	In, Out int64
}

// waits is one kind of wait: its spread, and by team.
type waits struct {
	Kind   string // first | resolved
	Hidden bool   // the sum may not be shown
	N      int64
	Median time.Duration
	Ninety time.Duration // nine of ten were not longer
	Chart  template.HTML
	Spread []spreadRow
	Teams  []teamRow
}

type spreadRow struct {
	Name string
	N    int64
}

type teamRow struct {
	Name           string
	Hidden         bool
	N              int64
	Median, Ninety time.Duration
	Due            int64
	Within         string // share in time
}

type openRow struct {
	pii.Personal
	report.Open
	Name string
}

type labelRow struct {
	assignment.Label
	People, Open int64
}

type channelRow struct {
	report.Flow
	Name                    string
	Delivered, Read, Failed string // shares of what was sent
}

// sources are what a report is made of.
type sources struct {
	days     []report.Dated
	sum      report.Day
	org      org.Org
	teams    []assignment.Team
	labels   []assignment.Label
	channels []org.Channel
	open     []report.Open
	labelled []report.Labelled
}

func (s *server) report(w http.ResponseWriter, r *http.Request, v *shell.Viewer) error {
	return s.showReport(w, r, v, http.StatusOK, "")
}

func (s *server) showReport(w http.ResponseWriter, r *http.Request, v *shell.Viewer, status int, problem string) error {
	days := period(r)
	from, err := s.read(r, v, days)
	if err != nil {
		return err
	}
	b := body{Days: days, Periods: periods, Least: report.Least}
	if b.Agreement, err = s.agreement(r.Context(), v, from.org.Settings.Monitoring); err != nil {
		return err
	}
	b.Agreement.Problem = problem
	b.load(v, from)
	b.work(v, from)
	b.standing(v, from)
	b.flows(v, from)
	return s.pages.Show(w, status, "report.html", shell.Page{Viewer: v, Title: v.Text.T("nav.reports"), At: "/reports", Body: b})
}

func (s *server) read(r *http.Request, v *shell.Viewer, days int) (f sources, err error) {
	ctx := r.Context()
	if f.days, err = s.Reports.Last(ctx, v.Org, days); err != nil {
		return f, err
	}
	for _, d := range f.days {
		f.sum = f.sum.Plus(d.Day)
	}
	return f, s.DB.Together(ctx,
		func(ctx context.Context) (err error) { f.org, err = s.Orgs.Get(ctx, s.DB, v.Org); return err },
		func(ctx context.Context) (err error) { f.teams, err = s.Work.Teams(ctx, s.DB, v.Org); return err },
		func(ctx context.Context) (err error) { f.labels, err = s.Work.Labels(ctx, s.DB, v.Org); return err },
		func(ctx context.Context) (err error) { f.channels, err = s.Orgs.Channels(ctx, s.DB, v.Org); return err },
		func(ctx context.Context) (err error) { f.open, err = s.Reports.OpenNow(ctx, v.Org); return err },
		func(ctx context.Context) (err error) { f.labelled, err = s.Reports.Labels(ctx, v.Org); return err })
}

// teamIDs are the teams in the order in which they are shown; no team is the
// last.
func (f sources) teamIDs() []id.Team {
	ids := make([]id.Team, 0, len(f.teams)+1)
	for _, t := range f.teams {
		ids = append(ids, t.ID)
	}
	return append(ids, id.Team{})
}

func (f sources) teamName(c *i18n.Catalogue, team id.Team) string {
	for _, t := range f.teams {
		if t.ID == team {
			return t.Name
		}
	}
	return c.T("reports.noteam")
}

// hidden says which teams' figures are not shown, and whether the sum is not.
func (f sources) hidden() (teams []bool, sum bool) {
	staff := f.sum.Staff(f.teamIDs())
	if f.org.Settings.Monitoring.Holds() {
		return make([]bool, len(staff)), false
	}
	return report.Hidden(staff)
}

// load is when messages come and go.
func (b *body) load(v *shell.Viewer, f sources) {
	_, hidden := f.hidden()
	b.ShowOut = !hidden
	in, out, names := make([]int, 24), make([]int, 24), make([]string, 24)
	for h := range 24 {
		b.In, b.Out = b.In+f.sum.In[h], b.Out+f.sum.Out[h]
		names[h] = strconv.Itoa(h)
		in[h] = int(f.sum.In[h])
		if b.ShowOut {
			out[h] = int(f.sum.Out[h])
		}
		b.Hours = append(b.Hours, hourRow{v.Text.T("reports.hour", h, h+1), f.sum.In[h], f.sum.Out[h]})
	}
	b.HourChart = chart.Bars(v.Text.T("reports.hours"), names, in, out)
	days, sums := make([]string, len(f.days)), make([]int, len(f.days))
	for i, d := range f.days {
		days[i] = v.Text.Date(d.From)
		for _, n := range d.In {
			sums[i] += int(n)
		}
	}
	b.DayChart = chart.Line(v.Text.T("reports.days"), days, sums)
}

// work is how long customers waited, by team.
func (b *body) work(v *shell.Viewer, f sources) {
	hidden, sum := f.hidden()
	b.First, b.Resolved = waits{Kind: "first", Hidden: sum}, waits{Kind: "resolved", Hidden: sum}
	var all report.Effort
	for i, team := range f.teamIDs() {
		e := f.sum.Teams[team]
		b.First.team(f.teamName(v.Text, team), hidden[i], e.First, e.Due, e.Within)
		b.Resolved.team(f.teamName(v.Text, team), hidden[i], e.Resolved, 0, 0)
		all = all.Plus(e)
		b.Hidden = b.Hidden || hidden[i]
	}
	if !sum {
		b.First.draw(v, all.First)
		b.Resolved.draw(v, all.Resolved)
	}
}

func (w *waits) team(name string, hidden bool, spread report.Waits, due, within int64) {
	if spread.N() == 0 && !hidden {
		return
	}
	row := teamRow{Name: name, Hidden: hidden}
	if !hidden {
		row.N, row.Median, row.Ninety, row.Due, row.Within = spread.N(), spread.Quantile(0.5), spread.Quantile(0.9), due, share(within, due)
	}
	w.Teams = append(w.Teams, row)
}

func (w *waits) draw(v *shell.Viewer, spread report.Waits) {
	w.N, w.Median, w.Ninety = spread.N(), spread.Quantile(0.5), spread.Quantile(0.9)
	limits := report.Limits()
	names, values := make([]string, len(spread)), make([]int, len(spread))
	for i, n := range spread {
		names[i] = v.Text.T("reports.longer", lasting(v.Text, limits[len(limits)-1]))
		if i < len(limits) {
			names[i] = v.Text.T("reports.upto", lasting(v.Text, limits[i]))
		}
		values[i] = int(n)
		w.Spread = append(w.Spread, spreadRow{names[i], n})
	}
	w.Chart = chart.Shares(v.Text.T("reports."+w.Kind), names, values)
}

// lasting writes a length of time in its largest whole unit.
func lasting(c *i18n.Catalogue, d time.Duration) string {
	switch {
	case d >= 48*time.Hour:
		return c.N("work.days", int(d.Hours()/24))
	case d >= time.Hour && d%time.Hour == 0:
		return c.T("reports.h", int(d.Hours()))
	default:
		return c.Left(d)
	}
}

// standing is what is open, and how labels are used.
func (b *body) standing(v *shell.Viewer, f sources) {
	var names []string
	var values []int
	for _, o := range f.open {
		name := f.teamName(v.Text, o.Team)
		b.Open = append(b.Open, openRow{Open: o, Name: name})
		names, values = append(names, name), append(values, int(o.N))
	}
	b.OpenChart = chart.Shares(v.Text.T("reports.open"), names, values)
	for _, l := range f.labelled {
		if i := slices.IndexFunc(f.labels, func(one assignment.Label) bool { return one.ID == l.Label }); i >= 0 {
			b.Labels = append(b.Labels, labelRow{f.labels[i], l.People, l.Open})
		}
	}
}

// flows is what went through each number and what became of it.
func (b *body) flows(v *shell.Viewer, f sources) {
	channels := slices.SortedFunc(maps.Keys(f.sum.Channels), id.Compare)
	for _, c := range channels {
		flow := f.sum.Channels[c]
		row := channelRow{Flow: flow, Name: v.Text.T("reports.gone"), Delivered: share(flow.Delivered, flow.Sent), Read: share(flow.Read, flow.Delivered), Failed: share(flow.Failed, flow.Out)}
		if i := slices.IndexFunc(f.channels, func(one org.Channel) bool { return one.ID == c }); i >= 0 {
			row.Name = f.channels[i].Name
		}
		b.Channels = append(b.Channels, row)
	}
}

// share is a part of a whole in per cent; a dash if there is no whole.
func share(part, whole int64) string {
	if whole == 0 {
		return "–"
	}
	return strconv.Itoa(int((part*200+whole)/(2*whole))) + " %"
}
