package keyword

import "strings"

// conjugated are the forms of a regular German verb that people use when they
// ask for something or tell of it; parted the forms that stand before a part that
// has been split off.
func conjugated(lemma string) (forms, parted []string, particle string) {
	particle, verb, splits := strings.Cut(lemma, "|")
	if !splits {
		verb, particle = lemma, ""
	}
	stem := strings.TrimSuffix(verb, "n")
	stem = strings.TrimSuffix(stem, "e")
	ends := []string{"e", "t", "st", "", "ts"}
	switch {
	case strings.HasSuffix(stem, "er"), strings.HasSuffix(stem, "el"):
		ends = append(ends, "n")
	case strings.HasSuffix(stem, "d"), strings.HasSuffix(stem, "t"):
		ends = []string{"e", "et", "est", "", "ets"}
	}
	if strings.HasSuffix(stem, "s") || strings.HasSuffix(stem, "ß") || strings.HasSuffix(stem, "z") {
		ends[2] = "t"
	}
	for _, end := range ends {
		if len(stem+end) > 3 {
			parted = append(parted, stem+end)
		}
		if single := singled(stem); single != "" && strings.HasSuffix(end, "t") && len(single+end) > 3 {
			parted = append(parted, single+end)
		}
	}
	parted = append(parted, verb)
	if particle == "" {
		return append(parted, "zu "+verb), nil, ""
	}
	for _, form := range parted {
		forms = append(forms, particle+form)
	}
	return append(forms, particle+"zu"+verb), parted, particle
}

// singled is a stem that ends in two of the same consonant with one of them, as many
// write it before a t: "stopt", "spamt"; empty: it does not.
func singled(stem string) string {
	if n := len(stem); n > 2 && stem[n-1] == stem[n-2] && strings.IndexByte("bdfgklmnprst", stem[n-1]) >= 0 {
		return stem[:n-1]
	}
	return ""
}

// learnVerb adds the forms of a verb.
func learnVerb(lemma string, is class, l lang) {
	if lemma = strings.TrimSpace(lemma); lemma == "" {
		return
	}
	forms, parted, particle := conjugated(lemma)
	for _, form := range forms {
		learn(form, is, l)
	}
	for _, form := range parted {
		for _, word := range spellings(form) {
			if separable[word] == nil {
				separable[word] = map[string]class{}
			}
			separable[word][fold(particle)] |= is
		}
	}
}
