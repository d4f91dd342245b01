package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"time"

	"einklang/internal/app/house"
	"einklang/internal/door/server"
	"einklang/internal/door/webhook"
	"einklang/internal/engine/egress"
	"einklang/internal/engine/letterbox"
	"einklang/internal/engine/mail"
	"einklang/internal/engine/threshold"
	"einklang/internal/rule/i18n"
	"einklang/internal/rule/id"
)

type relayCommand struct {
	Run relayRun `cmd:"" default:"withargs" help:"Take webhooks while the installation is down, sealed, and hand them over when it is back."`
	Key relayKey `cmd:"" help:"Show the public key of an installation, to which its letter boxes seal."`
}

// relayConfig is the configuration file of a letter box. It holds no secret of
// the installation but those of the Meta apps, which check who signed a webhook.
type relayConfig struct {
	Name     string         `json:"name"`
	Listen   string         `json:"listen"`
	Folder   string         `json:"folder"`
	House    string         `json:"house"`     // address of the installation
	HouseKey string         `json:"house_key"` // as "einklang relay key" shows it
	Apps     []appConfig    `json:"apps"`
	Mail     *mailConfig    `json:"mail"`
	Tell     []string       `json:"tell"`     // addresses of those who look when the installation is down
	Language string         `json:"language"` // of these mails: de (if empty), en
	Monitor  *monitorConfig `json:"monitor"`
	proxyConfig
}

// monitorConfig is an address that is called while all is well.
type monitorConfig struct {
	URL       string `json:"url"`
	Recipient string `json:"recipient"` // company that runs it
	Country   string `json:"country"`   // where it runs: DE
	Mechanism string `json:"mechanism"` // outside the EEA
}

func (m *monitorConfig) monitor() letterbox.Monitor {
	if m == nil {
		return letterbox.Monitor{}
	}
	return letterbox.Monitor(*m)
}

// houseDestination is the name of the installation at the gate of package egress.
const houseDestination = "house"

type relayKey struct{ installation }

func (c relayKey) Run() error {
	cfg, _, err := c.read()
	if err != nil {
		return err
	}
	key, err := house.LetterKey(cfg)
	if err != nil {
		return err
	}
	_, err = fmt.Printf("the letter box seals to this key; put it into its configuration:\n\"house_key\": %q\n", key)
	return err
}

type relayRun struct {
	Config string `help:"Configuration file of the letter box (JSON)." default:"relay.json" placeholder:"FILE"`
}

func (c relayRun) Run(ctx context.Context, log *slog.Logger) error {
	cfg, err := c.read()
	if err != nil {
		return err
	}
	box, apps, err := cfg.open(log)
	if err != nil {
		return fmt.Errorf("the configuration %s is not right: %w", c.Config, err)
	}
	proxies, err := cfg.proxies()
	if err != nil {
		return fmt.Errorf("the configuration %s is not right: %w", c.Config, err)
	}
	l, err := server.Listen(cfg.Listen)
	if err != nil {
		return err
	}
	s, err := box.Status()
	if err != nil {
		return errors.Join(err, l.Close())
	}
	log.Info("the letter box is open", "address", l.Addr().String(), "house", cfg.House, "waiting", s.Waiting, "refused", s.Refused)
	door := webhook.New(apps, box, log)
	mux := http.NewServeMux()
	mux.Handle("/webhooks/whatsapp", door)
	mux.Handle("/webhooks/whatsapp/{app}", door)
	mux.HandleFunc("GET /healthz", func(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write([]byte("ok\n")) })
	running, end := context.WithCancel(context.WithoutCancel(ctx))
	var ran sync.WaitGroup
	ran.Go(func() { box.Run(running) })
	err = server.Serve(ctx, l, threshold.New(threshold.Options{Proxies: proxies, ProxiesOnly: !threshold.Local(cfg.Listen)}).Handler(mux))
	end()
	ran.Wait()
	return err
}

func (c relayRun) read() (cfg relayConfig, err error) {
	if err := readConfig(c.Config, &cfg); err != nil {
		return cfg, err
	}
	if cfg.Name == "" || cfg.Folder == "" || cfg.House == "" || len(cfg.Apps) == 0 {
		return cfg, fmt.Errorf("the configuration %s must say name (of this letter box), folder (for the sealed letters), house (the address of the installation), house_key and apps", c.Config)
	}
	cfg.Listen = cmp.Or(cfg.Listen, "127.0.0.1:8081")
	if err := threshold.CheckPlain(cfg.Listen, cfg.Proxies != nil); err != nil {
		return cfg, fmt.Errorf("the configuration %s is not right: %w", c.Config, err)
	}
	return cfg, nil
}

// open opens the letter box.
func (c relayConfig) open(log *slog.Logger) (*letterbox.Box, []webhook.App, error) {
	key, err := letterbox.ParseKey(c.HouseKey)
	if err != nil {
		return nil, nil, err
	}
	o := letterbox.Options{Name: c.Name, Folder: c.Folder, House: strings.TrimRight(c.House, "/"), Key: key, Secrets: map[string]string{}, Now: time.Now, Log: log}
	apps, err := readApps(c.Apps)
	if err != nil {
		return nil, nil, err
	}
	for _, a := range apps {
		o.Secrets[a.Key] = a.Secret
	}
	border, post, err := c.outside()
	if err != nil {
		return nil, nil, err
	}
	o.Client = border.Client(houseDestination)
	if m := c.Monitor.monitor(); m.URL != "" {
		client := border.Client(letterbox.MonitorDestination)
		o.Pulse = func(ctx context.Context) error { return m.Call(ctx, client) }
	}
	if o.Tell, err = c.teller(post, log); err != nil {
		return nil, nil, err
	}
	box, err := letterbox.Open(o)
	return box, apps, err
}

// outside is where the letter box can reach: the installation, and what tells
// people.
func (c relayConfig) outside() (*egress.Border, *mail.Post, error) {
	u, err := url.Parse(c.House)
	if err != nil || u.Host == "" {
		return nil, nil, errors.New("house is no address: want one such as https://whatsapp.example.com")
	}
	if !threshold.Encrypted(u) {
		return nil, nil, errors.New("house must be an https address: letters are sealed, but who answers must be known")
	}
	all := []egress.Destination{{Name: houseDestination, Allow: []string{c.House}, Recipient: "the company itself", DataCategories: []string{"content"}}}
	monitor, err := c.Monitor.monitor().Check()
	if err != nil {
		return nil, nil, err
	}
	all = append(all, monitor.Outside()...)
	var w mail.Ways
	if c.Mail != nil {
		if w.Server, err = c.Mail.server(); err != nil {
			return nil, nil, err
		}
	}
	mails, err := w.Check()
	if err != nil {
		return nil, nil, err
	}
	border, err := egress.New(egress.Options{Destinations: append(all, mails...)})
	if err != nil {
		return nil, nil, err
	}
	return border, mail.Open(w.Server, border, time.Now), nil
}

// teller writes to those who look when the installation is down.
func (c relayConfig) teller(post *mail.Post, log *slog.Logger) (func(context.Context, letterbox.News, letterbox.Status) error, error) {
	if len(c.Tell) == 0 || !post.Configured() {
		if c.Monitor.monitor().URL == "" {
			log.Warn("nobody is told when the installation is down: add mail and tell, or monitor, to the configuration")
		}
		return func(context.Context, letterbox.News, letterbox.Status) error { return nil }, nil
	}
	texts, err := i18n.All()
	if err != nil {
		return nil, err
	}
	words := texts[c.Language]
	if c.Language == "" {
		words = texts["de"]
	}
	if words == nil {
		return nil, fmt.Errorf("language %q is unknown: use de or en", c.Language)
	}
	for _, to := range c.Tell {
		if _, err := mail.CheckAddress(to); err != nil {
			return nil, fmt.Errorf("tell: %w", err)
		}
	}
	return func(ctx context.Context, news letterbox.News, s letterbox.Status) (err error) {
		for _, to := range c.Tell {
			m := mail.Message{To: to, Subject: words.T("relay.subject."+string(news), c.Name), Text: words.T("relay.text."+string(news), c.House, s.Waiting, s.Refused)}
			err = errors.Join(err, post.Send(ctx, id.Org{}, m))
		}
		return err
	}, nil
}
