// Package leaktest finds goroutines that outlive what started them.
package leaktest

import (
	"runtime"
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
	tb.Cleanup(func() {
		var left []string
		for end := time.Now().Add(within); ; time.Sleep(5 * time.Millisecond) {
			left = left[:0]
			for at, stack := range running() {
				if _, old := before[at]; !old {
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
	})
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
