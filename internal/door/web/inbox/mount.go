// Package inbox is the team inbox: the queue, the conversation, the composer
// with its traffic light and the person beside it, kept live by server-sent
// events.
package inbox

import (
	"context"
	"embed"
	"net/http"
	"time"

	"einklang/internal/account/audit"
	"einklang/internal/account/org"
	"einklang/internal/account/user"
	"einklang/internal/consent/notice"
	"einklang/internal/consent/optin"
	"einklang/internal/door/web/shell"
	"einklang/internal/engine/evidence"
	"einklang/internal/engine/live"
	"einklang/internal/engine/store"
	work "einklang/internal/messaging/assignment"
	"einklang/internal/messaging/conversation"
	"einklang/internal/messaging/draft"
	"einklang/internal/messaging/media"
	"einklang/internal/messaging/outbox"
	"einklang/internal/messaging/search"
	templates "einklang/internal/messaging/template"
	"einklang/internal/person/attribute"
	"einklang/internal/person/contact"
	"einklang/internal/person/link"
	"einklang/internal/person/picture"
	"einklang/internal/rights/cases"
	"einklang/internal/rule/id"
	"einklang/internal/rule/sight"
)

//go:embed pages/*.html static
var files embed.FS

// Parts are what the inbox works with.
type Parts struct {
	DB         *store.DB
	IDs        *id.Source
	Now        func() time.Time
	Orgs       *org.Registry
	People     *contact.Book
	Threads    *conversation.Threads
	Consents   *optin.Consents
	Chat       optin.Chat // where links to our numbers lead
	Notices    *notice.Board
	Evidence   *evidence.Log
	Outbox     *outbox.Outbox
	Templates  *templates.Catalogue
	Shelf      *media.Shelf
	Hub        *live.Hub
	Users      *user.Directory
	Work       *work.Assignments
	Drafts     *draft.Box
	Search     *search.Index
	Portraits  *picture.Album
	Cases      *cases.Cases
	Attributes *attribute.Attributes
	Links      *link.Links
	Arrivals   work.Arrivals
	// Sight is what somebody sees of the conversations.
	Sight func(context.Context, user.Account) (sight.Scope, error)
	// Chronicles tell what else happened in a conversation.
	Chronicles []Chronicle
}

type server struct {
	Parts
	pages *shell.Pages
	words func(*http.Request) string // what a page looks for
	// session is the secret of the session of a request.
	session func(*http.Request) string
}

// Mount adds the inbox to the pages.
func Mount(sh *shell.Shell, p Parts) error {
	s := &server{Parts: p, words: sh.Words, session: sh.SessionHere}
	s.Chronicles = append(s.Chronicles, s.worked, s.informed)
	if err := sh.Static(files); err != nil {
		return err
	}
	var err error
	if s.pages, err = sh.Pages(files, functions); err != nil {
		return err
	}
	sh.Missing(work.ErrNotFound, conversation.ErrNotFound, contact.ErrNotFound, outbox.ErrNotFound, org.ErrNotFound, media.ErrNotFound, picture.ErrNone, link.ErrNotFound)
	sh.Menu(shell.Entry{Section: "inbox", Path: "/inbox", Text: "nav.inbox", May: user.Read},
		shell.Entry{Section: "inbox", Path: "/search", Text: "nav.search", May: user.Read})
	sh.Long("POST /people/{id}/attributes")
	sh.StaffAll(user.Read, map[string]shell.Route{
		"GET /{$}":                         shell.As(audit.Nothing(audit.Own), s.home),
		"GET /inbox":                       shell.As(audit.Reads("inbox.viewed"), s.inbox),
		"GET /inbox/{id}":                  shell.As(audit.Reads("conversation.viewed").Of(audit.Conversation), s.inbox),
		"GET /fragments/queue":             shell.As(audit.Reads("inbox.viewed"), s.queueFragment),
		"GET /fragments/conversation/{id}": shell.As(audit.Reads("conversation.viewed").Of(audit.Conversation), s.conversationFragment),
		"GET /events":                      shell.As(audit.Nothing(audit.PartOf), s.events),
		"POST /inbox/{id}/read":            shell.As(audit.Nothing(audit.PartOf), s.markRead),
		"GET /media/{message}":             shell.As(audit.Reads("file.viewed").By(audit.Message, "message"), s.media),
		"GET /messages/{id}/text":          shell.As(audit.Reads("conversation.viewed").Of(audit.Message), s.text),
		"GET /people/{id}/picture":         shell.As(audit.Nothing(audit.PartOf), s.picture),
		"POST /views":                      shell.As(audit.Nothing(audit.Own), s.saveView),
		"POST /views/{id}/delete":          shell.As(audit.Nothing(audit.Own), s.deleteView),
		"GET /search":                      shell.As(audit.Reads("searched"), s.searchPage),
		"GET /fragments/search":            shell.As(audit.Reads("searched"), s.searchFragment),
		"GET /fragments/palette":           shell.As(audit.Reads("searched"), s.paletteFragment),
	})
	sh.StaffAll(user.Read, shell.Looks(sh, "/inbox", "/search", "/fragments/search", "/fragments/palette"))
	sh.StaffAll(user.Answer, shell.Looks(sh, "/people/{id}/merge"))
	sh.StaffAll(user.Answer, map[string]shell.Route{
		"GET /fragments/templates/{id}": shell.As(audit.Nothing(audit.PartOf), s.templatesFragment),
		"GET /fragments/quick/{id}":     shell.As(audit.Nothing(audit.PartOf), s.quickFragment),
		"GET /fragments/others/{id}":    shell.As(audit.Nothing(audit.PartOf), s.othersFragment),
		"POST /inbox/{id}/send":         shell.As(audit.Changes("message.sent").Of(audit.Conversation), s.send),
		"POST /inbox/{id}/template":     shell.As(audit.Changes("message.sent").Of(audit.Conversation), s.sendTemplate),
		"POST /inbox/{id}/file":         shell.As(audit.Changes("message.sent").Of(audit.Conversation), s.sendFile),
		"POST /inbox/{id}/buttons":      shell.As(audit.Changes("message.sent").Of(audit.Conversation), s.sendButtons),
		"POST /inbox/{id}/list":         shell.As(audit.Changes("message.sent").Of(audit.Conversation), s.sendList),
		"POST /inbox/{id}/number":       shell.As(audit.Changes("message.sent").Of(audit.Conversation), s.askNumber),
		"POST /inbox/{id}/location":     shell.As(audit.Changes("message.sent").Of(audit.Conversation), s.sendLocation),
		"POST /inbox/{id}/draft":        shell.As(audit.Nothing(audit.Unsent), s.saveDraft),
		"POST /inbox/{id}/react":        shell.As(audit.Changes("message.sent").Of(audit.Conversation), s.react),
		"POST /inbox/{id}/close":        shell.As(audit.Changes("conversation.closed").Of(audit.Conversation), s.closeConversation),
		"POST /messages/{id}/again":     shell.As(audit.Changes("message.sent").Of(audit.Message), s.again),
		"POST /messages/{id}/dismiss":   shell.As(audit.Changes("message.withdrawn").Of(audit.Message), s.dismiss),
		"POST /messages/{id}/fetch":     shell.As(audit.Changes("file.fetched").Of(audit.Message), s.fetch),
		"POST /messages/{id}/undo":      shell.As(audit.Changes("message.withdrawn").Of(audit.Message), s.undo),
		"POST /people/{id}/block":       shell.As(audit.Changes("person.changed").Of(audit.Contact), s.block),
		"POST /inbox/{id}/assign":       shell.As(audit.Changes("conversation.assigned").Of(audit.Conversation), s.assign),
		"POST /inbox/{id}/move":         shell.As(audit.Changes("conversation.moved").Of(audit.Conversation), s.move),
		"POST /inbox/{id}/snooze":       shell.As(audit.Changes("conversation.changed").Of(audit.Conversation), s.snooze),
		"POST /inbox/{id}/note":         shell.As(audit.Changes("note.written").Of(audit.Conversation), s.note),
		"POST /inbox/{id}/label":        shell.As(audit.Changes("conversation.changed").Of(audit.Conversation), s.label),
		"POST /inbox/{id}/keep":         shell.As(audit.Changes("conversation.kept").Of(audit.Conversation), s.keep),
		"POST /inbox/bulk":              shell.As(audit.Changes("conversation.changed"), s.bulk),
		"POST /people/{id}/locale":      shell.As(audit.Changes("person.changed").Of(audit.Contact), s.setLocale),
		"POST /people/{id}/picture":     shell.As(audit.Changes("person.changed").Of(audit.Contact), s.setPicture),
		"POST /people/{id}/attributes":  shell.As(audit.Changes("person.changed").Of(audit.Contact), s.setAttributes),
		"GET /people/{id}/merge":        shell.As(audit.Reads("person.viewed").Of(audit.Contact), s.mergePage),
		"POST /people/{id}/merge":       shell.As(audit.Changes("person.linked").Or("person.link.asked").Of(audit.Contact), s.mergePeople),
		"GET /links/{id}":               shell.As(audit.Reads("person.viewed"), s.linkPage),
		"POST /links/{id}/undo":         shell.As(audit.Changes("person.unlinked"), s.undoLink),
	})
	sh.Staff("POST /people/{id}/grant", user.RecordConsent, audit.Changes("consent.recorded").Of(audit.Contact), s.grant)
	sh.Staff("POST /people/{id}/withdraw", user.RecordConsent, audit.Changes("consent.withdrawn").Of(audit.Contact), sh.Sure(s.withdrawTakes, s.withdraw))
	sh.Staff("POST /people/{id}/doubt", user.Answer, audit.Changes("consent.doubt").Of(audit.Contact), s.answerDoubt)
	sh.Staff("POST /people/{id}/case", user.RecordConsent, audit.Changes("case.opened").Of(audit.Contact), s.startCase)
	sh.Staff("POST /people/{id}/restrict", user.Privacy, audit.Changes("person.restricted").Of(audit.Contact), s.restrict)
	return nil
}

func (s *server) home(w http.ResponseWriter, r *http.Request, _ *shell.Viewer) error {
	http.Redirect(w, r, "/inbox", http.StatusSeeOther)
	return nil
}
