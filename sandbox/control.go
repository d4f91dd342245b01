package sandbox

import (
	"encoding/base64"
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"strings"
)

// control serves the JSON interface for programs and for the phones' page.
func (s *Sandbox) control(mux *http.ServeMux) {
	mux.HandleFunc("GET "+ChatPath+"/{number}", s.openChat)
	mux.HandleFunc("GET "+ChatPath+"/message/{code}", s.openLink)
	mux.HandleFunc("GET /sandbox/state", func(w http.ResponseWriter, _ *http.Request) { writeJSON(w, http.StatusOK, s.State()) })
	mux.HandleFunc("POST /sandbox/customers", s.postCustomer)
	mux.HandleFunc("GET /sandbox/customers/{id}/messages", s.getMessages)
	mux.HandleFunc("POST /sandbox/customers/{id}/messages", s.postMessage)
	mux.HandleFunc("POST /sandbox/customers/{id}/read", s.act(func(p *Phone, n *Number, _ order) { p.Look(n) }))
	mux.HandleFunc("POST /sandbox/customers/{id}/block", s.act(func(p *Phone, n *Number, o order) { p.Block(n, o.Blocked) }))
	mux.HandleFunc("POST /sandbox/customers/{id}/marketing", s.act(func(p *Phone, n *Number, o order) { p.Marketing(n, o.Value) }))
	mux.HandleFunc("POST /sandbox/customers/{id}/number", s.act(func(p *Phone, _ *Number, o order) { p.ChangeNumber(digits(o.Phone)) }))
	mux.HandleFunc("POST /sandbox/customers/{id}/show", s.act(func(p *Phone, _ *Number, o order) { p.ShowNumber(digits(o.Phone)) }))
	mux.HandleFunc("GET /sandbox/messages", s.getAccepted)
	mux.HandleFunc("GET /sandbox/faults", func(w http.ResponseWriter, _ *http.Request) { writeJSON(w, http.StatusOK, s.Faults()) })
	mux.HandleFunc("POST /sandbox/faults", s.postFault)
	mux.HandleFunc("DELETE /sandbox/faults", func(w http.ResponseWriter, _ *http.Request) { s.ClearFaults(); success(w) })
	mux.HandleFunc("GET /sandbox/webhooks", func(w http.ResponseWriter, _ *http.Request) { writeJSON(w, http.StatusOK, s.Webhooks()) })
	mux.HandleFunc("GET /sandbox/events", s.events)
	mux.HandleFunc("POST /sandbox/files", s.postFile)
	mux.HandleFunc("GET /sandbox/files/{id}", s.getFile)
}

// State sums the sandbox up.
type State struct {
	Version   string           `json:"version"`
	Numbers   []map[string]any `json:"numbers"`
	Customers []map[string]any `json:"customers"`
	Faults    []Fault          `json:"faults"`
	Accepted  int64            `json:"accepted"`
	Webhooks  map[string]int64 `json:"webhooks"`
}

// State sums the sandbox up.
func (s *Sandbox) State() State {
	s.mu.Lock()
	st := State{Version: s.cfg.Version, Accepted: s.total, Faults: []Fault{}, Numbers: []map[string]any{}, Customers: []map[string]any{}}
	for _, n := range s.numbers {
		st.Numbers = append(st.Numbers, map[string]any{"id": n.ID, "waba": n.WABA, "display": n.Display, "name": n.Name, "accepted": n.accepted})
	}
	for _, p := range s.customers {
		c := map[string]any{"id": p.ID, "name": p.Name, "phone": p.Phone, "username": p.Username, "user_id": p.UserID}
		for number, chat := range p.chats {
			unread := 0
			last := ""
			for _, m := range chat.messages {
				if m.Business && m.Status != "read" {
					unread++
				}
				last = m.ID
			}
			c["chat_"+number] = map[string]any{"unread": unread, "last": last, "blocked": chat.blocked, "typing": s.cfg.Now().Before(chat.typing), "no_marketing": p.noMarkets[number]}
		}
		st.Customers = append(st.Customers, c)
	}
	for _, f := range s.faults {
		st.Faults = append(st.Faults, *f)
	}
	s.mu.Unlock()
	slices.SortFunc(st.Numbers, func(a, b map[string]any) int {
		return strings.Compare(a["id"].(string), b["id"].(string))
	})
	s.hooks.mu.Lock()
	st.Webhooks = map[string]int64{"waiting": int64(len(s.hooks.waiting)), "sent": s.hooks.sent}
	s.hooks.mu.Unlock()
	return st
}

// Faults lists the faults that are switched on.
func (s *Sandbox) Faults() []Fault { return s.State().Faults }

// Accepted are the messages that a number accepted from the business, in
// order; the empty number means all.
func (s *Sandbox) Accepted(number string, after int64, limit int) []Message {
	s.mu.Lock()
	defer s.mu.Unlock()
	all := []Message{}
	for _, m := range s.accepted {
		if m.Seq > after && (number == "" || m.Number == number) {
			if all = append(all, *m); len(all) == limit {
				break
			}
		}
	}
	return all
}

func complain(w http.ResponseWriter, status int, problem string) {
	writeJSON(w, status, map[string]any{"error": map[string]any{"message": problem}})
}

// order is the body of a control call.
type order struct {
	Number  string `json:"number"`
	Type    string `json:"type"`
	Context string `json:"context"`
	Blocked bool   `json:"blocked"`
	Value   string `json:"value"`
	Phone   string `json:"phone"`
	content json.RawMessage
}

// who reads a control call: whose phone, which number.
func (s *Sandbox) who(w http.ResponseWriter, r *http.Request) (*Phone, *Number, order, bool) {
	var raw map[string]json.RawMessage
	if r.Method != http.MethodGet {
		if err := readJSON(r, &raw); err != nil {
			complain(w, http.StatusBadRequest, err.details)
			return nil, nil, order{}, false
		}
	}
	whole, _ := json.Marshal(raw)
	var o order
	_ = json.Unmarshal(whole, &o)
	o.content = raw[o.Type]
	if o.Number == "" {
		o.Number = r.URL.Query().Get("number")
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	n := s.numbers[o.Number]
	if n == nil && o.Number == "" && len(s.numbers) == 1 {
		for _, only := range s.numbers {
			n = only
		}
	}
	for _, p := range s.customers {
		if id := r.PathValue("id"); p.ID == id || p.UserID == id || p.Phone != "" && waID(p.Phone) == waID(digits(id)) {
			if n == nil {
				complain(w, http.StatusNotFound, "no such number; give \"number\"")
				return nil, nil, o, false
			}
			return p, n, o, true
		}
	}
	complain(w, http.StatusNotFound, "no such customer")
	return nil, nil, o, false
}

func (s *Sandbox) act(do func(*Phone, *Number, order)) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		if p, n, o, ok := s.who(w, r); ok {
			do(p, n, o)
			success(w)
		}
	}
}

func (s *Sandbox) postCustomer(w http.ResponseWriter, r *http.Request) {
	var c Customer
	if err := readJSON(r, &c); err != nil {
		complain(w, http.StatusBadRequest, err.details)
		return
	}
	c.Phone = digits(c.Phone)
	if c.Name == "" {
		complain(w, http.StatusBadRequest, "name is missing")
		return
	}
	writeJSON(w, http.StatusCreated, s.AddCustomer(c).Customer)
}

func (s *Sandbox) getMessages(w http.ResponseWriter, r *http.Request) {
	if p, n, _, ok := s.who(w, r); ok {
		writeJSON(w, http.StatusOK, map[string]any{"items": p.Messages(n)})
	}
}

func (s *Sandbox) postMessage(w http.ResponseWriter, r *http.Request) {
	p, n, o, ok := s.who(w, r)
	if !ok {
		return
	}
	if len(o.content) == 0 && o.Type != "request_welcome" && o.Type != "unsupported" {
		complain(w, http.StatusBadRequest, "the content is missing: give a member named as the type")
		return
	}
	if len(o.content) == 0 {
		o.content = json.RawMessage("{}")
	}
	id, err := p.Send(n, o.Type, o.content, o.Context)
	if err != nil {
		complain(w, http.StatusBadRequest, err.Error())
		return
	}
	writeJSON(w, http.StatusCreated, map[string]any{"id": id})
}

func (s *Sandbox) getAccepted(w http.ResponseWriter, r *http.Request) {
	q := r.URL.Query()
	after, _ := strconv.ParseInt(q.Get("after"), 10, 64)
	limit, err := strconv.Atoi(q.Get("limit"))
	if err != nil || limit < 1 || limit > 10_000 {
		limit = 1000
	}
	items := s.Accepted(q.Get("number"), after, limit)
	s.mu.Lock()
	total := s.total
	s.mu.Unlock()
	writeJSON(w, http.StatusOK, map[string]any{"items": items, "total": total})
}

func (s *Sandbox) postFault(w http.ResponseWriter, r *http.Request) {
	var f Fault
	if err := readJSON(r, &f); err != nil {
		complain(w, http.StatusBadRequest, err.details)
		return
	}
	if err := s.AddFault(f); err != nil {
		complain(w, http.StatusBadRequest, err.Error())
		return
	}
	writeJSON(w, http.StatusCreated, f)
}

// events tells a page that something changed.
func (s *Sandbox) events(w http.ResponseWriter, r *http.Request) {
	flusher, ok := w.(http.Flusher)
	if !ok {
		complain(w, http.StatusInternalServerError, "no streaming")
		return
	}
	w.Header().Set("Content-Type", "text/event-stream")
	w.Header().Set("Cache-Control", "no-store")
	s.watch(r.Context(), func() error {
		_, err := fmt.Fprint(w, "data: changed\n\n")
		flusher.Flush()
		return err
	})
}

// postFile takes a file that a customer wants to send: {mime_type, base64}.
func (s *Sandbox) postFile(w http.ResponseWriter, r *http.Request) {
	r.Body = http.MaxBytesReader(w, r.Body, 24<<20)
	var in struct {
		MimeType string `json:"mime_type"`
		Base64   string `json:"base64"`
	}
	if json.NewDecoder(r.Body).Decode(&in) != nil {
		complain(w, http.StatusBadRequest, "the body is not {mime_type, base64}")
		return
	}
	content, err := base64.StdEncoding.DecodeString(in.Base64)
	if err != nil || in.MimeType == "" {
		complain(w, http.StatusBadRequest, "the body is not {mime_type, base64}")
		return
	}
	s.mu.Lock()
	f := s.addFile(in.MimeType, content)
	s.mu.Unlock()
	writeJSON(w, http.StatusCreated, map[string]any{"id": f.id, "mime_type": f.mimeType, "sha256": f.hash()})
}

// getFile shows a file on a phone.
func (s *Sandbox) getFile(w http.ResponseWriter, r *http.Request) {
	s.mu.Lock()
	f := s.media[r.PathValue("id")]
	s.mu.Unlock()
	if f == nil {
		http.NotFound(w, r)
		return
	}
	w.Header().Set("Content-Type", f.mimeType)
	w.Header().Set("X-Content-Type-Options", "nosniff")
	w.Header().Set("Content-Security-Policy", "sandbox")
	_, _ = w.Write(f.bytes)
}
