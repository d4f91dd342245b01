package contact

import "einklang/internal/rule/fold"

// Names are sealed, so they are searched through a blind index: keyed hashes
// of the beginnings of their words. To keep it small only some lengths are
// indexed; a search takes the longest that fits and then compares in clear.

var wordLengths = []int{2, 3, 4, 6, 9}

// indexed are the word beginnings to store for a name.
func indexed(name string) []string {
	seen := map[string]bool{}
	var all []string
	for _, w := range fold.Of(name) {
		for _, n := range wordLengths {
			if beginning := fold.Cut(w, n); !seen[beginning] && (len([]rune(w)) >= n || n == wordLengths[0]) {
				seen[beginning] = true
				all = append(all, beginning)
			}
		}
	}
	return all
}

// probe is the stored beginning that finds the candidates for a typed word.
func probe(word string) string {
	n := len([]rune(word))
	best := wordLengths[0]
	for _, l := range wordLengths {
		if l <= n {
			best = l
		}
	}
	return fold.Cut(word, best)
}
