package inbox

import (
	"testing"

	"einklang/internal/account/org"
	"einklang/internal/account/user"
	"einklang/internal/person/chat"
	"einklang/internal/rule/gate"
)

func TestWaysOut(t *testing.T) {
	p, c := &chat.Known{}, org.Channel{DisplayNumber: "+49 30 23125000"}
	for _, x := range []struct {
		name   string
		remedy gate.Remedy
		role   user.Role
		kind   wayKind
		target string
	}{
		{"an agent opens the templates", gate.UseTemplate, user.Agent, wayTemplate, ""},
		{"the data protection officer does not write", gate.UseTemplate, user.DPO, wayHint, ""},
		{"a link with which the person writes first", gate.AskToWriteFirst, user.Agent, wayCopy, "https://wa.me/493023125000"},
		{"an agent records a consent", gate.AskForConsent, user.Agent, wayGrant, "#grant"},
		{"an agent lifts our own block", gate.Unblock, user.Agent, wayUnblock, "/people/" + p.ID.String() + "/block"},
		{"an agent cannot publish the notice", gate.PublishNotice, user.Agent, wayHint, ""},
		{"the data protection officer can", gate.PublishNotice, user.DPO, wayLink, "/settings/notice"},
		{"nobody clicks START for the person", gate.WaitForStart, user.Admin, wayHint, ""},
	} {
		w := wayOut(x.remedy, p, c, "", x.role.Rights())
		if w.Kind != x.kind || w.Target != x.target || w.Remedy != x.remedy.String() {
			t.Errorf("%s: %+v", x.name, w)
		}
	}
}
