package sandbox

import (
	"encoding/json"
	"strconv"
	"strings"
)

// codeWords is how Meta words a template for codes, by language (Cloud API:
// authentication templates: the words are preset).
var codeWords = map[string][3]string{
	"de": {"*{{1}}* ist dein Verifizierungscode.", " Teile ihn mit niemandem.", "Dieser Code läuft in %d Minuten ab."},
	"en": {"*{{1}}* is your verification code.", " For your security, do not share this code.", "This code expires in %d minutes."},
}

// presetCode puts Meta's words into a template for codes, and lists its button as
// Meta does: created as OTP, it is a link with a place for the code.
func (t *Template) presetCode() *graphError {
	var in []struct {
		Type     string `json:"type"`
		Text     string `json:"text"`
		Security bool   `json:"add_security_recommendation"`
		Minutes  int    `json:"code_expiration_minutes"`
		Buttons  []struct {
			Type string `json:"type"`
			OTP  string `json:"otp_type"`
			Text string `json:"text"`
		} `json:"buttons"`
	}
	if err := json.Unmarshal(t.Components, &in); err != nil {
		return fail(100, "Invalid parameter", "components cannot be read")
	}
	language, _, _ := strings.Cut(t.Language, "_")
	words, known := codeWords[language]
	if !known {
		words = codeWords["en"]
	}
	var out []map[string]any
	var body, button bool
	for _, c := range in {
		switch strings.ToUpper(c.Type) {
		case "BODY":
			if c.Text != "" {
				return fail(2388073, "Invalid format", "the body of an authentication template is preset")
			}
			text := words[0]
			if c.Security {
				text += words[1]
			}
			body = true
			out = append(out, map[string]any{"type": "BODY", "text": text, "add_security_recommendation": c.Security})
		case "FOOTER":
			if c.Minutes < 1 || c.Minutes > 90 {
				return fail(100, "Invalid parameter", "code_expiration_minutes must be between 1 and 90")
			}
			out = append(out, map[string]any{"type": "FOOTER", "text": strings.Replace(words[2], "%d", strconv.Itoa(c.Minutes), 1), "code_expiration_minutes": c.Minutes})
		case "BUTTONS":
			if len(c.Buttons) != 1 || c.Buttons[0].Type != "OTP" || c.Buttons[0].OTP != "COPY_CODE" || len([]rune(c.Buttons[0].Text)) > 25 {
				return fail(100, "Invalid parameter", "an authentication template has one button of type OTP")
			}
			button = true
			out = append(out, map[string]any{"type": "BUTTONS", "buttons": []map[string]any{{"type": "URL", "text": c.Buttons[0].Text,
				"url": "https://www.whatsapp.com/otp/code/?otp_type=COPY_CODE&code=otp{{1}}"}}})
		}
	}
	if !body || !button {
		return fail(100, "Invalid parameter", "an authentication template has a body and a button")
	}
	raw, err := json.Marshal(out)
	if err != nil {
		return fail(1, "Unknown error", "components cannot be written")
	}
	t.Components = raw
	return nil
}
