package browsertest

import (
	_ "embed"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"
)

// Go opens a path and waits until it is loaded.
func (p *Page) Go(path string) {
	p.tb.Helper()
	p.mu.Lock()
	p.bytes = 0
	p.mu.Unlock()
	run(p, chromedp.Navigate(p.origin+path))
}

// SignIn signs a member of staff in.
func (p *Page) SignIn(email, password string) {
	p.tb.Helper()
	p.Go("/sign-in")
	p.Type("#email", email)
	p.Type("#password", password)
	p.Press(kb.Enter)
	p.See(`a[href="/inbox"]`)
}

// Click clicks the first visible element that a CSS selector finds, once it is
// there; it fails the test if something else covers it.
func (p *Page) Click(selector string) {
	p.tb.Helper()
	p.See(selector)
	if covered := Eval[string](p, `(() => {
		const e = [...document.querySelectorAll(`+strconv.Quote(selector)+`)].find((e) => e.checkVisibility());
		e.scrollIntoView({block: "nearest"});
		const box = e.getBoundingClientRect(), hit = document.elementFromPoint(box.left + box.width / 2, box.top + box.height / 2);
		if (!hit || !e.contains(hit) && !hit.contains(e)) return hit ? hit.outerHTML.slice(0, 120) : "nothing: it is off the screen";
		e.click();
		return "";
	})()`); covered != "" {
		p.tb.Fatalf("%s cannot be clicked: there is %s", selector, covered)
	}
}

// Type puts the cursor into a field and types.
func (p *Page) Type(selector, text string) {
	p.tb.Helper()
	p.See(selector)
	run(p, chromedp.SendKeys(chromedp.CSS(selector), text))
}

// Press presses keys where the cursor is; see package kb for those without a
// character.
func (p *Page) Press(keys string) {
	p.tb.Helper()
	run(p, chromedp.KeyEvent(keys))
}

// Shortcut presses a key that does something instead of writing a letter. (The
// DevTools protocol would write the letter all the same.)
func (p *Page) Shortcut(key string) {
	p.tb.Helper()
	p.Eval(`document.activeElement.dispatchEvent(new KeyboardEvent("keydown", {key: ` + strconv.Quote(key) + `, bubbles: true, cancelable: true}))`)
}

// Ctrl presses a key together with Ctrl.
func (p *Page) Ctrl(key string) {
	p.tb.Helper()
	run(p, chromedp.KeyEvent(key, chromedp.KeyModifiers(kb.ModifierCtrl)))
}

// CtrlEnter sends what is in the composer.
func (p *Page) CtrlEnter() {
	p.tb.Helper()
	p.Ctrl(kb.Enter)
}

// Eval runs JavaScript for what it does.
func (p *Page) Eval(script string) {
	p.tb.Helper()
	run(p, chromedp.Evaluate[chromedp.Void](script))
}

// Attach puts files into a field.
func (p *Page) Attach(selector string, files ...string) {
	p.tb.Helper()
	run(p, chromedp.SetUploadFiles(chromedp.CSS(selector), files))
}

// See waits until a selector finds something that is visible.
func (p *Page) See(selector string) {
	p.tb.Helper()
	p.Until("there is no visible "+selector, `[...document.querySelectorAll(`+strconv.Quote(selector)+`)].some((e) => e.checkVisibility())`)
}

// SeeText waits until an element shows a text.
func (p *Page) SeeText(selector, text string) {
	p.tb.Helper()
	p.Until(fmt.Sprintf("%s does not show %q", selector, text),
		`[...document.querySelectorAll(`+strconv.Quote(selector)+`)].some((e) => e.checkVisibility() && (e.innerText || e.value || "").includes(`+strconv.Quote(text)+`))`)
}

// Gone waits until a selector finds nothing visible any more.
func (p *Page) Gone(selector string) {
	p.tb.Helper()
	p.Until(selector+" stays", `![...document.querySelectorAll(`+strconv.Quote(selector)+`)].some((e) => e.checkVisibility())`)
}

// Until waits until a JavaScript expression is true; otherwise is what the
// test says when it never is.
func (p *Page) Until(otherwise, expression string) {
	p.tb.Helper()
	for end := time.Now().Add(patience); time.Now().Before(end); time.Sleep(15 * time.Millisecond) {
		// A page that is just changing has no answer yet.
		if yes, err := try(p, chromedp.Evaluate[bool](expression)); err == nil && yes {
			return
		}
	}
	shown, _ := try(p, chromedp.Evaluate[string](`document.body?.innerText`))
	p.tb.Fatalf("%s. The page shows:\n%s", otherwise, shown)
}

// Eval is the value of a JavaScript expression; it may be a promise.
func Eval[T any](p *Page, expression string) T {
	p.tb.Helper()
	return run(p, chromedp.Evaluate[T](expression, chromedp.EvalAwaitPromise))
}

// Count is how many elements a selector finds.
func (p *Page) Count(selector string) int {
	p.tb.Helper()
	return Eval[int](p, `document.querySelectorAll(`+strconv.Quote(selector)+`).length`)
}

// Shoot writes what the page shows to a PNG file.
func (p *Page) Shoot(file string) {
	p.tb.Helper()
	png := run(p, chromedp.CaptureScreenshot())
	if err := os.MkdirAll(filepath.Dir(file), 0o750); err != nil {
		p.tb.Fatal(err)
	}
	if err := os.WriteFile(file, png, 0o600); err != nil {
		p.tb.Fatal(err)
	}
}

// axe-core finds what keeps people with disabilities out. It is published
// under the MPL-2.0 and lies unchanged in testdata; it is no part of the
// product (decision 0055).
//
//go:embed testdata/axe.min.js
var axe string

// Accessible runs axe-core over the page and fails the test for each violation
// of WCAG 2.2 A and AA.
func (p *Page) Accessible() {
	p.tb.Helper()
	p.axe(`["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]`)
}

// Contrast is the part of Accessible that depends on light or dark.
func (p *Page) Contrast() {
	p.tb.Helper()
	p.axe(`{type: "rule", values: ["color-contrast", "link-in-text-block"]}`)
}

func (p *Page) axe(rules string) {
	p.tb.Helper()
	if !Eval[bool](p, `"axe" in window`) {
		run(p, chromedp.Evaluate[chromedp.Void](axe))
	}
	found := Eval[string](p, `axe.run(document, {runOnly: `+rules+`, resultTypes: ["violations"]}).then((r) => JSON.stringify(r.violations.map((v) =>
		({id: v.id, help: v.help, nodes: v.nodes.map((n) => n.target.join(" ") + ": " + n.failureSummary)}))))`)
	var violations []struct {
		ID, Help string
		Nodes    []string
	}
	if err := json.Unmarshal([]byte(found), &violations); err != nil {
		p.tb.Fatal(err)
	}
	for _, v := range violations {
		p.tb.Errorf("%s: %s (%s)\n  %s", p.Path(), v.Help, v.ID, strings.Join(v.Nodes[:min(3, len(v.Nodes))], "\n  "))
	}
}

// Path is where the page is.
func (p *Page) Path() string { return Eval[string](p, `location.pathname + location.search`) }
