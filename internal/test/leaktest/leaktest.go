// Package leaktest finds goroutines that outlive what started them.
package leaktest

import (
	"context"
	"runtime"
	"slices"
	"strings"
	"testing"
	"time"
)

// within is how long goroutines may take to end after they were told to.
const within = 5 * time.Second

// Check fails the test if, at its end, goroutines run that did not run when it
// was called. Call it first: what is cleaned up before has then ended.
func Check(tb testing.TB) {
	tb.Helper()
	before := running()
	tb.Cleanup(func() { compare(tb, before) })
}

// Runs starts something that runs, and ends it as soon as did says that it has
// done its work. It fails the test if that takes too long, if it does not return
// in time, or if a goroutine is left that was not there before. Connections that
// are kept for the next call are those of whoever made the client.
func Runs(tb testing.TB, run func(context.Context), did func() bool) {
	tb.Helper()
	before := running()
	ctx, end := context.WithCancel(tb.Context())
	defer end()
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		run(ctx)
	}()
	for late := time.Now().Add(4 * within); !did(); time.Sleep(5 * time.Millisecond) {
		if time.Now().After(late) {
			tb.Errorf("it did nothing")
			break
		}
	}
	end()
	select {
	case <-ended:
	case <-time.After(within):
		tb.Errorf("it still runs, %v after it was told to end", within)
	}
	compare(tb, before, "net/http.(*persistConn)", "net/http.(*conn).serve")
}

// compare gives goroutines some time, and fails the test if there are others
// than before. Those whose stack names one of some functions may stay.
func compare(tb testing.TB, before map[string]string, kept ...string) {
	tb.Helper()
	var left []string
	for end := time.Now().Add(within); ; time.Sleep(5 * time.Millisecond) {
		left = left[:0]
		for at, stack := range running() {
			if _, old := before[at]; !old && !slices.ContainsFunc(kept, func(name string) bool { return strings.Contains(stack, name) }) {
				left = append(left, stack)
			}
		}
		if len(left) == 0 {
			return
		}
		if time.Now().After(end) {
			break
		}
	}
	tb.Errorf("%d goroutines are left:\n\n%s", len(left), strings.Join(left, "\n\n"))
}

// running are the stacks of all goroutines but this one and those of package
// testing, by their names.
func running() map[string]string {
	buffer := make([]byte, 1<<20)
	buffer = buffer[:runtime.Stack(buffer, true)]
	all := map[string]string{}
	for i, stack := range strings.Split(string(buffer), "\n\n") {
		name, _, _ := strings.Cut(stack, " [")
		if i == 0 || strings.Contains(stack, "testing.(*T).Run(") || strings.Contains(stack, "testing.runTests") || strings.Contains(stack, "created by testing.") {
			continue
		}
		all[name] = stack
	}
	return all
}
