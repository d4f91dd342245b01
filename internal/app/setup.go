package app

import (
	"context"
	"crypto/rand"
	"strings"

	"einklang/internal/door/web/setup"
	"einklang/internal/door/web/shell"
	"einklang/internal/engine/cloudapi"
)

// SetupCode opens the first-run assistant. It is empty once an organisation
// exists, and another for each process.
func (a *App) SetupCode(ctx context.Context) string {
	if !a.fresh(ctx) {
		return ""
	}
	return a.setupCode()
}

// setupCode is made when it is first asked for: 80 bits in letters and digits
// that are easy to type.
func (a *App) setupCode() string {
	a.setup.Do(func() {
		text := strings.ToLower(rand.Text()[:16])
		a.code = text[:4] + "-" + text[4:8] + "-" + text[8:12] + "-" + text[12:]
	})
	return a.code
}

// fresh reports whether there is no organisation yet. Once there is one, the
// database is not asked any more.
func (a *App) fresh(ctx context.Context) bool {
	if a.founded.Load() {
		return false
	}
	none, err := a.Orgs.None(ctx, a.DB)
	if err == nil && !none {
		a.founded.Store(true)
	}
	return err == nil && none
}

func (a *App) mountSetup(sh *shell.Shell) error {
	keys := make([]string, len(a.Config.Apps))
	for i, one := range a.Config.Apps {
		keys[i] = one.Key
	}
	stand := a.Config.GraphURL
	if stand == cloudapi.DefaultBaseURL {
		stand = ""
	}
	return setup.Mount(sh, setup.Parts{DB: a.DB, Now: a.Config.Now, Orgs: a.Orgs, Users: a.Users, Notices: a.Notices, Registers: a.Registers, Client: a.Client,
		Fresh: a.fresh, Code: a.setupCode(), Apps: keys, Sandbox: stand, PublicURL: a.Config.PublicURL, Connected: a.Renew})
}

// Renew has the housekeeping read at once what Meta knows of the numbers:
// templates, and where their content is stored.
func (a *App) Renew() {
	select {
	case a.renew <- struct{}{}:
	default: // it is asked already
	}
}
