package sandbox

import (
	"net/http"
	"net/url"
)

// ChatPath is where the sandbox opens what wa.me opens: a chat with a number on
// a phone, with a message that lies ready (WhatsApp: click to chat).
const ChatPath = "/wa.me"

// openChat is wa.me/NUMBER?text=…
func (s *Sandbox) openChat(w http.ResponseWriter, r *http.Request) {
	s.mu.Lock()
	var found *Number
	for _, n := range s.numbers {
		if digits(n.Display) == digits(r.PathValue("number")) {
			found = n
		}
	}
	s.mu.Unlock()
	s.toPhone(w, r, found, r.URL.Query().Get("text"))
}

// openLink is wa.me/message/CODE, a link that the number's owner made.
func (s *Sandbox) openLink(w http.ResponseWriter, r *http.Request) {
	s.mu.Lock()
	var found *Number
	text := ""
	for _, n := range s.numbers {
		n.mu.Lock()
		for _, l := range n.links {
			if l["code"] == r.PathValue("code") {
				found, text = n, l["prefilled_message"].(string)
			}
		}
		n.mu.Unlock()
	}
	s.mu.Unlock()
	s.toPhone(w, r, found, text)
}

func (s *Sandbox) toPhone(w http.ResponseWriter, r *http.Request, n *Number, text string) {
	if n == nil {
		http.NotFound(w, r)
		return
	}
	http.Redirect(w, r, "/?"+url.Values{"number": {n.ID}, "text": {text}}.Encode(), http.StatusSeeOther)
}
