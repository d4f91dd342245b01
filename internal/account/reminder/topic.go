package reminder

import "einklang/internal/engine/store"

// Topic is what somebody is reminded of. There is no other than those below: the
// table takes no other.
type Topic struct{ name string }

// The topics: notices that run out, questions that wait for an answer, who decides,
// requests of people, breaches, processors, numbers, webhooks that can't be applied,
// phones, and letter boxes.
var (
	Notice    = Topic{"notice"}
	Approval  = Topic{"approval"}
	Account   = Topic{"account"}
	Case      = Topic{"case"}
	Breach    = Topic{"breach"}
	Processor = Topic{"processor"}
	Number    = Topic{"number"}
	Webhooks  = Topic{"webhooks"}
	Device    = Topic{"device"}
	Relay     = Topic{"relay"}
	Guessing  = Topic{"guessing"}
)

// Checks are the closed sets of values in the table of this package.
func Checks() []store.Check {
	var names []string
	for _, t := range []Topic{Notice, Approval, Account, Case, Breach, Processor, Number, Webhooks, Device, Relay, Guessing} {
		names = append(names, t.name)
	}
	return []store.Check{store.OneOf("reminder", "topic", names...)}
}
