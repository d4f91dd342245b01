package gate

import "time"

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
}

// Light computes the traffic light from the same facts and by the same rule as
// every message. Asked and Template of the Input do not matter.
func Light(in Input) Strip {
	in.Asked = Asked{Occasion: Reply, Category: Service, Kind: KindFreeForm}
	v := Decide(in)
	if v.Allowed() {
		return Strip{Colour: Green, Until: in.WindowEnds, Reason: ReasonOK, Duties: v.Duties}
	}
	s := Strip{Colour: Red, Reason: v.Reason, Remedies: v.Remedies}
	for _, c := range []Category{Utility, Authentication, Marketing} {
		in.Asked.Occasion, in.Asked.Category, in.Asked.Kind = AgentInitiated, c, KindTemplate
		in.Template = Template{Approved: true, Category: c, HasOptOutLine: true}
		t := Decide(in)
		if t.Outcome != Deny {
			s.Colour = Amber
			s.Categories = append(s.Categories, c)
		} else if c == Utility && v.Reason == ReasonWindowClosed {
			// A template would not help either: say what stands in its way.
			s.Reason, s.Remedies = t.Reason, t.Remedies
		}
	}
	if s.Colour == Amber {
		s.Reason, s.Remedies = v.Reason, v.Remedies
	}
	return s
}
