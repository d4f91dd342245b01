package inbox

import (
	"context"
	"html/template"
	"net/http"
	"net/url"
	"slices"
	"time"

	"einklang/internal/account/org"
	"einklang/internal/door/web/shell"
	"einklang/internal/engine/cloudapi"
	work "einklang/internal/messaging/assignment"
	"einklang/internal/messaging/conversation"
	"einklang/internal/person/chat"
	"einklang/internal/rule/calendar"
	"einklang/internal/rule/id"
	"einklang/internal/rule/pii"
)

const queuePage = 40

// queue is the list at the left.
type queue struct {
	pii.Personal
	View     string
	Search   string
	Rows     []row
	Next     string
	Params   template.URL // of the queue, for links
	Filter   string       // label or team of the view
	Mentions int64        // of the viewer, unseen
	Saved    []work.SavedView
	Labels   []work.Label
	Teams    []work.Team
}

// row is a conversation in the queue.
type row struct {
	pii.Personal
	ID       string
	Name     string
	Initials string
	Preview  string
	At       time.Time
	Unread   int
	Out      bool
	State    string
	NoPhone  bool
	OptedOut bool
	Doubt    bool // perhaps she withdrew: somebody has to answer
	Blocked  bool
	Closed   bool
	Current  bool
	Window   time.Time
	Waits    time.Time // since the person's last message, while nobody has answered
	Urgency  work.Urgency
	Snoozed  time.Time
	Assignee string // initials
	Labels   []work.Label
	Channel  string // when the organisation has several
}

// rows makes the queue's rows from conversations.
func (s *server) rows(ctx context.Context, v *shell.Viewer, all []conversation.Summary, current id.Conversation) ([]row, error) {
	people := make([]id.Person, len(all))
	var assignees []id.Account
	for i, c := range all {
		people[i] = c.Contact
		if !c.Assignee.IsZero() && !slices.Contains(assignees, c.Assignee) {
			assignees = append(assignees, c.Assignee)
		}
	}
	var known map[id.Person]*chat.Known
	var n niceties
	err := s.DB.Together(ctx,
		func(ctx context.Context) (err error) {
			known, err = s.People.GetMany(ctx, s.DB, v.Org, people)
			return err
		},
		func(ctx context.Context) (err error) {
			n, err = s.nicetiesOf(ctx, v, people, assignees)
			return err
		})
	if err != nil {
		return nil, err
	}
	rows := make([]row, 0, len(all))
	for _, c := range all {
		r := row{ID: c.ID.String(), At: c.LastAt, Unread: c.Unread, Out: c.LastOut, State: string(c.LastState), Closed: c.Closed, Current: c.ID == current, Window: c.WindowEnds}
		if p := known[c.Contact]; p != nil {
			r.Name, r.NoPhone = p.Profile.DisplayName(), p.Profile.Phone == ""
			f := p.InForce()
			r.OptedOut, r.Blocked, r.Doubt = f.OptedOut, f.Blocked, f.Held || f.Halted
		}
		r.Initials = shell.Initials(r.Name)
		r.Preview = previewText(v, c)
		n.add(&r, c, v.Now)
		rows = append(rows, r)
	}
	return rows, nil
}

// niceties are what a row shows beside the message: read once for a page.
type niceties struct {
	pii.Personal
	staff    map[id.Account]string
	targets  map[id.Team]time.Duration
	hours    calendar.Schedule
	labels   map[id.Label]work.Label
	theirs   map[id.Person][]id.Label
	channels map[id.Channel]string
}

func (s *server) nicetiesOf(ctx context.Context, v *shell.Viewer, people []id.Person, assignees []id.Account) (n niceties, err error) {
	n = niceties{targets: map[id.Team]time.Duration{}, labels: map[id.Label]work.Label{}, channels: map[id.Channel]string{}}
	var teams []work.Team
	var labels []work.Label
	var channels []org.Channel
	var o org.Org
	err = s.DB.Together(ctx,
		func(ctx context.Context) (err error) {
			n.staff, err = s.Users.Names(ctx, s.DB, v.Org, assignees)
			return err
		},
		func(ctx context.Context) (err error) {
			teams, err = s.Work.Teams(ctx, s.DB, v.Org)
			return err
		},
		func(ctx context.Context) (err error) {
			labels, err = s.Work.Labels(ctx, s.DB, v.Org)
			return err
		},
		func(ctx context.Context) (err error) {
			channels, err = s.Orgs.Channels(ctx, s.DB, v.Org)
			return err
		},
		func(ctx context.Context) (err error) {
			o, err = s.Orgs.Get(ctx, s.DB, v.Org)
			return err
		},
		func(ctx context.Context) (err error) {
			n.theirs, err = s.Work.Of(ctx, s.DB, v.Org, people)
			return err
		})
	if err != nil {
		return n, err
	}
	for _, t := range teams {
		n.targets[t.ID] = t.Target
	}
	for _, l := range labels {
		n.labels[l.ID] = l
	}
	if len(channels) > 1 {
		for _, c := range channels {
			n.channels[c.ID] = c.Name
		}
	}
	n.hours, err = o.Settings.Schedule()
	return n, err
}

// usualTarget holds for conversations that belong to no team with a target.
const usualTarget = 4 * time.Hour

func (n niceties) add(r *row, c conversation.Summary, now time.Time) {
	r.Assignee, r.Snoozed, r.Channel = shell.Initials(n.staff[c.Assignee]), c.Snoozed, n.channels[c.Channel]
	for _, l := range n.theirs[c.Contact] {
		r.Labels = append(r.Labels, n.labels[l])
	}
	if c.LastOut || c.Closed || c.LastInAt.IsZero() {
		return
	}
	target := n.targets[c.Team]
	if target == 0 {
		target = usualTarget
	}
	r.Waits, r.Urgency = c.LastInAt, work.Waiting(n.hours.Worked(c.LastInAt, now), target)
}

func previewText(v *shell.Viewer, c conversation.Summary) string {
	words := c.Preview
	if c.PreviewType != cloudapi.TypeText && c.PreviewType != "" {
		label := v.Text.T("type." + c.PreviewType)
		if words != "" {
			words = label + ": " + words
		} else {
			words = label
		}
	}
	if c.LastOut {
		words = v.Text.T("queue.you") + words
	}
	return words
}

// filter reads the view from the address; one that there is not, or that lacks
// its team or label, is the open ones. A team or a label that is not ours has no
// conversations. Errors: shell.NoSuch.
func filter(q url.Values, v *shell.Viewer) (conversation.Filter, error) {
	f := conversation.Filter{View: conversation.View(q.Get("view")), Account: v.ID}
	var err error
	lacks := !slices.Contains(conversation.Views(), f.View)
	switch f.View { //nolint:exhaustive // the others need no subject
	case conversation.ViewTeam:
		f.Team, err = shell.Named[id.Team]("of", q.Get("of"))
		lacks = f.Team.IsZero()
	case conversation.ViewLabel:
		f.Label, err = shell.Named[id.Label]("of", q.Get("of"))
		lacks = f.Label.IsZero()
	}
	if lacks {
		f.View = conversation.ViewOpen
	}
	return f, err
}

func (s *server) queue(r *http.Request, v *shell.Viewer, current id.Conversation) (queue, error) {
	ctx, q := r.Context(), r.URL.Query()
	f, err := filter(q, v)
	if err != nil {
		return queue{}, err
	}
	after, err := place(q, "after")
	if err != nil {
		return queue{}, err
	}
	out := queue{View: string(f.View), Search: s.words(r)}
	kept := url.Values{"view": {out.View}}
	if f.View == conversation.ViewTeam || f.View == conversation.ViewLabel {
		out.Filter = q.Get("of")
		kept.Set("of", out.Filter)
	}
	if out.Search != "" {
		kept.Set(shell.SealedField, q.Get(shell.SealedField))
	}
	out.Params = queueParams(kept)
	if out.Search != "" {
		return out, s.searchQueue(ctx, v, &out, current)
	}
	all, err := s.seen(v).List(ctx, s.DB, v.Org, f, after, queuePage+1)
	if err != nil {
		return out, err
	}
	if len(all) > queuePage {
		all = all[:queuePage]
		out.Next = showPlace(all[queuePage-1].LastAt, id.Cursor(all[queuePage-1].ID))
	}
	out.Rows, err = s.rows(ctx, v, all, current)
	return out, err
}

// queueFrame reads what stands around the list; the list alone, which is read
// anew after each change, goes without it.
func (s *server) queueFrame(ctx context.Context, v *shell.Viewer, out *queue) error {
	return s.DB.Together(ctx,
		func(ctx context.Context) (err error) {
			out.Mentions, err = s.mentions(ctx, v)
			return err
		},
		func(ctx context.Context) (err error) {
			out.Saved, err = s.Work.SavedViews(ctx, s.DB, v.Org, v.ID)
			return err
		},
		func(ctx context.Context) (err error) {
			out.Labels, err = s.Work.Labels(ctx, s.DB, v.Org)
			return err
		},
		func(ctx context.Context) (err error) {
			out.Teams, err = s.Work.Teams(ctx, s.DB, v.Org)
			return err
		})
}

func (s *server) searchQueue(ctx context.Context, v *shell.Viewer, out *queue, current id.Conversation) error {
	people, err := s.lookFor(ctx, v, out.Search, queuePage)
	if err != nil {
		return err
	}
	v.Act.Searched(out.Search, len(people))
	theirs, err := s.seen(v).OfContacts(ctx, s.DB, v.Org, idsOf(people))
	if err != nil {
		return err
	}
	var all []conversation.Summary
	for _, p := range people {
		all = append(all, theirs[p.ID]...)
	}
	out.Rows, err = s.rows(ctx, v, all, current)
	return err
}

func idsOf(people []*chat.Known) []id.Person {
	ids := make([]id.Person, len(people))
	for i, p := range people {
		ids[i] = p.ID
	}
	return ids
}

func (s *server) queueFragment(w http.ResponseWriter, r *http.Request, v *shell.Viewer) error {
	current, err := shell.Parameter[id.Conversation](r, "current")
	if err != nil {
		return err
	}
	q, err := s.queue(r, v, current)
	if err != nil {
		return err
	}
	return s.pages.Show(w, http.StatusOK, "queue-rows", shell.Page{Viewer: v, Body: q})
}
