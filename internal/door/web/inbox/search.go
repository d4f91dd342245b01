package inbox

import (
	"context"
	"net/http"
	"net/url"
	"slices"
	"time"

	"einklang/internal/account/org"
	"einklang/internal/door/web/shell"
	"einklang/internal/engine/store"
	"einklang/internal/messaging/conversation"
	"einklang/internal/messaging/search"
	"einklang/internal/person/chat"
	"einklang/internal/rule/fold"
	"einklang/internal/rule/id"
	"einklang/internal/rule/pii"
)

const (
	searchPage = 25
	// A search within one conversation looks through so many messages in so many
	// readings, and is then gone on with.
	findMost     = 1000
	findReadings = 3
	findHits     = 100
)

// searchBody is the page that searches messages.
type searchBody struct {
	pii.Personal
	Query    string
	In       string // within one conversation
	InName   string
	Channel  string
	Channels []org.Channel
	Side     string
	From     string
	Until    string
	People   []hit
	Hits     []hit
	Next     string // the address that goes on
	Asked    bool
	Building *search.Build // the index lacks messages; nil: it has all
}

// hit is something found.
type hit struct {
	pii.Personal
	Path  string
	Name  string
	At    time.Time
	Out   bool
	Parts []search.Piece
}

func (s *server) searchPage(w http.ResponseWriter, r *http.Request, v *shell.Viewer) error {
	body, err := s.look(r, v)
	if err != nil {
		return err
	}
	return s.pages.Show(w, http.StatusOK, "search.html", shell.Page{Viewer: v, Title: v.Text.T("nav.search"), At: "/search", Styles: []string{"inbox.css"}, Body: body})
}

func (s *server) searchFragment(w http.ResponseWriter, r *http.Request, v *shell.Viewer) error {
	body, err := s.look(r, v)
	if err != nil {
		return err
	}
	return s.pages.Show(w, http.StatusOK, "hits", shell.Page{Viewer: v, Body: body})
}

// look searches as the query asks: within one conversation by opening it, over
// all by the index.
func (s *server) look(r *http.Request, v *shell.Viewer) (searchBody, error) {
	ctx, q := r.Context(), r.URL.Query()
	body := searchBody{Query: s.words(r), In: q.Get("in"), Channel: q.Get("channel"), Side: q.Get("side"), From: q.Get("from"), Until: q.Get("until")}
	body.Asked = body.Query != ""
	var err error
	if body.Channels, err = s.Orgs.Channels(ctx, s.DB, v.Org); err != nil {
		return body, err
	}
	if !body.Asked {
		v.Act.Void() // the empty form
	}
	if body.In == "" {
		if body.Building, err = s.Search.Building(ctx, s.DB, v.Org); err != nil {
			return body, err
		}
	} else {
		err := s.lookWithin(r, v, &body)
		v.Act.Found(body.Query+" "+body.In, len(body.Hits))
		return body, err
	}
	if !body.Asked {
		return body, nil
	}
	if q.Get("after") == "" {
		if body.People, err = s.lookForPeople(ctx, v, body.Query, 5); err != nil {
			return body, err
		}
	}
	asked, err := body.query(v, s.seen(v), q.Get("after"))
	if err != nil {
		return body, err
	}
	page, err := s.Search.Find(ctx, s.DB, v.Org, asked, searchPage)
	if err != nil {
		return body, err
	}
	if page.Next != nil {
		body.Next = onwards(q, page.Next.String())
	}
	body.Hits, err = s.hits(ctx, v, page.Messages, body.Query)
	v.Act.Found(body.Query, len(body.People)+len(body.Hits))
	return body, err
}

// onwards is the address of the same search from a place on.
func onwards(q url.Values, after string) string {
	q.Set("after", after)
	return "/search?" + q.Encode()
}

// query reads the filters. A date that is none does not filter. A number that
// is not one of ours has no messages. Errors: shell.NoSuch.
func (b searchBody) query(v *shell.Viewer, seen conversation.Seen, after string) (search.Query, error) {
	q := search.Query{Text: b.Query, Side: search.Side(b.Side), Seen: seen.Messages}
	var err error
	if q.After, err = search.ParseCursor(after); err != nil {
		return q, &shell.NoSuch{Field: "after"}
	}
	if q.Channel, err = shell.Named[id.Channel]("channel", b.Channel); err != nil {
		return q, err
	}
	if from, err := v.Text.ParseLocal(b.From + "T00:00"); err == nil {
		q.From = from
	}
	if until, err := v.Text.ParseLocal(b.Until + "T00:00"); err == nil {
		q.Until = until.AddDate(0, 0, 1)
	}
	return q, nil
}

// hits shows messages with the words that were looked for.
func (s *server) hits(ctx context.Context, v *shell.Viewer, all []chat.Message, query string) ([]hit, error) {
	var people []id.Person
	for _, m := range all {
		people = append(people, m.Contact)
	}
	known, err := s.People.GetMany(ctx, s.DB, v.Org, people)
	if err != nil {
		return nil, err
	}
	hits := make([]hit, len(all))
	for i, m := range all {
		hits[i] = hit{Path: messagePath(m), At: m.At, Out: m.Outgoing, Parts: search.Excerpt(fold.Begin(conversation.Words(m.Body.Content)), query)}
		if k := known[m.Contact]; k != nil {
			hits[i].Name = k.Profile.DisplayName()
		}
	}
	return hits, nil
}

// messagePath shows a message in its conversation.
func messagePath(m chat.Message) string {
	return "/inbox/" + m.Conversation.String() + "?at=" + m.ID.String() + "#m-" + m.ID.String()
}

// lookWithin opens one conversation, the newest part first, from a place on.
func (s *server) lookWithin(r *http.Request, v *shell.Viewer, body *searchBody) error {
	ctx, q := r.Context(), r.URL.Query()
	at, err := shell.Named[id.Conversation]("in", body.In)
	if err != nil {
		return err
	}
	before, err := place(q, "after")
	if err != nil {
		return err
	}
	summary, err := s.seen(v).Summary(ctx, s.DB, v.Org, at)
	if err != nil {
		return err
	}
	k, err := s.People.Get(ctx, s.DB, v.Org, summary.Contact)
	if err != nil {
		return err
	}
	body.InName = k.Profile.DisplayName()
	var found []chat.Message
	size := 0
	for range findReadings {
		if !body.Asked || len(found) >= findHits || size > store.PageBytes {
			break
		}
		page, more, err := s.Threads.Page(ctx, s.DB, v.Org, at, before, findMost)
		if err != nil {
			return err
		}
		if len(page) == 0 {
			break
		}
		before = conversation.Place{At: page[0].At, ID: id.Cursor(page[0].ID)}
		for _, m := range slices.Backward(page) {
			if search.Fits(fold.Begin(conversation.Words(m.Body.Content)), body.Query) {
				found = append(found, m)
				size += m.Size
			}
		}
		if body.Next = ""; !more {
			break
		}
		body.Next = onwards(q, showPlace(before.At, before.ID))
	}
	body.Hits, err = s.hits(ctx, v, found, body.Query)
	return err
}

// lookForPeople finds people by name or number, with their conversations.
func (s *server) lookForPeople(ctx context.Context, v *shell.Viewer, query string, limit int) ([]hit, error) {
	people, err := s.lookFor(ctx, v, query, limit)
	if err != nil {
		return nil, err
	}
	theirs, err := s.seen(v).OfContacts(ctx, s.DB, v.Org, idsOf(people))
	if err != nil {
		return nil, err
	}
	var all []hit
	for _, p := range people {
		for _, c := range theirs[p.ID] {
			all = append(all, hit{Path: "/inbox/" + c.ID.String(), Name: p.Profile.DisplayName(), At: c.LastAt, Parts: []search.Piece{{Text: previewText(v, c)}}})
		}
	}
	return all, nil
}

// paletteFragment finds people and messages for the palette.
func (s *server) paletteFragment(w http.ResponseWriter, r *http.Request, v *shell.Viewer) error {
	query := s.words(r)
	people, err := s.lookForPeople(r.Context(), v, query, 5)
	if err != nil {
		return err
	}
	page, err := s.Search.Find(r.Context(), s.DB, v.Org, search.Query{Text: query, Seen: s.seen(v).Messages}, 5)
	if err != nil {
		return err
	}
	messages, err := s.hits(r.Context(), v, page.Messages, query)
	if err != nil {
		return err
	}
	all := slices.Concat(people, messages)
	building, err := s.Search.Building(r.Context(), s.DB, v.Org)
	if err != nil {
		return err
	}
	v.Act.Found(query, len(all))
	if building != nil {
		all = append(all, hit{Path: "/search", Name: v.Text.T("search.index.short")})
	}
	return s.pages.Show(w, http.StatusOK, "palette-hits", shell.Page{Viewer: v, Body: all})
}
