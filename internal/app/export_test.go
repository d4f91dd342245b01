package app

import "einklang/internal/engine/jobs"

// Rounds is what comes round.
func (a *App) Rounds() []jobs.Round { return a.rounds() }
