package cloudapi

import (
	"errors"
	"net/http"
)

// Certainty tells what is known about a send after its call came back. The
// Cloud API has no idempotency key, so this decides whether a message may be
// sent again: only after CertaintyNotSent.
type Certainty int

// The answers; the zero value is the careful one.
const (
	// CertaintyUnknown: the request may have been processed. Only a status
	// webhook with our message id can tell.
	CertaintyUnknown Certainty = iota
	// CertaintyNotSent: Meta did not accept the message.
	CertaintyNotSent
	// CertaintyAccepted: Meta answered with a message id.
	CertaintyAccepted
)

// String is the answer in one word.
func (c Certainty) String() string {
	switch c {
	case CertaintyNotSent:
		return "not_sent"
	case CertaintyAccepted:
		return "accepted"
	case CertaintyUnknown:
		return "unknown"
	default:
		return "unknown"
	}
}

// SendCertainty judges the error of Send.
func SendCertainty(err error) Certainty {
	if err == nil {
		return CertaintyAccepted
	}
	var content *ContentError
	if errors.As(err, &content) {
		return CertaintyNotSent // refused here, before any call
	}
	var answer *Error
	if errors.As(err, &answer) {
		return answer.certainty()
	}
	var call *CallError
	if errors.As(err, &call) && (!call.MayHaveArrived || refusedUnread(call.HTTPStatus)) {
		return CertaintyNotSent
	}
	return CertaintyUnknown
}

// refusedUnread: with 4xx the request was refused, whoever said so and in
// whatever words; something before Meta says it in HTML. A time-out (408) is none.
func refusedUnread(status int) bool {
	return status >= 400 && status <= 499 && status != http.StatusRequestTimeout
}

// certainty: with 4xx Meta has refused the request. With 5xx it has only if
// the code itself names a refusal; "something went wrong" can be said after
// the message was queued.
func (e *Error) certainty() Certainty {
	if e.HTTPStatus >= 400 && e.HTTPStatus <= 499 {
		return CertaintyNotSent
	}
	switch Classify(e.Code, 0) {
	case ClassUnknown:
		return CertaintyUnknown
	case ClassTemporary:
		if refusedThoughTemporary(e.Code) {
			return CertaintyNotSent
		}
		return CertaintyUnknown
	default:
		return CertaintyNotSent
	}
}
