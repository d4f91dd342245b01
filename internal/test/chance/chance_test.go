package chance

import (
	"fmt"
	"os"
	"os/exec"
	"regexp"
	"testing"
)

// TestFails is run by the tests below in a process of its own.
func TestFails(t *testing.T) {
	if os.Getenv("EINKLANG_CHANCE_FAILS") == "" {
		return
	}
	t.Errorf("threw %d", New(t).Uint64())
}

// fail runs TestFails and returns what it threw and which seed it named.
func fail(t *testing.T, environment ...string) (threw, named, all string) {
	t.Helper()
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	c := exec.CommandContext(t.Context(), self, "-test.run=^TestFails$")
	c.Env = append(append(os.Environ(), "EINKLANG_CHANCE_FAILS=1"), environment...)
	out, err := c.CombinedOutput()
	if err == nil {
		t.Fatalf("the test did not fail: %s", out)
	}
	find := func(pattern string) string {
		if found := regexp.MustCompile(pattern).FindSubmatch(out); found != nil {
			return string(found[1])
		}
		return ""
	}
	return find(`threw (\d+)`), find(Variable + `=(\d+)`), string(out)
}

func TestAFailedTestRunsAgainWithItsSeed(t *testing.T) {
	threw, named, out := fail(t)
	if threw == "" || named == "" {
		t.Fatalf("no seed is named: %s", out)
	}
	if again, same, _ := fail(t, Variable+"="+named); again != threw || same != named {
		t.Errorf("with the seed %s the dice fell %s and named %s, want %s", named, again, same, threw)
	}
	if other, _, _ := fail(t, Variable+"=1"+named[:5]); other == threw {
		t.Error("another seed throws the same")
	}
}

func TestASeedThatIsNoneIsRefused(t *testing.T) {
	if threw, _, out := fail(t, Variable+"=today"); threw != "" {
		t.Errorf("threw %s: %s", threw, out)
	}
}

func TestEveryTestHasDiceOfItsOwn(t *testing.T) {
	seen := map[uint64]bool{}
	for i := range 3 {
		t.Run(fmt.Sprint(i), func(t *testing.T) {
			a, b := New(t).Uint64(), New(t).Uint64()
			if a != b || seen[a] {
				t.Errorf("threw %d and %d after %v", a, b, seen)
			}
			seen[a] = true
		})
	}
}
