package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"
	"time"

	"github.com/alecthomas/kong"

	"einklang/internal/app"
	"einklang/internal/app/house"
	"einklang/internal/door/console"
	"einklang/internal/engine/folder"
)

// command is a command that works on an installation: on one that it opens for
// itself, or, while one runs on the same SQLite folder, inside that.
type command interface {
	act(ctx context.Context, s console.Streams, r *house.Rooms) error
}

// reader is a command one of whose arguments names a file that it reads; "-" is
// standard input.
type reader interface{ reads() string }

// writer is a command one of whose arguments names a file that it writes.
type writer interface{ writes() string }

// on does a command on the installation.
func (i installation) on(ctx context.Context, c command) error {
	cfg, _, err := i.read()
	if err != nil {
		return err
	}
	cfg.Log = newQuietLogger()
	return withFiles(c, func(s console.Streams) error { return perform(ctx, cfg, c, s) })
}

// Somebody else may have the data folder for a moment: another command, or an
// installation that is just starting or ending.
const (
	askEvery = 100 * time.Millisecond
	askMost  = 100 // times
)

// perform does a command here, or has the installation do it that has the data
// folder.
func perform(ctx context.Context, cfg app.Config, c command, s console.Streams) error {
	for range askMost {
		r, err := house.OpenRooms(ctx, cfg)
		if err == nil {
			return errors.Join(c.act(ctx, s, r), r.Close())
		}
		if !errors.Is(err, folder.ErrInUse) {
			return err
		}
		err = console.Call(ctx, cfg.Data, console.Request{Version: version, Args: os.Args[1:]}, s)
		if !errors.Is(err, console.ErrNobody) {
			return err
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-time.After(askEvery):
		}
	}
	return fmt.Errorf("the data folder %s is in use by another Einklang that takes no commands: wait until it has ended", cfg.Data)
}

// withFiles opens the files that a command's arguments name. One that is written
// must not exist yet, and is not left behind when the command fails.
func withFiles(c command, do func(console.Streams) error) (err error) {
	s := console.Streams{In: strings.NewReader(""), Out: os.Stdout, Err: os.Stderr}
	if r, is := c.(reader); is {
		in := os.Stdin
		if name := r.reads(); name != "-" {
			if in, err = os.Open(name); err != nil {
				return fmt.Errorf("a secret cannot be read: %w", err)
			}
			defer func() { _ = in.Close() }()
		}
		s.In = in
	}
	w, is := c.(writer)
	if !is {
		return do(s)
	}
	f, err := os.OpenFile(w.writes(), os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return fmt.Errorf("the file cannot be written: %w", err)
	}
	s.File = f
	if err = errors.Join(do(s), f.Sync(), f.Close()); err != nil {
		err = errors.Join(err, os.Remove(w.writes()))
	}
	return err
}

// secretMost bounds a secret in a file.
const secretMost = 64 << 10

// readSecret reads a secret from what a command was given, without the newline
// at its end.
func readSecret(in io.Reader) (string, error) {
	text, err := io.ReadAll(io.LimitReader(in, secretMost))
	if err != nil {
		return "", fmt.Errorf("a secret cannot be read: %w", err)
	}
	secret := strings.TrimSpace(string(text))
	if secret == "" {
		return "", errors.New("the secret file is empty")
	}
	return secret, nil
}

// takeCommands has a running installation do commands for the command line, as
// long as it alone has the data folder.
func takeCommands(a *app.App) {
	if a.Config.Database != "" {
		return // every process may open PostgreSQL
	}
	s := &console.Server{Folder: a.Config.Data, Version: version, Log: a.Config.Log, Do: func(ctx context.Context, args []string, s console.Streams) error {
		c, err := parseCommand(args)
		if err != nil {
			return err
		}
		return c.act(ctx, s, a.Rooms())
	}}
	a.AlsoRun("commands", s.Run)
}

// parseCommand reads the arguments of a command that works on an installation.
func parseCommand(args []string) (command, error) {
	var all commands
	parser, err := kong.New(&all, kong.Name("einklang"), kong.Exit(func(int) {}), kong.Writers(io.Discard, io.Discard))
	if err != nil {
		return nil, err
	}
	parsed, err := parser.Parse(args)
	if err != nil {
		return nil, err
	}
	if node := parsed.Selected(); node != nil && node.Target.CanAddr() {
		if c, is := node.Target.Addr().Interface().(command); is {
			return c, nil
		}
	}
	return nil, errors.New("this command is not one for a running Einklang")
}
