package settings

import (
	"context"
	"encoding/hex"
	"net/http"
	"strings"
	"time"

	"einklang/internal/account/org"
	"einklang/internal/door/web/shell"
	"einklang/internal/engine/store"
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

// reasonView is why webhooks wait, in words.
type reasonView struct {
	intake.Reason
	Words string
}

// goneView is a webhook that was never applied, with its digest as people read it.
type goneView struct {
	intake.Gone
	Words, Mark string
}

// goneShown is how many of those are shown.
const goneShown = 50

// problemWords puts the reason why a webhook could not be applied into words.
func problemWords(v *shell.Viewer, problem string) string {
	if problem == "cannot be applied" {
		return v.Text.T("webhooks.kind.other")
	}
	return kindWords(v, problem)
}

// discardTakes says what goes when somebody decides that webhooks are not needed.
func (s *server) discardTakes(r *http.Request, v *shell.Viewer) (*shell.Loss, error) {
	reasons, err := s.Webhooks.Reasons(r.Context(), v.Org)
	if err != nil {
		return nil, err
	}
	for _, reason := range reasons {
		if reason.Problem == r.PostFormValue("problem") {
			return &shell.Loss{At: "/settings/webhooks", Back: "/settings/webhooks", Do: v.Text.T("webhooks.discard"), Final: true,
				Words: []string{problemWords(v, reason.Problem), v.Text.N("sure.webhooks", int(reason.N))}}, nil
		}
	}
	return nil, nil // none waits any more: the handler changes nothing
}

func (s *server) discardWebhooks(w http.ResponseWriter, r *http.Request, v *shell.Viewer) error {
	err := v.Act.WriteIf(r.Context(), func(ctx context.Context, tx store.Tx) (bool, error) {
		n, err := s.Webhooks.Discard(ctx, tx, v.Org, r.PostFormValue("problem"))
		return n > 0, err
	})
	if err != nil {
		return err
	}
	http.Redirect(w, r, "/settings/webhooks", http.StatusSeeOther)
	return nil
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
	waiting, err := s.Webhooks.Reasons(r.Context(), v.Org)
	if err != nil {
		return err
	}
	reasons := make([]reasonView, len(waiting))
	for i, reason := range waiting {
		reasons[i] = reasonView{reason, problemWords(v, reason.Problem)}
	}
	never, lost, err := s.Webhooks.Never(r.Context(), v.Org, goneShown)
	if err != nil {
		return err
	}
	gone := make([]goneView, len(never))
	for i, g := range never {
		gone[i] = goneView{g, problemWords(v, g.Problem), hex.EncodeToString(g.Digest)}
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
		Body: map[string]any{"Kinds": views, "Reasons": reasons, "Gone": gone, "Lost": lost, "Discards": discards, "History": o.Settings.History, "Saved": r.URL.Query().Has("saved")}})
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
