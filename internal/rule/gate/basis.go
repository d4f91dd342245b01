package gate

import "einklang/internal/rule/id"

// basis is what carries a message that is not advertising: its duty, or what
// carries any message on the channel. A duty of ours either exists or does
// not; nothing stands in for it.
func (in *Input) basis() (Basis, bool) {
	if in.Asked.Occasion == SystemDuty {
		if in.duty(in.Asked.Errand) {
			return Basis{BasisDuty, in.dutyTo()}, true
		}
		switch in.Asked.Errand {
		case ErrandOptOutConfirmation, ErrandPrivacyAnswer, ErrandBreachLetter:
			return Basis{}, false
		case ErrandNone, ErrandOptInConfirmation, ErrandNoticeDelivery:
		}
	}
	return in.channelBasis()
}

// channelBasis is consent for this very purpose, the open matter that the
// message is about, or a contract with the channel chosen. A purpose of the
// organisation's own rests on its own consent alone. What she took back carries
// nothing, whatever else there is, but the answer to what she wrote since.
func (in *Input) channelBasis() (Basis, bool) {
	if own := in.Consents.Own; in.Asked.OwnPurpose {
		return Basis{BasisConsent, id.ID(own.ID)}.when(own.ValidAt(in.Now))
	}
	this, other := in.Consents.Utility, in.Consents.Service
	if in.Asked.Category == Service {
		this, other = other, this
	}
	matter := Basis{BasisMatter, id.ID(in.Matter.ID)}
	switch {
	case in.carriedBy(this):
		return Basis{BasisConsent, id.ID(this.ID)}, true
	case this.State == ConsentWithdrawn:
		since := !this.WithdrawnAt.IsZero() && in.Matter.LastAt.After(this.WithdrawnAt)
		return matter.when(since && in.matterCarries() && in.colleague() && in.Asked.Kind == KindFreeForm)
	case other.Both && in.carriedBy(other):
		return Basis{BasisConsent, id.ID(other.ID)}, true
	case in.matterCarries():
		return matter, true
	default:
		return Basis{BasisContract, id.ID(in.Contract.ID)}.when(in.Contract.ChosenChannel && !in.Contract.ID.IsZero())
	}
}

// carriedBy reports whether a consent to service or utility carries the message.
func (in *Input) carriedBy(c Consent) bool {
	return c.ValidAt(in.Now) && (!c.AnswersOnly || in.Asked.Category == Service && in.colleague())
}

// matterCarries: what answers her, and inside the window an automatic answer
// too; never what a colleague or a campaign begins (S10).
func (in *Input) matterCarries() bool {
	if !in.Matter.carries(in.Now) {
		return false
	}
	switch in.Asked.Occasion {
	case Reply:
		return in.colleague() || in.windowOpen()
	case Automation, SystemDuty:
		return in.windowOpen()
	case AgentInitiated, Campaign:
		return false
	default:
		return false
	}
}

// colleague reports whether a person at the company answers.
func (in *Input) colleague() bool { return in.Asked.Occasion == Reply && !in.Asked.AI }

// when is the basis if it holds.
func (b Basis) when(holds bool) (Basis, bool) {
	if !holds {
		return Basis{}, false
	}
	return b, true
}

func (in *Input) windowOpen() bool { return in.Now.Before(in.WindowEnds) }

// systemDuty reports whether the law asks for this very message: the answer to
// her own request, of which the code is one, the one confirmation of her STOP,
// the letter of Art. 34. It waits for no notice, no basis and no money.
func (in *Input) systemDuty() bool {
	return in.duty(ErrandPrivacyAnswer) || in.duty(ErrandOptOutConfirmation) || in.duty(ErrandBreachLetter)
}

// duty reports whether the message is this errand and the errand is real. A
// confirmation or the notice follows what the person just wrote, so it goes
// free-form into an open window.
func (in *Input) duty(e Errand) bool {
	if in.Asked.Occasion != SystemDuty || in.Asked.Errand != e {
		return false
	}
	follows := in.Asked.Kind == KindFreeForm && in.windowOpen()
	switch e {
	case ErrandOptOutConfirmation:
		return follows && in.Recipient.OptedOut && !in.Recipient.OptOutConfirmed
	case ErrandOptInConfirmation, ErrandNoticeDelivery:
		return follows
	case ErrandPrivacyAnswer:
		return !in.Asked.Case.IsZero() || !in.Asked.Visitor.IsZero()
	case ErrandBreachLetter:
		return !in.Asked.Breach.IsZero()
	case ErrandNone:
		return false
	default:
		return false
	}
}

// dutyTo names what the duty answers to: her request, herself at the portal, or a breach; zero if it
// follows her own last message.
func (in *Input) dutyTo() id.ID {
	if in.Asked.Errand == ErrandBreachLetter {
		return id.ID(in.Asked.Breach)
	}
	if !in.Asked.Visitor.IsZero() {
		return id.ID(in.Asked.Visitor)
	}
	return id.ID(in.Asked.Case)
}
