package cloudapi

import (
	"encoding/json"
	"reflect"
	"strings"
	"testing"
	"time"
	"unicode/utf8"
)

// form has a member of every kind that we read.
type form struct {
	Text  string   `json:"text"`
	Whole int64    `json:"whole"`
	Part  float64  `json:"part"`
	Yes   bool     `json:"yes"`
	At    unix     `json:"at"`
	Code  *FlexInt `json:"code"`
	Price FlexDecimal
	Inner *inner   `json:"inner"`
	Flat  inner    `json:"flat"`
	List  []inner  `json:"list"`
	Some  []*inner `json:"some"`
	Words []string `json:"words"`
	Body  *Text    `json:"body"`
	inner
}

type inner struct {
	Name string          `json:"name"`
	N    int             `json:"n"`
	Raw  json.RawMessage `json:"raw"`
}

// What means the same is read as the same, in whatever form it is written.
func TestFormsThatMeanTheSame(t *testing.T) {
	at := unix{time.Unix(1764000000, 0).UTC()}
	five := FlexInt(5)
	for _, c := range []struct {
		name string
		all  []string
		want form
		odd  string
	}{
		{"a text", []string{`{"text":"12"}`, `{"text":12}`, `{"text":["12"]}`, `{"TEXT":"12"}`, `{"text":"\u0031\u0032"}`, `{"text":"1","text":"12"}`}, form{Text: "12"}, ""},
		{"a whole number", []string{`{"whole":12}`, `{"whole":"12"}`, `{"whole":" 12 "}`, `{"whole":12.0}`, `{"whole":"1.2e1"}`, `{"whole":[12]}`}, form{Whole: 12}, ""},
		{"coordinates", []string{`{"part":52.52}`, `{"part":"52.5200"}`, `{"part":"52,52"}`, `{"part":["52.52"]}`}, form{Part: 52.52}, ""},
		{"true", []string{`{"yes":true}`, `{"yes":"true"}`, `{"yes":"True"}`, `{"yes":1}`, `{"yes":"1"}`}, form{Yes: true}, ""},
		{"nothing", []string{`{}`, `{"text":null,"whole":null,"part":null,"yes":null,"at":null,"code":null,"Price":null,"inner":null,"flat":null,"list":null,"some":null,"words":null,"body":null}`,
			`{"whole":"","yes":"","at":""}`, `{"yes":false}`, `{"yes":"false"}`, `{"yes":0}`, `{"brand_new":{"a":[1]}}`, `[{}]`}, form{}, ""},
		{"a time", []string{`{"at":1764000000}`, `{"at":"1764000000"}`, `{"at":1764000000.0}`, `{"at":"1764000000000"}`, `{"at":1764000000000}`, `{"at":1764000000000000}`,
			`{"at":"2025-11-24T16:00:00Z"}`, `{"at":"2025-11-24T17:00:00+01:00"}`}, form{At: at}, ""},
		{"a code", []string{`{"code":5}`, `{"code":"5"}`, `{"code":5.0}`}, form{Code: &five}, ""},
		{"a price", []string{`{"Price":1.50}`, `{"Price":"1.50"}`, `{"Price":["1.50"]}`}, form{Price: "1.50"}, ""},
		{"a price with a comma", []string{`{"Price":"1,5"}`}, form{Price: "1.5"}, ""},
		{"an object", []string{`{"inner":{"name":"a"}}`, `{"inner":[{"name":"a"}]}`}, form{Inner: &inner{Name: "a"}}, ""},
		{"a list of one", []string{`{"list":[{"name":"a"}]}`, `{"list":{"name":"a"}}`, `{"list":{"0":{"name":"a"}}}`}, form{List: []inner{{Name: "a"}}}, ""},
		{"a list of two", []string{`{"list":[{"name":"a"},{"name":"b"}]}`, `{"list":{"0":{"name":"a"},"1":{"name":"b"}}}`}, form{List: []inner{{Name: "a"}, {Name: "b"}}}, ""},
		{"a list of words", []string{`{"words":["a"]}`, `{"words":"a"}`}, form{Words: []string{"a"}}, ""},
		{"a body", []string{`{"body":{"body":"a"}}`, `{"body":"a"}`, `{"body":["a"]}`}, form{Body: &Text{Body: "a"}}, ""},
		{"what is embedded", []string{`{"name":"a","n":"1"}`}, form{inner: inner{Name: "a", N: 1}}, ""},
		{"an empty object of PHP", []string{`{"inner":[]}`}, form{}, "inner"},
		{"no number", []string{`{"whole":"NaN"}`, `{"whole":"12a"}`, `{"whole":12.5}`, `{"whole":1e400}`, `{"whole":"0x10"}`, `{"whole":{"a":1}}`, `{"whole":true}`}, form{}, "whole"},
		{"no coordinates", []string{`{"part":"NaN"}`, `{"part":"Infinity"}`, `{"part":"Berlin"}`, `{"part":{}}`}, form{}, "part"},
		{"no price", []string{`{"Price":"NaN"}`, `{"Price":"umsonst"}`, `{"Price":{}}`}, form{}, "Price"},
		{"no code", []string{`{"code":"abc"}`, `{"code":{}}`}, form{}, "code"},
		{"no time", []string{`{"at":"gestern"}`, `{"at":1e30}`}, form{}, "at"},
		{"not of a list", []string{`{"list":[7,{"name":"a"}]}`, `{"list":[{"name":"a"},"b"]}`}, form{List: []inner{{Name: "a"}}}, "list"},
		{"odd within", []string{`{"inner":{"name":"a","n":"viele"}}`}, form{Inner: &inner{Name: "a"}}, "inner.n"},
		{"counted though it can't be read", []string{`{"some":[{"name":"a"},7]}`}, form{Some: []*inner{{Name: "a"}, nil}}, ""},
	} {
		for _, text := range c.all {
			var got form
			odd, ok := readLoosely([]byte(text), &got)
			if !ok || !reflect.DeepEqual(got, c.want) || strings.Join(odd, " ") != c.odd {
				t.Errorf("%s: %s is read as %+v, odd %v, %v", c.name, text, got, odd, ok)
			}
		}
	}
	for _, text := range []string{``, ` `, `{`, `{"text":}`, `{"text":"a",}`, `{text:"a"}`, `{"text":"a"} {}`, `{"text":"a" "b"}`, `{"whole":01}`, `{"whole":1.}`, `{"whole":-}`, `{"yes":tru}`,
		"{\"text\":\"a\nb\"}", `{"text":"\x"}`, `{"text":"\u12"}`, strings.Repeat("[", 100_000), `{"raw":[1,]}`, `{"part":NaN}`} {
		if _, ok := readLoosely([]byte(text), &form{}); ok {
			t.Errorf("%.40q is taken for JSON", text)
		}
	}
}

// strictly is a form that encoding/json reads as well.
type strictly struct {
	Text  string          `json:"text"`
	Whole int64           `json:"whole"`
	Part  float64         `json:"part"`
	Yes   bool            `json:"yes"`
	Inner *inner          `json:"inner"`
	List  []inner         `json:"list"`
	Words []string        `json:"words"`
	Any   map[string]any  `json:"any"`
	Raw   json.RawMessage `json:"raw"`
}

// FuzzReadLoosely: what encoding/json reads, the loose reader reads alike, and
// nothing is JSON to the one and not to the other.
func FuzzReadLoosely(f *testing.F) {
	for _, text := range []string{`{"text":"a\u00e9","whole":1,"part":1.5e3,"yes":true,"inner":{"name":"x","n":1,"raw":[1,{}]},"list":[{"name":"y"},{}],"words":["a","b"],"any":{"a":null},"raw":{"b":"c"}}`,
		`{"list":{"0":{}}}`, `[[[]]]`, `{"text":"\ud800","whole":"7"}`, "{\"text\":\"\xff\"}", `null`, `{"WORDS":[]}`} {
		f.Add([]byte(text))
	}
	f.Fuzz(func(t *testing.T, text []byte) {
		var loose, strict strictly
		odd, ok := readLoosely(text, &loose)
		if ok && !json.Valid(text) {
			t.Fatalf("%q is no JSON", text)
		}
		if json.Unmarshal(text, &strict) != nil || strings.Count(string(text), "[")+strings.Count(string(text), "{") > deepest || !utf8.Valid(text) || hasOddLetters(text) {
			return
		}
		if !ok || len(odd) > 0 {
			t.Fatalf("%q is read by encoding/json, here: %v, odd %v", text, ok, odd)
		}
		same := func(s strictly) string {
			out, err := json.Marshal(s)
			if err != nil {
				t.Fatal(err)
			}
			return string(out)
		}
		if same(loose) != same(strict) {
			t.Fatalf("%q is read as\n%s, by encoding/json as\n%s", text, same(loose), same(strict))
		}
	})
}

// hasOddLetters: encoding/json takes some letters beyond ASCII for others in the
// names of members, which nobody writes.
func hasOddLetters(text []byte) bool {
	return strings.ContainsAny(string(text), "ſK\\")
}
