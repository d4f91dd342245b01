package lists

import (
	"regexp"
	"strconv"
	"strings"
	"time"
)

var (
	isoDate    = regexp.MustCompile(`^(\d{4})-(\d{1,2})-(\d{1,2})(?:[T ](\d{1,2}):(\d{2})(?::(\d{2})(?:\.\d+)?)?)?(Z|[+-]\d{2}:?\d{2})?$`)
	dottedDate = regexp.MustCompile(`^(\d{1,2})\.\s?(\d{1,2})\.\s?(\d{4}|\d{2})(?:,?\s+(?:um\s+)?(\d{1,2}):(\d{2})(?::(\d{2}))?(?:\s*Uhr)?)?$`)
	slashDate  = regexp.MustCompile(`^(\d{1,2})/(\d{1,2})/(\d{4})$`)
)

// Date reads a day, perhaps with a time: 2024-05-01, 1.5.2024, 01.05.24 10:30.
// A date with slashes is read only if it cannot be meant in two ways, since
// 05/01/2024 is in May for some and in January for others.
func Date(text string, location *time.Location) (time.Time, Code) {
	text = strings.TrimSpace(text)
	if text == "" {
		return time.Time{}, CodeNoDate
	}
	if m := isoDate.FindStringSubmatch(text); m != nil {
		zone := location
		if m[7] != "" {
			at, err := time.Parse("Z07:00", m[7])
			if err != nil {
				if at, err = time.Parse("Z0700", m[7]); err != nil {
					return time.Time{}, CodeBadDate
				}
			}
			zone = at.Location()
		}
		return moment(m[1], m[2], m[3], m[4:7], zone)
	}
	if m := dottedDate.FindStringSubmatch(text); m != nil {
		if len(m[3]) == 2 {
			m[3] = "20" + m[3]
		}
		return moment(m[3], m[2], m[1], m[4:7], location)
	}
	if m := slashDate.FindStringSubmatch(text); m != nil {
		at, first := moment(m[3], m[2], m[1], []string{"", "", ""}, location)
		other, second := moment(m[3], m[1], m[2], []string{"", "", ""}, location)
		switch {
		case first == "" && second == "" && !at.Equal(other):
			return time.Time{}, CodeTwoDates
		case first == "":
			return at, ""
		default:
			return other, second
		}
	}
	return time.Time{}, CodeBadDate
}

func moment(year, month, day string, clock []string, location *time.Location) (time.Time, Code) {
	n := make([]int, 6)
	for i, s := range append([]string{year, month, day}, clock...) {
		if s != "" {
			n[i], _ = strconv.Atoi(s) // digits only, by the patterns
		}
	}
	at := time.Date(n[0], time.Month(n[1]), n[2], n[3], n[4], n[5], 0, location)
	if at.Day() != n[2] || at.Month() != time.Month(n[1]) || n[3] > 23 || n[4] > 59 || n[5] > 59 { // 31.02.
		return time.Time{}, CodeBadDate
	}
	return at, ""
}
