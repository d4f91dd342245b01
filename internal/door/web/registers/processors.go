package registers

import (
	"context"
	"errors"
	"mime"
	"net/http"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"

	"einklang/internal/account/org"
	"einklang/internal/door/web/shell"
	"einklang/internal/engine/store"
	"einklang/internal/engine/threshold"
	"einklang/internal/govern/processors"
	"einklang/internal/rule/id"
	"einklang/internal/rule/place"
)

// processorRow is a processor in the list.
type processorRow struct {
	processors.Processor
	State   processors.State
	Lamp    string
	Numbers []string
}

var lamps = map[processors.State]string{processors.Valid: "green", processors.ReviewDue: "amber", processors.Unfiled: "amber", processors.Closed: ""}

func lamp(s processors.State) string {
	if colour, known := lamps[s]; known {
		return colour
	}
	return "red"
}

func (s *server) processors(w http.ResponseWriter, r *http.Request, v *shell.Viewer) error {
	after, err := shell.Parameter[id.Cursor](r, "after")
	if err != nil {
		return err
	}
	all, more, err := s.Registers.Page(r.Context(), s.DB, v.Org, after)
	if err != nil {
		return err
	}
	channels, err := s.Orgs.Channels(r.Context(), s.DB, v.Org)
	if err != nil {
		return err
	}
	rows := make([]processorRow, len(all))
	for i, p := range all {
		state := p.State(v.Now)
		rows[i] = processorRow{p, state, lamp(state), numbersOf(p, channels)}
	}
	return s.pages.Show(w, http.StatusOK, "processors.html", shell.Page{Viewer: v, Title: v.Text.T("processors.title"), At: "/desk/processors",
		Body: map[string]any{"Rows": rows, "Uncovered": uncovered(v, channels),
			"Paged": shell.PageOf("/desk/processors", after, all, more, func(p processors.Processor) id.Processor { return p.ID })}})
}

func numbersOf(p processors.Processor, channels []org.Channel) (names []string) {
	for _, c := range channels {
		if slices.Contains(p.Channels, c.ID) {
			names = append(names, c.Name)
		}
	}
	return names
}

// uncovered are the numbers that no agreement covers: they cannot send.
func uncovered(v *shell.Viewer, channels []org.Channel) (names []string) {
	for _, c := range channels {
		if !c.AgreementValid(v.Now) {
			names = append(names, c.Name)
		}
	}
	return names
}

// processorForm is the page on which one processor is edited.
type processorForm struct {
	Processor  processors.Processor
	State      processors.State
	Lamp       string
	Channels   []org.Channel
	Mechanisms []place.Mechanism
	Problem    string
}

// Covers reports whether the processor covers a number, for its box.
func (f processorForm) Covers(channel id.Channel) bool {
	return slices.Contains(f.Processor.Channels, channel)
}

func (s *server) newProcessor(w http.ResponseWriter, r *http.Request, v *shell.Viewer) error {
	return s.showProcessor(w, r, v, http.StatusOK, processors.Processor{Detail: processors.Detail{Country: "DE", Mechanism: place.NotNeeded}}, "")
}

func (s *server) processor(w http.ResponseWriter, r *http.Request, v *shell.Viewer) error {
	at, err := pathID[id.Processor](r, processors.ErrNotFound)
	if err != nil {
		return err
	}
	p, err := s.Registers.Get(r.Context(), s.DB, v.Org, at)
	if err != nil {
		return err
	}
	return s.showProcessor(w, r, v, http.StatusOK, p, "")
}

func (s *server) showProcessor(w http.ResponseWriter, r *http.Request, v *shell.Viewer, status int, p processors.Processor, problem string) error {
	channels, err := s.Orgs.Channels(r.Context(), s.DB, v.Org)
	if err != nil {
		return err
	}
	title := p.Detail.Name
	if p.ID.IsZero() {
		title = v.Text.T("processors.new")
	}
	state := p.State(v.Now)
	return s.pages.Show(w, status, "processor.html", shell.Page{Viewer: v, Title: title, At: "/desk/processors",
		Body: processorForm{p, state, lamp(state), channels, place.Mechanisms(), problem}})
}

func (s *server) saveProcessor(w http.ResponseWriter, r *http.Request, v *shell.Viewer) error {
	p, problem := readProcessor(r)
	var err error
	if p.Channels, err = s.chosenNumbers(r, v); err != nil {
		return err
	}
	if r.PathValue("id") != "" {
		at, err := pathID[id.Processor](r, processors.ErrNotFound)
		if err != nil {
			return err
		}
		before, err := s.Registers.Get(r.Context(), s.DB, v.Org, at)
		if err != nil {
			return err
		}
		p.ID, p.Filed, p.Ended = before.ID, before.Filed, before.Ended
		p.Detail.DocumentName, p.Detail.DocumentType = before.Detail.DocumentName, before.Detail.DocumentType
		switch ended := r.PostFormValue("ended") != ""; {
		case !ended:
			p.Ended = time.Time{}
		case before.Ended.IsZero():
			p.Ended = v.Now
		}
	}
	if problem == "" {
		err := v.Act.Write(r.Context(), func(ctx context.Context, tx store.Tx) (err error) {
			p.ID, err = s.Registers.Save(ctx, tx, v.Org, p)
			return err
		})
		if problem = explain(err); err == nil {
			http.Redirect(w, r, "/desk/processors/"+p.ID.String(), http.StatusSeeOther)
			return nil
		} else if problem == "" {
			return err
		}
	}
	return s.showProcessor(w, r, v, http.StatusUnprocessableEntity, p, v.Text.T("processors.problem."+problem))
}

// explain names the text for an entry that was refused.
func explain(err error) string {
	for known, name := range map[error]string{processors.ErrName: "name", processors.ErrCountry: "country", processors.ErrUnlawful: "unlawful", processors.ErrDates: "dates", processors.ErrLong: "long", processors.ErrMany: "many"} {
		if errors.Is(err, known) {
			return name
		}
	}
	return ""
}

// readProcessor reads the form; problem names what cannot be read.
func readProcessor(r *http.Request) (p processors.Processor, problem string) {
	field := func(name string) string { return strings.TrimSpace(r.PostFormValue(name)) }
	p.Detail = processors.Detail{Name: field("name"), Purpose: field("purpose"), Contact: field("contact"), Country: strings.ToUpper(field("country")),
		Mechanism: place.Mechanism(field("mechanism")), Categories: field("categories"), Note: field("note")}
	var err [3]error
	p.ValidFrom, err[0] = day(r, "from")
	p.ValidUntil, err[1] = day(r, "until")
	p.ReviewAt, err[2] = day(r, "review")
	if errors.Join(err[:]...) != nil {
		problem = "dates"
	}
	return p, problem
}

// chosenNumbers are the numbers that a form names. Errors: shell.NoSuch.
func (s *server) chosenNumbers(r *http.Request, v *shell.Viewer) ([]id.Channel, error) {
	ours, err := s.Orgs.Channels(r.Context(), s.DB, v.Org)
	if err != nil {
		return nil, err
	}
	return shell.SeveralOf(r, "channel", ours, func(c org.Channel) id.Channel { return c.ID })
}

func (s *server) fileDocument(w http.ResponseWriter, r *http.Request, v *shell.Viewer) error {
	at, err := pathID[id.Processor](r, processors.ErrNotFound)
	if err != nil {
		return err
	}
	p, err := s.Registers.Get(r.Context(), s.DB, v.Org, at)
	if err != nil {
		return err
	}
	files, err := threshold.ReadForm(r, processors.MaxDocument+64<<10)
	file := files["document"]
	if err != nil || len(file.Content) == 0 || len(file.Content) > processors.MaxDocument {
		return s.showProcessor(w, r, v, http.StatusUnprocessableEntity, p, v.Text.T("processors.problem.document"))
	}
	err = v.Act.Write(r.Context(), func(ctx context.Context, tx store.Tx) error {
		return s.Registers.File(ctx, tx, v.Org, at, filepath.Base(file.Name), http.DetectContentType(file.Content), file.Content)
	})
	if err != nil {
		return err
	}
	http.Redirect(w, r, "/desk/processors/"+at.String(), http.StatusSeeOther)
	return nil
}

func (s *server) document(w http.ResponseWriter, r *http.Request, v *shell.Viewer) error {
	at, err := pathID[id.Processor](r, processors.ErrNotFound)
	if err != nil {
		return err
	}
	p, err := s.Registers.Get(r.Context(), s.DB, v.Org, at)
	if err != nil {
		return err
	}
	raw, err := s.Registers.Document(r.Context(), s.DB, v.Org, at)
	if err != nil {
		return err
	}
	h := w.Header()
	h.Set("Content-Type", "application/octet-stream")
	h.Set("Content-Disposition", mime.FormatMediaType("attachment", map[string]string{"filename": p.Detail.DocumentName}))
	h.Set("Content-Length", strconv.Itoa(len(raw)))
	_, err = w.Write(raw)
	return shell.IgnoreGone(err)
}
