package demo

import (
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"einklang/internal/engine/egress"
	"einklang/internal/engine/mail"
	"einklang/internal/rule/id"
)

func TestMailbox(t *testing.T) {
	m, err := openMailbox(&net.TCPAddr{IP: net.IPv4(127, 0, 0, 1), Port: 1}, time.Now)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = m.pages.Close(); _ = m.Close() }()
	c, err := m.server().Check()
	if err != nil {
		t.Fatal(err)
	}
	g, err := egress.New(egress.Options{Destinations: []egress.Destination{c.Outside()}})
	if err != nil {
		t.Fatal(err)
	}
	err = mail.New(c, g.Dial(mail.Destination), time.Now).Send(t.Context(), id.Org{}, mail.Message{To: "kim@beispiel.example", Subject: "Grüße & <b>",
		Text: "Bitte hier klicken: https://beispiel.example/x?a=1&b=ü\n<script>", Files: []mail.File{{Name: "beleg.txt", Type: "text/plain", Data: []byte("x")}}})
	if err != nil {
		t.Fatal(err)
	}
	w := httptest.NewRecorder()
	m.ServeHTTP(w, httptest.NewRequest(http.MethodGet, "/?lang=en", nil))
	page, _ := io.ReadAll(w.Result().Body)
	for _, want := range []string{"Grüße &amp; &lt;b&gt;", `<a href="https://beispiel.example/x?a=1&amp;b=ü"`, "&lt;script&gt;", "beleg.txt", "kim@beispiel.example", "Refresh"} {
		if !strings.Contains(string(page), want) {
			t.Errorf("the page lacks %q:\n%s", want, page)
		}
	}
}
