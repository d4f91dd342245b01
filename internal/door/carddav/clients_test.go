package carddav_test

import (
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"einklang/internal/phones/device"
	"einklang/internal/test/apptest"
	"einklang/internal/test/storetest"
)

// computer is a machine on which vdirsyncer keeps an address book in a folder
// and khard reads it.
type computer struct {
	t    *testing.T
	home string
}

func newComputer(t *testing.T, o *apptest.Office, p phone) *computer {
	t.Helper()
	for _, program := range []string{"vdirsyncer", "khard"} {
		if _, err := exec.LookPath(program); err != nil {
			t.Fatalf("the tests need %s: run scripts/need vdirsyncer khard", program)
		}
	}
	c := &computer{t, t.TempDir()}
	c.file("password", p.password)
	c.file("config", `[general]
status_path = "`+c.home+`/status"

[pair book]
a = "remote"
b = "local"
collections = ["from a"]

[storage remote]
type = "carddav"
url = "`+o.URL+`/"
username = "`+p.Login+`"
password.fetch = ["command", "cat", "`+c.home+`/password"]
read_only = true

[storage local]
type = "filesystem"
path = "`+c.home+`/books"
fileext = ".vcf"
`)
	c.file("khard.conf", "[addressbooks]\n[[book]]\npath = "+c.home+"/books/book/\n")
	return c
}

func (c *computer) file(name, content string) {
	c.t.Helper()
	if err := os.WriteFile(filepath.Join(c.home, name), []byte(content), 0o600); err != nil {
		c.t.Fatal(err)
	}
}

func (c *computer) run(answers, program string, args ...string) (string, error) {
	cmd := exec.CommandContext(c.t.Context(), program, args...)
	cmd.Env = []string{"HOME=" + c.home, "PATH=" + os.Getenv("PATH"), "LANG=C.UTF-8", "VDIRSYNCER_CONFIG=" + c.home + "/config"}
	cmd.Stdin = strings.NewReader(answers)
	out, err := cmd.CombinedOutput()
	return string(out), err
}

func (c *computer) must(answers, program string, args ...string) string {
	c.t.Helper()
	out, err := c.run(answers, program, args...)
	if err != nil {
		c.t.Fatalf("%s %v: %v\n%s", program, args, err, out)
	}
	return out
}

// names are the people that khard shows.
func (c *computer) names() []string {
	c.t.Helper()
	out, err := c.run("", "khard", "-c", filepath.Join(c.home, "khard.conf"), "list", "--parsable", "--fields", "name,phone")
	if err != nil && strings.TrimSpace(out) != "" { // khard fails silently when there is nobody
		c.t.Fatalf("khard: %v\n%s", err, out)
	}
	var names []string
	for line := range strings.Lines(out) {
		if name, _, ok := strings.Cut(strings.TrimSpace(line), "\t"); ok {
			names = append(names, name)
		}
	}
	slices.Sort(names)
	return names
}

// vdirsyncer finds the book by the host's name alone, fetches it, follows a
// change, and deletes whoever withdrew (S1).
func TestS01RealClients(t *testing.T) {
	o := apptest.Open(t, storetest.SQLite(t))
	p := addPhone(t, o)
	people := meet(t, o, 1, 6)
	grant(t, o, people[:3]...)
	c := newComputer(t, o, p)
	c.must("y\ny\n", "vdirsyncer", "discover")
	sync := func(want ...string) {
		t.Helper()
		c.must("", "vdirsyncer", "sync")
		if got := c.names(); !slices.Equal(got, want) {
			t.Fatalf("the computer holds %q, want %q", got, want)
		}
	}
	sync("Erika Muster1", "Erika Muster2", "Erika Muster3")
	grant(t, o, people[3])
	sync("Erika Muster1", "Erika Muster2", "Erika Muster3", "Erika Muster4")
	withdraw(t, o, people[1])
	if l, err := o.Devices.StillHeld(t.Context(), o.DB, reread(t, o, p)); err != nil || l.Count != 0 {
		t.Errorf("before anybody judged: %+v, %v", l, err)
	}
	sync("Erika Muster1", "Erika Muster3", "Erika Muster4")
	o.Clock.Advance(device.AttestEvery)
	withdraw(t, o, people[0])
	grant(t, o, people[1])
	sync("Erika Muster3", "Erika Muster4") // frozen: nobody new, but who leaves leaves
	o.Clock.Advance(device.Grace)
	c.must("", "vdirsyncer", "sync", "--force-delete") // the computer asks before it empties a book
	if got := c.names(); len(got) != 0 {
		t.Errorf("two weeks after the check list lapsed the computer holds %q", got)
	}
	if err := o.Devices.Revoke(t.Context(), o.DB, p.Org, p.ID); err != nil {
		t.Fatal(err)
	}
	if out, err := c.run("", "vdirsyncer", "sync"); err == nil || !strings.Contains(out, "401") {
		t.Errorf("a revoked device: %v\n%s", err, out)
	}
}

func reread(t *testing.T, o *apptest.Office, p phone) device.Device {
	t.Helper()
	d, err := o.Devices.Get(t.Context(), o.DB, p.Org, p.ID)
	if err != nil {
		t.Fatal(err)
	}
	return d
}
