package user

import (
	"errors"
	"slices"
	"strings"
	"testing"
)

func TestWhichPasswordsAreTaken(t *testing.T) {
	erika := Account{Name: "Erika Mustermann", Email: "erika.mustermann@example.com"}
	for _, c := range []struct {
		password string
		want     error
	}{
		{"kurz", ErrWeak},
		{"neunzeich", ErrWeak},
		{strings.Repeat("ab", 129), ErrWeak},
		{"1234567890", ErrCommon},
		{"QwertyUiop", ErrCommon},
		{"password123", ErrCommon},
		{"aaaaaaaaaaaa", ErrCommon},
		{"erika mustermann", ErrCommon},
		{"ErikaMustermann", ErrCommon},
		{"erika.mustermann", ErrCommon},
		{"Erika.Mustermann@example.com", ErrCommon},
		{"Einklang-2026!", ErrCommon},
		{"2026WhatsApp", ErrCommon},
		{"Datenschutz#1", ErrCommon},
		{"Mustermann.Erika1", nil},
		{"Erika Mustermann 26", ErrCommon},
		{"zehn zeich", nil},
		{"0815-4711-2580", nil},
		{"Einklang im Chor", nil},
		{strings.Repeat("ab", 128), nil},
		{" zehn zeich ", nil},
		{"äöüßäöüßäöüx", nil},
		{"drei bunte Vögel am Teich", nil},
	} {
		if err := checkPassword(c.password, erika); !errors.Is(err, c.want) {
			t.Errorf("%q: %v, want %v", c.password, err, c.want)
		}
	}
	if all := strings.Split(strings.TrimSpace(common), "\n"); !slices.IsSorted(all) || len(all) < 1500 {
		t.Errorf("the list of %d passwords is not in order", len(all))
	}
}
