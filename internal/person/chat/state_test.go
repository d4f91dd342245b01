package chat

import (
	"testing"

	"pgregory.net/rapid"
)

func TestAdvance(t *testing.T) {
	for _, c := range []struct {
		name       string
		have, news State
		want       State
	}{
		{"the usual way", Accepted, Sent, Sent},
		{"read before delivered", Read, Delivered, Read},
		{"a status before the answer to the call", Delivered, Accepted, Delivered},
		{"uncertain, resolved by a status", Uncertain, Sent, Sent},
		{"failed after sent", Sent, Failed, Failed},
		{"a late sent does not hide a failure", Failed, Sent, Failed},
		{"delivery disproves a failure", Failed, Delivered, Delivered},
		{"voice note heard", Read, Played, Played},
		{"nonsense changes nothing", Sent, State("warp"), Sent},
	} {
		if got := c.have.Advance(c.news); got != c.want {
			t.Errorf("%s: %s + %s = %s, want %s", c.name, c.have, c.news, got, c.want)
		}
	}
}

func TestOrderAndDuplicatesChangeNothing(t *testing.T) {
	all := []State{Queued, Sending, Uncertain, Accepted, Sent, Delivered, Read, Played, Failed}
	rapid.Check(t, func(t *rapid.T) {
		news := rapid.SliceOfN(rapid.SampledFrom(all), 1, 12).Draw(t, "news")
		shuffled := rapid.Permutation(append(news, news...)).Draw(t, "shuffled")
		a, b := Queued, Queued
		for _, s := range news {
			a = a.Advance(s)
		}
		for _, s := range shuffled {
			before := b
			b = b.Advance(s)
			if b.rank() < before.rank() {
				t.Fatalf("%s went back to %s", before, b)
			}
		}
		if a != b {
			t.Fatalf("%v gave %s, %v gave %s", news, a, shuffled, b)
		}
	})
}
