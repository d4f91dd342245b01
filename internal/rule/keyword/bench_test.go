package keyword

import (
	"strings"
	"testing"
)

// ordinary are messages as most are: nothing is to end.
var ordinary = []string{
	"Guten Morgen, können Sie mir bitte sagen, wann meine Lieferung ankommt? Ich bin ab 14 Uhr nicht mehr zu Hause.",
	"Vielen Dank für die schnelle Antwort! Dann komme ich morgen gegen zehn Uhr vorbei und hole das Gerät ab.",
	"Hallo, ich hätte gern einen Termin für eine Beratung in der nächsten Woche, am liebsten am Dienstag oder Mittwoch am Nachmittag, falls da noch etwas frei ist.",
	"Hi, could you please check whether the blue one is still in stock? I would like to pick it up on Saturday.",
	"Das Paket ist heute angekommen, aber leider fehlt ein Teil.",
}

func BenchmarkOrdinaryMessages(b *testing.B) {
	b.ReportAllocs()
	for i := range b.N {
		if m := (Set{}).Match(ordinary[i%len(ordinary)]); m != None {
			b.Fatal(m)
		}
	}
}

func BenchmarkLongestMessage(b *testing.B) {
	long := strings.Repeat("Bitte stoppen Sie keine Werbung mehr nicht, ", 64<<10/44)
	for range b.N {
		Set{}.Match(long)
	}
}
