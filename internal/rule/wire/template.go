package wire

import (
	"fmt"
	"strconv"
	"strings"
)

// The limits of what fills in a template (Cloud API: template components).
const (
	LongestCode    = 15 // of a one-time code, 132018
	longestCoupon  = 20
	longestPayload = 256
	mostComponents = 32
	mostValues     = 100
	mostButtons    = 10 // of a template
)

func at(i int) string { return "[" + strconv.Itoa(i) + "]" }

// template names an approved template and fills it in. Whether that template
// exists and has these places is not known here.
var template = object(
	need("name", text(1, 512)),
	need("language", object(need("code", text(1, 20)), may("policy", word("deterministic")))),
	may("components", with(list(0, mostComponents, component), once)))

var component = variant("type", map[string]rule{
	"header":             object(need("type", anything), may("parameters", list(0, 1, headerValue))),
	"body":               object(need("type", anything), may("parameters", list(0, mostValues, bodyValue))),
	"footer":             object(need("type", anything), may("parameters", list(0, 0, anything))),
	"button":             button,
	"carousel":           object(need("type", anything), need("cards", with(list(1, MostCards, templateCard), apart("card_index")))),
	"limited_time_offer": object(need("type", anything), need("parameters", list(1, 1, offer))),
	"tap_target_configuration": object(need("type", anything), need("parameters", list(1, 1, object(
		need("type", word("tap_target_configuration")),
		need("tap_target_configuration", list(1, 1, object(need("url", address), need("title", text(1, LongestHeader))))))))),
})

var templateCard = object(
	need("card_index", whole(0, MostCards-1)),
	need("components", with(list(1, mostComponents, variant("type", map[string]rule{
		"header": object(need("type", anything), need("parameters", list(1, 1, headerValue))),
		"body":   object(need("type", anything), may("parameters", list(0, mostValues, bodyValue))),
		"button": button,
	})), once)))

// once: each part of a template is filled in once, and each of its buttons.
func once(v any) *Fault {
	all, _ := v.([]any)
	seen := map[string]bool{}
	for i, one := range all {
		c, _ := one.(map[string]any)
		part := strings.ToLower(fmt.Sprint(c["type"]))
		if part == "button" && c["index"] != nil {
			part += fmt.Sprint(c["index"])
		}
		if seen[part] {
			return &Fault{Field: at(i), Kind: Repeated, Problem: "fills in what another one fills in"}
		}
		seen[part] = true
	}
	return nil
}

// value is a parameter of a kind.
func value(more ...member) rule {
	return object(append([]member{need("type", anything), may("parameter_name", pattern(`^[a-z0-9_]+$`, "must be small letters, digits and _"))}, more...)...)
}

var headerValue = variant("type", map[string]rule{
	"text":     value(need("text", line(1, LongestHeader))),
	"image":    value(need("image", file(may("caption", anything)))),
	"video":    value(need("video", file(may("caption", anything)))),
	"gif":      value(need("gif", file(may("caption", anything)))),
	"document": value(need("document", file(may("caption", anything), may("filename", text(0, longestFilename))))),
	"location": value(need("location", place)),
	"product":  value(need("product", object(need("product_retailer_id", text(1, 256)), may("catalog_id", text(1, 256))))),
})

var bodyValue = variant("type", map[string]rule{
	"text": value(need("text", line(1, LongestBody))),
	"currency": value(need("currency", object(
		need("fallback_value", line(1, LongestBody)), need("code", pattern(`^[A-Z]{3}$`, "must be a currency's code of three letters")), need("amount_1000", whole(-1<<53, 1<<53))))),
	"date_time": value(need("date_time", object(
		need("fallback_value", line(1, LongestBody)), may("timestamp", whole(0, 1<<53)), may("calendar", word("GREGORIAN", "SOLAR_HIJRI")),
		may("day_of_week", anything), may("year", whole(0, 9999)), may("month", whole(1, 12)), may("day_of_month", whole(1, 31)), may("hour", whole(0, 23)), may("minute", whole(0, 59))))),
})

var offer = variant("type", map[string]rule{
	"limited_time_offer": object(need("type", anything), need("limited_time_offer", object(need("expiration_time_ms", whole(1, 1<<53))))),
})

// button is a button of a template, by its place.
var button = variant("sub_type", map[string]rule{
	"url": tap(true, list(0, 1, variant("type", map[string]rule{"text": value(need("text", line(1, longestAddress)))}))),
	"quick_reply": tap(true, list(0, 1, variant("type", map[string]rule{
		"payload": value(need("payload", text(1, longestPayload))), "text": value(need("text", line(1, longestPayload)))}))),
	"copy_code": tap(true, list(1, 1, variant("type", map[string]rule{
		"coupon_code": value(need("coupon_code", line(1, longestCoupon))), "text": value(need("text", line(1, longestCoupon)))}))),
	"flow":    tap(true, actions(may("flow_token", text(1, 1000)), may("flow_action_data", anything))),
	"catalog": tap(false, actions(may("thumbnail_product_retailer_id", text(1, 256)))),
	"spm":     tap(false, actions(may("thumbnail_product_retailer_id", text(1, 256)))),
	"mpm": tap(false, list(1, 1, acting(may("thumbnail_product_retailer_id", text(1, 256)),
		need("sections", with(list(1, MostRows, products), titled))))),
	"voice_call": tap(false, list(0, 2, variant("type", map[string]rule{
		"ttl_minutes": value(need("ttl_minutes", whole(1, 43200))), "payload": value(need("payload", text(1, 512))), "text": value(need("text", line(1, LongestHeader)))}))),
	"phone_number": tap(false, list(0, 0, anything)),
})

// tap is a button with its values. Of buttons that come several times Meta
// wants to know which is meant.
func tap(which bool, values rule) rule {
	place := may("index", whole(0, mostButtons-1))
	place.needed = which
	return object(need("type", anything), need("sub_type", anything), place, may("parameters", values))
}

func actions(members ...member) rule { return list(0, 1, acting(members...)) }

func acting(members ...member) rule {
	return variant("type", map[string]rule{"action": value(need("action", object(members...)))})
}
