package settings

import (
	"context"
	"errors"
	"net/http"
	"slices"
	"strconv"
	"time"

	"einklang/internal/account/org"
	"einklang/internal/account/user"
	"einklang/internal/door/web/shell"
	"einklang/internal/engine/store"
	"einklang/internal/messaging/assignment"
	"einklang/internal/rule/id"
	"einklang/internal/rule/pii"
)

type teamBody struct {
	pii.Personal
	Teams   []assignment.Team
	Labels  []assignment.Label
	Replies []assignment.QuickReply
	Staff   []user.Listed
	Colours []string
	Ways    []assignment.Assignment
	Numbers []org.Channel
	Problem string
	works   map[id.Team][]id.Channel
}

// On reports whether a team works on a number, for the boxes.
func (b teamBody) On(t assignment.Team, number id.Channel) bool {
	return slices.Contains(b.works[t.ID], number)
}

// Has reports whether somebody is in a team, for the boxes.
func (teamBody) Has(t assignment.Team, account id.Account) bool {
	return slices.Contains(t.Members, account)
}

func (s *server) team(w http.ResponseWriter, r *http.Request, v *shell.Viewer) error {
	return s.showTeam(w, r, v, http.StatusOK, "")
}

func (s *server) showTeam(w http.ResponseWriter, r *http.Request, v *shell.Viewer, status int, problem string) error {
	b := teamBody{Colours: assignment.Colours(), Ways: []assignment.Assignment{assignment.ByHand, assignment.RoundRobin, assignment.LeastLoad}, Problem: problem}
	staff, err := s.Users.List(r.Context(), s.DB, v.Org)
	if err != nil {
		return err
	}
	for _, a := range staff {
		if a.Active && a.May(user.Answer) {
			b.Staff = append(b.Staff, a)
		}
	}
	if b.Teams, err = s.Work.Teams(r.Context(), s.DB, v.Org); err != nil {
		return err
	}
	if b.Numbers, err = s.Orgs.Channels(r.Context(), s.DB, v.Org); err != nil {
		return err
	}
	if b.works, err = s.Work.Numbers(r.Context(), s.DB, v.Org); err != nil {
		return err
	}
	if b.Labels, err = s.Work.LabelsInUse(r.Context(), s.DB, v.Org); err != nil {
		return err
	}
	if b.Replies, err = s.Work.QuickReplies(r.Context(), s.DB, v.Org); err != nil {
		return err
	}
	return s.pages.Show(w, status, "team.html", shell.Page{Viewer: v, Title: v.Text.T("team.title"), At: "/settings/team", Body: b})
}

// teamProblems names the texts for what cannot be.
var teamProblems = map[error]string{assignment.ErrName: "name", assignment.ErrTaken: "taken", assignment.ErrShortcut: "shortcut", assignment.ErrEmpty: "empty", assignment.ErrLong: "long", assignment.ErrMany: "many", assignment.ErrColour: "colour", assignment.ErrNotFound: "gone"}

// change does one thing and goes back, or says what is wrong.
func (s *server) change(w http.ResponseWriter, r *http.Request, v *shell.Viewer, do func(context.Context, store.Tx) error) error {
	err := v.Act.Write(r.Context(), do)
	for known, key := range teamProblems {
		if errors.Is(err, known) {
			return s.showTeam(w, r, v, http.StatusUnprocessableEntity, v.Text.T("team.problem."+key))
		}
	}
	if err != nil {
		return err
	}
	http.Redirect(w, r, "/settings/team", http.StatusSeeOther)
	return nil
}

func (s *server) saveTeam(w http.ResponseWriter, r *http.Request, v *shell.Viewer) error {
	minutes, _ := strconv.Atoi(r.PostFormValue("target"))
	at, err := shell.Optional[id.Team](r, "id")
	if err != nil {
		return err
	}
	t := assignment.Team{ID: at, Name: r.PostFormValue("name"), Target: time.Duration(min(max(minutes, 0), 10_000)) * time.Minute, Assignment: assignment.Assignment(r.PostFormValue("assignment"))}
	staff, err := s.Users.List(r.Context(), s.DB, v.Org)
	if err != nil {
		return err
	}
	if t.Members, err = shell.SeveralOf(r, "member", staff, func(a user.Listed) id.Account { return a.ID }); err != nil {
		return err
	}
	numbers, err := s.Orgs.Channels(r.Context(), s.DB, v.Org)
	if err != nil {
		return err
	}
	if t.Numbers, err = shell.SeveralOf(r, "number", numbers, func(c org.Channel) id.Channel { return c.ID }); err != nil {
		return err
	}
	return s.change(w, r, v, func(ctx context.Context, tx store.Tx) error {
		if r.PostFormValue("do") == "discard" {
			return s.Work.DeleteTeam(ctx, tx, v.Org, t.ID)
		}
		_, err := s.Work.SaveTeam(ctx, tx, v.Org, t)
		return err
	})
}

func (s *server) saveLabel(w http.ResponseWriter, r *http.Request, v *shell.Viewer) error {
	at, err := shell.Optional[id.Label](r, "id")
	if err != nil {
		return err
	}
	return s.change(w, r, v, func(ctx context.Context, tx store.Tx) error {
		if r.PostFormValue("do") == "discard" {
			return s.Work.DeleteLabel(ctx, tx, v.Org, at)
		}
		_, err := s.Work.SaveLabel(ctx, tx, v.Org, assignment.Label{ID: at, Name: r.PostFormValue("name"), Colour: r.PostFormValue("colour")})
		return err
	})
}

func (s *server) saveReply(w http.ResponseWriter, r *http.Request, v *shell.Viewer) error {
	at, err := shell.Optional[id.Reply](r, "id")
	if err != nil {
		return err
	}
	return s.change(w, r, v, func(ctx context.Context, tx store.Tx) error {
		if r.PostFormValue("do") == "discard" {
			return s.Work.DeleteQuickReply(ctx, tx, v.Org, at)
		}
		return s.Work.SaveQuickReply(ctx, tx, v.Org, assignment.QuickReply{ID: at, Shortcut: r.PostFormValue("shortcut"), Body: r.PostFormValue("body"), Advertising: r.PostFormValue("advertising") != ""})
	})
}
