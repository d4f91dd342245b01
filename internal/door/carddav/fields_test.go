package carddav_test

import (
	"bytes"
	"context"
	"encoding/base64"
	"image"
	"image/jpeg"
	"strings"
	"testing"

	"einklang/internal/engine/store"
	"einklang/internal/messaging/assignment"
	"einklang/internal/person/picture"
	"einklang/internal/phones/device"
	"einklang/internal/test/apptest"
)

// small is a picture as it is kept.
func small(t *testing.T) []byte {
	t.Helper()
	var raw bytes.Buffer
	if err := jpeg.Encode(&raw, image.NewGray(image.Rect(0, 0, 8, 8)), nil); err != nil {
		t.Fatal(err)
	}
	picture, err := picture.Small(raw.Bytes())
	if err != nil {
		t.Fatal(err)
	}
	return picture
}

// TestACardHoldsWhatTheDeviceMayHave: the name and the number, unless more is
// allowed; labels as categories, and a picture. Another name of a label, and a
// new picture, come with the next sync.
func TestACardHoldsWhatTheDeviceMayHave(t *testing.T) {
	apptest.Each(t, func(t *testing.T, o *apptest.Office) {
		erika := meet(t, o, 0, 1)[0]
		grant(t, o, erika)
		small := small(t)
		label := assignment.Label{Name: "Stammkunde, Nord", Colour: "teal"}
		o.Write(t, func(tx store.Tx) (err error) {
			if label.ID, err = o.Work.SaveLabel(t.Context(), tx, o.Org.ID, label); err != nil {
				return err
			}
			if err := o.Work.SetLabel(t.Context(), tx, o.Org.ID, erika, label.ID, true); err != nil {
				return err
			}
			return o.Portraits.Set(t.Context(), tx, o.Org.ID, erika, small)
		})
		plain := addPhone(t, o)
		rich := addPhone(t, o, func(d *device.Device) { d.Groups, d.Pictures = true, true })
		card := func(p phone, headers ...string) string {
			t.Helper()
			status, body, _ := ask(t, o, p, "GET", p.book()+erika.String()+".vcf", "", headers...)
			if status != 200 {
				t.Fatalf("answered %d", status)
			}
			return strings.ReplaceAll(body, "\r\n ", "")
		}
		if body := card(plain); strings.Contains(body, "CATEGORIES") || strings.Contains(body, "PHOTO") {
			t.Errorf("the plain card holds more than name and number:\n%s", body)
		}
		picture := base64.StdEncoding.EncodeToString(small)
		if body := card(rich); !strings.Contains(body, `CATEGORIES:Stammkunde\, Nord`+"\r\n") || !strings.Contains(body, "PHOTO;ENCODING=b;TYPE=JPEG:"+picture+"\r\n") {
			t.Errorf("version 3:\n%s", body)
		}
		if body := card(rich, "Accept", "text/vcard; version=4.0"); !strings.Contains(body, "PHOTO:data:image/jpeg;base64,"+picture+"\r\n") {
			t.Errorf("version 4:\n%s", body)
		}

		token := func() string {
			_, list, _ := ask(t, o, rich, "REPORT", rich.book(), syncBody(""))
			return tokenIn(t, list)
		}
		comes := func(what string, change func(ctx context.Context, tx store.Tx) error) {
			t.Helper()
			since := token()
			o.Clock.Advance(1e9)
			o.Write(t, func(tx store.Tx) error { return change(t.Context(), tx) })
			if _, news, _ := ask(t, o, rich, "REPORT", rich.book(), syncBody(since)); !strings.Contains(news, erika.String()+".vcf") {
				t.Errorf("%s does not come with the next sync:\n%s", what, news)
			}
		}
		comes("another name of a label", func(ctx context.Context, tx store.Tx) error {
			label.Name = "Stammkunde Süd"
			_, err := o.Work.SaveLabel(ctx, tx, o.Org.ID, label)
			return err
		})
		if body := card(rich); !strings.Contains(body, "CATEGORIES:Stammkunde Süd\r\n") {
			t.Errorf("after the change:\n%s", body)
		}
		comes("the end of a picture", func(ctx context.Context, tx store.Tx) error { return o.Portraits.Remove(ctx, tx, o.Org.ID, erika) })
		if body := card(rich); strings.Contains(body, "PHOTO") {
			t.Errorf("after the removal:\n%s", body)
		}
	})
}
