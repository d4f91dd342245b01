package table

import (
	"math"
	"strconv"
	"time"
)

// serialDate writes a day number of a spreadsheet as a date, with the time of
// day if there is one (ECMA-376 Part 1, 18.17.4). Day 60 of the count from
// 1900 is a 29 February that never was.
func serialDate(days float64, from1904 bool) string {
	if days < 1 || days > 2958465 || math.IsNaN(days) { // the year 9999
		return strconv.FormatFloat(days, 'f', -1, 64)
	}
	epoch := time.Date(1899, 12, 30, 0, 0, 0, 0, time.UTC)
	if from1904 {
		epoch = time.Date(1904, 1, 1, 0, 0, 0, 0, time.UTC)
	} else if days < 60 {
		days++
	}
	whole, part := math.Modf(days)
	at := epoch.AddDate(0, 0, int(whole)).Add(time.Duration(math.Round(part*86400)) * time.Second)
	if part == 0 {
		return at.Format(time.DateOnly)
	}
	return at.Format("2006-01-02T15:04:05")
}
