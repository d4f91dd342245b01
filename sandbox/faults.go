package sandbox

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
)

// Fault is a misfortune that is switched on. Kinds:
//
//	error             the call is answered with the error Code
//	fail              the message is accepted, then its status is failed, with Code
//	slow              the message is accepted, the answer comes after DelayMS
//	lost_answer       the message is accepted, but the connection breaks before the answer
//	lost_request      the connection breaks before the message is accepted
//	duplicate_webhook an event is told twice
//	reorder_webhook   events overtake each other
//	delay_webhook     an event is told DelayMS later
//	status_order      the statuses of a message come in the wrong order
//	pause_webhooks    nothing is delivered meanwhile
type Fault struct {
	Kind        string  `json:"kind"`
	Code        int     `json:"code,omitempty"`
	Probability float64 `json:"probability,omitempty"` // 0: always
	Count       int     `json:"count,omitempty"`       // how often; 0: until switched off
	DelayMS     int     `json:"delay_ms,omitempty"`
	Number      string  `json:"number,omitempty"`    // only this number
	Recipient   string  `json:"recipient,omitempty"` // only this recipient

	hits int
}

var faultKinds = []string{"error", "fail", "slow", "lost_answer", "lost_request", "duplicate_webhook", "reorder_webhook", "delay_webhook", "status_order", "pause_webhooks"}

// AddFault switches a fault on. The error says what is wrong with it.
func (s *Sandbox) AddFault(f Fault) error {
	switch {
	case !slices.Contains(faultKinds, f.Kind):
		return fmt.Errorf("unknown kind %q; use one of %s", f.Kind, strings.Join(faultKinds, ", "))
	case (f.Kind == "error" || f.Kind == "fail") && titles[f.Code] == "":
		return fmt.Errorf("code %d is none that the sandbox knows", f.Code)
	case f.Probability < 0 || f.Probability > 1:
		return fmt.Errorf("probability %v is not between 0 and 1", f.Probability)
	case f.Count < 0 || f.DelayMS < 0:
		return fmt.Errorf("count and delay_ms must not be negative")
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.faults = append(s.faults, &f)
	s.changed()
	return nil
}

// ClearFaults switches all faults off.
func (s *Sandbox) ClearFaults() {
	s.mu.Lock()
	s.faults = nil
	s.changed()
	s.mu.Unlock()
	s.hooks.wake()
}

// hit finds a fault that strikes now, and counts it; s.mu is held.
func (s *Sandbox) hit(kind, number string, recipient ...string) *Fault {
	for _, f := range s.faults {
		if f.Kind != kind || f.Number != "" && f.Number != number || f.Recipient != "" && !slices.Contains(recipient, f.Recipient) {
			continue
		}
		if f.Count > 0 && f.hits >= f.Count {
			continue
		}
		if f.Probability > 0 && rand.Float64() >= f.Probability { //nolint:gosec // no secret
			continue
		}
		f.hits++
		return f
	}
	return nil
}

// active reports whether a fault of a kind is switched on.
func (s *Sandbox) active(kind string) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, f := range s.faults {
		if f.Kind == kind {
			return true
		}
	}
	return false
}

// strike is hit for callers that do not hold s.mu.
func (s *Sandbox) strike(kind, number, recipient string) *Fault {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.hit(kind, number, recipient)
}
