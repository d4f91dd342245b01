package sandbox

import (
	"encoding/json"
	"io"
	"maps"
	"net/http"
	"regexp"
	"strconv"
	"strings"
	"time"
)

func (n *Number) info(perSecond int) map[string]any {
	n.mu.Lock()
	defer n.mu.Unlock()
	level := "STANDARD"
	if perSecond > 80 || perSecond < 0 {
		level = "HIGH"
	}
	return map[string]any{"id": n.ID, "display_phone_number": n.Display, "verified_name": n.Name, "quality_rating": "GREEN",
		"throughput": map[string]any{"level": level}, "name_status": "APPROVED", "code_verification_status": "VERIFIED",
		"platform_type": "CLOUD_API", "account_mode": "SANDBOX", "is_official_business_account": false}
}

func (n *Number) register(w http.ResponseWriter, r *http.Request) *graphError {
	var in struct {
		Pin    string `json:"pin"`
		Region string `json:"data_localization_region"`
	}
	if err := readJSON(r, &in); err != nil {
		return err
	}
	if len(in.Pin) != 6 || digits(in.Pin) != in.Pin {
		return fail(100, "Param pin must be 6 digits", "")
	}
	n.mu.Lock()
	defer n.mu.Unlock()
	if n.pin != "" && n.pin != in.Pin {
		return fail(133005, "Two step verification PIN Mismatch", "")
	}
	n.registered, n.region = true, in.Region
	if in.Region != "" {
		n.storage = map[string]any{"status": "IN_COUNTRY_STORAGE_ENABLED", "data_localization_region": in.Region}
	}
	success(w)
	return nil
}

func (n *Number) setPin(w http.ResponseWriter, r *http.Request) *graphError {
	var in struct {
		Pin string `json:"pin"`
	}
	if err := readJSON(r, &in); err != nil {
		return err
	}
	if len(in.Pin) != 6 {
		return fail(100, "Param pin must be 6 digits", "")
	}
	n.mu.Lock()
	n.pin = in.Pin
	n.mu.Unlock()
	success(w)
	return nil
}

func (n *Number) setProfile(w http.ResponseWriter, r *http.Request) *graphError {
	var in map[string]any
	if err := readJSON(r, &in); err != nil {
		return err
	}
	if about, _ := in["about"].(string); len(about) > 139 {
		return fail(100, "Param about must be at most 139 characters long.", "")
	}
	n.mu.Lock()
	maps.Copy(n.profile, in)
	n.mu.Unlock()
	success(w)
	return nil
}

func (n *Number) setSettings(w http.ResponseWriter, r *http.Request) *graphError {
	var in struct {
		Storage map[string]any `json:"storage_configuration"`
	}
	if err := readJSON(r, &in); err != nil {
		return err
	}
	if in.Storage != nil {
		switch in.Storage["status"] {
		case "DEFAULT", "NO_STORAGE_ENABLED":
		case "IN_COUNTRY_STORAGE_ENABLED":
			if in.Storage["data_localization_region"] == nil {
				return fail(131008, titles[131008], "data_localization_region is missing")
			}
		default:
			return fail(131009, titles[131009], "storage_configuration.status is unknown")
		}
		n.mu.Lock()
		n.storage = in.Storage
		n.mu.Unlock()
	}
	success(w)
	return nil
}

// forget deletes an entry of the contact book.
func (n *Number) forget(w http.ResponseWriter, path []string) *graphError {
	if len(path) < 3 || strings.Contains(path[2], ".ENT.") {
		return fail(100, "Invalid parameter", "A business-scoped user id is needed; parent ids are not accepted.")
	}
	n.mu.Lock()
	deleted := n.book[path[2]]
	delete(n.book, path[2])
	n.mu.Unlock()
	writeJSON(w, http.StatusOK, map[string]any{"messaging_product": "whatsapp", "success": true, "deleted": deleted})
	return nil
}

func (s *Sandbox) byUser(user string) *Phone {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, p := range s.customers {
		if p.UserID == user || p.Phone != "" && p.Phone == digits(user) {
			return p
		}
	}
	return nil
}

func (s *Sandbox) blockUsers(w http.ResponseWriter, r *http.Request, n *Number) *graphError {
	if r.Method == http.MethodGet {
		var all []any
		s.mu.Lock()
		n.mu.Lock()
		for _, p := range s.customers {
			if n.blocked[p.ID] {
				all = append(all, p.block())
			}
		}
		n.mu.Unlock()
		s.mu.Unlock()
		writePage(w, r, all)
		return nil
	}
	var in struct {
		Users []struct {
			User string `json:"user"`
		} `json:"block_users"`
	}
	if err := readJSON(r, &in); err != nil {
		return err
	}
	var done, failed []any
	for _, u := range in.Users {
		p := s.byUser(u.User)
		if p == nil {
			failed = append(failed, map[string]any{"input": u.User, "errors": []any{map[string]any{"code": 139101, "message": "User not found"}}})
			continue
		}
		s.mu.Lock()
		recent := s.cfg.Now().Sub(p.chat(n.ID).lastIn) < window
		s.mu.Unlock()
		if r.Method == http.MethodPost && !recent {
			failed = append(failed, map[string]any{"input": u.User, "errors": []any{map[string]any{"code": 139102, "message": "User did not write within 24 hours"}}})
			continue
		}
		n.mu.Lock()
		n.blocked[p.ID] = r.Method == http.MethodPost
		n.mu.Unlock()
		done = append(done, map[string]any{"input": u.User, "user_id": p.UserID})
	}
	if len(failed) > 0 {
		return fail(139100, "Failed to block/unblock some users", "See block_users.failed_users.")
	}
	key := "added_users"
	if r.Method == http.MethodDelete {
		key = "removed_users"
	}
	writeJSON(w, http.StatusOK, map[string]any{"messaging_product": "whatsapp", "block_users": map[string]any{key: done}})
	return nil
}

func (s *Sandbox) qrdls(w http.ResponseWriter, r *http.Request, n *Number, path []string) *graphError {
	n.mu.Lock()
	defer n.mu.Unlock()
	switch r.Method {
	case http.MethodGet:
		all := make([]any, len(n.links))
		for i, l := range n.links {
			all[i] = l
		}
		writePage(w, r, all)
	case http.MethodDelete:
		code := ""
		if len(path) > 2 {
			code = path[2]
		}
		kept := n.links[:0]
		for _, l := range n.links {
			if l["code"] != code {
				kept = append(kept, l)
			}
		}
		n.links = kept
		success(w)
	default:
		var in struct {
			Message string `json:"prefilled_message"`
		}
		if err := readJSON(r, &in); err != nil {
			return err
		}
		if in.Message == "" {
			return fail(131008, titles[131008], "prefilled_message is missing")
		}
		code := "SANDBOX" + strconv.Itoa(len(n.links)+1)
		link := map[string]any{"code": code, "prefilled_message": in.Message, "deep_link_url": s.cfg.Chat + "/message/" + code}
		n.links = append(n.links, link)
		writeJSON(w, http.StatusOK, link)
	}
	return nil
}

// writePage writes a list with Meta's cursors.
func writePage(w http.ResponseWriter, r *http.Request, all []any) {
	limit, err := strconv.Atoi(r.URL.Query().Get("limit"))
	if err != nil || limit < 1 || limit > 100 {
		limit = 25
	}
	from, _ := strconv.Atoi(r.URL.Query().Get("after"))
	from = min(max(from, 0), len(all))
	to := min(from+limit, len(all))
	body := map[string]any{"data": append([]any{}, all[from:to]...)}
	paging := map[string]any{"cursors": map[string]any{"before": strconv.Itoa(from), "after": strconv.Itoa(to)}}
	if to < len(all) {
		paging["next"] = "http://" + r.Host + r.URL.Path + "?after=" + strconv.Itoa(to)
	}
	body["paging"] = paging
	writeJSON(w, http.StatusOK, body)
}

func (s *Sandbox) accountEdge(w http.ResponseWriter, r *http.Request, a *account, edge string) *graphError {
	switch r.Method + " " + edge {
	case "GET phone_numbers":
		s.mu.Lock()
		var all []any
		for _, n := range s.numbers {
			if n.WABA == a.id {
				all = append(all, n.info(s.cfg.PerSecond))
			}
		}
		s.mu.Unlock()
		writePage(w, r, all)
	case "GET message_templates":
		s.mu.Lock()
		all := make([]any, len(a.templates))
		for i, t := range a.templates {
			c := *t
			all[i] = c
		}
		s.mu.Unlock()
		writePage(w, r, all)
	case "POST message_templates":
		return s.createTemplate(w, r, a)
	case "DELETE message_templates":
		s.mu.Lock()
		name := r.URL.Query().Get("name")
		kept := a.templates[:0]
		for _, t := range a.templates {
			if t.Name != name {
				kept = append(kept, t)
			}
		}
		a.templates = kept
		s.mu.Unlock()
		success(w)
	case "GET subscribed_apps":
		writePage(w, r, []any{map[string]any{"whatsapp_business_api_data": map[string]any{"id": "sandbox", "name": "Sandbox"}}})
	case "POST subscribed_apps":
		return s.subscribe(w, r, a)
	case "DELETE subscribed_apps":
		success(w)
	case "GET ":
		writeJSON(w, http.StatusOK, map[string]any{"id": a.id, "name": "Sandbox", "pricing_analytics": map[string]any{"data": []any{}}})
	default:
		return fail(100, "Unsupported "+strings.ToLower(r.Method)+" request", "The sandbox does not know this call.")
	}
	return nil
}

// subscribe makes the handshake with an own callback address, as Meta does.
func (s *Sandbox) subscribe(w http.ResponseWriter, r *http.Request, a *account) *graphError {
	var in struct {
		Callback string `json:"override_callback_uri"`
		Verify   string `json:"verify_token"`
	}
	if err := readJSON(r, &in); err != nil {
		return err
	}
	if in.Callback != "" {
		challenge := strconv.FormatInt(time.Now().UnixNano(), 10)
		request, err := http.NewRequestWithContext(r.Context(), http.MethodGet, in.Callback+"?hub.mode=subscribe&hub.verify_token="+in.Verify+"&hub.challenge="+challenge, nil)
		if err != nil {
			return fail(100, "Invalid parameter", "override_callback_uri is not an address")
		}
		resp, err := s.cfg.Client.Do(request)
		if err != nil {
			return fail(2200, "Callback verification failed", "The address does not answer.")
		}
		defer func() { _ = resp.Body.Close() }()
		body, _ := io.ReadAll(io.LimitReader(resp.Body, 1<<10))
		if resp.StatusCode != http.StatusOK || string(body) != challenge {
			return fail(2200, "Callback verification failed", "The address did not return the challenge.")
		}
		s.mu.Lock()
		a.callback = in.Callback
		s.cfg.WebhookURL = in.Callback
		s.mu.Unlock()
		s.hooks.wake()
	}
	success(w)
	return nil
}

// Template is a message template.
type Template struct {
	ID              string          `json:"id"`
	Name            string          `json:"name"`
	Language        string          `json:"language"`
	Category        string          `json:"category"`
	Status          string          `json:"status"`
	ParameterFormat string          `json:"parameter_format,omitempty"`
	Components      json.RawMessage `json:"components"`
}

// AddTemplate adds an approved template to an account.
func (s *Sandbox) AddTemplate(waba string, t Template) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if t.ID == "" {
		t.ID = strconv.FormatUint(9_000_000+s.seq(), 10)
	}
	if t.Status == "" {
		t.Status = "APPROVED"
	}
	if t.ParameterFormat == "" {
		t.ParameterFormat = "POSITIONAL"
	}
	a := s.accounts[waba]
	if a == nil {
		a = &account{id: waba}
		s.accounts[waba] = a
	}
	a.templates = append(a.templates, &t)
}

func (s *Sandbox) templateByID(id string) *Template {
	for _, a := range s.accounts {
		for _, t := range a.templates {
			if t.ID == id {
				return t
			}
		}
	}
	return nil
}

var templateName = regexp.MustCompile(`^[a-z0-9_]{1,512}$`)

func (s *Sandbox) createTemplate(w http.ResponseWriter, r *http.Request, a *account) *graphError {
	var t Template
	if err := readJSON(r, &t); err != nil {
		return err
	}
	if !templateName.MatchString(t.Name) || t.Language == "" || len(t.Components) == 0 {
		return fail(100, "Invalid parameter", "name (a-z, 0-9, _), language and components are required")
	}
	t.Category = strings.ToUpper(t.Category)
	if t.Category != "MARKETING" && t.Category != "UTILITY" && t.Category != "AUTHENTICATION" {
		return fail(100, "Invalid parameter", "category is unknown")
	}
	if t.Category == "AUTHENTICATION" {
		if err := t.presetCode(); err != nil {
			return err
		}
	}
	s.mu.Lock()
	for _, known := range a.templates {
		if known.Name == t.Name && known.Language == t.Language {
			s.mu.Unlock()
			return fail(100, "Invalid parameter", "There is already content in this language for this template.")
		}
	}
	t.ID, t.Status = strconv.FormatUint(9_000_000+s.seq(), 10), "PENDING"
	a.templates = append(a.templates, &t)
	s.mu.Unlock()
	s.review(a, &t)
	writeJSON(w, http.StatusOK, map[string]any{"id": t.ID, "status": "PENDING", "category": t.Category})
	return nil
}

func (s *Sandbox) editTemplate(w http.ResponseWriter, r *http.Request, t *Template) *graphError {
	if r.Method == http.MethodGet {
		writeJSON(w, http.StatusOK, t)
		return nil
	}
	var in struct {
		Components json.RawMessage `json:"components"`
		Category   string          `json:"category"`
	}
	if err := readJSON(r, &in); err != nil {
		return err
	}
	s.mu.Lock()
	if len(in.Components) > 0 {
		t.Components = in.Components
	}
	t.Status = "PENDING"
	var owner *account
	for _, a := range s.accounts {
		for _, one := range a.templates {
			if one == t {
				owner = a
			}
		}
	}
	s.mu.Unlock()
	s.review(owner, t)
	success(w)
	return nil
}

// review approves a template after a moment, or rejects it if its name says so.
func (s *Sandbox) review(a *account, t *Template) {
	go s.after(s.cfg.ReviewAfter, func() {
		status := "APPROVED"
		if strings.Contains(t.Name, "reject") {
			status = "REJECTED"
		}
		s.SetTemplateStatus(a.id, t.Name, t.Language, status)
	})
}

// SetTemplateStatus changes a template's status and tells it by webhook.
func (s *Sandbox) SetTemplateStatus(waba, name, language, status string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	a := s.accounts[waba]
	if a == nil {
		return
	}
	for _, t := range a.templates {
		if t.Name == name && t.Language == language {
			t.Status = status
			for _, n := range s.numbers {
				if n.WABA == waba {
					s.hooks.event(n, event{number: n.ID, field: "message_template_status_update", value: map[string]any{"event": status,
						"message_template_id": t.ID, "message_template_name": name, "message_template_language": language, "reason": "NONE"}})
					break
				}
			}
		}
	}
}
