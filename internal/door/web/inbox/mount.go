// Package inbox is the team inbox: the queue, the conversation, the composer
// with its traffic light and the person beside it, kept live by server-sent
// events.
package inbox

import (
	"context"
	"embed"
	"net/http"
	"time"

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
	"einklang/internal/person/picture"
	"einklang/internal/rights/cases"
	"einklang/internal/rule/id"
)

//go:embed pages/*.html static
var files embed.FS

// Parts are what the inbox works with.
type Parts struct {
	DB         *store.DB
	Now        func() time.Time
	Orgs       *org.Registry
	People     *contact.Book
	Threads    *conversation.Threads
	Consents   *optin.Consents
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
	// Periods says for how long the messages and files of a conversation are
	// kept that is kept in a way.
	Periods func(ctx context.Context, org id.ID, as string) ([]Period, error)
	// Arrived gives a conversation that is nobody's to whom a number's go.
	Arrived func(ctx context.Context, tx store.Tx, org, channel, conversation, person id.ID) error
	// Chronicles tell what else happened in a conversation.
	Chronicles []Chronicle
}

type server struct {
	Parts
	pages *shell.Pages
}

// Mount adds the inbox to the pages.
func Mount(sh *shell.Shell, p Parts) error {
	s := &server{Parts: p}
	s.Chronicles = append(s.Chronicles, s.worked, s.informed)
	if err := sh.Static(files); err != nil {
		return err
	}
	var err error
	if s.pages, err = sh.Pages(files, functions); err != nil {
		return err
	}
	sh.Missing(work.ErrNotFound, conversation.ErrNotFound, contact.ErrNotFound, outbox.ErrNotFound, org.ErrNotFound, media.ErrNotFound, picture.ErrNone)
	sh.Menu(shell.Entry{Section: "inbox", Path: "/inbox", Text: "nav.inbox", May: user.Read},
		shell.Entry{Section: "inbox", Path: "/search", Text: "nav.search", May: user.Read})
	for pattern, handle := range map[string]func(http.ResponseWriter, *http.Request, *shell.Viewer) error{
		"GET /{$}":                         s.home,
		"GET /inbox":                       s.inbox,
		"GET /inbox/{id}":                  s.inbox,
		"GET /fragments/queue":             s.queueFragment,
		"GET /fragments/conversation/{id}": s.conversationFragment,
		"GET /events":                      s.events,
		"POST /inbox/{id}/read":            s.markRead,
		"GET /media/{message}":             s.media,
		"GET /messages/{id}/text":          s.text,
		"GET /people/{id}/picture":         s.picture,
		"POST /views":                      s.saveView,
		"POST /views/{id}/drop":            s.dropView,
		"GET /search":                      s.searchPage,
		"GET /fragments/search":            s.searchFragment,
		"GET /fragments/palette":           s.paletteFragment,
	} {
		sh.Staff(pattern, user.Read, handle)
	}
	for pattern, handle := range map[string]func(http.ResponseWriter, *http.Request, *shell.Viewer) error{
		"GET /fragments/templates/{id}": s.templatesFragment,
		"GET /fragments/quick/{id}":     s.quickFragment,
		"GET /fragments/others/{id}":    s.othersFragment,
		"POST /inbox/{id}/send":         s.send,
		"POST /inbox/{id}/template":     s.sendTemplate,
		"POST /inbox/{id}/file":         s.sendFile,
		"POST /inbox/{id}/buttons":      s.sendButtons,
		"POST /inbox/{id}/list":         s.sendList,
		"POST /inbox/{id}/location":     s.sendLocation,
		"POST /inbox/{id}/draft":        s.saveDraft,
		"POST /inbox/{id}/react":        s.react,
		"POST /inbox/{id}/close":        s.closeConversation,
		"POST /messages/{id}/again":     s.again,
		"POST /messages/{id}/dismiss":   s.dismiss,
		"POST /messages/{id}/undo":      s.undo,
		"POST /people/{id}/block":       s.block,
		"POST /inbox/{id}/assign":       s.assign,
		"POST /inbox/{id}/move":         s.move,
		"POST /inbox/{id}/snooze":       s.snooze,
		"POST /inbox/{id}/note":         s.note,
		"POST /inbox/{id}/label":        s.label,
		"POST /inbox/{id}/keep":         s.keep,
		"POST /inbox/bulk":              s.bulk,
		"POST /people/{id}/locale":      s.setLocale,
		"POST /people/{id}/picture":     s.setPicture,
		"POST /people/{id}/attributes":  s.setAttributes,
		"GET /people/{id}/merge":        s.mergePage,
		"POST /people/{id}/merge":       s.mergePeople,
	} {
		sh.Staff(pattern, user.Answer, handle)
	}
	sh.Staff("POST /people/{id}/grant", user.RecordConsent, s.grant)
	sh.Staff("POST /people/{id}/withdraw", user.RecordConsent, sh.Sure(s.withdrawTakes, s.withdraw))
	sh.Staff("POST /people/{id}/case", user.RecordConsent, s.startCase)
	sh.Staff("POST /people/{id}/restrict", user.Privacy, s.restrict)
	return nil
}

func (s *server) home(w http.ResponseWriter, r *http.Request, _ *shell.Viewer) error {
	http.Redirect(w, r, "/inbox", http.StatusSeeOther)
	return nil
}
