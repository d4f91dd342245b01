package foureyes_test

import (
	"slices"
	"testing"
	"time"

	"pgregory.net/rapid"

	"einklang/internal/rule/foureyes"
	"einklang/internal/rule/id"
)

var (
	admin, dpo, third = id.Account{1}, id.Account{2}, id.Account{3}
	now               = time.Date(2026, 11, 30, 9, 0, 0, 0, time.UTC)
)

func days(n float64) time.Duration { return time.Duration(n * 24 * float64(time.Hour)) }

// since is a decider who has been one for some days.
func since(who id.Account, ago float64) foureyes.Decider {
	return foureyes.Decider{ID: who, May: true, Since: now.Add(-days(ago))}
}

// gone is one who was taken away some days ago.
func gone(who id.Account, ago float64) foureyes.Decider {
	return foureyes.Decider{ID: who, Since: now.Add(-days(400)), Until: now.Add(foureyes.Standing - days(ago))}
}

// back is one who was taken away and is back.
func back(who id.Account, taken, again float64) foureyes.Decider {
	d := gone(who, taken)
	d.May, d.Since = true, now.Add(-days(again))
	return d
}

func TestWhoDecides(t *testing.T) {
	for _, c := range []struct {
		name                    string
		who                     foureyes.Decider
		grants, refuses, counts bool
	}{
		{"a year", since(dpo, 365), true, true, true},
		{"a week", since(dpo, 7), true, true, true},
		{"not quite a week", since(dpo, 6.99), false, true, false},
		{"made for the question", since(dpo, 0), false, true, false},
		{"the one who asks", since(admin, 365), false, false, true},
		{"blocked just now", gone(dpo, 0), false, false, true},
		{"blocked, not quite a week ago", gone(dpo, 6.99), false, false, true},
		{"blocked a week ago", gone(dpo, 7), false, false, false},
		{"blocked and let in again today", back(dpo, 1, 0), false, true, true},
		{"blocked and let in again a week ago", back(dpo, 30, 7), true, true, true},
		{"was never one", foureyes.Decider{ID: dpo}, false, false, false},
	} {
		if got := c.who.MayGrant(admin, now); got != c.grants {
			t.Errorf("%s: grants: %v", c.name, got)
		}
		if got := c.who.MayRefuse(admin); got != c.refuses {
			t.Errorf("%s: refuses: %v", c.name, got)
		}
		if got := c.who.Counts(now); got != c.counts {
			t.Errorf("%s: counts: %v", c.name, got)
		}
	}
}

func TestWhoIsAlone(t *testing.T) {
	me := since(admin, 365)
	for _, c := range []struct {
		name            string
		circle          []foureyes.Decider
		alone, founding bool
	}{
		{"a company of one", []foureyes.Decider{me}, true, true},
		{"nobody at all", nil, true, true},
		{"two who have long been there", []foureyes.Decider{me, since(dpo, 365)}, false, false},
		{"the second was made yesterday", []foureyes.Decider{me, since(dpo, 1)}, true, true},
		{"the second was blocked today", []foureyes.Decider{me, gone(dpo, 0)}, false, false},
		{"the second was blocked a week ago", []foureyes.Decider{me, gone(dpo, 7)}, true, false},
		{"blocked a week ago, and a new one made", []foureyes.Decider{me, gone(dpo, 8), since(third, 1)}, true, false},
		{"blocked a week ago, and a third is there", []foureyes.Decider{me, gone(dpo, 8), since(third, 30)}, false, false},
		{"blocked and let in again", []foureyes.Decider{me, back(dpo, 2, 1)}, false, false},
	} {
		if got := foureyes.Alone(c.circle, admin, now); got != c.alone {
			t.Errorf("%s: alone: %v", c.name, got)
		}
		if got := foureyes.Founding(c.circle, admin, now); got != c.founding {
			t.Errorf("%s: founding: %v", c.name, got)
		}
	}
	if n := foureyes.Standings([]foureyes.Decider{me, since(dpo, 1), gone(third, 1)}, now); n != 1 {
		t.Errorf("%d could grant", n)
	}
}

func TestWhatNeedsASecondPerson(t *testing.T) {
	other, is, will, stays := foureyes.Whom{}, foureyes.Whom{Decides: true}, foureyes.Whom{Will: true}, foureyes.Whom{Decides: true, Will: true}
	for _, c := range []struct {
		act  foureyes.Act
		whom foureyes.Whom
		want bool
	}{
		{foureyes.EndSessions, stays, false},
		{foureyes.Block, stays, false},
		{foureyes.Block, is, false},
		{foureyes.Unblock, stays, true},
		{foureyes.Unblock, other, false},
		{foureyes.SetRole, other, false},
		{foureyes.SetRole, is, true},
		{foureyes.SetRole, will, true},
		{foureyes.SetRole, stays, true},
		{foureyes.SetMail, stays, true},
		{foureyes.SetMail, other, false},
		{foureyes.SetPassword, stays, true},
		{foureyes.SetPassword, other, false},
		{foureyes.SetFactors, stays, true},
		{foureyes.SetFactors, other, true},
		{foureyes.LowerControl, other, true},
		{foureyes.RevokePhone, other, false},
		{foureyes.StopNumber, other, false},
		{foureyes.ReportBreach, other, false},
		{foureyes.OnePackage, other, false},
		{foureyes.OneErasure, other, false},
		{"of tomorrow", other, true},
	} {
		if got := foureyes.NeedsSecond(c.act, c.whom); got != c.want {
			t.Errorf("%s, %+v: %v", c.act, c.whom, got)
		}
	}
	if len(foureyes.Acts()) != 13 {
		t.Error("the table has another number of acts")
	}
}

func TestWhereAQuestionStands(t *testing.T) {
	later := now.Add(time.Hour)
	day := 24 * time.Hour
	for _, c := range []struct {
		name string
		q    foureyes.Question
		at   time.Time
		want foureyes.Stage
	}{
		{"asked", foureyes.Question{}, now, foureyes.Open},
		{"nobody decided", foureyes.Question{}, now.Add(foureyes.Within), foureyes.Expired},
		{"nobody else could", foureyes.Question{Alone: true}, now, foureyes.Waiting},
		{"nobody else could, and it has waited", foureyes.Question{Alone: true}, now.Add(foureyes.Wait), foureyes.Waiting},
		{"waited, and granted then", foureyes.Question{Alone: true, Decided: later, Granted: true}, later, foureyes.Granted},
		{"refused while it waited", foureyes.Question{Alone: true, Decided: later}, later, foureyes.Refused},
		{"refused", foureyes.Question{Decided: later}, later, foureyes.Refused},
		{"granted", foureyes.Question{Decided: later, Granted: true}, later, foureyes.Granted},
		{"not used in time", foureyes.Question{Decided: later, Granted: true}, later.Add(foureyes.Within), foureyes.Expired},
		{"used", foureyes.Question{Decided: later, Granted: true, Used: later}, later, foureyes.Used},
		{"lasts for a day", foureyes.Question{Lasts: day, Decided: later, Granted: true, Used: later}, later.Add(day - 1), foureyes.Granted},
		{"and no longer", foureyes.Question{Lasts: day, Decided: later, Granted: true}, later.Add(day), foureyes.Expired},
	} {
		c.q.Asked = now
		if got := c.q.Stage(c.at); got != c.want {
			t.Errorf("%s: %s, want %s", c.name, got, c.want)
		}
	}
	alone := foureyes.Question{Asked: now, Alone: true}
	if alone.Due(now.Add(foureyes.Wait-1)) || !alone.Due(now.Add(foureyes.Wait)) || (foureyes.Question{Asked: now}).Due(now.Add(foureyes.Wait)) {
		t.Error("what nobody else could decide is due after 72 hours, and nothing else is")
	}
}

// Whatever one person does to others by himself (block, let in whom he may, make
// new accounts, wait): as long as somebody else stood a week before, he neither
// grants his own question nor is alone with it.
func TestNothingThatOneDoesAloneGrants(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		clock := now
		circle := []foureyes.Decider{since(admin, 100), since(dpo, rapid.Float64Range(7, 100).Draw(t, "dpo"))}
		end := now.Add(foureyes.Standing) // until then, at least, she counts
		for i := byte(3); clock.Before(end); i++ {
			switch rapid.SampledFrom([]string{"block", "make", "wait"}).Draw(t, "does") {
			case "block":
				at := rapid.IntRange(1, len(circle)-1).Draw(t, "whom")
				if circle[at].May {
					circle[at].May, circle[at].Until = false, clock.Add(foureyes.Standing)
				}
			case "make":
				circle = append(circle, foureyes.Decider{ID: id.Account{i}, May: true, Since: clock})
			case "wait":
				clock = clock.Add(time.Duration(rapid.IntRange(1, 60).Draw(t, "hours")) * time.Hour)
			}
			if !clock.Before(end) {
				break
			}
			if foureyes.Alone(circle, admin, clock) || foureyes.Founding(circle, admin, clock) {
				t.Fatalf("alone after %v with %+v", clock.Sub(now), circle)
			}
			if slices.ContainsFunc(circle, func(d foureyes.Decider) bool { return d.ID != dpo && d.MayGrant(admin, clock) }) {
				t.Fatalf("somebody whom he made grants after %v: %+v", clock.Sub(now), circle)
			}
		}
	})
}
