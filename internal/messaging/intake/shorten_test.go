package intake

import (
	"encoding/json"
	"reflect"
	"strings"
	"testing"
	"unicode/utf8"

	"pgregory.net/rapid"
)

// What is shortened is the same JSON with shorter strings, whatever they hold.
func TestShortenedIsTheSameWithShorterStrings(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		const most = 12
		words := rapid.StringOfN(rapid.RuneFrom([]rune("ab\"\\ü€😀\n\u2028<")), 0, 40, -1)
		have := map[string]any{"short": 1.5, "texts": []any{words.Draw(t, "one"), words.Draw(t, "two"), true}, "in": map[string]any{"text": words.Draw(t, "three")}}
		text, err := json.Marshal(have)
		if err != nil {
			t.Fatal(err)
		}
		var got map[string]any
		if err := json.Unmarshal(shortened(text, most), &got); err != nil {
			t.Fatalf("%v: %s", err, shortened(text, most))
		}
		for _, pair := range [][2]any{{have["texts"].([]any)[0], got["texts"].([]any)[0]}, {have["texts"].([]any)[1], got["texts"].([]any)[1]},
			{have["in"].(map[string]any)["text"], got["in"].(map[string]any)["text"]}} {
			was, is := pair[0].(string), pair[1].(string)
			written, err := json.Marshal(was)
			if err != nil {
				t.Fatal(err)
			}
			if !utf8.ValidString(is) || !strings.HasPrefix(was, is) || len(written)-2 <= most && is != was || len(is) > most+utf8.UTFMax {
				t.Errorf("%q became %q", was, is)
			}
		}
		if got["short"] != have["short"] || got["texts"].([]any)[2] != true || len(got) != len(have) {
			t.Errorf("became %v", got)
		}
		if same := shortened(text, len(text)); !reflect.DeepEqual(same, text) {
			t.Errorf("it is another: %s", same)
		}
	})
}
