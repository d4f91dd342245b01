package search

import (
	"bytes"
	"context"
	"encoding/hex"
	"errors"
	"fmt"
	"slices"
	"time"

	"einklang/internal/engine/store"
	"einklang/internal/person/chat"
	"einklang/internal/rule/fold"
	"einklang/internal/rule/id"
	"einklang/internal/rule/pii"
)

const (
	segmentsAtOnce = 32  // segments whose lists are read in one query
	openMost       = 400 // candidates that one search opens at most
)

// Query is what somebody looks for. The zero value of a filter does not
// filter.
type Query struct {
	pii.Personal
	Text    string
	Channel id.Channel
	Side    Side
	From    time.Time // the message's own time, from this moment on
	Until   time.Time // and before this one
	After   Cursor    // goes on where a page ended
	// Seen leaves out the messages that the one who looks does not see; nil: she
	// sees all.
	Seen func(ctx context.Context, r store.Reader, org id.Org, all map[id.Message]chat.Message) (map[id.Message]chat.Message, error)
}

// Side is who wrote a message.
type Side string

// The sides.
const (
	AnySide   Side = ""
	TheirSide Side = "in"
	OurSide   Side = "out"
)

// Cursor is where a search goes on: after a message of a segment. The zero
// segment is the rows not yet folded. A started cursor is never zero.
type Cursor struct {
	Segment id.Segment
	Message id.Message
}

// String writes a cursor for an address.
func (c Cursor) String() string {
	return hex.EncodeToString(append(c.Segment[:], c.Message[:]...))
}

// ErrCursor is returned for a text that no cursor wrote.
var ErrCursor = errors.New("this is not where a search goes on")

// ParseCursor reads what String wrote; empty is the beginning. Errors: ErrCursor.
func ParseCursor(text string) (Cursor, error) {
	if text == "" {
		return Cursor{}, nil
	}
	raw, err := hex.DecodeString(text)
	if err != nil || len(raw) != 32 {
		return Cursor{}, ErrCursor
	}
	return Cursor{id.Segment(raw[:16]), id.Message(raw[16:])}, nil
}

// Page is part of what was found, the newest first.
type Page struct {
	pii.Personal
	Messages []chat.Message
	Next     *Cursor // nil: there is no more
}

// Find looks for messages in which every typed word begins a word. A typed word
// of one or two letters finds only the whole word.
func (x *Index) Find(ctx context.Context, r store.Reader, org id.Org, q Query, limit int) (Page, error) {
	typed := fold.Of(q.Text)
	if len(typed) == 0 {
		return Page{}, nil
	}
	keys, err := x.Vault.Org(ctx, r, org)
	if err != nil {
		return Page{}, err
	}
	s := &finding{x: x, r: r, org: org, q: q, typed: typed, limit: limit, seen: map[id.Message]bool{}}
	for _, w := range typed {
		s.wanted = append(s.wanted, hash(keys, probe(w)))
	}
	return s.run(ctx)
}

// finding is one search under way.
type finding struct {
	pii.Personal
	x      *Index
	r      store.Reader
	org    id.Org
	q      Query
	typed  []string
	wanted []token
	limit  int

	page   Page
	seen   map[id.Message]bool
	opened int
	bytes  int64 // of the messages opened
}

func (s *finding) run(ctx context.Context) (Page, error) {
	after := s.q.After
	if after.Segment.IsZero() {
		full, err := s.fresh(ctx, after.Message)
		if err != nil || full {
			return s.page, err
		}
		after = Cursor{}
	}
	return s.page, s.segments(ctx, after)
}

// fresh looks through the rows not yet folded.
func (s *finding) fresh(ctx context.Context, below id.Message) (full bool, err error) {
	rows, err := s.r.Query(ctx, "SELECT message_id, tokens FROM search_fresh WHERE org_id = ?", s.org)
	if err != nil {
		return false, fmt.Errorf("search: %w", err)
	}
	defer rows.Close()
	var found []id.Message
	for rows.Next() {
		var message id.Message
		var flat []byte
		if err := rows.Scan(&message, &flat); err != nil {
			return false, err
		}
		if holds(flat, s.wanted) && (below.IsZero() || bytes.Compare(message[:], below[:]) < 0) {
			found = append(found, message)
		}
	}
	if err := rows.Err(); err != nil {
		return false, err
	}
	rows.Close()
	newestFirst(found)
	return s.take(ctx, id.Segment{}, found)
}

func newestFirst(ids []id.Message) {
	slices.SortFunc(ids, func(a, b id.Message) int { return id.Compare(b, a) })
}

// segments looks through the segments, the newest first, some at a time.
func (s *finding) segments(ctx context.Context, after Cursor) error {
	below := id.Segment(bytes.Repeat([]byte{0xff}, 16))
	if !after.Segment.IsZero() {
		full, err := s.segment(ctx, after.Segment, after.Message)
		if err != nil || full {
			return err
		}
		below = after.Segment
	}
	for {
		hits, last, n, err := s.hits(ctx, below)
		if err != nil {
			return fmt.Errorf("search: %w", err)
		}
		for _, h := range hits {
			found, err := s.ids(ctx, h.segment, h.places, id.Message{})
			if err != nil {
				return fmt.Errorf("search: %w", err)
			}
			if full, err := s.take(ctx, h.segment, found); err != nil || full {
				return err
			}
		}
		if n < segmentsAtOnce {
			return nil
		}
		below = last
	}
}

// segment goes on within one segment, below a message.
func (s *finding) segment(ctx context.Context, segment id.Segment, below id.Message) (full bool, err error) {
	var lists [][]uint16
	for _, t := range s.wanted {
		var flat []byte
		err := s.r.QueryRow(ctx, "SELECT postings FROM search_posting WHERE org_id = ? AND shard = ? AND segment_id = ?", s.org, t.shard(), segment).Scan(&flat)
		if errors.Is(err, store.ErrNoRows) {
			return false, nil
		}
		if err != nil {
			return false, fmt.Errorf("search: %w", err)
		}
		lists = append(lists, places(flat, t))
	}
	found, err := s.ids(ctx, segment, intersect(lists), below)
	if err != nil {
		return false, fmt.Errorf("search: %w", err)
	}
	return s.take(ctx, segment, found)
}

// hit is a segment in which messages hold all tokens.
type hit struct {
	segment id.Segment
	places  []uint16
}

// hits reads the lists of the next segments below one. Last is the oldest of
// them and n how many the first token's list named.
func (s *finding) hits(ctx context.Context, below id.Segment) (all []hit, last id.Segment, n int, err error) {
	type list struct {
		segment id.Segment
		places  []uint16
	}
	found := map[id.Segment][][]uint16{}
	var order []id.Segment
	for i, t := range s.wanted {
		query, args := "SELECT segment_id, postings FROM search_posting WHERE org_id = ? AND shard = ? AND segment_id < ? ORDER BY segment_id DESC LIMIT ?", []any{s.org, t.shard(), below, int64(segmentsAtOnce)}
		if i > 0 {
			query, args = "SELECT segment_id, postings FROM search_posting WHERE org_id = ? AND shard = ? AND segment_id < ? AND segment_id >= ?", []any{s.org, t.shard(), below, last}
		}
		lists, err := store.Collect(ctx, s.r, func(row store.Row) (list, error) {
			var l list
			var flat []byte
			err := row.Scan(&l.segment, &flat)
			l.places = places(flat, t)
			return l, err
		}, query, args...)
		if err != nil {
			return nil, last, 0, err
		}
		for _, l := range lists {
			found[l.segment] = append(found[l.segment], l.places)
			if i == 0 {
				order = append(order, l.segment)
				last = l.segment
			}
		}
		if len(order) == 0 {
			return nil, last, 0, nil
		}
	}
	for _, segment := range order {
		if lists := found[segment]; len(lists) == len(s.wanted) {
			if common := intersect(lists); len(common) > 0 {
				all = append(all, hit{segment, common})
			}
		}
	}
	return all, last, len(order), nil
}

func intersect(lists [][]uint16) []uint16 {
	common := lists[0]
	for _, l := range lists[1:] {
		common = both(common, l)
	}
	return common
}

// ids are the messages at places of a segment, the newest first, below a
// message if one is given; not many more than one search opens.
func (s *finding) ids(ctx context.Context, segment id.Segment, at []uint16, below id.Message) ([]id.Message, error) {
	var found []id.Message
	part, flat := int64(-1), []byte(nil)
	for _, place := range slices.Backward(at) {
		if want := int64(place) / partSize; want != part {
			if len(found) > openMost {
				break
			}
			part = want
			if err := s.r.QueryRow(ctx, "SELECT ids FROM search_ids WHERE org_id = ? AND segment_id = ? AND part = ?", s.org, segment, part).Scan(&flat); err != nil {
				return nil, err
			}
		}
		if at := int(place) % partSize * 16; at+16 <= len(flat) {
			if one := id.Message(flat[at : at+16]); !one.IsZero() && (below.IsZero() || bytes.Compare(one[:], below[:]) < 0) {
				found = append(found, one)
			}
		}
	}
	return found, nil
}

// take opens candidates and keeps what fits. It reports whether the page is
// full, or enough was opened for one search.
func (s *finding) take(ctx context.Context, segment id.Segment, found []id.Message) (full bool, err error) {
	for len(found) > 0 {
		opened, n, err := s.x.Messages.Front(ctx, s.r, s.org, found[:min(s.atOnce(), len(found))])
		if err != nil {
			return false, fmt.Errorf("open what was found: %w", err)
		}
		if s.q.Seen != nil {
			if opened, err = s.q.Seen(ctx, s.r, s.org, opened); err != nil {
				return false, fmt.Errorf("leave out what is not seen: %w", err)
			}
		}
		batch := found[:n]
		found = found[n:]
		for _, one := range batch {
			s.opened++
			m, here := opened[one]
			s.bytes += int64(m.Size)
			if here && !s.seen[one] && s.fits(m) {
				s.seen[one] = true
				s.page.Messages = append(s.page.Messages, m)
			}
			if len(s.page.Messages) == s.limit || s.opened >= openMost || s.bytes > store.PageBytes {
				s.page.Next = &Cursor{segment, one}
				return true, nil
			}
		}
	}
	return false, nil
}

// atOnce is how many candidates are opened next: most searches end with the
// first few.
func (s *finding) atOnce() int {
	if s.opened == 0 {
		return 32
	}
	return openMost / 2
}

func (s *finding) fits(m chat.Message) bool {
	q := s.q
	switch {
	case !q.Channel.IsZero() && m.Channel != q.Channel,
		q.Side == TheirSide && m.Outgoing, q.Side == OurSide && !m.Outgoing,
		!q.From.IsZero() && m.At.Before(q.From), !q.Until.IsZero() && !m.At.Before(q.Until):
		return false
	}
	return findAll(s.typed, fold.Of(fold.Begin(s.x.Words(m.Body.Content))))
}

// Fits reports whether a text is what somebody looks for, for callers who have
// it in clear.
func Fits(text, query string) bool {
	typed := fold.Of(query)
	return len(typed) > 0 && findAll(typed, fold.Of(text))
}
