package letterbox

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"

	"einklang/internal/engine/egress"
	"einklang/internal/rule/place"
)

// Monitor is an address of the company's choice that is called once a minute
// while all is well. Whoever runs it tells people when the calls stop. Nothing is
// sent but the call.
type Monitor struct {
	URL       string // https://…; empty: there is none
	Recipient string // company that runs it; empty: the name of the server
	Country   string // where it runs: DE
	Mechanism string // outside the EEA
}

// MonitorDestination is the name of the monitor at the gate of package egress.
const MonitorDestination = "monitor"

// Check fills in what goes without saying.
func (m Monitor) Check() (Monitor, error) {
	if m.URL == "" {
		return m, nil
	}
	u, err := url.Parse(m.URL)
	if err != nil || u.Host == "" || u.Scheme != "https" && u.Scheme != "http" {
		return m, errors.New("monitor: url is no address: want one such as https://monitor.example.org/ping/1234")
	}
	if m.Country = strings.ToUpper(m.Country); len(m.Country) != 2 {
		return m, errors.New("monitor: say country, where it runs, in two letters such as DE: the transfer register needs it")
	}
	switch {
	case place.InEEA(m.Country):
		m.Mechanism = string(place.NotNeeded)
	case m.Mechanism == "":
		return m, fmt.Errorf("monitor: it is said to run outside the EEA (%s): use one in the EEA, or name the mechanism of the transfer (GDPR Art. 44)", m.Country)
	}
	if m.Recipient == "" {
		m.Recipient = u.Host
	}
	return m, nil
}

// Outside is the monitor as package egress lets it be reached.
func (m Monitor) Outside() []egress.Destination {
	if m.URL == "" {
		return nil
	}
	base, _, _ := strings.Cut(m.URL, "?")
	return []egress.Destination{{Name: MonitorDestination, Allow: []string{base}, Recipient: m.Recipient, Country: m.Country, Mechanism: m.Mechanism, DataCategories: []string{"none"}}}
}

// Call tells the monitor that all is well.
func (m Monitor) Call(ctx context.Context, client *http.Client) error {
	ctx, cancel := context.WithTimeout(ctx, askWithin)
	defer cancel()
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, m.URL, nil)
	if err != nil {
		return err
	}
	response, err := client.Do(r)
	if err != nil {
		return fmt.Errorf("call the monitor: %w", err)
	}
	_, err = io.Copy(io.Discard, io.LimitReader(response.Body, 64<<10))
	if response.StatusCode >= http.StatusBadRequest {
		err = errors.Join(err, fmt.Errorf("the monitor answers %d", response.StatusCode))
	}
	return errors.Join(err, response.Body.Close())
}
