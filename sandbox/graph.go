package sandbox

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"strings"
	"time"
)

// graphError is Meta's error envelope.
type graphError struct {
	status  int
	code    int
	message string
	details string
}

func (e *graphError) Error() string { return e.message }

// fail makes an error with the status that Meta uses for its code.
func fail(code int, message, details string) *graphError {
	status := http.StatusBadRequest
	switch code {
	case 190, 0:
		status = http.StatusUnauthorized
	case 3, 10, 200, 368, 131031, 131005:
		status = http.StatusForbidden
	case 4, 80007, 130429, 131048, 131056, 131064, 133016:
		status = http.StatusTooManyRequests
	case 1, 2, 131000, 135000:
		status = http.StatusInternalServerError
	case 131016, 131057:
		status = http.StatusServiceUnavailable
	case 132001:
		status = http.StatusNotFound
	}
	return &graphError{status, code, fmt.Sprintf("(#%d) %s", code, message), details}
}

// titles are Meta's words for the codes that a fault can bring.
var titles = map[int]string{0: "AuthException", 3: "Capability or permissions issue", 200: "Permissions error", 1: "An unknown error occurred", 2: "Service temporarily unavailable", 4: "Application request limit reached", 10: "Permission denied",
	100: "Invalid parameter", 190: "Invalid OAuth access token", 368: "Temporarily blocked for policies violations", 80007: "Rate limit issues", 130429: "Rate limit hit",
	130472: "User's number is part of an experiment", 130497: "Business account is restricted", 131000: "Something went wrong", 131005: "Access denied",
	131008: "Required parameter is missing", 131009: "Parameter value is not valid", 131016: "Service unavailable", 131021: "Recipient cannot be sender",
	131026: "Message undeliverable", 131030: "Recipient phone number not in allowed list", 131031: "Account has been locked", 131037: "Display name not approved",
	131042: "Business eligibility payment issue", 131045: "Incorrect certificate", 131047: "Re-engagement message", 131048: "Spam rate limit hit",
	131049: "Meta chose not to deliver", 131050: "User has stopped marketing messages", 131051: "Unsupported message type", 131052: "Media download error",
	131053: "Media upload error", 131056: "Pair rate limit hit", 131057: "Account in maintenance mode", 131062: "BSUID recipients not supported",
	132000: "Number of parameters does not match", 132001: "Template does not exist", 132005: "Template hydrated text too long", 132007: "Template format character policy violated",
	132012: "Template parameter format mismatch", 132018: "There's an issue with the parameters in your template", 132015: "Template is paused", 132016: "Template is disabled", 131063: "Marketing messages are off on this endpoint", 131064: "Messaging limit reached",
	132008: "Parameter value is not valid", 132068: "Flow is in blocked state", 132069: "Flow is in throttled state", 133016: "Account registration limit", 137000: "Identity hash mismatch", 135000: "Generic user error"}

func (e *graphError) write(w http.ResponseWriter) {
	kind := "OAuthException"
	body := map[string]any{"message": e.message, "type": kind, "code": e.code, "fbtrace_id": "Sandbox" + fmt.Sprint(time.Now().UnixNano()%1e9)}
	if e.details != "" {
		body["error_data"] = map[string]any{"messaging_product": "whatsapp", "details": e.details}
	}
	writeJSON(w, e.status, map[string]any{"error": body})
}

func writeJSON(w http.ResponseWriter, status int, body any) {
	w.Header().Set("Content-Type", "application/json; charset=UTF-8")
	w.WriteHeader(status)
	_ = json.NewEncoder(w).Encode(body)
}

// Handler serves the Graph API, the control API and the phones' page.
func (s *Sandbox) Handler() http.Handler {
	mux := http.NewServeMux()
	s.control(mux)
	mux.HandleFunc("/", func(w http.ResponseWriter, r *http.Request) {
		rest, graph := strings.CutPrefix(r.URL.Path, "/"+s.cfg.Version+"/")
		if !graph && len(r.URL.Path) > 2 && r.URL.Path[1] == 'v' && r.URL.Path[2] >= '0' && r.URL.Path[2] <= '9' {
			_, rest, graph = strings.Cut(r.URL.Path[1:], "/")
		}
		switch {
		case graph:
			s.graph(w, r, strings.Split(strings.Trim(rest, "/"), "/"))
		case strings.HasPrefix(r.URL.Path, "/media/"):
			s.serveMedia(w, r)
		default:
			s.page(w, r)
		}
	})
	return mux
}

func success(w http.ResponseWriter) { writeJSON(w, http.StatusOK, map[string]any{"success": true}) }

func badToken(token string, r *http.Request) bool {
	given, bearer := strings.CutPrefix(r.Header.Get("Authorization"), "Bearer ")
	return !bearer || given == "" || token != "" && given != token
}

const maxBody = 1 << 20

func readJSON(r *http.Request, into any) *graphError {
	raw, err := io.ReadAll(io.LimitReader(r.Body, maxBody+1))
	if err != nil || len(raw) > maxBody {
		return fail(100, "Invalid parameter", "The body cannot be read.")
	}
	if len(raw) == 0 {
		raw = []byte("{}")
	}
	if err := json.Unmarshal(raw, into); err != nil {
		return fail(100, "Invalid parameter", "The body is not valid JSON.")
	}
	return nil
}

// graph routes a call of the Graph API by the object it names.
func (s *Sandbox) graph(w http.ResponseWriter, r *http.Request, path []string) {
	if badToken(s.cfg.Token, r) {
		fail(190, "Invalid OAuth access token - Cannot parse access token", "").write(w)
		return
	}
	edge := ""
	if len(path) > 1 {
		edge = path[1]
	}
	s.mu.Lock()
	number, account, upload := s.numbers[path[0]], s.accounts[path[0]], s.media[path[0]]
	template := s.templateByID(path[0])
	s.mu.Unlock()
	var err *graphError
	switch {
	case number != nil:
		err = s.numberEdge(w, r, number, edge, path)
	case account != nil:
		err = s.accountEdge(w, r, account, edge)
	case upload != nil && edge == "":
		err = s.mediaObject(w, r, upload)
	case template != nil && edge == "":
		err = s.editTemplate(w, r, template)
	default:
		err = fail(100, "Unsupported request. Object with ID '"+path[0]+"' does not exist, cannot be loaded due to missing permissions, or does not support this operation", "")
	}
	if err != nil {
		err.write(w)
	}
}

func (s *Sandbox) numberEdge(w http.ResponseWriter, r *http.Request, n *Number, edge string, path []string) *graphError {
	switch r.Method + " " + edge {
	case "POST messages", "POST marketing_messages":
		return s.messages(w, r, n, edge == "marketing_messages")
	case "POST media":
		return s.upload(w, r)
	case "GET ":
		writeJSON(w, http.StatusOK, n.info(s.cfg.PerSecond))
	case "POST ":
		return n.setPin(w, r)
	case "POST register":
		return n.register(w, r)
	case "POST deregister":
		n.mu.Lock()
		n.registered = false
		n.mu.Unlock()
		success(w)
	case "POST request_code":
		success(w)
	case "POST verify_code":
		var in struct {
			Code string `json:"code"`
		}
		if err := readJSON(r, &in); err != nil {
			return err
		}
		if in.Code != "000000" && in.Code != "123456" {
			return fail(136025, "Invalid code", "The sandbox takes the code 123456.")
		}
		success(w)
	case "GET whatsapp_business_profile":
		n.mu.Lock()
		defer n.mu.Unlock()
		writeJSON(w, http.StatusOK, map[string]any{"data": []any{n.profile}})
	case "POST whatsapp_business_profile":
		return n.setProfile(w, r)
	case "GET settings":
		n.mu.Lock()
		defer n.mu.Unlock()
		writeJSON(w, http.StatusOK, map[string]any{"storage_configuration": n.storage})
	case "POST settings":
		return n.setSettings(w, r)
	case "GET block_users", "POST block_users", "DELETE block_users":
		return s.blockUsers(w, r, n)
	case "GET message_qrdls", "POST message_qrdls", "DELETE message_qrdls":
		return s.qrdls(w, r, n, path)
	case "POST conversational_automation":
		success(w)
	case "DELETE contact_book":
		return n.forget(w, path)
	default:
		return fail(100, "Unsupported "+strings.ToLower(r.Method)+" request", "The sandbox does not know this call.")
	}
	return nil
}
