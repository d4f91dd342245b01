package console_test

import (
	"bytes"
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"os"
	"os/exec"
	"os/user"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"einklang/internal/door/console"
	"einklang/internal/test/leaktest"
)

// dialEnv has the test program be another user's: it only tries to connect.
const dialEnv = "EINKLANG_TEST_DIAL"

func TestMain(m *testing.M) {
	if path := os.Getenv(dialEnv); path != "" {
		_, err := net.Dial("unix", path)
		fmt.Println(err)
		os.Exit(0)
	}
	os.Exit(m.Run())
}

// run runs a server on a folder until the test ends, and waits for its socket.
func run(t *testing.T, folder string, do func(ctx context.Context, args []string, s console.Streams) error) (stop func()) {
	t.Helper()
	ctx, cancel := context.WithCancel(context.Background())
	ended := make(chan struct{})
	s := &console.Server{Folder: folder, Version: "1", Log: slog.New(slog.DiscardHandler), Do: do}
	old, _ := os.Lstat(filepath.Join(folder, console.Name))
	go func() { defer close(ended); s.Run(ctx) }()
	stop = func() { cancel(); <-ended }
	t.Cleanup(stop)
	for range 1000 {
		if now, err := os.Lstat(filepath.Join(folder, console.Name)); err == nil && !os.SameFile(old, now) {
			return stop
		}
		time.Sleep(5 * time.Millisecond)
	}
	t.Fatal("there is no socket")
	return nil
}

func repeat(_ context.Context, args []string, s console.Streams) error {
	in, err := io.ReadAll(s.In)
	if err != nil {
		return err
	}
	_, _ = fmt.Fprintf(s.Out, "%s and %d bytes", strings.Join(args, " "), len(in))
	_, _ = fmt.Fprint(s.Err, "a warning")
	_, err = s.File.Write(bytes.Repeat([]byte("x"), 300_000))
	return errors.Join(err, errors.New("and an error"))
}

func call(folder string, in io.Reader) (out, errs, file bytes.Buffer, err error) {
	err = console.Call(context.Background(), folder, console.Request{Version: "1", Args: []string{"some", "command"}},
		console.Streams{In: in, Out: &out, Err: &errs, File: &file})
	return out, errs, file, err
}

// What goes in and comes out is complete, in a folder of any length.
func TestACommandIsDoneByTheOther(t *testing.T) {
	for name, folder := range map[string]string{"short": "", "too long for a socket": strings.Repeat("langer-name-", 12)} {
		t.Run(name, func(t *testing.T) {
			leaktest.Check(t)
			folder := filepath.Join(t.TempDir(), folder)
			if err := os.MkdirAll(folder, 0o700); err != nil {
				t.Fatal(err)
			}
			stop := run(t, folder, repeat)
			out, errs, file, err := call(folder, strings.NewReader(strings.Repeat("i", 200_000)))
			if out.String() != "some command and 200000 bytes" || errs.String() != "a warning" || file.Len() != 300_000 || err == nil || err.Error() != "and an error" {
				t.Errorf("%q, %q, %d bytes, %v", out.String(), errs.String(), file.Len(), err)
			}
			stop()
			if _, _, _, err := call(folder, nil); !errors.Is(err, console.ErrNobody) {
				t.Errorf("after the end: %v", err)
			}
			if left, err := os.ReadDir(folder); err != nil || len(left) != 0 {
				t.Errorf("left behind: %v, %v", left, err)
			}
		})
	}
}

// frame is a frame as it goes over the socket.
func frame(kind byte, content []byte) []byte {
	return append(binary.BigEndian.AppendUint32([]byte{kind}, uint32(len(content))), content...) //nolint:gosec // short
}

// More input than is read by anybody is refused, whatever the other side is.
func TestInputIsBounded(t *testing.T) {
	folder := t.TempDir()
	given := make(chan error, 1)
	run(t, folder, func(_ context.Context, _ []string, s console.Streams) error {
		_, err := io.Copy(io.Discard, s.In)
		given <- err
		return err
	})
	if _, _, _, err := call(folder, strings.NewReader(strings.Repeat("i", 2<<20))); err == nil || !strings.Contains(err.Error(), "bytes") {
		t.Errorf("2 MB were sent: %v", err)
	}
	if err := <-given; err == nil {
		t.Error("a part of them was taken for all")
	}
	conn, err := net.Dial("unix", filepath.Join(folder, console.Name))
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = conn.Close() }()
	all := frame('A', []byte(`{"protocol":1,"version":"1"}`))
	for range 33 {
		all = append(all, frame('I', make([]byte, 64<<10))...)
	}
	_, _ = conn.Write(append(all, frame('I', nil)...))
	if err := <-given; err == nil {
		t.Error("2 MB were taken")
	}
}

// A command ends with whoever asked for it, and with the server.
func TestACommandIsCancelled(t *testing.T) {
	for _, byServer := range []bool{false, true} {
		t.Run(fmt.Sprintf("by the server %v", byServer), func(t *testing.T) {
			leaktest.Check(t)
			folder := t.TempDir()
			began, ended := make(chan struct{}), make(chan error, 1)
			stop := run(t, folder, func(ctx context.Context, _ []string, _ console.Streams) error {
				close(began)
				<-ctx.Done()
				ended <- ctx.Err()
				return ctx.Err()
			})
			ctx, cancel := context.WithCancel(t.Context())
			defer cancel()
			said := make(chan error, 1)
			go func() {
				said <- console.Call(ctx, folder, console.Request{Version: "1"}, console.Streams{})
			}()
			<-began
			if byServer {
				stop()
			} else {
				cancel()
			}
			if err := <-ended; !errors.Is(err, context.Canceled) {
				t.Error(err)
			}
			if err := <-said; err == nil {
				t.Error("the caller was told that it is done")
			}
		})
	}
}

// Programs of two versions do not command each other.
func TestTheVersionsMustMatch(t *testing.T) {
	folder := t.TempDir()
	run(t, folder, repeat)
	err := console.Call(t.Context(), folder, console.Request{Version: "2"}, console.Streams{Out: io.Discard})
	if err == nil || !strings.Contains(err.Error(), "the running Einklang is 1 and this is 2") {
		t.Error(err)
	}
}

// Garbage, silence and a frame of four gigabytes harm nobody.
func TestGarbageIsTurnedAway(t *testing.T) {
	leaktest.Check(t)
	folder := t.TempDir()
	run(t, folder, repeat)
	huge := binary.BigEndian.AppendUint32([]byte{'A'}, 1<<32-1)
	for _, garbage := range [][]byte{nil, []byte("GET / HTTP/1.1\r\n\r\n"), huge, {'I', 0, 0, 0, 0}, {'A', 0, 0, 0, 1, '{'}, frame('A', []byte(`{"protocol":1,"version":"1"}`+strings.Repeat(" ", 64<<10))), bytes.Repeat([]byte{0xff}, 100_000)} {
		conn, err := net.Dial("unix", filepath.Join(folder, console.Name))
		if err != nil {
			t.Fatal(err)
		}
		_, _ = conn.Write(garbage)
		_ = conn.(*net.UnixConn).CloseWrite()
		if answer, _ := io.ReadAll(conn); len(answer) != 0 {
			t.Errorf("%.20q was answered %q", garbage, answer)
		}
		_ = conn.Close()
		if out, _, _, _ := call(folder, nil); out.Len() == 0 {
			t.Fatalf("after %.20q nobody answers", garbage)
		}
	}
}

// What a killed process left is replaced.
func TestAStaleSocketIsReplaced(t *testing.T) {
	folder := t.TempDir()
	l, err := net.ListenUnix("unix", &net.UnixAddr{Name: filepath.Join(folder, console.Name), Net: "unix"})
	if err != nil {
		t.Fatal(err)
	}
	l.SetUnlinkOnClose(false)
	if err := l.Close(); err != nil {
		t.Fatal(err)
	}
	run(t, folder, repeat)
	if out, _, _, _ := call(folder, nil); out.Len() == 0 {
		t.Error("nobody answers")
	}
}

// Only the owner may connect, also where others may look into the folder.
func TestOthersMayNotConnect(t *testing.T) {
	if os.Geteuid() != 0 {
		t.Log("only root can become another user: the mode alone is looked at")
	}
	folder, err := os.MkdirTemp("", "einklang-console-") // not below t.TempDir, where nobody may not go
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = os.RemoveAll(folder) })
	if err := os.Chmod(folder, 0o755); err != nil { //nolint:gosec // that is the point
		t.Fatal(err)
	}
	run(t, folder, repeat)
	socket := filepath.Join(folder, console.Name)
	info, err := os.Stat(socket)
	if err != nil || info.Mode().Perm() != 0o600 {
		t.Fatalf("%v, %v", info.Mode(), err)
	}
	if os.Geteuid() != 0 {
		return
	}
	text, err := os.ReadFile(os.Args[0])
	if err != nil {
		t.Fatal(err)
	}
	self := filepath.Join(folder, "test")
	if err := os.WriteFile(self, text, 0o755); err != nil { //nolint:gosec // nobody runs it
		t.Fatal(err)
	}
	said := func() string {
		who, err := user.Lookup("nobody")
		if err != nil {
			t.Fatal(err)
		}
		uid, err := strconv.ParseUint(who.Uid, 10, 32)
		if err != nil {
			t.Fatal(err)
		}
		cmd := exec.Command(self)
		cmd.Env, cmd.Dir = []string{dialEnv + "=" + socket}, "/"
		cmd.SysProcAttr = &syscall.SysProcAttr{Credential: &syscall.Credential{Uid: uint32(uid), Gid: uint32(uid)}}
		out, err := cmd.CombinedOutput()
		if err != nil {
			t.Fatal(err, string(out))
		}
		return string(out)
	}
	if out := said(); !strings.Contains(out, "permission denied") {
		t.Errorf("another user: %s", out)
	}
}

// What a command says that wants no input is heard, though the input is refused.
func TestACommandNeedNotReadItsInput(t *testing.T) {
	folder := t.TempDir()
	run(t, folder, func(context.Context, []string, console.Streams) error { return errors.New("not wanted") })
	for range 20 {
		if _, _, _, err := call(folder, bytes.NewReader(make([]byte, 4<<20))); err == nil || err.Error() != "not wanted" {
			t.Fatal(err)
		}
	}
}
