package main

import (
	"context"
	"encoding/json"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"

	"einklang/internal/app/demo"
)

type demoCommand struct {
	JSON     bool   `help:"Print one line of JSON first, for programs."`
	Data     string `help:"Folder for the database and keys. Default: a new temporary folder." placeholder:"DIR"`
	Listen   string `help:"Address to listen on." default:"127.0.0.1:8080"`
	Empty    bool   `help:"No example data; nothing happens by itself."`
	GraphURL string `name:"graph-url" help:"Send there instead of to the built-in sandbox." placeholder:"URL"`
	Database string `help:"PostgreSQL instead of SQLite." placeholder:"postgres://…"`
}

func (c demoCommand) Run(ctx context.Context) error {
	data := c.Data
	if data == "" {
		temp, err := os.MkdirTemp("", "einklang-demo-")
		if err != nil {
			return fmt.Errorf("make a temporary folder: %w", err)
		}
		defer func() { _ = os.RemoveAll(temp) }()
		data = temp
	}
	data, err := filepath.Abs(data)
	if err != nil {
		return err
	}
	level := slog.LevelWarn
	if c.JSON {
		level = slog.LevelInfo
	}
	log := slog.New(slog.NewTextHandler(os.Stderr, &slog.HandlerOptions{Level: level}))
	d, err := demo.Start(ctx, demo.Options{Data: data, Listen: c.Listen, Empty: c.Empty, GraphURL: c.GraphURL, Database: c.Database, Log: log, Open: takeCommands})
	if err != nil {
		return err
	}
	if c.JSON {
		line, err := json.Marshal(d.Facts)
		if err != nil {
			return err
		}
		fmt.Println(string(line))
	} else {
		tell(d.Facts)
	}
	d.Wait(ctx)
	return d.Close()
}

func tell(f demo.Facts) {
	fmt.Printf("\nEinklang läuft / is running\n\n  Posteingang / inbox      %s\n", f.URL)
	if f.SandboxURL != "" {
		fmt.Printf("  Telefone / phones        %s   (schreiben Sie als Kundin / write as a customer)\n", f.SandboxURL)
	}
	fmt.Printf("  E-Mails / e-mails        %s   (alles, was Einklang verschickt / all that Einklang sends)\n", f.MailboxURL)
	fmt.Printf("  REST                     %s/api/v1/openapi.json\n  Webhook                  %s\n\nAnmelden / sign in\n\n", f.URL, f.WebhookURL)
	for _, u := range f.Users {
		fmt.Printf("  %-26s %s   (%s)\n", u.Email, u.Password, u.Role)
	}
	for _, p := range f.Phones {
		fmt.Printf("\nAdressbuch / address book „%s“ (CardDAV)\n\n  %s\n  %-26s %s\n", p.Name, p.URL, p.Login, p.Password)
	}
	fmt.Printf("\nAPI-Token  %s\n\nBeenden mit Strg+C / stop with Ctrl+C\n\n", f.APIToken)
}
