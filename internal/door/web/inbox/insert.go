package inbox

import (
	"net/http"
	"strconv"
	"strings"

	"einklang/internal/door/web/shell"
	"einklang/internal/engine/cloudapi"
	"einklang/internal/rule/wire"
)

// sendButtons sends a text with up to three buttons.
func (s *server) sendButtons(w http.ResponseWriter, r *http.Request, v *shell.Viewer) error {
	return s.sendForm(w, r, v, func(value func(string) string) cloudapi.Content {
		i := &cloudapi.Interactive{Type: cloudapi.InteractiveButton, Body: &cloudapi.InteractiveText{Text: value("body")}, Action: &cloudapi.InteractiveAction{}}
		for n := 1; n <= wire.MostButtons; n++ {
			if title := value("button" + strconv.Itoa(n)); title != "" {
				i.Action.Buttons = append(i.Action.Buttons, cloudapi.ReplyButton{Type: "reply", Reply: cloudapi.Choice{ID: "button-" + strconv.Itoa(n), Title: title}})
			}
		}
		return cloudapi.Content{Type: cloudapi.TypeInteractive, Interactive: i}
	})
}

// sendList sends a text with a list of up to ten rows: one line each, "title |
// description".
func (s *server) sendList(w http.ResponseWriter, r *http.Request, v *shell.Viewer) error {
	return s.sendForm(w, r, v, func(value func(string) string) cloudapi.Content {
		return cloudapi.Content{Type: cloudapi.TypeInteractive, Interactive: &cloudapi.Interactive{Type: cloudapi.InteractiveList,
			Body:   &cloudapi.InteractiveText{Text: value("body")},
			Action: &cloudapi.InteractiveAction{Button: value("button"), Sections: []cloudapi.ListSection{{Rows: listRows(value("rows"))}}}}}
	})
}

// listRows reads the rows of a list, one a line.
func listRows(text string) []cloudapi.Choice {
	var rows []cloudapi.Choice
	for line := range strings.Lines(text) {
		title, description, _ := strings.Cut(line, "|")
		if title = strings.TrimSpace(title); title != "" {
			rows = append(rows, cloudapi.Choice{ID: "row-" + strconv.Itoa(len(rows)+1), Title: title, Description: strings.TrimSpace(description)})
		}
	}
	return rows
}

// sendLocation sends a place. What is no number becomes a place that
// WhatsApp's limits refuse.
func (s *server) sendLocation(w http.ResponseWriter, r *http.Request, v *shell.Viewer) error {
	return s.sendForm(w, r, v, func(value func(string) string) cloudapi.Content {
		return cloudapi.Content{Type: cloudapi.TypeLocation, Location: &cloudapi.Location{Latitude: degrees(value("latitude")), Longitude: degrees(value("longitude")),
			Name: value("name"), Address: value("address")}}
	})
}

// degrees reads a coordinate with a point or a comma.
func degrees(text string) float64 {
	d, err := strconv.ParseFloat(strings.Replace(text, ",", ".", 1), 64)
	if err != nil {
		return 999
	}
	return d
}

func (s *server) sendForm(w http.ResponseWriter, r *http.Request, v *shell.Viewer, content func(value func(string) string) cloudapi.Content) error {
	c, err := s.where(r, v)
	if err != nil {
		return err
	}
	return s.sendContent(w, r, v, c, content(func(name string) string { return strings.TrimSpace(r.PostFormValue(name)) }), "")
}
