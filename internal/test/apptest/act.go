package apptest

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"strconv"
	"strings"
	"testing"
	"time"

	"einklang/internal/account/token"
	"einklang/internal/account/user"
	"einklang/internal/consent/optin"
	"einklang/internal/door/web/shell"
	"einklang/internal/engine/cloudapi"
	"einklang/internal/engine/store"
	"einklang/internal/person/chat"
	"einklang/internal/rule/id"
	"einklang/sandbox"
)

// contextOf shortens the signature of pieces of work.
type contextOf = context.Context

// settleWithin is how long Settle waits before it calls the test stuck, and
// look how often it looks; a benchmark waits longer and looks less often, so as
// not to measure itself.
const (
	settleWithin = time.Minute
	look         = 2 * time.Millisecond
)

// Customer adds a WhatsApp user to the sandbox; without a phone number she is
// known by her BSUID only.
func (o *Office) Customer(name, phone string) *sandbox.Phone {
	return o.Sandbox.AddCustomer(sandbox.Customer{Name: name, Phone: phone})
}

// Fault switches a fault of the sandbox on.
func (o *Office) Fault(tb testing.TB, f sandbox.Fault) {
	tb.Helper()
	if err := o.Sandbox.AddFault(f); err != nil {
		tb.Fatal(err)
	}
}

// Person is what the organisation knows of a customer, or nil.
func (o *Office) Person(tb testing.TB, p *sandbox.Phone) *chat.Known {
	tb.Helper()
	k, err := o.People.ByBSUID(tb.Context(), o.DB, o.Org.ID, p.UserID)
	if err != nil {
		tb.Fatal(err)
	}
	return k
}

// Agree lets a person agree to a purpose by a message of her own.
func (o *Office) Agree(tb testing.TB, person id.Person, purpose string) {
	tb.Helper()
	o.Write(tb, func(tx store.Tx) error {
		p, err := o.People.Get(tb.Context(), tx, o.Org.ID, person)
		if err != nil {
			return err
		}
		_, err = o.Consents.Grant(tb.Context(), tx, o.Org.ID, p, optin.Event{Purpose: purpose, Source: optin.FromKeyword,
			Detail: optin.Detail{Wording: "Ja, gern.", Message: id.Message(o.IDs.New())}})
		return err
	})
}

// Settle waits until the sandbox has told everything and nothing is waiting to
// be sent or fetched. Messages that are uncertain or put off are at rest.
func (o *Office) Settle(tb testing.TB) {
	tb.Helper()
	o.Until(tb, "everything is at rest", func() bool {
		// First the webhooks: what they bring is in the queue once they are
		// answered, and what the queue sends brings further ones.
		if !o.Sandbox.Idle() {
			return false
		}
		var moving bool
		err := o.DB.QueryRow(tb.Context(), `SELECT EXISTS (SELECT 1 FROM outbox WHERE org_id = ? AND state IN ('queued', 'sending'))
			OR EXISTS (SELECT 1 FROM media WHERE org_id = ? AND state = 'wanted' AND attempts < 3)`, o.Org.ID, o.Org.ID).Scan(&moving)
		if err != nil {
			tb.Fatal(err)
		}
		return !moving && o.Sandbox.Idle()
	})
}

// Until waits until a condition holds, and fails the test if it does not come
// to hold.
func (o *Office) Until(tb testing.TB, what string, holds func() bool) {
	tb.Helper()
	within, pause := settleWithin, look
	if _, benchmark := tb.(*testing.B); benchmark {
		within, pause = 10*settleWithin, 10*look
	}
	for end := time.Now().Add(within); !holds(); {
		if time.Now().After(end) {
			tb.Fatalf("waited in vain until %s", what)
		}
		time.Sleep(pause)
	}
}

// Post sends a signed webhook and returns the status. 200 means that it is
// stored and applied.
func (o *Office) Post(tb testing.TB, body []byte) int {
	tb.Helper()
	return o.PostSigned(tb, body, cloudapi.Sign(AppSecret, body))
}

// PostSigned sends a webhook with a signature of the test's own.
func (o *Office) PostSigned(tb testing.TB, body []byte, signature string) int {
	tb.Helper()
	r, err := http.NewRequestWithContext(tb.Context(), http.MethodPost, o.URL+"/webhooks/whatsapp", bytes.NewReader(body))
	if err != nil {
		tb.Fatal(err)
	}
	r.Header.Set("X-Hub-Signature-256", signature)
	resp, err := http.DefaultClient.Do(r)
	if err != nil {
		tb.Fatal(err)
	}
	defer func() { _ = resp.Body.Close() }()
	_, _ = io.Copy(io.Discard, resp.Body)
	return resp.StatusCode
}

// Webhook is the body of a webhook of the example number with one value of the
// field "messages" (Cloud API: webhooks, messages).
func Webhook(value map[string]any) []byte {
	value["messaging_product"] = "whatsapp"
	value["metadata"] = map[string]any{"display_phone_number": Display, "phone_number_id": PhoneNumberID}
	body, err := json.Marshal(map[string]any{"object": "whatsapp_business_account", "entry": []any{map[string]any{
		"id": WABA, "changes": []any{map[string]any{"field": "messages", "value": value}}}}})
	if err != nil {
		panic(err) // values of a test are plain
	}
	return body
}

// Text is the webhook of a text message from a phone number.
func Text(wamid, from, name, text string, at time.Time) []byte {
	return Webhook(map[string]any{
		"contacts": []any{map[string]any{"profile": map[string]any{"name": name}, "wa_id": from}},
		"messages": []any{map[string]any{"id": wamid, "from": from, "timestamp": strconv.FormatInt(at.Unix(), 10), "type": "text", "text": map[string]any{"body": text}}},
	})
}

// Status is the webhook of a status: sent, delivered, read, failed.
func Status(wamid, recipient, status, callback string, at time.Time) []byte {
	s := map[string]any{"id": wamid, "status": status, "timestamp": strconv.FormatInt(at.Unix(), 10), "recipient_id": recipient}
	if callback != "" {
		s["biz_opaque_callback_data"] = callback
	}
	if status == "failed" {
		s["errors"] = []any{map[string]any{"code": 131026, "title": "Message undeliverable"}}
	}
	return Webhook(map[string]any{"statuses": []any{s}})
}

// SignIn makes an account with a role and returns a browser that is signed in.
func (o *Office) SignIn(tb testing.TB, role user.Role) *http.Client {
	tb.Helper()
	return o.SignInTo(tb, o.Org.ID, role)
}

// SignInTo is SignIn for another organisation of the installation.
func (o *Office) SignInTo(tb testing.TB, org id.Org, role user.Role) *http.Client {
	tb.Helper()
	const password = "Beispiel-Passwort"
	email := fmt.Sprintf("%s-%s@example.com", role, o.IDs.New())
	made, err := o.Users.Create(tb.Context(), user.Account{Org: org, Role: role, Locale: "de", Name: fmt.Sprintf("Beispielkonto %s", role), Email: email}, password)
	if err != nil {
		tb.Fatal(err)
	}
	o.LongSince(tb, made.ID)
	return o.SignInAs(tb, email, password)
}

// Browser is one that keeps cookies, as those of people do.
func Browser() *http.Client {
	jar, err := cookiejar.New(nil)
	if err != nil {
		panic(err) // only for options, and there are none
	}
	return &http.Client{Jar: jar}
}

// LongSince has an account be there for a year: who is new decides nothing
// (rule/foureyes).
func (o *Office) LongSince(tb testing.TB, account id.Account) {
	tb.Helper()
	o.Write(tb, func(tx store.Tx) error {
		_, err := tx.Exec(tb.Context(), "UPDATE account SET decides_since = ? WHERE id = ?", store.Micros(o.Clock.Now().AddDate(-1, 0, 0)), account)
		return err
	})
}

// SignInAs signs an account in that is there. When a page asks her later to prove
// who she is, she enters her password.
func (o *Office) SignInAs(tb testing.TB, email, password string) *http.Client {
	tb.Helper()
	browser := Browser()
	browser.Transport = proving{o.URL, password}
	resp, err := browser.PostForm(o.URL+"/sign-in", url.Values{"email": {email}, "password": {password}})
	if err != nil {
		tb.Fatal(err)
	}
	defer func() { _ = resp.Body.Close() }()
	if _, err := io.Copy(io.Discard, resp.Body); err != nil || resp.StatusCode != http.StatusOK { // to its end: then the view of this page is under way to the log
		tb.Fatalf("signing in: %s, %v", resp.Status, err)
	}
	return browser
}

// Token makes a token for the organisation, and returns its secret.
func (o *Office) Token(tb testing.TB, t token.Token) (made token.Token, secret string) {
	tb.Helper()
	if t.Org.IsZero() {
		t.Org = o.Org.ID
	}
	if t.Name == "" {
		t.Name = "test"
	}
	o.Write(tb, func(tx store.Tx) (err error) {
		made, secret, err = o.Tokens.Make(tb.Context(), tx, t)
		return err
	})
	return made, secret
}

// OldToken is a token from before they had kinds and scopes: it may everything,
// and says itself why it writes.
func (o *Office) OldToken(tb testing.TB, org id.Org) string {
	tb.Helper()
	made, secret := o.Token(tb, token.Token{Org: org, Kind: token.Automation, Scopes: token.Scopes()})
	o.Write(tb, func(tx store.Tx) error {
		_, err := tx.Exec(tb.Context(), "UPDATE api_token SET kind = 'legacy', scopes = '', expires_at = 0 WHERE id = ?", made.ID)
		return err
	})
	return secret
}

// REST calls the REST interface with the organisation's token. A body that is
// not nil is sent as JSON, and the answer is read into into unless it is nil.
func (o *Office) REST(tb testing.TB, method, path string, body, into any) int {
	tb.Helper()
	var sent io.Reader
	if body != nil {
		text, err := json.Marshal(body)
		if err != nil {
			tb.Fatal(err)
		}
		sent = bytes.NewReader(text)
	}
	r, err := http.NewRequestWithContext(tb.Context(), method, o.URL+path, sent)
	if err != nil {
		tb.Fatal(err)
	}
	r.Header.Set("Authorization", "Bearer "+o.APIToken)
	r.Header.Set("Content-Type", "application/json")
	return o.do(tb, r, into)
}

// do sends a request and reads the JSON of the answer.
func (o *Office) do(tb testing.TB, r *http.Request, into any) int {
	tb.Helper()
	resp, err := http.DefaultClient.Do(r)
	if err != nil {
		tb.Fatal(err)
	}
	defer func() { _ = resp.Body.Close() }()
	text, err := io.ReadAll(resp.Body)
	if err != nil {
		tb.Fatal(err)
	}
	if into != nil {
		if err := json.Unmarshal(text, into); err != nil {
			tb.Fatalf("%s %s answered %s, which is not the JSON expected: %v\n%s", r.Method, r.URL.Path, resp.Status, err, text)
		}
	}
	return resp.StatusCode
}

// Count counts rows of the organisation: Count(tb, "message", "outgoing = ?", true).
func (o *Office) Count(tb testing.TB, table, where string, args ...any) int {
	tb.Helper()
	var n int64
	query := "SELECT COUNT(*) FROM " + table + " WHERE org_id = ?"
	if where != "" {
		query += " AND " + where
	}
	if err := o.DB.QueryRow(tb.Context(), query, append([]any{o.Org.ID}, args...)...).Scan(&n); err != nil {
		tb.Fatal(err)
	}
	return int(n)
}

// Allow lets a piece of work fail without failing the test, and returns its
// error.
func (o *Office) Allow(tb testing.TB, do func(store.Tx) error) error {
	tb.Helper()
	return o.DB.Write(tb.Context(), func(_ contextOf, tx store.Tx) error { return do(tx) })
}

// Sought is the address of a page whose field for searching somebody has filled in:
// what stands in q is sealed for the session among the cookies, as the page does.
func Sought(cookies []*http.Cookie, address string) string {
	path, query, _ := strings.Cut(address, "?")
	q, err := url.ParseQuery(query)
	words := q.Get("q")
	if err != nil || words == "" {
		return address
	}
	for _, c := range cookies {
		if c.Name == "einklang" {
			q.Del("q")
			q.Set(shell.SealedField, shell.SealWords(c.Value, words))
		}
	}
	return path + "?" + q.Encode()
}

// Sought is [Sought] for a browser that is signed in.
func (o *Office) Sought(browser *http.Client, address string) string {
	home, err := url.Parse(o.URL)
	if err != nil || browser.Jar == nil {
		return address
	}
	return Sought(browser.Jar.Cookies(home), address)
}
