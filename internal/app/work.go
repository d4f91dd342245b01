package app

import (
	"context"

	"einklang/internal/id"
	"einklang/internal/inbox"
	"einklang/internal/store"
)

// openWork makes the desk on which colleagues share conversations. New labels
// of a person are told to the address books, which may be limited to some.
func (a *App) openWork() {
	a.Work = inbox.New(a.IDs, a.Config.Now, a.Threads, a.People, func(ctx context.Context, tx store.Tx, org id.ID, people ...id.ID) error {
		return a.People.Altered(ctx, tx, org, people...)
	})
	a.openReports()
}

// wake brings back what was put off until now.
func (a *App) wake(ctx context.Context) {
	orgs, err := a.Orgs.All(ctx, a.DB)
	if err == nil {
		for _, o := range orgs {
			if err = a.DB.Write(ctx, func(ctx context.Context, tx store.Tx) error { return a.Threads.Wake(ctx, tx, o.ID) }); err != nil {
				break
			}
		}
	}
	if err != nil && ctx.Err() == nil {
		a.Config.Log.Error("what was put off could not be brought back; trying again", "error", err)
	}
}
