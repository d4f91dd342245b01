package foureyes

import "time"

// Within is how long a grant may wait to be used, and a question to be answered.
const Within = 7 * 24 * time.Hour

// Stage is where a question stands.
type Stage string

// The stages. The catalogue has approval.state.STAGE.
const (
	Open    Stage = "open"    // for a second person
	Waiting Stage = "waiting" // nobody else could decide; time runs, and anybody may refuse
	Granted Stage = "granted" // and to be used
	Refused Stage = "refused"
	Used    Stage = "used"
	Expired Stage = "expired"
)

// Question is one question and what became of it.
type Question struct {
	Asked   time.Time
	Alone   bool // nobody else counted when it was asked
	Decided time.Time
	Granted bool
	Used    time.Time
	// Lasts is how long a grant holds that may be used more than once; zero: it
	// holds once.
	Lasts time.Duration
}

// Stage is where the question stands at a moment.
func (q Question) Stage(now time.Time) Stage {
	switch {
	case q.Decided.IsZero() && q.Alone:
		return Waiting
	case q.Decided.IsZero() && now.Sub(q.Asked) >= Within:
		return Expired
	case q.Decided.IsZero():
		return Open
	case !q.Granted:
		return Refused
	case q.Lasts != 0 && now.Sub(q.Decided) < q.Lasts:
		return Granted
	case !q.Used.IsZero():
		return Used
	case q.Lasts != 0 || now.Sub(q.Decided) >= Within:
		return Expired
	default:
		return Granted
	}
}

// Due reports whether a question that nobody else could answer has waited long
// enough.
func (q Question) Due(now time.Time) bool {
	return q.Stage(now) == Waiting && now.Sub(q.Asked) >= Wait
}
