package settings

import (
	"errors"
	"net/http"
	"strconv"
	"strings"
	"unicode/utf8"

	"einklang/internal/account/org"
	"einklang/internal/door/web/shell"
)

// priceField is a kind of message and its price.
type priceField struct {
	Kind  string // service | utility | authentication | marketing
	Price string
}

type sendingBody struct {
	Currency   string
	Budget     string
	Spent      string
	Prices     []priceField
	Free       int64 // service messages of a number and month that cost nothing
	Overdraw   bool
	MatterDays int
	EraseHours int
	AILine     org.Texts
	Problem    string // key of a text
	Saved      bool
}

// The mistakes of the form.
var (
	errMoney = errors.New("this is not an amount")
	errDays  = errors.New("a matter lasts between 1 and 90 days")
	errFree  = errors.New("this is not a number of messages")
	errHours = errors.New("an erasure waits between 0 and 72 hours")
	errWords = errors.New("the sentence is missing, or too long")
)

var sendingProblems = map[error]string{errMoney: "money", errDays: "days", errHours: "hours", errWords: "words", errFree: "free"}

const (
	mostMatterDays = 90
	mostEraseHours = 72
	mostSentence   = 200       // letters of the first sentence
	mostMoney      = 1_000_000 // of the currency
)

func (s *server) sending(w http.ResponseWriter, r *http.Request, v *shell.Viewer) error {
	o, err := s.Orgs.Get(r.Context(), s.DB, v.Org)
	if err != nil {
		return err
	}
	return s.showSending(w, r, v, http.StatusOK, o.Settings, "")
}

func (s *server) showSending(w http.ResponseWriter, r *http.Request, v *shell.Viewer, status int, set org.Settings, problem string) error {
	spent, err := s.Orgs.Spent(r.Context(), s.DB, v.Org, v.Now)
	if err != nil {
		return err
	}
	amount := func(micros int64) string { return amountText(micros, v.Text.Locale) }
	b := sendingBody{Currency: set.Currency, Budget: amount(set.Budget), Spent: amount(spent), Free: set.Prices.FreeService(), Overdraw: set.Overdraw, MatterDays: set.MatterDays, EraseHours: set.EraseHours,
		AILine: set.AILine, Problem: problem, Saved: r.URL.Query().Has("saved")}
	b.Prices = []priceField{{"service", amount(set.Prices.Service)}, {"utility", amount(set.Prices.Utility)},
		{"authentication", amount(set.Prices.Authentication)}, {"marketing", amount(set.Prices.Marketing)}}
	return s.pages.Show(w, status, "sending.html", shell.Page{Viewer: v, Title: v.Text.T("sending.title"), At: "/settings/sending", Body: b})
}

func (s *server) saveSending(w http.ResponseWriter, r *http.Request, v *shell.Viewer) error {
	var before org.Settings
	err := s.save(w, r, v, "/settings/sending", func(known *org.Settings) (err error) {
		before = *known
		*known, err = enteredSending(r, before)
		return err
	})
	for known, key := range sendingProblems {
		if errors.Is(err, known) {
			return s.showSending(w, r, v, http.StatusUnprocessableEntity, before, "sending.problem."+key)
		}
	}
	return err
}

// enteredSending reads the form into the settings.
func enteredSending(r *http.Request, set org.Settings) (org.Settings, error) {
	var err error
	for field, into := range map[string]*int64{"budget": &set.Budget, "price-service": &set.Prices.Service, "price-utility": &set.Prices.Utility,
		"price-authentication": &set.Prices.Authentication, "price-marketing": &set.Prices.Marketing} {
		if *into, err = micros(r.PostFormValue(field)); err != nil {
			return set, err
		}
	}
	if said := strings.TrimSpace(r.PostFormValue("free-service")); said != "" {
		n, err := strconv.ParseUint(said, 10, 31)
		if err != nil {
			return set, errFree
		}
		free := int64(n) //nolint:gosec // of 31 bits
		set.Prices.Free = &free
	}
	if set.MatterDays, err = strconv.Atoi(r.PostFormValue("matter_days")); err != nil || set.MatterDays < 1 || set.MatterDays > mostMatterDays {
		return set, errDays
	}
	if set.EraseHours, err = strconv.Atoi(r.PostFormValue("erase_hours")); err != nil || set.EraseHours < 0 || set.EraseHours > mostEraseHours {
		return set, errHours
	}
	set.Overdraw = r.PostFormValue("overdraw") != ""
	set.AILine = org.Texts{DE: strings.TrimSpace(r.PostFormValue("ai_de")), EN: strings.TrimSpace(r.PostFormValue("ai_en"))}
	for _, words := range []string{set.AILine.DE, set.AILine.EN} {
		if words == "" || utf8.RuneCountInString(words) > mostSentence {
			return set, errWords
		}
	}
	return set, nil
}

// micros reads an amount, such as 500 or 0,11, in millionths.
func micros(text string) (int64, error) {
	whole, part, _ := strings.Cut(strings.ReplaceAll(strings.TrimSpace(text), ",", "."), ".")
	if len(part) > 6 || whole == "" && part == "" {
		return 0, errMoney
	}
	n, err := strconv.ParseUint("0"+whole, 10, 32)
	m, err2 := strconv.ParseUint((part + "000000")[:6], 10, 32)
	if err != nil || err2 != nil || n > mostMoney {
		return 0, errMoney
	}
	return int64(n)*1_000_000 + int64(m), nil //nolint:gosec // both are small
}

// amountText writes millionths as people write amounts.
func amountText(micros int64, locale string) string {
	text := strconv.FormatFloat(float64(micros)/1e6, 'f', 6, 64)
	text = strings.TrimRight(text, "0")
	if whole, part, _ := strings.Cut(text, "."); part == "" {
		text = whole
	} else if len(part) == 1 {
		text += "0"
	}
	if locale == "de" {
		text = strings.Replace(text, ".", ",", 1)
	}
	return text
}
