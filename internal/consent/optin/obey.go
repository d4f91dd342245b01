package optin

import (
	"context"
	"errors"
	"slices"
	"strings"

	"einklang/internal/engine/store"
	"einklang/internal/person/chat"
	"einklang/internal/rule/gate"
	"einklang/internal/rule/id"
	"einklang/internal/rule/keyword"
)

// What says what came of words about consent.
type What string

// The outcomes.
const (
	DidNothing   What = ""          // nothing is new
	EndedAll     What = "ended"     // every consent, every message
	EndedAds     What = "ads_ended" // advertising
	StartedAgain What = "started"   // she may be answered again
	AskedOne     What = "asked"     // a colleague is asked, and until then it is held
)

// Done is what came of words, and what is answered; an answer to [EndedAll] and
// [StartedAgain] has the organisation's own words.
type Done struct {
	What   What
	Answer string
}

// Obey does what words about consent ask for, whatever carried them.
func (q *Requests) Obey(ctx context.Context, tx store.Tx, org id.Org, p *chat.Known, what keyword.Meaning, source string, h Heard) (Done, error) {
	switch what {
	case keyword.Stop:
		news, err := q.desk.Stop(ctx, tx, org, p, source, h.Message, h.At)
		return doneIf(news, EndedAll), err
	case keyword.Start:
		news, err := q.desk.Start(ctx, tx, org, p, source, h.Message, h.At)
		return doneIf(news, StartedAgain), err
	case keyword.Marketing:
		answer, err := q.EndAdvertising(ctx, tx, org, p, source, h)
		done := doneIf(answer != "", EndedAds)
		done.Answer = answer
		return done, err
	case keyword.Ask:
		return q.ask(ctx, tx, org, p, h)
	}
	return Done{}, nil
}

func doneIf(news bool, what What) Done {
	if news {
		return Done{What: what}
	}
	return Done{}
}

// ask holds advertising because of unclear words. She is told if she gets any.
func (q *Requests) ask(ctx context.Context, tx store.Tx, org id.Org, p *chat.Known, h Heard) (Done, error) {
	states, err := q.desk.States(ctx, tx, org, p.ID)
	if err != nil {
		return Done{}, err
	}
	news, err := q.desk.Doubt(ctx, tx, org, p, Doubt{Message: h.Message, Why: Unclear, Holds: Advertising, Said: h.At})
	if err != nil || !news {
		return Done{}, err
	}
	done := Done{What: AskedOne}
	if slices.ContainsFunc(states, func(s State) bool { return s.Purpose == Marketing && s.State == gate.ConsentGranted }) {
		done.Answer = q.catalogue(languageOf(p)).T("optin.asked")
	}
	return done, nil
}

// noes are the reactions that say no.
const noes = "👎❌🚫🛑⛔✋🙅✖"

// SaysNo reports whether a reaction says no.
func SaysNo(emoji string) bool {
	for _, r := range emoji {
		return strings.ContainsRune(noes, r)
	}
	return false
}

// Refused is told that a person answered one of our messages with a reaction that
// says no. It counts where the message is our question for consent; a yes needs
// the button.
func (q *Requests) Refused(ctx context.Context, tx store.Tx, org id.Org, p *chat.Known, h Heard) (string, error) {
	if p.Erased || p.Keys == nil {
		return "", nil
	}
	var text id.Wording
	err := tx.QueryRow(ctx, "SELECT text_id FROM consent_asked WHERE org_id = ? AND contact_id = ? AND message_id = ?", org, p.ID, h.Message).Scan(&text)
	if errors.Is(err, store.ErrNoRows) {
		return "", nil
	}
	if err != nil {
		return "", err
	}
	t, err := q.desk.Text(ctx, tx, org, text)
	if err != nil {
		return "", err
	}
	return q.declined(ctx, tx, org, p, t, h)
}
