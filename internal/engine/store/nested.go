package store

import (
	"bytes"
	"context"
	"fmt"
	"reflect"
	"runtime"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
)

// A write that is begun inside another one waits for it, and the other one for
// it: nothing would ever be written again. It is found by the context that the
// outer one was given, and, for those who use a context from before, by the
// goroutine on which the outer one runs. On a goroutine that the outer one has
// started, such a context says nothing: that one is found by its parent, once it
// has waited for a moment.

// NestedError says that a write was begun inside another one. Its work belongs
// into the transaction of the outer one.
type NestedError struct {
	Inner, Outer string // where each was begun: file:line
}

func (e *NestedError) Error() string {
	return fmt.Sprintf("the write at %s is begun inside the one at %s and would wait for it for ever: use its transaction", e.Inner, e.Outer)
}

// writing is a write as those see it who are called by it.
type writing struct {
	group   *group
	outer   *writing // of another database
	place   place
	running atomic.Bool
}

type writingKey struct{}

// begun finds the write of this database inside which the caller runs, or nil.
func (g *group) begun(ctx context.Context, stack []uintptr) *writing {
	inner, _ := ctx.Value(writingKey{}).(*writing)
	for w := inner; w != nil; w = w.outer {
		if w.group == g && w.running.Load() {
			return w
		}
	}
	if len(stack) < stackDepth && !calledByWrite(stack) {
		return nil // a stack that goes on may hide one
	}
	if w, there := g.inside.Load(goroutine()); there {
		return w.(*writing)
	}
	return nil
}

// enter notes that a write runs on a goroutine until leave is called.
func (g *group) enter(on uint64, w *writing) (leave func()) {
	w.running.Store(true)
	g.inside.Store(on, w)
	return func() {
		w.running.Store(false)
		g.inside.Delete(on)
	}
}

// doEntry is where the code of [work.do] begins: it runs the functions given to
// DB.Write.
var doEntry = sync.OnceValue(func() uintptr { return reflect.ValueOf((*work).do).Pointer() })

// calledByWrite reports whether a function given to some database's Write is on
// the stack. It is quick, and says it of every goroutine alike.
func calledByWrite(stack []uintptr) bool {
	entry := doEntry()
	for _, pc := range stack {
		if pc > entry && pc-entry < 1<<14 && runtime.FuncForPC(pc-1).Entry() == entry {
			return true
		}
	}
	return false
}

// stackDepth is how far up the stack a write looks for another, before it asks
// for its goroutine.
const stackDepth = 96

// callers is the stack of who called Write.
func callers(into *[stackDepth]uintptr) []uintptr {
	const skip = 3 // runtime.Callers, this function, and Write
	return into[:runtime.Callers(skip, into[:])]
}

// goroutine is the number of the running goroutine, which only the text of its
// stack tells. That takes microseconds.
func goroutine() uint64 {
	var text [40]byte
	first := strings.TrimPrefix(string(text[:runtime.Stack(text[:], false)]), "goroutine ")
	digits, _, _ := strings.Cut(first, " ")
	n, _ := strconv.ParseUint(digits, 10, 64)
	return n
}

// parent is the number of the goroutine that started the running one; 0: not
// known. It takes longer than [goroutine], the deeper the stack the more.
func parent() uint64 {
	text := make([]byte, 64<<10)
	text = text[:runtime.Stack(text, false)]
	at := bytes.LastIndex(text, []byte(" in goroutine "))
	if at < 0 {
		return 0
	}
	first, _, _ := bytes.Cut(text[at+len(" in goroutine "):], []byte("\n"))
	n, _ := strconv.ParseUint(string(first), 10, 64)
	return n
}

// startedBy reports whether the running goroutine was started by the function of
// a write that runs and has run since before: it waits for itself. Of those that
// come from an earlier write, none finds the same one at both times.
func (g *group) startedBy(before *writing) bool {
	if before == nil || !before.running.Load() {
		return false
	}
	w, there := g.inside.Load(parent())
	return there && w.(*writing) == before
}

// place is where a write was begun.
type place uintptr

func placeOf(stack []uintptr) place {
	if len(stack) == 0 {
		return 0
	}
	return place(stack[0])
}

// String is the file, from the folder of the house on, and the line.
func (p place) String() string {
	if p == 0 {
		return "an unknown place"
	}
	frame, _ := runtime.CallersFrames([]uintptr{uintptr(p)}).Next()
	file := frame.File
	for _, folder := range []string{"/internal/", "/cmd/"} {
		if at := strings.LastIndex(file, folder); at >= 0 {
			file = file[at+1:]
			break
		}
	}
	return file + ":" + strconv.Itoa(frame.Line)
}
