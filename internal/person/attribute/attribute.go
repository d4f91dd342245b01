// Package attribute keeps what an organisation wants to know about people
// besides what WhatsApp brings: a customer number, the end of a contract, how
// an invoice should come. The organisation says which attributes there are and
// what each is for (GDPR Art. 5(1)(b) and (c)); the values are sealed under the
// person's key.
package attribute

import (
	"errors"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"einklang/internal/rule/id"
)

// Kind is what an attribute holds.
type Kind string

// The kinds.
const (
	Text   Kind = "text"
	Number Kind = "number"
	Date   Kind = "date"
	Choice Kind = "choice"
	YesNo  Kind = "yes_no"
)

// Kinds lists the kinds.
func Kinds() []Kind { return []Kind{Text, Number, Date, Choice, YesNo} }

// Yes and No are the values of a [YesNo].
const (
	Yes = "yes"
	No  = "no"
)

// Definition is one attribute of an organisation.
type Definition struct {
	ID      id.Attribute
	Name    string
	Kind    Kind
	Choices []string // of a Choice
	Purpose string
	Retired bool // its values stay readable; no new ones
	Hers    bool // a person corrects it herself, in the portal
}

// The bounds.
const (
	Most        = 50 // definitions of an organisation
	nameMost    = 60
	choicesMost = 50
	purposeMost = 300
	valueMost   = 1000
)

// The errors that a caller branches on.
var (
	ErrNotFound = errors.New("no such attribute")
	ErrName     = errors.New("an attribute needs a name of at most 60 characters")
	ErrTaken    = errors.New("an attribute of this name exists already")
	ErrKind     = errors.New("an attribute is a text, a number, a date, a choice, or yes or no")
	ErrChoices  = errors.New("a choice needs two to fifty different things to choose from")
	ErrPurpose  = errors.New("say what the attribute is for: nothing may be kept without a purpose")
	ErrMany     = errors.New("there are fifty attributes already: retire one that you do not need")
	ErrKeep     = errors.New("the kind of an attribute cannot be changed: retire it and make another one")

	ErrNumber = errors.New("this is no number")
	ErrDate   = errors.New("this is no date")
	ErrChoice = errors.New("this is not one of the things to choose from")
	ErrLong   = errors.New("a value has at most 1000 characters")
)

// checked puts a definition in order, or says what is wrong with it.
func checked(d Definition) (Definition, error) {
	d.Name, d.Purpose = strings.TrimSpace(d.Name), strings.TrimSpace(d.Purpose)
	var choices []string
	for _, c := range d.Choices {
		if c = strings.TrimSpace(c); c != "" && !slices.Contains(choices, c) {
			choices = append(choices, c)
		}
	}
	d.Choices = choices
	switch {
	case d.Name == "" || utf8.RuneCountInString(d.Name) > nameMost:
		return d, ErrName
	case !slices.Contains(Kinds(), d.Kind):
		return d, ErrKind
	case d.Kind == Choice && (len(choices) < 2 || len(choices) > choicesMost):
		return d, ErrChoices
	case d.Kind != Choice:
		d.Choices = nil
	}
	if d.Purpose == "" || utf8.RuneCountInString(d.Purpose) > purposeMost {
		return d, ErrPurpose
	}
	return d, nil
}

// Parse reads what somebody entered into the one form in which it is kept:
// numbers with a point, dates as 2026-11-25. Empty takes the value away. It
// understands how Germans and the English write.
func (d Definition) Parse(said string) (string, error) {
	said = strings.TrimSpace(said)
	switch {
	case said == "":
		return "", nil
	case utf8.RuneCountInString(said) > valueMost:
		return "", ErrLong
	}
	switch d.Kind {
	case Number:
		return parseNumber(said)
	case Date:
		for _, layout := range []string{time.DateOnly, "2.1.2006", "2.1.06", "2 January 2006", "2/1/2006"} {
			if t, err := time.Parse(layout, said); err == nil {
				return t.Format(time.DateOnly), nil
			}
		}
		return "", ErrDate
	case Choice:
		for _, c := range d.Choices {
			if strings.EqualFold(c, said) {
				return c, nil
			}
		}
		return "", ErrChoice
	case YesNo:
		switch strings.ToLower(said) {
		case Yes, "ja", "true", "1":
			return Yes, nil
		case No, "nein", "false", "0":
			return No, nil
		}
		return "", ErrChoice
	default:
		return said, nil
	}
}

// parseNumber reads 1.234,5 and 1,234.5 and 1234.5. With one mark alone, three
// digits after it make it a mark of thousands.
func parseNumber(said string) (string, error) {
	said = strings.NewReplacer(" ", "", "\u00a0", "", "\u202f", "", "'", "").Replace(said)
	point, comma := strings.LastIndex(said, "."), strings.LastIndex(said, ",")
	switch {
	case comma > point && (point >= 0 || strings.Count(said, ",") == 1):
		said = strings.ReplaceAll(strings.ReplaceAll(said, ".", ""), ",", ".")
	case point > comma && comma >= 0:
		said = strings.ReplaceAll(said, ",", "")
	case strings.Count(said, ".") > 1:
		said = strings.ReplaceAll(said, ".", "")
	case strings.Count(said, ",") > 1:
		said = strings.ReplaceAll(said, ",", "")
	case point > 0 && len(said)-point == 4:
		said = strings.ReplaceAll(said, ".", "")
	}
	n, err := strconv.ParseFloat(said, 64)
	if err != nil || n != n || n > 1e15 || n < -1e15 {
		return "", ErrNumber
	}
	return strconv.FormatFloat(n, 'f', -1, 64), nil
}
