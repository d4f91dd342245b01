package wire

// interactive are messages that can be tapped (Cloud API: interactive).
var interactive = variant("type", map[string]rule{
	"button": tappable(LongestBody, anyHeader, need("buttons", with(
		list(1, MostButtons, object(need("type", word("reply")), need("reply", choice(longestButtonID)))),
		apart("reply", "id")))),
	"list": tappable(LongestText, textHeader,
		need("button", text(1, LongestButton)),
		need("sections", with(list(1, MostRows, section), titled, rows))),
	"cta_url":                  named("cta_url", need("parameters", object(need("display_text", text(1, LongestButton)), need("url", address)))),
	"location_request_message": named("send_location"),
	"request_contact_info":     named("request_contact_info"),
	"call_permission_request":  named("call_permission_request"),
	"voice_call": named("voice_call", may("parameters", object(
		may("display_text", text(0, LongestButton)), may("ttl_minutes", whole(1, 43200)), may("payload", text(0, 512))))),
	"address_message": named("address_message", need("parameters", object(
		need("country", pattern(`^[A-Z]{2}$`, "must be a country's code of two letters")),
		may("values", anything), may("saved_addresses", anything), may("validation_errors", anything)))),
	"flow":            named("flow", need("parameters", flow)),
	"catalog_message": named("catalog_message", may("parameters", object(may("thumbnail_product_retailer_id", text(1, 256))))),
	"product": with(object(
		need("type", anything), may("body", words(LongestBody)), may("footer", words(LongestFooter)),
		need("action", object(need("catalog_id", text(1, 256)), need("product_retailer_id", text(1, 256)))))),
	"product_list": object(
		need("type", anything), need("header", textHeader), need("body", words(LongestBody)), may("footer", words(LongestFooter)),
		need("action", object(need("catalog_id", text(1, 256)), need("sections", with(list(1, MostRows, products), titled))))),
	"carousel": object(
		need("type", anything), need("body", words(LongestBody)),
		need("action", object(need("cards", with(list(2, MostCards, openCard), apart("card_index")))))),
})

// tappable is a message with words and an action.
func tappable(longest int, header rule, action ...member) rule {
	return object(need("type", anything), may("header", header), need("body", words(longest)), may("footer", words(LongestFooter)), need("action", object(action...)))
}

// named is a message whose action has a name of its own.
func named(name string, more ...member) rule {
	return tappable(LongestBody, anyHeader, append([]member{need("name", word(name))}, more...)...)
}

// words are a body or a footer.
func words(longest int) rule { return object(need("text", text(1, longest))) }

var (
	textHeader = variant("type", map[string]rule{"text": object(need("type", anything), need("text", text(1, LongestHeader)))})
	anyHeader  = variant("type", map[string]rule{
		"text":     object(need("type", anything), need("text", text(1, LongestHeader))),
		"image":    object(need("type", anything), need("image", file())),
		"video":    object(need("type", anything), need("video", file())),
		"document": object(need("type", anything), need("document", file(may("filename", text(0, longestFilename))))),
	})
)

// choice is a button or a row.
func choice(longestID int) rule {
	return object(need("id", text(1, longestID)), need("title", text(1, LongestButton)))
}

var section = object(
	may("title", text(0, LongestRow)),
	need("rows", list(1, 100, object( // over all sections there are fewer: see rows
		need("id", text(1, longestRowID)), need("title", text(1, LongestRow)), may("description", text(0, LongestDetail))))))

var products = object(
	may("title", text(0, LongestRow)),
	need("product_items", list(1, 30, object(need("product_retailer_id", text(1, 256))))))

// titled: where there is more than one section, each has a title.
func titled(v any) *Fault {
	all, _ := v.([]any)
	for i, one := range all {
		if s, _ := one.(map[string]any); len(all) > 1 && absent(s["title"]) {
			f := &Fault{Field: "title", Kind: Missing, Problem: "is missing: there is more than one section"}
			return f.within(at(i))
		}
	}
	return nil
}

// rows are counted over all sections, and each has an id of its own.
func rows(v any) *Fault {
	sections, _ := v.([]any)
	var all []any
	for _, s := range sections {
		one, _ := s.(map[string]any)
		more, _ := one["rows"].([]any)
		all = append(all, more...)
	}
	if f := list(1, MostRows, anything)(all); f != nil {
		f.Problem += " rows over all sections"
		return f
	}
	if f := apart("id")(all); f != nil {
		return &Fault{Kind: Repeated, Problem: "two rows have the same id"}
	}
	return nil
}

// flow opens a form (Cloud API: flows).
var flow = with(object(
	may("flow_message_version", text(1, 10)), may("flow_id", text(1, 256)), may("flow_name", text(1, 256)), may("flow_token", text(1, 1000)),
	need("flow_cta", text(1, 30)), may("flow_action", word("navigate", "data_exchange")), may("flow_action_payload", anything), may("mode", word("draft", "published"))),
	either("flow_id", "flow_name"))

// openCard is a card of a carousel within the window.
var openCard = variant("type", map[string]rule{
	"cta_url": object(
		need("card_index", whole(0, MostCards-1)), need("type", anything), need("header", pictureHeader), may("body", words(160)),
		need("action", with(object(
			may("name", word("cta_url")), may("parameters", object(need("display_text", text(1, LongestButton)), need("url", address))),
			may("buttons", with(list(1, 2, object(need("type", word("quick_reply")), need("quick_reply", choice(longestButtonID)))), apart("quick_reply", "id")))),
			either("parameters", "buttons")))),
	"product": object(
		need("card_index", whole(0, MostCards-1)), need("type", anything),
		need("action", object(need("catalog_id", text(1, 256)), need("product_retailer_id", text(1, 256))))),
})

var pictureHeader = variant("type", map[string]rule{
	"image": object(need("type", anything), need("image", file())),
	"video": object(need("type", anything), need("video", file())),
})
