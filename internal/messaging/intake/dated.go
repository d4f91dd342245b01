package intake

import "time"

// What comes from outside may be dated from late before we first received it to
// ahead after. Meta repeats webhooks for up to seven days (Cloud API: webhooks);
// its clock and ours may differ a little.
const (
	late  = 8 * 24 * time.Hour
	ahead = 5 * time.Minute
)

// dated is when something happened: as Meta says, or when we first received it,
// if Meta says nothing or names a time that cannot be.
func dated(at, received time.Time) time.Time {
	if at.IsZero() || at.After(received.Add(ahead)) || at.Before(received.Add(-late)) {
		return received
	}
	return at
}
