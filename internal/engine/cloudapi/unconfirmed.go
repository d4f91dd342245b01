package cloudapi

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"

	"einklang/internal/rule/pii"
)

// This file holds everything about Meta's API that we could not confirm from
// public documentation, so that it is easy to change in one place.

// MediaLife is for how many days the id of an incoming file is believed to be
// good for a download.
const MediaLife = 7

// parseUserIDUpdates reads changes of business-scoped user ids: a list, or one
// on its own. The names of the members are not confirmed: several spellings
// are taken.
func parseUserIDUpdates(h Head, raw json.RawMessage) []Event {
	var v struct {
		userIDChange
		Metadata metadata        `json:"metadata"`
		Updates  []*userIDChange `json:"user_id_update"`
	}
	odd, ok := readLoosely(raw, &v)
	if !ok {
		return []Event{&Broken{Head: h, Err: errors.New("the value cannot be read")}}
	}
	h.of(v.Metadata)
	if len(v.Updates) == 0 {
		v.Updates = []*userIDChange{&v.userIDChange}
	}
	events := make([]Event, len(v.Updates))
	for i, update := range v.Updates {
		events[i] = update.event(h)
	}
	return append(events, puzzles(h, odd)...)
}

func (c *userIDChange) event(h Head) Event {
	if c == nil {
		c = &userIDChange{}
	}
	u := &UserIDUpdate{Head: h, WaID: c.WaID, ParentUserID: c.ParentUserID,
		OldUserID: first(c.PreviousUserID, c.OldUserID, c.UserID.Previous), NewUserID: first(c.NewUserID, c.CurrentUserID, c.UserID.Current)}
	if u.NewUserID == "" || u.OldUserID == "" && u.WaID == "" {
		return &Broken{Head: h, Err: errors.New("a change of a user id names no user")}
	}
	return u
}

type userIDChange struct {
	pii.Personal
	WaID           string `json:"wa_id"`
	PreviousUserID string `json:"previous_user_id"`
	OldUserID      string `json:"old_user_id"`
	NewUserID      string `json:"new_user_id"`
	CurrentUserID  string `json:"current_user_id"`
	ParentUserID   string `json:"parent_user_id"`
	UserID         userID `json:"user_id"`
}

// userID is a plain id, taken as the current one, or a pair.
type userID struct {
	pii.Personal
	Previous string `json:"previous"`
	Current  string `json:"current"`
}

func (u *userID) read(s string) bool {
	u.Current = s
	return true
}

func first(values ...string) string {
	for _, v := range values {
		if v != "" {
			return v
		}
	}
	return ""
}

// DeleteContactBookEntry removes a user from Meta's contact book, the table
// that joins phone numbers and BSUIDs. It reports whether there was an entry.
func (n Number) DeleteContactBookEntry(ctx context.Context, bsuid string) (bool, error) {
	r := n.request("delete contact book entry", http.MethodDelete, "contact_book", bsuid)
	var answer struct {
		Deleted bool `json:"deleted"`
	}
	err := n.client.call(ctx, r, &answer)
	return answer.Deleted, err
}

// refusedThoughTemporary reports whether a temporary error of Meta's is sure
// to mean that the message was not taken: 131016 and 131057 are refusals
// before any processing. For the others nobody knows.
func refusedThoughTemporary(code int) bool { return code == 131016 || code == 131057 }
