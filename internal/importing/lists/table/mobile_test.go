package table

import (
	"fmt"
	"strings"
	"testing"
)

// The mobile number of a card is taken, whatever its owner calls it, and no number
// of WhatsApp's that is none.
func TestTheMobileNumberIsTakenWhateverItIsCalled(t *testing.T) {
	const card = "BEGIN:VCARD\r\nVERSION:3.0\r\nFN:Kim\r\n%sEND:VCARD\r\n"
	const landline = "TEL;TYPE=Festnetz:030 111\r\n"
	for _, c := range []struct{ lines, want string }{
		{landline + "TEL;TYPE=Mobilfunk:0176 222\r\n", "0176 222"},
		{landline + "TEL;TYPE=Handynummer:0176 222\r\n", "0176 222"},
		{landline + "TEL;TYPE=Handy privat:0176 222\r\n", "0176 222"},
		{landline + "TEL;TYPE=Geschäftshandy:0176 222\r\n", "0176 222"},
		{landline + "TEL;TYPE=Mobil (privat):0176 222\r\n", "0176 222"},
		{landline + "item1.TEL:0176 222\r\nitem1.X-ABLabel:Handy alt\r\n", "0176 222"},
		{"TEL;TYPE=Fax privat:030 111\r\nTEL;TYPE=Privat:030 222\r\n", "030 222"},
		{"TEL;TYPE=Telefax-Büro:030 111\r\n", ""},
		{landline + "TEL;TYPE=CELL;waid=0:+49 176 222\r\n", "+49 176 222"},
		{landline + "TEL;TYPE=CELL;waid=:+49 176 222\r\n", "+49 176 222"},
		{landline + "TEL;waid=49176222333:0176 222 333\r\n", "+49176222333"},
	} {
		r := newVCard(strings.NewReader(fmt.Sprintf(card, c.lines)))
		if _, err := r.Next(); err != nil {
			t.Fatal(err)
		}
		row, err := r.Next()
		if err != nil || row.Cells[1] != c.want {
			t.Errorf("%q: %q, %v; want %q", c.lines, row.Cells, err, c.want)
		}
	}
}
