package lists_test

import (
	_ "embed"
	"testing"
)

//go:embed testdata/waid.vcf
var waid string

// TestCardsFromTheField: the number is the one that WhatsApp knows, whatever
// stands behind it, and however the card says so.
func TestCardsFromTheField(t *testing.T) {
	each(t, func(t *testing.T, d desk) {
		for _, c := range []struct{ name, card, phone string }{
			{"as WhatsApp writes it", waid, "436641234567"},
			{"in quotes and capitals", "BEGIN:VCARD\nVERSION:3.0\nFN:Kim A\nTEL;TYPE=CELL;WAID=\"436641234001\":0664 1234001\nEND:VCARD\n", "436641234001"},
			{"in a group", "BEGIN:VCARD\nVERSION:3.0\nFN:Kim B\nitem1.TEL;waid=436641234002:0664 1234002\nitem1.X-ABLabel:Mobil\nEND:VCARD\n", "436641234002"},
			{"behind a fax and an office", "BEGIN:VCARD\nVERSION:3.0\nFN:Kim C\nTEL;TYPE=FAX:01 1234\nTEL;TYPE=WORK:01 5678\nTEL;type=CELL;waid=436641234003:0664 1234003\nEND:VCARD\n", "436641234003"},
			{"folded", "BEGIN:VCARD\r\nVERSION:3.0\r\nFN:Kim D\r\nTEL;type=CELL;type=VOICE;waid=4366412\r\n 34004:0664 1234004\r\nEND:VCARD\r\n", "436641234004"},
			{"with a plus", "BEGIN:VCARD\nVERSION:4.0\nFN:Kim E\nTEL;VALUE=uri;TYPE=cell;waid=436641234005:tel:+43-664-1234005\nEND:VCARD\n", "436641234005"},
		} {
			if d.run(c.card); d.person(c.phone) == nil {
				t.Errorf("%s: nobody has the number %s", c.name, c.phone)
			}
		}
	})
}
