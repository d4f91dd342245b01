package gate

import (
	"slices"
	"testing"
	"time"
)

func TestLight(t *testing.T) {
	for _, c := range []struct {
		name       string
		given      []given
		colour     Colour
		reason     Reason
		remedies   []Remedy
		duties     []Duty
		categories []Category
	}{
		{"who wrote may be answered", []given{wroteIn}, Green, ReasonOK, nil, nil, nil},
		{"the notice goes first", []given{wroteIn, noticeNeverSent}, Green, ReasonOK, nil, []Duty{SendNoticeFirst}, nil},
		{"quiet hours do not concern a reply", []given{wroteIn, quiet}, Green, ReasonOK, nil, nil, nil},
		{"the budget does", []given{wroteIn, budgetUsedUp}, Red, ReasonBudget, moreMoney, nil, nil},
		{"unless replies may overdraw", []given{wroteIn, budgetUsedUp, mayOverdraw}, Green, ReasonOK, nil, nil, nil},
		{"the window has passed, the matter is open", []given{wroteIn, windowPassed}, Amber, ReasonWindowClosed, toTheWindow, nil, []Category{Utility, Authentication}},
		{"the same, known by user id only", []given{wroteIn, windowPassed, onlyUserID}, Amber, ReasonWindowClosed, toTheWindow, nil, []Category{Utility}},
		{"everything is agreed", []given{consented(forUtility), consented(forMarketing)}, Amber, ReasonWindowClosed, toTheWindow, nil, []Category{Utility, Authentication, Marketing}},
		{"service alone is agreed: there is no template for it", []given{consented(forService)}, Red, ReasonNoBasis, toABasis, nil, nil},
		{"the matter has ended by itself", []given{wroteIn, windowPassed, matterEnds(now)}, Red, ReasonNoBasis, toABasis, nil, nil},
		{"the notice was never sent: codes, and templates that hold it", []given{consented(forUtility), noticeNeverSent}, Amber, ReasonNoticeNotDelivered, toANotice, nil, []Category{Utility, Authentication}},
		{"she wrote again after STOP", []given{wroteIn, optedOutOfAll, wroteAgain}, Green, ReasonOK, nil, nil, nil},
		{"a restriction that she lifted for this", []given{wroteIn, isRestricted, consentedToThis}, Green, ReasonOK, nil, nil, nil},
		{"marketing alone is agreed", []given{consented(forMarketing)}, Amber, ReasonWindowClosed, toTheWindow, nil, []Category{Marketing}},
		{"marketing that waits for the morning may be queued", []given{consented(forMarketing), quiet}, Amber, ReasonWindowClosed, toTheWindow, nil, []Category{Marketing}},
		{"the matter is closed, the window open", []given{wroteIn, matterClosed}, Red, ReasonNoBasis, toABasis, nil, nil},
		{"a stranger: a template would not help", nil, Red, ReasonNoBasis, toABasis, nil, nil},
		{"a consent on its way", []given{consent(forService, ConsentPending)}, Red, ReasonNoBasis, append(toABasis, AwaitConfirmation), nil, nil},
		{"no money for a template", []given{wroteIn, windowPassed, budgetUsedUp}, Red, ReasonBudget, moreMoney, nil, nil},
		{"STOP", []given{wroteIn, optedOutOfAll}, Red, ReasonOptedOut, onceStopped, nil, nil},
		{"blocked", []given{wroteIn, isBlocked}, Red, ReasonOptedOut, []Remedy{Unblock, UseOtherChannel}, nil, nil},
		{"restricted", []given{wroteIn, isRestricted}, Red, ReasonRestricted, onlyOfficers, nil, nil},
		{"erased", []given{wroteIn, func(in *Input) { in.Recipient.Erased = true }}, Red, ReasonErased, nil, nil, nil},
		{"the number is not ready", []given{wroteIn, noAgreement}, Red, ReasonNumberNotReady, []Remedy{SignAgreement}, nil, nil},
	} {
		t.Run(c.name, func(t *testing.T) {
			in := facts(c.given...)
			s := Light(in)
			if s.Colour != c.colour || s.Reason != c.reason || !slices.Equal(s.Categories, c.categories) {
				t.Errorf("%s %s %v, want %s %s %v", s.Colour, s.Reason, s.Categories, c.colour, c.reason, c.categories)
			}
			if s.Remedies != remedies(c.remedies...) {
				t.Errorf("remedies %v, want %v", s.Remedies.List(), c.remedies)
			}
			if !slices.Equal(s.Duties.List(), c.duties) {
				t.Errorf("duties %v, want %v", s.Duties.List(), c.duties)
			}
			if s.WithNotice != (c.reason == ReasonNoticeNotDelivered) {
				t.Errorf("only with the notice: %v", s.WithNotice)
			}
			if s.Consentable != (in.Recipient.Restricted && in.Asked.Consented.IsZero()) {
				t.Errorf("with her consent to it: %v", s.Consentable)
			}
			until := time.Time{}
			if c.colour == Green {
				until = in.WindowEnds
			}
			if !s.Until.Equal(until) {
				t.Errorf("until %v", s.Until)
			}
		})
	}
}

// TestTheLightAsksItsOwnQuestion: what the caller asked does not colour it.
func TestTheLightAsksItsOwnQuestion(t *testing.T) {
	in := facts(wroteIn)
	want := Light(in)
	for _, other := range []given{asked("", ""), template(Campaign, Marketing), forOwnPurpose, privacyAnswer} {
		in := facts(wroteIn, other)
		if got := Light(in); got.Colour != want.Colour || got.Until != want.Until {
			t.Errorf("asked %+v: %+v", in.Asked, got)
		}
	}
}
