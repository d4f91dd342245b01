// Package chance is the dice of the tests. A test that fails says by which seed
// they fell, and falls the same way when it is run with that seed again:
//
//	EINKLANG_SEED=4711 go test ./internal/… -run TestThatFailed
//
// An architecture test keeps tests from dice of their own. Property tests have
// those of rapid, which says its seed itself.
package chance

import (
	"fmt"
	"hash/fnv"
	"math/rand/v2"
	"os"
	"strconv"
	"sync"
	"testing"
)

// Variable names the seed in the environment.
const Variable = "EINKLANG_SEED"

// seed is the one of this run.
var seed = sync.OnceValues(func() (uint64, error) {
	text, given := os.LookupEnv(Variable)
	if !given {
		return rand.Uint64(), nil //nolint:gosec // no secret
	}
	n, err := strconv.ParseUint(text, 10, 64)
	if err != nil {
		return 0, fmt.Errorf("%s is not a seed: want a number as a failed test prints it: %w", Variable, err)
	}
	return n, nil
})

// New makes the dice of a test, which several goroutines may throw. They depend
// on the seed and on the test's name alone, not on what ran before.
func New(tb testing.TB) *rand.Rand {
	tb.Helper()
	n, err := seed()
	if err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(func() {
		if tb.Failed() {
			tb.Logf("the dice fell by the seed %d: %s=%d runs the test again with the same", n, Variable, n)
		}
	})
	name := fnv.New64a()
	_, _ = name.Write([]byte(tb.Name()))
	return From(n, name.Sum64())
}

// From makes dice that always fall the same: for content that is made anew from
// two numbers instead of being kept.
func From(a, b uint64) *rand.Rand {
	return rand.New(&guarded{source: rand.NewPCG(a, b)}) //nolint:gosec // no secret
}

type guarded struct {
	mu     sync.Mutex
	source rand.Source
}

// Uint64 is [rand.Source].
func (g *guarded) Uint64() uint64 {
	g.mu.Lock()
	defer g.mu.Unlock()
	return g.source.Uint64()
}
