package inbox

import (
	"errors"
	"net/http"

	"einklang/internal/door/web/shell"
	"einklang/internal/engine/cloudapi"
	"einklang/internal/messaging/conversation"
	"einklang/internal/rule/id"
)

func (s *server) react(w http.ResponseWriter, r *http.Request, v *shell.Viewer) error {
	c, err := s.where(r, v)
	if err != nil {
		return err
	}
	at, err := shell.Required[id.Message](r, "message")
	if err != nil {
		return err
	}
	found, err := s.seen(v).Get(r.Context(), s.DB, v.Org, at)
	if err != nil && !errors.Is(err, conversation.ErrNotFound) {
		return err
	}
	if err != nil || found.WAMID == "" || found.Conversation != c.ID { // without WhatsApp's id there is nothing to react to yet
		return &shell.NoSuch{Field: "message"}
	}
	content := cloudapi.Content{Type: cloudapi.TypeReaction, Reaction: &cloudapi.Reaction{MessageID: found.WAMID, Emoji: r.PostFormValue("emoji")}}
	a, err := s.queueMessage(r.Context(), v, composed{in: c, content: content})
	if err != nil {
		return err
	}
	return s.reply(w, r, v, c.ID, a, "")
}
