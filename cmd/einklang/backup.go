package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"time"

	"einklang/internal/account/audit"
	"einklang/internal/app"
	"einklang/internal/app/house"
	"einklang/internal/door/console"
	"einklang/internal/engine/folder"
	"einklang/internal/engine/store"
	"einklang/internal/rights/backup"
	"einklang/internal/rule/place"
)

// backupConfig says where backups go. Secrets stand in files of their own.
type backupConfig struct {
	Folder       string    `json:"folder"`
	S3           *s3Config `json:"s3"`
	Recipients   []string  `json:"recipients"` // public keys of age, age1…
	KeepDays     int       `json:"keep_days"`
	KeepKeysDays int       `json:"keep_keys_days"`
	EveryHours   int       `json:"every_hours"` // how often the server makes one by itself; 0: it does not
}

type s3Config struct {
	Endpoint      string          `json:"endpoint"`
	Plain         bool            `json:"plain"` // without TLS: for a store on this machine
	Bucket        string          `json:"bucket"`
	Prefix        string          `json:"prefix"`
	Region        string          `json:"region"`
	AccessKeyFile string          `json:"access_key_file"`
	SecretKeyFile string          `json:"secret_key_file"`
	Recipient     string          `json:"recipient"` // the company that runs it
	Country       string          `json:"country"`
	Mechanism     place.Mechanism `json:"mechanism"`
}

const day = 24 * time.Hour

func (c backupConfig) read() (backup.Config, error) {
	b := backup.Config{Folder: c.Folder, Recipients: c.Recipients, Keep: backup.DefaultRetention, Every: time.Duration(max(0, c.EveryHours)) * time.Hour}
	if c.KeepDays > 0 {
		b.Keep.Data = time.Duration(c.KeepDays) * day
	}
	if c.KeepKeysDays > 0 {
		b.Keep.Keys = time.Duration(c.KeepKeysDays) * day
	}
	if c.S3 == nil {
		return b, nil
	}
	if c.Folder != "" {
		return b, errors.New("backups go to a folder or to s3, not to both")
	}
	var err error
	b.S3, err = c.S3.read()
	return b, err
}

// read reads the secrets of an object store, and looks whether it may be used.
func (c s3Config) read() (*backup.S3, error) {
	access, err := secretFile(c.AccessKeyFile)
	if err != nil {
		return nil, err
	}
	secret, err := secretFile(c.SecretKeyFile)
	if err != nil {
		return nil, err
	}
	store := &backup.S3{Endpoint: c.Endpoint, Plain: c.Plain, Bucket: c.Bucket, Prefix: c.Prefix, Region: c.Region, AccessKey: access, SecretKey: secret,
		Recipient: c.Recipient, Country: c.Country, Mechanism: c.Mechanism}
	return store, store.Check()
}

type backupCommand struct {
	Take   backupTake   `cmd:"" default:"withargs" help:"Make a backup; the installation may be running."`
	Verify backupVerify `cmd:"" help:"Restore a backup into a scratch folder and check counts, keys and evidence."`
	Whose  backupWhose  `cmd:"" help:"Show the fingerprint of this installation, for which a restore asks."`
}

type backupTake struct {
	installation
	Dumped bool `help:"The rows are dumped by PostgreSQL's own tools: back up the keys and the files."`
}

func (c backupTake) Run(ctx context.Context) error { return c.on(ctx, c) }

func (c backupTake) act(ctx context.Context, s console.Streams, r *house.Rooms) error {
	acts, err := r.Accounts().Audit.CommandAll(ctx, r.Accounts().Orgs.IDs, audit.BackupTaken)
	if err != nil {
		return err
	}
	if err := r.Engine().DB.Write(ctx, acts.Begin); err != nil {
		return err
	}
	taken, err := house.TakeBackup(ctx, r.Engine(), c.Dumped)
	if err != nil {
		return err
	}
	if err := r.Engine().DB.Write(ctx, func(ctx context.Context, tx store.Tx) error { return acts.End(ctx, tx, int(taken.Rows)) }); err != nil {
		return err
	}
	if _, err := fmt.Fprintf(s.Out, "backup %s: %d rows, %d files, of which %d are new\n", taken.Name, taken.Rows, taken.Files, taken.NewFiles); err != nil {
		return err
	}
	return tellInstallation(s.Out, r.Engine().Config)
}

type backupWhose struct{ installation }

func (c backupWhose) Run() error {
	cfg, _, err := c.read()
	if err != nil {
		return err
	}
	return tellInstallation(os.Stdout, cfg)
}

// tellInstallation shows the fingerprint as a line for the file with the
// identity.
func tellInstallation(w io.Writer, c app.Config) error {
	fingerprint, err := house.Installation(c)
	if err == nil {
		_, err = fmt.Fprintf(w, "a restore asks who made the backup; keep this line in the file with the identity:\n# einklang installation %s\n", fingerprint)
	}
	return err
}

// source names a backup and what opens it.
type source struct {
	Identity string `required:"" help:"File with the identity of age (AGE-SECRET-KEY-1…)." placeholder:"FILE"`
	At       string `help:"Name of the backup. Default: the newest." placeholder:"NAME"`
	From     string `help:"Folder with the backups. Default: as configured." placeholder:"FOLDER"`
	// Who made it.
	Installation string `help:"Fingerprint of the installation that made the backup. Default: the line \"# einklang installation …\" in the file with the identity." placeholder:"FINGERPRINT"`
	Unchecked    bool   `help:"Take the backup whoever made it: one from before backups were signed, or when the fingerprint is lost."`
}

func (s source) open(configured func() (app.Config, error)) (backup.From, error) {
	from := backup.From{Target: backup.Folder(s.From), Name: s.At, Unchecked: s.Unchecked}
	if err := s.keys(&from); err != nil {
		return from, err
	}
	if s.Unchecked && len(from.Installations) == 0 {
		fmt.Fprintln(os.Stderr, "WARNING: nobody checks who made this backup. Whoever could write to its place may have changed who is in it, who may sign in and who is erased.")
	}
	if s.From != "" {
		return from, nil
	}
	c, err := configured()
	if err != nil {
		return from, err
	}
	from.Target, err = c.Backup.Alone(time.Now)
	return from, err
}

// keys reads what opens a backup, and who may have made it.
func (s source) keys(from *backup.From) error {
	text, err := os.ReadFile(s.Identity)
	if err != nil {
		return fmt.Errorf("the identity cannot be read: %w", err)
	}
	if from.Identities, err = backup.ReadIdentities(bytes.NewReader(text)); err != nil {
		return err
	}
	if s.Installation == "" {
		from.Installations, err = backup.KeptInstallations(text)
		return err
	}
	one, err := backup.ParseInstallation(s.Installation)
	from.Installations = []string{one}
	return err
}

// tellNotObeyed reports what lay beside a backup and did not count.
func tellNotObeyed(files []string) {
	for _, name := range files {
		fmt.Fprintf(os.Stderr, "WARNING: %s was not put there by this installation, or is damaged; it was left aside. Look who could write to the place of the backups.\n", name)
	}
}

type backupVerify struct {
	installation
	source
}

func (c backupVerify) Run(ctx context.Context) error {
	from, err := c.open(func() (app.Config, error) { cfg, _, err := c.read(); return cfg, err })
	if err != nil {
		return err
	}
	v, err := house.VerifyInScratch(ctx, from)
	if err != nil {
		return fmt.Errorf("NOT VERIFIED: %w", err)
	}
	tellNotObeyed(v.NotObeyed)
	fmt.Printf("verified: backup %s restores\n%d rows, %d keys opened, %d people readable, %d leaves of evidence verified\n", v.Name, v.Rows, v.Keys, v.People, v.Leaves)
	return backup.NoteVerified(ctx, from.Target, v.Name, time.Now())
}

type restoreCommand struct {
	installation
	source
	Dumped bool `help:"The rows were loaded by PostgreSQL's own tools: add the keys and the files of the newest backup."`
}

func (c restoreCommand) Run(ctx context.Context) error {
	cfg, _, err := c.read()
	if err != nil {
		return err
	}
	from, err := c.open(func() (app.Config, error) { return cfg, nil })
	if err != nil {
		return err
	}
	fill := backup.Load
	if c.Dumped {
		fill = backup.Complete
	}
	l, err := house.Restore(ctx, cfg, from, fill)
	if errors.Is(err, folder.ErrInUse) {
		return fmt.Errorf("a restore needs the data folder %s for itself: end the Einklang that runs there first", cfg.Data)
	}
	if err != nil {
		return err
	}
	tellNotObeyed(l.NotObeyed)
	var rows int64
	for _, n := range l.Rows {
		rows += n
	}
	fmt.Printf("restored: backup %s, %d rows; what was waiting to be sent is now uncertain and waits for a decision\n", l.Name, rows)
	tellJournal(l)
	return nil
}

// tellJournal says what is known of what was decided since the backup.
func tellJournal(l backup.Loaded) {
	if l.Journal.Until.IsZero() {
		fmt.Fprintln(os.Stderr, "einklang: the journal beside the backups is missing or parts of it are: STOP, withdrawals, revoked phones and new passwords since the backup may be lost. "+
			"Look before you send, and before phones read their books again")
		return
	}
	fmt.Printf("what was decided since the backup holds again (%d decisions, known until %s)\n", len(l.Journal.Standings), l.Journal.Until.Format(time.RFC3339))
	if l.Unknown > 0 {
		fmt.Printf("%d of them are about people, phones or accounts that came after the backup: it does not know them\n", l.Unknown)
	}
}
