package backup

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"time"

	"filippo.io/age"

	"einklang/internal/engine/journal"
	"einklang/internal/engine/store"
	"einklang/internal/rule/id"
	"einklang/internal/rule/pii"
)

// Beside the backups lies a journal of what was decided since: whoever said STOP
// an hour after the backup must not be written to because that one was restored.
//
//	journal/NAME.age  what holds about some subjects, sealed and signed as a backup is
//	journal/seen      until when everything decided is here, signed
//
// Each file tells what holds in full, so the newest about a subject counts. A
// restore takes what makes it stricter and never what loosens.
const (
	journalFolder = "journal/"
	seenFile      = journalFolder + "seen"
	journalName   = "20060102T150405.000000Z"
	journalTable  = "standing"
)

// CopyEvery is how often the journal is copied, and at the latest again even if
// nothing was decided: then it is known that nothing is missing.
const (
	CopyEvery = 5 * time.Second
	seenEvery = time.Minute
	copyMost  = 500
)

// Standing is what holds about a subject, as far as a restore must not undo it.
type Standing struct {
	pii.Personal
	Org     id.Org
	Kind    journal.Kind
	Subject id.ID
	At      time.Time

	OptedOut   bool     `json:"opted_out,omitempty"` // a person
	Restricted bool     `json:"restricted,omitempty"`
	Objected   bool     `json:"objected,omitempty"`
	Blocked    bool     `json:"blocked,omitempty"`
	Minor      bool     `json:"minor,omitempty"`
	Ended      []string `json:"ended,omitempty"` // purposes without a consent that holds

	Revoked  bool   `json:"revoked,omitempty"` // a device
	Password []byte `json:"password,omitempty"`
	Shut     bool   `json:"shut,omitempty"` // an account that may not sign in
	Factors  []byte `json:"factors,omitempty"`
}

// strict reports whether a restore has anything to do for it.
func (s Standing) strict() bool {
	return s.OptedOut || s.Restricted || s.Objected || s.Blocked || s.Minor || len(s.Ended) > 0 || s.Revoked || len(s.Password) > 0 || s.Shut || len(s.Factors) > 0
}

// Keeper tells what holds about a subject, and makes it hold again.
type Keeper struct {
	// Tell fills in what holds now; false: the subject is gone.
	Tell func(ctx context.Context, r store.Reader, s *Standing) (bool, error)
	// Hold makes it hold; false: nobody knows the subject.
	Hold func(ctx context.Context, tx store.Tx, s Standing) (bool, error)
	// Same lists the subjects that are one with it today and were apart once; nil:
	// there are none of the kind.
	Same func(ctx context.Context, r store.Reader, org id.Org, subject id.ID) ([]id.ID, error)
}

// Copier copies the journal beside the backups. A place that is down delays
// nothing but the copy.
type Copier struct {
	DB         *store.DB
	To         Target
	Recipients []string // public keys of age
	By         Signer
	Now        func() time.Time
	Keepers    map[journal.Kind]Keeper

	said time.Time
}

// Copy copies what waits.
func (c *Copier) Copy(ctx context.Context) error {
	for {
		from := c.Now()
		waiting, err := journal.Waiting(ctx, c.DB, copyMost)
		if err != nil {
			return fmt.Errorf("read what is not copied: %w", err)
		}
		if len(waiting) > 0 {
			if err := c.copy(ctx, waiting); err != nil {
				return fmt.Errorf("copy the journal beside the backups: %w", err)
			}
			c.said = time.Time{}
		}
		if len(waiting) == copyMost {
			continue
		}
		if from.Sub(c.said) < seenEvery {
			return nil
		}
		if err := sawAll(ctx, c.To, c.By, from); err != nil {
			return fmt.Errorf("say until when the journal is copied: %w", err)
		}
		c.said = from
		return nil
	}
}

func (c *Copier) copy(ctx context.Context, waiting []journal.Change) error {
	recipients, err := Recipients(c.Recipients)
	if err != nil {
		return err
	}
	var all []Standing
	for _, w := range waiting {
		s := Standing{Org: w.Org, Kind: w.Kind, Subject: w.Subject, At: c.Now()}
		there, err := c.Keepers[w.Kind].Tell(ctx, c.DB, &s)
		if err != nil {
			return err
		}
		if !there || !s.strict() {
			continue
		}
		all = append(all, s)
		if same := c.Keepers[w.Kind].Same; same != nil {
			others, err := same(ctx, c.DB, w.Org, w.Subject)
			if err != nil {
				return err
			}
			for _, other := range others { // an older backup holds them apart
				s.Subject = other
				all = append(all, s)
			}
		}
	}
	if len(all) > 0 {
		if err := putStandings(ctx, c.To, recipients, c.By, c.Now(), all); err != nil {
			return err
		}
	}
	return c.DB.Write(ctx, func(ctx context.Context, tx store.Tx) error { return journal.Copied(ctx, tx, waiting) })
}

func putStandings(ctx context.Context, to Target, recipients []age.Recipient, by Signer, now time.Time, all []Standing) error {
	name, err := freeJournal(ctx, to, now.UTC())
	if err != nil {
		return err
	}
	table := store.Table{Name: journalTable, Columns: []store.Column{{Name: "what", Kind: store.Bytes}}}
	return seal(ctx, to, journalFolder+name+suffix, recipients, by, Head{Part: strings.TrimSuffix(journalFolder, "/"), Name: name}, func(out *writer) error {
		if err := out.table(table); err != nil {
			return err
		}
		for _, s := range all {
			text, err := json.Marshal(s)
			if err != nil {
				return err
			}
			if err := out.row(journalTable, []any{text}); err != nil {
				return err
			}
		}
		return nil
	})
}

// freeJournal names a file of the journal by its moment, or by the next that none
// has.
func freeJournal(ctx context.Context, to Target, at time.Time) (string, error) {
	names, err := to.List(ctx, journalFolder)
	if err != nil {
		return "", err
	}
	for slices.Contains(names, journalFolder+at.Format(journalName)+suffix) {
		at = at.Add(time.Microsecond)
	}
	return at.Format(journalName), nil
}

const forSeen purpose = "einklang journal\n"

// sawAll says that everything decided before a moment is here.
func sawAll(ctx context.Context, to Target, by Signer, at time.Time) error {
	names, err := to.List(ctx, journalFolder)
	if err != nil {
		return err
	}
	last := ""
	for _, n := range names {
		if _, is := journalTime(n); is {
			last = max(last, n)
		}
	}
	text := at.UTC().Format(journalName) + "\n" + last + "\n"
	return to.Put(ctx, seenFile, func(w io.Writer) error {
		_, err := io.WriteString(w, text+base64.StdEncoding.EncodeToString(by.sign(forSeen, []byte(text)))+"\n")
		return err
	})
}

// journalTime is the moment in the name of a file of the journal.
func journalTime(name string) (time.Time, bool) {
	at, err := time.Parse(journalName, strings.TrimSuffix(strings.TrimPrefix(name, journalFolder), suffix))
	return at, err == nil && strings.HasSuffix(name, suffix)
}

// Journal is what a restore finds of the journal.
type Journal struct {
	pii.Personal
	Standings []Standing // the newest about each subject
	// Until is until when everything decided is known to be among them; zero: the
	// journal is missing, or parts of it are.
	Until time.Time
	Seen  time.Time // what the journal says of itself, whatever is missing
}

// journal reads what was decided since a backup.
func (l *Loaded) journal(ctx context.Context, from From) error {
	since, err := time.Parse(nameFormat, l.Name)
	if err != nil {
		return nil //nolint:nilerr // a backup with a name of its own has no moment; its journal is told as missing
	}
	names, err := from.Target.List(ctx, journalFolder)
	if err != nil {
		return err
	}
	slices.Sort(names)
	latest := map[id.ID]Standing{}
	read := map[string]bool{}
	for _, name := range names {
		at, is := journalTime(name)
		if !is || at.Before(since) {
			read[name] = is
			continue
		}
		some, err := standings(ctx, from, name)
		if notOurs(err) {
			l.NotObeyed = append(l.NotObeyed, name)
			continue
		}
		if err != nil {
			return fmt.Errorf("read the journal: %w", err)
		}
		read[name] = true
		for _, s := range some {
			latest[s.Subject] = s
		}
	}
	for _, s := range latest {
		l.Journal.Standings = append(l.Journal.Standings, s)
	}
	slices.SortFunc(l.Journal.Standings, func(a, b Standing) int { return a.At.Compare(b.At) })
	until, last, err := l.seen(ctx, from)
	if err != nil {
		return err
	}
	l.Journal.Seen = until
	if !until.Before(since) && (last == "" || read[last]) {
		l.Journal.Until = until
	}
	return nil
}

func standings(ctx context.Context, from From, name string) (all []Standing, err error) {
	_, err = open(ctx, from, name, reading{row: func(t store.Table, values []any) error {
		text, is := values[0].([]byte)
		var s Standing
		if t.Name != journalTable || !is || json.Unmarshal(text, &s) != nil {
			return errDamaged
		}
		all = append(all, s)
		return nil
	}})
	return all, err
}

// seen reads until when the journal is complete, and its newest file then. What
// the installation has not signed says nothing.
func (l *Loaded) seen(ctx context.Context, from From) (until time.Time, last string, err error) {
	names, err := from.Target.List(ctx, journalFolder)
	if err != nil || !slices.Contains(names, seenFile) {
		return until, "", err
	}
	file, err := from.Target.Open(ctx, seenFile)
	if err != nil {
		return until, "", err
	}
	text, err := io.ReadAll(io.LimitReader(file, 4<<10))
	if err = errors.Join(err, file.Close()); err != nil {
		return until, "", err
	}
	lines := strings.Split(string(text), "\n")
	if len(lines) < 3 {
		return until, "", nil
	}
	signature, err := base64.StdEncoding.DecodeString(lines[2])
	if err != nil || !from.Unchecked && !signed(l.by, forSeen, []byte(lines[0]+"\n"+lines[1]+"\n"), signature) {
		return until, "", nil //nolint:nilerr // not ours: it says nothing
	}
	at, err := time.Parse(journalName, lines[0])
	if err != nil {
		return until, "", nil //nolint:nilerr // not ours either
	}
	return at, lines[1], nil
}

// hold makes what was decided hold again, and returns of how many subjects of each
// organisation nobody knows: they came after the backup.
func (h *House) hold(ctx context.Context, all []Standing) (unknown map[id.Org]int, err error) {
	unknown = map[id.Org]int{}
	for _, s := range all {
		err := h.DB.Write(ctx, func(ctx context.Context, tx store.Tx) error {
			known, err := h.Standing[s.Kind].Hold(ctx, tx, s)
			if err == nil && !known {
				tx.AfterCommit(func() { unknown[s.Org]++ })
			}
			return err
		})
		if err != nil {
			return unknown, fmt.Errorf("make hold again what was decided since the backup: %w", err)
		}
	}
	return unknown, nil
}

// expireJournal deletes what was decided before the oldest backup, which holds
// it.
func expireJournal(ctx context.Context, to Target) error {
	backups, err := namesOfAny(ctx, to)
	if err != nil {
		return err
	}
	var oldest time.Time
	for _, name := range backups {
		if at, err := time.Parse(nameFormat, name); err == nil && (oldest.IsZero() || at.Before(oldest)) {
			oldest = at
		}
	}
	names, err := to.List(ctx, journalFolder)
	if err != nil || oldest.IsZero() {
		return err
	}
	for _, name := range names {
		if at, is := journalTime(name); is && at.Before(oldest) {
			if err := to.Delete(ctx, name); err != nil {
				return err
			}
		}
	}
	return nil
}
