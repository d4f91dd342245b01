package importing

import (
	"context"
	"errors"
	"net/http"
	"slices"

	"einklang/internal/account/org"
	"einklang/internal/consent/optin"
	"einklang/internal/door/web/shell"
	"einklang/internal/engine/blob"
	"einklang/internal/engine/jobs"
	"einklang/internal/importing/chats"
	"einklang/internal/importing/chats/transcript"
	"einklang/internal/rule/id"
	"einklang/internal/rule/phone"
	"einklang/internal/rule/pii"
)

type chatsBody struct {
	pii.Personal
	Problem string
	Imports []chats.Import
}

func (s *server) chatsPage(w http.ResponseWriter, r *http.Request, v *shell.Viewer) error {
	return s.showChats(w, r, v, http.StatusOK, "")
}

func (s *server) showChats(w http.ResponseWriter, r *http.Request, v *shell.Viewer, status int, problem string) error {
	all, err := s.Chats.List(r.Context(), s.DB, v.Org, listed)
	if err != nil {
		return err
	}
	return s.show(w, v, status, "chats.html", v.Text.T("import.chats.title"), chatsPath, chatsBody{Problem: problem, Imports: all})
}

func (s *server) uploadChat(w http.ResponseWriter, r *http.Request, v *shell.Viewer) error {
	part, err := uploaded(r, chats.MaxFile)
	if err == nil && part == nil {
		return s.showChats(w, r, v, http.StatusUnprocessableEntity, "file_none")
	}
	if err == nil {
		var names []string
		if names, err = s.names(r.Context(), v.Org); err != nil {
			return err
		}
		var i chats.Import
		if i, err = s.Chats.Stage(r.Context(), v.Act, v.Org, v.ID, part.FileName(), names, part); err == nil {
			http.Redirect(w, r, chatsPath+"/"+i.ID.String(), http.StatusSeeOther)
			return nil
		}
	}
	if problem := fileProblem(err); problem != "" {
		return s.showChats(w, r, v, http.StatusUnprocessableEntity, problem)
	}
	return err
}

// names are those by which the organisation may be called in a chat.
func (s *server) names(ctx context.Context, at id.Org) ([]string, error) {
	o, err := s.Orgs.Get(ctx, s.DB, at)
	if err != nil {
		return nil, err
	}
	names := []string{o.Name}
	channels, err := s.Orgs.Channels(ctx, s.DB, at)
	for _, c := range channels {
		names = append(names, c.Name, c.DisplayNumber)
	}
	return names, err
}

type chatBody struct {
	chats.Import
	Problem  string
	Phone    string // as typed
	Job      jobs.Job
	Sample   []line
	Channels []org.Channel
	Orders   []transcript.Order
	Moving   bool
	FileGone bool
	Doubts   []optin.Doubt // words in the chat that are older than what she agreed to
}

// LeftOut are the counts of what was left out, where something was.
func (b chatBody) LeftOut() []string {
	return slices.DeleteFunc([]string{chats.CountOwn, chats.CountGone, chats.CountFuture, chats.CountCut, chats.CountLost}, func(c string) bool { return b.Job.Counts[c] == 0 })
}

// line is a message of the preview.
type line struct {
	transcript.Message
	Side string // ours, theirs, third, or empty: not known yet
}

func (s *server) chatPage(w http.ResponseWriter, r *http.Request, v *shell.Viewer) error {
	at, err := pathID[id.Import](r)
	if err != nil {
		return err
	}
	i, err := s.Chats.Get(r.Context(), v.Org, at)
	if err != nil {
		return err
	}
	typed := ""
	if i.Plan.Phone != "" {
		typed = "+" + i.Plan.Phone
	}
	return s.showChat(w, r, v, http.StatusOK, chatBody{Import: i, Phone: typed})
}

const sampleMessages = 12

func (s *server) showChat(w http.ResponseWriter, r *http.Request, v *shell.Viewer, status int, b chatBody) error {
	var err error
	if b.Job, err = s.Chats.Progress(r.Context(), s.DB, v.Org, b.ID); err != nil {
		return err
	}
	if b.Channels, err = s.Orgs.Channels(r.Context(), s.DB, v.Org); err != nil {
		return err
	}
	b.Orders = []transcript.Order{transcript.DayFirst, transcript.MonthFirst, transcript.YearFirst}
	b.Moving = b.State == chats.Running
	if b.State == chats.Done && !b.Contact.IsZero() {
		if b.Doubts, err = s.Consents.Imported(r.Context(), s.DB, v.Org, b.Contact); err != nil {
			return err
		}
	}
	if b.State == chats.Staged {
		sample, err := s.Chats.Sample(r.Context(), b.Import, sampleMessages)
		if err != nil && !errors.Is(err, blob.ErrNotFound) {
			return err
		}
		b.FileGone = err != nil
		for _, m := range sample {
			side := map[string]string{b.Plan.Us: "ours", b.Plan.Them: "theirs"}[m.Sender]
			if side == "" && b.Plan.Us != "" && b.Plan.Them != "" {
				side = "third"
			}
			b.Sample = append(b.Sample, line{m, side})
		}
	}
	return s.show(w, v, status, "chat.html", v.Text.T("import.chat.title"), chatsPath, b)
}

func (s *server) startChat(w http.ResponseWriter, r *http.Request, v *shell.Viewer) error {
	at, err := pathID[id.Import](r)
	if err != nil {
		return err
	}
	i, err := s.Chats.Get(r.Context(), v.Org, at)
	if err != nil {
		return err
	}
	p := chats.Plan{Us: r.PostFormValue("us"), Them: r.PostFormValue("them"), Order: transcript.Order(r.PostFormValue("order")), Group: r.PostFormValue("group") != ""}
	typed := r.PostFormValue("phone")
	country, err := s.Orgs.Home(r.Context(), s.DB, v.Org)
	if err != nil {
		return err
	}
	if digits, err := phone.Read(typed, country); err == nil {
		p.Phone = digits
	}
	if p.Channel, err = shell.Optional[id.Channel](r, "channel"); err != nil {
		return err
	}
	if !p.Channel.IsZero() {
		if _, err := s.Orgs.Channel(r.Context(), s.DB, v.Org, p.Channel); errors.Is(err, org.ErrNotFound) {
			return &shell.NoSuch{Field: "channel"}
		} else if err != nil {
			return err
		}
	}
	fault, err := s.Chats.Start(r.Context(), v.Act, v.Org, at, p)
	if fault != "" {
		i.Plan = p
		return s.showChat(w, r, v, http.StatusUnprocessableEntity, chatBody{Import: i, Problem: string(fault), Phone: typed})
	}
	return backToChat(w, r, at, err)
}

func backToChat(w http.ResponseWriter, r *http.Request, at id.Import, err error) error {
	if err != nil && !errors.Is(err, chats.ErrState) {
		return err
	}
	http.Redirect(w, r, chatsPath+"/"+at.String(), http.StatusSeeOther)
	return nil
}

func (s *server) discardChat(w http.ResponseWriter, r *http.Request, v *shell.Viewer) error {
	at, err := pathID[id.Import](r)
	if err != nil {
		return err
	}
	return backToChat(w, r, at, s.Chats.Discard(r.Context(), v.Act, v.Org, at))
}
