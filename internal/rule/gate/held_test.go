package gate

import "testing"

func advertisingHeld(in *Input) { in.Recipient.Held = true }
func everythingHeld(in *Input)  { in.Recipient.Halted = true }

// TestWhatIsHeldUntilSomebodySays: while it is not clear whether a person
// withdrew, advertising waits; after a STOP that came late, everything does but
// the answer to her privacy request.
func TestWhatIsHeldUntilSomebodySays(t *testing.T) {
	for name, c := range map[string]struct {
		in   Input
		want Outcome
		why  Reason
	}{
		"advertising with consent":            {facts(template(Campaign, Marketing), consented(forMarketing), advertisingHeld), Deny, ReasonHeld},
		"an answer to her":                    {facts(asked(Reply, Service), wroteIn, advertisingHeld), Allow, ReasonOK},
		"news of her order":                   {facts(template(AgentInitiated, Utility), consented(forUtility), advertisingHeld), Allow, ReasonOK},
		"an objection is still named first":   {facts(template(Campaign, Marketing), consented(forMarketing), advertisingHeld, hasObjected), Deny, ReasonObjected},
		"an answer while everything is held":  {facts(asked(Reply, Service), wroteIn, everythingHeld), Deny, ReasonHeld},
		"her order while everything is held":  {facts(template(AgentInitiated, Utility), consented(forUtility), everythingHeld), Deny, ReasonHeld},
		"advertising while everything is":     {facts(template(Campaign, Marketing), consented(forMarketing), everythingHeld), Deny, ReasonHeld},
		"her privacy request":                 {facts(privacyAnswer, wroteIn, everythingHeld), Allow, ReasonOK},
		"a STOP is named before what is held": {facts(asked(Reply, Service), wroteIn, everythingHeld, optedOutOfAll), Deny, ReasonOptedOut},
	} {
		v := Decide(c.in)
		if v.Outcome != c.want || v.Reason != c.why || v.Reason == ReasonHeld && !v.Remedies.Has(AnswerDoubt) {
			t.Errorf("%s: %s, %s, %v", name, v.Outcome, v.Reason, v.Remedies.List())
		}
	}
}
