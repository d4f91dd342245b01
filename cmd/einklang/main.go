// Command einklang lets a company use WhatsApp in accordance with the GDPR.
package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"os/signal"
	"strings"
	"syscall"
	"time"

	"github.com/alecthomas/kong"

	"einklang/internal/rule/pii"
)

// version is set when a release is built.
var version = "dev"

type commands struct {
	pii.Personal
	Demo     demoCommand     `cmd:"" help:"Run everything on this machine: database, sandbox of Meta's API, example company."`
	Serve    serveCommand    `cmd:"" help:"Run with a configuration file."`
	Sandbox  sandboxCommand  `cmd:"" help:"Run only the sandbox of Meta's API, with customers' phones in the browser."`
	Relay    relayCommand    `cmd:"" help:"A letter box elsewhere that takes webhooks while the installation is down."`
	Evidence evidenceCommand `cmd:"" help:"Export the evidence log and verify an export."`
	Archive  archiveCommand  `cmd:"" help:"Write commercial letters into a file that is kept for years, and check one."`
	Backup   backupCommand   `cmd:"" help:"Make an encrypted backup, and verify one by restoring it."`
	Restore  restoreCommand  `cmd:"" help:"Bring a backup back into an empty database."`
	Migrate  migrateCommand  `cmd:"" help:"Bring the database up to date."`
	Org      orgCommand      `cmd:"" help:"Make an organisation."`
	Number   numberCommand   `cmd:"" help:"Register a WhatsApp number of an organisation."`
	User     userCommands    `cmd:"" help:"Make an account for a member of staff, let somebody in again, or remove lost factors."`
	Token    tokenCommand    `cmd:"" help:"Make an API token of an organisation."`
	Keys     keysCommand     `cmd:"" help:"Rotate the root key or an organisation's key."`
	Search   searchCommand   `cmd:"" help:"Make the search index anew."`
	Webhooks webhooksCommand `cmd:"" help:"Apply webhooks again that could not be applied when they came."`
	Version  versionCommand  `cmd:"" help:"Show the version."`
}

type versionCommand struct{}

func (versionCommand) Run() error {
	fmt.Println("einklang", version)
	return nil
}

// oneLine is how an error reaches a person: one line, without a stack.
func oneLine(err error) string { return strings.Join(strings.Fields(err.Error()), " ") }

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	defer context.AfterFunc(ctx, func() { time.AfterFunc(endWithin, end) })()
	var c commands
	parser := kong.Parse(&c, kong.Name("einklang"), kong.UsageOnError(), kong.ConfigureHelp(kong.HelpOptions{Compact: true}),
		kong.Description("WhatsApp for business in accordance with the GDPR. No consent or other basis, no message; and all of it provable."),
		kong.BindTo(ctx, (*context.Context)(nil)), kong.Bind(newLogger()))
	if err := parser.Run(); err != nil && !errors.Is(err, context.Canceled) {
		fmt.Fprintln(os.Stderr, "einklang:", oneLine(err))
		os.Exit(1) //nolint:gocritic // nothing is left to be undone
	}
}

// endWithin is how long a process that was asked to end may take at most. All
// that is under way has shorter times, so this is for what nobody thought of.
const endWithin = 18 * time.Second

// end ends the process as a crash does, which it survives.
func end() {
	fmt.Fprintln(os.Stderr, "einklang: something under way did not end in time; the process ends without it")
	os.Exit(1)
}

// newQuietLogger tells only what an operator has to know about a command.
func newQuietLogger() *slog.Logger {
	return slog.New(slog.NewTextHandler(os.Stderr, &slog.HandlerOptions{Level: slog.LevelWarn}))
}

func newLogger() *slog.Logger {
	return slog.New(slog.NewTextHandler(os.Stderr, &slog.HandlerOptions{Level: slog.LevelInfo}))
}
