package chat

import (
	"time"

	"einklang/internal/rule/id"
)

// Backlog counts the conversations of a team that are open.
type Backlog struct {
	Team     id.Team // zero: of no team
	N        int64
	Nobodys  int64 // nobody has them
	Snoozed  int64
	Unread   int64
	Earliest time.Time // since when the one who waits longest has been waiting; zero: nobody waits
}
