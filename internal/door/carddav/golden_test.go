package carddav_test

import (
	"flag"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"einklang/internal/rule/id"
	"einklang/internal/test/apptest"
	"einklang/internal/test/storetest"
)

var update = flag.Bool("update", false, "write the golden files of answers anew")

// What clients send, after their sources and documentation, is replayed; the
// answers are compared with those that were read once by eye. Words in capital
// letters stand for what differs from run to run.
func TestWhatClientsSend(t *testing.T) {
	files, err := filepath.Glob("testdata/*.txt")
	if err != nil || len(files) < 3 {
		t.Fatal(files, err)
	}
	for _, file := range files {
		name := strings.TrimSuffix(filepath.Base(file), ".txt")
		t.Run(name, func(t *testing.T) {
			raw, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			got := replay(t, string(raw))
			golden := filepath.Join("testdata", name+".golden")
			if *update {
				if err := os.WriteFile(golden, []byte(got), 0o600); err != nil {
					t.Fatal(err)
				}
			}
			want, err := os.ReadFile(golden)
			if err != nil {
				t.Fatal(err)
			}
			if got != string(want) {
				t.Errorf("answers differ from %s (run with -update and read the difference):\n%s", golden, got)
			}
		})
	}
}

var step = regexp.MustCompile(`(?m)^### (.+)\n`)

func replay(t *testing.T, script string) string {
	t.Helper()
	o := apptest.Open(t, storetest.SQLite(t))
	p := addPhone(t, o)
	people := meet(t, o, 1, 4)
	grant(t, o, people[:2]...)
	places := changing{device: p.ID, people: people}
	var out strings.Builder
	heads := step.FindAllStringSubmatch(script, -1)
	bodies := step.Split(script, -1)[1:]
	for i, h := range heads {
		words := strings.Fields(h[1])
		out.WriteString("### " + h[1] + "\n")
		switch words[0] {
		case "withdraw":
			withdraw(t, o, places.person(words[1]))
			continue
		case "grant":
			grant(t, o, places.person(words[1]))
			continue
		}
		var headers []string
		if len(words) == 4 {
			headers = []string{"Depth", words[3]}
		}
		status, body, answered := ask(t, o, p, words[0], places.in(words[1]), places.in(strings.TrimSpace(bodies[i])), headers...)
		if m := regexp.MustCompile(`<d:sync-token>([^<]+)</d:sync-token>`).FindStringSubmatch(body); m != nil {
			places.token = m[1]
		}
		out.WriteString(strconv.Itoa(status) + "\n")
		for _, header := range []string{"Location", "Allow", "Dav", "Content-Type"} {
			if v := answered.Get(header); v != "" {
				out.WriteString(header + ": " + v + "\n")
			}
		}
		out.WriteString("\n" + places.out(body) + "\n\n")
	}
	return out.String()
}

// changing knows what differs from run to run.
type changing struct {
	device id.Device
	people []id.Person
	token  string
}

func (c changing) person(word string) id.Person { return c.people[word[len("CARD")]-'1'] }

func (c changing) in(text string) string {
	for i, p := range c.people {
		text = strings.ReplaceAll(text, "CARD"+strconv.Itoa(i+1), p.String())
	}
	return strings.ReplaceAll(strings.ReplaceAll(text, "DEVICE", c.device.String()), "TOKEN", c.token)
}

var (
	tokens = regexp.MustCompile(`urn:einklang:book:[0-9a-f]+:`)
	etags  = regexp.MustCompile(`&#34;[0-9a-f]{12}\.`)
	logins = regexp.MustCompile(`geraet-[a-z0-9]+`)
	revs   = regexp.MustCompile(`REV:[0-9TZ:-]+`)
)

func (c changing) out(text string) string {
	for i, p := range c.people {
		text = strings.ReplaceAll(text, p.String(), "CARD"+strconv.Itoa(i+1))
	}
	text = strings.ReplaceAll(text, c.device.String(), "DEVICE")
	text = etags.ReplaceAllString(text, "&#34;SERIES.")
	text = tokens.ReplaceAllString(text, "urn:einklang:book:SERIES:")
	text = revs.ReplaceAllString(logins.ReplaceAllString(text, "LOGIN"), "REV:MOMENT")
	text = strings.ReplaceAll(text, "&#xD;", "")
	return strings.ReplaceAll(text, "<d:response>", "\n<d:response>")
}
