package main

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"runtime"
	"strings"
	"time"

	"einklang/internal/app"
	"einklang/internal/door/server"
	"einklang/internal/door/webhook"
	"einklang/internal/engine/threshold"
	"einklang/internal/govern/processors"
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
	Seals        *sealsConfig           `json:"seals"`
	// Boxes are the names of the letter boxes (einklang relay) that take webhooks
	// while this is down.
	Boxes   []string       `json:"letter_boxes"`
	Monitor *monitorConfig `json:"monitor"`
	proxyConfig
	// SlowWrite is from how many milliseconds on a write to the database is
	// logged with its place in the program; left out: 500.
	SlowWrite int64 `json:"slow_write_ms"`
}

// proxyConfig names the reverse proxies that are believed when they say for whom
// they ask; left out: those on the same machine. ProxyHeader is where they say
// it: X-Forwarded-For (if empty) or Forwarded.
type proxyConfig struct {
	Proxies     *[]string `json:"trusted_proxies"`
	ProxyHeader string    `json:"proxy_header"`
}

// proxies reads which proxies are believed.
func (c proxyConfig) proxies() (threshold.Proxies, error) {
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
	err := readConfig(i.Config, &c)
	if err != nil {
		return app.Config{}, "", err
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
	c.Listen = cmp.Or(c.Listen, "127.0.0.1:8080")
	if err = threshold.CheckPublic(c.PublicURL); err == nil {
		err = threshold.CheckPlain(c.Listen, c.Proxies != nil)
	}
	if err != nil {
		return app.Config{}, "", fmt.Errorf("the configuration %s is not right: %w", i.Config, err)
	}
	out := app.Config{Data: c.Data, Database: c.Database, RootKey: c.RootKey, PublicURL: c.PublicURL, GraphURL: c.GraphURL, GraphVersion: c.GraphVersion, Components: c.Components, Log: newLogger(),
		SlowWrite: time.Duration(c.SlowWrite) * time.Millisecond}
	if out.Threshold.Proxies, err = c.proxies(); err != nil {
		return app.Config{}, "", fmt.Errorf("the configuration %s is not right: %w", i.Config, err)
	}
	out.Threshold.ProxiesOnly = !threshold.Local(c.Listen)
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
	if out.Seals, err = c.Seals.read(); err != nil {
		return app.Config{}, "", fmt.Errorf("the configuration %s is not right: %w", i.Config, err)
	}
	out.Boxes, out.Monitor = c.Boxes, c.Monitor.monitor()
	if out.Apps, err = readApps(c.Apps); err != nil {
		return app.Config{}, "", err
	}
	return out, c.Listen, nil
}

// readApps reads the secrets of Meta apps.
func readApps(named []appConfig) (all []webhook.App, err error) {
	for _, a := range named {
		one := webhook.App{Key: a.Key}
		if one.Secret, err = secretFile(a.SecretFile); err != nil {
			return nil, err
		}
		if one.VerifyToken, err = secretFile(a.VerifyTokenFile); err != nil {
			return nil, err
		}
		all = append(all, one)
	}
	return all, nil
}

// readConfig reads a configuration file, which says nothing that nobody knows.
func readConfig(path string, into any) error {
	text, err := os.ReadFile(path) //nolint:gosec // the file the operator named
	if err != nil {
		return fmt.Errorf("the configuration %s cannot be read: name another with --config (%w)", path, err)
	}
	d := json.NewDecoder(strings.NewReader(string(text)))
	d.DisallowUnknownFields()
	if err := d.Decode(into); err != nil {
		return fmt.Errorf("the configuration %s is not right: %w", path, err)
	}
	return nil
}

// secretFile reads a secret, without the newline at its end. One that others can
// read, or somebody else write, is none.
func secretFile(path string) (string, error) {
	const others = 0o027
	info, err := os.Stat(path)
	if err == nil && info.Mode().Perm()&others != 0 && runtime.GOOS != "windows" {
		return "", fmt.Errorf("the secret file %s can be read or changed by others (mode %04o): run chmod 600 on it", path, info.Mode().Perm())
	}
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

type serveCommand struct{ installation }

func (c serveCommand) Run(ctx context.Context, log *slog.Logger) error {
	cfg, listen, err := c.read()
	if err != nil {
		return err
	}
	if len(cfg.Apps) == 0 {
		return fmt.Errorf("the configuration %s names no Meta app: add apps with key, app_secret_file and verify_token_file", c.Config)
	}
	l, err := server.Listen(listen)
	if err != nil {
		return err
	}
	if cfg.Database != "" {
		cfg.Announce = 2 * time.Second
	}
	a, err := app.Open(ctx, cfg)
	if err != nil {
		return errors.Join(err, l.Close())
	}
	log.Info("einklang is running", "address", l.Addr().String(), "database", a.DB.Engine())
	if code := a.SetupCode(ctx); code != "" {
		fmt.Printf("\nEinklang ist noch nicht eingerichtet / is not set up yet\n\n  %s/setup\n  Code  %s\n\n", strings.TrimRight(cfg.PublicURL, "/"), code)
	}
	a.Renew.Ask()
	takeCommands(a)
	return errors.Join(a.Serve(ctx, l), a.Close())
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
	l, err := server.Listen(c.Listen)
	if err != nil {
		return err
	}
	url := "http://" + l.Addr().String()
	s := sandbox.New(sandbox.Config{AppSecret: c.AppSecret, VerifyToken: c.VerifyToken, Token: c.Token, WebhookURL: c.WebhookURL, PublicURL: url, PerSecond: c.PerSecond,
		NoPairLimit: c.NoPairLimit, Strangers: c.Strangers, SentAfter: 200 * time.Millisecond, DeliveredAfter: 400 * time.Millisecond, Log: log})
	defer s.Close()
	s.AddNumber(c.PhoneNumberID, c.WABA, "+49 30 23125000", "Sandbox")
	fmt.Printf("Sandbox: %s (phones and Graph API)\n", url)
	return server.Serve(ctx, l, s.Handler())
}
