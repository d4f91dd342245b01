package gate

// Row is one row of the rule. Judge either settles the verdict, and returns
// true, or leaves the question to the next row. Rows 3 and 7 to 9 may also
// record a basis and pass on.
type Row struct {
	Number int
	Name   string // stable code
	judge  func(*Input, *Verdict) bool
}

// Rows is the rule, in order: the first row that settles the verdict wins.
func Rows() []Row { return rows[:] }

var rows = [...]Row{
	{1, "erased", erased},
	{2, "number_ready", numberNotReady},
	{3, "opted_out", optedOut},
	{4, "restricted", restricted},
	{5, "window", windowClosed},
	{6, "template", templateNotUsable},
	{7, "marketing", marketing},
	{8, "utility_template", utilityTemplate},
	{9, "reply", reply},
	{10, "first_message", noRecord},
	{11, "budget", budget},
	{12, "otherwise", otherwise},
}

// Decide answers whether the message may go out. It is deterministic and has
// no effects.
func Decide(in Input) Verdict {
	v := Verdict{NoticeVersion: in.Notice.Published}
	notADuty := in.Asked.Occasion == SystemDuty && in.advertising() // advertising never is one
	if !in.Asked.understood() || notADuty || in.Now.IsZero() {
		v.deny(ReasonNoBasis, CorrectRequest)
		v.RowName = "not_understood"
		return v
	}
	for _, row := range rows {
		settled := row.judge(&in, &v)
		if settled && v.Outcome != Allow || v.Row == 0 && v.Basis.Kind != BasisNone {
			v.Row, v.RowName = row.Number, row.Name
		}
		if settled {
			break
		}
	}
	return v
}

// deny settles the verdict as a refusal.
func (v *Verdict) deny(why Reason, ways ...Remedy) bool {
	v.Outcome, v.Reason, v.Remedies = Deny, why, remedies(ways...)
	v.Basis, v.Duties = Basis{}, 0
	return true
}

// understood reports whether every part of the question is one that the rows
// were written for. Anything else is refused.
func (a Asked) understood() bool {
	switch a.Occasion {
	case Reply, AgentInitiated, Campaign, Automation, SystemDuty:
	default:
		return false
	}
	switch a.Category {
	case Service, Utility, Authentication, Marketing:
	default:
		return false
	}
	switch a.Errand {
	case ErrandNone:
		if a.Occasion == SystemDuty {
			return false
		}
	case ErrandOptOutConfirmation, ErrandOptInConfirmation, ErrandPrivacyAnswer, ErrandNoticeDelivery, ErrandBreachLetter:
	default:
		return false
	}
	return a.Kind == KindFreeForm || a.Kind == KindTemplate
}
