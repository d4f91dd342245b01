package erasure

// StopAt lets a test end the work before a bite.
func (d *Desk) StopAt(stop func(Step) error) { d.stop = stop }
