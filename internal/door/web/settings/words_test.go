package settings

import (
	"testing"

	"einklang/internal/rule/keyword"
)

// TestWordsThatCannotBeKept: an exception is one ordinary word, never STOP, and
// what ends something begins nothing.
func TestWordsThatCannotBeKept(t *testing.T) {
	for _, c := range []struct {
		set  keyword.Set
		want string
	}{
		{keyword.Set{Except: []string{"Abmelden"}, Stop: []string{"Feierabend"}, Start: []string{"Weiter"}}, ""},
		{keyword.Set{Except: []string{"STOP"}}, "except"},
		{keyword.Set{Except: []string{"Stopp!"}}, "except"},
		{keyword.Set{Except: []string{"ＳＴＯＰ"}}, "except"},
		{keyword.Set{Except: []string{"keine Werbung"}}, "except"},
		{keyword.Set{Except: []string{"Werbung"}}, "except"},
		{keyword.Set{Except: []string{"widerrufe"}}, "except"},
		{keyword.Set{Except: []string{"nicht"}}, "except"},
		{keyword.Set{Start: []string{"Stop"}}, "start"},
		{keyword.Set{Stop: make([]string, mostWords+1)}, "many"},
	} {
		if got, _ := wrongWord(c.set); got != c.want {
			t.Errorf("%+v: %q, want %q", c.set, got, c.want)
		}
	}
}
