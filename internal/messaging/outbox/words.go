package outbox

import (
	"strings"
	"unicode/utf8"

	"einklang/internal/engine/cloudapi"
	"einklang/internal/person/chat"
	"einklang/internal/rule/gate"
	"einklang/internal/rule/keyword"
	"einklang/internal/rule/wire"
)

// lines are the sentences that duties add to the words of a free-form message.
type lines struct {
	first string // that a machine writes (AI Act Art. 50(1))
	last  string // how to stop (UWG §7)
}

// added are the sentences in the language of a person.
func (f *facts) added(p *chat.Known) lines {
	s := f.org.Settings
	return lines{first: s.AILine.In(locale(p)), last: s.OptOutLine.In(locale(p))}
}

// due are those that duties ask for.
func (l lines) due(d gate.Duties) lines {
	if !d.Has(gate.SayItIsAI) {
		l.first = ""
	}
	if !d.Has(gate.AppendOptOutLine) {
		l.last = ""
	}
	return l
}

// room reports whether a content has words that can take sentences.
func room(c cloudapi.Content, l lines) bool {
	_, fits := l.into(c)
	return fits
}

// into adds the sentences to the words of a content, unless they stand there;
// false if it has none to which they can be added, or no room for them. The
// content given is not changed.
func (l lines) into(c cloudapi.Content) (cloudapi.Content, bool) {
	if l == (lines{}) {
		return c, true
	}
	switch {
	case c.Text != nil:
		t := *c.Text
		t.Body, c.Text = l.around(t.Body), &t
		return c, utf8.RuneCountInString(t.Body) <= wire.LongestText
	case c.Interactive != nil && c.Interactive.Body != nil:
		i := *c.Interactive
		footer := ""
		if i.Footer != nil {
			footer = i.Footer.Text
		}
		if keyword.Told(footer) {
			l.last = ""
		}
		i.Body = &cloudapi.InteractiveText{Text: l.around(i.Body.Text)}
		c.Interactive = &i
		return c, utf8.RuneCountInString(i.Body.Text) <= wire.LongestBody
	case c.Image != nil:
		c.Image = l.below(c.Image)
	case c.Video != nil:
		c.Video = l.below(c.Video)
	case c.Document != nil:
		c.Document = l.below(c.Document)
	default:
		return c, false
	}
	return c, utf8.RuneCountInString(c.Media().Caption) <= wire.LongestCaption
}

// below adds to the caption of a file.
func (l lines) below(m *cloudapi.Media) *cloudapi.Media {
	changed := *m
	changed.Caption = l.around(m.Caption)
	return &changed
}

// around puts the sentences around words.
func (l lines) around(words string) string {
	if l.first != "" && !strings.HasPrefix(words, l.first) {
		words = strings.TrimSpace(l.first + "\n\n" + words)
	}
	if l.last != "" && !keyword.Told(words) {
		words = strings.TrimSpace(words + "\n\n" + l.last)
	}
	return words
}
