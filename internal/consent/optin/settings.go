package optin

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"

	"einklang/internal/engine/store"
	"einklang/internal/rule/id"
)

// Settings are an organisation's choices about the ways to consent.
type Settings struct {
	FourEyes bool       `json:"four_eyes"`        // a consent on paper or by word needs a second pair of eyes
	Form     bool       `json:"form"`             // the public form is open
	ByEmail  bool       `json:"by_email"`         // the form may be confirmed by e-mail, too
	Untied   bool       `json:"untied,omitempty"` // somebody has checked that nothing depends on a consent (GDPR Art. 7(4))
	Channel  id.Channel `json:"channel,omitzero"` // number to which codes go; zero: the first
}

// Settings reads the choices; the form is closed until somebody opens it.
func (d *Consents) Settings(ctx context.Context, r store.Reader, org id.Org) (Settings, error) {
	var s Settings
	var text string
	err := r.QueryRow(ctx, "SELECT settings FROM optin_settings WHERE org_id = ?", org).Scan(&text)
	if errors.Is(err, store.ErrNoRows) {
		return s, nil
	}
	if err != nil {
		return s, fmt.Errorf("read the settings of consents: %w", err)
	}
	return s, json.Unmarshal([]byte(text), &s)
}

// SaveSettings stores the choices.
func (d *Consents) SaveSettings(ctx context.Context, tx store.Tx, org id.Org, s Settings) error {
	text, err := json.Marshal(s)
	if err != nil {
		return err
	}
	_, err = tx.Exec(ctx, "INSERT INTO optin_settings (org_id, settings) VALUES (?, ?) ON CONFLICT (org_id) DO UPDATE SET settings = excluded.settings", org, string(text))
	return err
}
