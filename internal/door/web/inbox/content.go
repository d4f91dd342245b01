package inbox

import (
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"sort"
	"strconv"
	"strings"
	"time"

	"einklang/internal/engine/cloudapi"
	"einklang/internal/messaging/media"
	"einklang/internal/rule/i18n"
)

// flowPairs shows the answers of a form.
func flowPairs(response string) []pair {
	var values map[string]any
	if json.Unmarshal([]byte(response), &values) != nil {
		return nil
	}
	var all []pair
	for k, v := range values {
		if k != "flow_token" {
			all = append(all, pair{Key: strings.ReplaceAll(k, "_", " "), Value: plain(v)})
		}
	}
	sort.Slice(all, func(i, j int) bool { return all[i].Key < all[j].Key })
	return all
}

// plain shows a JSON value as people write it.
func plain(v any) string {
	switch v := v.(type) {
	case []any:
		parts := make([]string, len(v))
		for i, one := range v {
			parts[i] = plain(one)
		}
		return strings.Join(parts, ", ")
	case float64:
		return strconv.FormatFloat(v, 'f', -1, 64)
	case nil:
		return "–"
	default:
		return fmt.Sprint(v)
	}
}

// showDegrees writes a place as people read it on a map: 52.5163° N, 13.3777° E.
func showDegrees(l *cloudapi.Location) string {
	side := func(d float64, plus, minus string) string {
		if d < 0 {
			plus = minus
		}
		return fmt.Sprintf("%.4f° %s", math.Abs(d), plus)
	}
	return side(l.Latitude, "N", "S") + ", " + side(l.Longitude, "E", "W")
}

// orderTotal is the sum of an order; empty if its currencies differ.
func orderTotal(c *i18n.Catalogue, o *cloudapi.Order) string {
	sum, currency := 0.0, ""
	for _, i := range o.ProductItems {
		if currency != "" && i.Currency != currency {
			return ""
		}
		price, err := strconv.ParseFloat(string(i.ItemPrice), 64)
		if err != nil {
			return ""
		}
		sum, currency = sum+price*float64(i.Quantity), i.Currency
	}
	amount := strconv.FormatFloat(sum, 'f', 2, 64)
	if c.Locale == "de" {
		amount = strings.Replace(amount, ".", ",", 1)
	}
	return amount + " " + currency
}

// spoken is how long a call was: 38 s, 2 min 5 s.
func spoken(seconds int64) string {
	if seconds < 60 {
		return fmt.Sprintf("%d s", seconds)
	}
	return fmt.Sprintf("%d min %d s", seconds/60, seconds%60)
}

// momentOf is a moment that Meta writes in seconds; the zero time for none.
func momentOf(seconds int64) time.Time {
	if seconds <= 0 {
		return time.Time{}
	}
	return time.Unix(seconds, 0)
}

func unsupportedType(c cloudapi.Content) string {
	if c.Unsupported != nil && c.Unsupported.Type != "" {
		return c.Unsupported.Type
	}
	return c.Type
}

func ignoreMissing(err error) error {
	if errors.Is(err, media.ErrNotFound) {
		return nil
	}
	return err
}
