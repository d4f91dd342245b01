package threshold

import (
	"fmt"
	"testing"
)

// TestAFullRoomKeepsNobodyOut: whoever fills the room keeps himself out, and
// not those who have next to nothing in it.
func TestAFullRoomKeepsNobodyOut(t *testing.T) {
	h := newHall(Room{Bodies: 64, BodiesEach: 16})
	for n := range 8 {
		for range 32 {
			h.enter(fmt.Sprint("busy", n))
		}
	}
	if h.enter("busy1") {
		t.Error("who has filled the room got more of it")
	}
	for n := range always {
		if !h.enter("meta") {
			t.Fatalf("body %d of another source was kept out", n)
		}
	}
	if h.enter("meta") {
		t.Error("in a full room there is no end")
	}
}
