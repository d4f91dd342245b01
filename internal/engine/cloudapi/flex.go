package cloudapi

import (
	"encoding/json"
	"errors"
	"math"
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

// Whole is a whole number that programs write as a number or as a text. What is
// neither is an error: it would be sent as another one.
type Whole int64

// UnmarshalJSON reads both forms.
func (w *Whole) UnmarshalJSON(b []byte) error {
	n, err := strconv.ParseInt(strings.Trim(string(b), `"`), 10, 64)
	if err != nil {
		f, again := strconv.ParseFloat(strings.Trim(string(b), `"`), 64) // 1.0, 4.1024448e12
		if again != nil || f != math.Trunc(f) || math.Abs(f) > 1<<53 {
			return errors.New("a whole number is needed")
		}
		n = int64(f)
	}
	*w = Whole(n)
	return nil
}

// UnmarshalJSON reads degrees that are written as numbers or as texts; what is
// neither is zero, because one odd field must not cost a whole message.
func (l *Location) UnmarshalJSON(b []byte) error {
	type plain Location
	read := struct {
		*plain
		Latitude  FlexDecimal `json:"latitude"`
		Longitude FlexDecimal `json:"longitude"`
	}{plain: (*plain)(l)}
	if err := json.Unmarshal(b, &read); err != nil {
		return err
	}
	l.Latitude, _ = strconv.ParseFloat(string(read.Latitude), 64)
	l.Longitude, _ = strconv.ParseFloat(string(read.Longitude), 64)
	return nil
}
