package browsertest

import (
	"cmp"
	"flag"
	"maps"
	"net/url"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/chromedp/chromedp/kb"

	"einklang/internal/app/demo"
)

var screenshots = flag.String("screenshots", "", "folder to write a picture of every page to, in all views")

// TestTheInbox looks at all pages of one demo, and does in them what people do
// all day. With -screenshots the first part also takes pictures of every page.
func TestTheInbox(t *testing.T) {
	d, b := Demo(t, false), Start(t)
	t.Run("every page", func(t *testing.T) { everyPage(t, d, b) })
	t.Run("pages behind links", func(t *testing.T) { behindLinks(t, d, b) })
	if *screenshots == "" {
		t.Run("consents", func(t *testing.T) { consents(t, d, b) })
		t.Run("own data", func(t *testing.T) { ownData(t, d, b) })
		t.Run("threads", func(t *testing.T) { threads(t, d, b) })
		t.Run("menus", func(t *testing.T) { menus(t, d, b) })
		flows(t, d, b)
	}
}

// everyPage follows every link, signed out and with the roles that see most,
// and opens one page of each shape. Each must show no error, shut nobody out in
// light or dark, and fit the screen of a phone. Pictures are in both languages,
// light and dark, wide and narrow.
func everyPage(t *testing.T, d *demo.Demo, b *Browser) {
	seen := map[string]bool{}
	for _, role := range []string{"", "admin", "dpo"} {
		p := b.Open(t, d.Facts.URL, Wide)
		if role != "" {
			SignIn(p, d, role)
		}
		p.Go("/sign-in")
		paths := []string{"/sign-in", "/portal/beispiel"}
		if role != "" {
			p.Go("/search")
			p.Type("[name=q]", "wasser")
			p.Press(kb.Enter)
			p.See(".hit")
			paths = append([]string{"/inbox", p.Path(), "/desk/approvals/new?kind=letters"}, conversations(p)...)
		}
		looked := everyPlace(p, paths, seen)
		inEnglish(p, looked)
		pictures(p, looked)
	}
	if len(seen) < 70 {
		t.Errorf("only %d pages are found", len(seen))
	}
}

// everyPlace goes from page to page, and looks at each on the way.
func everyPlace(p *Page, paths []string, seen map[string]bool) (looked []string) {
	met := map[string]bool{} // with this role
	for i := 0; i < len(paths); i++ {
		at, name := paths[i], shape(paths[i])
		if met[name] {
			continue
		}
		met[name] = true
		if !isPage(p, at) {
			continue
		}
		p.Look(Wide)
		p.Go(at)
		paths = append(paths, links(p)...)
		if seen[name] {
			continue
		}
		seen[name] = true
		lookClosely(p)
		looked = append(looked, at)
	}
	return looked
}

// inEnglish looks at the same pages with words of other lengths.
func inEnglish(p *Page, paths []string) {
	for _, at := range paths {
		speak(p, at, "en")
		if p.Count("details") > 0 {
			fits(p)
			continue
		}
		p.Look(Phone)
		p.Fits()
	}
	if len(paths) > 0 && p.Count(`form[action="/language"]`) > 0 {
		speak(p, p.Path(), "de")
	}
}

// conversations are those with four customers: with most kinds of messages,
// after the window, opted out, in English.
func conversations(p *Page) (paths []string) {
	for _, who := range []string{"Max Mustermann", "Otto Normalverbraucher", "Moritz Muster", "Jane Roe"} {
		paths = append(paths, Conversation(p, who)+"#"+strings.Fields(strings.ToLower(who))[0])
	}
	return paths
}

// links are where a page leads, but for files.
func links(p *Page) []string {
	return Eval[[]string](p, `[...new Set([...document.querySelectorAll("a[href]")].filter((a) => a.origin === location.origin && a.pathname !== location.pathname).map((a) => a.pathname + a.search))]`)
}

// isPage asks whether there is a page at a path, and not a file.
func isPage(p *Page, path string) bool {
	return Eval[bool](p, `fetch(`+strconv.Quote(p.origin+path)+`).then((r) => !r.headers.has("Content-Disposition") && r.headers.get("Content-Type").startsWith("text/html"))`)
}

var (
	someID  = regexp.MustCompile(`[0-9a-f]{8}-[0-9a-f-]{27}|[A-Za-z0-9_-]{20,}`)
	unclean = regexp.MustCompile(`[^a-z0-9_]+`)
)

// shape is what addresses of the same page have in common: their path without
// the ids, and what they ask for. The views of the inbox are one page.
func shape(path string) string {
	path, who, _ := strings.Cut(path, "#")
	path, query, _ := strings.Cut(path, "?")
	names := []string{someID.ReplaceAllString(path, "one"), who}
	if asked, _ := url.ParseQuery(query); !strings.HasPrefix(path, "/inbox") {
		names = append(names, slices.Sorted(maps.Keys(asked))...)
	}
	return cmp.Or(strings.Trim(unclean.ReplaceAllString(strings.Join(names, "-"), "-"), "-"), "start")
}

// pictures are taken of every page in all views.
func pictures(p *Page, paths []string) {
	if *screenshots == "" {
		return
	}
	for _, locale := range []string{"de", "en"} {
		for _, at := range paths {
			speak(p, at, locale)
			shootAll(p, shape(at), locale)
		}
	}
}

// speak opens a page in a language.
func speak(p *Page, at, locale string) {
	p.Look(Wide)
	p.Go(at)
	switch {
	case p.Count(`html[lang="`+locale+`"]`) > 0:
	case p.Count(`form[action="/language"]`) > 0:
		p.Click(`form[action="/language"] button`)
		p.See(`html[lang="` + locale + `"] body`)
		p.Go(at)
	default: // a public page
		path, query, _ := strings.Cut(at, "?")
		asked, _ := url.ParseQuery(query)
		asked.Set("lang", locale)
		p.Go(path + "?" + asked.Encode())
	}
}

// shootAll takes the pictures of an open page.
func shootAll(p *Page, name, locale string) {
	for _, v := range []View{Wide, Phone} {
		for _, v.Dark = range []bool{false, true} {
			p.Look(v)
			shoot(p, name, locale, v)
		}
	}
}

func shoot(p *Page, name, locale string, v View) {
	name += "-" + locale
	if v.Width < Wide.Width {
		name += "-phone"
	}
	if v.Dark {
		name += "-dark"
	}
	p.Shoot(filepath.Join(*screenshots, name+".png"))
}
