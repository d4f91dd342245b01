package architecture

import (
	"io/fs"
	"maps"
	"os"
	"path"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// shellStyles is the stylesheet of all pages. An area of the pages has further
// ones, which a browser reads after it.
const shellStyles = "shell/static/app.css"

// components are the classes of the shell's stylesheet that areas may refine
// inside of a class of their own. Every other class has one stylesheet.
const components = "avatar button buttons card check chip hint lamp list primary quiet refusal topbar views wide"

// TestNoClassHasTwoStylesheets keeps a rule that is meant for one page from
// changing another: a name that two stylesheets give a meaning means both.
func TestNoClassHasTwoStylesheets(t *testing.T) {
	for _, wrong := range judgeStyles(stylesheets(t)) {
		t.Error(wrong)
	}
}

// stylesheets are those of the pages, by file.
func stylesheets(t *testing.T) map[string]string {
	t.Helper()
	sheets := map[string]string{}
	root := os.DirFS(filepath.Join("..", "..", "door", "web"))
	err := fs.WalkDir(root, ".", func(file string, _ fs.DirEntry, err error) error {
		if err != nil || path.Ext(file) != ".css" {
			return err
		}
		css, err := fs.ReadFile(root, file)
		sheets[file] = string(css)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	if len(sheets) < 5 || sheets[shellStyles] == "" {
		t.Fatalf("the stylesheets are not where they were: %v", slices.Sorted(maps.Keys(sheets)))
	}
	return sheets
}

// TestEveryPageFindsItsStyles: a page is given the shell's stylesheet and those
// of its own area, so what stands in another area's does nothing on it.
func TestEveryPageFindsItsStyles(t *testing.T) {
	sheets := stylesheets(t)
	areas := map[string]map[string]bool{} // by class: the areas whose stylesheets name it
	for file, css := range sheets {
		area, _, _ := strings.Cut(file, "/")
		for _, class := range cssClass.FindAllString(strings.Join(selectors(css), " "), -1) {
			if areas[class[1:]] == nil {
				areas[class[1:]] = map[string]bool{}
			}
			areas[class[1:]][area] = true
		}
	}
	root := os.DirFS(filepath.Join("..", "..", "door", "web"))
	err := fs.WalkDir(root, ".", func(file string, _ fs.DirEntry, err error) error {
		if err != nil || path.Ext(file) != ".html" {
			return err
		}
		page, err := fs.ReadFile(root, file)
		area, _, _ := strings.Cut(file, "/")
		for _, said := range htmlClass.FindAllStringSubmatch(templateAction.ReplaceAllString(string(page), " "), -1) {
			for _, class := range strings.Fields(said[1]) {
				if in := areas[class]; len(in) > 0 && !in["shell"] && !in[area] {
					t.Errorf("%s: the rules for %s stand in another area's stylesheet: %v", file, class, slices.Sorted(maps.Keys(in)))
				}
			}
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
}

var (
	htmlClass      = regexp.MustCompile(`class="([^"]*)"`)
	templateAction = regexp.MustCompile(`\{\{[^}]*\}\}`)
)

// TestStyleRulesBite shows the rule stylesheets that break it, and such that
// do not.
func TestStyleRulesBite(t *testing.T) {
	for _, c := range []struct{ name, shell, one, other, want string }{
		{"each its own", ".card {}", ".qr {} .qr svg {}", ".part {}", ""},
		{"two areas", "", ".steps li {}", ".steps {}", "steps"},
		{"the shell's, again", ".steps li::before {}", ".steps {}", "", "steps"},
		{"the shell's, in a place of its own", ".steps li::before {}", ".phone ol.steps li {}", "", "steps"},
		{"a component in a place of its own", ".card {}", ".part .card {}", "", ""},
		{"a component everywhere", ".card {}", ".card {}", "", "card"},
		{"a component with a name of its own", ".card {}", ".card.part {}", "", ""},
		{"a component inside of what all pages have", ".card {} .sheet {}", ".sheet .card {}", "", "card"},
		{"a colour of what is its own", ".lamp.red {}", ".light.red {}", "", ""},
		{"in a media query", ".card {}", "@media (max-width: 9px) { .card { margin: 0; } }", "", "card"},
		{"an element of all pages", "summary {}", "summary {}", "", "summary"},
	} {
		t.Run(c.name, func(t *testing.T) {
			got := strings.Join(judgeStyles(map[string]string{shellStyles: c.shell, "one.css": c.one, "other.css": c.other}), "; ")
			if (c.want == "") != (got == "") || !strings.Contains(got, c.want) {
				t.Errorf("violations %q, want %q", got, c.want)
			}
		})
	}
}

var (
	cssComment  = regexp.MustCompile(`(?s)/\*.*?\*/`)
	cssFunction = regexp.MustCompile(`:[a-z-]+\([^()]*(\([^()]*\)[^()]*)*\)`) // :has(…), :not(…)
	cssBetween  = regexp.MustCompile(`[\s>+~]+`)
	cssClass    = regexp.MustCompile(`\.[A-Za-z][\w-]*`)
)

// selectors lists what a stylesheet has rules for, but for steps of animations.
func selectors(css string) (all []string) {
	for _, before := range strings.Split(cssComment.ReplaceAllString(css, ""), "{") {
		one := strings.TrimSpace(before[strings.LastIndexAny(before, ";}")+1:])
		if one == "" || strings.HasPrefix(one, "@") || strings.HasSuffix(one, "%") || one == "from" || one == "to" || one == ":root" {
			continue
		}
		for _, selector := range strings.Split(cssFunction.ReplaceAllString(one, ""), ",") {
			if selector = strings.TrimSpace(selector); selector != "" {
				all = append(all, selector)
			}
		}
	}
	return all
}

// judgeStyles finds the rules by which a stylesheet changes what is another's.
func judgeStyles(sheets map[string]string) (wrong []string) {
	in := map[string]map[string]bool{} // by class: the stylesheets that name it
	for file, css := range sheets {
		for _, class := range cssClass.FindAllString(strings.Join(selectors(css), " "), -1) {
			if in[class] == nil {
				in[class] = map[string]bool{}
			}
			in[class][file] = true
		}
	}
	for _, file := range slices.Sorted(maps.Keys(sheets)) {
		if file == shellStyles {
			continue
		}
		for _, selector := range selectors(sheets[file]) {
			if foreign := foreignClass(selector, in); foreign != "" {
				wrong = append(wrong, file+": "+selector+" changes "+foreign+", which is another stylesheet's")
			}
		}
	}
	return wrong
}

// foreignClass is what a selector of an area changes although it belongs to
// another stylesheet. What comes before a name of the area's own only says
// where; what comes after it must be a component.
func foreignClass(selector string, in map[string]map[string]bool) string {
	owned := false
	for _, part := range cssBetween.Split(selector, -1) {
		classes := cssClass.FindAllString(part, -1)
		if strings.Contains(part, "#") || slices.ContainsFunc(classes, func(c string) bool { return len(in[c]) == 1 }) {
			owned = true
			continue
		}
		for _, class := range classes {
			if !in[class][shellStyles] || owned && !slices.Contains(strings.Fields(components), class[1:]) {
				return class
			}
		}
	}
	if !owned {
		return selector
	}
	return ""
}
