package main

import (
	"context"
	"errors"
	"fmt"
	"time"

	"einklang/internal/account/audit"
	"einklang/internal/account/org"
	"einklang/internal/account/token"
	"einklang/internal/account/user"
	"einklang/internal/app/house"
	"einklang/internal/door/console"
	"einklang/internal/engine/store"
	"einklang/internal/rule/pii"
)

type migrateCommand struct{ installation }

func (c migrateCommand) Run(ctx context.Context) error { return c.on(ctx, c) }

func (c migrateCommand) act(_ context.Context, s console.Streams, _ *house.Rooms) error {
	_, err := fmt.Fprintln(s.Out, "the database is up to date")
	return err
}

type orgCommand struct {
	installation
	Slug string `arg:"" help:"Short name for the addresses of public pages, such as beispiel."`
	Name string `arg:"" help:"Full name."`
}

func (c orgCommand) Run(ctx context.Context) error { return c.on(ctx, c) }

func (c orgCommand) act(ctx context.Context, s console.Streams, r *house.Rooms) error {
	acc := r.Accounts()
	var o org.Org
	err := r.Engine().DB.Write(ctx, func(ctx context.Context, tx store.Tx) (err error) {
		if o, err = acc.Orgs.CreateIn(ctx, tx, c.Slug, c.Name, org.DefaultSettings()); err != nil {
			return err
		}
		return acc.Audit.Command(o.ID, audit.OrgMade).Enter(ctx, tx)
	})
	if err != nil {
		return err
	}
	_, err = fmt.Fprintln(s.Out, o.ID)
	return err
}

type numberCommand struct {
	installation
	Org           string    `required:"" help:"Short name of the organisation."`
	App           string    `required:"" help:"Key of the Meta app in the configuration."`
	PhoneNumberID string    `required:"" name:"phone-number-id"`
	WABA          string    `required:"" name:"waba-id"`
	Display       string    `required:"" help:"The number as people write it."`
	Name          string    `required:""`
	TokenFile     string    `required:"" name:"token-file" help:"File with the access token (system user); - is standard input."`
	Agreement     time.Time `required:"" format:"2006-01-02" help:"The data-processing agreement (GDPR Art. 28) is valid until this day."`
}

func (c numberCommand) Run(ctx context.Context) error { return c.on(ctx, c) }

func (c numberCommand) reads() string { return c.TokenFile }

func (c numberCommand) act(ctx context.Context, s console.Streams, r *house.Rooms) error {
	token, err := readSecret(s.In)
	if err != nil {
		return err
	}
	o, err := find(ctx, r, c.Org)
	if err != nil {
		return err
	}
	number := org.Channel{Org: o.ID, App: c.App, PhoneNumberID: c.PhoneNumberID, WABA: c.WABA, DisplayNumber: c.Display, Name: c.Name, AgreementUntil: c.Agreement}
	err = r.Accounts().Audit.Command(o.ID, audit.NumberAdded).Write(ctx, func(ctx context.Context, tx store.Tx) (err error) {
		number, err = r.Accounts().Orgs.AddChannelIn(ctx, tx, number, token)
		return err
	})
	if err != nil {
		return err
	}
	_, err = fmt.Fprintln(s.Out, number.ID)
	return err
}

type userCommands struct {
	pii.Personal `kong:"-"`
	Make         userCommand    `cmd:"" default:"withargs" help:"Make an account, or let somebody in again. It need not be written."`
	Factors      factorsCommand `cmd:"" help:"Remove the second factors of somebody who has lost them, and end her sessions. It helps the last administrator."`
}

type factorsCommand struct {
	pii.Personal
	installation
	Org   string `required:"" help:"Short name of the organisation."`
	Email string `required:""`
}

func (c factorsCommand) Run(ctx context.Context) error { return c.on(ctx, c) }

func (c factorsCommand) act(ctx context.Context, _ console.Streams, r *house.Rooms) error {
	o, err := find(ctx, r, c.Org)
	if err != nil {
		return err
	}
	acc := r.Accounts()
	a, err := acc.Users.ByEmail(ctx, c.Email)
	if err != nil || a.Org != o.ID {
		return errors.Join(err, user.ErrNotFound)
	}
	return acc.Audit.Command(o.ID, audit.FactorsRemoved).Write(ctx, func(ctx context.Context, tx store.Tx) error {
		if err := acc.Factors.Clear(ctx, tx, o.ID, a.ID); err != nil {
			return err
		}
		return acc.Users.EndSessions(ctx, tx, o.ID, a.ID)
	})
}

type userCommand struct {
	pii.Personal
	installation
	Org          string `required:"" help:"Short name of the organisation."`
	Email        string `required:""`
	Name         string `help:"Of a new account."`
	Role         string `default:"agent" enum:"agent,lead,dpo,admin" help:"Of a new account."`
	Again        bool   `help:"Let somebody in again who has an account: with this password, and active. A second factor stays. It helps the last administrator."`
	PasswordFile string `required:"" name:"password-file" help:"File with the password, at least 10 characters; - is standard input."`
}

func (c userCommand) Run(ctx context.Context) error { return c.on(ctx, c) }

func (c userCommand) reads() string { return c.PasswordFile }

func (c userCommand) act(ctx context.Context, s console.Streams, r *house.Rooms) error {
	password, err := readSecret(s.In)
	if err != nil {
		return err
	}
	o, err := find(ctx, r, c.Org)
	if err != nil {
		return err
	}
	if c.Again {
		return r.Accounts().Audit.Command(o.ID, audit.AccountMade).Write(ctx, func(ctx context.Context, tx store.Tx) error {
			return r.Accounts().Users.Help(ctx, tx, o.ID, c.Email, password)
		})
	}
	if c.Name == "" {
		return errors.New("say the name of the new account: --name")
	}
	account, err := r.Accounts().Users.Prepare(user.Account{Org: o.ID, Role: user.Role(c.Role), Locale: "de", Name: c.Name, Email: c.Email}, password)
	if err != nil {
		return err
	}
	return r.Accounts().Audit.Command(o.ID, audit.AccountMade).Write(ctx, func(ctx context.Context, tx store.Tx) error {
		return r.Accounts().Users.Add(ctx, tx, account)
	})
}

type tokenCommand struct {
	installation
	Org   string   `required:"" help:"Short name of the organisation."`
	Kind  string   `enum:"automation,campaign" default:"automation" help:"On which occasion it writes: automation or campaign."`
	Scope []string `help:"What it may, such as messages.send; without it: everything but reading lists, which a second person grants in the settings."`
	Days  int      `default:"365" help:"For how many days it works, at most 400."`
	Name  string   `arg:"" help:"What the token is for."`
}

func (c tokenCommand) Run(ctx context.Context) error { return c.on(ctx, c) }

func (c tokenCommand) act(ctx context.Context, s console.Streams, r *house.Rooms) error {
	o, err := find(ctx, r, c.Org)
	if err != nil {
		return err
	}
	acc := r.Accounts()
	t := token.Token{Org: o.ID, Name: c.Name, Kind: token.Kind(c.Kind), Expires: r.Engine().Config.Now().AddDate(0, 0, c.Days)}
	for _, scope := range c.Scope {
		t.Scopes = append(t.Scopes, token.Scope(scope))
	}
	if len(c.Scope) == 0 {
		t.Scopes = token.Scopes()
	}
	var secret string
	err = acc.Audit.Command(o.ID, audit.TokenMade).Write(ctx, func(ctx context.Context, tx store.Tx) (err error) {
		_, secret, err = acc.Tokens.Make(ctx, tx, t)
		return err
	})
	if err != nil {
		return err
	}
	_, err = fmt.Fprintln(s.Out, secret)
	return err
}

type keysCommand struct {
	installation
	RotateRoot bool   `name:"rotate-root" help:"Make a new root key and wrap all organisations' keys with it."`
	RotateOrg  string `name:"rotate-org" help:"Give this organisation (short name) a new key." placeholder:"SLUG"`
}

func (c keysCommand) Run(ctx context.Context) error { return c.on(ctx, c) }

func (c keysCommand) act(ctx context.Context, _ console.Streams, r *house.Rooms) error {
	e := r.Engine()
	switch {
	case c.RotateRoot:
		acts, err := r.Accounts().Audit.CommandAll(ctx, r.Accounts().Orgs.IDs, audit.KeysChanged)
		if err != nil {
			return err
		}
		if err := e.DB.Write(ctx, acts.Begin); err != nil { // the root key is a file
			return err
		}
		if err := e.Root.Rotate(); err != nil {
			return err
		}
		return e.Vault.Rewrap(ctx, e.DB, acts)
	case c.RotateOrg != "":
		o, err := find(ctx, r, c.RotateOrg)
		if err != nil {
			return err
		}
		return e.Vault.RotateOrg(ctx, e.DB, o.ID, r.Accounts().Audit.Command(o.ID, audit.KeysChanged))
	default:
		return errors.New("say what to rotate: --rotate-root or --rotate-org")
	}
}

// find is the organisation with a short name.
func find(ctx context.Context, r *house.Rooms, slug string) (org.Org, error) {
	return r.Accounts().Orgs.BySlug(ctx, r.Engine().DB, slug)
}
