package settings

import (
	"context"
	"net/http"
	"slices"
	"strings"

	"einklang/internal/account/audit"
	"einklang/internal/door/web/shell"
	"einklang/internal/engine/store"
	"einklang/internal/messaging/outbox"
	"einklang/internal/person/chat"
	"einklang/internal/rule/gate"
	"einklang/internal/rule/id"
	"einklang/internal/rule/pii"
)

const (
	uncertainPath = "/desk/uncertain"
	doubtsMost    = 100 // shown, and decided about, at a time
)

type doubtRow struct {
	pii.Personal
	outbox.Doubt
	Who          *chat.Known
	Conversation id.Conversation
	Number       string
}

type uncertainBody struct {
	pii.Personal
	Rows    []doubtRow
	Total   int64
	Problem string
}

func (s *server) uncertain(w http.ResponseWriter, r *http.Request, v *shell.Viewer) error {
	return s.showUncertain(w, r, v, http.StatusOK, "")
}

func (s *server) showUncertain(w http.ResponseWriter, r *http.Request, v *shell.Viewer, status int, problem string) error {
	ctx := r.Context()
	counts, err := s.Outbox.Uncertain(ctx, s.DB, v.Org)
	if err != nil {
		return err
	}
	doubts, err := s.Outbox.Doubts(ctx, s.DB, v.Org, doubtsMost)
	if err != nil {
		return err
	}
	people, messages := make([]id.Person, len(doubts)), make([]id.Message, len(doubts))
	for i, d := range doubts {
		people[i], messages[i] = d.Contact, d.Message
	}
	known, err := s.People.GetMany(ctx, s.DB, v.Org, people)
	if err != nil {
		return err
	}
	found, err := s.glances(ctx, v, messages)
	if err != nil {
		return err
	}
	channels, err := s.Orgs.Channels(ctx, s.DB, v.Org)
	if err != nil {
		return err
	}
	names := map[id.Channel]string{}
	for _, c := range channels {
		names[c.ID] = c.Name
	}
	b := uncertainBody{Total: total(counts), Problem: problem}
	if !v.Sight.All() { // how many there are elsewhere is not hers to know
		doubts = slices.DeleteFunc(doubts, func(d outbox.Doubt) bool { return found[d.Message].ID.IsZero() })
		b.Total = int64(len(doubts))
	}
	for _, d := range doubts {
		b.Rows = append(b.Rows, doubtRow{Doubt: d, Who: known[d.Contact], Conversation: found[d.Message].Conversation, Number: names[d.Channel]})
	}
	return s.pages.Show(w, status, "uncertain.html", shell.Page{Viewer: v, Title: v.Text.T("uncertain.title"), At: uncertainPath, Body: b})
}

// glances reads the messages that the viewer sees.
func (s *server) glances(ctx context.Context, v *shell.Viewer, messages []id.Message) (map[id.Message]chat.Message, error) {
	found, err := s.Threads.Glances(ctx, s.DB, v.Org, messages)
	if err != nil {
		return nil, err
	}
	return s.Threads.By(v.Sight).Messages(ctx, s.DB, v.Org, found)
}

var choices = []outbox.Choice{outbox.ChoiceSent, outbox.ChoiceAgain, outbox.ChoiceGiveUp}

// decideUncertain does what somebody decided about the messages that she ticked.
func (s *server) decideUncertain(w http.ResponseWriter, r *http.Request, v *shell.Viewer) error {
	choice := outbox.Choice(r.PostFormValue("do"))
	if !slices.Contains(choices, choice) {
		return &shell.NoSuch{Field: "do"}
	}
	ticked := r.PostForm["message"]
	if len(ticked) == 0 || len(ticked) > doubtsMost {
		return s.showUncertain(w, r, v, http.StatusUnprocessableEntity, v.Text.T("uncertain.none.ticked"))
	}
	messages := make([]id.Message, len(ticked))
	for i, text := range ticked {
		at, err := shell.Named[id.Message]("message", text)
		if err != nil {
			return err
		}
		messages[i] = at
	}
	found, err := s.glances(r.Context(), v, messages)
	if err != nil {
		return err
	}
	if !v.Sight.All() {
		messages = slices.DeleteFunc(messages, func(m id.Message) bool { return found[m].ID.IsZero() })
	}
	unseen := len(ticked) - len(messages) // as what there is not
	var d outbox.Decided
	err = v.Act.WriteIf(r.Context(), func(ctx context.Context, tx store.Tx) (bool, error) {
		var err error
		if d, err = s.Outbox.Decide(ctx, tx, v.Org, choice, v.ID, messages...); err != nil || len(d.Done) == 0 {
			return false, err
		}
		about := make([]id.Any, len(d.Done))
		for i, m := range d.Done {
			about[i] = m
		}
		v.Act.On(audit.Message, about...)
		return true, nil
	})
	if err != nil {
		return err
	}
	d.Late += unseen
	if problem := undecided(v, d); problem != "" {
		return s.showUncertain(w, r, v, http.StatusConflict, problem)
	}
	http.Redirect(w, r, uncertainPath, http.StatusSeeOther)
	return nil
}

// undecided says in words what did not become of a decision, and why.
func undecided(v *shell.Viewer, d outbox.Decided) string {
	var said []string
	reasons := make([]string, 0, len(d.Refused))
	for reason := range d.Refused {
		reasons = append(reasons, string(reason))
	}
	slices.Sort(reasons)
	for _, reason := range reasons {
		said = append(said, v.Text.T("uncertain.refused", d.Refused[gate.Reason(reason)], v.Text.T("reason."+reason)))
	}
	if d.Secret > 0 {
		said = append(said, v.Text.N("uncertain.secret", d.Secret))
	}
	if d.Late > 0 {
		said = append(said, v.Text.N("uncertain.late", d.Late))
	}
	return strings.Join(said, " ")
}
