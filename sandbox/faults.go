package sandbox

import "math/rand/v2"

// Fault is a misfortune that is switched on. Kinds:
//
//	error             the call is answered with the error Code
//	slow              the answer comes after DelayMS
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

// AddFault switches a fault on.
func (s *Sandbox) AddFault(f Fault) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.faults = append(s.faults, &f)
	s.changed()
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
func (s *Sandbox) hit(kind, number, recipient string) *Fault {
	for _, f := range s.faults {
		if f.Kind != kind || f.Number != "" && f.Number != number || f.Recipient != "" && f.Recipient != recipient {
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
