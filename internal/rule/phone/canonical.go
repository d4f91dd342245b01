package phone

import (
	"slices"
	"strings"
)

// Three countries have numbers that WhatsApp and people write with a digit and
// without it. Elsewhere a number is written in one way only: what Italy writes
// as a zero belongs to the number, and where a country has made its numbers
// longer (Ivory Coast 2021, Benin 2024) nobody can tell from the digits who has
// moved, so nothing is guessed there; what Meta answers is learned.
//
// Brazil: mobile numbers got a ninth digit from 2012 to 2016, a 9 before what
// began with 6 to 9 (Anatel, Resolução 553/2010); accounts from before keep the
// short form. Mexico: the 1 behind the country code is gone since 2019 (IFT), and
// WhatsApp's ids still have it. Argentina: mobile numbers have a 9 behind the
// country code from abroad, and a 15 behind the area code within the country
// (ENACOM); no number is given out as both.

// Canonical is the one form of a number that comes as E.164 digits, such as a
// wa_id of Meta's. Digits of which nothing is known stay as they are.
func Canonical(number string) string {
	switch {
	case len(number) == 12 && brazilian(number[:4]) && number[4] >= '6':
		return number[:4] + "9" + number[4:]
	case len(number) == 13 && strings.HasPrefix(number, "521"):
		return "52" + number[3:]
	case len(number) == 12 && strings.HasPrefix(number, "54") && number[2] >= '1' && number[2] <= '3':
		return "549" + number[2:]
	case len(number) == 14 && strings.HasPrefix(number, "54"):
		return within(number)
	default:
		return number
	}
}

// brazilian reports whether digits are Brazil's country code and an area code:
// no area code has a zero.
func brazilian(beginning string) bool {
	return strings.HasPrefix(beginning, "55") && beginning[2] != '0' && beginning[3] != '0'
}

// within reads an Argentine number with the 15 that is dialled within the
// country. Area codes have two digits (11), three, or four.
func within(number string) string {
	for _, area := range areas(number[2:]) {
		if rest, yes := strings.CutPrefix(number[2+area:], "15"); yes {
			return "549" + number[2:2+area] + rest
		}
	}
	return number
}

// areas are the lengths that the area code of an Argentine number may have.
func areas(national string) []int {
	if strings.HasPrefix(national, "11") {
		return []int{2}
	}
	return []int{3, 4}
}

// Alike are the other forms in which Meta may write a canonical number; of most
// countries there are none.
func Alike(canonical string) []string {
	switch {
	case len(canonical) == 13 && brazilian(canonical[:4]) && canonical[4] == '9' && canonical[5] >= '6':
		return []string{canonical[:4] + canonical[5:]}
	case len(canonical) == 12 && strings.HasPrefix(canonical, "52"):
		return []string{"521" + canonical[2:]}
	case len(canonical) == 13 && strings.HasPrefix(canonical, "549") && canonical[3] >= '1' && canonical[3] <= '3':
		return []string{"54" + canonical[3:]}
	default:
		return nil
	}
}

// trunk are country codes of countries in which a national number is dialled
// with a zero that is left out from abroad.
var trunk = strings.Fields("20 27 30 31 32 33 40 41 43 44 46 47 49 51 54 55 58 60 61 62 63 64 66 81 82 84 86 90 91 92 94 95 98 212 213 234 254 255 256 260 263 353 355 358 380 381 385 386 387 421 880 886 962 966 971 972")

// Spellings are all digits under which a canonical number may have been kept as
// a hash, itself first: earlier programs took the digits of "+49 (0)170…" and of
// Argentina's 15 as they stood. Whoever looks for a hash tries them all.
func Spellings(canonical string) []string {
	all := append([]string{canonical}, Alike(canonical)...)
	if national, yes := strings.CutPrefix(canonical, "549"); yes && len(national) == 10 {
		for _, area := range areas(national) {
			all = append(all, "54"+national[:area]+"15"+national[area:])
		}
	}
	for _, number := range slices.Clone(all) {
		for _, code := range trunk {
			if rest, yes := strings.CutPrefix(number, code); yes && len(rest) > 4 && rest[0] != '0' {
				all = append(all, code+"0"+rest)
			}
		}
	}
	return all
}
