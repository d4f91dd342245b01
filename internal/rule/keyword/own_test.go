package keyword

import (
	"errors"
	"testing"
)

// TestWordsThatCannotBeKept: an exception is one ordinary word, never STOP, and
// what ends something begins nothing.
func TestWordsThatCannotBeKept(t *testing.T) {
	for _, c := range []struct {
		set  Set
		want string
	}{
		{Set{Except: []string{"Abmelden"}, Stop: []string{"Feierabend"}, Start: []string{"Weiter"}}, ""},
		{Set{Except: []string{"STOP"}}, "except"},
		{Set{Except: []string{"Stopp!"}}, "except"},
		{Set{Except: []string{"ＳＴＯＰ"}}, "except"},
		{Set{Except: []string{"keine Werbung"}}, "except"},
		{Set{Except: []string{"Werbung"}}, "except"},
		{Set{Except: []string{"widerrufe"}}, "except"},
		{Set{Except: []string{"nicht"}}, "except"},
		{Set{Start: []string{"Stop"}}, "start"},
		{Set{Stop: make([]string, mostOwn+1)}, "many"},
	} {
		err, got := c.set.Check(), ""
		if unfit := (*Unfit)(nil); errors.As(err, &unfit) {
			got = unfit.Why
		}
		if got != c.want {
			t.Errorf("%+v: %v, want %q", c.set, err, c.want)
		}
	}
}
