package transcript

import (
	"bufio"
	"errors"
	"io"
	"slices"
	"strings"
	"time"

	"einklang/internal/rule/pii"
)

// Survey is what a chat looks like as a whole.
type Survey struct {
	pii.Personal
	Order    Order
	IOS      bool
	Messages int64
	Senders  []Sender // who wrote most comes first
	Group    bool     // more than two people, or WhatsApp says so
	Files    int64    // attached files
	Omitted  int64    // files left out of the export
	First    time.Time
	Last     time.Time
}

// Sender is somebody who wrote in a chat.
type Sender struct {
	pii.Personal
	Name     string
	Messages int64
}

const maxSenders = 2000

// Look reads a whole chat twice: once to find out how its dates are written,
// once to count. Open begins the file anew.
func Look(open func() (io.ReadCloser, error), location *time.Location) (Survey, error) {
	s, err := look(open, location)
	if err != nil {
		return s, err
	}
	f, err := open()
	if err != nil {
		return s, err
	}
	defer func() { _ = f.Close() }()
	order := s.Order
	if order == Unsure {
		order = DayFirst
	}
	counts := map[string]int64{}
	r := NewReader(f, order, location)
	for {
		m, err := r.Next()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return s, err
		}
		s.add(m, counts)
	}
	for name, n := range counts {
		s.Senders = append(s.Senders, Sender{Name: name, Messages: n})
	}
	slices.SortFunc(s.Senders, func(a, b Sender) int {
		if a.Messages != b.Messages {
			return int(b.Messages - a.Messages)
		}
		return strings.Compare(a.Name, b.Name)
	})
	s.Group = s.Group || len(s.Senders) > 2
	if s.Messages == 0 {
		return s, ErrNoChat
	}
	return s, nil
}

func (s *Survey) add(m Message, counts map[string]int64) {
	switch m.Kind {
	case System:
		s.Group = s.Group || group.MatchString(m.Text)
		return
	case File:
		s.Files++
	case Omitted:
		s.Omitted++
	default:
	}
	s.Messages++
	if m.Sender != "" && (len(counts) < maxSenders || counts[m.Sender] > 0) { // a call may name nobody
		counts[m.Sender]++
	}
	if s.First.IsZero() {
		s.First = m.At
	}
	s.Last = m.At
}

// look finds the order of day, month and year.
func look(open func() (io.ReadCloser, error), location *time.Location) (s Survey, err error) {
	f, err := open()
	if err != nil {
		return s, err
	}
	defer func() { _ = f.Close() }()
	in := lines{r: bufio.NewReaderSize(f, 32<<10)}
	fits := map[Order]*fit{DayFirst: {}, MonthFirst: {}, YearFirst: {}}
	total := 0
	for {
		line, err := in.next()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return s, err
		}
		b, ok := parseStart(line)
		if !ok {
			continue
		}
		if total++; total == 1 {
			s.IOS = b.ios
		}
		for order, f := range fits {
			f.try(b, order, location)
		}
	}
	if total == 0 {
		return s, ErrNoChat
	}
	s.Order = decide(fits, total)
	return s, nil
}

// fit is how well the dates of a chat can be read in an order.
type fit struct {
	read int
	back int // steps back in time
	last time.Time
}

func (f *fit) try(b start, order Order, location *time.Location) {
	if (order == YearFirst) != (b.year == 0) || order == MonthFirst && !b.slashes {
		return // a four-digit year stands where it must; only slashes are used with the month first
	}
	at, ok := b.at(order, location)
	if !ok {
		return
	}
	if f.read++; at.Before(f.last.Add(-24 * time.Hour)) {
		f.back++
	}
	f.last = at
}

// decide chooses the order in which most dates exist and run forward. Where
// both do, nobody can know, and a person must say.
func decide(fits map[Order]*fit, total int) Order {
	if fits[YearFirst].read > total/2 {
		return YearFirst
	}
	day, month := fits[DayFirst], fits[MonthFirst]
	if day.read != month.read {
		if day.read > month.read {
			return DayFirst
		}
		return MonthFirst
	}
	if day.back != month.back {
		if day.back < month.back {
			return DayFirst
		}
		return MonthFirst
	}
	return Unsure
}
