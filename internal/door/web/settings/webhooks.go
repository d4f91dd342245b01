package settings

import (
	"net/http"
	"strings"
	"time"

	"einklang/internal/account/org"
	"einklang/internal/door/web/shell"
	"einklang/internal/messaging/intake"
	"einklang/internal/rule/id"
)

// kindView is a kind of thing that was not understood, in words.
type kindView struct {
	Words       string
	N           int64
	First, Last time.Time
	Example     id.Webhook
}

// kindWords puts a kind into words: "field x" is an unknown field.
func kindWords(v *shell.Viewer, name string) string {
	what, rest, named := strings.Cut(name, " ")
	if key := "webhooks.kind." + what; named && v.Text.Has(key) {
		return v.Text.T(key, rest)
	}
	return v.Text.T("webhooks.kind.other")
}

// webhooks shows what of WhatsApp's webhooks was not understood, and what was
// thrown away unread.
func (s *server) webhooks(w http.ResponseWriter, r *http.Request, v *shell.Viewer) error {
	kinds, err := s.Webhooks.Kinds(r.Context(), v.Org)
	if err != nil {
		return err
	}
	discards, err := s.Webhooks.Discards(r.Context(), v.Org)
	if err != nil {
		return err
	}
	o, err := s.Orgs.Get(r.Context(), s.DB, v.Org)
	if err != nil {
		return err
	}
	views := make([]kindView, len(kinds))
	for i, k := range kinds {
		views[i] = kindView{Words: kindWords(v, k.Name), N: k.N, First: k.First, Last: k.Last, Example: k.Example}
	}
	return s.pages.Show(w, http.StatusOK, "webhooks.html", shell.Page{Viewer: v, Title: v.Text.T("webhooks.title"), At: "/settings/webhooks",
		Body: map[string]any{"Kinds": views, "Discards": discards, "History": o.Settings.History, "Saved": r.URL.Query().Has("saved")}})
}

// webhook shows one of them as its form.
func (s *server) webhook(w http.ResponseWriter, r *http.Request, v *shell.Viewer) error {
	at, err := id.Parse[id.Webhook](r.PathValue("id"))
	if err != nil {
		return intake.ErrNoPayload
	}
	raw, err := s.Webhooks.Masked(r.Context(), v.Org, at)
	if err != nil {
		return err
	}
	words := make([]string, len(raw.Kinds))
	for i, k := range raw.Kinds {
		words[i] = kindWords(v, k)
	}
	return s.pages.Show(w, http.StatusOK, "webhook.html", shell.Page{Viewer: v, Title: v.Text.T("webhooks.one"), At: "/settings/webhooks",
		Body: map[string]any{"Raw": raw, "Kinds": words, "ID": at}})
}

// saveHistory says whether the chats of the WhatsApp Business app are taken over.
func (s *server) saveHistory(w http.ResponseWriter, r *http.Request, v *shell.Viewer) error {
	chosen := r.PostFormValue("history")
	if chosen != "on" && chosen != "off" {
		return &shell.NoSuch{Field: "history"}
	}
	return s.save(w, r, v, "/settings/webhooks", func(known *org.Settings) error {
		known.History = chosen == "on"
		return nil
	})
}
