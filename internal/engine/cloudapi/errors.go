package cloudapi

import (
	"errors"
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"time"
)

// Error is an answer of Meta that says no, decoded from the error envelope.
// Branch on Class or Code, never on a text. Message and Details can hold
// personal data (a telephone number, a template's parameters), so Error()
// leaves them out.
type Error struct {
	Op         string // what was being done
	HTTPStatus int
	Code       int
	Subcode    int
	Type       string
	Message    string
	Details    string
	TraceID    string        // Meta's trace id: what its support asks for
	RetryAfter time.Duration // how long it asks to be left alone; 0: it does not say
}

// Error names the numbers, not the texts.
func (e *Error) Error() string {
	var b strings.Builder
	fmt.Fprintf(&b, "cloud api: %s: code %d (%s)", orWord(e.Op, "call"), e.Code, e.Class())
	if e.Subcode != 0 {
		fmt.Fprintf(&b, ", subcode %d", e.Subcode)
	}
	fmt.Fprintf(&b, ", HTTP %d", e.HTTPStatus)
	if e.TraceID != "" {
		fmt.Fprintf(&b, ", trace %s", traceWord(e.TraceID))
	}
	return b.String()
}

// Class sorts the code by what we do about it.
func (e *Error) Class() Class { return Classify(e.Code, e.HTTPStatus) }

// CallError is a call without an answer that can be judged: no connection, a
// connection lost, an answer that is not Meta's.
type CallError struct {
	Op string
	// MayHaveArrived is false only if it is certain that no byte left.
	MayHaveArrived bool
	HTTPStatus     int           // 0 if no status line came
	RetryAfter     time.Duration // see [Error]
	Err            error
}

// Error says what failed.
func (e *CallError) Error() string {
	if e.HTTPStatus != 0 {
		return fmt.Sprintf("cloud api: %s: HTTP %d: %v", e.Op, e.HTTPStatus, e.Err)
	}
	return fmt.Sprintf("cloud api: %s: %v", e.Op, e.Err)
}

// Unwrap gives the cause, such as *egress.Refused or context.Canceled.
func (e *CallError) Unwrap() error { return e.Err }

// decodeError reads the error envelope; nil if there is none. An envelope
// without a code is none: code 0 has a meaning of its own.
func decodeError(status int, body []byte) *Error {
	var envelope struct {
		Error *struct {
			Message   string       `json:"message"`
			Type      string       `json:"type"`
			Code      *FlexInt     `json:"code"`
			Subcode   FlexInt      `json:"error_subcode"`
			TraceID   string       `json:"fbtrace_id"`
			ErrorData ErrorDetails `json:"error_data"`
			UserMsg   string       `json:"error_user_msg"`
		} `json:"error"`
	}
	if _, ok := readLoosely(body, &envelope); !ok || envelope.Error == nil || envelope.Error.Code == nil {
		return nil
	}
	e := envelope.Error
	return &Error{
		HTTPStatus: status, Code: int(*e.Code), Subcode: int(e.Subcode), Type: e.Type,
		Message: e.Message, Details: first(e.ErrorData.Details, e.UserMsg), TraceID: e.TraceID,
	}
}

func orWord(s, word string) string {
	if s == "" {
		return word
	}
	return s
}

// traceWord keeps a foreign text from breaking a log line.
func traceWord(s string) string {
	if len(s) > 64 {
		s = s[:64]
	}
	return strings.Map(func(r rune) rune {
		if r > ' ' && r < 127 {
			return r
		}
		return -1
	}, s)
}

// RetryAfter is how long Meta, or what stands before it, asks to be left alone.
func RetryAfter(err error) time.Duration {
	var answer *Error
	var call *CallError
	switch {
	case errors.As(err, &answer):
		return answer.RetryAfter
	case errors.As(err, &call):
		return call.RetryAfter
	default:
		return 0
	}
}

// Limited reports whether an answer says that there were too many calls, be it
// Meta's or that of something before it.
func Limited(err error) bool {
	var answer *Error
	var call *CallError
	switch {
	case errors.As(err, &answer):
		return answer.Class() == ClassRateLimit
	case errors.As(err, &call):
		return call.HTTPStatus == http.StatusTooManyRequests
	default:
		return false
	}
}

// retryAfter reads the header, in seconds or as a date (RFC 9110, 10.2.3).
func retryAfter(h http.Header) time.Duration {
	said := h.Get("Retry-After")
	if seconds, err := strconv.ParseInt(said, 10, 32); err == nil {
		return max(0, time.Duration(seconds)*time.Second)
	}
	if at, err := http.ParseTime(said); err == nil {
		return max(0, time.Until(at))
	}
	return 0
}
