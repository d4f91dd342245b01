package keyword

import (
	"fmt"
	"os"
	"testing"
)

func TestDebug(t *testing.T) {
	m := os.Getenv("SAY")
	if m == "" {
		return
	}
	ws := look(split(m), exceptions{})
	for _, u := range apartFrom(ws) {
		for _, w := range u.words {
			fmt.Printf("%s=%s ", w.word, names(w.is))
		}
		fmt.Printf("\n  -> %s %d empty=%v alien=%d begin=%d tells=%v open=%v yesno=%v\n", u.means, u.weight, u.empty, u.alien, u.begin, u.tells(), u.open(), u.yesOrNo())
	}
}

func names(c class) string {
	all := []string{"small", "greeting", "farewell", "me", "mine", "you", "wish", "polite", "no", "not", "nothing", "more", "message", "one", "advert", "offer", "data", "handle", "stop", "quit", "unsub", "reach", "get", "consent", "agree", "revoke", "back", "object", "erase", "done", "told", "store", "inform", "what", "why", "how", "when", "suppose", "list", "archive", "channel", "law", "weary", "this", "goods", "others", "begin", "nay", "bother", "tired", "about", "report", "pull"}
	s := ""
	for i, n := range all {
		if c&(1<<i) != 0 {
			s += n + "|"
		}
	}
	if s == "" {
		return "?"
	}
	return s[:len(s)-1]
}
