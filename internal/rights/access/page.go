package access

import (
	"context"

	"einklang/internal/person/chat"
	"einklang/internal/person/record"
	"einklang/internal/rule/i18n"
	"einklang/internal/rule/id"
)

// Page is some messages of a conversation after one, in words, as a person sees
// them who reads her own; what she sent of other people is masked. Last is the
// place where the next page begins; zero: there is none.
func Page(ctx context.Context, src record.Record, c *i18n.Catalogue, thread record.Thread, after chat.Message) (page []Message, last chat.Message, err error) {
	src.File = func(context.Context, chat.Message) (record.Attached, error) { return record.Attached{}, nil } // files are in the package
	p := &writing{ctx: ctx, src: src, kind: Access, text: c, named: map[id.Message]attached{}}
	some, err := src.Messages(ctx, thread.ID, after)
	if err != nil || len(some) == 0 {
		return nil, last, err
	}
	if p.reactions, err = src.Reactions(ctx, some); err != nil {
		return nil, last, err
	}
	for _, m := range some {
		shown, err := p.shown(m)
		if err != nil {
			return nil, last, err
		}
		page = append(page, shown)
	}
	last = some[len(some)-1]
	if rest, err := src.Messages(ctx, thread.ID, last); err != nil || len(rest) == 0 {
		return page, chat.Message{}, err
	}
	return page, last, nil
}
