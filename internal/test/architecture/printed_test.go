package architecture

import (
	"encoding/json"
	"fmt"
	"go/types"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// printing is a program that fills every text of the structs it is given with a
// marked word, prints them in every way, and tells which show it.
const printing = `package main

import (
	"bytes"
	"fmt"
	"log/slog"
	"reflect"
	"strings"
	"unsafe"
%s)

const canary = "canary-4711"

// fill puts the word into every text of a value, what is not exported too.
func fill(v reflect.Value, depth int) {
	if !v.CanSet() && v.CanAddr() {
		v = reflect.NewAt(v.Type(), unsafe.Pointer(v.UnsafeAddr())).Elem()
	}
	if depth == 0 || !v.CanSet() {
		return
	}
	switch v.Kind() {
	case reflect.String:
		v.SetString(canary)
	case reflect.Struct:
		for i := range v.NumField() {
			fill(v.Field(i), depth-1)
		}
	case reflect.Pointer:
		if v.Type().Elem().Kind() == reflect.Struct {
			v.Set(reflect.New(v.Type().Elem()))
			fill(v.Elem(), depth-1)
		}
	case reflect.Slice:
		if v.Type().Elem().Kind() == reflect.Uint8 {
			v.SetBytes([]byte(canary))
			return
		}
		v.Set(reflect.MakeSlice(v.Type(), 1, 1))
		fill(v.Index(0), depth-1)
	case reflect.Map:
		key, value := reflect.New(v.Type().Key()).Elem(), reflect.New(v.Type().Elem()).Elem()
		fill(key, depth-1)
		fill(value, depth-1)
		v.Set(reflect.MakeMap(v.Type()))
		v.SetMapIndex(key, value)
	}
}

func main() {
	shown := 0
	for _, one := range []any{
%s	} {
		at := reflect.ValueOf(one)
		fill(at.Elem(), 6)
		var out bytes.Buffer
		logs := []*slog.Logger{slog.New(slog.NewJSONHandler(&out, nil)), slog.New(slog.NewTextHandler(&out, nil))}
		for _, value := range []any{one, at.Elem().Interface(), []any{one}, map[string]any{"x": at.Elem().Interface()}} {
			for _, verb := range []string{"%%v", "%%+v", "%%#v", "%%s", "%%q", "%%x"} {
				fmt.Fprintf(&out, verb, value)
			}
			fmt.Fprintln(&out, fmt.Errorf("around: %%w", fmt.Errorf("%%v", value)))
		}
		for _, log := range logs {
			log.With("value", at.Elem().Interface()).Info("seen", "pointer", one)
		}
		text := out.String()
		for _, form := range []string{canary, fmt.Sprintf("%%x", canary), strings.Trim(fmt.Sprint([]byte(canary)), "[]")} {
			if strings.Contains(text, form) {
				fmt.Printf("%%T shows what it holds\n", one)
				break
			}
		}
		if strings.Contains(text, "[personal]") {
			shown++
		}
	}
	fmt.Println("printed", shown)
}
`

// TestNoPersonalStructShowsWhatItHolds prints every personal struct that has a
// name outside its package, filled with a marked word.
func TestNoPersonalStructShowsWhatItHolds(t *testing.T) {
	_, all := loadTyped(t)
	var imports, values strings.Builder
	n := 0
	for i, p := range all {
		used := false
		for _, name := range p.types.Scope().Names() {
			of, isType := p.types.Scope().Lookup(name).(*types.TypeName)
			if !isType || of.IsAlias() || !of.Exported() || !isPersonal(of.Type()) {
				continue
			}
			if named, isNamed := of.Type().(*types.Named); isNamed && named.TypeParams().Len() > 0 {
				continue
			}
			used = true
			n++
			fmt.Fprintf(&values, "\t\tnew(p%d.%s),\n", i, name)
		}
		if used {
			fmt.Fprintf(&imports, "\tp%d %q\n", i, p.types.Path())
		}
	}
	if n < 80 {
		t.Fatalf("only %d personal structs are found", n)
	}
	dir := t.TempDir()
	source, overlay := filepath.Join(dir, "main.go"), filepath.Join(dir, "overlay.json")
	if err := os.WriteFile(source, fmt.Appendf(nil, printing, imports.String(), values.String()), 0o600); err != nil {
		t.Fatal(err)
	}
	here, err := filepath.Abs(filepath.Join(root, "internal/test/printed/main.go"))
	if err != nil {
		t.Fatal(err)
	}
	text, err := json.Marshal(map[string]any{"Replace": map[string]string{here: source}})
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(overlay, text, 0o600); err != nil {
		t.Fatal(err)
	}
	run := exec.CommandContext(t.Context(), "go", "run", "-overlay", overlay, "./internal/test/printed")
	run.Dir = root
	out, err := run.CombinedOutput()
	if err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	if got := strings.TrimSpace(string(out)); got != fmt.Sprintf("printed %d", n) {
		t.Errorf("of %d personal structs:\n%s", n, got)
	}
}
