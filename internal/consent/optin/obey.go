package optin

import (
	"context"
	"errors"
	"slices"
	"strings"
	"time"

	"einklang/internal/engine/store"
	"einklang/internal/person/chat"
	"einklang/internal/rule/gate"
	"einklang/internal/rule/id"
	"einklang/internal/rule/keyword"
	"einklang/internal/rule/pii"
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
	pii.Personal
	What   What
	Answer string
}

// Obey does what words about consent ask for, whatever carried them.
func (q *Requests) Obey(ctx context.Context, tx store.Tx, org id.Org, p *chat.Known, what keyword.Meaning, source string, h Heard) (Done, error) {
	switch what {
	case keyword.Stop:
		news, err := q.desk.stopHeard(ctx, tx, org, p, source, h)
		return doneIf(news, EndedAll), err
	case keyword.Start:
		news, err := q.desk.startHeard(ctx, tx, org, p, source, h)
		return doneIf(news, StartedAgain), err
	case keyword.Marketing:
		answer, err := q.EndAdvertising(ctx, tx, org, p, source, h)
		done := doneIf(answer != "", EndedAds)
		done.Answer = answer
		return done, err
	case keyword.Ask:
		return q.ask(ctx, tx, org, p, h)
	default: // it is not about consent
		return Done{}, nil
	}
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
	if slices.ContainsFunc(states, agreesToAds) {
		done.Answer = q.catalogue(languageOf(p)).T("optin.asked")
	}
	return done, nil
}

// ObeyPast acts on what a person said in a chat that was imported, at the time at
// which she said it: what she has agreed to since is not touched, and somebody
// decides whether it holds. It reports whether something ended, or somebody has
// to decide.
func (q *Requests) ObeyPast(ctx context.Context, tx store.Tx, org id.Org, p *chat.Known, what keyword.Meaning, at time.Time) (ended, asked bool, err error) {
	if p.Erased || p.Keys == nil {
		return false, false, nil
	}
	states, err := q.desk.States(ctx, tx, org, p.ID)
	if err != nil {
		return false, false, err
	}
	ads := []string(nil)
	if what != keyword.Stop {
		ads = []string{Marketing}
	}
	late, err := q.desk.late(ctx, tx, org, p.ID, states, at, ads...)
	if err != nil {
		return false, false, err
	}
	e := Event{Purpose: Marketing, Source: FromImport, At: at, Detail: Detail{Note: "imported chat"}}
	switch {
	case what == keyword.Start:
		_, err = q.desk.Start(ctx, tx, org, p, string(FromImport), id.Message{}, at)
		return false, false, err
	case what.Ends() && late:
		if what == keyword.Stop {
			if err := q.desk.endAll(ctx, tx, org, p, e); err != nil {
				return false, false, err
			}
		}
		news, err := q.desk.Doubt(ctx, tx, org, p, Doubt{Why: Imported, Holds: Nothing, Said: at})
		return false, news, err
	case what == keyword.Stop:
		news, err := q.desk.stop(ctx, tx, org, p, e)
		return news, false, err
	case what == keyword.Marketing && !p.Flags.Objected:
		if _, err := q.desk.Withdraw(ctx, tx, org, p, e); err != nil {
			return false, false, err
		}
		return true, false, q.desk.Object(ctx, tx, org, p, e)
	case what == keyword.Ask && !late && slices.ContainsFunc(states, agreesToAds):
		news, err := q.desk.Doubt(ctx, tx, org, p, Doubt{Why: Unclear, Holds: Advertising, Said: at})
		return false, news, err
	}
	return false, false, nil
}

func agreesToAds(s State) bool { return s.Purpose == Marketing && s.State == gate.ConsentGranted }

// Imported are the words of a person in imported chats about which somebody has
// to decide.
func (d *Consents) Imported(ctx context.Context, r store.Reader, org id.Org, person id.Person) ([]Doubt, error) {
	all, err := d.Doubts(ctx, r, org, person)
	return slices.DeleteFunc(all, func(x Doubt) bool { return x.Why != Imported }), err
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
