package browsertest

import (
	"strconv"
	"strings"
)

// Widths are those at which menus have to stay on the screen: a desk, a
// laptop, a tablet, a phone.
var Widths = []View{{Width: 1440, Height: 900}, Wide, {Width: 768, Height: 1024}, Phone}

// onScreen says where a box that opened over the page reaches beyond the
// screen, or what covers or cuts it at one of its corners; empty: nowhere.
const onScreen = `(e) => {
	const box = e.getBoundingClientRect(), name = e.outerHTML.slice(0, 90);
	if (!box.width || !box.height) return "it does not show: " + name;
	if (box.left < 0 || box.top < 0 || box.right > innerWidth + .5 || box.bottom > innerHeight + .5)
		return [box.left, box.top, box.right, box.bottom].map(Math.round) + " on a screen of " + innerWidth + " x " + innerHeight + ": " + name;
	for (const [x, y] of [[box.left + 9, box.top + 9], [box.right - 9, box.top + 9], [box.left + 9, box.bottom - 9], [box.right - 9, box.bottom - 9]]) {
		const hit = document.elementFromPoint(x, y);
		if (!e.contains(hit)) return "at " + Math.round(x) + ", " + Math.round(y) + " there is " + (hit ? hit.outerHTML.slice(0, 90) : "nothing") + " instead of " + name;
	}
	return "";
}`

// OnScreen fails the test if something that opened over the page is not wholly
// to be seen.
func (p *Page) OnScreen(selector string) {
	p.tb.Helper()
	p.See(selector)
	if wrong := Eval[string](p, `(`+onScreen+`)([...document.querySelectorAll(`+strconv.Quote(selector)+`)].find((e) => e.checkVisibility()))`); wrong != "" {
		p.tb.Errorf("%s: %s", p.Path(), wrong)
	}
}

// Fits fails the test if the page, or its main part, is wider than the screen,
// also when what unfolds on it is opened, one after the other, and if a menu
// then leaves the screen.
func (p *Page) Fits() {
	p.tb.Helper()
	wrong := Eval[[]string](p, `(() => {
		const onScreen = `+onScreen+`, wrong = [], most = document.documentElement.clientWidth;
		const wide = (when) => {
			const is = Math.max(document.documentElement.scrollWidth, document.querySelector("main")?.scrollWidth || 0);
			if (is <= most) return;
			const e = [...document.querySelectorAll("body *")].find((e) => e.getBoundingClientRect().right > most + 1 && getComputedStyle(e).position !== "absolute" && !e.closest(".scroll"));
			wrong.push("the page is " + is + " px wide" + when + (e ? ", because of " + e.outerHTML.slice(0, 120) : ""));
		};
		wide("");
		for (const menu of document.querySelectorAll("details")) {
			if (!menu.checkVisibility()) continue;
			const before = menu.open;
			menu.open = true;
			menu.scrollIntoView({block: "nearest", inline: "nearest"});
			const over = [...menu.children].filter((e) => ["absolute", "fixed"].includes(getComputedStyle(e).position));
			for (const e of over) { const says = onScreen(e); if (says) wrong.push(says); }
			wide(" with " + menu.outerHTML.slice(0, 90));
			menu.open = before;
		}
		return wrong;
	})()`)
	if len(wrong) > 0 {
		p.tb.Errorf("%s at %d px:\n  %s", p.Path(), Eval[int](p, "innerWidth"), strings.Join(wrong, "\n  "))
	}
}
