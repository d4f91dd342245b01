// Package browsertest looks at the pages with a real Chromium.
//
// A test starts a demo (see Demo), opens a page of it, acts as a person would
// and looks at what she would see. Every page is watched: an error in the
// console, a violation of the content security policy or a request to another
// host fails the test.
package browsertest

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"os"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/chromedp/cdproto/browser"
	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/cdproto/log"
	"github.com/chromedp/cdproto/network"
	"github.com/chromedp/cdproto/page"
	"github.com/chromedp/cdproto/runtime"
	"github.com/chromedp/chromedp"
)

// patience is how long something may take to appear before a test gives up.
const patience = 40 * time.Second

// Browser is a running Chromium.
type Browser struct{ ctx context.Context }

// Start starts Chromium; it ends with the test.
func Start(tb testing.TB) *Browser {
	tb.Helper()
	profile, err := os.MkdirTemp("", "einklang-chromium-")
	if err != nil {
		tb.Fatal(err)
	}
	options := append(chromedp.DefaultExecAllocatorOptions[:], chromedp.NoSandbox, chromedp.DisableGPU, chromedp.UserDataDir(profile),
		chromedp.Flag("disable-quic", true), chromedp.Flag("disable-component-update", true), chromedp.Flag("force-color-profile", "srgb"),
		chromedp.Flag("use-fake-ui-for-media-stream", true), chromedp.Flag("use-fake-device-for-media-stream", true),
		chromedp.Flag("lang", "de"), chromedp.WSURLReadTimeout(patience))
	allocator, stop := chromedp.NewExecAllocator(context.Background(), options...)
	ctx, cancel := chromedp.NewContext(allocator)
	tb.Cleanup(func() {
		_ = chromedp.Cancel(ctx)
		cancel()
		stop()
		_ = os.RemoveAll(profile)
	})
	if err := chromedp.Do(ctx); err != nil {
		tb.Fatalf("Chromium does not start: is it installed? (%v)", err)
	}
	return &Browser{ctx}
}

// View is how a person looks at a page.
type View struct {
	Width, Height int64
	Dark          bool
}

// The views that matter.
var (
	Wide  = View{Width: 1280, Height: 800}
	Phone = View{Width: 360, Height: 740}
)

// Page is a tab with cookies of its own.
type Page struct {
	tb     testing.TB
	ctx    context.Context
	origin string

	mu       sync.Mutex
	allowed  []string // problems that the test expects
	problems []string
	bytes    float64 // received since the last Go
}

// Open opens a tab that belongs to an origin, such as http://127.0.0.1:8080.
func (b *Browser) Open(tb testing.TB, origin string, v View) *Page {
	tb.Helper()
	ctx, cancel := chromedp.NewContext(b.ctx, chromedp.WithNewBrowserContext())
	p := &Page{tb: tb, ctx: ctx, origin: strings.TrimRight(origin, "/")}
	// The first call makes the tab, which lives as long as its context.
	if err := errors.Join(chromedp.Do(ctx), chromedp.Listen(ctx, p.listen)); err != nil {
		tb.Fatal(err)
	}
	command(p, network.Enable, network.EnableParams{})
	command(p, runtime.Enable, cdp.Empty{})
	command(p, log.Enable, cdp.Empty{})
	allow(p, "microphone")
	tb.Cleanup(func() {
		cancel()
		p.check()
	})
	p.Look(v)
	return p
}

// allow gives the page a permission that a person would be asked for.
func allow(p *Page, permission string) {
	p.tb.Helper()
	_, err := chromedp.CallBrowser(p.ctx, browser.SetPermission, browser.SetPermissionParams{Permission: &browser.PermissionDescriptor{Name: permission},
		Setting: browser.PermissionSettingGranted, BrowserContextID: chromedp.FromContext(p.ctx).BrowserContextID})
	if err != nil {
		p.tb.Fatalf("in the browser: %v", err)
	}
}

// In is the same page in a part of the test: what goes wrong from here on fails
// that part.
func (p *Page) In(tb testing.TB) *Page {
	p.tb = tb
	tb.Cleanup(p.check)
	return p
}

// check fails the test for what went wrong on the page meanwhile.
func (p *Page) check() {
	p.mu.Lock()
	defer p.mu.Unlock()
problems:
	for _, found := range p.problems {
		for _, expected := range p.allowed {
			if strings.Contains(found, expected) {
				continue problems
			}
		}
		p.tb.Errorf("on the page: %s", found)
	}
	p.problems = nil
}

// Expect names problems that belong to the test, such as a refused request.
func (p *Page) Expect(problems ...string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.allowed = append(p.allowed, problems...)
}

func (p *Page) problem(format string, args ...any) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.problems = append(p.problems, fmt.Sprintf(format, args...))
}

func (p *Page) listen(event any) {
	switch e := event.(type) {
	case *network.EventRequestWillBeSent:
		if !p.own(e.Request.URL) {
			p.problem("a request to another host: %s", e.Request.URL)
		}
	case *network.EventLoadingFinished:
		p.mu.Lock()
		p.bytes += e.EncodedDataLength
		p.mu.Unlock()
	case *runtime.EventExceptionThrown:
		p.problem("%s", (&chromedp.ExceptionError{ExceptionDetails: e.ExceptionDetails}).Error())
	case *runtime.EventConsoleAPICalled:
		if e.Type == runtime.ConsoleAPICalledTypeError || e.Type == runtime.ConsoleAPICalledTypeAssert {
			p.problem("console: %s", e.Args[0].Value)
		}
	case *log.EventEntryAdded:
		if e.Entry.Level == log.EntryLevelError {
			p.problem("%s %s", e.Entry.Text, e.Entry.URL)
		}
	case *page.EventJavascriptDialogOpening:
		p.problem("a dialog of the browser: %s", e.Message)
	}
}

// own reports whether an address is on the page's own host.
func (p *Page) own(address string) bool {
	u, err := url.Parse(address)
	if err != nil {
		return false
	}
	if u.Scheme == "data" || u.Scheme == "blob" || u.Scheme == "about" {
		return true
	}
	return u.Scheme+"://"+u.Host == p.origin
}

// Bytes is what the browser has received since the last Go.
func (p *Page) Bytes() int {
	p.mu.Lock()
	defer p.mu.Unlock()
	return int(p.bytes)
}

// Look changes how the page is looked at.
func (p *Page) Look(v View) {
	p.tb.Helper()
	scheme := "light"
	if v.Dark {
		scheme = "dark"
	}
	command(p, emulation.SetDeviceMetricsOverride, emulation.SetDeviceMetricsOverrideParams{Width: v.Width, Height: v.Height, DeviceScaleFactor: 1, Mobile: v.Width < 600})
	command(p, emulation.SetEmulatedMedia, emulation.SetEmulatedMediaParams{Features: []*emulation.MediaFeature{
		{Name: "prefers-color-scheme", Value: scheme}, {Name: "prefers-reduced-motion", Value: "reduce"}}})
}

// command gives the tab one command of the DevTools protocol.
func command[P, R any](p *Page, c cdp.Command[P, R], params P) R {
	p.tb.Helper()
	ctx, cancel := context.WithTimeout(p.ctx, patience)
	defer cancel()
	result, err := chromedp.Call(ctx, c, params)
	if err != nil {
		p.tb.Fatalf("in the browser: %v", err)
	}
	return result
}

// run does something on the page and fails the test if it does not succeed in
// time.
func run[T any](p *Page, action chromedp.Action[T]) T {
	p.tb.Helper()
	result, err := try(p, action)
	if err != nil {
		p.tb.Fatalf("in the browser: %v", err)
	}
	return result
}

func try[T any](p *Page, action chromedp.Action[T]) (T, error) {
	ctx, cancel := context.WithTimeout(p.ctx, patience)
	defer cancel()
	return chromedp.Run(ctx, action)
}
