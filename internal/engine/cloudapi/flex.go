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

// FlexDecimal is a decimal number, kept as written, that Meta writes as a
// number or as a text.
type FlexDecimal string

// UnmarshalJSON reads both forms.
func (f *FlexDecimal) UnmarshalJSON(b []byte) error {
	s := strings.Trim(string(b), `"`)
	if _, err := strconv.ParseFloat(s, 64); err != nil {
		s = "0"
	}
	*f = FlexDecimal(s)
	return nil
}

// MarshalJSON writes a number.
func (f FlexDecimal) MarshalJSON() ([]byte, error) {
	if f == "" {
		return []byte("0"), nil
	}
	return json.Marshal(json.Number(f))
}
