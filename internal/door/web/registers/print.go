package registers

import (
	"io"
	"mime"
	"net/http"

	"einklang/internal/door/web/shell"
	"einklang/internal/engine/pdf"
	"einklang/internal/rule/i18n"
)

// printDocument hands a document out as a file.
func (s *server) printDocument(w http.ResponseWriter, r *http.Request, v *shell.Viewer) error {
	f, err := s.Cockpit.Facts(r.Context(), v.Org)
	if err != nil {
		return err
	}
	all, err := s.write(r, v, f, r.PathValue("key"))
	if err != nil {
		return err
	}
	d := all[0]
	w.Header().Set("Content-Type", "application/pdf")
	w.Header().Set("Content-Disposition", mime.FormatMediaType("attachment", map[string]string{"filename": d.Key + "-" + d.Version.Day + "." + d.Locale + ".pdf"}))
	return printed(w, d, s.shell.In(d.Locale))
}

// printed writes a document for paper: the same as on the page, and first what is
// missing, so that nobody takes a gap for an answer.
func printed(w io.Writer, d written, c *i18n.Catalogue) error {
	doc := pdf.New(pdf.Options{Title: d.Title, Locale: d.Locale, Footer: d.Company + " · " + c.T("documents.dated", c.Moment(d.Date), d.Version.Number), Created: d.Date})
	if len(d.Missing) > 0 {
		doc.Heading(2, c.T("documents.missing"))
		for _, m := range d.Missing {
			doc.Text("– " + m.Text)
		}
	}
	for _, section := range d.Sections {
		doc.Heading(2, section.Title)
		for _, p := range section.Paragraphs {
			doc.Text(p)
		}
		for _, item := range section.Items {
			doc.Text("– " + item)
		}
		if n := len(section.Table.Head); n > 0 {
			columns := make([]pdf.Column, n)
			for i, name := range section.Table.Head {
				columns[i] = pdf.Column{Name: name, Share: 1 / float64(n)}
			}
			doc.Table(columns, section.Table.Rows)
		}
	}
	return doc.Write(w)
}
