package consent_test

import (
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"testing"

	"einklang/internal/account/user"
	"einklang/internal/consent/optin"
	"einklang/internal/engine/store"
	"einklang/internal/person/chat"
	"einklang/internal/rule/gate"
	"einklang/internal/test/storetest"
)

// door is a way to say that a person agreed to service, with a source that the
// caller makes up.
type door struct {
	name string
	say  func(t *testing.T, p *place, person *chat.Known)
	want optin.Source
}

var doors = []door{
	{"inbox", func(t *testing.T, p *place, person *chat.Known) {
		threads, err := p.Threads.OfContact(t.Context(), p.DB, p.Org.ID, person.ID)
		if err != nil {
			t.Fatal(err)
		}
		p.post(t, p.by(t, user.Agent), "/people/"+person.ID.String()+"/grant", url.Values{"conversation": {threads[0].ID.String()},
			"purpose": {"service"}, "source": {"link"}, "note": {"double opt-in"}})
	}, optin.FromStaff},
	{"page", func(t *testing.T, p *place, person *chat.Known) {
		p.upload(t, p.by(t, user.Agent), "/people/"+person.ID.String()+"/consent", map[string]string{"purpose": "service", "source": "web_form", "note": "double opt-in"}, nil)
	}, optin.FromWord},
	{"paper", func(t *testing.T, p *place, person *chat.Known) {
		p.upload(t, p.by(t, user.Agent), "/people/"+person.ID.String()+"/consent", map[string]string{"purpose": "service", "source": "keyword", "note": "double opt-in"}, picture)
	}, optin.FromPaper},
	{"program", func(t *testing.T, p *place, person *chat.Known) {
		p.REST(t, http.MethodPost, "/api/v1/contacts/"+person.ID.String()+"/consents", map[string]any{"purpose": "service", "source": "web_form", "evidence_note": "double opt-in"}, nil)
	}, optin.FromProgram},
}

// The source on record is the door, whatever a caller says, in the history and
// in the proof that is checked offline; and what the person did not say herself
// waits for a second pair of eyes at every door.
func TestTheSourceIsTheDoor(t *testing.T) {
	storetest.EachURL(t, func(t *testing.T, u string) {
		p := open(t, u)
		for n, d := range doors {
			for _, two := range []bool{false, true} {
				p.Write(t, func(tx store.Tx) error {
					return p.Consents.SaveSettings(t.Context(), tx, p.Org.ID, optin.Settings{FourEyes: two})
				})
				_, person := p.arrives(t, "Erika Mustermann", "491760406900"+string(rune('0'+n))+map[bool]string{false: "1", true: "2"}[two])
				d.say(t, p, person)
				if two {
					if got := p.state(t, person, "service"); got != gate.ConsentNone {
						t.Errorf("%s: one pair of eyes was enough: %s", d.name, got)
					}
					_, list := p.get(t, p.by(t, user.DPO), "/consent/waiting")
					p.post(t, p.by(t, user.DPO), regexp.MustCompile(`/consent/waiting/[0-9a-f-]{36}`).FindString(string(list)), url.Values{"decision": {"confirm"}})
				}
				history, err := p.Consents.History(t.Context(), p.DB, p.Org.ID, person)
				if err != nil || len(history) != 1 || history[0].Source != d.want || history[0].Kind != "granted" || history[0].Detail.Second.IsZero() == two {
					t.Errorf("%s, two pairs of eyes %t: %+v %v", d.name, two, history, err)
				}
				_, lines := p.proof(t, "/people/"+person.ID.String()+"/consent/proof")
				if !strings.Contains(string(lines), `"source":"`+string(d.want)+`"`) || regexp.MustCompile(`"source":"(link|web_form|keyword)"`).Match(lines) {
					t.Errorf("%s: the proof repeats what the caller made up:\n%s", d.name, lines)
				}
				if claimed := strings.Contains(string(lines), `"claimed":"web_form"`); claimed != (d.name == "program") {
					t.Errorf("%s: what a program claims: %t", d.name, claimed)
				}
			}
		}
	})
}

// Advertising by somebody's word alone stays pending: no text that was agreed
// to and nothing that shows it, or her own message, is no proof.
func TestAdvertisingNeedsItsWholeProof(t *testing.T) {
	storetest.EachURL(t, func(t *testing.T, u string) {
		p := open(t, u)
		erika, known := p.arrives(t, "Erika Mustermann", "4917604069001")
		at := "/api/v1/contacts/" + known.ID.String() + "/consents"
		page := "/people/" + known.ID.String() + "/consent"
		for name, say := range map[string]func(){
			"a program's note": func() {
				p.REST(t, http.MethodPost, at, map[string]any{"purpose": "marketing", "evidence_note": "abc"}, nil)
			},
			"a program's note and wording": func() {
				p.REST(t, http.MethodPost, at, map[string]any{"purpose": "marketing", "evidence_note": "abc", "wording": "Ja."}, nil)
			},
			"a colleague's word": func() {
				if answer := p.upload(t, p.by(t, user.Agent), page, map[string]string{"purpose": "marketing", "words": "ours", "note": "am Telefon"}, nil); !strings.Contains(answer, "Werbung ist damit noch nicht erlaubt") {
					t.Errorf("the answer:\n%s", answer)
				}
			},
			"a photo without words": func() {
				p.upload(t, p.by(t, user.Agent), page, map[string]string{"purpose": "marketing", "note": "am Empfang"}, picture)
			},
		} {
			say()
			if got := p.state(t, known, "marketing"); got != gate.ConsentPending {
				t.Errorf("%s: %s, want pending", name, got)
			}
			if v := p.send(t, known, "angebot"); v.Verdict.Reason != "no_marketing_consent" {
				t.Errorf("%s: the gate says %+v", name, v)
			}
		}
		var answer struct{ State string }
		if status := p.REST(t, http.MethodPost, at, map[string]any{"purpose": "marketing", "evidence_note": "abc"}, &answer); status != http.StatusCreated || answer.State != "pending" {
			t.Errorf("the program is told %d %+v", status, answer)
		}
		p.agrees(t, erika, "marketing")
		if got := p.state(t, known, "marketing"); got != gate.ConsentGranted {
			t.Errorf("her own message: %s", got)
		}
		if p.REST(t, http.MethodPost, at, map[string]any{"purpose": "marketing", "evidence_note": "abc"}, nil); p.state(t, known, "marketing") != gate.ConsentGranted {
			t.Error("a note took the place of her own yes")
		}
	})
}
