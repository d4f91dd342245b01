package optin

import (
	"context"
	"strings"

	"einklang/internal/engine/mail"
	"einklang/internal/engine/store"
	"einklang/internal/rule/i18n"
	"einklang/internal/rule/id"
)

// CodeWords are the prepared message that confirms a request.
func (q *Requests) CodeWords(r Request) string {
	return q.catalogue(r.Locale).T("optin.code.words", r.detail.Code)
}

// write queues the letter. There is no advertising in it (OLG München 29 U
// 1682/12): it asks, and says what happens if nobody answers. It says nothing
// of whoever has the number: somebody else may have typed it.
func (q *Requests) write(ctx context.Context, tx store.Tx, org id.Org, r Request, a Ask, token string) error {
	c := q.catalogue(r.Locale)
	var wordings []string
	for _, purpose := range r.purposes() {
		t, err := q.desk.Text(ctx, tx, org, r.Texts[purpose])
		if err != nil {
			return err
		}
		wordings = append(wordings, "– "+t.In(r.Locale))
	}
	who := c.T("optin.mail.asked", q.formOf(a.OrgSlug), a.OrgName)
	if a.Invited != nil {
		who = c.T("optin.mail.invited", a.OrgName)
	}
	body := c.T("optin.mail.text", a.OrgName, who, strings.Join(wordings, "\n\n"), q.base+"/opt-in/confirm/"+token+"?lang="+r.Locale, c.Moment(r.Expires),
		q.Chat.Write(a.WhatsApp, q.CodeWords(r)), c.Date(r.Created.Add(RequestKept)), q.base+"/privacy/"+a.OrgSlug+"?lang="+r.Locale, q.portalOf(a.OrgSlug)+"?lang="+r.Locale, q.base+"/imprint/"+a.OrgSlug+"?lang="+r.Locale)
	return q.mails.Add(ctx, tx, mail.Letter{Org: org, Owner: r.owner(), Kind: MailKind, Ref: id.ID(r.ID), Secret: true,
		Message: mail.Message{To: a.Email, Subject: c.T("optin.mail.subject"), Text: body}})
}

// formOf is the address of an organisation's form.
func (q *Requests) formOf(slug string) string { return q.base + "/opt-in/" + slug }

// portalOf is where a person ends single purposes.
func (q *Requests) portalOf(slug string) string { return q.base + "/portal/" + slug }

func (q *Requests) catalogue(locale string) *i18n.Catalogue {
	switch {
	case q.texts[locale] != nil:
		return q.texts[locale]
	case locale != "": // a language that the organisation added to its pages
		return q.texts["en"]
	default:
		return q.texts["de"]
	}
}
