package cloudapi

import (
	"encoding/json"
	"strconv"
	"strings"
)

// FlexInt is a whole number that Meta writes as a number or as a text.
type FlexInt int64

// UnmarshalJSON reads both forms; what is neither becomes zero, because one
// odd field must not cost a whole message.
func (f *FlexInt) UnmarshalJSON(b []byte) error {
	n, _ := strconv.ParseInt(strings.Trim(string(b), `"`), 10, 64)
	*f = FlexInt(n)
	return nil
}

func (f *FlexInt) read(s string) bool {
	n, ok := wholeOf(s)
	*f = FlexInt(n)
	return ok || s == ""
}

// FlexDecimal is a decimal number, kept as written, that Meta writes as a
// number or as a text. Empty: it is not known.
type FlexDecimal string

// UnmarshalJSON reads both forms; null is not known.
func (f *FlexDecimal) UnmarshalJSON(b []byte) error {
	f.read(strings.Trim(string(b), `"`))
	return nil
}

func (f *FlexDecimal) read(s string) bool {
	n, ok := decimalOf(s)
	switch written := strings.TrimSpace(s); {
	case !ok:
		*f = ""
	case json.Valid([]byte(written)):
		*f = FlexDecimal(written)
	default: // "+1", "1,50"
		*f = FlexDecimal(strconv.FormatFloat(n, 'f', -1, 64))
	}
	return ok || s == ""
}

// MarshalJSON writes a number, or null.
func (f FlexDecimal) MarshalJSON() ([]byte, error) {
	if f == "" {
		return []byte("null"), nil
	}
	return json.Marshal(json.Number(f))
}
