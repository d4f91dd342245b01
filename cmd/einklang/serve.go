package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"strings"
	"time"

	"einklang/internal/account/org"
	"einklang/internal/account/user"
	"einklang/internal/app"
	"einklang/internal/door/webhook"
	"einklang/internal/engine/evidence"
	"einklang/internal/engine/threshold"
	"einklang/internal/govern/processors"
	"einklang/internal/rule/id"
	"einklang/sandbox"
)

// config is the configuration file. Secrets stand in files of their own.
type config struct {
	Data         string                 `json:"data"`
	Listen       string                 `json:"listen"`
	PublicURL    string                 `json:"public_url"`
	Database     string                 `json:"database"`
	DatabaseFile string                 `json:"database_file"`
	RootKey      string                 `json:"root_key_file"`
	GraphURL     string                 `json:"graph_url"`
	GraphVersion string                 `json:"graph_version"`
	Apps         []appConfig            `json:"apps"`
	Components   []processors.Component `json:"components"`
	Mail         *mailConfig            `json:"mail"`
	Phones       *phonesConfig          `json:"phones"`
	Backup       *backupConfig          `json:"backup"`
	// Proxies are the reverse proxies that are believed when they say for whom
	// they ask; left out: those on the same machine. ProxyHeader is where they
	// say it: X-Forwarded-For (if empty) or Forwarded.
	Proxies     *[]string `json:"trusted_proxies"`
	ProxyHeader string    `json:"proxy_header"`
	// SlowWrite is from how many milliseconds on a write to the database is
	// logged with its place in the program; left out: 500.
	SlowWrite int64 `json:"slow_write_ms"`
}

// proxies reads which proxies are believed.
func (c config) proxies() (threshold.Proxies, error) {
	var written []string
	if c.Proxies != nil {
		written = *c.Proxies
	}
	p, err := threshold.ParseProxies(written, c.ProxyHeader)
	if c.Proxies == nil {
		p.Trusted = threshold.SameMachine
	}
	return p, err
}

type appConfig struct {
	Key             string `json:"key"`
	SecretFile      string `json:"app_secret_file"`
	VerifyTokenFile string `json:"verify_token_file"`
}

// installation is how every command names the installation it works on.
type installation struct {
	Config string `help:"Configuration file (JSON)." default:"einklang.json" placeholder:"FILE" env:"EINKLANG_CONFIG"`
}

func (i installation) read() (app.Config, string, error) {
	var c config
	text, err := os.ReadFile(i.Config)
	if err != nil {
		return app.Config{}, "", fmt.Errorf("the configuration %s cannot be read: name another with --config (%w)", i.Config, err)
	}
	d := json.NewDecoder(strings.NewReader(string(text)))
	d.DisallowUnknownFields()
	if err := d.Decode(&c); err != nil {
		return app.Config{}, "", fmt.Errorf("the configuration %s is not right: %w", i.Config, err)
	}
	for value, name := range map[*string]string{&c.Data: "EINKLANG_DATA", &c.Listen: "EINKLANG_LISTEN", &c.PublicURL: "EINKLANG_PUBLIC_URL",
		&c.Database: "EINKLANG_DATABASE", &c.GraphURL: "EINKLANG_GRAPH_URL"} {
		if set := os.Getenv(name); set != "" {
			*value = set
		}
	}
	if c.DatabaseFile != "" {
		if c.Database, err = secretFile(c.DatabaseFile); err != nil {
			return app.Config{}, "", err
		}
	}
	if c.Data == "" || c.PublicURL == "" {
		return app.Config{}, "", fmt.Errorf("the configuration %s must say data (a folder) and public_url (the address at which people reach Einklang)", i.Config)
	}
	if c.Listen == "" {
		c.Listen = "127.0.0.1:8080"
	}
	out := app.Config{Data: c.Data, Database: c.Database, RootKey: c.RootKey, PublicURL: c.PublicURL, GraphURL: c.GraphURL, GraphVersion: c.GraphVersion, Components: c.Components, Log: newLogger(),
		SlowWrite: time.Duration(c.SlowWrite) * time.Millisecond}
	if out.Threshold.Proxies, err = c.proxies(); err != nil {
		return app.Config{}, "", fmt.Errorf("the configuration %s is not right: %w", i.Config, err)
	}
	if c.Phones != nil {
		if out.Phones, err = c.Phones.read(); err != nil {
			return app.Config{}, "", err
		}
	}
	if c.Mail != nil {
		if out.Mail, err = c.Mail.server(); err != nil {
			return app.Config{}, "", fmt.Errorf("the configuration %s is not right: %w", i.Config, err)
		}
		if c.Mail.Returns != nil {
			if out.Returns, err = c.Mail.Returns.mailbox(out.Mail, *c.Mail); err != nil {
				return app.Config{}, "", fmt.Errorf("the configuration %s is not right: %w", i.Config, err)
			}
		}
	}
	if c.Mail != nil && c.Mail.Requests != nil {
		out.Requests.Organisation = c.Mail.Requests.Organisation
		if out.Requests.Mailbox, err = c.Mail.Requests.mailbox(out.Mail, *c.Mail); err != nil {
			return app.Config{}, "", fmt.Errorf("the configuration %s is not right: %w", i.Config, err)
		}
	}
	if c.Backup != nil {
		if out.Backup, err = c.Backup.read(); err != nil {
			return app.Config{}, "", fmt.Errorf("the configuration %s is not right: %w", i.Config, err)
		}
	}
	for _, a := range c.Apps {
		one := webhook.App{Key: a.Key}
		if one.Secret, err = secretFile(a.SecretFile); err != nil {
			return app.Config{}, "", err
		}
		if one.VerifyToken, err = secretFile(a.VerifyTokenFile); err != nil {
			return app.Config{}, "", err
		}
		out.Apps = append(out.Apps, one)
	}
	return out, c.Listen, nil
}

// secretFile reads a secret, without the newline at its end.
func secretFile(path string) (string, error) {
	text, err := os.ReadFile(path) //nolint:gosec // the file the operator named
	if err != nil {
		return "", fmt.Errorf("a secret cannot be read: %w", err)
	}
	secret := strings.TrimSpace(string(text))
	if secret == "" {
		return "", fmt.Errorf("the secret file %s is empty", path)
	}
	return secret, nil
}

// with opens the installation for one command.
func (i installation) with(ctx context.Context, do func(*app.App) error) error {
	c, _, err := i.read()
	if err != nil {
		return err
	}
	a, err := app.Open(ctx, c)
	if err != nil {
		return err
	}
	return errors.Join(do(a), a.Close())
}

type serveCommand struct{ installation }

func (c serveCommand) Run(ctx context.Context, log *slog.Logger) error {
	cfg, listen, err := c.read()
	if err != nil {
		return err
	}
	if len(cfg.Apps) == 0 {
		return fmt.Errorf("the configuration %s names no Meta app: add apps with key, app_secret_file and verify_token_file", c.Config)
	}
	l, err := app.Listen(listen)
	if err != nil {
		return err
	}
	a, err := app.Open(ctx, cfg)
	if err != nil {
		return errors.Join(err, l.Close())
	}
	pages, err := a.Handler()
	if err != nil {
		return errors.Join(err, l.Close(), a.Close())
	}
	log.Info("einklang is running", "address", l.Addr().String(), "database", a.DB.Engine())
	if code := a.SetupCode(ctx); code != "" {
		fmt.Printf("\nEinklang ist noch nicht eingerichtet / is not set up yet\n\n  %s/setup\n  Code  %s\n\n", strings.TrimRight(cfg.PublicURL, "/"), code)
	}
	go func() { _, _ = a.Sync.All(ctx), a.Storage.ReadAll(ctx) }()
	return errors.Join(app.Serve(ctx, l, pages), a.Close())
}

type migrateCommand struct{ installation }

func (c migrateCommand) Run(ctx context.Context) error {
	return c.with(ctx, func(*app.App) error {
		fmt.Println("the database is up to date")
		return nil
	})
}

type orgCommand struct {
	installation
	Slug string `arg:"" help:"Short name for the addresses of public pages, such as beispiel."`
	Name string `arg:"" help:"Full name."`
}

func (c orgCommand) Run(ctx context.Context) error {
	return c.with(ctx, func(a *app.App) error {
		o, err := a.Orgs.Create(ctx, c.Slug, c.Name, org.DefaultSettings())
		if err == nil {
			fmt.Println(o.ID)
		}
		return err
	})
}

type numberCommand struct {
	installation
	Org           string    `required:"" help:"Short name of the organisation."`
	App           string    `required:"" help:"Key of the Meta app in the configuration."`
	PhoneNumberID string    `required:"" name:"phone-number-id"`
	WABA          string    `required:"" name:"waba-id"`
	Display       string    `required:"" help:"The number as people write it."`
	Name          string    `required:""`
	TokenFile     string    `required:"" name:"token-file" help:"File with the access token (system user)."`
	Agreement     time.Time `required:"" format:"2006-01-02" help:"The data-processing agreement (GDPR Art. 28) is valid until this day."`
}

func (c numberCommand) Run(ctx context.Context) error {
	token, err := secretFile(c.TokenFile)
	if err != nil {
		return err
	}
	return c.with(ctx, func(a *app.App) error {
		o, err := a.Orgs.BySlug(ctx, a.DB, c.Org)
		if err != nil {
			return err
		}
		ch, err := a.Orgs.AddChannel(ctx, org.Channel{Org: o.ID, App: c.App, PhoneNumberID: c.PhoneNumberID, WABA: c.WABA, DisplayNumber: c.Display, Name: c.Name, AgreementUntil: c.Agreement}, token)
		if err == nil {
			fmt.Println(ch.ID)
		}
		return err
	})
}

type userCommand struct {
	installation
	Org          string `required:"" help:"Short name of the organisation."`
	Email        string `required:""`
	Name         string `required:""`
	Role         string `required:"" enum:"agent,lead,dpo,admin"`
	PasswordFile string `required:"" name:"password-file" help:"File with the password, at least 10 characters."`
}

func (c userCommand) Run(ctx context.Context) error {
	password, err := secretFile(c.PasswordFile)
	if err != nil {
		return err
	}
	return c.with(ctx, func(a *app.App) error {
		o, err := a.Orgs.BySlug(ctx, a.DB, c.Org)
		if err != nil {
			return err
		}
		_, err = a.Users.Create(ctx, user.Account{Org: o.ID, Role: user.Role(c.Role), Locale: "de", Name: c.Name, Email: c.Email}, password)
		return err
	})
}

type tokenCommand struct {
	installation
	Org  string `required:"" help:"Short name of the organisation."`
	Name string `arg:"" help:"What the token is for."`
}

func (c tokenCommand) Run(ctx context.Context) error {
	return c.with(ctx, func(a *app.App) error {
		o, err := a.Orgs.BySlug(ctx, a.DB, c.Org)
		if err != nil {
			return err
		}
		token, err := a.Users.NewToken(ctx, o.ID, c.Name)
		if err == nil {
			fmt.Println(token)
		}
		return err
	})
}

type keysCommand struct {
	installation
	RotateRoot bool   `name:"rotate-root" help:"Make a new root key and wrap all organisations' keys with it."`
	RotateOrg  string `name:"rotate-org" help:"Give this organisation (short name) a new key." placeholder:"SLUG"`
}

func (c keysCommand) Run(ctx context.Context) error {
	return c.with(ctx, func(a *app.App) error {
		switch {
		case c.RotateRoot:
			if err := a.Root.Rotate(); err != nil {
				return err
			}
			return a.Vault.Rewrap(ctx, a.DB)
		case c.RotateOrg != "":
			o, err := a.Orgs.BySlug(ctx, a.DB, c.RotateOrg)
			if err != nil {
				return err
			}
			return a.Vault.RotateOrg(ctx, a.DB, o.ID)
		default:
			return errors.New("say what to rotate: --rotate-root or --rotate-org")
		}
	})
}

type evidenceCommand struct {
	Verify evidenceVerify `cmd:"" help:"Verify an export, offline."`
	Export evidenceExport `cmd:"" help:"Export an organisation's evidence log."`
}

type evidenceVerify struct {
	File string `arg:"" help:"The export, or the proof about a person (also as the ZIP file that the pages hand out)."`
	Key  string `help:"Public key that must have signed it."`
	Kept string `help:"File with checkpoints that were kept elsewhere, such as saved mails: a log that was cut or forked since then does not fit them." placeholder:"FILE"`
}

func (c evidenceVerify) Run() error {
	report, err := verifyEvidence(c.File, c.Key, c.Kept)
	if err != nil {
		return err
	}
	fmt.Printf("verified: %s\n%d leaves, %d of them opened and fitting, %d signed checkpoints\nsigned by %s\n", report.Log, report.Leaves, report.Opened, report.Checkpoints, report.Key)
	return nil
}

type evidenceExport struct {
	installation
	Org     string `required:"" help:"Short name of the organisation."`
	Contact string `help:"Open only the records of this person (id)."`
	Closed  bool   `help:"Open no records: only leaves and checkpoints."`
	Out     string `arg:"" help:"File to write."`
}

func (c evidenceExport) Run(ctx context.Context) error {
	var owner id.ID
	if c.Contact != "" {
		var err error
		if owner, err = id.Parse(c.Contact); err != nil {
			return err
		}
	}
	return c.with(ctx, func(a *app.App) error {
		o, err := a.Orgs.BySlug(ctx, a.DB, c.Org)
		if err != nil {
			return err
		}
		f, err := os.OpenFile(c.Out, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
		if err != nil {
			return fmt.Errorf("the export cannot be written: %w", err)
		}
		return errors.Join(a.Log.Export(ctx, a.DB, o.ID, f, evidence.Opened{Owner: owner, Closed: c.Closed}), f.Close())
	})
}

type sandboxCommand struct {
	Listen        string `default:"127.0.0.1:9090" help:"Address to listen on."`
	WebhookURL    string `name:"webhook-url" help:"Where webhooks go." placeholder:"URL"`
	AppSecret     string `name:"app-secret" default:"sandbox-secret" help:"Signs webhooks."`
	VerifyToken   string `name:"verify-token" default:"sandbox-verify"`
	Token         string `help:"The only access token that is accepted. Default: any."`
	PhoneNumberID string `name:"phone-number-id" default:"106540352242922"`
	WABA          string `name:"waba-id" default:"102290129340398"`
	PerSecond     int    `name:"per-second" default:"80" help:"Throughput of a number; negative: no limit."`
	NoPairLimit   bool   `name:"no-pair-limit"`
	Strangers     bool   `help:"Messages to unknown numbers reach a new customer." default:"true" negatable:""`
}

func (c sandboxCommand) Run(ctx context.Context, log *slog.Logger) error {
	l, err := app.Listen(c.Listen)
	if err != nil {
		return err
	}
	url := "http://" + l.Addr().String()
	s := sandbox.New(sandbox.Config{AppSecret: c.AppSecret, VerifyToken: c.VerifyToken, Token: c.Token, WebhookURL: c.WebhookURL, PublicURL: url, PerSecond: c.PerSecond,
		NoPairLimit: c.NoPairLimit, Strangers: c.Strangers, SentAfter: 200 * time.Millisecond, DeliveredAfter: 400 * time.Millisecond, Log: log})
	defer s.Close()
	s.AddNumber(c.PhoneNumberID, c.WABA, "+49 30 23125000", "Sandbox")
	fmt.Printf("Sandbox: %s (phones and Graph API)\n", url)
	return app.Serve(ctx, l, s.Handler())
}
