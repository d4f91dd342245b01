package shell

import (
	"bytes"
	"html/template"
	"io/fs"
	"maps"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"

	"einklang/internal/account/user"
	"einklang/internal/rule/i18n"
	"einklang/internal/rule/pii"
)

// Page is what a page is given.
type Page struct {
	pii.Personal
	Viewer  *Viewer         // nil on public pages
	Text    *i18n.Catalogue // of a public page; a viewer brings her own
	House   *House          // the company of a public page
	Title   string
	At      string   // path of the menu entry that is shown as current
	Scripts []string // modules
	Styles  []string
	Body    any

	shell *Shell
}

// Locale is the language of the page.
func (p Page) Locale() string { return p.catalogue().Locale }

// Direction is how the language of the page is written: "rtl" or "".
func (p Page) Direction() string { return p.catalogue().Direction() }

func (p Page) catalogue() *i18n.Catalogue {
	if p.Text == nil && p.Viewer != nil {
		return p.Viewer.Text
	}
	return p.Text
}

// Menu is the menu as the page's viewer sees it.
func (p Page) Menu() Menu { return p.shell.menuFor(p.Viewer, p.At) }

// Opens reports whether the viewer may open a page of the menu.
func (p Page) Opens(path string) bool {
	i := slices.IndexFunc(p.shell.menu, func(e Entry) bool { return e.Path == path })
	return i < 0 || p.Viewer.May(p.shell.menu[i].May)
}

// Pages are the templates of one area, in both languages, with the layout.
type Pages struct {
	shell     *Shell
	functions func(*i18n.Catalogue) template.FuncMap // of the area; nil if it has none
	byLocale  map[string]*template.Template
	unused    *template.Template // copied for a language that a company added
}

// Pages reads an area's templates, pages/*.html. Functions are the area's own
// template functions in one language; nil if it has none.
func (s *Shell) Pages(files fs.FS, functions func(*i18n.Catalogue) template.FuncMap) (*Pages, error) {
	p := &Pages{shell: s, functions: functions, byLocale: map[string]*template.Template{}}
	t, err := template.New("").Funcs(p.all(s.texts["de"])).ParseFS(layout, "pages/*.html")
	if err == nil && files != nil {
		t, err = t.ParseFS(files, "pages/*.html")
	}
	p.unused = t
	for locale, c := range s.texts {
		if err == nil {
			p.byLocale[locale], err = p.in(c)
		}
	}
	return p, err
}

// all are the functions that the area's templates can call.
func (p *Pages) all(c *i18n.Catalogue) template.FuncMap {
	all := p.shell.functions(c)
	if p.functions != nil {
		maps.Copy(all, p.functions(c))
	}
	return all
}

// in are the templates in a language.
func (p *Pages) in(c *i18n.Catalogue) (*template.Template, error) {
	t, err := p.unused.Clone()
	if err != nil {
		return nil, err
	}
	return t.Funcs(p.all(c)), nil
}

// pagePolicy is what a page of ours may load. All else that is answered may load and
// run nothing (threshold).
const pagePolicy = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' blob:; media-src 'self' blob:; connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"

// Show writes a page. It is made in full before anything is sent, so that a
// mistake shows as an error, not as half a page.
func (p *Pages) Show(w http.ResponseWriter, status int, name string, page Page) error {
	page.shell = p.shell
	t := p.byLocale[page.Locale()]
	if t == nil { // a language that the company added
		var err error
		if t, err = p.in(page.catalogue()); err != nil {
			return err
		}
	}
	var out bytes.Buffer
	if err := t.ExecuteTemplate(&out, name, page); err != nil {
		return err
	}
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	w.Header().Set("Content-Security-Policy", pagePolicy)
	w.WriteHeader(status)
	_, err := out.WriteTo(w)
	return IgnoreGone(err)
}

// functions are what all templates can call.
func (s *Shell) functions(c *i18n.Catalogue) template.FuncMap {
	return template.FuncMap{
		"t":         c.T,
		"n":         func(key string, n any) string { return c.N(key, whole(n)) },
		"has":       c.Has,
		"known":     c.Known,
		"asset":     func(path string) string { return s.assets[path].address },
		"clock":     c.Clock,
		"moment":    c.Moment,
		"date":      c.Date,
		"brief":     func(t time.Time) string { return c.Brief(t, s.options.Now()) },
		"size":      c.Size,
		"format":    Format,
		"unix":      func(t time.Time) int64 { return t.Unix() },
		"left":      func(t time.Time) string { return c.Left(t.Sub(s.options.Now())) },
		"age":       func(t time.Time) string { return age(c, s.options.Now().Sub(t)) },
		"zero":      func(t time.Time) bool { return t.IsZero() },
		"iso":       func(t time.Time) string { return t.Format(time.RFC3339) },
		"initials":  Initials,
		"countdown": func(until time.Time, words string) template.HTML { return countdown(c, until, s.options.Now(), words) },
	}
}

// whole is a number of any of the kinds that counts come in.
func whole(n any) int {
	if long, is := n.(int64); is {
		return int(long)
	}
	short, _ := n.(int)
	return short
}

// age is how long something has lasted: hours and minutes, or days.
func age(c *i18n.Catalogue, d time.Duration) string {
	if days := int(d.Hours() / 24); days >= 2 {
		return c.N("work.days", days)
	}
	return c.Left(d)
}

// Initials stand in for a picture.
func Initials(name string) string {
	var out []rune
	for _, w := range strings.Fields(strings.TrimLeft(name, "@+")) {
		out = append(out, []rune(strings.ToUpper(w))[0])
		if len(out) == 2 {
			break
		}
	}
	return string(out)
}

// countdown puts the time that remains into a sentence, so that the page can
// count it down.
func countdown(c *i18n.Catalogue, until, now time.Time, words string) template.HTML {
	before, after, _ := strings.Cut(words, "§")
	return template.HTML(template.HTMLEscapeString(before) + `<time data-until="` + strconv.FormatInt(until.Unix(), 10) + `">` + //nolint:gosec // escaped
		c.Left(until.Sub(now)) + "</time>" + template.HTMLEscapeString(after))
}

// Entry is one line of the menu.
type Entry struct {
	Section string // one of sections; the first entry that a viewer may see stands for it in the bar
	Path    string
	Text    string // key of its name
	May     user.Permission
}

// sections is the order of the bar; each has a text nav.NAME.
var sections = []string{"inbox", "consent", "devices", "privacy", "reports", "settings"}

// Menu is what a viewer sees of the menu.
type Menu struct {
	Bar []Item // the sections
	Sub []Item // the pages of the current section, if there are several
}

// Item is one link of the menu.
type Item struct {
	Path, Text string
	Current    bool
}

// Menu adds lines to the menu, in the order of the calls.
func (s *Shell) Menu(entries ...Entry) { s.menu = append(s.menu, entries...) }

func (s *Shell) menuFor(v *Viewer, at string) (m Menu) {
	if v == nil {
		return m
	}
	current := ""
	if i := slices.IndexFunc(s.menu, func(e Entry) bool { return e.Path == at }); i >= 0 {
		current = s.menu[i].Section
	}
	for _, section := range sections {
		for _, e := range s.menu {
			if e.Section == section && v.May(e.May) {
				m.Bar = append(m.Bar, Item{e.Path, "nav." + section, section == current})
				break
			}
		}
	}
	for _, e := range s.menu {
		if e.Section == current && v.May(e.May) {
			m.Sub = append(m.Sub, Item{e.Path, e.Text, e.Path == at})
		}
	}
	if len(m.Sub) < 2 {
		m.Sub = nil
	}
	return m
}
