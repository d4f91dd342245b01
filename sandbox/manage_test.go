package sandbox_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"einklang/internal/engine/cloudapi"
	"einklang/sandbox"
)

func TestUploadAndSend(t *testing.T) {
	x := lay(t)
	x.wrote(t)
	id, err := x.api.Upload(t.Context(), strings.NewReader("png"), "rad.png", "image/png")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := x.send(t, cloudapi.Content{Type: "image", Image: &cloudapi.Media{ID: id, Caption: "Rad"}}); err != nil {
		t.Error(err)
	}
	if _, err := x.send(t, cloudapi.Content{Type: "video", Video: &cloudapi.Media{ID: id}}); code(err) != 131053 {
		t.Error("a picture goes as a film:", err)
	}
	if _, err := x.send(t, cloudapi.Content{Type: "document", Document: &cloudapi.Media{ID: id}}); err != nil {
		t.Error("any file may go as a document:", err)
	}
	if err := x.api.DeleteMedia(t.Context(), id); err != nil {
		t.Error(err)
	}
	if _, err := x.send(t, cloudapi.Content{Type: "image", Image: &cloudapi.Media{ID: id}}); code(err) != 100 {
		t.Error("a file that is deleted still goes:", err)
	}
}

// TestFileLimits: size and type (Cloud API: media).
func TestFileLimits(t *testing.T) {
	x := lay(t)
	for _, c := range []struct {
		mimeType string
		size     int
		code     int
	}{
		{"image/jpeg", 5 << 20, 0}, {"image/png", 5<<20 + 1, 131053}, {"image/webp", 500 << 10, 0}, {"image/webp", 500<<10 + 1, 131053},
		{"audio/ogg; codecs=opus", 100, 0}, {"video/mp4", 16<<20 + 1, 131053}, {"application/pdf", 17 << 20, 0}, {"text/plain", 1, 0},
		{"application/vnd.openxmlformats-officedocument.wordprocessingml.document", 1, 0}, {"image/gif", 1, 100}, {"application/zip", 1, 100}, {"text/html", 1, 100},
	} {
		_, err := x.api.Upload(t.Context(), bytes.NewReader(make([]byte, c.size)), "file", c.mimeType)
		if code(err) != c.code || c.code == 0 && err != nil {
			t.Errorf("%d bytes of %s: %v, want code %d", c.size, c.mimeType, err, c.code)
		}
	}
}

// TestAnAddressIsGoodForFiveMinutes and for the right token only.
func TestAnAddressIsGoodForFiveMinutes(t *testing.T) {
	x := lay(t)
	id := x.AddFile("image/png", []byte("png"))
	info, err := x.api.MediaInfo(t.Context(), id)
	if err != nil || info.FileSize != 3 || info.MimeType != "image/png" {
		t.Fatal(info, err)
	}
	get := func(n cloudapi.Number) error {
		file, err := n.Download(t.Context(), info.URL, 10)
		if err != nil {
			return err
		}
		_, err = io.ReadAll(file)
		_ = file.Close()
		return err
	}
	x.pass(5*time.Minute - time.Second)
	if err := get(x.api); err != nil {
		t.Error(err)
	}
	other := cloudapi.New(http.DefaultClient, x.url, "").Number("100", "other")
	if err := get(other); code(err) != 190 {
		t.Error(err)
	}
	x.pass(time.Second)
	if err := get(x.api); err == nil {
		t.Error("the address still works")
	}
}

func TestTheNumber(t *testing.T) {
	x := lay(t)
	info, err := x.api.Info(t.Context())
	if err != nil || info.ID != "100" || info.VerifiedName != "Beispiel GmbH" || info.PerSecond() != 80 {
		t.Error(info, err)
	}
	x.AddNumber("101", "200", "+49 30 23125001", "Zweite")
	x.AddNumber("102", "201", "+49 30 23125002", "Fremde")
	numbers, err := x.account.Numbers(t.Context())
	if err != nil || len(numbers) != 2 {
		t.Error(numbers, err)
	}
	if err := x.api.SetProfile(t.Context(), cloudapi.Profile{About: "Räder", Websites: []string{"https://example.com"}}); err != nil {
		t.Error(err)
	}
	if p, err := x.api.Profile(t.Context()); err != nil || p.About != "Räder" || !slices.Equal(p.Websites, []string{"https://example.com"}) {
		t.Error(p, err)
	}
	if err := x.api.SetProfile(t.Context(), cloudapi.Profile{About: strings.Repeat("x", 140)}); code(err) != 100 {
		t.Error(err)
	}
	if err := x.api.RequestCode(t.Context(), "SMS", "de"); err != nil {
		t.Error(err)
	}
	if err := x.api.VerifyCode(t.Context(), "999999"); code(err) != 136025 {
		t.Error(err)
	}
	if err := x.api.VerifyCode(t.Context(), "123456"); err != nil {
		t.Error(err)
	}
	if err := x.api.SetAutomation(t.Context(), cloudapi.Automation{Prompts: []string{"Hallo"}}); err != nil {
		t.Error(err)
	}
	if _, err := x.account.Pricing(t.Context(), "pricing_analytics"); err != nil {
		t.Error(err)
	}
}

// TestWhereMetaKeepsContent: by registration with a region, and by settings.
func TestWhereMetaKeepsContent(t *testing.T) {
	x := lay(t)
	storage := func() cloudapi.Storage {
		t.Helper()
		s, err := x.api.Settings(t.Context())
		if err != nil || s.Storage == nil {
			t.Fatal(s, err)
		}
		return *s.Storage
	}
	if got := storage(); got.Status != cloudapi.StorageDefault {
		t.Error(got)
	}
	if err := x.api.Register(t.Context(), "123456", "DE"); err != nil {
		t.Fatal(err)
	}
	if got := storage(); got != (cloudapi.Storage{Status: cloudapi.StorageInCountry, Region: "DE"}) {
		t.Error(got)
	}
	for _, s := range []cloudapi.Storage{{Status: cloudapi.StorageNone}, {Status: cloudapi.StorageInCountry, Region: "CH", RetentionMinutes: 60}, {Status: cloudapi.StorageDefault}} {
		if err := x.api.SetStorage(t.Context(), s); err != nil {
			t.Error(err)
		}
		if got := storage(); got != s {
			t.Error(got)
		}
	}
	if err := x.api.SetStorage(t.Context(), cloudapi.Storage{Status: cloudapi.StorageInCountry}); code(err) != 131008 {
		t.Error(err)
	}
	if err := x.api.SetStorage(t.Context(), cloudapi.Storage{Status: "ELSEWHERE"}); code(err) != 131009 {
		t.Error(err)
	}
}

func TestRegistration(t *testing.T) {
	x := lay(t)
	x.wrote(t)
	if err := x.api.Deregister(t.Context()); err != nil {
		t.Fatal(err)
	}
	if _, err := x.send(t, text("x")); code(err) != 133010 {
		t.Error(err)
	}
	if err := x.api.Register(t.Context(), "12345", ""); code(err) != 100 {
		t.Error(err)
	}
	if err := x.api.SetPin(t.Context(), "654321"); err != nil {
		t.Error(err)
	}
	if err := x.api.Register(t.Context(), "123456", ""); code(err) != 133005 {
		t.Error(err)
	}
	if err := x.api.Register(t.Context(), "654321", ""); err != nil {
		t.Error(err)
	}
	if _, err := x.send(t, text("x")); err != nil {
		t.Error(err)
	}
}

// TestBlockList: only users who wrote within 24 hours; what they write then
// does not arrive.
func TestBlockList(t *testing.T) {
	x := lay(t)
	if err := x.api.Block(t.Context(), phone); code(err) != 139100 {
		t.Error("somebody who never wrote:", err)
	}
	x.wrote(t)
	x.lieschen.Say(x.number, "Guten Tag")
	x.company.message(t)
	if err := x.api.Block(t.Context(), phone, x.lieschen.UserID); err != nil {
		t.Fatal(err)
	}
	if users, err := x.api.Blocked(t.Context()); err != nil || !slices.Equal(users, []string{phone, x.lieschen.UserID}) {
		t.Error(users, err)
	}
	x.erika.Say(x.number, "Hallo?")
	x.idle(t)
	if err := x.api.Unblock(t.Context(), phone); err != nil {
		t.Error(err)
	}
	x.wrote(t)
	if err := x.api.Block(t.Context(), "999"); code(err) != 139100 {
		t.Error("nobody:", err)
	}
}

func TestContactBook(t *testing.T) {
	x := lay(t)
	forget := func(user string) bool {
		t.Helper()
		deleted, err := x.api.DeleteContactBookEntry(t.Context(), user)
		if err != nil {
			t.Error(err)
		}
		return deleted
	}
	if forget(x.erika.UserID) {
		t.Error("an entry before any contact")
	}
	x.wrote(t)
	if !forget(x.erika.UserID) || forget(x.erika.UserID) {
		t.Error("an entry is deleted once")
	}
	if _, err := x.send(t, text("x")); err != nil {
		t.Fatal(err)
	}
	if !forget(x.erika.UserID) {
		t.Error("a later interaction makes the entry anew")
	}
	if _, err := x.api.DeleteContactBookEntry(t.Context(), "DE.ENT.1"); code(err) != 100 {
		t.Error("a parent id is taken:", err)
	}
}

func TestLinks(t *testing.T) {
	x := lay(t)
	for range 30 {
		if _, err := x.api.CreateLink(t.Context(), "Guten Tag", "SVG"); err != nil {
			t.Fatal(err)
		}
	}
	links, err := x.api.Links(t.Context())
	if err != nil || len(links) != 30 || links[0].PrefilledMessage != "Guten Tag" || !strings.HasPrefix(links[0].DeepLinkURL, "https://wa.me/message/") {
		t.Fatal(len(links), err)
	}
	if err := x.api.DeleteLink(t.Context(), links[0].Code); err != nil {
		t.Error(err)
	}
	if links, err = x.api.Links(t.Context()); err != nil || len(links) != 29 {
		t.Error(len(links), err)
	}
	if _, err := x.api.CreateLink(t.Context(), "", "SVG"); code(err) != 131008 {
		t.Error(err)
	}
}

func TestTemplatesAreReviewed(t *testing.T) {
	x := lay(t)
	submit := func(name string) (cloudapi.MessageTemplate, error) {
		return x.account.CreateTemplate(t.Context(), cloudapi.MessageTemplate{Name: name, Language: "de", Category: "UTILITY", Components: json.RawMessage(`[{"type":"BODY","text":"Guten Tag"}]`)})
	}
	for name, want := range map[string]string{"gruss": "APPROVED", "please_reject": "REJECTED"} {
		made, err := submit(name)
		if err != nil || made.ID == "" || made.Status != "PENDING" {
			t.Fatal(made, err)
		}
		e, ok := x.company.next(t).(*cloudapi.TemplateStatus)
		if !ok || e.Event != want || e.Name != name || e.Language != "de" || string(e.ID) != made.ID {
			t.Errorf("%+v", e)
		}
	}
	for _, bad := range []string{"gruss", "Gruß", ""} {
		if _, err := submit(bad); code(err) != 100 {
			t.Errorf("%q: %v", bad, err)
		}
	}
	all, err := x.account.Templates(t.Context())
	if err != nil || len(all) != 2 {
		t.Fatal(all, err)
	}
	at := slices.IndexFunc(all, func(m cloudapi.MessageTemplate) bool { return m.Name == "gruss" })
	if err := x.account.EditTemplate(t.Context(), all[at].ID, json.RawMessage(`[{"type":"BODY","text":"Hallo"}]`)); err != nil {
		t.Error(err)
	}
	if e, ok := x.company.next(t).(*cloudapi.TemplateStatus); !ok || e.Event != "APPROVED" {
		t.Errorf("%+v", e)
	}
	x.SetTemplateStatus("200", "gruss", "de", "PAUSED")
	if e, ok := x.company.next(t).(*cloudapi.TemplateStatus); !ok || e.Event != "PAUSED" {
		t.Errorf("%+v", e)
	}
	if err := x.account.DeleteTemplate(t.Context(), "gruss", ""); err != nil {
		t.Error(err)
	}
	if all, err = x.account.Templates(t.Context()); err != nil || len(all) != 1 || all[0].Name != "please_reject" {
		t.Error(all, err)
	}
}

func TestListsComeInPages(t *testing.T) {
	x := lay(t)
	var want []string
	for i := range 250 {
		name := fmt.Sprintf("t%03d", i)
		want = append(want, name)
		x.AddTemplate("200", sandbox.Template{Name: name, Language: "de", Category: "UTILITY", Components: json.RawMessage(`[]`)})
	}
	all, err := x.account.Templates(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, m := range all {
		got = append(got, m.Name)
	}
	if !reflect.DeepEqual(got, want) {
		t.Errorf("%d templates", len(got))
	}
}
