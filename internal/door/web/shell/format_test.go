package shell

import (
	"strings"
	"testing"
)

func TestFormat(t *testing.T) {
	for text, want := range map[string]string{
		"einfach":                       "einfach",
		"*fett* und _kursiv_":           "<strong>fett</strong> und <em>kursiv</em>",
		"~weg~ ```a *b*```":             "<s>weg</s> <code>a *b*</code>",
		"2*3*4 snake_case_name":         "2*3*4 snake_case_name",
		"<script>alert(1)</script>":     "&lt;script&gt;alert(1)&lt;/script&gt;",
		"Siehe https://example.com/a.":  `Siehe <a href="https://example.com/a" target="_blank" rel="noopener noreferrer nofollow">https://example.com/a</a>.`,
		`https://example.com/"onload=x`: `<a href="https://example.com/" target="_blank" rel="noopener noreferrer nofollow">https://example.com/</a>&#34;onload=x`,
		"javascript:alert(1)":           "javascript:alert(1)",
	} {
		if got := string(Format(text)); got != want {
			t.Errorf("%q: got %q, want %q", text, got, want)
		}
	}
}

func FuzzFormat(f *testing.F) {
	f.Add("*a* <b> https://example.com/<x> ```<i>```")
	f.Fuzz(func(t *testing.T, text string) {
		got := string(Format(text))
		for _, tag := range []string{"<a href=\"http", "</a>", "<strong>", "</strong>", "<em>", "</em>", "<s>", "</s>", "<code>", "</code>"} {
			got = strings.ReplaceAll(got, tag, "")
		}
		if strings.ContainsAny(got, "<") {
			t.Fatalf("%q lets a tag through: %q", text, got)
		}
	})
}
