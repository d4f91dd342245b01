package erasure

// StopAt lets a test end the work before a bite.
func (d *Erasures) StopAt(stop func(Step) error) { d.stop = stop }
