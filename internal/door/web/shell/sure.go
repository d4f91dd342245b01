package shell

import (
	"net/http"
	"net/url"

	"einklang/internal/rule/pii"
)

// Loss is what somebody is about to take away, as the page says it that asks
// her whether she is sure.
type Loss struct {
	At    string   // path of the menu entry that is shown as current
	Back  string   // where "no" leads
	Do    string   // what the button says that does it
	Words []string // what will be so, a paragraph each
	Goes  []string // what will be gone, a line each
	Final bool     // nobody can undo it
}

type sureBody struct {
	pii.Personal
	Loss
	Action string
	Fields []field
}

// field is one field of the form that is sent again.
type field struct {
	pii.Personal
	Name, Value string
}

// agreed is the field of a form by which somebody says that she is sure.
const agreed = "sure"

// Sure lets a handler of staff that takes something away at once ask first.
// What is posted is answered with a page that says what will be lost, and only
// its button acts; this needs no script. Ask says what a request takes away;
// nil: nothing, so that nobody is asked.
func (s *Shell) Sure(ask func(*http.Request, *Viewer) (*Loss, error), handle Handle) Handle {
	return func(w http.ResponseWriter, r *http.Request, v *Viewer) error {
		if r.PostFormValue(agreed) != "" {
			return handle(w, r, v)
		}
		loss, err := ask(r, v)
		if err != nil {
			return err
		}
		if loss == nil {
			return handle(w, r, v)
		}
		return s.own.Show(w, http.StatusOK, "sure.html", Page{Viewer: v, Title: v.Text.T("sure.title"), At: loss.At,
			Body: sureBody{Loss: *loss, Action: r.URL.RequestURI(), Fields: fieldsOf(r.PostForm)}})
	}
}

func fieldsOf(form url.Values) (all []field) {
	for name, values := range form {
		for _, value := range values {
			all = append(all, field{Name: name, Value: value})
		}
	}
	return all
}
