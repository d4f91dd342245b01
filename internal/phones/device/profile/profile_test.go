package profile

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/json"
	"math/big"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/smallstep/pkcs7"
	"howett.net/plist"

	"einklang/internal/phones/device"
	"einklang/internal/rule/id"
)

var account = Account{PublicURL: "https://einklang.example:8443", Company: "Beispiel & Söhne", Path: "/carddav/x/", Login: "geraet-1", Password: "geheim"}

func contents(t *testing.T, d device.Device) map[string]map[string]any {
	t.Helper()
	text, err := Apple(d, account)
	if err != nil {
		t.Fatal(err)
	}
	var p struct {
		PayloadType    string
		PayloadContent []map[string]any
	}
	if _, err := plist.Unmarshal(text, &p); err != nil || p.PayloadType != "Configuration" {
		t.Fatalf("%v\n%s", err, text)
	}
	parts := map[string]map[string]any{}
	for _, c := range p.PayloadContent {
		parts[c["PayloadType"].(string)] = c
	}
	return parts
}

func TestS05AppleProfile(t *testing.T) {
	d := device.Device{ID: id.Device{1, 2, 3}, Product: device.Business, Platform: device.IOS, Management: device.Supervised}
	parts := contents(t, d)
	for key, want := range map[string]any{"CardDAVHostName": "einklang.example", "CardDAVPort": uint64(8443), "CardDAVUseSSL": true,
		"CardDAVPrincipalURL": "/carddav/x/", "CardDAVUsername": "geraet-1", "CardDAVPassword": "geheim", "CardDAVAccountDescription": "Beispiel & Söhne"} {
		if got := parts["com.apple.carddav.account"][key]; got != want {
			t.Errorf("%s: %v, want %v", key, got, want)
		}
	}
	// S05, S13, S15 and privacy.md §7.
	for _, key := range []string{"allowCloudBackup", "allowManagedToWriteUnmanagedContacts", "allowUnmanagedToReadManagedContacts", "allowOpenFromManagedToUnmanaged", "allowCloudPhotoLibrary"} {
		if got := parts["com.apple.applicationaccess"][key]; got != false {
			t.Errorf("%s: %v", key, got)
		}
	}
	d.Management = device.WorkProfile
	if _, there := contents(t, d)["com.apple.applicationaccess"]["allowCloudBackup"]; there {
		t.Error("a restriction that needs supervision is in the profile of a phone without it")
	}
	if _, err := Apple(d, Account{PublicURL: "::"}); err == nil {
		t.Error("an address that cannot be read is taken")
	}
}

func TestSignedProfile(t *testing.T) {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "Beispiel"}, NotAfter: time.Now().Add(time.Hour)}
	raw, err := x509.CreateCertificate(rand.Reader, template, template, key.Public(), key)
	if err != nil {
		t.Fatal(err)
	}
	signed, err := Sign([]byte("profile"), tls.Certificate{Certificate: [][]byte{raw}, PrivateKey: key})
	if err != nil {
		t.Fatal(err)
	}
	read, err := pkcs7.Parse(signed)
	if err != nil || string(read.Content) != "profile" {
		t.Fatal(err)
	}
	if err := read.Verify(); err != nil {
		t.Error(err)
	}
	if _, err := Sign([]byte("profile"), tls.Certificate{}); err == nil {
		t.Error("signed without a key")
	}
}

func TestS05AndroidPolicy(t *testing.T) {
	grants := func(d device.Device, c AndroidChoices) map[string]string {
		text, err := AndroidJSON(d, c)
		if err != nil {
			t.Fatal(err)
		}
		var p struct {
			Applications []struct {
				PackageName      string
				InstallType      string
				PermissionGrants []struct{ Permission, Policy string }
			}
			ModifyAccountsDisabled bool
			CrossProfilePolicies   struct{ ShowWorkContactsInPersonalProfile string }
		}
		if err := json.Unmarshal(text, &p); err != nil {
			t.Fatal(err)
		}
		if !strings.HasSuffix(p.CrossProfilePolicies.ShowWorkContactsInPersonalProfile, "DISALLOWED") || p.ModifyAccountsDisabled != (d.Management == device.Supervised) {
			t.Errorf("%s", text)
		}
		all := map[string]string{}
		for _, a := range p.Applications {
			all[a.PackageName] = a.InstallType
			for _, g := range a.PermissionGrants {
				all[a.PackageName+" "+strings.TrimPrefix(g.Permission, "android.permission.")] = g.Policy
			}
		}
		return all
	}
	for _, c := range []struct {
		name    string
		device  device.Device
		choices AndroidChoices
		want    map[string]string
	}{
		{"Business app with the device book", device.Device{Product: device.Business, Management: device.WorkProfile}, AndroidChoices{}, map[string]string{
			"com.whatsapp": "BLOCKED", "com.whatsapp READ_CONTACTS": "DENY", "com.whatsapp WRITE_CONTACTS": "DENY",
			"com.whatsapp.w4b": "AVAILABLE", "com.whatsapp.w4b READ_CONTACTS": "GRANT", "at.bitfire.davdroid": "FORCE_INSTALLED"}},
		{"Business app without any contacts", device.Device{Product: device.Business, Management: device.Supervised}, AndroidChoices{DenyBusiness: true}, map[string]string{
			"com.whatsapp READ_CONTACTS": "DENY", "com.whatsapp.w4b READ_CONTACTS": "DENY", "com.whatsapp.w4b WRITE_CONTACTS": "DENY"}},
		{"WhatsApp for private people", device.Device{Product: device.Consumer, Management: device.WorkProfile}, AndroidChoices{}, map[string]string{
			"com.whatsapp": "AVAILABLE", "com.whatsapp READ_CONTACTS": "DENY", "com.whatsapp.w4b": "BLOCKED"}},
		{"no WhatsApp", device.Device{Product: device.None, Management: device.Unmanaged}, AndroidChoices{}, map[string]string{
			"com.whatsapp": "BLOCKED", "com.whatsapp.w4b": "BLOCKED"}},
	} {
		got := grants(c.device, c.choices)
		for key, want := range c.want {
			if got[key] != want {
				t.Errorf("%s: %s is %q, want %q", c.name, key, got[key], want)
			}
		}
	}
}

// The files in testdata were written with Google's own types; a policy is the
// same letter by letter.
func TestAndroidPolicyGolden(t *testing.T) {
	for name, c := range map[string]struct {
		device  device.Device
		choices AndroidChoices
	}{
		"business-work-profile":      {device.Device{Product: device.Business, Management: device.WorkProfile}, AndroidChoices{}},
		"business-supervised-denied": {device.Device{Product: device.Business, Management: device.Supervised}, AndroidChoices{DenyBusiness: true}},
		"consumer-work-profile":      {device.Device{Product: device.Consumer, Management: device.WorkProfile}, AndroidChoices{}},
		"none-unmanaged":             {device.Device{Product: device.None, Management: device.Unmanaged}, AndroidChoices{}},
	} {
		want, err := os.ReadFile("testdata/" + name + ".json")
		if err != nil {
			t.Fatal(err)
		}
		got, err := AndroidJSON(c.device, c.choices)
		if err != nil || string(got) != strings.TrimSpace(string(want)) {
			t.Errorf("%s: %v\n%s", name, err, got)
		}
	}
}
