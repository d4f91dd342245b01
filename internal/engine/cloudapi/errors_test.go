package cloudapi_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"testing"

	"einklang/internal/engine/cloudapi"
)

// TestErrorTable is the table of whatsapp-cloud-api.md section 1: the code,
// its class, and what we do.
func TestErrorTable(t *testing.T) {
	stop := cloudapi.Consequence{Retry: cloudapi.RetryWhenResumed, StopsLane: true, PausesCampaigns: true}
	never := cloudapi.Consequence{Retry: cloudapi.RetryNever}
	soon := cloudapi.Consequence{Retry: cloudapi.RetrySoon}
	for _, c := range []struct {
		codes []int
		class cloudapi.Class
		word  string
		then  cloudapi.Consequence
	}{
		{[]int{0, 190}, cloudapi.ClassToken, "token", stop},
		{[]int{3, 10, 200, 250, 299}, cloudapi.ClassPermission, "permission", stop},
		{[]int{4, 80007, 130429}, cloudapi.ClassRateLimit, "rate_limit", soon},
		{[]int{131056}, cloudapi.ClassPairLimit, "pair_limit", cloudapi.Consequence{Retry: cloudapi.RetryForThisRecipient}},
		{[]int{131048, 131064}, cloudapi.ClassSpamLimit, "spam_limit", cloudapi.Consequence{Retry: cloudapi.RetryLater, PausesCampaigns: true}},
		{[]int{133016}, cloudapi.ClassRegistrationLimit, "registration_limit", cloudapi.Consequence{Retry: cloudapi.RetryAfter72h}},
		{[]int{368, 131031, 130497}, cloudapi.ClassRestricted, "restricted", stop},
		{[]int{131000, 131016, 135000, 1, 2}, cloudapi.ClassTemporary, "temporary", soon},
		{[]int{131057}, cloudapi.ClassMaintenance, "maintenance", cloudapi.Consequence{Retry: cloudapi.RetryLater, PausesCampaigns: true}},
		{[]int{131005, 131037, 131042, 131045}, cloudapi.ClassAccount, "account", stop},
		{[]int{131008, 131009, 100}, cloudapi.ClassParameter, "parameter", never},
		{[]int{131026}, cloudapi.ClassUndeliverable, "undeliverable", never},
		{[]int{131021, 131030, 131051, 131052, 131053, 131062, 131063, 130472}, cloudapi.ClassPermanent, "permanent", never},
		{[]int{131047}, cloudapi.ClassWindowClosed, "window_closed", never},
		{[]int{131049}, cloudapi.ClassHeldBack, "held_back", never},
		{[]int{131050}, cloudapi.ClassUserStoppedMarketing, "user_stopped_marketing", never},
		{[]int{132000, 132001, 132005, 132007, 132008, 132012, 132015, 132016, 132018, 132068, 132069}, cloudapi.ClassTemplate, "template", never},
		{[]int{137000}, cloudapi.ClassIdentity, "identity", never},
		{[]int{139100, 139101, 139102, 139103}, cloudapi.ClassBlockList, "block_list", never},
		{[]int{199, 300, 999999, -1}, cloudapi.ClassUnknown, "unknown", never},
	} {
		for _, code := range c.codes {
			t.Run(fmt.Sprint(code), func(t *testing.T) {
				class := cloudapi.Classify(code, 0)
				if class != c.class || class.String() != c.word {
					t.Errorf("class %s, want %s", class, c.word)
				}
				if got := class.Consequence(); got != c.then {
					t.Errorf("%+v, want %+v", got, c.then)
				}
			})
		}
	}
}

func TestAnUnknownCodeIsJudgedByTheStatus(t *testing.T) {
	for status, want := range map[int]cloudapi.Class{401: cloudapi.ClassToken, 403: cloudapi.ClassPermission, 429: cloudapi.ClassRateLimit,
		500: cloudapi.ClassTemporary, 503: cloudapi.ClassTemporary, 400: cloudapi.ClassUnknown, 404: cloudapi.ClassUnknown} {
		if got := cloudapi.Classify(999999, status); got != want {
			t.Errorf("HTTP %d: %s", status, got)
		}
	}
	if got := cloudapi.Classify(131026, 500); got != cloudapi.ClassUndeliverable {
		t.Errorf("a known code goes first: %s", got)
	}
}

func TestTemplateStateAfter(t *testing.T) {
	for code, want := range map[int]string{132015: "PAUSED", 132016: "DISABLED", 132001: "", 131026: ""} {
		if state, changed := cloudapi.TemplateStateAfter(code); state != want || changed != (want != "") {
			t.Errorf("%d: %q", code, state)
		}
	}
}

func TestTheErrorEnvelope(t *testing.T) {
	for _, c := range []struct {
		name   string
		status int
		body   string
		want   cloudapi.Error
	}{
		{"as documented", 400, `{"error":{"message":"(#130429) Rate limit hit","type":"OAuthException","code":130429,"error_subcode":2494055,"error_data":{"messaging_product":"whatsapp","details":"too fast"},"fbtrace_id":"Az8or2yhqkZfEZ-_4Qn_Bam"}}`,
			cloudapi.Error{HTTPStatus: 400, Code: 130429, Subcode: 2494055, Type: "OAuthException", Message: "(#130429) Rate limit hit", Details: "too fast", TraceID: "Az8or2yhqkZfEZ-_4Qn_Bam"}},
		{"details as a text", 400, `{"error":{"code":100,"error_data":"odd"}}`, cloudapi.Error{HTTPStatus: 400, Code: 100, Details: "odd"}},
		{"details of no known form", 400, `{"error":{"code":100,"error_data":{"new":[1]}}}`, cloudapi.Error{HTTPStatus: 400, Code: 100}},
		{"codes as texts", 400, `{"error":{"code":"131047","error_subcode":"5"}}`, cloudapi.Error{HTTPStatus: 400, Code: 131047, Subcode: 5}},
		{"the words for a user", 400, `{"error":{"code":100,"error_user_msg":"Bitte prüfen"}}`, cloudapi.Error{HTTPStatus: 400, Code: 100, Details: "Bitte prüfen"}},
		{"code 0 is a code", 401, `{"error":{"code":0,"message":"AuthException"}}`, cloudapi.Error{HTTPStatus: 401, Message: "AuthException"}},
		{"with status 200", 200, `{"error":{"code":2}}`, cloudapi.Error{HTTPStatus: 200, Code: 2}},
	} {
		t.Run(c.name, func(t *testing.T) {
			m := newMeta(t)
			m.fail(c.status, c.body)
			err := m.number().Deregister(t.Context())
			var got *cloudapi.Error
			if !errors.As(err, &got) {
				t.Fatal(err)
			}
			c.want.Op = "deregister number"
			if *got != c.want {
				t.Errorf("%+v", *got)
			}
		})
	}
	for _, body := range []string{"", "<html>", `{}`, `{"error":null}`, `{"error":{"message":"no code"}}`} {
		m := newMeta(t)
		m.fail(http.StatusBadGateway, body)
		var call *cloudapi.CallError
		if err := m.number().Deregister(t.Context()); !errors.As(err, &call) || call.HTTPStatus != http.StatusBadGateway || !call.MayHaveArrived {
			t.Errorf("%q: %v", body, err)
		}
	}
}

// TestCertaintyTable: a message is sent again only if Meta surely did not take
// it.
func TestCertaintyTable(t *testing.T) {
	for _, c := range []struct {
		name string
		err  error
		want cloudapi.Certainty
	}{
		{"an answer with an id", nil, cloudapi.CertaintyAccepted},
		{"refused here", &cloudapi.ContentError{Field: "to", Problem: "is missing"}, cloudapi.CertaintyNotSent},
		{"refused here, wrapped", fmt.Errorf("send: %w", &cloudapi.ContentError{Field: "to"}), cloudapi.CertaintyNotSent},
		{"no connection", &cloudapi.CallError{Err: errors.New("refused")}, cloudapi.CertaintyNotSent},
		{"the connection broke", &cloudapi.CallError{MayHaveArrived: true, Err: errors.New("reset")}, cloudapi.CertaintyUnknown},
		{"an answer that is not Meta's", &cloudapi.CallError{MayHaveArrived: true, HTTPStatus: 502, Err: errors.New("no envelope")}, cloudapi.CertaintyUnknown},
		{"anything else", context.Canceled, cloudapi.CertaintyUnknown},
		{"400 with a code", &cloudapi.Error{HTTPStatus: 400, Code: 131047}, cloudapi.CertaintyNotSent},
		{"400 with an unknown code", &cloudapi.Error{HTTPStatus: 400, Code: 999999}, cloudapi.CertaintyNotSent},
		{"429", &cloudapi.Error{HTTPStatus: 429, Code: 130429}, cloudapi.CertaintyNotSent},
		{"500: something went wrong", &cloudapi.Error{HTTPStatus: 500, Code: 131000}, cloudapi.CertaintyUnknown},
		{"500: unknown error", &cloudapi.Error{HTTPStatus: 500, Code: 1}, cloudapi.CertaintyUnknown},
		{"503: service unavailable", &cloudapi.Error{HTTPStatus: 503, Code: 131016}, cloudapi.CertaintyNotSent},
		{"503: maintenance", &cloudapi.Error{HTTPStatus: 503, Code: 131057}, cloudapi.CertaintyNotSent},
		{"500 with a code that refuses", &cloudapi.Error{HTTPStatus: 500, Code: 131056}, cloudapi.CertaintyNotSent},
		{"500 with an unknown code", &cloudapi.Error{HTTPStatus: 500, Code: 999999}, cloudapi.CertaintyUnknown},
		{"200 with an error that passes", &cloudapi.Error{HTTPStatus: 200, Code: 2}, cloudapi.CertaintyUnknown},
		{"200 with a refusal", &cloudapi.Error{HTTPStatus: 200, Code: 131026}, cloudapi.CertaintyNotSent},
	} {
		t.Run(c.name, func(t *testing.T) {
			if got := cloudapi.SendCertainty(c.err); got != c.want {
				t.Errorf("%s, want %s", got, c.want)
			}
		})
	}
}

// TestCertaintyOverTheWire: the same with connections that really break.
func TestCertaintyOverTheWire(t *testing.T) {
	message := cloudapi.Outgoing{To: "4917604069001", Content: text("Guten Tag")}
	broken := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		conn, _, err := http.NewResponseController(w).Hijack()
		if err != nil {
			t.Error(err)
			return
		}
		_ = conn.Close()
	}))
	defer broken.Close()
	_, err := cloudapi.New(broken.Client(), broken.URL, "").Number("100", "secret").Send(t.Context(), message)
	if got := cloudapi.SendCertainty(err); got != cloudapi.CertaintyUnknown {
		t.Errorf("a connection that broke before the answer: %s (%v)", got, err)
	}

	closed := httptest.NewServer(http.NotFoundHandler())
	client := cloudapi.New(closed.Client(), closed.URL, "")
	closed.Close()
	_, err = client.Number("100", "secret").Send(t.Context(), message)
	if got := cloudapi.SendCertainty(err); got != cloudapi.CertaintyNotSent {
		t.Errorf("nobody listens: %s (%v)", got, err)
	}

	m := newMeta(t)
	m.answer(`{"messages":[]}`, `{`)
	for range 2 {
		_, err = m.number().Send(t.Context(), message)
		if got := cloudapi.SendCertainty(err); got != cloudapi.CertaintyUnknown {
			t.Errorf("an answer without an id: %s (%v)", got, err)
		}
	}
}
