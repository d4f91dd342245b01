package breach

import (
	"context"
	"fmt"
	"strings"
	"time"

	"einklang/internal/engine/store"
	"einklang/internal/rule/id"
)

// Outline is how an open breach stands, without what was written about it: of the
// detail it has the risk and whom it concerns.
type Outline struct {
	Record
	lacks []string
}

// Missing lists what a notification still lacks; see [Record.Missing].
func (o Outline) Missing(now time.Time) (all []string) {
	for _, code := range o.lacks {
		if code != "delay" || o.late(now) {
			all = append(all, code)
		}
	}
	return all
}

// late reports whether the notification has to say why it is late.
func (r Record) late(now time.Time) bool {
	return r.Reported.IsZero() && now.After(r.Due()) && r.Risk != NoRisk
}

// lacks are the codes of what is not written; delay counts only once it is late.
func (r Record) lacks() (all []string) {
	for _, part := range []struct {
		code  string
		lacks bool
	}{
		{"what", r.What == ""},
		{"scope", r.Scope.From.IsZero() || r.Scope.Until.IsZero()},
		{"consequences", r.Consequences == ""},
		{"measures", r.Measures == ""},
		{"risk", r.Risk == ""},
		{"delay", r.Delay == ""},
	} {
		if part.lacks {
			all = append(all, part.code)
		}
	}
	return all
}

// Outlines are those of the breaches that are not closed, the newest first, however much
// was written about each.
func (d *Register) Outlines(ctx context.Context, r store.Reader, org id.Org) ([]Outline, error) {
	all, err := store.Collect(ctx, r, func(row store.Row) (o Outline, err error) {
		var aware, reported, told int64
		var lacks string
		err = row.Scan(&o.ID, &aware, &reported, &told, &o.Affected.People, &o.Risk, &lacks)
		o.Aware, o.Reported, o.Told = store.Time(aware), store.Time(reported), store.Time(told)
		if lacks != "" {
			o.lacks = strings.Split(lacks, ",")
		}
		return o, err
	}, "SELECT id, aware_at, reported_at, told_at, people, risk, lacks FROM breach WHERE org_id = ? AND closed_at = 0 ORDER BY id DESC", org)
	if err != nil {
		return nil, fmt.Errorf("outline the breaches: %w", err)
	}
	for i, o := range all {
		if o.Affected.People >= 0 {
			continue
		}
		whole, err := d.Get(ctx, r, org, o.ID) // one after the other: nobody has saved it since there are outlines
		if err != nil {
			return nil, err
		}
		all[i].Affected, all[i].Risk, all[i].lacks = whole.Affected, whole.Risk, whole.lacks()
	}
	return all, nil
}
