// Package census counts what the cockpit and the documents state. It reads the
// tables of every capability and writes none but its own history; what it
// reads are counts and settings, nothing about a person.
package facts

import (
	"context"
	"fmt"
	"time"

	"einklang/internal/engine/store"
	"einklang/internal/rule/cockpit"
	"einklang/internal/rule/id"
)

// window is how far back verdicts and transfers are counted.
const window = 30 * 24 * time.Hour

// counter collects the first error, so that a list of counts reads as a list.
type counter struct {
	ctx context.Context
	r   store.Reader
	err error
}

func (c *counter) count(into *int64, text string, args ...any) {
	if c.err != nil {
		return
	}
	if err := c.r.QueryRow(c.ctx, text, args...).Scan(into); err != nil {
		c.err = fmt.Errorf("count for the cockpit: %w", err)
	}
}

// Count fills in everything that follows from the tables alone.
func Count(ctx context.Context, r store.Reader, org id.ID, now time.Time, f *cockpit.Facts) error {
	c := &counter{ctx: ctx, r: r}
	f.Now = now
	c.consent(org, &f.Consent)
	c.gate(org, now, &f.Gate)
	c.staff(org, &f.Staff)
	c.evidence(org, &f.Evidence)
	c.automation(org, now, &f.Automation)
	c.count(&f.Cases.Closed, "SELECT COUNT(*) FROM privacy_case WHERE org_id = ? AND closed_at > 0", org)
	c.count(&f.ThirdParty.Cards, "SELECT COUNT(*) FROM message WHERE org_id = ? AND type = 'contacts' AND NOT outgoing", org)
	c.count(&f.Imports.WithoutConsent, `SELECT COUNT(DISTINCT r.contact_id) FROM import_row r JOIN contact p ON p.org_id = r.org_id AND p.id = r.contact_id AND p.state = 'active'
		WHERE r.org_id = ? AND r.outcome = 'created' AND NOT EXISTS
		(SELECT 1 FROM consent s WHERE s.org_id = r.org_id AND s.contact_id = r.contact_id AND s.medium = 'whatsapp' AND s.state = 'granted')`, org)
	c.count(&f.Notice.Delivered, "SELECT COUNT(*) FROM notice_delivery d WHERE d.org_id = ? AND d.state = 'sent' AND d.notice_id = (SELECT n.id FROM notice n WHERE n.org_id = d.org_id ORDER BY n.version DESC LIMIT 1)", org)
	return c.err
}

func (c *counter) consent(org id.ID, f *cockpit.Consent) {
	for state, into := range map[string]*int64{"granted": &f.Granted, "withdrawn": &f.Withdrawn, "pending": &f.Pending, "expired": &f.Expired} {
		c.count(into, "SELECT COUNT(*) FROM consent WHERE org_id = ? AND state = ?", org, state)
	}
	c.count(&f.Unproven, `SELECT COUNT(*) FROM consent s WHERE s.org_id = ? AND s.state = 'granted'
		AND NOT EXISTS (SELECT 1 FROM consent_event e WHERE e.org_id = s.org_id AND e.id = s.event_id)`, org)
	c.count(&f.OptedOut, "SELECT COUNT(*) FROM opt_out WHERE org_id = ?", org)
	c.count(&f.Initiated, "SELECT COUNT(*) FROM conversation WHERE org_id = ? AND matter_id IS NOT NULL", org)
}

func (c *counter) gate(org id.ID, now time.Time, f *cockpit.Gate) {
	since := id.At(now.Add(-window))
	c.count(&f.Allowed, "SELECT COUNT(*) FROM verdict WHERE org_id = ? AND at >= ? AND phase = 'call' AND outcome = 'allow'", org, store.Micros(now.Add(-window)))
	c.count(&f.Denied, "SELECT COUNT(*) FROM verdict WHERE org_id = ? AND at >= ? AND outcome = 'deny'", org, store.Micros(now.Add(-window)))
	c.count(&f.Baseless, "SELECT COUNT(*) FROM verdict WHERE org_id = ? AND at >= ? AND outcome = 'allow' AND basis = ''", org, store.Micros(now.Add(-window)))
	c.count(&f.Unjudged, `SELECT COUNT(*) FROM message m WHERE m.org_id = ? AND m.id >= ? AND m.outgoing AND m.origin <> 'echo'
		AND m.state IN ('sending', 'uncertain', 'accepted', 'sent', 'delivered', 'read', 'played')
		AND NOT EXISTS (SELECT 1 FROM verdict v WHERE v.org_id = m.org_id AND v.message_id = m.id AND v.outcome = 'allow')`, org, since)
}

func (c *counter) automation(org id.ID, now time.Time, f *cockpit.Automation) {
	c.count(&f.Sent, `SELECT COUNT(*) FROM message WHERE org_id = ? AND id >= ? AND outgoing AND origin IN ('automation', 'api')
		AND state IN ('accepted', 'sent', 'delivered', 'read', 'played')`, org, id.At(now.Add(-window)))
}

// OverdueCards counts contact cards that came before a moment and are still
// kept.
func OverdueCards(ctx context.Context, r store.Reader, org id.ID, before time.Time) (overdue int64, err error) {
	c := &counter{ctx: ctx, r: r}
	c.count(&overdue, "SELECT COUNT(*) FROM message WHERE org_id = ? AND type = 'contacts' AND NOT outgoing AND at < ?", org, store.Micros(before))
	return overdue, c.err
}

func (c *counter) staff(org id.ID, f *cockpit.Staff) {
	for role, into := range map[string]*int64{"agent": &f.Agents, "lead": &f.Leads, "dpo": &f.DPOs, "admin": &f.Admins} {
		c.count(into, "SELECT COUNT(*) FROM account WHERE org_id = ? AND state = 'active' AND role = ?", org, role)
	}
	f.Accounts = f.Agents + f.Leads + f.DPOs + f.Admins
}

func (c *counter) evidence(org id.ID, f *cockpit.Evidence) {
	var at int64
	c.count(&f.Leaves, "SELECT COALESCE(MAX(size), 0) FROM evidence_head WHERE org_id = ?", org)
	c.count(&at, "SELECT COALESCE(MAX(at), 0) FROM evidence_checkpoint WHERE org_id = ?", org)
	f.Checkpoint = store.Time(at)
}
