package cloudapi

import (
	"fmt"
	"net/url"

	"einklang/internal/engine/egress"
)

// Destination is the name of Meta at the way out.
const Destination = "meta"

// Outside is Meta as package egress lets it be reached: the Graph API at an
// address, which may be empty for Meta's own, and there also the hosts from
// which it hands out files.
func Outside(baseURL string) (egress.Destination, error) {
	if baseURL == "" {
		baseURL = DefaultBaseURL
	}
	u, err := url.Parse(baseURL)
	if err != nil || u.Host == "" {
		return egress.Destination{}, fmt.Errorf("the address of the Graph API %q cannot be read: want something like %s", baseURL, DefaultBaseURL)
	}
	allowed := []string{u.Scheme + "://" + u.Host}
	if u.Host == "graph.facebook.com" {
		allowed = append(allowed, "lookaside.fbsbx.com", "*.whatsapp.net")
	}
	return egress.Destination{Name: Destination, Allow: allowed, Recipient: "WhatsApp Ireland Ltd. / Meta Platforms, Inc.", Country: "US",
		Mechanism: "Data Privacy Framework, SCC", DataCategories: []string{"contact", "content", "metadata"}}, nil
}

// StandIn is the address of what stands for Meta; empty if that is Meta itself.
func StandIn(baseURL string) string {
	if baseURL == DefaultBaseURL {
		return ""
	}
	return baseURL
}
