package cloudapi_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"reflect"
	"strings"
	"testing"

	"einklang/internal/engine/cloudapi"
)

const done = `{"success":true}`

// TestCalls is every call but sending: the line, the body, and what comes
// back.
func TestCalls(t *testing.T) {
	for _, c := range []struct {
		name    string
		answers []string
		do      func(context.Context, *meta) (any, error)
		lines   []string
		body    string // of the last call
		want    any
	}{
		{"read a number", []string{`{"id":"100","display_phone_number":"+49 30 23125000","verified_name":"Beispiel GmbH","quality_rating":"GREEN","throughput":{"level":"HIGH"},"name_status":"APPROVED","code_verification_status":"VERIFIED","platform_type":"CLOUD_API","account_mode":"LIVE","is_official_business_account":true,"new":1}`},
			func(ctx context.Context, m *meta) (any, error) { return m.number().Info(ctx) },
			[]string{"GET /v25.0/100?fields=id%2Cdisplay_phone_number%2Cverified_name%2Cquality_rating%2Cthroughput%2Cname_status%2Ccode_verification_status%2Cplatform_type%2Caccount_mode%2Cis_official_business_account"}, "",
			numberInfo("HIGH")},
		{"list numbers", []string{`{"data":[{"id":"1"},{"id":"2"}],"paging":{"cursors":{"before":"a","after":"b"}}}`},
			func(ctx context.Context, m *meta) (any, error) {
				n, err := m.account().Numbers(ctx)
				return len(n), err
			},
			[]string{"GET /v25.0/200/phone_numbers?fields=id%2Cdisplay_phone_number%2Cverified_name%2Cquality_rating%2Cthroughput%2Cname_status%2Ccode_verification_status%2Cplatform_type%2Caccount_mode%2Cis_official_business_account&limit=100"}, "", 2},
		{"read the profile", []string{`{"data":[{"about":"Räder","address":"Musterstraße 1","description":"Werkstatt","email":"a@example.com","websites":["https://example.com"],"vertical":"RETAIL","profile_picture_url":"https://example.com/p","messaging_product":"whatsapp"}]}`},
			func(ctx context.Context, m *meta) (any, error) { return m.number().Profile(ctx) },
			[]string{"GET /v25.0/100/whatsapp_business_profile?fields=about%2Caddress%2Cdescription%2Cemail%2Cprofile_picture_url%2Cwebsites%2Cvertical"}, "",
			cloudapi.Profile{About: "Räder", Address: "Musterstraße 1", Description: "Werkstatt", Email: "a@example.com", Websites: []string{"https://example.com"}, Vertical: "RETAIL", PictureURL: "https://example.com/p", MessageProduct: "whatsapp"}},
		{"read a profile that is empty", []string{`{"data":[]}`},
			func(ctx context.Context, m *meta) (any, error) { return m.number().Profile(ctx) },
			[]string{"GET /v25.0/100/whatsapp_business_profile?fields=about%2Caddress%2Cdescription%2Cemail%2Cprofile_picture_url%2Cwebsites%2Cvertical"}, "", cloudapi.Profile{}},
		{"change the profile", []string{done},
			func(ctx context.Context, m *meta) (any, error) {
				return nil, m.number().SetProfile(ctx, cloudapi.Profile{About: "Räder & mehr", PictureURL: "https://example.com/p", PictureHandle: "h"})
			},
			[]string{"POST /v25.0/100/whatsapp_business_profile"}, `{"messaging_product":"whatsapp","about":"Räder & mehr","profile_picture_handle":"h"}`, nil},
		{"register with storage in one region", []string{done},
			func(ctx context.Context, m *meta) (any, error) { return nil, m.number().Register(ctx, "123456", "DE") },
			[]string{"POST /v25.0/100/register"}, `{"messaging_product":"whatsapp","pin":"123456","data_localization_region":"DE"}`, nil},
		{"register as Meta does by default", []string{done},
			func(ctx context.Context, m *meta) (any, error) { return nil, m.number().Register(ctx, "123456", "") },
			[]string{"POST /v25.0/100/register"}, `{"messaging_product":"whatsapp","pin":"123456"}`, nil},
		{"deregister", []string{done},
			func(ctx context.Context, m *meta) (any, error) { return nil, m.number().Deregister(ctx) },
			[]string{"POST /v25.0/100/deregister"}, `{"messaging_product":"whatsapp"}`, nil},
		{"ask for a code", []string{done},
			func(ctx context.Context, m *meta) (any, error) { return nil, m.number().RequestCode(ctx, "SMS", "de") },
			[]string{"POST /v25.0/100/request_code"}, `{"code_method":"SMS","language":"de"}`, nil},
		{"give the code", []string{done},
			func(ctx context.Context, m *meta) (any, error) { return nil, m.number().VerifyCode(ctx, "123456") },
			[]string{"POST /v25.0/100/verify_code"}, `{"code":"123456"}`, nil},
		{"set the pin", []string{done},
			func(ctx context.Context, m *meta) (any, error) { return nil, m.number().SetPin(ctx, "654321") },
			[]string{"POST /v25.0/100"}, `{"pin":"654321"}`, nil},
		{"read the settings", []string{`{"calling":{"status":"DISABLED"},"storage_configuration":{"status":"IN_COUNTRY_STORAGE_ENABLED","data_localization_region":"DE","retention_minutes":60}}`},
			func(ctx context.Context, m *meta) (any, error) {
				s, err := m.number().Settings(ctx)
				return *s.Storage, err
			},
			[]string{"GET /v25.0/100/settings"}, "", cloudapi.Storage{Status: cloudapi.StorageInCountry, Region: "DE", RetentionMinutes: 60}},
		{"no storage", []string{done},
			func(ctx context.Context, m *meta) (any, error) {
				return nil, m.number().SetStorage(ctx, cloudapi.Storage{Status: cloudapi.StorageNone})
			},
			[]string{"POST /v25.0/100/settings"}, `{"storage_configuration":{"status":"NO_STORAGE_ENABLED"}}`, nil},
		{"storage in one region", []string{done},
			func(ctx context.Context, m *meta) (any, error) {
				return nil, m.number().SetStorage(ctx, cloudapi.Storage{Status: cloudapi.StorageInCountry, Region: "DE"})
			},
			[]string{"POST /v25.0/100/settings"}, `{"storage_configuration":{"status":"IN_COUNTRY_STORAGE_ENABLED","data_localization_region":"DE"}}`, nil},
		{"storage by default", []string{done},
			func(ctx context.Context, m *meta) (any, error) {
				return nil, m.number().SetStorage(ctx, cloudapi.Storage{Status: cloudapi.StorageDefault})
			},
			[]string{"POST /v25.0/100/settings"}, `{"storage_configuration":{"status":"DEFAULT"}}`, nil},
		{"block users, one of them without a number", []string{`{"messaging_product":"whatsapp","block_users":{"added_users":[]}}`},
			func(ctx context.Context, m *meta) (any, error) {
				return nil, m.number().Block(ctx, "4917604069001", "DE.2222")
			},
			[]string{"POST /v25.0/100/block_users"}, `{"messaging_product":"whatsapp","block_users":[{"user":"4917604069001"},{"user":"DE.2222"}]}`, nil},
		{"unblock a user", []string{`{"messaging_product":"whatsapp","block_users":{"removed_users":[]}}`},
			func(ctx context.Context, m *meta) (any, error) { return nil, m.number().Unblock(ctx, "DE.2222") },
			[]string{"DELETE /v25.0/100/block_users"}, `{"messaging_product":"whatsapp","block_users":[{"user":"DE.2222"}]}`, nil},
		{"read the block list, in both forms", []string{`{"data":[{"messaging_product":"whatsapp","wa_id":"4917604069001"},{"block_users":[{"user_id":"DE.2222"}]},{}]}`},
			func(ctx context.Context, m *meta) (any, error) { return m.number().Blocked(ctx) },
			[]string{"GET /v25.0/100/block_users?limit=100"}, "", []string{"4917604069001", "DE.2222"}},
		{"delete an entry of the contact book", []string{`{"messaging_product":"whatsapp","success":true,"deleted":true}`},
			func(ctx context.Context, m *meta) (any, error) {
				return m.number().DeleteContactBookEntry(ctx, "DE.1349")
			},
			[]string{"DELETE /v25.0/100/contact_book/DE.1349"}, "", true},
		{"there was no entry", []string{`{"messaging_product":"whatsapp","success":true,"deleted":false}`},
			func(ctx context.Context, m *meta) (any, error) {
				return m.number().DeleteContactBookEntry(ctx, "DE.1349")
			},
			[]string{"DELETE /v25.0/100/contact_book/DE.1349"}, "", false},
		{"make a link", []string{`{"code":"ABC","prefilled_message":"Guten Tag","deep_link_url":"https://wa.me/message/ABC","qr_image_url":"https://example.com/q"}`},
			func(ctx context.Context, m *meta) (any, error) { return m.number().CreateLink(ctx, "Guten Tag", "SVG") },
			[]string{"POST /v25.0/100/message_qrdls"}, `{"prefilled_message":"Guten Tag","generate_qr_image":"SVG"}`,
			cloudapi.Link{Code: "ABC", PrefilledMessage: "Guten Tag", DeepLinkURL: "https://wa.me/message/ABC", QRImageURL: "https://example.com/q"}},
		{"list links", []string{`{"data":[{"code":"ABC"}]}`},
			func(ctx context.Context, m *meta) (any, error) { return m.number().Links(ctx) },
			[]string{"GET /v25.0/100/message_qrdls?limit=100"}, "", []cloudapi.Link{{Code: "ABC"}}},
		{"delete a link", []string{done},
			func(ctx context.Context, m *meta) (any, error) { return nil, m.number().DeleteLink(ctx, "ABC") },
			[]string{"DELETE /v25.0/100/message_qrdls/ABC"}, "", nil},
		{"set ice breakers and commands", []string{done},
			func(ctx context.Context, m *meta) (any, error) {
				return nil, m.number().SetAutomation(ctx, cloudapi.Automation{Prompts: []string{"Öffnungszeiten?"}, Commands: []cloudapi.Command{{Name: "stop", Description: "Abmelden"}}})
			},
			[]string{"POST /v25.0/100/conversational_automation"}, `{"prompts":["Öffnungszeiten?"],"commands":[{"command_name":"stop","command_description":"Abmelden"}]}`, nil},
		{"list templates over several pages", []string{
			`{"data":[{"id":"1","name":"a","language":"de","category":"UTILITY","status":"APPROVED","components":[]}],"paging":{"cursors":{"after":"MQ"},"next":"https://graph.example.com/next"}}`,
			`{"data":[{"id":"2","name":"b","language":"de","category":"MARKETING","status":"PAUSED","parameter_format":"NAMED","components":[]}],"paging":{"cursors":{"after":"Mg"}}}`},
			func(ctx context.Context, m *meta) (any, error) {
				all, err := m.account().Templates(ctx)
				return fmt.Sprintf("%d %s %s", len(all), all[1].Name, all[1].Status), err
			},
			[]string{"GET /v25.0/200/message_templates?fields=id%2Cname%2Clanguage%2Ccategory%2Cstatus%2Cparameter_format%2Ccomponents&limit=100",
				"GET /v25.0/200/message_templates?after=MQ&fields=id%2Cname%2Clanguage%2Ccategory%2Cstatus%2Cparameter_format%2Ccomponents&limit=100"}, "", "2 b PAUSED"},
		{"hand in a template", []string{`{"id":"3","status":"PENDING","category":"MARKETING"}`},
			func(ctx context.Context, m *meta) (any, error) {
				made, err := m.account().CreateTemplate(ctx, cloudapi.MessageTemplate{Name: "a", Language: "de", Category: "UTILITY", Status: "APPROVED", Components: []byte(`[{"type":"BODY","text":"Hallo"}]`)})
				return made.ID + made.Status + made.Category, err
			},
			[]string{"POST /v25.0/200/message_templates"}, `{"name":"a","language":"de","category":"UTILITY","components":[{"type":"BODY","text":"Hallo"}]}`, "3PENDINGMARKETING"},
		{"edit a template", []string{done},
			func(ctx context.Context, m *meta) (any, error) {
				return nil, m.account().EditTemplate(ctx, "3", []byte(`[{"type":"BODY","text":"Guten Tag"}]`))
			},
			[]string{"POST /v25.0/3"}, `{"components":[{"type":"BODY","text":"Guten Tag"}]}`, nil},
		{"delete a template in all languages", []string{done},
			func(ctx context.Context, m *meta) (any, error) { return nil, m.account().DeleteTemplate(ctx, "a", "") },
			[]string{"DELETE /v25.0/200/message_templates?name=a"}, "", nil},
		{"delete a template in one language", []string{done},
			func(ctx context.Context, m *meta) (any, error) { return nil, m.account().DeleteTemplate(ctx, "a", "3") },
			[]string{"DELETE /v25.0/200/message_templates?hsm_id=3&name=a"}, "", nil},
		{"subscribe with an own address", []string{done},
			func(ctx context.Context, m *meta) (any, error) {
				return nil, m.account().Subscribe(ctx, "https://example.com/webhooks/whatsapp", "verify")
			},
			[]string{"POST /v25.0/200/subscribed_apps"}, `{"override_callback_uri":"https://example.com/webhooks/whatsapp","verify_token":"verify"}`, nil},
		{"list subscriptions", []string{`{"data":[{}]}`},
			func(ctx context.Context, m *meta) (any, error) {
				s, err := m.account().Subscriptions(ctx)
				return len(s), err
			},
			[]string{"GET /v25.0/200/subscribed_apps?limit=100"}, "", 1},
		{"unsubscribe", []string{done},
			func(ctx context.Context, m *meta) (any, error) { return nil, m.account().Unsubscribe(ctx) },
			[]string{"DELETE /v25.0/200/subscribed_apps"}, "", nil},
		{"read prices", []string{`{"id":"200"}`},
			func(ctx context.Context, m *meta) (any, error) {
				p, err := m.account().Pricing(ctx, "pricing_analytics.start(1)")
				return string(p), err
			},
			[]string{"GET /v25.0/200?fields=pricing_analytics.start%281%29"}, "", `{"id":"200"}`},
		{"delete a file", []string{done},
			func(ctx context.Context, m *meta) (any, error) { return nil, m.number().DeleteMedia(ctx, "m1") },
			[]string{"DELETE /v25.0/m1"}, "", nil},
		{"read where a file lies", []string{`{"messaging_product":"whatsapp","url":"https://lookaside.example.com/m1","mime_type":"image/png","sha256":"x","file_size":"17","id":"m1"}`},
			func(ctx context.Context, m *meta) (any, error) { return m.number().MediaInfo(ctx, "m1") },
			[]string{"GET /v25.0/m1"}, "", cloudapi.MediaInfo{ID: "m1", URL: "https://lookaside.example.com/m1", MimeType: "image/png", SHA256: "x", FileSize: 17}},
	} {
		t.Run(c.name, func(t *testing.T) {
			m := newMeta(t)
			m.answer(c.answers...)
			got, err := c.do(t.Context(), m)
			if err != nil {
				t.Fatal(err)
			}
			if !reflect.DeepEqual(got, c.want) {
				t.Errorf("got  %#v\nwant %#v", got, c.want)
			}
			var lines []string
			for _, made := range m.calls {
				lines = append(lines, made.line)
				if made.token != "Bearer secret" {
					t.Errorf("token %q", made.token)
				}
			}
			if !reflect.DeepEqual(lines, c.lines) {
				t.Errorf("calls\n%s\nwant\n%s", strings.Join(lines, "\n"), strings.Join(c.lines, "\n"))
			}
			if body := m.calls[len(m.calls)-1].body; c.body != "" {
				sameJSON(t, body, []byte(c.body))
			} else if len(body) > 0 {
				t.Errorf("a body: %s", body)
			}
		})
	}
}

func numberInfo(level string) cloudapi.NumberInfo {
	i := cloudapi.NumberInfo{ID: "100", DisplayPhoneNumber: "+49 30 23125000", VerifiedName: "Beispiel GmbH", QualityRating: "GREEN", NameStatus: "APPROVED",
		CodeVerification: "VERIFIED", PlatformType: "CLOUD_API", AccountMode: "LIVE", Official: true}
	i.Throughput.Level = level
	return i
}

func TestThroughput(t *testing.T) {
	for level, want := range map[string]int{"HIGH": 1000, "STANDARD": 80, "NOT_APPLICABLE": 80, "": 80} {
		if got := numberInfo(level).PerSecond(); got != want {
			t.Errorf("%q: %d a second", level, got)
		}
	}
}

func TestUpload(t *testing.T) {
	m := newMeta(t)
	m.answer(`{"id":"m1"}`)
	content := bytes.Repeat([]byte("x"), 300_000)
	id, err := m.number().Upload(t.Context(), bytes.NewReader(content), "Rechnung \"0815\"\r\n.pdf", "application/pdf")
	if err != nil || id != "m1" {
		t.Fatal(id, err)
	}
	made := m.only(t)
	if made.line != "POST /v25.0/100/media" || !strings.HasPrefix(made.kind, "multipart/form-data; boundary=") {
		t.Errorf("%s, %s", made.line, made.kind)
	}
	r := made.request
	r.Body = io.NopCloser(bytes.NewReader(made.body))
	if err := r.ParseMultipartForm(1 << 20); err != nil {
		t.Fatal(err)
	}
	if r.FormValue("messaging_product") != "whatsapp" || r.FormValue("type") != "application/pdf" {
		t.Errorf("%v", r.Form)
	}
	file, head, err := r.FormFile("file")
	if err != nil {
		t.Fatal(err)
	}
	got, err := io.ReadAll(file)
	if err != nil || !bytes.Equal(got, content) || head.Filename != `Rechnung "0815".pdf` || head.Header.Get("Content-Type") != "application/pdf" {
		t.Errorf("%v, %d bytes, %q, %v", err, len(got), head.Filename, head.Header)
	}
}

func TestUploadThatBreaks(t *testing.T) {
	m := newMeta(t)
	m.fail(http.StatusBadRequest, `{"error":{"code":131053,"message":"Media upload error"}}`)
	_, err := m.number().Upload(t.Context(), strings.NewReader("x"), "x", "image/png")
	var refused *cloudapi.Error
	if !errors.As(err, &refused) || refused.Class() != cloudapi.ClassPermanent {
		t.Error(err)
	}
	m.answer(`{}`)
	if _, err := m.number().Upload(t.Context(), strings.NewReader("x"), "x", "image/png"); err == nil {
		t.Error("an answer without an id is taken")
	}
	broken := errors.New("the disk broke")
	if _, err := refusing().Upload(t.Context(), io.MultiReader(strings.NewReader("x"), failing{broken}), "x", "image/png"); !errors.Is(err, broken) {
		t.Errorf("the cause is lost: %v", err)
	}
}

// refusing reads what it is sent and lets the connection break.
func refusing() cloudapi.Number {
	return cloudapi.New(&http.Client{Transport: roundTrip(func(r *http.Request) (*http.Response, error) {
		_, err := io.Copy(io.Discard, r.Body)
		return nil, err
	})}, "http://meta.invalid", "").Number("100", "secret")
}

type failing struct{ err error }

func (f failing) Read([]byte) (int, error) { return 0, f.err }

func TestDownload(t *testing.T) {
	m := newMeta(t)
	m.answer("the bytes", "the bytes")
	file, err := m.number().Download(t.Context(), m.url+"/file?x=1", 9)
	if err != nil {
		t.Fatal(err)
	}
	got, err := io.ReadAll(file)
	if err != nil || string(got) != "the bytes" || file.Close() != nil {
		t.Errorf("%q, %v", got, err)
	}
	if made := m.only(t); made.token != "Bearer secret" || made.line != "GET /file?x=1" {
		t.Errorf("%+v", made)
	}
	file, err = m.number().Download(t.Context(), m.url+"/file", 8)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := io.ReadAll(file); !errors.Is(err, cloudapi.ErrTooLarge) {
		t.Errorf("%v", err)
	}
	_ = file.Close()
	m.fail(http.StatusNotFound, "")
	m.fail(http.StatusUnauthorized, `{"error":{"code":190,"message":"expired"}}`)
	var call *cloudapi.CallError
	if _, err := m.number().Download(t.Context(), m.url+"/gone", 8); !errors.As(err, &call) || call.HTTPStatus != http.StatusNotFound {
		t.Errorf("%v", err)
	}
	var refused *cloudapi.Error
	if _, err := m.number().Download(t.Context(), m.url+"/file", 8); !errors.As(err, &refused) || refused.Class() != cloudapi.ClassToken {
		t.Errorf("%v", err)
	}
	if _, err := m.number().Download(t.Context(), "http://[", 8); err == nil {
		t.Error("an address that is none")
	}
}

func TestAListThatNeverEnds(t *testing.T) {
	m := newMeta(t)
	same := `{"data":[{"code":"A"}],"paging":{"cursors":{"after":"x"},"next":"https://graph.example.com/next"}}`
	m.answer(same, same)
	links, err := m.number().Links(t.Context())
	if err != nil || len(links) != 2 {
		t.Errorf("%d, %v: a cursor that does not move ends the list", len(links), err)
	}
}

// TestATokenIsNeverPrinted: not by any verb, nor in an error.
func TestATokenIsNeverPrinted(t *testing.T) {
	m := newMeta(t)
	for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q", "%x"} {
		if got := fmt.Sprintf(verb, m.number()) + fmt.Sprintf(verb, m.account()); strings.Contains(got, "secret") || strings.Contains(got, "736563726574") {
			t.Errorf("%s shows it: %s", verb, got)
		}
	}
}

// TestErrorsNameNobody: an address can hold a user id, a message of Meta's a
// telephone number.
func TestErrorsNameNobody(t *testing.T) {
	gone := httptest.NewServer(http.NotFoundHandler())
	client := cloudapi.New(gone.Client(), gone.URL, "")
	gone.Close()
	_, err := client.Number("100", "secret").DeleteContactBookEntry(t.Context(), "DE.1349")
	if err == nil || strings.Contains(err.Error(), "DE.1349") {
		t.Error(err)
	}
	m := newMeta(t)
	m.fail(http.StatusBadRequest, `{"error":{"message":"(#131026) to 4917604069001","code":131026,"error_data":{"details":"4917604069001"},"fbtrace_id":"A\nB 1"}}`)
	_, err = m.number().DeleteContactBookEntry(t.Context(), "DE.1349")
	if got, want := err.Error(), "cloud api: delete contact book entry: code 131026 (undeliverable), HTTP 400, trace AB1"; got != want {
		t.Errorf("%s", got)
	}
}

func TestARedirectIsNotFollowed(t *testing.T) {
	m := newMeta(t)
	m.fail(http.StatusTemporaryRedirect, m.url+"/elsewhere")
	if _, err := m.number().Info(t.Context()); err == nil {
		t.Error("followed")
	}
	m.only(t)
}

func TestAnEmptyIdentifierMakesNoCall(t *testing.T) {
	m := newMeta(t)
	for _, err := range []error{m.client.Number("", "secret").Deregister(t.Context()), m.client.Number("..", "secret").Deregister(t.Context())} {
		var call *cloudapi.CallError
		if !errors.As(err, &call) || call.MayHaveArrived {
			t.Error(err)
		}
	}
	if len(m.calls) > 0 {
		t.Error("a call was made")
	}
	m.answer(`{"deleted":true}`)
	if _, err := m.number().DeleteContactBookEntry(t.Context(), "a/../b?c"); err != nil {
		t.Error(err)
	}
	if line := m.only(t).line; line != "DELETE /v25.0/100/contact_book/a%2F..%2Fb%3Fc" {
		t.Error(line)
	}
}

func TestAChangeMustSaySuccess(t *testing.T) {
	m := newMeta(t)
	m.answer(`{"success":false}`, `{}`, `not json`)
	for range 3 {
		if err := m.number().Deregister(t.Context()); err == nil {
			t.Error("taken for done")
		}
	}
}

func TestDefaults(t *testing.T) {
	seen := make(chan string, 1)
	client := cloudapi.New(&http.Client{Transport: roundTrip(func(r *http.Request) (*http.Response, error) {
		seen <- r.URL.String()
		return nil, errors.New("no network in a test")
	})}, "", "")
	_ = client.Number("100", "secret").Deregister(t.Context())
	if got := <-seen; got != "https://graph.facebook.com/v25.0/100/deregister" {
		t.Error(got)
	}
}

type roundTrip func(*http.Request) (*http.Response, error)

func (f roundTrip) RoundTrip(r *http.Request) (*http.Response, error) { return f(r) }
