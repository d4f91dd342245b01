package phones

import (
	"encoding/xml"
	"errors"
	"io"
	"strings"
	"testing"

	"einklang/internal/phones/device"
	"einklang/internal/rule/i18n"
)

// TestPictures: every picture is whole, has words for those who do not see it,
// and every item with a screenshot has one.
func TestPictures(t *testing.T) {
	de, en, err := i18n.Load()
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []*i18n.Catalogue{de, en} {
		for key, lines := range pictures {
			svg := string(picture(c, key))
			d := xml.NewDecoder(strings.NewReader(svg))
			for {
				if _, err := d.Token(); errors.Is(err, io.EOF) {
					break
				} else if err != nil {
					t.Fatalf("%s: %v", key, err)
				}
			}
			for _, l := range lines {
				if key := "picture." + l.name; !c.Has(key) || !strings.Contains(svg, c.T(key)) {
					t.Errorf("%s has no words", key)
				}
			}
		}
	}
	for _, q := range device.Checklist(device.Device{Product: device.Business}) {
		if q.Shot && picture(de, string(q.Item)) == "" {
			t.Errorf("%s has no picture", q.Item)
		}
	}
	if picture(de, "nothing") != "" {
		t.Error("a picture of nothing")
	}
}
