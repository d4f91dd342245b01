package search

import (
	"bytes"
	"slices"
	"strings"
	"unicode/utf8"

	"einklang/internal/engine/vault"
	"einklang/internal/rule/fold"
)

const (
	tokenSize = 6
	// tokensMost bounds what one long text adds to the index.
	tokensMost = 1024
)

// lengths are the beginnings of a word that are indexed. A search takes the
// longest that fits what was typed, and compares the rest in clear.
var lengths = []int{3, 5, 8}

// token is a keyed hash of the beginning of a word, shortened: 48 bits are
// enough, because what is found is opened and compared.
type token [tokenSize]byte

func (t token) shard() int64 { return int64(t[0]) }

func hash(keys *vault.Org, beginning string) token {
	h := keys.Lookup("search", beginning)
	return token(h[:tokenSize])
}

// beginnings are what is indexed of a word; a word shorter than the shortest
// beginning is indexed whole.
func beginnings(word string) []string {
	n := utf8.RuneCountInString(word)
	if n < lengths[0] {
		return []string{word}
	}
	var all []string
	for _, l := range lengths {
		if l <= n {
			all = append(all, fold.Cut(word, l))
		}
	}
	return all
}

// probe is the indexed beginning that finds the candidates for a typed word.
func probe(word string) string {
	all := beginnings(word)
	return all[len(all)-1]
}

// finds reports whether a typed word finds a word: by its beginning or, if it
// is shorter than the shortest beginning that is indexed, as the whole.
func finds(typed, word string) bool {
	if utf8.RuneCountInString(typed) < lengths[0] {
		return word == typed
	}
	return strings.HasPrefix(word, typed)
}

// findAll reports whether every typed word finds one of have.
func findAll(typed, have []string) bool {
	for _, t := range typed {
		if !slices.ContainsFunc(have, func(w string) bool { return finds(t, w) }) {
			return false
		}
	}
	return true
}

// tokens are the hashes of a text, each once, sorted.
func tokens(keys *vault.Org, text string) []byte {
	seen := map[string]bool{}
	var all []token
	for _, w := range fold.Of(text) {
		for _, b := range beginnings(w) {
			if !seen[b] && len(all) < tokensMost {
				seen[b] = true
				all = append(all, hash(keys, b))
			}
		}
	}
	slices.SortFunc(all, func(a, b token) int { return bytes.Compare(a[:], b[:]) })
	flat := make([]byte, 0, len(all)*tokenSize)
	for _, t := range all {
		flat = append(flat, t[:]...)
	}
	return flat
}

// holds reports whether sorted tokens contain all of wanted.
func holds(flat []byte, wanted []token) bool {
	for _, w := range wanted {
		if at := lowerBound(flat, tokenSize, w[:]); at == len(flat)/tokenSize || !bytes.Equal(flat[at*tokenSize:(at+1)*tokenSize], w[:]) {
			return false
		}
	}
	return true
}

// lowerBound is the first of sorted records of a size that does not begin
// before key.
func lowerBound(flat []byte, size int, key []byte) int {
	low, high := 0, len(flat)/size
	for low < high {
		mid := (low + high) / 2
		if bytes.Compare(flat[mid*size:mid*size+len(key)], key) < 0 {
			low = mid + 1
		} else {
			high = mid
		}
	}
	return low
}
