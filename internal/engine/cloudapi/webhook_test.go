package cloudapi_test

import (
	"bytes"
	"encoding/json"
	"flag"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"einklang/internal/engine/cloudapi"
)

var update = flag.Bool("update", false, "write the events that the webhooks in testdata give")

// TestWebhooks reads each documented webhook in testdata/webhooks and compares
// what it says with the list of events beside it.
func TestWebhooks(t *testing.T) {
	files, err := filepath.Glob("testdata/webhooks/*.json")
	if err != nil || len(files) < 60 {
		t.Fatalf("%d files, %v", len(files), err)
	}
	for _, file := range files {
		name := strings.TrimSuffix(filepath.Base(file), ".json")
		t.Run(name, func(t *testing.T) {
			n, err := cloudapi.ParseWebhook(read(t, file))
			if err != nil {
				t.Fatal(err)
			}
			got := tell(t, n)
			golden := strings.TrimSuffix(file, ".json") + ".events"
			if *update {
				if err := os.WriteFile(golden, got, 0o600); err != nil {
					t.Fatal(err)
				}
			}
			if want := read(t, golden); !bytes.Equal(got, want) {
				t.Errorf("got\n%s\nwant\n%s", got, want)
			}
		})
	}
}

// tell writes events as lines: the type, to whom it belongs, what it says.
func tell(t testing.TB, n cloudapi.Notification) []byte {
	t.Helper()
	var b bytes.Buffer
	for _, e := range n.Events {
		h := e.Where()
		fmt.Fprintf(&b, "%s account=%s number=%s field=%s\n", strings.TrimPrefix(fmt.Sprintf("%T", e), "*cloudapi."), h.WABA, h.PhoneNumberID, h.Field)
		if broken, is := e.(*cloudapi.Broken); is {
			fmt.Fprintf(&b, "  %v\n", broken.Err)
			continue
		}
		encoded, err := json.Marshal(e)
		if err != nil {
			t.Fatal(err)
		}
		var says map[string]any
		if err := json.Unmarshal(encoded, &says); err != nil {
			t.Fatal(err)
		}
		for _, of := range []string{"WABA", "PhoneNumberID", "Field"} {
			delete(says, of)
		}
		strip(says)
		encoded, err = json.MarshalIndent(says, "  ", " ")
		if err != nil {
			t.Fatal(err)
		}
		fmt.Fprintf(&b, "  %s\n", encoded)
	}
	return b.Bytes()
}

// strip removes what says nothing.
func strip(says map[string]any) {
	for name, value := range says {
		switch v := value.(type) {
		case nil:
			delete(says, name)
		case string:
			if v == "" || v == "0001-01-01T00:00:00Z" {
				delete(says, name)
			}
		case bool:
			if !v {
				delete(says, name)
			}
		case map[string]any:
			if strip(v); len(v) == 0 {
				delete(says, name)
			}
		}
	}
}

func TestWhatIsNoWebhook(t *testing.T) {
	for _, body := range []string{"", "null", "[]", "{}", `{"object":"page","entry":[]}`,
		`{"object":"whatsapp_business_account"`, "\x00", strings.Repeat("[", 20_000)} {
		if _, err := cloudapi.ParseWebhook([]byte(body)); err == nil {
			t.Errorf("%.40q is taken for a webhook", body)
		}
	}
	if n, err := cloudapi.ParseWebhook([]byte(`{"object":"whatsapp_business_account","entry":[]}`)); err != nil || len(n.Events) != 0 {
		t.Errorf("an empty one: %v, %v", n, err)
	}
	n, err := cloudapi.ParseWebhook([]byte(`{"object":"whatsapp_business_account","entry":{}}`))
	if err != nil || len(n.Events) != 1 {
		t.Fatalf("an entry that says nothing: %v, %v", n, err)
	}
	if _, broken := n.Events[0].(*cloudapi.Broken); !broken {
		t.Errorf("an entry that says nothing is a %T", n.Events[0])
	}
}

func TestPersonalDataStaysOutOfLogs(t *testing.T) {
	for _, file := range []string{"text", "status_sent", "preference_stop", "user_id_update", "echo"} {
		n, err := cloudapi.ParseWebhook(read(t, "testdata/webhooks/"+file+".json"))
		if err != nil {
			t.Fatal(err)
		}
		for _, e := range n.Events {
			valuer, ok := e.(interface{ LogValue() slog.Value })
			if !ok {
				if _, broken := e.(*cloudapi.Broken); !broken {
					t.Errorf("%T is logged as it is", e)
				}
				continue
			}
			logged := fmt.Sprint(valuer.LogValue())
			for _, secret := range []string{"4917604069001", "DE.", "Erika", "Guten"} {
				if strings.Contains(logged, secret) {
					t.Errorf("%T shows %q: %s", e, secret, logged)
				}
			}
		}
	}
}

func TestSignature(t *testing.T) {
	body := []byte(`{"object":"whatsapp_business_account","entry":[]}`)
	good := cloudapi.Sign("secret", body)
	for _, c := range []struct {
		name, secret, header string
		body                 []byte
		want                 bool
	}{
		{"the right one", "secret", good, body, true},
		{"in capitals", "secret", "sha256=" + strings.ToUpper(good[7:]), body, true},
		{"another secret", "other", good, body, false},
		{"another body", "secret", good, append([]byte(" "), body...), false},
		{"none", "secret", "", body, false},
		{"without the name of the method", "secret", good[7:], body, false},
		{"SHA-1", "secret", "sha1=" + good[7:47], body, false},
		{"cut short", "secret", good[:len(good)-2], body, false},
		{"too long", "secret", good + "00", body, false},
		{"not hexadecimal", "secret", "sha256=" + strings.Repeat("zz", 32), body, false},
	} {
		t.Run(c.name, func(t *testing.T) {
			if got := cloudapi.VerifySignature(c.secret, c.body, c.header); got != c.want {
				t.Errorf("%v", got)
			}
		})
	}
}

// TestKnownSignature compares with a value computed with another tool:
// printf '%s' 'Guten Tag' | openssl dgst -sha256 -hmac secret
func TestKnownSignature(t *testing.T) {
	if got := cloudapi.Sign("secret", []byte("Guten Tag")); got != "sha256=04a73e5bc4e2cf3292f686efd2ae0fc6612e544ea4291dacecd05eab56c5aa46" {
		t.Errorf("%s", got)
	}
}

func FuzzParseWebhook(f *testing.F) {
	files, err := filepath.Glob("testdata/webhooks/*.json")
	if err != nil {
		f.Fatal(err)
	}
	for _, file := range files {
		body, err := os.ReadFile(file)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(body)
	}
	f.Fuzz(func(t *testing.T, body []byte) {
		n, err := cloudapi.ParseWebhook(body)
		if err != nil && len(n.Events) > 0 {
			t.Error("events beside an error")
		}
		for _, e := range n.Events {
			switch e := e.(type) {
			case *cloudapi.IncomingMessage:
				if e.ID == "" || e.From == "" && e.UserID == "" && e.ParentUserID == "" && e.GroupID == "" {
					t.Errorf("a message without id or sender: %+v", e)
				}
				if e.Edit == nil && e.Revoke == nil && e.Content.Type == "" {
					t.Errorf("a message that says nothing: %+v", e)
				}
			case *cloudapi.Unnumbered:
				if e.ID != "" || e.From == "" && e.UserID == "" && e.ParentUserID == "" && e.GroupID == "" && e.Content.System == nil {
					t.Errorf("a message with an id or without a sender: %+v", e)
				}
			case *cloudapi.Status:
				if e.ID == "" || e.Status == "" {
					t.Errorf("%+v", e)
				}
			case *cloudapi.UserIDUpdate:
				if e.NewUserID == "" {
					t.Errorf("%+v", e)
				}
			case *cloudapi.Broken:
				if e.Err == nil {
					t.Error("broken without a reason")
				}
			}
			if _, err := json.Marshal(e); err != nil {
				t.Errorf("%T cannot be stored: %v", e, err)
			}
		}
	})
}

func FuzzSignature(f *testing.F) {
	f.Add("secret", []byte("{}"), "sha256=00")
	f.Add("", []byte(""), cloudapi.Sign("", nil))
	f.Fuzz(func(t *testing.T, secret string, body []byte, header string) {
		right := cloudapi.Sign(secret, body)
		if !cloudapi.VerifySignature(secret, body, right) {
			t.Error("the right signature is refused")
		}
		if cloudapi.VerifySignature(secret, body, header) != strings.EqualFold(header, right) || !strings.HasPrefix(header, "sha256=") && cloudapi.VerifySignature(secret, body, header) {
			t.Errorf("%q", header)
		}
	})
}
