package inbox

import (
	"einklang/internal/account/org"
	"einklang/internal/account/user"
	"einklang/internal/consent/optin"
	"einklang/internal/person/chat"
	"einklang/internal/rule/gate"
)

// light is the traffic light over the composer.
type light struct {
	gate.Strip
	Ways     []way
	Notice   bool // the notice goes first
	Template bool // a template may go out
}

// way is one way out of a refusal, as the page offers it.
type way struct {
	Remedy string // the code; its text is remedy.CODE
	Kind   wayKind
	Target string // of a link: the path; of a copy: the text
}

// wayKind is what a click on a way does.
type wayKind string

// The kinds. A hint is not for clicking: somebody else has to act.
const (
	wayHint     wayKind = "hint"
	wayTemplate wayKind = "template" // opens the template picker
	wayCopy     wayKind = "copy"     // copies the link with which the person writes first
	wayGrant    wayKind = "grant"    // opens the form that records a consent
	wayUnblock  wayKind = "unblock"
	wayLink     wayKind = "link"
	wayReach    wayKind = "reach" // another way to the person: opens the mail program
)

// showLight prepares the gate's word for the page.
func showLight(s gate.Strip, p *chat.Known, c org.Channel, to optin.Chat, rights user.Rights) light {
	l := light{Strip: s, Notice: s.Duties.Has(gate.SendNoticeFirst), Template: s.Colour != gate.Red}
	for _, r := range s.Remedies.List() {
		if r == gate.RecordUse && !s.Consentable {
			continue // there is nothing that may be written now
		}
		l.Ways = append(l.Ways, wayOut(r, p, c, to, rights))
	}
	return l
}

// wayOut says how the page offers a remedy to somebody with rights. What they
// do not allow stays a hint.
func wayOut(r gate.Remedy, p *chat.Known, c org.Channel, to optin.Chat, rights user.Rights) way {
	w := way{Remedy: r.String(), Kind: wayHint}
	offer := func(may user.Permission, kind wayKind, target string) way {
		if rights.May(may) {
			w.Kind, w.Target = kind, target
		}
		return w
	}
	consent := "/people/" + p.ID.String() + "/consent"
	switch r {
	case gate.UseTemplate, gate.ChooseTemplate, gate.UseNoticeTemplate:
		return offer(user.Answer, wayTemplate, "")
	case gate.InviteByEmail:
		return offer(user.RecordConsent, wayLink, consent+"#invite")
	case gate.RecordNotice:
		return offer(user.RecordConsent, wayLink, consent+"#handed")
	case gate.AwaitApproval, gate.AddOptOutLine:
		return offer(user.Settings, wayLink, "/settings/templates")
	case gate.RaiseBudget, gate.AllowOverdraft:
		return offer(user.Settings, wayLink, "/settings/sending")
	case gate.UseOtherChannel:
		if p.Profile.Email != "" {
			return offer(user.Answer, wayReach, "mailto:"+p.Profile.Email)
		}
		return w
	case gate.AskToWriteFirst, gate.ShowQRCode:
		return offer(user.Read, wayCopy, to.Open(c.DisplayNumber))
	case gate.AnswerDoubt:
		return offer(user.Answer, wayLink, "#light")
	case gate.AskForConsent:
		return offer(user.RecordConsent, wayGrant, "#grant")
	case gate.Unblock:
		return offer(user.Answer, wayUnblock, "/people/"+p.ID.String()+"/block")
	case gate.PublishNotice:
		return offer(user.Consents, wayLink, "/settings/notice")
	case gate.ActivateNumber, gate.SignAgreement:
		return offer(user.Settings, wayLink, "/settings/numbers")
	default:
		return w
	}
}
