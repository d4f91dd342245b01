package gate

import (
	"time"

	"einklang/internal/rule/id"
)

// Colour is the colour of the traffic light over the composer.
type Colour string

// The colours.
const (
	Green Colour = "green" // a free-form reply may go out
	Amber Colour = "amber" // only a template may go out
	Red   Colour = "red"   // nothing may go out
)

// Strip is what the traffic light says: what may be sent to this person now,
// and why.
type Strip struct {
	Colour     Colour
	Until      time.Time  // green: the window closes then
	Reason     Reason     // amber and red: why no free-form reply
	Remedies   Remedies   // the ways out
	Duties     Duties     // green: what goes with a reply
	Categories []Category // amber: templates that may go out
	WithNotice bool       // amber: of these, only such as hold the notice's link
	// Consentable: a free-form reply may go out if she consented to it in spite of
	// a restriction (GDPR Art. 18(2)).
	Consentable bool
}

// Unasked is why a template goes out that somebody at the company picks in a
// conversation: it answers her while her matter is open, else she did not ask.
func (m Matter) Unasked(now time.Time) Occasion {
	if m.carries(now) {
		return Reply
	}
	return AgentInitiated
}

// Light computes the traffic light from the same facts and by the same rule as
// every message. Asked and Template of the Input do not matter.
func Light(in Input) Strip {
	consented := in.Asked.Consented
	in.Asked = Asked{Occasion: Reply, Category: Service, Kind: KindFreeForm, Consented: consented}
	v := Decide(in)
	if v.Allowed() {
		return Strip{Colour: Green, Until: in.WindowEnds, Reason: ReasonOK, Duties: v.Duties}
	}
	s := Strip{Colour: Red, Reason: v.Reason, Remedies: v.Remedies}
	if v.Reason == ReasonRestricted {
		agreed := in
		agreed.Asked.Consented = id.ID{1}
		s.Consentable = Decide(agreed).Allowed()
	}
	in.Asked.Occasion, in.Asked.Kind = in.Matter.Unasked(in.Now), KindTemplate
	linked := Strip{}
	for _, c := range []Category{Utility, Authentication, Marketing} {
		in.Asked.Category = c
		plain := in.withTemplate(false)
		switch {
		case plain.Outcome != Deny:
			s.Categories = append(s.Categories, c)
			linked.Categories = append(linked.Categories, c)
		case plain.Reason == ReasonNoticeNotDelivered && in.withTemplate(true).Outcome != Deny:
			linked.Categories = append(linked.Categories, c)
			linked.Reason, linked.Remedies, linked.WithNotice = plain.Reason, plain.Remedies, true
		case c == Utility && v.Reason == ReasonWindowClosed:
			// A template would not help either: say what stands in its way.
			s.Reason, s.Remedies = plain.Reason, plain.Remedies
		}
	}
	switch {
	case linked.WithNotice:
		linked.Colour = Amber
		return linked
	case len(s.Categories) > 0:
		s.Colour, s.Reason, s.Remedies = Amber, v.Reason, v.Remedies
	}
	return s
}

// withTemplate decides on a template of the category asked for that is in
// order and, if linked, holds the notice's link.
func (in Input) withTemplate(linked bool) Verdict {
	in.Template = Template{Approved: true, Category: in.Asked.Category, HasOptOutLine: true, HoldsNotice: linked && in.Asked.Category != Authentication}
	return Decide(in)
}
