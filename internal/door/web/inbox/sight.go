package inbox

import (
	"context"
	"slices"
	"strings"

	"einklang/internal/door/web/shell"
	work "einklang/internal/messaging/assignment"
	"einklang/internal/messaging/conversation"
	"einklang/internal/person/chat"
	"einklang/internal/person/contact"
	"einklang/internal/person/link"
	"einklang/internal/rule/id"
	"einklang/internal/rule/pii"
	"einklang/internal/rule/sight"
)

// seen is what the viewer sees of the conversations. All pages of this area read
// through it; what is beyond it is as what there is not.
func (s *server) seen(v *shell.Viewer) conversation.Seen { return s.Threads.By(v.Sight) }

// sees finds that the viewer sees a person. Errors: contact.ErrNotFound.
func (s *server) sees(ctx context.Context, v *shell.Viewer, person id.Person) error {
	seen, err := s.seen(v).People(ctx, s.DB, v.Org, person)
	if err == nil && !seen[person] {
		err = contact.ErrNotFound
	}
	return err
}

// known reads a person whom the viewer sees. Errors: contact.ErrNotFound.
func (s *server) known(ctx context.Context, v *shell.Viewer, person id.Person) (*chat.Known, error) {
	k, err := s.People.Get(ctx, s.DB, v.Org, person)
	if err != nil {
		return nil, err
	}
	return k, s.sees(ctx, v, k.ID)
}

// lookFor finds people by name or number whom the viewer sees.
func (s *server) lookFor(ctx context.Context, v *shell.Viewer, query string, limit int) ([]*chat.Known, error) {
	found, err := s.People.Search(ctx, s.DB, v.Org, query, limit)
	if err != nil || v.Sight.All() {
		return found, err
	}
	seen, err := s.seen(v).People(ctx, s.DB, v.Org, idsOf(found)...)
	return slices.DeleteFunc(found, func(p *chat.Known) bool { return !seen[p.ID] }), err
}

// linkedSeen are the records that are linked with a person's, as far as the viewer
// sees them.
func (s *server) linkedSeen(ctx context.Context, v *shell.Viewer, person id.Person) ([]id.Person, error) {
	linked, err := s.People.LinkedWith(ctx, s.DB, v.Org, person)
	if err != nil || v.Sight.All() {
		return linked, err
	}
	seen, err := s.seen(v).People(ctx, s.DB, v.Org, linked...)
	return slices.DeleteFunc(linked, func(one id.Person) bool { return !seen[one] }), err
}

// unblind refuses a note that names colleagues who do not see the conversation as it
// will stand. Errors: errBlind.
func (s *server) unblind(ctx context.Context, v *shell.Viewer, at sight.Facts, words string, colleagues []work.Colleague) error {
	names, err := s.blind(ctx, v, at, words, colleagues)
	if err == nil && len(names) > 0 {
		err = &errBlind{names: strings.Join(names, ", ")}
	}
	return err
}

// errBlind says that a note is for colleagues who could not read it.
type errBlind struct {
	pii.Personal
	names string
}

func (*errBlind) Error() string {
	return "whom the note names does not see the conversation: hand it over first"
}

// blind are the names of the colleagues whom a note names with @ and who do not see
// the conversation that it stands in: nobody would come and read it.
func (s *server) blind(ctx context.Context, v *shell.Viewer, at sight.Facts, words string, colleagues []work.Colleague) ([]string, error) {
	named := work.Mentioned(words, colleagues)
	if len(named) == 0 {
		return nil, nil
	}
	staff, err := s.Users.List(ctx, s.DB, v.Org)
	if err != nil {
		return nil, err
	}
	var blind []string
	for _, a := range staff {
		if !slices.Contains(named, a.ID) || a.ID == v.ID {
			continue
		}
		scope, err := s.Sight(ctx, a.Account)
		if err != nil {
			return nil, err
		}
		if !scope.Sees(at) {
			blind = append(blind, a.Name)
		}
	}
	return blind, nil
}

// mentions counts the conversations in which the viewer is mentioned and has not
// looked.
func (s *server) mentions(ctx context.Context, v *shell.Viewer) (n int64, err error) {
	at, err := s.Work.Mentions(ctx, s.DB, v.Org, v.ID)
	if err != nil {
		return 0, err
	}
	seen, err := s.seen(v).Among(ctx, s.DB, v.Org, at...)
	for _, one := range at {
		if seen[one] {
			n++
		}
	}
	return n, err
}

// linksSeen leaves out the links of a person with somebody whom the viewer does not
// see.
func (s *server) linksSeen(ctx context.Context, v *shell.Viewer, person id.Person, all []link.Link) ([]link.Link, error) {
	others := make([]id.Person, len(all))
	for i, l := range all {
		others[i] = l.Other(person)
	}
	seen, err := s.seen(v).People(ctx, s.DB, v.Org, others...)
	return slices.DeleteFunc(all, func(l link.Link) bool { return !seen[l.Other(person)] && l.Other(person) != person }), err
}

// seesLink finds that the viewer sees both whom a link is about. Errors:
// link.ErrNotFound.
func (s *server) seesLink(ctx context.Context, v *shell.Viewer, l link.Link) error {
	seen, err := s.seen(v).People(ctx, s.DB, v.Org, l.Stays, l.Goes)
	if err == nil && (!seen[l.Stays] || !seen[l.Goes]) {
		err = link.ErrNotFound
	}
	return err
}
