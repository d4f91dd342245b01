package app_test

import (
	"bufio"
	"context"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"einklang/internal/account/org"
	"einklang/internal/account/user"
	"einklang/internal/engine/store"
	"einklang/internal/messaging/assignment"
	"einklang/internal/rule/id"
	"einklang/internal/test/apptest"
)

// sees reports whether the limited agent sees a conversation.
func (l *limited) sees(at id.Conversation) bool {
	l.t.Helper()
	got := l.ask(http.MethodGet, "/inbox/"+at.String(), nil)
	if got.status != http.StatusOK && got.status != http.StatusNotFound {
		l.t.Errorf("the conversation is answered %d", got.status)
	}
	return got.status == http.StatusOK
}

// Whatever is taken from somebody ends what is open, and the next page shows less.
func TestATeamThatEndsEndsWhatIsOpen(t *testing.T) {
	apptest.Each(t, func(t *testing.T, o *apptest.Office) {
		l := openLimited(t, o)
		save := func(team assignment.Team) func(context.Context, store.Tx) error {
			team.ID, team.Name, team.Assignment = l.team, "Eigenes Team", assignment.ByHand
			return func(ctx context.Context, tx store.Tx) error {
				_, err := o.Work.SaveTeam(ctx, tx, o.Org.ID, team)
				return err
			}
		}
		her := []id.Account{l.agent.ID}
		for _, step := range []struct {
			what     string
			do       func(context.Context, store.Tx) error
			own, all bool // what she sees then: hers, and Erika's
		}{
			{"the number is her team's, too", save(assignment.Team{Members: her, Numbers: []id.Channel{o.Channel.ID}}), true, true},
			{"the number is taken away", save(assignment.Team{Members: her}), true, false},
			{"she leaves the team", save(assignment.Team{}), false, false},
			{"she is back", save(assignment.Team{Members: her}), true, false},
			{"the team ends", func(ctx context.Context, tx store.Tx) error { return o.Work.DeleteTeam(ctx, tx, o.Org.ID, l.team) }, false, false},
		} {
			open := stream(t, o, l.browser)
			l.write(step.do)
			within(t, step.what, open)
			if own, all := l.sees(l.thread), l.sees(l.full.thread); own != step.own || all != step.all {
				t.Errorf("%s: she sees hers: %v, and others: %v", step.what, own, all)
			}
		}
		// What concerns somebody else's team ends nothing of hers.
		open := stream(t, o, l.browser)
		l.write(func(ctx context.Context, tx store.Tx) error {
			_, err := o.Work.SaveTeam(ctx, tx, o.Org.ID, assignment.Team{Name: "Noch eines", Assignment: assignment.ByHand})
			return err
		})
		goesOn(t, "another team", open)
	})
}

// A number whose new conversations go to a team belongs to it; what no team has is
// seen where the organisation says so.
func TestNumbersAndWhatIsNobodys(t *testing.T) {
	apptest.Each(t, func(t *testing.T, o *apptest.Office) {
		l := openLimited(t, o)
		l.write(func(ctx context.Context, tx store.Tx) error {
			return o.Threads.Assign(ctx, tx, o.Org.ID, l.full.thread, id.Account{}, id.Team{})
		})
		for _, step := range []struct {
			what     string
			sight    org.Sight
			arrivals id.Team
			sees     bool
		}{
			{"nobody's, and not said", org.Sight{Agents: true}, id.Team{}, false},
			{"nobody's, and said", org.Sight{Agents: true, Nobodys: true}, id.Team{}, true},
			{"a team that is gone works on it", org.Sight{Agents: true, Nobodys: true}, id.Team{9}, true},
			{"her team works on it", org.Sight{Agents: true}, l.team, true},
			{"agents see everything", org.Sight{}, id.Team{}, true},
		} {
			l.write(func(ctx context.Context, tx store.Tx) error {
				at, err := o.Orgs.Get(ctx, tx, o.Org.ID)
				if err != nil {
					return err
				}
				at.Settings.Sight, at.Settings.Arrivals = step.sight, map[string]id.Team{o.Channel.ID.String(): step.arrivals}
				return o.Orgs.SaveSettings(ctx, tx, o.Org.ID, at.Settings)
			})
			if got := l.sees(l.full.thread); got != step.sees {
				t.Errorf("%s: she sees it: %v", step.what, got)
			}
		}
	})
}

// What is given to somebody she sees; what she gives away she does not. A note for who
// could not read it is refused in words.
func TestGivingGivesSight(t *testing.T) {
	apptest.Each(t, func(t *testing.T, o *apptest.Office) {
		l := openLimited(t, o)
		lead := o.SignIn(t, user.Lead)
		at := "/inbox/" + l.full.thread.String()
		note := url.Values{"words": {"@Uli Begrenzt bitte ansehen"}}
		if status, body := submit(t, o, lead, at+"/note", note); status != http.StatusConflict || !strings.Contains(body, "Uli Begrenzt sieht diese Unterhaltung nicht") {
			t.Errorf("a note for who cannot read it: %d", status)
		}
		if n := o.Count(t, "mention", "account_id = ?", l.agent.ID); n != 0 {
			t.Errorf("%d mentions of who cannot read them", n)
		}
		if status, _ := submit(t, o, lead, at+"/assign", url.Values{"kind": {"account"}, "to": {l.agent.ID.String()}, "note": note["words"]}); status != http.StatusOK || !l.sees(l.full.thread) {
			t.Errorf("what is given to her she does not see: %d", status)
		}
		if n := o.Count(t, "mention", "account_id = ?", l.agent.ID); n != 1 {
			t.Errorf("%d mentions of who can read them", n)
		}
		if got := l.ask(http.MethodPost, at+"/assign", url.Values{"kind": {"nobody"}}); got.status != http.StatusSeeOther || !strings.HasPrefix(got.location, "/inbox?") || l.sees(l.full.thread) {
			t.Errorf("what she gave away: %d to %s", got.status, got.location)
		}
		if got := l.ask(http.MethodGet, "/inbox", nil); strings.Contains(got.body, "Erika") {
			t.Error("the queue shows what she gave away")
		}
	})
}

// stream opens a stream, which tells from now on.
func (l *limited) stream() (lines *bufio.Scanner, end func()) {
	l.t.Helper()
	ctx, cancel := context.WithTimeout(l.t.Context(), 30*time.Second)
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, l.URL+"/events", nil)
	l.must(err)
	resp, err := l.browser.Do(r)
	l.must(err)
	lines = bufio.NewScanner(resp.Body)
	for lines.Scan() && lines.Text() != "event: hello" {
	}
	return lines, func() { _ = resp.Body.Close(); cancel() }
}

// changed reads of which conversations a stream tells, until one is among them.
func (l *limited) changed(until id.Conversation, do func()) string {
	l.t.Helper()
	lines, end := l.stream()
	defer end()
	told := strings.Builder{}
	do()
	for lines.Scan() {
		told.WriteString(lines.Text() + "\n")
		if strings.Contains(lines.Text(), until.String()) {
			return told.String()
		}
	}
	l.t.Errorf("the stream ends without what she waits for: %v", lines.Err())
	return told.String()
}

// A stream tells of what its watcher sees, and of what she saw and does not see any
// more; of nothing else.
func TestAStreamTellsOfWhatIsSeen(t *testing.T) {
	apptest.Each(t, func(t *testing.T, o *apptest.Office) {
		l := openLimited(t, o)
		give := func(to id.Account) {
			l.write(func(ctx context.Context, tx store.Tx) error {
				return o.Threads.Assign(ctx, tx, o.Org.ID, l.full.thread, to, id.Team{})
			})
		}
		told := l.changed(l.thread, func() {
			o.Hub.Publish(o.Org.ID, l.full.thread)
			o.Hub.Typing(o.Org.ID, l.full.thread)
			give(l.staff.ID)
			o.Hub.Publish(o.Org.ID, l.thread)
		})
		if strings.Contains(told, l.full.thread.String()) || strings.Contains(told, "data: *") {
			t.Errorf("the stream tells of what she does not see:\n%s", told)
		}
		l.changed(l.full.thread, func() { give(l.agent.ID) })
	})
}

// A stream remembers of what it told: what leaves her sight leaves her page.
func TestWhatLeavesHerSightIsTold(t *testing.T) {
	apptest.Each(t, func(t *testing.T, o *apptest.Office) {
		l := openLimited(t, o)
		lines, end := l.stream()
		defer end()
		for _, to := range []id.Account{l.agent.ID, l.staff.ID} {
			l.write(func(ctx context.Context, tx store.Tx) error {
				return o.Threads.Assign(ctx, tx, o.Org.ID, l.full.thread, to, id.Team{})
			})
			told := false
			for !told && lines.Scan() {
				told = strings.Contains(lines.Text(), l.full.thread.String())
			}
			if !told {
				t.Error("the stream does not tell")
			}
		}
	})
}

// That agents see more is for two to say; that they see less is not.
func TestToSeeMoreTakesTwo(t *testing.T) {
	apptest.Each(t, func(t *testing.T, o *apptest.Office) {
		o.SignIn(t, user.DPO)
		admin := o.SignIn(t, user.Admin)
		is := func(want org.Sight) {
			t.Helper()
			at, err := o.Orgs.Get(t.Context(), o.DB, o.Org.ID)
			if err != nil || at.Settings.Sight != want {
				t.Errorf("agents see %+v, want %+v: %v", at.Settings.Sight, want, err)
			}
		}
		say := func(form url.Values) string {
			_, body := submit(t, o, admin, "/settings/sight", form)
			return body
		}
		say(url.Values{"agents": {"limited"}})
		is(org.Sight{Agents: true})
		if body := say(url.Values{"agents": {"limited"}, "nobodys": {"1"}}); !strings.Contains(body, "sieht auch, was kein Team hat") {
			t.Error("a second person is not asked")
		}
		is(org.Sight{Agents: true})
		if body := say(url.Values{"agents": {"all"}}); !strings.Contains(body, "Der Kundendienst sieht wieder alle Unterhaltungen") {
			t.Error("a second person is not asked")
		}
		is(org.Sight{Agents: true})
	})
}
