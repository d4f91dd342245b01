package foureyes

// Act is something that somebody with the right to do it does.
type Act string

// What is done to an account.
const (
	EndSessions Act = "end_sessions"
	Block       Act = "block"
	Unblock     Act = "unblock"
	SetRole     Act = "set_role"
	SetMail     Act = "set_mail"
	SetPassword Act = "set_password" // a new one for somebody else
	SetFactors  Act = "set_factors"  // takes away the second factors of somebody else
)

// LowerControl is whatever has one person do what took two, or shows more, or
// asks for less.
const LowerControl Act = "lower_control"

// What law or safety wants now (GDPR Art. 15, 17, 33; privacy.md §7).
const (
	RevokePhone  Act = "revoke_phone"
	StopNumber   Act = "stop_number"
	ReportBreach Act = "report_breach"
	OnePackage   Act = "one_package"
	OneErasure   Act = "one_erasure"
)

// Acts lists all acts.
func Acts() []Act {
	return []Act{EndSessions, Block, Unblock, SetRole, SetMail, SetPassword, SetFactors, LowerControl, RevokePhone, StopNumber, ReportBreach, OnePackage, OneErasure}
}

// Whom says about whom an act is: whether the account's role decides, before and
// after it. Both are false for what is about no account.
type Whom struct{ Decides, Will bool }

// NeedsSecond reports whether an act needs another decider.
func NeedsSecond(a Act, w Whom) bool {
	switch a {
	case EndSessions, Block:
		return false // taking away grants nothing, and must not wait
	case RevokePhone, StopNumber, ReportBreach, OnePackage, OneErasure:
		return false // what law or safety wants now
	case LowerControl, SetFactors:
		return true // who takes factors away could sign in for her
	case SetRole:
		return w.Decides || w.Will // who takes a decider away, or makes one
	case Unblock, SetMail, SetPassword:
		return w.Decides // who becomes a decider by her account
	}
	return true // what nobody has judged
}
