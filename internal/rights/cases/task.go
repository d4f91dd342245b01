package cases

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"einklang/internal/engine/store"
	"einklang/internal/rule/id"
	"einklang/internal/rule/pii"
)

// Task is one thing to be done in a case.
type Task struct {
	pii.Personal
	Key   string // stable: a step below, or the id of the line that added it
	Words string // of a task that staff added; empty: the catalogue has case.task.KEY
	Done  bool
	Auto  bool // done by what happened in the case, not by a tick
}

// The steps that happen in the program; the others are ticked.
const (
	stepIdentity = "identity"
	stepPackage  = "package"
	stepGrant    = "grant"
	stepAnswer   = "answer"
)

// steps are what each kind of case asks for, in order. Art. 19 asks to tell
// the recipients of what was corrected, erased or restricted; an erasure tells
// them by itself.
var steps = map[Kind][]string{
	Access:      {stepIdentity, "third_parties", stepPackage, stepAnswer},
	Portability: {stepIdentity, stepPackage, stepAnswer},
	Rectify:     {stepIdentity, "correct", "recipients", stepAnswer},
	Erase:       {stepIdentity, "duties", stepGrant, stepAnswer},
	Restrict:    {stepIdentity, stepGrant, "recipients", stepAnswer},
	Object:      {stepIdentity, stepGrant, stepAnswer},
	Oppose:      {stepIdentity, stepGrant, "recipients", "weigh", stepAnswer},
	Withdraw:    {stepIdentity, stepGrant, stepAnswer},
	Complaint:   {"look", "authority", stepAnswer},
}

// The lines of a file that tasks are made of.
const (
	lineTask    = "task"      // staff added one; the text says what
	lineDone    = "task.done" // the text is its key
	lineOpen    = "task.open"
	LinePackage = "package" // a package was made
	LineGranted = "granted" // what was asked for was done
	lineLetter  = "letter"
)

// Tasks reads the tasks of a case.
func (d *Cases) Tasks(ctx context.Context, r store.Reader, c Case) ([]Task, error) {
	marks, err := d.marks(ctx, r, c.Org, c.ID)
	if err != nil {
		return nil, fmt.Errorf("read the tasks of a privacy case: %w", err)
	}
	return tasks(c, marks), nil
}

// tasks derives the tasks of a case from its file: what happened is done, what
// staff ticked is ticked.
func tasks(c Case, file []Entry) []Task {
	happened := map[string]bool{stepIdentity: c.Identity.Shown()}
	ticked := map[string]bool{}
	var own []Task
	for _, e := range file {
		switch e.Kind {
		case LinePackage:
			happened[stepPackage] = true
		case LineGranted:
			happened[stepGrant] = true
		case lineLetter:
			happened[stepAnswer] = true
		case lineTask:
			own = append(own, Task{Key: e.ID.String(), Words: e.Text})
		case lineDone, lineOpen:
			ticked[e.Text] = e.Kind == lineDone
		}
	}
	var all []Task
	for _, key := range steps[c.Kind] {
		auto := slices.Contains([]string{stepIdentity, stepPackage, stepGrant, stepAnswer}, key)
		all = append(all, Task{Key: key, Auto: auto, Done: happened[key] || ticked[key]})
	}
	for _, t := range own {
		t.Done = ticked[t.Key]
		all = append(all, t)
	}
	return all
}

// taskMost is how many characters of a task are kept: all tasks of a case are
// shown at once.
const taskMost = 500

// AddTask adds a task of one's own.
func (d *Cases) AddTask(ctx context.Context, tx store.Tx, c Case, by id.Account, words string) error {
	if !c.Closed.IsZero() {
		return ErrClosed
	}
	if words = strings.TrimSpace(words); words == "" {
		return ErrReason
	}
	if long := []rune(words); len(long) > taskMost {
		words = string(long[:taskMost])
	}
	return d.write(ctx, tx, c, lineTask, by, words)
}

// Tick marks a task as done, or as open again.
func (d *Cases) Tick(ctx context.Context, tx store.Tx, c Case, by id.Account, key string, done bool) error {
	if !c.Closed.IsZero() {
		return ErrClosed
	}
	all, err := d.Tasks(ctx, tx, c)
	if err != nil {
		return err
	}
	if !slices.ContainsFunc(all, func(t Task) bool { return t.Key == key }) {
		return ErrNotFound
	}
	kind := lineOpen
	if done {
		kind = lineDone
	}
	return d.write(ctx, tx, c, kind, by, key)
}
