package api

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"

	"github.com/danielgtaylor/huma/v2"

	"einklang/internal/account/audit"
	"einklang/internal/account/token"
	"einklang/internal/engine/store"
	"einklang/internal/rule/keyword"
)

// Words are an organisation's own words.
type Words struct {
	Stop   []string `json:"stop" doc:"End all messages, beside the standard words."`
	Start  []string `json:"start" doc:"Take that back."`
	Except []string `json:"except" doc:"Are ordinary here and end nothing, such as Abmelden in a school. Never STOP."`
}

type wordsOutput struct{ Body Words }

type wordInput struct {
	Body struct {
		Kind string `json:"kind" enum:"stop,start,except"`
		Word string `json:"word" minLength:"1" maxLength:"60"`
	}
}

type wordPath struct {
	Kind string `path:"kind" enum:"stop,start,except"`
	Word string `path:"word" doc:"As it is listed; capitals and accents make no difference."`
}

// words are the own words of the organisation, as on the page of its settings.
func (s *server) words(api huma.API) {
	shows(s, api, huma.Operation{OperationID: "list-words", Method: http.MethodGet, Path: "/api/v1/words", Summary: "Read the organisation's own words", Tags: []string{"words"}}, token.ReadSettings, audit.Nothing(audit.Impersonal),
		func(ctx context.Context, _ *struct{}) (*wordsOutput, error) {
			o, err := s.Orgs.Get(ctx, s.DB, who(ctx).org)
			return showWords(o.Settings.Words()), explain(err)
		})
	operation(s, api, huma.Operation{OperationID: "add-word", Method: http.MethodPost, Path: "/api/v1/words", DefaultStatus: http.StatusCreated, Summary: "Add an own word", Tags: []string{"words"},
		Description: "A word that is there already stays as it is. 422: it cannot be kept, and code says why: many, long, start (it ends something), except (it cannot be an exception)."}, token.WriteWords, audit.Changes("settings.changed"),
		func(ctx context.Context, act *audit.Act, in *wordInput) (*wordsOutput, error) {
			return s.changeWords(ctx, act, func(set *keyword.Set) error {
				all := set.Of(keyword.Kind(in.Body.Kind))
				word := strings.TrimSpace(in.Body.Word)
				switch {
				case !keyword.Same(word, word) || strings.ContainsAny(word, "\r\n"):
					return problem(http.StatusUnprocessableEntity, "word", "Give a word of letters or digits, in one line.")
				case !slices.ContainsFunc(*all, same(word)):
					*all = append(slices.Clone(*all), word)
				}
				return set.Check()
			})
		})
	operation(s, api, huma.Operation{OperationID: "remove-word", Method: http.MethodDelete, Path: "/api/v1/words/{kind}/{word}", DefaultStatus: http.StatusOK, Summary: "Take an own word away", Tags: []string{"words"}}, token.WriteWords, audit.Changes("settings.changed"),
		func(ctx context.Context, act *audit.Act, in *wordPath) (*wordsOutput, error) {
			return s.changeWords(ctx, act, func(set *keyword.Set) error {
				all := set.Of(keyword.Kind(in.Kind))
				if !slices.ContainsFunc(*all, same(in.Word)) {
					return problem(http.StatusNotFound, "not_found", "There is no such own word.")
				}
				*all = slices.DeleteFunc(slices.Clone(*all), same(in.Word))
				return nil
			})
		})
}

func same(word string) func(string) bool {
	return func(other string) bool { return keyword.Same(word, other) }
}

// changeWords changes the own words as they stand.
func (s *server) changeWords(ctx context.Context, act *audit.Act, change func(*keyword.Set) error) (*wordsOutput, error) {
	var set keyword.Set
	err := act.Write(ctx, func(ctx context.Context, tx store.Tx) error {
		o, err := s.Orgs.Get(ctx, tx, who(ctx).org)
		if err != nil {
			return err
		}
		set = o.Settings.Words()
		if err := change(&set); err != nil {
			return err
		}
		o.Settings.SetWords(set)
		return s.Orgs.SaveSettings(ctx, tx, o.ID, o.Settings)
	})
	if unfit := (*keyword.Unfit)(nil); errors.As(err, &unfit) {
		return nil, problem(http.StatusUnprocessableEntity, unfit.Why, fmt.Sprintf(unfitWords[unfit.Why], unfit.Word))
	}
	return showWords(set), explain(err)
}

// unfitWords say why a word cannot be kept.
var unfitWords = map[string]string{
	"many":   "There are as many own words of this kind as there may be%.0s: take one away first.",
	"long":   "%q is too long: at most 60 letters.",
	"start":  "%q ends something and cannot begin something as well.",
	"except": "%q cannot be an exception: allowed is a single word such as abmelden, never STOP, and nothing that says by itself what is to end (GDPR Art. 7(3)).",
}

func showWords(set keyword.Set) *wordsOutput {
	return &wordsOutput{Words{append([]string{}, set.Stop...), append([]string{}, set.Start...), append([]string{}, set.Except...)}}
}
