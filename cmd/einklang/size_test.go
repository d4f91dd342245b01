package main

import (
	"os"
	"testing"
)

// largest is how large the program may be, in bytes, built as for a release: 36
// million when this was measured first, with room for what has come since, of which
// 2.5 million are passkeys (docs/decisions/0136-second-factors.md). In the
// end it is to stay under 50 million.
const largest = 44_400_000

func TestTheBinaryStaysSmall(t *testing.T) {
	info, err := os.Stat(binary)
	if err != nil {
		t.Fatal(err)
	}
	if info.Size() > largest {
		t.Errorf("the program has %d bytes, of which %d are too many (docs/decisions/0096)", info.Size(), info.Size()-largest)
	}
}
