package cloudapi

import (
	"bytes"
	"encoding/json"
	"math"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"sync"

	"einklang/internal/rule/pii"
)

// What comes from outside is read loosely. Meta and those who copy it write
// numbers as texts and texts as numbers, "true" for true, one thing where a
// list of them is expected and a list where one is, and PHP's programs write
// [] for {} and {"0": …} for [ … ]. All of that is read as what it means, in
// one pass. What can't be read as what it should be is left out and named in
// reader.odd: it costs nothing beside it.

// reader reads JSON text into values.
type reader struct {
	pii.Personal
	scanner
	path []string
	// strays takes the texts of members that nobody knows; nil: nobody asks for them.
	strays *[]string
	odd    []string // paths of members that have a form which they can't have
}

// readLoosely reads a JSON text into what a pointer points to. It returns which
// members were left out, and whether the text is JSON and of the right kind.
func readLoosely(text []byte, into any) (odd []string, ok bool) {
	r := reader{scanner: scanner{text: text}}
	v := reflect.ValueOf(into).Elem()
	fits := planOf(v.Type())(&r, v)
	if r.peek() != 0 || r.at < len(text) {
		r.fail()
	}
	return r.odd, fits && !r.faulty
}

// plan reads the value at which a reader stands, to its end, and reports
// whether it fits.
type plan func(r *reader, v reflect.Value) bool

// scalar is what reads itself from a text, a number or true and false, all as
// they are written. It reports whether it can.
type scalar interface{ read(s string) bool }

var (
	plans           sync.Map // reflect.Type → plan
	scalarType      = reflect.TypeFor[scalar]()
	unmarshalerType = reflect.TypeFor[json.Unmarshaler]()
	rawType         = reflect.TypeFor[json.RawMessage]()
	formType        = reflect.TypeFor[interface{ form() }]()
)

// planOf is the plan of a type, made once.
func planOf(t reflect.Type) plan {
	if p, made := plans.Load(t); made {
		return p.(plan)
	}
	p := planner{}.of(t)
	plans.Store(t, p)
	return p
}

// planner makes the plans of a type and of what it holds, which may be the type
// itself.
type planner map[reflect.Type]*plan

func (pl planner) of(t reflect.Type) plan {
	if p := pl[t]; p != nil {
		return func(r *reader, v reflect.Value) bool { return (*p)(r, v) }
	}
	p := new(plan)
	pl[t] = p
	*p = pl.make(t)
	return *p
}

func (pl planner) make(t reflect.Type) plan {
	self := reflect.PointerTo(t)
	switch {
	case t == rawType:
		return readRaw
	case self.Implements(formType):
		return readForm
	case self.Implements(scalarType) && t.Kind() != reflect.Struct:
		return single(readScalar)
	case self.Implements(unmarshalerType) && !self.Implements(scalarType):
		return readSelf
	}
	switch t.Kind() {
	case reflect.Struct:
		return pl.structure(t)
	case reflect.Pointer:
		return pl.pointer(t)
	case reflect.Slice:
		return pl.slice(t)
	case reflect.String:
		return single(func(v reflect.Value, s string) bool { v.SetString(s); return true })
	case reflect.Bool:
		return single(readBool)
	case reflect.Int, reflect.Int8, reflect.Int16, reflect.Int32, reflect.Int64:
		return single(readInt)
	case reflect.Float32, reflect.Float64:
		return single(readFloat)
	default:
		return readSelf
	}
}

// readRaw keeps the text of a value.
func readRaw(r *reader, v reflect.Value) bool {
	r.peek()
	from := r.at
	r.skip()
	v.SetBytes(r.text[from:r.at:r.at])
	return true
}

// readForm reads a form as a text that holds one, or as it is.
func readForm(r *reader, v reflect.Value) bool {
	if c := r.peek(); c != '{' && c != '[' {
		return single(func(v reflect.Value, s string) bool { v.SetString(s); return true })(r, v)
	}
	from := r.at
	r.skip()
	v.SetString(string(r.text[from:r.at]))
	return !r.faulty
}

// stray goes over a value that nobody knows, and takes its texts along where they
// are asked for.
func (r *reader) stray() {
	first := true
	switch c := r.peek(); {
	case r.strays == nil:
		r.skip()
	case c == '{':
		r.open()
		for r.next(&first, '}') {
			r.key()
			r.stray()
		}
	case c == '[':
		r.open()
		for r.next(&first, ']') {
			r.stray()
		}
	case c == '"':
		*r.strays = append(*r.strays, r.words())
	default:
		r.skip()
	}
}

// readSelf leaves a value to encoding/json.
func readSelf(r *reader, v reflect.Value) bool {
	r.peek()
	from := r.at
	r.skip()
	return !r.faulty && json.Unmarshal(r.text[from:r.at], v.Addr().Interface()) == nil
}

// single reads what is no object. Of a list it takes the first.
func single(set func(v reflect.Value, s string) bool) plan {
	var read plan
	read = func(r *reader, v reflect.Value) bool {
		switch c := r.peek(); {
		case c == '"':
			s := r.words()
			return !r.faulty && set(v, s)
		case c == '-' || c >= '0' && c <= '9':
			s := r.number()
			return !r.faulty && set(v, s)
		case c == '[':
			return firstOf(r, v, read)
		case c == '{' || c == 0:
			r.stray()
			return false
		}
		s := r.word()
		return s == "null" || !r.faulty && set(v, s)
	}
	return read
}

// firstOf reads the first of a list, and goes over the others. An empty list is
// nothing.
func firstOf(r *reader, v reflect.Value, read plan) bool {
	fits, n := true, 0
	r.open()
	for first := true; r.next(&first, ']'); n++ {
		if n == 0 {
			fits = read(r, v)
		} else {
			r.skip()
		}
	}
	return fits && n > 0
}

func readScalar(v reflect.Value, s string) bool { return v.Addr().Interface().(scalar).read(s) }

func readBool(v reflect.Value, s string) bool {
	switch strings.ToLower(strings.TrimSpace(s)) {
	case "true", "1", "yes":
		v.SetBool(true)
	case "", "false", "0", "no":
		v.SetBool(false)
	default:
		return false
	}
	return true
}

func readInt(v reflect.Value, s string) bool {
	n, ok := wholeOf(s)
	if ok = ok && !v.OverflowInt(n); ok {
		v.SetInt(n)
	}
	return ok || s == ""
}

func readFloat(v reflect.Value, s string) bool {
	f, ok := decimalOf(s)
	if ok {
		v.SetFloat(f)
	}
	return ok || s == ""
}

// wholeOf reads a whole number in any of the forms in which one comes: 2, "2",
// 2.0, 2e3.
func wholeOf(s string) (int64, bool) {
	s = strings.TrimSpace(s)
	if n, err := strconv.ParseInt(s, 10, 64); err == nil {
		return n, true
	}
	f, ok := decimalOf(s)
	if !ok || f != math.Trunc(f) || math.Abs(f) > 1<<53 {
		return 0, false
	}
	return int64(f), true
}

// decimalOf reads a decimal number, with a point or a comma.
func decimalOf(s string) (float64, bool) {
	s = strings.TrimSpace(s)
	if strings.Trim(s, "+-0123456789.,eE") != "" {
		return 0, false // "NaN", "0x10"
	}
	if !strings.Contains(s, ".") {
		s = strings.Replace(s, ",", ".", 1)
	}
	f, err := strconv.ParseFloat(s, 64)
	return f, err == nil
}

// pointer leaves nil what does not fit, and a number of which only the quotes
// are there.
func (pl planner) pointer(t reflect.Type) plan {
	inner, number := pl.of(t.Elem()), t.Elem().Kind() >= reflect.Int && t.Elem().Kind() <= reflect.Float64
	return func(r *reader, v reflect.Value) bool {
		if r.peek() == 'n' {
			return r.word() == "null"
		}
		if number && bytes.HasPrefix(r.text[r.at:], []byte(`""`)) {
			r.skip()
			return true
		}
		fresh := v.IsNil()
		if fresh {
			v.Set(reflect.New(t.Elem()))
		}
		fits := inner(r, v.Elem())
		if !fits && fresh {
			v.SetZero()
		}
		return fits
	}
}

// slice reads a list, or one thing as a list of one. What does not fit is left
// out; in a list of pointers it stands as nil, for the caller to judge.
func (pl planner) slice(t reflect.Type) plan {
	inner := pl.of(t.Elem())
	counts := t.Elem().Kind() == reflect.Pointer
	add := func(r *reader, v reflect.Value) bool {
		n := v.Len()
		v.Grow(1)
		v.SetLen(n + 1)
		v.Index(n).SetZero()
		if inner(r, v.Index(n)) || counts {
			return true
		}
		if v.SetLen(n); n == 0 {
			v.SetZero()
		}
		return false
	}
	return func(r *reader, v reflect.Value) bool {
		v.SetZero()
		fits, first := true, true
		switch c := r.peek(); {
		case c == '[':
			r.open()
			if r.peek() == ']' {
				v.Set(reflect.MakeSlice(t, 0, 0))
			}
			for r.next(&first, ']') {
				fits = add(r, v) && fits
			}
			return fits
		case c == '{' && r.numbered():
			r.open()
			for r.next(&first, '}') {
				r.key()
				fits = add(r, v) && fits
			}
			return fits
		case c == 'n':
			return r.word() == "null"
		default:
			return add(r, v)
		}
	}
}

// numbered reports whether the members of an object are numbered from 0: it is
// a list.
func (r *reader) numbered() bool {
	ahead := scanner{text: r.text, at: r.at}
	ahead.open()
	return ahead.peek() == '"' && string(ahead.key()) == "0"
}

// member is a field of a struct, as JSON names it.
type member struct {
	name string
	at   []int
	read plan
}

// structure reads an object, or the first object of a list.
func (pl planner) structure(t reflect.Type) plan {
	members := pl.members(t)
	byName := make(map[string]int, len(members))
	for i, m := range members {
		byName[m.name] = i
	}
	speaks := reflect.PointerTo(t).Implements(scalarType)
	words := single(readScalar)
	asks, strays := byName[strayName]
	var read plan
	read = func(r *reader, v reflect.Value) bool {
		switch c := r.peek(); {
		case c == '[':
			return firstOf(r, v, read)
		case c != '{' && speaks:
			return words(r, v)
		case c == 'n':
			return r.word() == "null"
		case c != '{':
			r.stray()
			return false
		}
		if strays {
			defer func(before *[]string) { r.strays = before }(r.strays)
			r.strays = v.FieldByIndex(members[asks].at).Addr().Interface().(*[]string)
		}
		r.open()
		for first := true; r.next(&first, '}'); {
			key := r.key()
			i, known := byName[string(key)]
			if !known {
				i, known = folded(members, key)
			}
			if !known || strays && i == asks {
				r.stray()
				continue
			}
			m := &members[i]
			r.path = append(r.path, m.name)
			if !m.read(r, v.FieldByIndex(m.at)) {
				r.odd = append(r.odd, strings.Join(r.path, "."))
			}
			r.path = r.path[:len(r.path)-1]
		}
		return !r.faulty
	}
	return read
}

// strayName is the name of a member that takes the texts of those that a structure,
// and what it holds, does not know.
const strayName = "*"

// folded finds a member by its name in other letters' cases, as encoding/json
// does.
func folded(members []member, key []byte) (int, bool) {
	if !slices.ContainsFunc(key, func(c byte) bool { return c >= 'A' && c <= 'Z' }) {
		return 0, false
	}
	i := slices.IndexFunc(members, func(m member) bool { return strings.EqualFold(m.name, string(key)) })
	return max(i, 0), i >= 0
}

// members are the fields of a struct and of those that it embeds, unless a field
// of its own has the name.
func (pl planner) members(t reflect.Type) []member {
	var own, inner []member
	for i := range t.NumField() {
		f := t.Field(i)
		name, _, _ := strings.Cut(f.Tag.Get("json"), ",")
		switch {
		case name == "-", !f.IsExported() && !f.Anonymous:
		case f.Anonymous && name == "" && f.Type.Kind() == reflect.Struct:
			for _, m := range pl.members(f.Type) {
				inner = append(inner, member{m.name, append([]int{i}, m.at...), m.read})
			}
		case name == "":
			own = append(own, member{f.Name, []int{i}, pl.of(f.Type)})
		default:
			own = append(own, member{name, []int{i}, pl.of(f.Type)})
		}
	}
	for _, m := range inner {
		if !slices.ContainsFunc(own, func(o member) bool { return o.name == m.name }) {
			own = append(own, m)
		}
	}
	return own
}
